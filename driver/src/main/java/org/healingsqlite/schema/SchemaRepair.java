package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.healingsqlite.schema.SchemaDifference.MissingColumns;
import org.jspecify.annotations.Nullable;

/**
 * The statements that add what is missing, in the order that SQLite needs: tables, their seeded rows, columns, then indexes, views and triggers,
 * so that no trigger sees a row come back. One use, inside one transaction.
 */
final class SchemaRepair {
    private final Connection connection;
    private final SchemaTransaction transaction;
    private final ExpectedSchema expected;
    private final SchemaSnapshot before;
    private final List<String> steps = new ArrayList<>();
    private final Set<String> touched = new LinkedHashSet<>();

    SchemaRepair(Connection connection, SchemaTransaction transaction, ExpectedSchema expected, SchemaSnapshot before) {
        this.connection = connection;
        this.transaction = transaction;
        this.expected = expected;
        this.before = before;
    }

    List<String> steps() {
        return steps;
    }

    void run(SchemaDifference difference) throws SQLException {
        List<SchemaObject> tables = difference.objects(SchemaObject.Type.TABLE);
        for (SchemaObject table : tables) {
            create(table);
            touched.add(table.name());
        }
        for (SchemaObject table : tables) {
            TableRows rows = expected.rows().get(SchemaObject.key(table.name()));
            if (rows != null) {
                rows.insertInto(connection);
                steps.add("inserted " + rows.rows().size() + " registered rows into " + table.name());
            }
        }
        for (MissingColumns columns : difference.columns()) {
            addColumns(columns);
            touched.add(columns.table().name());
        }
        for (SchemaObject.Type type :
                List.of(SchemaObject.Type.INDEX, SchemaObject.Type.VIEW, SchemaObject.Type.TRIGGER)) {
            createMissing(type);
        }
        if (before.isEmpty()) {
            setNumber("user_version", expected.snapshot().settings().userVersion());
            setNumber("application_id", expected.snapshot().settings().applicationId());
        }
        checkForeignKeys();
    }

    private void create(SchemaObject object) throws SQLException {
        execute(object.sql());
        steps.add("created " + object.type() + " " + object.name());
    }

    /** Creates what was missing and what a rebuilt table has taken with it. */
    private void createMissing(SchemaObject.Type type) throws SQLException {
        SchemaSnapshot now = SchemaSnapshot.read(connection);
        for (SchemaSnapshot wanted : List.of(expected.snapshot(), before)) {
            for (SchemaObject object : wanted.objects()) {
                if (object.type() == type && now.object(type, object.name()).isEmpty()) {
                    create(object);
                    now = SchemaSnapshot.read(connection);
                }
            }
        }
    }

    private void setNumber(String pragma, long value) throws SQLException {
        if (value != 0) {
            transaction.execute("PRAGMA main." + pragma + " = " + value);
        }
    }

    private void checkForeignKeys() throws SQLException {
        for (String table : touched) {
            List<String> violations = transaction.foreignKeyViolations(table);
            if (!violations.isEmpty()) {
                steps.add("foreign keys that point to nothing: " + String.join("; ", violations));
            }
        }
    }

    // ---- Columns

    /**
     * Adds columns to a table. Where they are the last ones, ALTER TABLE adds them; else, and where SQLite refuses that, the table is built
     * again in its expected form with all rows, because the place of a column matters to an INSERT without a column list. Where existing rows
     * would need a value that nobody knows, the column comes without its NOT NULL: a value is never invented.
     */
    private void addColumns(MissingColumns missing) throws SQLException {
        TableDefinition whole = TableDefinition.of(missing.table().sql());
        TableDefinition nullable = whole.withoutNotNull(missing.names());
        List<SchemaTransaction.Attempt> attempts = new ArrayList<>();
        if (areLast(missing)) {
            attempts.add(() -> alter(missing, whole));
        }
        attempts.add(() -> rebuild(missing.table(), whole));
        if (!nullable.sql().equals(whole.sql())) {
            attempts.add(() -> rebuild(missing.table(), nullable));
            if (areLast(missing)) {
                attempts.add(() -> alter(missing, nullable));
            }
        }
        List<SQLException> refusals = new ArrayList<>();
        for (SchemaTransaction.Attempt attempt : attempts) {
            SQLException refused = refusal(attempt);
            if (refused == null) {
                return;
            }
            refusals.add(refused);
        }
        throw new SchemaException(
                "Table " + missing.table().name() + " lacks " + missing.names()
                        + ", and that cannot be added without losing or inventing data: "
                        + refusals.stream()
                                .map(SQLException::getMessage)
                                .distinct()
                                .collect(Collectors.joining("; ")),
                refusals.get(0));
    }

    private @Nullable SQLException refusal(SchemaTransaction.Attempt attempt) {
        int stepsBefore = steps.size();
        try {
            transaction.tryTo(attempt);
            return null;
        } catch (SQLException e) {
            while (steps.size() > stepsBefore) {
                steps.remove(steps.size() - 1);
            }
            return e;
        }
    }

    private boolean areLast(MissingColumns missing) {
        List<String> all = expected.snapshot().columns(missing.table().name()).stream()
                .map(SchemaSnapshot.Column::name)
                .toList();
        return all.subList(all.size() - missing.names().size(), all.size()).equals(missing.names());
    }

    private void alter(MissingColumns missing, TableDefinition definition) throws SQLException {
        for (String column : missing.names()) {
            String text = definition.column(column);
            if (text == null) {
                throw new SchemaException(
                        "the definition of column " + column + " was not found in: " + definition.sql(), null);
            }
            execute("ALTER TABLE main." + SqlText.name(missing.table().name()) + " ADD COLUMN " + text);
            steps.add("added column " + missing.table().name() + "." + column);
        }
    }

    /** Source: SQLite documentation, "ALTER TABLE" §7, "Making Other Kinds Of Table Schema Changes". */
    private void rebuild(SchemaObject table, TableDefinition form) throws SQLException {
        List<SchemaSnapshot.Column> wanted = expected.snapshot().columns(table.name());
        TableDefinition actual = TableDefinition.of(before.object(SchemaObject.Type.TABLE, table.name())
                .orElseThrow()
                .sql());
        List<String> kept = new ArrayList<>();
        List<String> own = new ArrayList<>();
        for (SchemaSnapshot.Column column : before.columns(table.name())) {
            if (!column.generated()) {
                kept.add(column.name());
            }
            if (wanted.stream().noneMatch(candidate -> candidate.name().equalsIgnoreCase(column.name()))) {
                String definition = actual.column(column.name());
                own.add(definition == null ? SqlText.name(column.name()) : definition);
            }
        }
        if (transaction.enforcesForeignKeys()) {
            throw new SchemaException(
                    "foreign keys are enforced in this transaction, and dropping the table would delete the rows that point to it",
                    null);
        }
        String rebuilt = "healing_sqlite_" + table.name();
        long rows = count(table.name());
        long sequence = sequence(table.name());
        execute(form.with(own).renamed(rebuilt));
        String list = (hasHiddenRowid(table) ? "rowid, " : "")
                + kept.stream().map(SqlText::name).collect(Collectors.joining(", "));
        execute("INSERT INTO main." + SqlText.name(rebuilt) + " (" + list + ") SELECT " + list + " FROM main."
                + SqlText.name(table.name()));
        if (count(rebuilt) != rows) {
            throw new SchemaException("only " + count(rebuilt) + " of " + rows + " rows could be copied", null);
        }
        execute("DROP TABLE main." + SqlText.name(table.name()));
        boolean legacy = isLegacyAlterTable();
        execute("PRAGMA legacy_alter_table = ON");
        try {
            execute("ALTER TABLE main." + SqlText.name(rebuilt) + " RENAME TO " + SqlText.name(table.name()));
        } finally {
            execute("PRAGMA legacy_alter_table = " + (legacy ? "ON" : "OFF"));
        }
        if (sequence > 0) {
            setSequence(table.name(), sequence);
        }
        steps.add("built table " + table.name() + " again with its missing columns, keeping all " + rows + " rows"
                + (form.sql().equals(table.sql()) ? "" : ", without NOT NULL where the rows have no value"));
    }

    /** Whether the rows have a rowid of their own that no column shows. */
    private boolean hasHiddenRowid(SchemaObject table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT (SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = "
                                + SqlText.literal(table.name())
                                + " COLLATE NOCASE), (SELECT count(*) FROM pragma_table_info("
                                + SqlText.literal(table.name())
                                + ", 'main') WHERE pk > 0 AND type = 'INTEGER' COLLATE NOCASE OR name = 'rowid' COLLATE NOCASE)")) {
            return row.next() && row.getInt(1) == 0 && row.getInt(2) == 0;
        }
    }

    private boolean isLegacyAlterTable() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA legacy_alter_table")) {
            return row.next() && row.getInt(1) == 1;
        }
    }

    private long count(String table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM main." + SqlText.name(table))) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    private long sequence(String table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet there =
                        statement.executeQuery("SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'")) {
            if (!there.next()) {
                return 0;
            }
        }
        try (PreparedStatement query =
                connection.prepareStatement("SELECT seq FROM main.sqlite_sequence WHERE name = ?")) {
            query.setString(1, table);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    private void setSequence(String table, long sequence) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE main.sqlite_sequence SET seq = max(seq, ?) WHERE name = ?")) {
            update.setLong(1, sequence);
            update.setString(2, table);
            update.executeUpdate();
        }
    }

    private void execute(String sql) throws SQLException {
        try {
            transaction.execute(sql);
        } catch (SQLException e) {
            throw new SchemaException(new SqlStatement(sql, 1).excerpt() + ": " + e.getMessage(), e);
        }
    }
}
