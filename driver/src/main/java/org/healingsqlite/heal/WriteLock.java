package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.fault.Fault.Unavailable;
import org.healingsqlite.sqlite.Sqlite;

/**
 * SQLite's write lock, for a change of the schema in the healer's turn. Who has it may be waiting for that turn, in the middle of a transaction: so it is waited for a
 * moment only, and then those who wait have their turn first. Who has the lock changes the schema in its own transaction.
 */
final class WriteLock {
    /** Long beside what an ordinary transaction takes, short beside what an application waits. */
    private static final Duration MOST_AT_ONCE = Duration.ofMillis(100);

    private WriteLock() {}

    /** Something that takes the lock in a transaction of its own; where that fails, it has changed nothing. */
    @FunctionalInterface
    interface Change<T> {
        T run() throws SQLException;
    }

    /**
     * Makes a change as soon as the lock can be had, for as long as the connection waits for locks.
     *
     * @param connection is in no transaction
     * @param wait how long the turn may be waited for altogether
     * @throws SQLException SQLITE_BUSY where it could not be had
     */
    static <T> T change(Connection connection, SingleFlight.Turn turn, Duration wait, Change<T> change)
            throws SQLException {
        long limitMillis = Long.parseLong(Sqlite.pragma(connection, "busy_timeout"));
        if (limitMillis <= MOST_AT_ONCE.toMillis()) {
            // Without a time-out, a handler of the application's own waits, and stays.
            return tryTo(turn, wait, change);
        }
        long start = System.nanoTime();
        Sqlite.waitForLocks(connection, MOST_AT_ONCE.toMillis());
        try {
            while (true) {
                try {
                    // First, because what is copied before the change is copied once then.
                    Sqlite.execute(connection, "BEGIN IMMEDIATE");
                    Sqlite.execute(connection, "ROLLBACK");
                    return tryTo(turn, wait, change);
                } catch (SQLException e) {
                    letOthersGoFirst(e, turn, wait);
                    if (!isBusy(e) || millisSince(start) >= limitMillis) {
                        throw e;
                    }
                }
            }
        } finally {
            if (!connection.isClosed()) {
                Sqlite.waitForLocks(connection, limitMillis);
            }
        }
    }

    private static <T> T tryTo(SingleFlight.Turn turn, Duration wait, Change<T> change) throws SQLException {
        try {
            return change.run();
        } catch (SQLException e) {
            letOthersGoFirst(e, turn, wait);
            throw e;
        }
    }

    private static void letOthersGoFirst(SQLException failure, SingleFlight.Turn turn, Duration wait) {
        if (isBusy(failure) && turn.isAwaited() && !turn.isNested()) {
            LockOrder.beginAgainUnlessOver(wait);
        }
    }

    private static boolean isBusy(SQLException failure) {
        return Fault.of(failure) instanceof Unavailable unavailable && unavailable.kind() == Unavailable.Kind.BUSY;
    }

    private static long millisSince(long startNanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }
}
