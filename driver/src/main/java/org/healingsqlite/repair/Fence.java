package org.healingsqlite.repair;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Keeps everybody from writing to the file at the path while a lost file of the same name is read through a connection that still holds it. SQLite
 * finds a journal by the name of its database: such a read would take the new file's journal for its own, roll it back into the lost file, and
 * delete it.
 *
 * <p>It is a write transaction that writes nothing, so there is no journal as long as it lasts.
 */
public final class Fence implements AutoCloseable {
    /** Source: SQLite documentation, "Result and Error Codes" (5). */
    static final int SQLITE_BUSY = 5;

    private static final long PAUSE_NANOS = 500_000;

    private final Connection connection;

    private Fence(Connection connection) {
        this.connection = connection;
    }

    /**
     * Takes the write lock of the file at the path.
     *
     * @param wait the longest wait for somebody else's write transaction
     * @throws SQLException sqlite-jdbc's own, for example where there is no file, or the lock cannot be had in time
     */
    public static Fence hold(DatabaseFile file, Duration wait) throws SQLException {
        return hold(file, wait, Fence::begin);
    }

    /**
     * As {@link #hold}, and the log beside the file stays empty as long as it is held. In the rollback-journal modes SQLite looks for a log, by the name of
     * its database, each time it begins to read: it would take that of the new file for the lost one's, read it and write to it.
     *
     * @param wait the longest wait for somebody else's write transaction, and for readers of the log
     * @throws SQLException also where the log cannot be emptied in time
     */
    public static Fence holdWithEmptyLog(DatabaseFile file, Duration wait) throws SQLException {
        return hold(file, wait, statement -> beginWithEmptyLog(file, statement));
    }

    private static Fence hold(DatabaseFile file, Duration wait, Beginning beginning) throws SQLException {
        Connection connection = Sqlite.open(file.main(), Access.EXISTING);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 0");
            begin(statement, beginning, System.nanoTime() + wait.toNanos());
            return new Fence(connection);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    @FunctionalInterface
    private interface Beginning {
        void of(Statement statement) throws SQLException;
    }

    private static void begin(Statement statement) throws SQLException {
        statement.execute("BEGIN IMMEDIATE");
    }

    private static void beginWithEmptyLog(DatabaseFile file, Statement statement) throws SQLException {
        if (file.isLogEmpty()) {
            begin(statement);
            if (file.isLogEmpty()) {
                return;
            }
            statement.execute("ROLLBACK");
        }
        statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        throw new SQLException("the log of " + file.main() + " is in use", "HYT00", SQLITE_BUSY);
    }

    /** Asks more often than SQLite's busy handler does: against writers that never rest, that one would wait for ever. */
    private static void begin(Statement statement, Beginning beginning, long deadlineNanos) throws SQLException {
        while (true) {
            try {
                beginning.of(statement);
                return;
            } catch (SQLException busy) {
                if (busy.getErrorCode() != SQLITE_BUSY || System.nanoTime() - deadlineNanos >= 0) {
                    throw busy;
                }
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** Lets writers through again. */
    @Override
    public void close() throws SQLException {
        try (connection;
                Statement statement = connection.createStatement()) {
            statement.execute("ROLLBACK");
        }
    }
}
