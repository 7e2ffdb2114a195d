package org.healingsqlite.heal;

import java.util.List;

/**
 * What a health check wants to know of a database in this JVM.
 *
 * @param healing the breaker of healing: where it is open, faults are not healed
 * @param availability the breaker of retries: where it is open, a locked or full database is an exception at once
 * @param degradedTables tables whose reads are answered with no rows now; empty as a rule
 */
public record Health(Breaker healing, Breaker availability, List<String> degradedTables) {
    public Health {
        degradedTables = List.copyOf(degradedTables);
    }

    /** The state of a circuit breaker. */
    public enum Breaker {
        /** Calls go through. */
        CLOSED,
        /** Failures in a row have opened it: calls are turned away. */
        OPEN,
        /** One call is let through to find out. */
        HALF_OPEN
    }
}
