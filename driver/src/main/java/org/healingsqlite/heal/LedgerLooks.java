package org.healingsqlite.heal;

import java.util.concurrent.TimeUnit;

/**
 * How often a database may be looked at because a table was written to in which migration tools keep their books: the tools write a few rows at a start. An application that
 * keeps its own rows in a table of such a name pays for so many looks, and then for one a second. Thread-safe.
 */
final class LedgerLooks {
    /** More rows than a tool writes at one start. */
    private static final int AT_ONCE = 200;

    private static final long NANOS_FOR_ONE = TimeUnit.SECONDS.toNanos(1);

    private long left = AT_ONCE;
    private long lastNanos;

    /**
     * Takes one.
     *
     * @param nanos the time, of {@link System#nanoTime}
     * @return whether there was one left
     */
    synchronized boolean take(long nanos) {
        if (left < AT_ONCE) {
            long more = (nanos - lastNanos) / NANOS_FOR_ONE;
            left = Math.min(AT_ONCE, left + more);
            lastNanos += more * NANOS_FOR_ONE;
        }
        if (left == AT_ONCE) {
            lastNanos = nanos;
        }
        if (left == 0) {
            return false;
        }
        left--;
        return true;
    }
}
