package org.healingsqlite.incident;

/**
 * How urgent an incident is. {@link #of} is the one rule; docs/operations.md prints it as a table.
 */
public enum Severity {
    /** For the record: nothing was lost, or nothing was done. */
    LOW,
    /** Calls had to wait or failed; the database is sound. */
    MEDIUM,
    /** Rows were lost or may have been, or a part of the protection is not at work: somebody should look today. */
    HIGH,
    /** The database is damaged or lost, and was not healed: somebody has to look now. */
    CRITICAL;

    /** The severity of what has ended so. */
    static Severity of(Component component, Outcome outcome) {
        if (outcome instanceof Outcome.Healed healed) {
            return healed.loss().isNone() ? LOW : HIGH;
        }
        if (outcome instanceof Outcome.Refused) {
            return LOW;
        }
        boolean gaveUp = outcome instanceof Outcome.GaveUp;
        return switch (component) {
            case RETRY, DEGRADATION, NOTIFICATION -> MEDIUM;
            case BREAKER, REGISTRATION -> gaveUp ? HIGH : LOW;
            case FILE, SCHEMA, CONTENT, HEALING, CONSENT, UNKNOWN -> gaveUp ? CRITICAL : LOW;
        };
    }
}
