package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rows of one table that come back with it: what a registered script seeds, or what a migration tool remembers of itself.
 *
 * @param columns the columns that can be inserted
 * @param rows values as sqlite-jdbc gives them, one storage class each
 */
public record TableRows(String table, List<String> columns, List<List<@Nullable Object>> rows) {

    /**
     * Reads a table.
     *
     * @param limit the most rows to take
     * @return the rows; none at all where the table has more than {@code limit}
     */
    static TableRows read(Connection connection, SchemaObject table, List<SchemaSnapshot.Column> columns, int limit)
            throws SQLException {
        List<String> names = columns.stream()
                .filter(column -> !column.generated())
                .map(SchemaSnapshot.Column::name)
                .toList();
        List<List<@Nullable Object>> rows = new ArrayList<>();
        String list = names.stream().map(SqlText::name).collect(Collectors.joining(", "));
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT " + list + " FROM main." + SqlText.name(table.name()) + " LIMIT " + (limit + 1L))) {
            while (row.next()) {
                List<@Nullable Object> values = new ArrayList<>(names.size());
                for (int i = 1; i <= names.size(); i++) {
                    values.add(row.getObject(i));
                }
                rows.add(values);
            }
        }
        return new TableRows(table.name(), names, rows.size() > limit ? List.of() : rows);
    }

    /** Inserts the rows, but for those that are there already. */
    void insertInto(Connection connection) throws SQLException {
        if (rows.isEmpty()) {
            return;
        }
        String list = columns.stream().map(SqlText::name).collect(Collectors.joining(", "));
        String marks = Stream.generate(() -> "?").limit(columns.size()).collect(Collectors.joining(", "));
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT OR IGNORE INTO main." + SqlText.name(table) + " (" + list + ") VALUES (" + marks + ")")) {
            for (List<@Nullable Object> row : rows) {
                for (int i = 0; i < row.size(); i++) {
                    insert.setObject(i + 1, row.get(i));
                }
                insert.executeUpdate();
            }
        }
    }
}
