package org.healingsqlite.salvage;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Writes in a thread of its own while the next rows are read, one task after the other. Nothing else uses the new database's connection between the first
 * task and {@link #drain}. After a task has failed none runs any more, and its failure comes out of the next call. For one thread.
 */
final class WriteQueue implements Closeable {

    /** Something to write. */
    @FunctionalInterface
    interface Task {
        void run() throws IOException;
    }

    private static final int MOST_WAITING = 4;

    private volatile boolean over;
    private final Queue<Future<?>> waiting = new ArrayDeque<>();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread made = new Thread(task, "healing-sqlite-salvage");
        made.setDaemon(true);
        return made;
    });

    /** Runs a task after those before it; waits while there are too many. */
    void submit(Task task) throws IOException {
        while (waiting.size() >= MOST_WAITING) {
            awaitOne();
        }
        waiting.add(thread.submit(() -> {
            if (!over) {
                runOrEnd(task);
            }
            return null;
        }));
    }

    private void runOrEnd(Task task) throws IOException {
        boolean done = false;
        try {
            task.run();
            done = true;
        } finally {
            if (!done) {
                over = true;
            }
        }
    }

    /** Waits until everything is written. */
    void drain() throws IOException {
        while (!waiting.isEmpty()) {
            awaitOne();
        }
    }

    /** Waits for the oldest task, of which there is one. */
    void awaitOne() throws IOException {
        try {
            waiting.remove().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while rows were written");
            interrupted.initCause(e);
            throw interrupted;
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        }
    }

    private static IOException failure(@Nullable Throwable cause) {
        if (cause instanceof IOException failed) {
            return failed;
        }
        if (cause instanceof RuntimeException failed) {
            throw failed;
        }
        if (cause instanceof Error failed) {
            throw failed;
        }
        return new IOException(cause);
    }

    /** Waits for the task that runs; what has not begun does not run any more. */
    @Override
    public void close() {
        over = true;
        thread.shutdown();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = thread.awaitTermination(1, TimeUnit.HOURS);
            } catch (InterruptedException e) {
                // The connection cannot be closed under a statement that runs.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
