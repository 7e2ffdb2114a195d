package org.healingsqlite.repair;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
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

    /**
     * Writes the log into the database.
     *
     * @throws SQLException where not all of it could be written
     */
    public static void checkpoint(Connection holder) throws SQLException {
        try (Statement statement = holder.createStatement();
                java.sql.ResultSet result = statement.executeQuery("PRAGMA main.wal_checkpoint(TRUNCATE)")) {
            if (!result.next() || result.getInt(1) != 0) {
                throw new SQLException("the log could not be written into the database: it is in use");
            }
        }
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
