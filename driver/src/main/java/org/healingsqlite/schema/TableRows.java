package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.healingsqlite.api.Internal;
import org.jspecify.annotations.Nullable;

/**
 * Rows of one table that come back with it: what a registered script seeds, or what a migration tool remembers of itself.
 *
 * @param columns the columns that can be inserted, the rowid among them
 * @param rows values as sqlite-jdbc gives them, one storage class each
 */
@Internal
public record TableRows(String table, List<String> columns, List<List<@Nullable Object>> rows) {
    /** A list and its array. */
    private static final int BYTES_OF_A_ROW = 48;

    /** A number, or the head of a string. */
    private static final int BYTES_OF_A_VALUE = 56;

    /** About how much memory it takes. */
    long sizeBytes() {
        long size = 0;
        for (List<@Nullable Object> row : rows) {
            size += BYTES_OF_A_ROW;
            for (Object value : row) {
                size += BYTES_OF_A_VALUE
                        + (value instanceof String text
                                ? text.length()
                                : value instanceof byte[] bytes ? bytes.length : 0);
            }
        }
        return size;
    }

    /**
     * Reads an ordinary table.
     *
     * @param limit the most rows to take
     * @return the rows; none at all where the table has more than {@code limit}
     */
    static TableRows read(Connection connection, SchemaObject table, SchemaSnapshot.Table form, int limit)
            throws SQLException {
        return read(connection, table, form, limit, "1");
    }

    /** As {@link #read(Connection, SchemaObject, SchemaSnapshot.Table, int)}, of the rows for which an expression is true. */
    static TableRows read(
            Connection connection, SchemaObject table, SchemaSnapshot.Table form, int limit, String condition)
            throws SQLException {
        List<String> names = new ArrayList<>();
        form.rowid().ifPresent(names::add);
        form.columns().stream()
                .filter(column -> !column.generated())
                .map(SchemaSnapshot.Column::name)
                .forEach(names::add);
        return read(connection, table.name(), names, limit, condition);
    }

    /**
     * Reads a virtual table that keeps its rows itself: a full-text index without external content, or an R*Tree. Others have none of their own.
     */
    static TableRows readVirtual(Connection connection, SchemaObject table, int limit) throws SQLException {
        List<String> names = new ArrayList<>();
        VirtualModule module = VirtualModule.named(table.module());
        if (module.isFullText() && VirtualModule.option(table.sql(), "content") == null) {
            names.add("rowid");
        } else if (!module.isRtree()) {
            return new TableRows(table.name(), names, List.of());
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(PragmaStatement.of("table_xinfo", table.name()))) {
            while (row.next()) {
                if (row.getInt("hidden") == 0) {
                    names.add(row.getString("name"));
                }
            }
        }
        return read(connection, table.name(), names, limit, "1");
    }

    private static TableRows read(Connection connection, String table, List<String> names, int limit, String condition)
            throws SQLException {
        List<List<@Nullable Object>> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT " + list(names) + " FROM main." + SqlText.name(table)
                        + " WHERE " + condition + " LIMIT " + (limit + 1L))) {
            while (row.next()) {
                List<@Nullable Object> values = new ArrayList<>(names.size());
                for (int i = 1; i <= names.size(); i++) {
                    values.add(row.getObject(i));
                }
                rows.add(values);
            }
        }
        return new TableRows(table, names, rows.size() > limit ? List.of() : rows);
    }

    /** Not every release takes the rowid by a quoted name. */
    private static String list(List<String> names) {
        return names.stream()
                .map(name -> SchemaSnapshot.ROWID_NAMES.contains(name) ? name : SqlText.name(name))
                .collect(Collectors.joining(", "));
    }

    /** Inserts the rows, but for those that are there already. */
    void insertInto(Connection connection) throws SQLException {
        if (rows.isEmpty()) {
            return;
        }
        String marks = String.join(", ", Collections.nCopies(columns.size(), "?"));
        try (PreparedStatement insert = connection.prepareStatement("INSERT OR IGNORE INTO main." + SqlText.name(table)
                + " (" + list(columns) + ") VALUES (" + marks + ")")) {
            for (List<@Nullable Object> row : rows) {
                for (int i = 0; i < row.size(); i++) {
                    insert.setObject(i + 1, row.get(i));
                }
                insert.executeUpdate();
            }
        }
    }
}
