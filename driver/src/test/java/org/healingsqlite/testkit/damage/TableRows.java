package org.healingsqlite.testkit.damage;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The rows of one table as a connection shows them, each value with its type and exact bytes.
 *
 * @param rows values by key, in the order of the tree; the key is the rowid, or the primary key of a table without one
 * @param hasRowid whether the key is a rowid
 */
public record TableRows(String name, boolean hasRowid, Map<String, String> rows) {

    public TableRows {
        rows = Collections.unmodifiableMap(rows);
    }

    /** All tables of a database that keep rows of their own; of virtual tables what they show, and only those shadow tables that hold content. */
    public static Map<String, TableRows> ofAll(java.nio.file.Path database) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            return ofAll(connection);
        }
    }

    static Map<String, TableRows> ofAll(Connection connection) throws SQLException {
        Map<String, TableRows> tables = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet list = statement.executeQuery("SELECT name, type, wr FROM pragma_table_list"
                        + " WHERE schema='main' AND type IN ('table','virtual','shadow') ORDER BY name")) {
            List<Object[]> names = new ArrayList<>();
            while (list.next()) {
                names.add(new Object[] {list.getString(1), list.getString(2), list.getBoolean(3)});
            }
            for (Object[] row : names) {
                String name = (String) row[0];
                boolean isShadow = row[1].equals("shadow");
                boolean isOurs = !name.startsWith("sqlite_") || name.equals("sqlite_sequence");
                if (isOurs && (!isShadow || name.endsWith("_content"))) {
                    try {
                        tables.put(name, of(connection, name, (Boolean) row[2]));
                    } catch (SQLException e) {
                        // Such a table shows what others keep, and needs their columns.
                        if (!row[1].equals("virtual")) {
                            throw e;
                        }
                    }
                }
            }
        }
        return tables;
    }

    private static TableRows of(Connection connection, String table, boolean withoutRowid) throws SQLException {
        List<String> columns = new ArrayList<>();
        List<Integer> key = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT name, pk FROM pragma_table_xinfo('"
                        + table.replace("'", "''") + "') WHERE hidden<>1")) {
            while (rows.next()) {
                columns.add(rows.getString(1));
                if (rows.getInt(2) > 0) {
                    key.add(columns.size());
                }
            }
        }
        StringBuilder query = new StringBuilder("SELECT ");
        if (!withoutRowid) {
            query.append(rowidName(columns)).append(", ");
        }
        String separator = "";
        for (String column : columns) {
            String quoted = "\"" + column.replace("\"", "\"\"") + "\"";
            query.append(separator)
                    .append("typeof(")
                    .append(quoted)
                    .append("), ")
                    .append(quoted);
            separator = ", ";
        }
        query.append(" FROM \"").append(table.replace("\"", "\"\"")).append("\" NOT INDEXED");
        Map<String, String> found = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query.toString())) {
            int first = withoutRowid ? 1 : 2;
            while (rows.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 0; i < columns.size(); i++) {
                    values.add(value(rows, first + 2 * i));
                }
                StringBuilder id = new StringBuilder();
                if (withoutRowid) {
                    key.forEach(k -> id.append(values.get(k - 1)).append('|'));
                } else {
                    id.append(rows.getLong(1));
                }
                found.put(id.toString(), String.join("|", values));
            }
        }
        return new TableRows(table, !withoutRowid, found);
    }

    private static String rowidName(List<String> columns) {
        for (String name : List.of("rowid", "_rowid_", "oid")) {
            if (columns.stream().noneMatch(name::equalsIgnoreCase)) {
                return name;
            }
        }
        throw new IllegalStateException("the rowid has no name left");
    }

    private static String value(ResultSet rows, int at) throws SQLException {
        String type = rows.getString(at);
        return switch (type) {
            case "null" -> "null";
            case "integer" -> "integer " + rows.getLong(at + 1);
            case "real" -> "real " + Long.toHexString(Double.doubleToRawLongBits(rows.getDouble(at + 1)));
            default -> type + " " + brief(rows.getBytes(at + 1));
        };
    }

    private static String brief(byte[] bytes) {
        if (bytes == null) {
            return "";
        }
        if (bytes.length <= 32) {
            return HexFormat.of().formatHex(bytes);
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return String.format(Locale.ROOT, "%d bytes ", bytes.length)
                    + new String(Base64.getEncoder().encode(digest), StandardCharsets.US_ASCII);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
