package org.healingsqlite.heal;

import java.time.Duration;
import org.healingsqlite.api.Internal;

/**
 * When damage counts as one that comes again and again, as of a failing disk, failing memory, or a second writer without locks. Immutable.
 *
 * @param heals of content that were not whole to the byte; 0 where there is no bound
 * @param within the time in which they happened
 */
@Internal
public record Recurring(int heals, Duration within) {

    /** However often. */
    public static final Recurring UNBOUNDED = new Recurring(0, Duration.ZERO);

    /** Whether so many heals within the time are too many. */
    boolean isReachedBy(long healsWithin) {
        return heals > 0 && healsWithin >= heals;
    }
}
