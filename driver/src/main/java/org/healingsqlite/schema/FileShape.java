package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.healingsqlite.api.Internal;

/** PRAGMAs that change the file as a whole: journal mode, page size, encoding, auto-vacuum. */
@Internal
public final class FileShape {
    private static final int SQLITE_BUSY = 5;
    private static final long SHORTEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private FileShape() {}

    /** As {@link #change(Connection, String, Duration)}, for as long as the connection waits for locks. */
    public static void change(Connection connection, String pragma) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet millis = statement.executeQuery("PRAGMA busy_timeout")) {
            change(connection, pragma, Duration.ofMillis(millis.next() ? millis.getLong(1) : 0));
        }
    }

    /**
     * Runs one of them, again while another connection is in its way. Changing the journal mode upgrades a read lock and writes. Where somebody else is about to write as
     * well, SQLite says SQLITE_BUSY immediately, whatever the busy timeout, because waiting would be a deadlock if he upgrades too; and before SQLite 3.50 one of two that
     * change it may, on an empty file, find its journal deleted by the other. Doing it again is harmless.
     *
     * @param longest after which the failure is the caller's
     */
    public static void change(Connection connection, String pragma, Duration longest) throws SQLException {
        long start = System.nanoTime();
        for (long pauseNanos = SHORTEST_PAUSE_NANOS; ; pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS)) {
            // Closing belongs to it: the change is committed where the statement ends.
            try (Statement statement = connection.createStatement()) {
                statement.execute(pragma);
                return;
            } catch (SQLException e) {
                boolean rival = (e.getErrorCode() & 0xff) == SQLITE_BUSY
                        || String.valueOf(e.getMessage()).startsWith("[SQLITE_IOERR_DELETE_NOENT]");
                if (!rival
                        || System.nanoTime() - start > longest.toNanos()
                        || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(pauseNanos / 2, pauseNanos));
            }
        }
    }
}
