package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.healingsqlite.api.Internal;

/**
 * The table {@code schema_migrations}: one row for each version that was run. One that a script of the application makes is used as it is, as
 * long as it has {@code version} and {@code status}.
 */
@Internal
public final class MigrationHistory {
    static final String TABLE = "schema_migrations";

    /** The answer where nothing was ever migrated. */
    public static final String UNKNOWN = "unknown";

    private static final String NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')";

    private static final String CREATE = """
            CREATE TABLE IF NOT EXISTS main.schema_migrations (
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
        Set<String> columns = columns(connection);
        if (!columns.contains("version")) {
            return UNKNOWN;
        }
        String order = columns.contains("migration_id") ? "migration_id" : "rowid";
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT version FROM main.schema_migrations ORDER BY " + order + " DESC LIMIT 1")) {
            return row.next() ? row.getString(1) : UNKNOWN;
        }
    }

    static boolean exists(Connection connection) throws SQLException {
        return !columns(connection).isEmpty();
    }

    private static Set<String> columns(Connection connection) throws SQLException {
        Set<String> columns = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(PragmaStatement.of("table_info", "schema_migrations"))) {
            while (row.next()) {
                columns.add(SchemaObject.key(row.getString("name")));
            }
        }
        return columns;
    }

    static void create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(CREATE);
        }
    }

    /**
     * A row of the history.
     *
     * @param version as it stands there
     * @param checksum the empty string where none was kept
     */
    record Applied(String version, String checksum) {}

    /**
     * The completed versions, by {@link Migration#key}.
     *
     * @throws SchemaException where the table is somebody else's
     */
    static Map<String, Applied> applied(Connection connection) throws SQLException {
        Map<String, Applied> applied = new LinkedHashMap<>();
        Set<String> columns = columns(connection);
        if (columns.isEmpty()) {
            return applied;
        }
        demandVersionAndStatus(columns);
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT version, "
                        + (columns.contains("checksum") ? "coalesce(checksum, '')" : "''")
                        + " FROM main.schema_migrations WHERE status = 'completed'")) {
            while (row.next()) {
                String version = row.getString(1);
                applied.put(Migration.normal(version), new Applied(version, row.getString(2)));
            }
        }
        return applied;
    }

    private static void demandVersionAndStatus(Set<String> columns) throws SchemaException {
        if (!columns.contains("version") || !columns.contains("status")) {
            throw new SchemaException(
                    "The table schema_migrations has the columns " + new TreeSet<>(columns)
                            + " and belongs to another migration tool: expected version and status",
                    null);
        }
    }

    /** Records a version as completed; one that is recorded so already stays as it is. */
    static void record(Connection connection, Migration migration) throws SQLException {
        create(connection);
        Set<String> columns = columns(connection);
        demandVersionAndStatus(columns);
        String filled = Stream.of("version", "description", "checksum", "status", "applied_at")
                .filter(columns::contains)
                .collect(Collectors.joining(", "));
        try (PreparedStatement insert = connection.prepareStatement("INSERT OR IGNORE INTO main.schema_migrations ("
                        + filled + ") SELECT " + filled
                        + " FROM (SELECT ? AS version, ? AS description, ? AS checksum, 'completed' AS status, " + NOW
                        + " AS applied_at)");
                PreparedStatement update = connection.prepareStatement(
                        "UPDATE main.schema_migrations SET status = 'completed' WHERE version = ? AND status <> 'completed'")) {
            insert.setString(1, migration.version());
            insert.setString(2, migration.description());
            insert.setString(3, migration.checksum());
            insert.executeUpdate();
            update.setString(1, migration.version());
            update.executeUpdate();
        }
    }

    /** Takes a version out of the history. */
    static void forget(Connection connection, String version) throws SQLException {
        try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM main.schema_migrations WHERE version = ?")) {
            delete.setString(1, version);
            delete.executeUpdate();
        }
    }
}
