package org.healingsqlite.demo.report;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Calls that a client made.
 *
 * @param calls all of them
 * @param errors those that threw
 * @param slowest the longest of them
 * @param firstError what the first error said; null where there was none
 */
public record Tally(
        long calls, long errors, Duration slowest, @Nullable String firstError) {
    public static final Tally NONE = new Tally(0, 0, Duration.ZERO, null);

    /** With one more call. */
    Tally plus(Duration elapsed, @Nullable String error) {
        return plus(new Tally(1, error == null ? 0 : 1, elapsed, error));
    }

    /** With all calls of a later tally. */
    public Tally plus(Tally later) {
        return new Tally(
                calls + later.calls,
                errors + later.errors,
                slowest.compareTo(later.slowest) >= 0 ? slowest : later.slowest,
                firstError == null ? later.firstError : firstError);
    }

    /** The share of calls that threw, from 0 to 1; 0 where there was no call. */
    public double failureRate() {
        return calls == 0 ? 0 : (double) errors / calls;
    }
}
