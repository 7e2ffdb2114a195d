package org.healingsqlite.heal;

import java.time.Duration;

/** Other connections of this JVM that hold what was at the path. */
@FunctionalInterface
interface OtherHolders {
    /**
     * As far as they hold it, it is put back; from within a turn.
     *
     * @param connection not asked itself
     * @param longest how long transactions that are open on it are waited for
     */
    void bringBack(HealableConnection connection, Duration longest);
}
