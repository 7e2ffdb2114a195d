package org.healingsqlite.jdbc;

import java.sql.SQLException;

/** A call that may be made again once the database is healed. */
@FunctionalInterface
interface Repeatable<T> {
    T call() throws SQLException;
}
