package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.healingsqlite.heal.HealableConnection.SqlAction;
import org.healingsqlite.heal.HealableConnection.Turn;

/**
 * Locks are taken in one order: sqlite-jdbc's lock of a connection, which an application may synchronise on, then ours. So whoever has one of ours never needs
 * a lock that somebody holds who waits for it: in its turn it leaves a connection alone that somebody else has, or is about to have. Thread-safe.
 */
final class LockOrder {
    /** Connections whose locks somebody has, or waits for. */
    private static final Set<HealableConnection> TAKEN = ConcurrentHashMap.newKeySet();

    private LockOrder() {}

    /** Whether another thread than the calling one has the locks of a connection, or waits for them. */
    static boolean isTakenByOthers(HealableConnection connection) {
        return TAKEN.contains(connection) && !Thread.holdsLock(connection.physical());
    }

    /** Runs something that uses a connection, and takes the healer's turn or keeps the connection from being moved. */
    static <T> T locked(HealableConnection connection, Turn<T> action) throws SQLException {
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
