package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * A transaction in which a schema is changed: whole or not at all. Inside a transaction of the application it is a savepoint of that one;
 * otherwise foreign keys are off while it lasts, as the loading of rows in any order demands, and are checked before it commits.
 */
final class SchemaTransaction implements AutoCloseable {
    private static final String SAVEPOINT = "healing_sqlite";

    private final Statement statement;
    private final boolean nested;
    private final boolean foreignKeys;
    private boolean ended;

    private SchemaTransaction(Statement statement, boolean nested, boolean foreignKeys) {
        this.statement = statement;
        this.nested = nested;
        this.foreignKeys = foreignKeys;
    }

    /**
     * Begins.
     *
     * @param nested whether the connection is in a transaction already
     * @param loading whether rows are loaded in any order: foreign keys are off, unless nested, where SQLite does not allow that
     */
    static SchemaTransaction begin(Connection connection, boolean nested, boolean loading) throws SQLException {
        Statement statement = connection.createStatement();
        boolean restore = false;
        try {
            if (nested) {
                statement.execute("SAVEPOINT " + SAVEPOINT);
            } else {
                restore = loading && isOn(statement);
                if (restore) {
                    statement.execute("PRAGMA foreign_keys = OFF");
                }
                statement.execute("BEGIN IMMEDIATE");
            }
            return new SchemaTransaction(statement, nested, restore);
        } catch (SQLException e) {
            try {
                if (restore) {
                    statement.execute("PRAGMA foreign_keys = ON");
                }
            } finally {
                statement.close();
            }
            throw e;
        }
    }

    private static boolean isOn(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA foreign_keys")) {
            return row.next() && row.getInt(1) == 1;
        }
    }

    /** Whether the connection enforces foreign keys while this lasts. */
    boolean enforcesForeignKeys() throws SQLException {
        return isOn(statement);
    }

    void execute(String sql) throws SQLException {
        statement.execute(sql);
    }

    /** Runs a statement that may fail without spoiling the transaction. */
    void tryTo(Attempt attempt) throws SQLException {
        statement.execute("SAVEPOINT healing_attempt");
        try {
            attempt.run();
            statement.execute("RELEASE healing_attempt");
        } catch (SQLException e) {
            statement.execute("ROLLBACK TO healing_attempt");
            statement.execute("RELEASE healing_attempt");
            throw e;
        }
    }

    /** Something that may fail. */
    @FunctionalInterface
    interface Attempt {
        void run() throws SQLException;
    }

    /** Rows of a table that point to nothing, for example {@code runs row 3 -> experiments}. */
    List<String> foreignKeyViolations(String table) throws SQLException {
        List<String> violations = new ArrayList<>();
        try (ResultSet row = statement.executeQuery("PRAGMA foreign_key_check(" + SqlText.name(table) + ")")) {
            while (row.next() && violations.size() < 10) {
                violations.add(row.getString(1) + " row " + row.getString(2) + " -> " + row.getString(3));
            }
        }
        return violations;
    }

    void commit() throws SQLException {
        statement.execute(nested ? "RELEASE " + SAVEPOINT : "COMMIT");
        ended = true;
    }

    /** Takes everything back that was not committed. */
    @Override
    public void close() throws SQLException {
        try (statement) {
            if (!ended) {
                if (nested) {
                    statement.execute("ROLLBACK TO " + SAVEPOINT);
                    statement.execute("RELEASE " + SAVEPOINT);
                } else {
                    statement.execute("ROLLBACK");
                }
            }
            if (foreignKeys) {
                statement.execute("PRAGMA foreign_keys = ON");
            }
        }
    }
}
