package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.healingsqlite.log.Disclosure;

/**
 * A transaction in which a schema is changed: whole or not at all. Inside a transaction of the application it is a savepoint of that one.
 * Outside, foreign keys can be switched while it lasts; afterwards they are as they were.
 */
final class SchemaTransaction implements AutoCloseable {
    private static final String SAVEPOINT = "healing_sqlite";
    private static final int MOST_VIOLATIONS = 10;
    private static final int SQLITE_ERROR = 1;

    private final Statement statement;
    private final boolean nested;
    private final boolean enforcedBefore;
    private State state = State.OPEN;

    private enum State {
        OPEN,
        COMMITTED
    }

    private SchemaTransaction(Statement statement, boolean nested, boolean enforcedBefore) {
        this.statement = statement;
        this.nested = nested;
        this.enforcedBefore = enforcedBefore;
    }

    /**
     * Begins.
     *
     * @param nested whether the connection is in a transaction already
     * @param wanted what foreign keys are to be meanwhile, where SQLite allows that to be changed: outside a transaction
     */
    static SchemaTransaction begin(Connection connection, boolean nested, ForeignKeys wanted) throws SQLException {
        Statement statement = connection.createStatement();
        boolean enforced = false;
        try {
            enforced = isOn(statement);
            if (nested) {
                statement.execute("SAVEPOINT " + SAVEPOINT);
            } else {
                enforce(statement, wanted.on(enforced));
                statement.execute("BEGIN IMMEDIATE");
            }
            return new SchemaTransaction(statement, nested, enforced);
        } catch (SQLException e) {
            try (statement) {
                enforce(statement, enforced);
            } catch (SQLException second) {
                e.addSuppressed(second);
            }
            throw e;
        }
    }

    /** What foreign keys are to be in a transaction. */
    enum ForeignKeys {
        OFF,
        ON,
        AS_THEY_ARE;

        boolean on(boolean now) {
            return this == AS_THEY_ARE ? now : this == ON;
        }
    }

    private static void enforce(Statement statement, boolean on) throws SQLException {
        if (on != isOn(statement)) {
            statement.execute("PRAGMA foreign_keys = " + (on ? "ON" : "OFF"));
        }
    }

    private static boolean isOn(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA foreign_keys")) {
            return row.next() && row.getInt(1) == 1;
        }
    }

    /** Whether the connection enforced foreign keys before, and will again. */
    boolean enforcedForeignKeysBefore() {
        return enforcedBefore;
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

    /** Rows of the whole database that point to nothing, for example {@code runs row 3 -> experiments}; the first ten. */
    List<String> foreignKeyViolations() throws SQLException {
        return violations("PRAGMA foreign_key_check");
    }

    private List<String> ordinaryTables() throws SQLException {
        List<String> names = new ArrayList<>();
        try (ResultSet row =
                statement.executeQuery("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0")) {
            while (row.next()) {
                names.add(row.getString(1));
            }
        }
        return names;
    }

    /**
     * Rows that point to nothing, in the given tables and in those that point to them; the first ten of each. A foreign key that SQLite cannot
     * check, because its parent has no such key, is a finding too.
     */
    Set<String> foreignKeyViolations(Collection<String> tables) throws SQLException {
        Set<String> pointing = new LinkedHashSet<>(tables);
        Set<String> keys = tables.stream().map(SchemaObject::key).collect(Collectors.toSet());
        for (String table : ordinaryTables()) {
            try (ResultSet row = statement.executeQuery(PragmaStatement.of("foreign_key_list", table))) {
                while (row.next()) {
                    if (keys.contains(SchemaObject.key(row.getString("table")))) {
                        pointing.add(table);
                    }
                }
            }
        }
        Set<String> violations = new LinkedHashSet<>();
        for (String table : pointing) {
            try {
                violations.addAll(violations("PRAGMA main.foreign_key_check(" + SqlText.name(table) + ")"));
            } catch (SQLException e) {
                if (e.getErrorCode() != SQLITE_ERROR) {
                    throw e;
                }
                violations.add(table + " cannot be checked: " + Disclosure.message(e));
            }
        }
        return violations;
    }

    private List<String> violations(String check) throws SQLException {
        List<String> violations = new ArrayList<>();
        try (ResultSet row = statement.executeQuery(check)) {
            while (row.next() && violations.size() < MOST_VIOLATIONS) {
                violations.add(row.getString(1) + " row " + row.getString(2) + " -> " + row.getString(3));
            }
        }
        return violations;
    }

    void commit() throws SQLException {
        statement.execute(nested ? "RELEASE " + SAVEPOINT : "COMMIT");
        state = State.COMMITTED;
    }

    /** Takes everything back that was not committed. */
    @Override
    public void close() throws SQLException {
        try (statement) {
            try {
                if (state == State.OPEN) {
                    rollBack();
                }
            } finally {
                if (!nested) {
                    enforce(statement, enforcedBefore);
                }
            }
        }
    }

    private void rollBack() throws SQLException {
        if (nested) {
            statement.execute("ROLLBACK TO " + SAVEPOINT);
            statement.execute("RELEASE " + SAVEPOINT);
        } else {
            statement.execute("ROLLBACK");
        }
    }
}
