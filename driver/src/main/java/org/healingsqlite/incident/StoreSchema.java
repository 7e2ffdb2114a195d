package org.healingsqlite.incident;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.healingsqlite.log.Disclosed;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.schema.PragmaStatement;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * The form of {@code incidents.db}: makes it, brings an older one to it, and believes no other. Its version is the file's {@code user_version}; files of
 * releases before there was one have 0.
 */
final class StoreSchema {
    private static final Log LOG = Log.of(StoreSchema.class);

    /** Raised where a release that does not know it would misread or harm what is there. */
    static final int VERSION = 2;

    private static final String TABLE = """
            CREATE TABLE IF NOT EXISTS incidents (
              id TEXT PRIMARY KEY,
              started_at TEXT NOT NULL,
              elapsed_ms INTEGER NOT NULL,
              process INTEGER NOT NULL,
              database TEXT NOT NULL,
              fault TEXT NOT NULL,
              diagnosis TEXT NOT NULL,
              steps TEXT NOT NULL,
              outcome TEXT NOT NULL CHECK (outcome IN ('healed', 'healthy', 'refused', 'gave-up')),
              explanation TEXT NOT NULL,
              rows_lost INTEGER NOT NULL,
              loss TEXT NOT NULL
            ) WITHOUT ROWID""";

    /** What later releases have added, in order; an older store gets them where it is written to. */
    private static final List<String> LATER_COLUMNS = List.of(
            "rows_lost_at_most INTEGER",
            "content TEXT",
            "severity TEXT NOT NULL DEFAULT 'LOW' CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL'))",
            "component TEXT NOT NULL DEFAULT 'unknown'",
            "occurrences INTEGER NOT NULL DEFAULT 1",
            "last_at TEXT",
            "repeats TEXT",
            "error_type TEXT",
            "stack_trace TEXT",
            "job_id TEXT",
            "job_name TEXT",
            "resolved INTEGER NOT NULL DEFAULT 0 CHECK (resolved IN (0, 1, 2))",
            "resolved_at TEXT",
            "note TEXT");

    /** What a reader finds who knows the twelve columns of an event store, in SQL alone. */
    private static final String VIEW = "CREATE VIEW error_events AS SELECT id, started_at AS timestamp, severity,"
            + " component, coalesce(error_type, outcome) AS error_type, fault AS message,"
            + " diagnosis || char(10) || steps || char(10) || explanation AS details, job_id, job_name,"
            + " coalesce(stack_trace, CASE WHEN instr(steps, 'thrown at ') > 0"
            + " THEN substr(steps, instr(steps, 'thrown at ')) END) AS stack_trace,"
            + " min(resolved, 1) AS resolved, resolved_at FROM incidents";

    private static final Map<String, String> INDEXES = Map.of(
            "idx_error_timestamp", "CREATE INDEX idx_error_timestamp ON incidents (started_at, occurrences)",
            "idx_error_severity", "CREATE INDEX idx_error_severity ON incidents (severity, resolved, occurrences)",
            "idx_error_component", "CREATE INDEX idx_error_component ON incidents (component)",
            "idx_error_job_id", "CREATE INDEX idx_error_job_id ON incidents (job_id)",
            "idx_error_resolved", "CREATE INDEX idx_error_resolved ON incidents (resolved)",
            "idx_loss", "CREATE INDEX idx_loss ON incidents (started_at, elapsed_ms) WHERE rows_lost <> 0");

    private StoreSchema() {}

    /** What is in the store is not what this library writes there. */
    static final class ForeignStoreException extends SQLException implements Disclosed {
        private static final long serialVersionUID = 1L;

        ForeignStoreException(String message) {
            super(message);
        }
    }

    /** The store is a newer release's: it is left as it is. */
    static final class NewerStoreException extends SQLException implements Disclosed {
        private static final long serialVersionUID = 1L;

        NewerStoreException(String message) {
            super(message);
        }
    }

    /**
     * Looks whether every object of the store is this library's own, by its exact text: a view or a trigger that somebody else put there, or a table of a
     * module's, would run code of theirs where the store is read or written. The table's own text depends on which release began it.
     *
     * @throws ForeignStoreException where there is anything else
     * @throws NewerStoreException where a newer release has written it
     */
    static void vet(Connection connection, String file) throws SQLException {
        Sqlite.execute(connection, "PRAGMA trusted_schema = OFF");
        try (Statement statement = connection.createStatement()) {
            try (ResultSet object = statement.executeQuery("SELECT type, name, tbl_name, sql FROM sqlite_schema")) {
                while (object.next()) {
                    String type = String.valueOf(object.getString(1));
                    if (!isOurs(
                            type,
                            String.valueOf(object.getString(2)),
                            String.valueOf(object.getString(3)),
                            object.getString(4))) {
                        throw new ForeignStoreException(file
                                + ": expected the table incidents, its indexes and the view error_events, found another "
                                + (List.of("table", "index", "view", "trigger").contains(type)
                                        ? type
                                        : "row of another kind"));
                    }
                }
            }
            int version = version(statement);
            if (version > VERSION) {
                throw new NewerStoreException(file + ": is of a newer release: its version is " + version
                        + ", this release knows " + VERSION);
            }
        }
    }

    /** The text of an index that SQLite makes itself is null. */
    private static boolean isOurs(String type, String name, String table, @Nullable String sql) {
        return switch (type) {
            case "table" ->
                name.equals("incidents")
                        && sql != null
                        && sql.toUpperCase(Locale.ROOT).startsWith("CREATE TABLE ");
            case "index" -> table.equals("incidents") && (sql == null || sql.equals(INDEXES.get(name)));
            case "view" -> VIEW.equals(sql);
            default -> false;
        };
    }

    /** Whether it has the form of this version. */
    static boolean isCurrent(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return version(statement) == VERSION;
        }
    }

    private static int version(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA user_version")) {
            return row.next() ? row.getInt(1) : 0;
        }
    }

    /** Makes the store, or brings it to this version, in one transaction: whoever comes meanwhile finds one or the other. */
    static void bring(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (version(statement) == VERSION) {
                return;
            }
            // Readers and the writer do not wait for each other. Where the file system cannot do it, SQLite stays as it
            // is.
            try {
                statement.execute("PRAGMA journal_mode = WAL");
            } catch (SQLException othersUseIt) {
                LOG.debug("The log of incidents keeps its journal: {}", Disclosure.message(othersUseIt));
            }
            statement.execute("BEGIN IMMEDIATE");
            try {
                if (version(statement) < VERSION) {
                    change(connection, statement);
                }
                statement.execute("COMMIT");
            } catch (SQLException e) {
                rollBack(statement, e);
                throw e;
            }
        }
    }

    private static void rollBack(Statement statement, SQLException because) {
        try {
            statement.execute("ROLLBACK");
        } catch (SQLException alreadyRolledBack) {
            because.addSuppressed(alreadyRolledBack);
        }
    }

    private static void change(Connection connection, Statement statement) throws SQLException {
        statement.execute(TABLE);
        List<String> there = columns(statement);
        boolean hasOlderRows = !there.contains("severity");
        for (String later : LATER_COLUMNS) {
            if (!there.contains(later.substring(0, later.indexOf(' ')))) {
                statement.execute("ALTER TABLE incidents ADD COLUMN " + later);
            }
        }
        if (hasOlderRows) {
            judge(connection);
        }
        for (String index : INDEXES.values()) {
            statement.execute(index.replace("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS "));
        }
        statement.execute(VIEW.replace("CREATE VIEW ", "CREATE VIEW IF NOT EXISTS "));
        statement.execute("PRAGMA user_version = " + VERSION);
    }

    static List<String> columns(Statement statement) throws SQLException {
        List<String> there = new ArrayList<>();
        try (ResultSet column = statement.executeQuery(PragmaStatement.of("table_info", "incidents"))) {
            while (column.next()) {
                there.add(column.getString("name"));
            }
        }
        return there;
    }

    /** Incidents of releases that knew no severity get theirs by the rule of today, and moments that sort. */
    private static void judge(Connection connection) throws SQLException {
        try (PreparedStatement all = connection.prepareStatement("SELECT * FROM incidents");
                ResultSet row = all.executeQuery();
                PreparedStatement update = connection.prepareStatement(
                        "UPDATE incidents SET started_at = ?, last_at = ?, severity = ?, resolved = ?, resolved_at = ?, note = ? WHERE id = ?")) {
            while (row.next()) {
                Incident incident = IncidentRows.entry(row, false).incident();
                Resolution resolution = Resolution.ofItself(incident).orElse(null);
                update.setString(1, IncidentRows.moment(incident.startedAt()));
                update.setString(2, IncidentRows.moment(incident.startedAt()));
                update.setString(3, incident.severity().name());
                update.setInt(4, IncidentRows.number(resolution));
                update.setString(5, resolution == null ? null : IncidentRows.moment(resolution.at()));
                update.setString(6, resolution == null ? null : resolution.note());
                update.setString(7, incident.id());
                update.addBatch();
            }
            update.executeBatch();
        }
    }
}
