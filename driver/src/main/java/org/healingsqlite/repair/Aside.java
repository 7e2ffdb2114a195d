package org.healingsqlite.repair;

import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.healingsqlite.log.Disclosure;

/**
 * Work that runs on a thread of its own beside the one that heals, which waits for the result before it takes the step that needs it.
 *
 * @param <T> the result's type
 */
final class Aside<T> {
    private final FutureTask<T> task;

    private Aside(FutureTask<T> task) {
        this.task = task;
    }

    static <T> Aside<T> begin(String name, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(Disclosure.carried(work));
        Thread thread = new Thread(task, "healing-" + name);
        thread.setDaemon(true);
        thread.start();
        return new Aside<>(task);
    }

    /**
     * The result. Waits for it; an interrupt is kept for later, because a half-done heal is nothing to leave behind.
     *
     * @throws SQLException what the work threw
     * @throws IOException likewise
     */
    T await() throws SQLException, IOException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof SQLException sql) {
                throw sql;
            }
            if (cause instanceof IOException io) {
                throw io;
            }
            throw new IllegalStateException(cause);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    boolean isDone() {
        return task.isDone();
    }

    /** Waits until the work has ended, however it did. */
    void awaitEnd() {
        try {
            await();
        } catch (SQLException | IOException | RuntimeException whoNeedsTheResultAsksForIt) {
            // nothing to be done here
        }
    }
}
