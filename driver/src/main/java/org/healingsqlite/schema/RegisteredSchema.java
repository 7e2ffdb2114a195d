package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The schema an application registers: plain scripts, run in the order given, then versioned migrations. Loaded and tried once in a database in
 * memory, so that an error in a script is found before any file is touched. Immutable.
 */
public final class RegisteredSchema {
    private static final int MOST_SEEDED_ROWS = 1_000_000;

    private final List<SqlScript> scripts;
    private final List<Migration> migrations;
    private final List<ExpectedSchema> expected;

    private RegisteredSchema(List<SqlScript> scripts, List<Migration> migrations, List<ExpectedSchema> expected) {
        this.scripts = List.copyOf(scripts);
        this.migrations = List.copyOf(migrations);
        this.expected = List.copyOf(expected);
    }

    /**
     * Loads the schema.
     *
     * @param locations files, directories, {@code classpath:} resources
     * @param scratch opens an empty database in memory
     * @throws SchemaException naming the file, and the line where there is one
     */
    public static RegisteredSchema load(List<String> locations, Scratch scratch) throws SQLException {
        List<SqlScript> scripts = new ArrayList<>();
        List<Migration> migrations = new ArrayList<>();
        for (SchemaSources.Source source : SchemaSources.read(locations)) {
            Optional<Migration> migration = Migration.of(source.fileName(), source.script());
            migration.ifPresentOrElse(migrations::add, () -> scripts.add(source.script()));
        }
        migrations.sort(Migration.BY_VERSION);
        for (int i = 1; i < migrations.size(); i++) {
            if (migrations.get(i).sameVersion(migrations.get(i - 1))) {
                throw new SchemaException(
                        "healing.schema: " + migrations.get(i - 1).script().name() + " and "
                                + migrations.get(i).script().name()
                                + " have the same version: expected one file for each",
                        null);
            }
        }
        try (Connection reference = scratch.open()) {
            return new RegisteredSchema(scripts, migrations, tried(scripts, migrations, reference));
        }
    }

    /** Opens an empty database in memory. */
    @FunctionalInterface
    public interface Scratch {
        Connection open() throws SQLException;
    }

    /** What is there after the plain scripts, and after each migration. */
    private static List<ExpectedSchema> tried(List<SqlScript> scripts, List<Migration> migrations, Connection reference)
            throws SQLException {
        List<ExpectedSchema> stages = new ArrayList<>();
        try (Statement statement = reference.createStatement()) {
            for (SqlScript script : scripts) {
                run(script, statement);
            }
            stages.add(stage(reference));
            for (Migration migration : migrations) {
                run(migration.script(), statement);
                MigrationHistory.create(reference);
                stages.add(stage(reference));
            }
        }
        return stages;
    }

    private static ExpectedSchema stage(Connection reference) throws SQLException {
        SchemaSnapshot snapshot = SchemaSnapshot.read(reference);
        Map<String, TableRows> rows = new HashMap<>();
        for (SchemaObject object : snapshot.objects()) {
            List<SchemaSnapshot.Column> columns = snapshot.columns(object.name());
            if (object.type() == SchemaObject.Type.TABLE
                    && !columns.isEmpty()
                    && !object.name().equalsIgnoreCase(MigrationHistory.TABLE)) {
                TableRows ofTable = TableRows.read(reference, object, columns, MOST_SEEDED_ROWS);
                if (!ofTable.rows().isEmpty()) {
                    rows.put(SchemaObject.key(object.name()), ofTable);
                }
            }
        }
        return new ExpectedSchema(snapshot, rows);
    }

    /**
     * Runs a script whole, in the caller's transaction: transaction statements of its own are passed over.
     *
     * @throws SchemaException naming file, line and statement
     */
    static void run(SqlScript script, Statement statement) throws SchemaException {
        for (SqlStatement sql : script.statements()) {
            if (sql.controlsTransaction()) {
                continue;
            }
            try {
                statement.execute(sql.text());
            } catch (SQLException e) {
                throw SchemaException.of(script, sql, e);
            }
        }
    }

    /** The PRAGMAs at the top of the scripts: SQLite ignores some of them inside a transaction, so they are set before it. */
    List<String> leadingPragmas() {
        List<String> pragmas = new ArrayList<>();
        List<SqlScript> all = new ArrayList<>(scripts);
        migrations.forEach(migration -> all.add(migration.script()));
        for (SqlScript script : all) {
            for (SqlStatement statement : script.statements()) {
                if (!statement.verb().equals("PRAGMA")) {
                    break;
                }
                pragmas.add(statement.text());
            }
        }
        return pragmas;
    }

    /** What a database has after everything ran. */
    public ExpectedSchema expected() {
        return expected.get(migrations.size());
    }

    /** What a database has after the first {@code count} migrations. */
    ExpectedSchema expectedAfter(int count) {
        return expected.get(count);
    }

    List<SqlScript> scripts() {
        return scripts;
    }

    List<Migration> migrations() {
        return migrations;
    }

    /** Characters of SQL in all. */
    int length() {
        return scripts.stream().mapToInt(script -> script.text().length()).sum()
                + migrations.stream()
                        .mapToInt(migration -> migration.script().text().length())
                        .sum();
    }
}
