package org.healingsqlite.repair;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.sqlite.Sqlite;

/** Repairs of what can be built anew from whole tables, and of a log without a name. Stateless. */
public final class IndexRepair {
    private IndexRepair() {}

    /** Builds indexes anew, all or none. */
    public static void reindex(Connection connection, List<String> indexes) throws SQLException {
        inTransaction(connection, indexes, name -> "REINDEX main." + quoted(name));
    }

    /** Builds full-text indexes anew, all or none. */
    public static void rebuildFullText(Connection connection, List<String> tables) throws SQLException {
        inTransaction(
                connection,
                tables,
                name -> "INSERT INTO main." + quoted(name) + '(' + quoted(name) + ") VALUES ('rebuild')");
    }

    /** Writes as much of the log into the database as locks allow, and empties the log where that is all of it. */
    public static void checkpoint(Connection holder) throws SQLException {
        Sqlite.execute(holder, "PRAGMA main.wal_checkpoint(TRUNCATE)");
    }

    private interface Command {
        String on(String name);
    }

    private static void inTransaction(Connection connection, List<String> names, Command command) throws SQLException {
        Sqlite.execute(connection, "BEGIN IMMEDIATE");
        try {
            for (String name : names) {
                Sqlite.execute(connection, command.on(name));
            }
            Sqlite.execute(connection, "COMMIT");
        } catch (SQLException e) {
            try {
                Sqlite.execute(connection, "ROLLBACK");
            } catch (SQLException rolledBackAlready) {
                e.addSuppressed(rolledBackAlready);
            }
            throw e;
        }
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }
}
