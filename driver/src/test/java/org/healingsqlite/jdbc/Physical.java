package org.healingsqlite.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.sqlite.Sqlite;

/** For tests: what happens below the driver. */
public final class Physical {
    private Physical() {}

    /** Runs something on sqlite-jdbc's connection, whatever becomes of it, without the driver noticing. */
    public static void run(Connection connection, String sql) {
        try {
            Sqlite.execute(((HealingConnection) connection).session().physical(), sql);
        } catch (SQLException e) {
            // The transaction is poisoned now.
        }
    }
}
