package org.healingsqlite.archive;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.healingsqlite.schema.PragmaStatement;
import org.jspecify.annotations.Nullable;

/**
 * A table as an import sees it.
 *
 * @param columns those that can be inserted, in order
 * @param rowid a name for the rowid where it is no column; empty where there is none
 * @param identity columns that tell one row from every other; empty where none do
 * @param uniqueKeys what no two rows have in common, the identity among them
 * @param rowidAlias whether the only column of the identity is the rowid by another name
 * @param shadow whether it belongs to a virtual table
 * @param declared what the schema says of the columns, by their names
 */
record TableForm(
        String name,
        List<String> columns,
        Optional<String> rowid,
        List<String> identity,
        List<List<String>> uniqueKeys,
        boolean rowidAlias,
        boolean virtual,
        boolean shadow,
        Map<String, Declared> declared) {

    /**
     * A column as the schema declares it.
     *
     * @param type as it stands there; empty where it has none
     * @param defaulted whether it has a value where none is given
     */
    record Declared(String type, boolean defaulted, boolean notNull) {}

    TableForm {
        columns = List.copyOf(columns);
        identity = List.copyOf(identity);
        uniqueKeys = List.copyOf(uniqueKeys);
        declared = Map.copyOf(declared);
    }

    /** Whether a column is the rowid by another name: SQLite gives it a number where a row has none. */
    boolean isRowid(String column) {
        return rowidAlias && identity.equals(List.of(column));
    }

    private static final List<String> ROWID_NAMES = List.of("rowid", "_rowid_", "oid");

    /** All tables of {@code main}, by name. */
    static List<TableForm> readAll(Connection connection) throws SQLException {
        record Listed(String name, String type, boolean withoutRowid) {}
        List<Listed> listed = new ArrayList<>();
        Map<String, Listed> byName = new HashMap<>();
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery(PragmaStatement.of("table_list"))) {
                while (row.next()) {
                    byName.put(
                            row.getString("name"),
                            new Listed(row.getString("name"), row.getString("type"), row.getBoolean("wr")));
                }
            }
            try (ResultSet row =
                    statement.executeQuery("SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY rowid")) {
                while (row.next()) {
                    Listed table = byName.get(row.getString(1));
                    if (table != null) {
                        listed.add(table);
                    }
                }
            }
        }
        List<TableForm> forms = new ArrayList<>();
        for (Listed table : listed) {
            forms.add(read(
                    connection,
                    table.name(),
                    table.withoutRowid(),
                    table.type().equals("virtual"),
                    table.type().equals("shadow")));
        }
        return forms;
    }

    private static TableForm read(
            Connection connection, String name, boolean withoutRowid, boolean virtual, boolean shadow)
            throws SQLException {
        List<String> all = new ArrayList<>();
        List<String> insertable = new ArrayList<>();
        Map<Integer, String> primaryKey = new TreeMap<>();
        String keyType = "";
        Map<String, Declared> declared = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(PragmaStatement.of("table_xinfo", name))) {
            while (row.next()) {
                all.add(row.getString("name").toLowerCase(Locale.ROOT));
                String type = row.getString("type");
                declared.put(
                        row.getString("name"),
                        new Declared(
                                type == null ? "" : type,
                                row.getString("dflt_value") != null,
                                row.getBoolean("notnull")));
                if (row.getInt("hidden") == 0) {
                    insertable.add(row.getString("name"));
                }
                if (row.getInt("pk") > 0) {
                    primaryKey.put(row.getInt("pk"), row.getString("name"));
                    keyType = row.getString("type");
                }
            }
        }
        Map<String, Boolean> unique = uniqueIndexes(connection, name);
        boolean alias = !withoutRowid
                && primaryKey.size() == 1
                && "INTEGER".equalsIgnoreCase(keyType)
                && !unique.containsValue(true);
        Optional<String> rowid = withoutRowid || alias || virtual
                ? Optional.empty()
                : ROWID_NAMES.stream().filter(word -> !all.contains(word)).findFirst();
        List<String> identity = withoutRowid || alias
                ? List.copyOf(primaryKey.values())
                : rowid.map(List::of).orElse(List.of());
        List<List<String>> keys = new ArrayList<>();
        if (!identity.isEmpty()) {
            keys.add(identity);
        }
        for (String index : unique.keySet()) {
            List<String> key = indexColumns(connection, index);
            if (!key.isEmpty() && !keys.contains(key)) {
                keys.add(key);
            }
        }
        return new TableForm(name, insertable, rowid, identity, keys, alias, virtual, shadow, declared);
    }

    /** Unique indexes without a condition; whether they are the primary key's. */
    private static Map<String, Boolean> uniqueIndexes(Connection connection, String table) throws SQLException {
        Map<String, Boolean> indexes = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(PragmaStatement.of("index_list", table))) {
            while (row.next()) {
                if (row.getBoolean("unique") && !row.getBoolean("partial")) {
                    indexes.put(row.getString("name"), row.getString("origin").equals("pk"));
                }
            }
        }
        return indexes;
    }

    private static List<String> indexColumns(Connection connection, String index) throws SQLException {
        List<String> columns = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(PragmaStatement.of("index_info", index))) {
            while (row.next()) {
                String name = row.getString("name");
                if (name == null) {
                    return List.of();
                }
                columns.add(name);
            }
        }
        return columns;
    }

    /** Names as people vary them: {@code createdAt}, {@code Created at} and {@code created_at} are one. */
    static String key(String name) {
        StringBuilder key = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c != '_' && c != '-' && c != ' ') {
                key.append(Character.toLowerCase(c));
            }
        }
        return key.toString();
    }

    /** The column, or name of the rowid, that a field of an archive means; null where there is none. */
    @Nullable
    String column(String field) {
        for (String column : columns) {
            if (column.equalsIgnoreCase(field)) {
                return column;
            }
        }
        if (rowid.isPresent() && rowid.get().equalsIgnoreCase(field)) {
            return rowid.get();
        }
        String key = key(field);
        List<String> alike =
                columns.stream().filter(column -> key(column).equals(key)).toList();
        return alike.size() == 1 ? alike.get(0) : null;
    }

    /** The rowid's names are not quoted: not every release takes a quoted one. */
    String quoted(String column) {
        return rowid.isPresent() && rowid.get().equals(column) ? column : Sql.name(column);
    }
}
