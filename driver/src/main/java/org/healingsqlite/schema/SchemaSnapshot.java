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
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code sqlite_schema} of {@code main} holds at one moment, in the order of creation. SQLite's internal objects and the shadow tables of
 * virtual tables are left out: they come with the objects they belong to. Immutable.
 */
public final class SchemaSnapshot {
    /** Nothing. */
    public static final SchemaSnapshot EMPTY = new SchemaSnapshot(List.of(), Map.of(), Settings.DEFAULT);

    private static final int READ_ATTEMPTS = 5;

    private final Map<String, SchemaObject> objects;
    private final Map<String, List<Column>> columns;
    private final Settings settings;

    /**
     * A column.
     *
     * @param generated whether its value is computed, so that it cannot be inserted
     */
    public record Column(String name, boolean generated) {}

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
    }

    SchemaSnapshot(Collection<SchemaObject> objects, Map<String, List<Column>> columns, Settings settings) {
        Map<String, SchemaObject> byKey = new LinkedHashMap<>();
        objects.forEach(object -> byKey.put(key(object.type(), object.name()), object));
        this.objects = byKey;
        this.columns = Map.copyOf(columns);
        this.settings = settings;
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
            for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
                long before = number(statement, "schema_version");
                snapshot = read(statement);
                if (number(statement, "schema_version") == before) {
                    break;
                }
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
        Set<String> shadows = new HashSet<>();
        try (ResultSet row = statement.executeQuery(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'")) {
            while (row.next()) {
                shadows.add(SchemaObject.key(row.getString(1)));
            }
        }
        List<SchemaObject> objects = new ArrayList<>();
        List<String> tables = new ArrayList<>();
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
                        SchemaObject.Type.valueOf(row.getString(1).toUpperCase(java.util.Locale.ROOT));
                SchemaObject object = new SchemaObject(type, name, row.getString(3), sql);
                objects.add(object);
                if (type == SchemaObject.Type.TABLE && !object.isVirtual()) {
                    tables.add(name);
                }
            }
        }
        return new SchemaSnapshot(objects, columns(statement, tables), settings(statement));
    }

    private static Map<String, List<Column>> columns(Statement statement, List<String> tables) throws SQLException {
        Map<String, List<Column>> columns = new HashMap<>();
        for (String table : tables) {
            List<Column> ofTable = new ArrayList<>();
            try (ResultSet row = statement.executeQuery(
                    "SELECT name, hidden FROM pragma_table_xinfo(" + SqlText.literal(table) + ", 'main')")) {
                while (row.next()) {
                    int hidden = row.getInt(2);
                    ofTable.add(new Column(row.getString(1), hidden == 2 || hidden == 3));
                }
            }
            columns.put(SchemaObject.key(table), List.copyOf(ofTable));
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

    private static long number(Statement statement, String pragma) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA main." + pragma)) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    private static String text(Statement statement, String pragma) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA main." + pragma)) {
            return row.next() ? row.getString(1) : "";
        }
    }

    /** All objects, in the order of creation. */
    public Collection<SchemaObject> objects() {
        return objects.values();
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
        return columns.getOrDefault(SchemaObject.key(table), List.of());
    }

    /** Whether an object of the name is there, or a table with a column of the name. */
    public boolean knows(String objectOrColumn) {
        String wanted = SchemaObject.key(objectOrColumn);
        for (SchemaObject.Type type : SchemaObject.Type.values()) {
            if (objects.containsKey(type + " " + wanted)) {
                return true;
            }
        }
        return columns.values().stream()
                .anyMatch(ofTable -> ofTable.stream()
                        .anyMatch(column -> SchemaObject.key(column.name()).equals(wanted)));
    }

    Map<String, List<Column>> allColumns() {
        return columns;
    }
}
