package org.healingsqlite.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;

/** How one parameter was set. */
@FunctionalInterface
interface Binding {
    void on(PreparedStatement statement) throws SQLException;
}
