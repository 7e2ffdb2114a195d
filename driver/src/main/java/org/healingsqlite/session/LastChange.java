package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.Sqlite;

/**
 * What a connection's last insert and last change were, for the native handle that comes after: the application may ask for them in a statement of
 * its own.
 *
 * @param rowid of the last row inserted; 0 where none was
 * @param rows changed by the last statement that changed any
 */
record LastChange(long rowid, long rows) {
    private static final Log LOG = Log.of(LastChange.class);

    /** Beyond this it would take too long to bring about. */
    private static final long MOST_ROWS = 1_000_000;

    private static final LastChange NONE = new LastChange(0, 0);

    /** Asks a connection, which may be to a damaged file. */
    static LastChange of(Connection connection) {
        try {
            return Sqlite.unnoticed(connection, () -> read(connection));
        } catch (SQLException e) {
            LOG.debug("The last insert and change are not known: {}", Disclosure.message(e));
            return NONE;
        }
    }

    private static LastChange read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT last_insert_rowid(), changes()")) {
            return row.next() ? new LastChange(row.getLong(1), row.getLong(2)) : NONE;
        }
    }

    /**
     * Brings it about, by inserting as many rows into a database in memory. Only what the application learns by asking depends on that, so it is no reason not
     * to go on where it fails.
     *
     * @param fresh in no transaction
     */
    void applyTo(Connection fresh) {
        if (rowid == 0 && rows == 0) {
            return;
        }
        long inserted = Math.max(1, Math.min(rows, MOST_ROWS));
        long first = rowid < Long.MIN_VALUE + inserted ? rowid : rowid - inserted + 1;
        try {
            Sqlite.execute(fresh, "ATTACH ':memory:' AS healing_changes");
            try {
                Sqlite.execute(fresh, "CREATE TABLE healing_changes.c (i INTEGER PRIMARY KEY)");
                Sqlite.execute(
                        fresh,
                        "INSERT INTO healing_changes.c WITH RECURSIVE n(i) AS (VALUES (" + first
                                + ") UNION ALL SELECT i + 1 FROM n WHERE i < " + rowid + ") SELECT i FROM n");
                if (rows == 0) {
                    Sqlite.execute(fresh, "DELETE FROM healing_changes.c WHERE FALSE");
                }
            } finally {
                Sqlite.execute(fresh, "DETACH healing_changes");
            }
        } catch (SQLException e) {
            LOG.debug("The last insert and change are not known to the new connection: {}", Disclosure.message(e));
        }
    }
}
