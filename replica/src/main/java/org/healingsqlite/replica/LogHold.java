package org.healingsqlite.replica;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Keeps others from beginning the log anew: a read transaction at a mark of it, moved on hand over hand. Readers, writers and checkpoints go on meanwhile; a checkpoint goes as far as the
 * mark. Needs no table in the database: what has to be written is a page that stays as it is.
 *
 * <p>Source: SQLite, "Write-Ahead Logging" and wal.c: a log is begun anew by a writer that finds all of it in the main file and no reader at a mark of it. Thread-safe.
 */
final class LogHold implements AutoCloseable {
    private static final Log LOG = Log.of(LogHold.class);

    /** No writer waits for this connection, and it waits for none: it asks again. */
    private static final Duration WAIT = Duration.ofMillis(5);

    private static final int BUSY = 5;

    private final Connection writer;
    private Connection holder;
    private Connection spare;

    private LogHold(Connection writer, Connection holder, Connection spare) {
        this.writer = writer;
        this.holder = holder;
        this.spare = spare;
    }

    static LogHold open(DatabaseFile file) throws SQLException {
        Connection writer = connection(file);
        try {
            Connection holder = connection(file);
            try {
                return new LogHold(writer, holder, connection(file));
            } catch (SQLException | RuntimeException e) {
                closeQuietly(holder);
                throw e;
            }
        } catch (SQLException | RuntimeException e) {
            closeQuietly(writer);
            throw e;
        }
    }

    private static Connection connection(DatabaseFile file) throws SQLException {
        Connection connection = Sqlite.open(file.main(), Access.EXISTING.waiting(WAIT));
        try {
            Sqlite.execute(connection, "PRAGMA wal_autocheckpoint=0");
            return connection;
        } catch (SQLException | RuntimeException e) {
            closeQuietly(connection);
            throw e;
        }
    }

    /** In which mode the database is, as SQLite names it, for example {@code wal}. */
    synchronized String journalMode() throws SQLException {
        return Sqlite.pragma(writer, "journal_mode");
    }

    /** A number that changes when somebody else has committed. */
    synchronized String dataVersion() throws SQLException {
        return Sqlite.pragma(writer, "data_version");
    }

    /** Writes a page that stays as it is, so that the log has a frame that is not in the main file. False where another writer is at work. */
    synchronized boolean stamp() throws SQLException {
        if (!lockWriters()) {
            return false;
        }
        writeStamp();
        return true;
    }

    /** Writes the page, and lets others write. */
    synchronized void writeStamp() throws SQLException {
        try {
            Sqlite.execute(writer, "PRAGMA user_version = " + Sqlite.pragma(writer, "user_version"));
            Sqlite.execute(writer, "COMMIT");
        } catch (SQLException e) {
            unlockWriters();
            throw e;
        }
    }

    /** Keeps others from writing until {@link #unlockWriters} or {@link #writeStamp}; false where one is at work. */
    synchronized boolean lockWriters() throws SQLException {
        try {
            Sqlite.execute(writer, "BEGIN IMMEDIATE");
            return true;
        } catch (SQLException e) {
            if ((e.getErrorCode() & 0xff) == BUSY) {
                return false;
            }
            throw e;
        }
    }

    synchronized void unlockWriters() {
        rollBack(writer);
    }

    /** Begins to hold the log. */
    synchronized void begin() throws SQLException {
        read(holder);
    }

    /** Moves on to the end of the log, without letting go of it. */
    synchronized void advance() throws SQLException {
        read(spare);
        rollBack(holder);
        Connection before = holder;
        holder = spare;
        spare = before;
    }

    /** Lets go of it. */
    synchronized void release() {
        rollBack(holder);
    }

    private static void read(Connection connection) throws SQLException {
        Sqlite.execute(connection, "BEGIN");
        try {
            Sqlite.pragma(connection, "schema_version");
        } catch (SQLException e) {
            rollBack(connection);
            throw e;
        }
    }

    private static void rollBack(Connection connection) {
        try {
            Sqlite.execute(connection, "ROLLBACK");
        } catch (SQLException inNone) {
            LOG.debug("{}", Disclosure.message(inNone));
        }
    }

    /** Brings into the main file what no reader is in the way of; whether that is all of the log. */
    synchronized boolean checkpoint() throws SQLException {
        try (Statement statement = spare.createStatement();
                ResultSet result = statement.executeQuery("PRAGMA wal_checkpoint(PASSIVE)")) {
            return result.next() && result.getInt(1) == 0 && result.getInt(2) == result.getInt(3);
        }
    }

    /** A copy of the whole database, consistent, by SQLite itself. */
    synchronized void backup(java.nio.file.Path target) throws SQLException {
        read(holder);
        try {
            Sqlite.backup(holder, target);
        } finally {
            rollBack(holder);
        }
    }

    @Override
    public synchronized void close() {
        rollBack(holder);
        rollBack(writer);
        closeQuietly(holder);
        closeQuietly(spare);
        closeQuietly(writer);
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("{}", Disclosure.message(e));
        }
    }
}
