package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.AttachedDatabase;
import org.healingsqlite.sqlite.Sqlite;

/**
 * What an application has set on a connection and a new physical connection does not have by itself: JDBC's settings, the PRAGMAs that belong to
 * a connection, attached databases.
 */
public record SessionState(
        boolean autoCommit,
        int isolation,
        boolean readOnly,
        Map<String, Class<?>> typeMap,
        Map<String, String> pragmas,
        List<AttachedDatabase> attached) {

    private static final Log LOG = Log.of(SessionState.class);

    /** PRAGMAs that live in the connection, can be read back and can be set. */
    private static final List<String> CONNECTION_PRAGMAS = List.of(
            "analysis_limit",
            "automatic_index",
            "busy_timeout",
            "cache_size",
            "cache_spill",
            "cell_size_check",
            "checkpoint_fullfsync",
            "foreign_keys",
            "fullfsync",
            "ignore_check_constraints",
            "journal_size_limit",
            "legacy_alter_table",
            "locking_mode",
            "max_page_count",
            "mmap_size",
            "query_only",
            "read_uncommitted",
            "recursive_triggers",
            "reverse_unordered_selects",
            "secure_delete",
            "synchronous",
            "temp_store",
            "trusted_schema",
            "wal_autocheckpoint");

    /** Reads everything back. */
    public static SessionState of(Connection connection) throws SQLException {
        return Sqlite.whileReading(connection, () -> read(connection));
    }

    private static SessionState read(Connection connection) throws SQLException {
        Map<String, String> pragmas = new LinkedHashMap<>();
        for (String name : CONNECTION_PRAGMAS) {
            try {
                pragmas.put(name, Sqlite.pragma(connection, name));
            } catch (SQLException e) {
                if (!(Fault.of(e) instanceof Fault.Corruption)) {
                    throw e;
                }
                // Some need the schema, and that cannot be read any more.
                LOG.warn("PRAGMA {} cannot be read from the lost connection; the new one has its default", name);
            }
        }
        return new SessionState(
                connection.getAutoCommit(),
                connection.getTransactionIsolation(),
                connection.isReadOnly(),
                connection.getTypeMap(),
                pragmas,
                AttachedDatabase.to(connection));
    }

    /** The same outside of a transaction. */
    public SessionState inAutoCommit() {
        return new SessionState(true, isolation, readOnly, typeMap, pragmas, attached);
    }

    /** Sets what differs. {@code connection} is a new one, in autocommit. */
    public void applyTo(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (AttachedDatabase database : attached) {
                attach(database, connection);
            }
            for (Map.Entry<String, String> pragma : pragmas.entrySet()) {
                String wanted = pragma.getValue();
                if (!wanted.isEmpty() && !wanted.equals(Sqlite.pragma(connection, pragma.getKey()))) {
                    statement.execute("PRAGMA " + pragma.getKey() + " = " + wanted);
                }
            }
        }
        if (connection.getTransactionIsolation() != isolation) {
            connection.setTransactionIsolation(isolation);
        }
        if (connection.isReadOnly() != readOnly) {
            connection.setReadOnly(readOnly);
        }
        connection.setTypeMap(typeMap);
        connection.setAutoCommit(autoCommit);
    }

    /** What cannot be attached any more says nothing of the database itself, which is not to be without its connection for that. */
    private static void attach(AttachedDatabase database, Connection connection) throws SQLException {
        try {
            database.attachTo(connection);
        } catch (SQLException e) {
            if (Fault.of(e) instanceof Fault.Unavailable unavailable
                    && unavailable.kind() != Fault.Unavailable.Kind.CANNOT_OPEN) {
                throw e;
            }
            LOG.error(
                    "{} is not attached as {} any more: {}. Statements that name it fail until it is attached again",
                    database.file(),
                    database.name(),
                    Disclosure.message(e));
        }
    }
}
