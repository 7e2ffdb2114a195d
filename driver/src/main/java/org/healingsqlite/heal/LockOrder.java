package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.healingsqlite.heal.HealableConnection.SqlAction;
import org.healingsqlite.heal.HealableConnection.Turn;

/**
 * Locks are taken in one order: sqlite-jdbc's lock of a connection, which an application may synchronise on, then ours. So whoever has one of ours never needs
 * a lock that somebody holds who waits for it: in its turn it leaves a connection alone that somebody else has, or is about to have. Thread-safe.
 */
final class LockOrder {
    /** Connections whose locks somebody has, or waits for. */
    private static final Set<HealableConnection> TAKEN = ConcurrentHashMap.newKeySet();

    /**
     * How long who has a connection's locks waits for the turn before it lets go of them for a moment: in that one who has the turn may have begun to wait for them, having
     * seen them free. Long beside a heal's steps, short beside what an application waits.
     */
    private static final Duration MOST_AT_ONCE = Duration.ofMillis(100);

    private static final long BETWEEN_NANOS = 1_000_000;

    /** When the calling thread began with what it does in this order; without a value where it does nothing. */
    private static final ThreadLocal<Long> SINCE_NANOS = new ThreadLocal<>();

    private LockOrder() {}

    /** The turn was not to be had for a moment: the locks are let go, and it is all begun again. */
    static final class NotYetException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotYetException() {
            super("the healer's turn cannot be had yet", null, false, false);
        }
    }

    /** How much of a wait for the turn the calling thread waits now. */
    static Duration atOnce(Duration wait) {
        Duration left = left(wait);
        return SINCE_NANOS.get() == null || left.compareTo(MOST_AT_ONCE) < 0 ? left : MOST_AT_ONCE;
    }

    /** Ends what the calling thread does, for it to begin again, where it has locks of a connection and has not waited long enough. Nothing may be changed by then. */
    static void beginAgainUnlessOver(Duration wait) {
        if (SINCE_NANOS.get() != null && left(wait).compareTo(Duration.ZERO) > 0) {
            throw new NotYetException();
        }
    }

    private static Duration left(Duration wait) {
        Long since = SINCE_NANOS.get();
        return since == null ? wait : wait.minusNanos(System.nanoTime() - since);
    }

    /** Whether another thread than the calling one has the locks of a connection, or waits for them. */
    static boolean isTakenByOthers(HealableConnection connection) {
        return TAKEN.contains(connection) && !Thread.holdsLock(connection.physical());
    }

    /**
     * Runs something that uses a connection, and takes the healer's turn or keeps the connection from being moved.
     *
     * @param action takes the turn, if it does, before it changes anything: it is begun again where it had to wait
     */
    static <T> T locked(HealableConnection connection, Turn<T> action) throws SQLException {
        if (SINCE_NANOS.get() != null) {
            return taken(connection, action);
        }
        SINCE_NANOS.set(System.nanoTime());
        try {
            while (true) {
                try {
                    return taken(connection, action);
                } catch (NotYetException e) {
                    LockSupport.parkNanos(BETWEEN_NANOS);
                }
            }
        } finally {
            SINCE_NANOS.remove();
        }
    }

    private static <T> T taken(HealableConnection connection, Turn<T> action) throws SQLException {
        boolean isFirst = TAKEN.add(connection);
        try {
            return lockedNow(connection, action);
        } finally {
            if (isFirst) {
                TAKEN.remove(connection);
            }
        }
    }

    private static <T> T lockedNow(HealableConnection connection, Turn<T> action) throws SQLException {
        while (true) {
            Connection physical = connection.physical();
            synchronized (physical) {
                // Whoever had the lock may have moved it meanwhile.
                if (physical == connection.physical()) {
                    return connection.inLockOrder(action);
                }
            }
        }
    }

    /** As {@link #locked}, of something that another thread does than the one that uses the connection. */
    static void whileUnused(HealableConnection connection, SqlAction action) throws SQLException {
        var unused = locked(connection, () -> {
            connection.whileUnused(action);
            return connection;
        });
    }

    /** As {@link HealableConnection#letGo}. */
    static boolean letGo(HealableConnection connection) throws SQLException {
        return locked(connection, connection::letGo);
    }
}
