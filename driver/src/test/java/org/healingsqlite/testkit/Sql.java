package org.healingsqlite.testkit;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Short words for what tests say to a database. */
public final class Sql {
    private Sql() {}

    /** Runs statements one by one. */
    public static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Runs statements on a plain connection of their own: as somebody else would, behind the healer's back. */
    public static void runElsewhere(java.nio.file.Path database, String... statements) throws SQLException {
        try (Connection connection = elsewhere(database)) {
            run(connection, statements);
        }
    }

    /** What a query gives on a plain connection of its own. */
    public static List<List<Object>> rowsElsewhere(java.nio.file.Path database, String sql) throws SQLException {
        try (Connection connection = elsewhere(database)) {
            return rows(connection, sql);
        }
    }

    /** Somebody else's connection; also where the agent is there, which takes it for one of its own. */
    private static Connection elsewhere(java.nio.file.Path database) throws SQLException {
        java.util.Properties properties = new java.util.Properties();
        properties.setProperty("healing.inner", "true");
        return DriverManager.getConnection("jdbc:sqlite:" + database, properties);
    }

    /** All rows of a query. */
    public static List<List<Object>> rows(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet results = statement.executeQuery()) {
                return rows(results);
            }
        }
    }

    /** All rows that are left. */
    public static List<List<Object>> rows(ResultSet results) throws SQLException {
        List<List<Object>> rows = new ArrayList<>();
        int columns = results.getMetaData().getColumnCount();
        while (results.next()) {
            List<Object> row = new ArrayList<>();
            for (int i = 1; i <= columns; i++) {
                row.add(results.getObject(i));
            }
            rows.add(row);
        }
        return rows;
    }

    /** The rows as maps from column to value. */
    public static List<Map<String, Object>> maps(Connection connection, String sql, Object... parameters)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet results = statement.executeQuery()) {
                List<Map<String, Object>> rows = new ArrayList<>();
                while (results.next()) {
                    Map<String, Object> row = new LinkedHashMap<>();
                    for (int i = 1; i <= results.getMetaData().getColumnCount(); i++) {
                        row.put(results.getMetaData().getColumnLabel(i), results.getObject(i));
                    }
                    rows.add(row);
                }
                return rows;
            }
        }
    }

    /** The one value of a query. */
    public static Object value(Connection connection, String sql, Object... parameters) throws SQLException {
        List<List<Object>> rows = rows(connection, sql, parameters);
        if (rows.size() != 1) {
            throw new AssertionError(sql + ": expected one row, found " + rows.size());
        }
        return rows.get(0).get(0);
    }

    /** The names in {@code sqlite_schema} of one type, in order. */
    public static List<String> names(Connection connection, String type) throws SQLException {
        return rows(
                        connection,
                        "SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite%' ORDER BY name",
                        type)
                .stream()
                .map(row -> (String) row.get(0))
                .toList();
    }
}
