package org.healingsqlite.heal;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.healingsqlite.api.Internal;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.IncidentNotice;
import org.healingsqlite.incident.Outcome;

/**
 * Meets surroundings that do not let SQLite work (locks, a full disk, a read that fails) with retries instead of repairs: a bounded number, each
 * after twice the delay of the one before, give or take a fifth. A breaker of its own lets calls fail at once where retries have been in vain.
 * Thread-safe.
 */
@Internal
public final class Patience {
    private static final double JITTER = 0.2;
    private static final int FRAMES = 8;

    /** Beyond this the last pause alone would be days. */
    private static final int MOST_DOUBLINGS = 20;

    private final IncidentDesk desk;
    private final CircuitBreaker<Object> breaker;

    Patience(IncidentDesk desk, HealingSettings settings) {
        this.desk = desk;
        this.breaker = Breakers.of(settings).onOpen(event -> opened(settings)).build();
    }

    /** A call that has failed and is known not to have taken effect. */
    @FunctionalInterface
    public interface Attempt<T> {
        /**
         * Makes it again.
         *
         * @param leftMillis how long it may wait for locks: what is left of the time that the retries may last altogether; 0 or more
         */
        T run(long leftMillis) throws SQLException;
    }

    /** What says that a transaction has to run again does not get better by waiting, whatever its cause. */
    private static boolean isTransient(Throwable failure) {
        return failure instanceof SQLException sql
                && !(sql instanceof SQLTransactionRollbackException)
                && Fault.of(sql) instanceof Fault.Unavailable;
    }

    /** How long locks may be waited for while calls are tried again: as long as the pauses between them, each at its longest. */
    public static Duration budget(HealingSettings settings) {
        double pauses = (1L << Math.min(settings.retries(), MOST_DOUBLINGS)) - 1;
        return Duration.ofMillis((long) (settings.retryDelay().toMillis() * pauses * (1 + JITTER)));
    }

    /**
     * Tries again until it succeeds, fails for another reason, or the retries are used up.
     *
     * @param failure what the first attempt gave
     * @throws SQLException what the last attempt gave
     */
    public <T> T retry(SQLException failure, HealingSettings settings, Attempt<T> again) throws SQLException {
        if (settings.retries() == 0 || settings.mode() != Mode.HEAL || !breaker.tryAcquirePermit()) {
            throw failure;
        }
        Instant start = Instant.now();
        List<String> steps = new ArrayList<>();
        long deadlineNanos = System.nanoTime() + budget(settings).toNanos();
        try {
            T result = Failsafe.with(policy(settings, steps)).get(context -> {
                if (context.isFirstAttempt()) {
                    throw failure;
                }
                return again.run(Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime())));
            });
            breaker.recordSuccess();
            desk.tell(
                    Component.RETRY,
                    start,
                    Fault.of(failure).shownText(),
                    "severity MEDIUM, " + failure.getClass().getSimpleName(),
                    steps,
                    new Outcome.Healthy("it succeeded at retry " + steps.size()));
            return result;
        } catch (FailsafeException e) {
            if (e.getCause() instanceof InterruptedException) {
                breaker.recordFailure();
                Thread.currentThread().interrupt();
                throw failure;
            }
            throw ended(start, (SQLException) Objects.requireNonNull(e.getCause()), steps);
        }
    }

    private SQLException ended(Instant start, SQLException last, List<String> steps) {
        if (!isTransient(last)) {
            breaker.recordSuccess();
            return last;
        }
        steps.add("thrown at "
                + Arrays.stream(last.getStackTrace())
                        .limit(FRAMES)
                        .map(StackTraceElement::toString)
                        .collect(Collectors.joining(" < ")));
        last.addSuppressed(new IncidentNotice(desk.conclude(
                Component.RETRY,
                start,
                Fault.of(last).shownText(),
                "severity MEDIUM, " + last.getClass().getSimpleName(),
                steps,
                new Outcome.GaveUp("it failed after " + (steps.size() - 1) + " retries", null))));
        breaker.recordFailure();
        return last;
    }

    private <T> RetryPolicy<T> policy(HealingSettings settings, List<String> steps) {
        Duration first = settings.retryDelay();
        return RetryPolicy.<T>builder()
                .handleIf(Patience::isTransient)
                .withMaxRetries(settings.retries())
                .withBackoff(first, first.multipliedBy(1L << Math.min(settings.retries(), MOST_DOUBLINGS)), 2)
                .withJitter(JITTER)
                .onRetry(event -> {
                    steps.add("retry " + event.getAttemptCount() + " after "
                            + event.getElapsedTime().toMillis() + " ms");
                    desk.progressed("retry");
                })
                .build();
    }

    private void opened(HealingSettings settings) {
        desk.tell(
                Component.BREAKER,
                Instant.now(),
                "the database cannot be had",
                "severity HIGH, retries in vain " + settings.breakerFailures() + " times in a row",
                List.of(),
                new Outcome.GaveUp(
                        "calls fail at once for " + settings.breakerDelay().toSeconds() + " s, then one tries", null));
    }

    /** The breaker's state. */
    CircuitBreaker.State state() {
        return breaker.getState();
    }

    /** Lets calls wait again. */
    void reset() {
        breaker.close();
    }
}
