package org.healingsqlite.demo.conversations;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.demo.report.Calls;
import org.jspecify.annotations.Nullable;

/**
 * The application: it writes on a connection that it holds from its first call on, and lists files on new ones. Before its first call it touches no
 * file. For one thread.
 */
public final class ConversationsApplication implements AutoCloseable {
    private static final String CONVERSATION = "conversation-1";
    private static final String SESSION = "session-1";
    private static final String OBJECTS = "8 index, 5 table, 3 trigger, 3 view";

    private final String url;
    private final String script;
    private final Calls calls;
    private @Nullable Connection held;
    private String versionSeen = SchemaVersion.UNKNOWN;

    /**
     * The application, not started.
     *
     * @param script makes version 001 of the schema
     */
    public ConversationsApplication(String url, String script, Calls calls) {
        this.url = url;
        this.script = script;
        this.calls = calls;
    }

    private Connection held() throws SQLException {
        Connection connection = held;
        if (connection == null) {
            connection = VerifiedConnection.open(url);
            held = connection;
        }
        return connection;
    }

    // ---- Start

    /** Looks which version the schema has; the first thing it does. */
    public String look() throws SQLException {
        return calls.count(() -> {
            versionSeen = SchemaVersion.read(held());
            return versionSeen;
        });
    }

    /** Initialises the schema where {@link #look} has seen none, and gives the version there is then. */
    public String initialise() throws SQLException {
        return calls.count(() -> {
            if (versionSeen.equals(SchemaVersion.UNKNOWN)) {
                SchemaVersion.initialise(held(), script);
            }
            return SchemaVersion.read(held());
        });
    }

    /** Both, one after the other: what a start is while nobody else starts. */
    public String start() throws SQLException {
        look();
        return initialise();
    }

    // ---- Files

    /** Adds a file to the conversation; a trigger logs it. */
    public String upload(String fileName) throws SQLException {
        return change(
                "INSERT INTO conversation_files (conversation_id, file_name, size_bytes) VALUES (?, ?, length(?2))",
                CONVERSATION,
                fileName);
    }

    /** Attaches a file to the session. */
    public String attach(String fileName) throws SQLException {
        return change(
                "INSERT INTO session_file_associations (session_id, file_id) SELECT ?, file_id FROM conversation_files WHERE file_name = ?",
                SESSION,
                fileName);
    }

    /** Deletes a file softly; triggers stamp it and schedule its cleanup. */
    public String delete(String fileName) throws SQLException {
        return change(
                "UPDATE conversation_files SET status = 'DELETED' WHERE conversation_id = ? AND file_name = ?",
                CONVERSATION,
                fileName);
    }

    private String change(String sql, String... parameters) throws SQLException {
        return calls.count(() -> {
            try (PreparedStatement statement = held().prepareStatement(sql)) {
                bind(statement, parameters);
                return statement.executeUpdate() + " row";
            }
        });
    }

    /** The names of the conversation's active files, read through a view on a new connection. */
    public List<String> activeFiles() throws SQLException {
        return calls.count(() -> {
            try (Connection reader = VerifiedConnection.open(url)) {
                return names(
                        reader,
                        "SELECT file_name FROM active_files WHERE conversation_id = ? ORDER BY file_id",
                        CONVERSATION);
            }
        });
    }

    /** The names of the session's files, read through a view on the connection that is held. */
    public List<String> sessionFiles() throws SQLException {
        return calls.count(() ->
                names(held(), "SELECT file_name FROM session_files WHERE session_id = ? ORDER BY file_id", SESSION));
    }

    private static List<String> names(Connection connection, String query, String parameter) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            bind(statement, parameter);
            try (ResultSet row = statement.executeQuery()) {
                List<String> names = new ArrayList<>();
                while (row.next()) {
                    names.add(row.getString(1));
                }
                return names;
            }
        }
    }

    private static void bind(PreparedStatement statement, String... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            statement.setString(i + 1, parameters[i]);
        }
    }

    // ---- Integrity

    /** Checks that every object of the schema is there, as a careful application does when it starts. */
    public String verify() throws SQLException {
        return calls.count(() -> {
            try (Connection reader = VerifiedConnection.open(url);
                    PreparedStatement count = reader.prepareStatement("""
                            SELECT group_concat(number || ' ' || type, ', ') FROM (
                              SELECT type, count(*) AS number FROM sqlite_schema
                              WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~' AND name <> 'schema_migrations' GROUP BY type ORDER BY type)""");
                    ResultSet row = count.executeQuery()) {
                String found = row.getString(1);
                if (!OBJECTS.equals(found)) {
                    throw new SQLException("expected " + OBJECTS + ", found " + found);
                }
                return found;
            }
        });
    }

    /** Whether the connection that is held enforces foreign keys: SQLite says so, and refuses a row of a file that is not there. */
    public String foreignKeys() throws SQLException {
        return calls.count(() -> {
            if (!VerifiedConnection.enforcesForeignKeys(held())) {
                throw new SQLException("Foreign keys are not enabled");
            }
            try (PreparedStatement orphan = held().prepareStatement(
                            "INSERT INTO file_metadata (file_id, name, value) VALUES (-1, 'orphan', '')")) {
                orphan.executeUpdate();
            } catch (SQLException e) {
                if (String.valueOf(e.getMessage()).contains("FOREIGN KEY constraint failed")) {
                    return "on, an orphan is refused";
                }
                throw e;
            }
            throw new SQLException("Foreign keys are not enforced: an orphan was accepted");
        });
    }

    @Override
    public void close() throws SQLException {
        if (held != null) {
            held.close();
        }
    }
}
