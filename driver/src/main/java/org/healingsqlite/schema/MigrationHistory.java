package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The table {@code schema_migrations}: one row for each version that was run. One that a script of the application makes is used as it is, as
 * long as it has {@code version}, {@code description} and {@code status}.
 */
public final class MigrationHistory {
    static final String TABLE = "schema_migrations";

    /** The answer where nothing was ever migrated. */
    public static final String UNKNOWN = "unknown";

    private static final String CREATE = """
            CREATE TABLE IF NOT EXISTS schema_migrations (
              migration_id INTEGER PRIMARY KEY AUTOINCREMENT,
              version TEXT NOT NULL UNIQUE,
              description TEXT,
              applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
              status TEXT NOT NULL DEFAULT 'completed',
              checksum TEXT
            )""";

    private MigrationHistory() {}

    /** The version that was migrated last; {@link #UNKNOWN} where there is no history, which is no error. */
    public static String currentVersion(Connection connection) throws SQLException {
        if (!exists(connection)) {
            return UNKNOWN;
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT version FROM main.schema_migrations ORDER BY migration_id DESC LIMIT 1")) {
            return row.next() ? row.getString(1) : UNKNOWN;
        }
    }

    static boolean exists(Connection connection) throws SQLException {
        return SchemaSnapshot.read(connection)
                .object(SchemaObject.Type.TABLE, TABLE)
                .isPresent();
    }

    static void create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(CREATE);
        }
    }

    /** Checksums by version; the empty string where none was kept. */
    static Map<String, String> applied(Connection connection) throws SQLException {
        Map<String, String> applied = new LinkedHashMap<>();
        if (!exists(connection)) {
            return applied;
        }
        String checksum = hasChecksum(connection) ? "coalesce(checksum, '')" : "''";
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT version, " + checksum
                        + " FROM main.schema_migrations WHERE status = 'completed' ORDER BY migration_id")) {
            while (row.next()) {
                applied.put(row.getString(1), row.getString(2));
            }
        }
        return applied;
    }

    /** Records a version; one that is there already stays as it is. */
    static void record(Connection connection, Migration migration) throws SQLException {
        create(connection);
        boolean checksum = hasChecksum(connection);
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT OR IGNORE INTO main.schema_migrations (version, description, status, applied_at"
                        + (checksum ? ", checksum" : "")
                        + ") VALUES (?, ?, 'completed', strftime('%Y-%m-%d %H:%M:%f', 'now')" + (checksum ? ", ?" : "")
                        + ")")) {
            insert.setString(1, migration.version());
            insert.setString(2, migration.description());
            if (checksum) {
                insert.setString(3, migration.checksum());
            }
            insert.executeUpdate();
        }
    }

    private static boolean hasChecksum(Connection connection) throws SQLException {
        return SchemaSnapshot.read(connection).columns(TABLE).stream()
                .anyMatch(column -> column.name().equalsIgnoreCase("checksum"));
    }
}
