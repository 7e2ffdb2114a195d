package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.api.Internal;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * What {@code sqlite_schema} of {@code main} holds at one moment, in the order of creation. SQLite's internal objects and the shadow tables of
 * virtual tables are left out: they come with the objects they belong to. Immutable.
 */
@Internal
public final class SchemaSnapshot {
    /** By these SQL reaches the rowid, unless columns have the names. */
    static final List<String> ROWID_NAMES = List.of("rowid", "_rowid_", "oid");

    /** Nothing. */
    public static final SchemaSnapshot EMPTY = new SchemaSnapshot(List.of(), Map.of(), Settings.DEFAULT);

    private static final Log LOG = Log.of(SchemaSnapshot.class);

    private static final int READ_ATTEMPTS = 5;

    /** The record, its strings' heads and two entries of maps. */
    private static final int BYTES_OF_AN_OBJECT = 350;

    private static final int BYTES_OF_A_TABLE = 150;

    /** A reference; the columns themselves are shared, as a rule. */
    private static final int BYTES_OF_A_COLUMN = 30;

    private final Map<String, SchemaObject> objects;
    private final Map<String, Table> tables;
    private final Settings settings;

    /**
     * A column.
     *
     * @param type as declared; empty where none is
     * @param defaultValue SQL; null where there is none
     * @param primaryKey its place in the primary key, from 1; 0 where it is no part of it
     * @param generated whether its value is computed, so that it cannot be inserted
     */
    public record Column(
            String name,
            String type,
            boolean notNull,
            @Nullable String defaultValue,
            int primaryKey,
            boolean generated) {}

    /**
     * What is known of a table beside its text.
     *
     * @param rootPage where its tree begins, in the file that was looked at; a rename leaves it there
     */
    record Table(List<Column> columns, boolean withoutRowid, boolean strict, long rootPage) {
        static final Table UNKNOWN = new Table(List.of(), false, false, 0);

        Table {
            columns = List.copyOf(columns);
        }

        Table without(String column) {
            return new Table(
                    columns.stream()
                            .filter(candidate -> !SchemaObject.same(candidate.name(), column))
                            .toList(),
                    withoutRowid,
                    strict,
                    rootPage);
        }

        /** A name by which SQL reaches the rowid; empty where there is none, or columns have taken all three. */
        Optional<String> rowid() {
            return withoutRowid
                    ? Optional.empty()
                    : ROWID_NAMES.stream()
                            .filter(name ->
                                    columns.stream().noneMatch(column -> SchemaObject.same(column.name(), name)))
                            .findFirst();
        }
    }

    /**
     * What a database file carries beside objects.
     *
     * @param journalMode as PRAGMA journal_mode gives it
     */
    public record Settings(
            long userVersion,
            long applicationId,
            String journalMode,
            long pageSizeBytes,
            String encoding,
            long autoVacuum) {
        static final Settings DEFAULT = new Settings(0, 0, "delete", 4096, "UTF-8", 0);

        /** These, with the numbers of another where they are not set here. */
        Settings orNumbersOf(Settings other) {
            return new Settings(
                    userVersion == 0 ? other.userVersion : userVersion,
                    applicationId == 0 ? other.applicationId : applicationId,
                    journalMode,
                    pageSizeBytes,
                    encoding,
                    autoVacuum);
        }
    }

    SchemaSnapshot(Collection<SchemaObject> objects, Map<String, Table> tables, Settings settings) {
        Map<String, SchemaObject> byKey = new LinkedHashMap<>();
        objects.forEach(object -> byKey.put(key(object.type(), object.name()), object));
        this.objects = byKey;
        this.tables = Map.copyOf(tables);
        this.settings = settings;
    }

    /** What of it is the CREATE of its object, and does no more than create it. */
    SchemaSnapshot onlyStatements() {
        List<SchemaObject> statements =
                objects.values().stream().filter(SchemaSnapshot::isStatement).toList();
        return statements.size() == objects.size() ? this : new SchemaSnapshot(statements, tables, settings);
    }

    static boolean isStatement(SchemaObject object) {
        try {
            return CreateStatement.stored(object).isHarmless();
        } catch (SchemaException e) {
            LOG.warn("{} {} is not remembered: {}", object.type(), object.name(), Disclosure.message(e));
            return false;
        }
    }

    private static String key(SchemaObject.Type type, String name) {
        return type + " " + SchemaObject.key(name);
    }

    /**
     * Reads the schema. Reads it again where it changed in between.
     *
     * @throws SQLException sqlite-jdbc's own, for example where the file is corrupt
     */
    public static SchemaSnapshot read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            SchemaSnapshot snapshot = EMPTY;
            long before = number(statement, "schema_version");
            for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
                snapshot = read(statement);
                long after = number(statement, "schema_version");
                if (after == before) {
                    break;
                }
                before = after;
            }
            return snapshot;
        }
    }

    /** The counter that SQLite raises at every change of the schema. */
    public static long version(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return number(statement, "schema_version");
        }
    }

    private static SchemaSnapshot read(Statement statement) throws SQLException {
        Map<String, Table> tables = tables(statement);
        Set<String> shadows = new HashSet<>();
        try (ResultSet row = statement.executeQuery(tableList(statement))) {
            while (row.next()) {
                String name = SchemaObject.key(row.getString("name"));
                boolean withoutRowid = row.getBoolean("wr");
                boolean strict = row.getBoolean("strict");
                if (row.getString("type").equals("shadow")) {
                    shadows.add(name);
                }
                tables.computeIfPresent(
                        name, (key, table) -> new Table(table.columns(), withoutRowid, strict, table.rootPage()));
            }
        }
        List<SchemaObject> objects = new ArrayList<>();
        try (ResultSet row =
                statement.executeQuery("SELECT type, name, tbl_name, sql FROM main.sqlite_schema ORDER BY rowid")) {
            while (row.next()) {
                String name = row.getString(2);
                String sql = row.getString(4);
                if (sql == null
                        || SchemaObject.key(name).startsWith("sqlite_")
                        || shadows.contains(SchemaObject.key(row.getString(3)))) {
                    continue;
                }
                SchemaObject.Type type =
                        SchemaObject.Type.valueOf(row.getString(1).toUpperCase(Locale.ROOT));
                String table = row.getString(3);
                objects.add(new SchemaObject(type, name, table.equals(name) ? name : table, sql));
            }
        }
        tables.keySet()
                .retainAll(objects.stream()
                        .map(object -> SchemaObject.key(object.name()))
                        .toList());
        return new SchemaSnapshot(objects, tables, settings(statement));
    }

    /**
     * The query for what kind of table each is.
     *
     * <p>Source: SQLite documentation, "PRAGMA table_list", which is there from 3.37 on. Before that there are no STRICT tables, and what belongs to
     * a virtual table is told by its name.
     */
    static String tableList(Statement statement) throws SQLException {
        if (Release.of(statement.getConnection()).isAtLeast(37)) {
            return PragmaStatement.of("table_list");
        }
        return """
                SELECT CASE WHEN EXISTS (SELECT 1 FROM main.sqlite_schema v WHERE v.type = 'table' AND v.rootpage = 0
                        AND substr(t.name, 1, length(v.name) + 1) = v.name || '_') THEN 'shadow' ELSE 'table' END AS type,
                    t.name AS name, replace(upper(t.sql), char(10), ' ') LIKE '%)%WITHOUT ROWID%' AS wr, 0 AS strict
                FROM main.sqlite_schema t WHERE t.type = 'table'""";
    }

    /** The columns of all ordinary tables; virtual tables, whose module may be missing, have no root page. */
    private static Map<String, Table> tables(Statement statement) throws SQLException {
        Map<String, Long> roots = new LinkedHashMap<>();
        try (ResultSet row = statement.executeQuery("""
                SELECT name, rootpage FROM main.sqlite_schema
                WHERE type = 'table' AND rootpage > 0 AND sql NOT LIKE 'CREATE VIRTUAL %' ORDER BY rowid""")) {
            while (row.next()) {
                roots.put(row.getString(1), row.getLong(2));
            }
        }
        Map<String, Table> tables = new HashMap<>();
        // Most tables have columns that others have as well: each is kept once.
        Map<Column, Column> known = new HashMap<>();
        for (Map.Entry<String, Long> root : roots.entrySet()) {
            List<Column> columns = columns(statement, root.getKey());
            columns.replaceAll(column -> known.computeIfAbsent(column, each -> each));
            if (!columns.isEmpty()) {
                tables.put(SchemaObject.key(root.getKey()), new Table(columns, false, false, root.getValue()));
            }
        }
        return tables;
    }

    static List<Column> columns(Statement statement, String table) throws SQLException {
        List<Column> columns = new ArrayList<>();
        try (ResultSet row = statement.executeQuery(PragmaStatement.of("table_xinfo", table))) {
            while (row.next()) {
                int hidden = row.getInt(7);
                columns.add(new Column(
                        row.getString(2),
                        row.getString(3),
                        row.getBoolean(4),
                        row.getString(5),
                        row.getInt(6),
                        hidden == 2 || hidden == 3));
            }
        }
        return columns;
    }

    private static Settings settings(Statement statement) throws SQLException {
        return new Settings(
                number(statement, "user_version"),
                number(statement, "application_id"),
                text(statement, "journal_mode"),
                number(statement, "page_size"),
                text(statement, "encoding"),
                number(statement, "auto_vacuum"));
    }

    static long number(Statement statement, String pragma) throws SQLException {
        try (ResultSet row = statement.executeQuery(PragmaStatement.of(pragma))) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    private static String text(Statement statement, String pragma) throws SQLException {
        try (ResultSet row = statement.executeQuery(PragmaStatement.of(pragma))) {
            return row.next() ? row.getString(1) : "";
        }
    }

    /** All objects, in the order of creation. */
    public Collection<SchemaObject> objects() {
        return objects.values();
    }

    /** About how much memory it takes. */
    long sizeBytes() {
        long size = BYTES_OF_AN_OBJECT;
        for (SchemaObject object : objects.values()) {
            size += BYTES_OF_AN_OBJECT
                    + 3L * object.name().length()
                    + object.sql().length();
        }
        for (Table table : tables.values()) {
            size += BYTES_OF_A_TABLE
                    + (long) BYTES_OF_A_COLUMN * table.columns().size();
        }
        return size;
    }

    /** Whether there is no object at all. */
    public boolean isEmpty() {
        return objects.isEmpty();
    }

    public Settings settings() {
        return settings;
    }

    public Optional<SchemaObject> object(SchemaObject.Type type, String name) {
        return Optional.ofNullable(objects.get(key(type, name)));
    }

    /** The columns of a table; empty for virtual tables and tables that are not there. */
    public List<Column> columns(String table) {
        return table(table).columns();
    }

    /** Where the tree of a table begins; 0 where it has none, or is not there. */
    long rootPage(String table) {
        return table(table).rootPage();
    }

    Table table(String name) {
        return tables.getOrDefault(SchemaObject.key(name), Table.UNKNOWN);
    }

    Map<String, Table> tables() {
        return tables;
    }

    /** Whether an object of the name is there, or a table with a column of the name. */
    public boolean knows(String objectOrColumn) {
        for (SchemaObject.Type type : SchemaObject.Type.values()) {
            if (objects.containsKey(key(type, objectOrColumn))) {
                return true;
            }
        }
        return tables.values().stream()
                .anyMatch(table ->
                        table.columns().stream().anyMatch(column -> SchemaObject.same(column.name(), objectOrColumn)));
    }
}
