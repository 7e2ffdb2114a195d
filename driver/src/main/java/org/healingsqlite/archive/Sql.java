package org.healingsqlite.archive;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.schema.PragmaStatement;
import org.jspecify.annotations.Nullable;

/** Names and values in SQL. */
final class Sql {
    private Sql() {}

    static String name(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    static String text(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            String text = row.next() ? row.getString(1) : null;
            return text == null ? "" : text;
        }
    }

    /** The file of {@code main}; empty where it has none. */
    static Optional<Path> file(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(PragmaStatement.of("database_list"))) {
            while (row.next()) {
                if (row.getInt("seq") == 0) {
                    String file = row.getString("file");
                    return file == null || file.isEmpty() ? Optional.empty() : Optional.of(Path.of(file));
                }
            }
            return Optional.empty();
        }
    }

    /** How many rows a query has. */
    static long rows(Connection connection, String sql) throws SQLException {
        long rows = 0;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                rows++;
            }
        }
        return rows;
    }

    /** The place of a value: text that is not valid stays bytes until SQLite has it. */
    static String place(int parameter, @Nullable Object value) {
        return value instanceof RawText ? "CAST(?" + parameter + " AS TEXT)" : "?" + parameter;
    }

    static void bind(PreparedStatement statement, int parameter, @Nullable Object value) throws SQLException {
        if (value == null) {
            statement.setNull(parameter, Types.NULL);
        } else if (value instanceof String text) {
            statement.setString(parameter, text);
        } else if (value instanceof Long number) {
            statement.setLong(parameter, number);
        } else if (value instanceof Double number) {
            statement.setDouble(parameter, number);
        } else if (value instanceof byte[] bytes) {
            statement.setBytes(parameter, bytes);
        } else if (value instanceof RawText text) {
            statement.setBytes(parameter, text.bytes());
        } else {
            throw new IllegalArgumentException("no value of SQLite: " + value.getClass());
        }
    }

    static void bindAll(PreparedStatement statement, List<@Nullable Object> values) throws SQLException {
        for (int i = 0; i < values.size(); i++) {
            bind(statement, i + 1, values.get(i));
        }
    }

    /** Whether an exception says that a row breaks a constraint or has a value its column cannot hold: CONSTRAINT, MISMATCH, TOOBIG. */
    static boolean refusesRow(SQLException e) {
        return e.getErrorCode() == 19 || e.getErrorCode() == 20 || e.getErrorCode() == 18;
    }
}
