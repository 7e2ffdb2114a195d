package org.healingsqlite.repair;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.sqlite.Sqlite;

/** Repairs of what can be built anew from whole tables, and of a log without a name. Stateless. */
public final class IndexRepair {
    private IndexRepair() {}

    /**
     * Builds indexes anew, all or none.
     *
     * @throws SQLException also where one of them knows what its table does not: nothing was changed then
     */
    public static void reindex(Connection connection, List<String> indexes) throws SQLException {
        inTransaction(connection, indexes, IndexWitness::knowsMore, name -> "REINDEX main." + quoted(name));
    }

    /**
     * Builds full-text indexes anew, all or none. Runs no trigger of the file.
     *
     * @throws SQLException also where one of them knows of texts that are gone, or has triggers on its own tables: nothing was changed then
     */
    public static void rebuildFullText(Connection connection, List<String> tables) throws SQLException {
        for (String table : tables) {
            List<String> triggers = ShadowTriggers.of(connection, table);
            if (!triggers.isEmpty()) {
                throw new SQLException(table + " has triggers on its own tables, which would run: " + triggers);
            }
        }
        inTransaction(
                connection,
                tables,
                IndexWitness::knowsMoreTexts,
                name -> "INSERT INTO main." + quoted(name) + '(' + quoted(name) + ") VALUES ('rebuild')");
    }

    /** Writes as much of the log into the database as locks allow, and empties the log where that is all of it. */
    public static void checkpoint(Connection holder) throws SQLException {
        Sqlite.execute(holder, "PRAGMA main.wal_checkpoint(TRUNCATE)");
    }

    private interface Command {
        String on(String name);
    }

    private interface Question {
        boolean of(Connection connection, String name) throws SQLException;
    }

    private static void inTransaction(Connection connection, List<String> names, Question knowsMore, Command command)
            throws SQLException {
        Sqlite.execute(connection, "BEGIN IMMEDIATE");
        try {
            for (String name : names) {
                if (knowsMore.of(connection, name)) {
                    throw new SQLException(name + " knows of rows that its table has not, or has otherwise");
                }
            }
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
