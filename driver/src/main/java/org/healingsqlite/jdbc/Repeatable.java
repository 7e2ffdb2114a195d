package org.healingsqlite.jdbc;

import java.sql.SQLException;

/** A call that may be made again once the database is healed. */
@FunctionalInterface
interface Repeatable<T> {
    T call() throws SQLException;

    /** Whether a part of an earlier run is in effect. */
    default boolean hasBegun() {
        return false;
    }

    /** Whether nothing of an earlier run is in effect that another run would do twice. */
    default boolean isRepeatable() {
        return true;
    }

    /** What earlier runs have done was rolled back, with the transaction they were in. */
    default void rolledBack() {}
}
