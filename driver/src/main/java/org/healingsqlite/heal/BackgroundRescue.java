package org.healingsqlite.heal;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.healingsqlite.log.Log;

/**
 * Rescues a lost file without waiting for the application's next statement, which may never come. One attempt after the other until nothing is left to
 * do, on a few daemon threads for all databases of the JVM: where one waits for somebody's transaction, the others go on. Thread-safe.
 */
final class BackgroundRescue {
    private static final Log LOG = Log.of(BackgroundRescue.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final int THREADS = 4;
    private static final ScheduledThreadPoolExecutor EXECUTOR = executor();

    private final AtomicBoolean running = new AtomicBoolean();

    private static ScheduledThreadPoolExecutor executor() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(THREADS, task -> {
            Thread thread = new Thread(task, "healing-sqlite-rescue");
            thread.setDaemon(true);
            return thread;
        });
        executor.setKeepAliveTime(10, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /**
     * Begins, unless it has begun already.
     *
     * @param attempt tells whether nothing is left to do
     */
    void begin(BooleanSupplier attempt) {
        if (running.compareAndSet(false, true)) {
            EXECUTOR.execute(() -> run(attempt, FIRST_PAUSE));
        }
    }

    private void run(BooleanSupplier attempt, Duration pause) {
        boolean done = false;
        try {
            done = attempt.getAsBoolean();
        } catch (RuntimeException e) {
            LOG.warn("A rescue failed", e);
        }
        if (done) {
            running.set(false);
        } else {
            Duration next = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            ScheduledFuture<?> later =
                    EXECUTOR.schedule(() -> run(attempt, next), pause.toMillis(), TimeUnit.MILLISECONDS);
            LOG.debug("A rescue is tried again in {} ms", later.getDelay(TimeUnit.MILLISECONDS));
        }
    }
}
