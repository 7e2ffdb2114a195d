package org.healingsqlite.repair;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.sqlite.Sqlite;

/** What is built anew from whole tables: what has to be asked before, and the statements. Stateless. */
enum IndexRepair {
    /** Indexes. */
    INDEXES("built indexes anew") {
        @Override
        void ask(Connection connection, List<String> indexes) throws SQLException {
            for (String index : indexes) {
                refuse(index, IndexWitness.knowsMore(connection, index));
            }
        }

        @Override
        String statement(String index) {
            return "REINDEX main." + index;
        }
    },

    /** Full-text indexes. Runs no trigger of the file. */
    FULL_TEXT("built full-text indexes anew") {
        @Override
        void ask(Connection connection, List<String> tables) throws SQLException {
            for (String table : tables) {
                List<String> triggers = ShadowTriggers.of(connection, table);
                if (!triggers.isEmpty()) {
                    throw new SQLException(table + " has triggers on its own tables, which would run: " + triggers);
                }
                refuse(table, IndexWitness.knowsMoreTexts(connection, table));
            }
        }

        @Override
        String statement(String table) {
            return "INSERT INTO main." + table + '(' + table + ") VALUES ('rebuild')";
        }
    };

    private final String done;

    IndexRepair(String done) {
        this.done = done;
    }

    /** What is done, for a reader. */
    String done() {
        return done;
    }

    /**
     * Looks whether they may be built anew; changes nothing.
     *
     * @throws SQLException also where one of them knows what its table does not
     */
    abstract void ask(Connection connection, List<String> names) throws SQLException;

    /** The statement that builds one anew, by its quoted name. */
    abstract String statement(String name);

    /**
     * Builds them anew.
     *
     * @param connection where it is in a transaction, that is to be rolled back where this fails
     */
    void build(Connection connection, List<String> names) throws SQLException {
        for (String name : names) {
            Sqlite.execute(connection, statement('"' + name.replace("\"", "\"\"") + '"'));
        }
    }

    private static void refuse(String name, boolean knowsMore) throws SQLException {
        if (knowsMore) {
            throw new SQLException(name + " knows of rows that its table has not, or has otherwise");
        }
    }
}
