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
            SELECT iif(type = 'table', '', tbl_name), type || ' ' || name FROM sqlite_schema WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~'
            UNION ALL
            SELECT t.name, 'column ' || t.name || '.' || c.name || ' ' || c.type || iif(c."notnull", ' NOT NULL', '')
              || iif(c.pk, ' PRIMARY KEY', '') || coalesce(' DEFAULT ' || c.dflt_value, '')
            FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'
            UNION ALL
            SELECT t.name, 'UNIQUE on ' || t.name || ' (' || group_concat(c.name) || ')'
            FROM sqlite_schema AS t, pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c
            WHERE t.type = 'table' AND i."unique" GROUP BY t.name, i.name""";

    private SchemaInspection() {}

    /**
     * Something true of a schema.
     *
     * @param table the table it is about; empty where it is that the table exists
     */
    private record Fact(String table, String text) {}

    /** What a database lacks; empty where it lacks nothing. */
    static List<String> findings(Connection actual, String schemaResource) throws SQLException {
        try (Connection reference = DriverManager.getConnection("jdbc:sqlite::memory:")) {
            try (Statement statement = reference.createStatement()) {
                statement.executeUpdate(Resource.text(schemaResource));
            }
            List<String> present = tables(actual);
            List<Fact> missing = facts(reference);
            missing.removeAll(facts(actual));
            List<String> findings = new ArrayList<>();
            for (Fact fact : missing) {
                if (fact.table().isEmpty() || present.contains(fact.table())) {
                    findings.add("missing: " + fact.text());
                }
            }
            for (String table : tables(reference)) {
                long expected = rows(reference, table);
                if (present.contains(table) && rows(actual, table) < expected) {
                    findings.add(
                            "table " + table + ": expected " + expected + " seeded rows, found " + rows(actual, table));
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
        try (Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM \"" + table + '"')) {
            return count.getLong(1);
        }
    }

    private static List<String> tables(Connection connection) throws SQLException {
        return facts(connection).stream()
                .filter(fact -> fact.text().startsWith("table "))
                .map(fact -> fact.text().substring("table ".length()))
                .toList();
    }

    private static List<Fact> facts(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(FACTS)) {
            List<Fact> facts = new ArrayList<>();
            while (row.next()) {
                facts.add(new Fact(row.getString(1), row.getString(2)));
            }
            return facts;
        }
    }
}
