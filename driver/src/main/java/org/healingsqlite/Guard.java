package org.healingsqlite;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.Policy;
import dev.failsafe.RetryPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.healingsqlite.incident.Incidents;
import org.healingsqlite.incident.ReportedError;
import org.healingsqlite.incident.Severity;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * Retries, a breaker and a fallback around code of the application's own: Failsafe's, whose policies are given as they are. What happens is put on record beside the incidents of a database. Make one for each component, and keep
 * it: the breaker is in it, and whether the component is degraded. Thread-safe.
 *
 * <pre>{@code
 * Guard guard = Guard.of(Healing.of(connection).incidents(), "mail")
 *         .retrying(RetryPolicy.builder().handle(IOException.class).withMaxRetries(3).withBackoff(1, 4, SECONDS).build())
 *         .breaking(CircuitBreaker.builder().withFailureThreshold(5).withDelay(Duration.ofSeconds(60)).build());
 * String id = guard.call(() -> mail.send(message));
 * List<Mail> unseen = guard.callOr(() -> mail.unseen(), List.of());
 * }</pre>
 *
 * <p>Calls of a database need none: they are tried again already ({@link HealingOption#RETRIES}), and what may have been applied must not be.
 */
public final class Guard {
    private static final Log LOG = Log.of(Guard.class);

    private final Incidents incidents;
    private final String component;
    private final @Nullable RetryPolicy<Object> retry;
    private final @Nullable CircuitBreaker<Object> breaker;
    private final AtomicBoolean degraded = new AtomicBoolean();

    private Guard(
            Incidents incidents,
            String component,
            @Nullable RetryPolicy<Object> retry,
            @Nullable CircuitBreaker<Object> breaker) {
        this.incidents = incidents;
        this.component = component;
        this.retry = retry;
        this.breaker = breaker;
    }

    /**
     * One that puts on record what fails, and does no more.
     *
     * @param incidents where it goes
     * @param component the part of the application that is guarded
     */
    public static Guard of(Incidents incidents, String component) {
        return new Guard(incidents, component, null, null);
    }

    /**
     * The same, which tries again. A success after retries, and a failure after the last one, is on record with severity MEDIUM and the number of retries.
     *
     * @param policy what is tried again, how often and after which pauses
     */
    public Guard retrying(RetryPolicy<Object> policy) {
        return new Guard(incidents, component, policy, breaker);
    }

    /**
     * The same, with a breaker: a new one, in which every try counts. That it opens is on record with severity HIGH.
     *
     * @param policy when it opens, and for how long; a listener for that is not told
     */
    public Guard breaking(CircuitBreaker<Object> policy) {
        CircuitBreaker<Object> own = CircuitBreaker.builder(policy.getConfig())
                .onOpen(event -> report(Severity.HIGH, new IllegalStateException("the breaker has opened"), ""))
                .build();
        return new Guard(incidents, component, retry, own);
    }

    /** The breaker, to read its state or to close it by hand; empty where there is none. */
    public Optional<CircuitBreaker<Object>> breaker() {
        return Optional.ofNullable(breaker);
    }

    /** Whether the last call of {@link #callOr} that ended gave the fallback. */
    public boolean isDegraded() {
        return degraded.get();
    }

    /**
     * Does something.
     *
     * @throws CircuitBreakerOpenException while the breaker is open; the work is not tried then
     * @throws Exception what the last try gave, as it is; also where an interrupt has ended the pause behind it
     */
    public <T> T call(Callable<T> work) throws Exception {
        Tries tries = new Tries();
        try {
            return tried(work, tries);
        } catch (CircuitBreakerOpenException turnedAway) {
            throw turnedAway;
        } catch (Exception e) {
            report(Severity.MEDIUM, e, "failed after " + tries.retries + " retries");
            throw e;
        }
    }

    /**
     * Does something that may be done without. Where it fails, the component is degraded until it succeeds again: the first failure is on record with severity MEDIUM.
     *
     * @param fallback what is given then
     */
    public <T> T callOr(Callable<T> work, T fallback) {
        Tries tries = new Tries();
        try {
            T result = tried(work, tries);
            if (degraded.compareAndSet(true, false)) {
                LOG.info("{}: recovered", component);
            }
            return result;
        } catch (Exception e) {
            if (degraded.compareAndSet(false, true)) {
                report(Severity.MEDIUM, e, "degraded; failed after " + tries.retries + " retries");
            }
            return fallback;
        }
    }

    /** How often something was tried; of one thread. */
    private static final class Tries {
        /** After the first one. */
        int retries;

        /** What the try before the last one gave. */
        @Nullable
        Throwable before;

        /** What the last one that has failed gave. */
        @Nullable
        Exception last;
    }

    private <T> T tried(Callable<T> work, Tries tries) throws Exception {
        List<Policy<Object>> policies = new ArrayList<>();
        if (retry != null) {
            policies.add(retry);
        }
        if (breaker != null) {
            policies.add(breaker);
        }
        if (policies.isEmpty()) {
            return work.call();
        }
        try {
            T result = Failsafe.with(policies).get(context -> {
                tries.retries = context.getAttemptCount();
                tries.before = context.getLastException();
                try {
                    return work.call();
                } catch (Exception e) {
                    tries.last = e;
                    throw e;
                }
            });
            if (tries.before instanceof Exception before) {
                report(Severity.MEDIUM, before, "succeeded at retry " + tries.retries);
            }
            return result;
        } catch (FailsafeException e) {
            if (e.getCause() instanceof InterruptedException interrupt) {
                Thread.currentThread().interrupt();
                Exception last = tries.last;
                if (last != null && last != interrupt) {
                    // In the pause before the next try: what the application is to know is why there was one.
                    last.addSuppressed(interrupt);
                    throw last;
                }
            }
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private void report(Severity severity, Exception failure, String how) {
        ReportedError error = ReportedError.of(failure, component, severity);
        incidents.report(new ReportedError(
                severity,
                component,
                error.type(),
                how.isEmpty() ? error.message() : error.message() + " (" + how + ")",
                error.stackTrace(),
                error.jobId(),
                error.jobName()));
    }
}
