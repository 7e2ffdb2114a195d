package org.healingsqlite.demo.scenario;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Compares a database with what its schema script makes: objects, columns, uniqueness, seeded rows. */
final class SchemaInspection {
    private static final String FACTS = """
            SELECT type || ' ' || name FROM sqlite_schema WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~'
            UNION ALL
            SELECT 'column ' || t.name || '.' || c.name || ' ' || c.type || iif(c."notnull", ' NOT NULL', '')
              || iif(c.pk, ' PRIMARY KEY', '') || coalesce(' DEFAULT ' || c.dflt_value, '')
            FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'
            UNION ALL
            SELECT 'UNIQUE on ' || t.name || ' (' || group_concat(c.name) || ')'
            FROM sqlite_schema AS t, pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c
            WHERE t.type = 'table' AND i."unique" GROUP BY t.name, i.name""";

    private SchemaInspection() {}

    /** What a database lacks; empty where it lacks nothing. */
    static List<String> findings(Connection actual, String schemaResource) throws SQLException {
        try (Connection reference = DriverManager.getConnection("jdbc:sqlite::memory:")) {
            try (Statement statement = reference.createStatement()) {
                statement.executeUpdate(Resource.text(schemaResource));
            }
            List<String> findings = new ArrayList<>(strings(reference, FACTS));
            findings.removeAll(strings(actual, FACTS));
            findings.replaceAll(fact -> "missing: " + fact);
            if (findings.isEmpty()) {
                for (String table : tables(reference)) {
                    long expected = rows(reference, table);
                    long found = rows(actual, table);
                    if (found < expected) {
                        findings.add("table " + table + ": expected " + expected + " seeded rows, found " + found);
                    }
                }
            }
            return findings;
        }
    }

    /** The rows in all tables. */
    static long rows(Connection connection) throws SQLException {
        long rows = 0;
        for (String table : tables(connection)) {
            rows += rows(connection, table);
        }
        return rows;
    }

    private static long rows(Connection connection, String table) throws SQLException {
        return Long.parseLong(
                strings(connection, "SELECT count(*) FROM \"" + table + '"').get(0));
    }

    private static List<String> tables(Connection connection) throws SQLException {
        return strings(
                connection,
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'");
    }

    private static List<String> strings(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> strings = new ArrayList<>();
            while (row.next()) {
                strings.add(row.getString(1));
            }
            return strings;
        }
    }
}
