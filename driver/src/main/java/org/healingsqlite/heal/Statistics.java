package org.healingsqlite.heal;

/**
 * Counts of what happened to one database in this JVM since it started.
 *
 * @param initialisations times a schema was brought to a new or incomplete database
 * @param failedInitialisations times that failed
 * @param healed incidents that ended healed
 * @param refused incidents in which nothing was done, for a reason
 * @param gaveUp incidents in which healing failed
 */
public record Statistics(long initialisations, long failedInitialisations, long healed, long refused, long gaveUp) {

    /** The share of initialisations that succeeded, from 0 to 1; 1 where there was none. */
    public double initialisationSuccessRate() {
        long attempts = initialisations + failedInitialisations;
        return attempts == 0 ? 1 : (double) initialisations / attempts;
    }
}
