package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.heal.HealableConnection.SqlAction;
import org.healingsqlite.heal.HealableConnection.Turn;

/**
 * Locks are taken in one order: sqlite-jdbc's lock of a connection, which an application may synchronise on, then ours. So whoever has one of ours never needs
 * a lock that somebody holds who waits for it. Stateless.
 */
final class LockOrder {
    private LockOrder() {}

    /** Runs something that uses a connection, and takes the healer's turn or keeps the connection from being moved. */
    static <T> T locked(HealableConnection connection, Turn<T> action) throws SQLException {
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
