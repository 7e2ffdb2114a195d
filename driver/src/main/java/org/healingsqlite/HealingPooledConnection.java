package org.healingsqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.ConnectionEvent;
import javax.sql.ConnectionEventListener;
import javax.sql.PooledConnection;
import javax.sql.StatementEventListener;
import org.healingsqlite.jdbc.ConnectionHandle;
import org.jspecify.annotations.Nullable;

/** One healing connection and, one after another, the handles a pool lends out. */
final class HealingPooledConnection implements PooledConnection {
    private final Connection connection;
    private final List<ConnectionEventListener> listeners = new CopyOnWriteArrayList<>();
    private @Nullable ConnectionHandle handle;

    HealingPooledConnection(Connection connection) {
        this.connection = connection;
    }

    @Override
    public synchronized Connection getConnection() throws SQLException {
        if (connection.isClosed()) {
            throw new SQLException("pooled connection closed", "08003");
        }
        if (handle != null) {
            handle.takeBack();
        }
        ConnectionHandle lent = new ConnectionHandle(connection, this::returned);
        handle = lent;
        return lent;
    }

    private void returned() {
        ConnectionEvent event = new ConnectionEvent(this);
        listeners.forEach(listener -> listener.connectionClosed(event));
    }

    @Override
    public synchronized void close() throws SQLException {
        if (handle != null) {
            handle.takeBack();
            handle = null;
        }
        connection.close();
    }

    @Override
    public void addConnectionEventListener(ConnectionEventListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeConnectionEventListener(ConnectionEventListener listener) {
        listeners.remove(listener);
    }

    /** There is no cache of statements that could have something to tell. */
    @Override
    public void addStatementEventListener(StatementEventListener listener) {}

    @Override
    public void removeStatementEventListener(StatementEventListener listener) {}
}
