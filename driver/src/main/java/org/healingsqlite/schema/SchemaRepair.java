package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.healingsqlite.log.Disclosure;
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
    private final List<String> leftOut = new ArrayList<>();
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

    /** Names of indexes that rows break, and of what only a connection of the application can make. */
    List<String> leftOut() {
        return leftOut;
    }

    void run(SchemaDifference difference) throws SQLException {
        List<SchemaObject> tables = difference.objects(SchemaObject.Type.TABLE);
        for (SchemaObject table : tables) {
            createUnlessBroken(table);
            touched.add(table.name());
        }
        for (SchemaObject table : tables) {
            TableRows rows = expected.rows().get(SchemaObject.key(table.name()));
            if (rows != null && !rows.rows().isEmpty()) {
                rows.insertInto(connection);
                steps.add("inserted " + rows.rows().size() + " registered rows into " + table.name());
            }
        }
        for (MissingColumns columns : difference.columns()) {
            addColumns(columns);
            touched.add(columns.table().name());
        }
        for (SchemaObject table : tables) {
            fillFromContentTable(table);
        }
        createDependants(difference);
        if (before.isEmpty()) {
            setNumber("user_version", expected.snapshot().settings().userVersion());
            setNumber("application_id", expected.snapshot().settings().applicationId());
        }
        checkForeignKeys();
    }

    private void create(SchemaObject object) throws SQLException {
        execute(CreateStatement.stored(object).sql());
        steps.add("created " + object.type() + " " + object.name());
    }

    /**
     * As {@link #create}, unless it is an index and rows break what it demands, which were there before, or it is an index or a virtual table and this connection does not
     * know what it sorts by or which module it is of: then it stays out.
     */
    private void createUnlessBroken(SchemaObject object) throws SQLException {
        try {
            create(object);
        } catch (SQLException e) {
            String reason = String.valueOf(e.getMessage());
            boolean isUnknown = NamesUsed.isUnknown(reason);
            boolean isIndex = object.type() == SchemaObject.Type.INDEX;
            boolean mayStayOut = isIndex || !object.module().isEmpty();
            if (!mayStayOut || !isUnknown && !(isIndex && reason.contains("UNIQUE constraint failed"))) {
                throw e;
            }
            leftOut.add(object.name());
            steps.add("left out " + (isIndex ? "index " : "virtual table ") + object.name()
                    + (isUnknown ? ", which only a connection of the application can make" : ", which rows break"));
        }
    }

    /** A full-text index over another table finds nothing until it has read that table. Source: SQLite FTS5 Extension §6.10. */
    private void fillFromContentTable(SchemaObject table) throws SQLException {
        String content = VirtualModule.option(table.sql(), "content");
        if (!VirtualModule.named(table.module()).isFullText() || content == null || content.isEmpty()) {
            return;
        }
        SchemaSnapshot now = SchemaSnapshot.read(connection);
        if (now.object(SchemaObject.Type.TABLE, content).isPresent()
                || now.object(SchemaObject.Type.VIEW, content).isPresent()) {
            String name = SqlText.name(table.name());
            execute("INSERT INTO main." + name + " (" + name + ") VALUES ('rebuild')");
        }
    }

    /** Creates the indexes, views and triggers that were missing, and those that a rebuilt table has taken with it. */
    private void createDependants(SchemaDifference difference) throws SQLException {
        SchemaSnapshot now = SchemaSnapshot.read(connection);
        for (SchemaObject.Type type :
                List.of(SchemaObject.Type.INDEX, SchemaObject.Type.VIEW, SchemaObject.Type.TRIGGER)) {
            Map<String, SchemaObject> wanted = new LinkedHashMap<>();
            difference.objects(type).forEach(object -> wanted.put(SchemaObject.key(object.name()), object));
            before.objects().stream()
                    .filter(object -> object.type() == type)
                    .forEach(object -> wanted.putIfAbsent(SchemaObject.key(object.name()), object));
            for (SchemaObject object : wanted.values()) {
                if (now.object(type, object.name()).isEmpty()) {
                    createUnlessBroken(object);
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
        Set<String> violations = transaction.foreignKeyViolations(touched);
        if (!violations.isEmpty()) {
            steps.add("foreign keys that point to nothing: " + String.join("; ", violations));
        }
    }

    // ---- Columns

    /**
     * Adds columns to a table. Where they are the last ones, ALTER TABLE adds them; else, and where SQLite refuses that, the table is built
     * again in its expected form with all rows, because the place of a column matters to an INSERT without a column list. Where existing rows
     * would need a value that nobody knows, the column comes without its NOT NULL: a value is never invented.
     */
    private void addColumns(MissingColumns missing) throws SQLException {
        TableDefinition whole =
                TableDefinition.of(CreateStatement.stored(missing.table()).sql());
        TableDefinition nullable = whole.withoutNotNull(missing.names());
        List<SchemaTransaction.Attempt> attempts = new ArrayList<>();
        boolean canAlter = areLast(missing) && !whole.constrains(missing.names());
        if (canAlter) {
            attempts.add(() -> alter(missing, whole));
        }
        attempts.add(() -> rebuild(missing.table(), whole));
        if (!nullable.sql().equals(whole.sql())) {
            attempts.add(() -> rebuild(missing.table(), nullable));
            if (canAlter) {
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
            steps.add("added column " + missing.table().name() + "." + describe(column, missing.table()));
        }
    }

    /** Without the texts of triggers and views being changed that name the table. */
    private void replace(String table, String rebuilt) throws SQLException {
        execute("DROP TABLE main." + SqlText.name(table));
        boolean legacy = isLegacyAlterTable();
        execute("PRAGMA legacy_alter_table = ON");
        try {
            execute("ALTER TABLE main." + SqlText.name(rebuilt) + " RENAME TO " + SqlText.name(table));
        } finally {
            execute("PRAGMA legacy_alter_table = " + (legacy ? "ON" : "OFF"));
        }
    }

    /** Source: SQLite documentation, "ALTER TABLE" §7, "Making Other Kinds Of Table Schema Changes". */
    private void rebuild(SchemaObject table, TableDefinition form) throws SQLException {
        List<String> conflicts = SchemaDifference.conflicts(table, expected.snapshot(), before);
        if (!conflicts.isEmpty()) {
            throw new SchemaException(String.join("; ", conflicts), null);
        }
        List<SchemaSnapshot.Column> wanted = expected.snapshot().columns(table.name());
        TableDefinition actual = TableDefinition.of(CreateStatement.stored(
                        before.object(SchemaObject.Type.TABLE, table.name()).orElseThrow())
                .sql());
        List<String> kept = new ArrayList<>();
        List<String> own = new ArrayList<>();
        for (SchemaSnapshot.Column column : before.columns(table.name())) {
            if (!column.generated()) {
                kept.add(column.name());
            }
            if (wanted.stream().noneMatch(candidate -> SchemaObject.same(candidate.name(), column.name()))) {
                String definition = actual.column(column.name());
                own.add(definition == null ? SqlText.name(column.name()) : definition);
            }
        }
        if (transaction.enforcesForeignKeys()) {
            throw new SchemaException(
                    "foreign keys are enforced in this transaction, and dropping the table would delete the rows that point to it",
                    null);
        }
        TableDefinition whole = form.with(own);
        Set<String> given = new LinkedHashSet<>(actual.constraints());
        given.removeAll(whole.constraints());
        if (!given.isEmpty()) {
            throw new SchemaException(
                    "the table has constraints that nobody expects and that would be lost: " + given, null);
        }
        String rebuilt = "healing_sqlite_" + table.name();
        long rows = count(table.name());
        long sequence = sequence(table.name());
        execute(CreateStatement.stored(SchemaObject.Type.TABLE, rebuilt, whole.renamed(rebuilt))
                .sql());
        String list = Stream.concat(
                        before.table(table.name()).rowid().filter(name -> hasRowidNamed(name, wanted)).stream(),
                        kept.stream().map(SqlText::name))
                .collect(Collectors.joining(", "));
        // OR ABORT overrides the conflict clauses of the table, which might leave out rows or replace values.
        execute("INSERT OR ABORT INTO main." + SqlText.name(rebuilt) + " (" + list + ") SELECT " + list + " FROM main."
                + SqlText.name(table.name()));
        if (count(rebuilt) != rows) {
            throw new SchemaException("only " + count(rebuilt) + " of " + rows + " rows could be copied", null);
        }
        replace(table.name(), rebuilt);
        if (sequence > 0) {
            setSequence(table.name(), sequence);
        }
        steps.add("built table " + table.name() + " again with its missing columns " + missing(table) + ", keeping all "
                + rows + " rows"
                + (form.sql().equals(table.sql()) ? "" : ", without NOT NULL where the rows have no value"));
    }

    private List<String> missing(SchemaObject table) {
        List<SchemaSnapshot.Column> there = before.columns(table.name());
        return expected.snapshot().columns(table.name()).stream()
                .map(SchemaSnapshot.Column::name)
                .filter(name -> there.stream().noneMatch(column -> SchemaObject.same(column.name(), name)))
                .map(name -> describe(name, table))
                .toList();
    }

    /** A column, and what the rows that were there have in it. */
    private String describe(String column, SchemaObject table) {
        return expected.snapshot().columns(table.name()).stream()
                .filter(candidate -> SchemaObject.same(candidate.name(), column))
                .findFirst()
                .filter(candidate -> candidate.defaultValue() != null)
                .map(candidate -> column + " (in existing rows its default, " + candidate.defaultValue() + ")")
                .orElse(column);
    }

    private static boolean hasRowidNamed(String name, List<SchemaSnapshot.Column> columns) {
        return columns.stream().noneMatch(column -> SchemaObject.same(column.name(), name));
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

    /** An empty table has no row in {@code sqlite_sequence} of its own yet. */
    private void setSequence(String table, long sequence) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                        "UPDATE main.sqlite_sequence SET seq = max(seq, ?) WHERE name = ?");
                PreparedStatement insert =
                        connection.prepareStatement("INSERT INTO main.sqlite_sequence (seq, name) VALUES (?, ?)")) {
            for (PreparedStatement statement : List.of(update, insert)) {
                statement.setLong(1, sequence);
                statement.setString(2, table);
                if (statement.executeUpdate() > 0) {
                    return;
                }
            }
        }
    }

    private void execute(String sql) throws SQLException {
        try {
            transaction.execute(sql);
        } catch (SQLException e) {
            throw new SchemaException(new SqlStatement(sql, 1).excerpt() + ": " + Disclosure.message(e), e);
        }
    }
}
