package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/**
 * A heal on a thread of its own. Whoever asked for it waits, and does meanwhile what only its thread may do: use connections of the application,
 * which it may have synchronised on. An interrupt of the caller, who may be in a request that has run out of time, closes no channel of the heal
 * and ends no wait of it; it is kept until the caller goes on. For one heal.
 */
final class Errand {
    private static final Callable<Void> NOTHING = () -> null;

    /** On the thread of an errand: whose errand it is. */
    private static final ThreadLocal<@Nullable Thread> CLIENT = new ThreadLocal<>();

    private final BlockingQueue<FutureTask<?>> desk = new LinkedBlockingQueue<>();
    private final Thread caller = Thread.currentThread();
    private final Thread client = client();

    /** What is done on a thread of its own. */
    @FunctionalInterface
    interface Body<T> {
        T run(Errand errand) throws SQLException;
    }

    private Errand() {}

    /**
     * Runs the body and waits for its end.
     *
     * @param name of the thread
     * @throws SQLException what the body threw
     */
    static <T> T run(String name, Body<T> body) throws SQLException {
        Errand errand = new Errand();
        FutureTask<T> task = new FutureTask<>(Disclosure.carried(() -> body.run(errand)));
        Runnable work = () -> {
            CLIENT.set(errand.client);
            try {
                task.run();
            } finally {
                errand.desk.add(new FutureTask<>(NOTHING));
            }
        };
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        boolean interrupted = Thread.interrupted();
        try {
            thread.start();
            while (!task.isDone()) {
                try {
                    errand.desk.take().run();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return resultOf(task);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The thread that waits for what the current one does, and lends it the locks it holds; the current one itself where that runs no errand. */
    static Thread client() {
        Thread client = CLIENT.get();
        return client == null ? Thread.currentThread() : client;
    }

    private static <T> T resultOf(FutureTask<T> task) throws SQLException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof SQLException sql) {
                throw sql;
            }
            throw new SQLException("the heal ended with " + Disclosure.text(cause), cause);
        } catch (InterruptedException e) {
            throw new IllegalStateException("a result that is there was waited for", e);
        }
    }

    /** Does something on the caller's thread, in which an interrupt is kept for later. */
    <T> T byCaller(Callable<T> work) throws SQLException, IOException {
        FutureTask<T> task = new FutureTask<>(work);
        if (Thread.currentThread() == caller) {
            task.run();
        } else {
            desk.add(task);
        }
        try {
            return task.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof SQLException sql) {
                throw sql;
            }
            if (cause instanceof IOException io) {
                throw io;
            }
            throw new SQLException("the caller's connection: " + Disclosure.text(cause), cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while it healed", e);
        }
    }
}
