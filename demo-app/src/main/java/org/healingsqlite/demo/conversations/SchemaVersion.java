package org.healingsqlite.demo.conversations;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The application's own migration: it looks for a version, and where there is none it runs the script and records it. */
final class SchemaVersion {
    static final String UNKNOWN = "unknown";

    private static final String HISTORY = """
            CREATE TABLE IF NOT EXISTS schema_migrations (
              migration_id INTEGER PRIMARY KEY AUTOINCREMENT,
              version TEXT NOT NULL UNIQUE,
              description TEXT,
              applied_at TEXT NOT NULL,
              status TEXT NOT NULL
            )""";

    private SchemaVersion() {}

    /** The version that was recorded last; {@link #UNKNOWN} where there is no history. */
    static String read(Connection connection) throws SQLException {
        String tables = first(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migrations'");
        return tables.equals("0")
                ? UNKNOWN
                : first(connection, "SELECT version FROM schema_migrations ORDER BY migration_id DESC LIMIT 1");
    }

    private static String first(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.next() ? row.getString(1) : UNKNOWN;
        }
    }

    /** Runs the script of the first version and records it, as if nobody else could be doing so. */
    static void initialise(Connection connection, String script) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(script);
            statement.executeUpdate(HISTORY);
            statement.executeUpdate("""
                    INSERT INTO schema_migrations (version, description, applied_at, status)
                    VALUES ('001', 'file metadata', CURRENT_TIMESTAMP, 'completed')""");
        }
    }
}
