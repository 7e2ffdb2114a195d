package org.healingsqlite.heal;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.CircuitBreakerBuilder;
import org.healingsqlite.incident.Outcome;

/** Breakers of one kind: they open after failures in a row, and close with one success after a delay. */
final class Breakers {
    private Breakers() {}

    /** One that settings ask for. */
    static CircuitBreakerBuilder<Object> of(HealingSettings settings) {
        return CircuitBreaker.builder()
                .withFailureThreshold(settings.breakerFailures())
                .withDelay(settings.breakerDelay())
                .withSuccessThreshold(1);
    }

    /** What a heal comes to while it is open. */
    static Outcome suspended(CircuitBreaker<Object> breaker) {
        return new Outcome.Refused("healing is suspended after repeated failures, for another "
                + breaker.getRemainingDelay().toSeconds() + " s");
    }
}
