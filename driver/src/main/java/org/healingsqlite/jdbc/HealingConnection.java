package org.healingsqlite.jdbc;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.ManagedDatabases;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.replay.Step;
import org.healingsqlite.session.Session;
import org.healingsqlite.session.TransactionEnd;
import org.healingsqlite.session.Work;
import org.jspecify.annotations.Nullable;

/**
 * A connection that heals. On the healthy path a call costs three volatile reads and a try block; no lock is taken, so that cancel and close get
 * past a statement that runs. May be shared between threads as far as sqlite-jdbc's own connections may.
 */
public final class HealingConnection extends ForwardingConnection {
    private final DriverDoor door;
    private final Session session;
    private volatile boolean closed;
    private @Nullable HealingDatabaseMetaData metaData;

    /**
     * A healing connection to a managed database.
     *
     * @param opener opens one now and where the connection has to move to another file
     * @throws SQLException sqlite-jdbc's own, or what kept a registered schema from being applied
     */
    public HealingConnection(ManagedDatabase database, HealingSettings settings, Opener opener) throws SQLException {
        this.door = new DriverDoor(this, database, settings, opener, null);
        this.session = door.session();
    }

    /**
     * A healing connection to a managed database, as it was just found.
     *
     * @param opener opens one now and where the connection has to move to another file
     * @throws SQLException sqlite-jdbc's own, or what kept a registered schema from being applied
     */
    public HealingConnection(ManagedDatabases.Found found, HealingSettings settings, Opener opener)
            throws SQLException {
        this.door = new DriverDoor(this, found.database(), settings, opener, found.unchanged());
        this.session = door.session();
    }

    /** The database this connection belongs to. */
    public ManagedDatabase database() {
        return session.database();
    }

    /** The connection as the healer sees it. */
    public Session session() {
        return session;
    }

    @Override
    Connection delegate() {
        return session.physical();
    }

    @Override
    SQLException failed(SQLException exception) {
        return exception;
    }

    // ---- Transactions

    @Override
    public void setAutoCommit(boolean autoCommit) throws SQLException {
        boolean before = delegate().getAutoCommit();
        if (autoCommit) {
            session.beforeCommit();
            door.kept(() -> flipAutoCommit(before, true));
        } else {
            session.current();
            // JDBC's flag and SQLite's BEGIN are two steps: nobody moves the connection in between.
            session.afterMove(() -> flipAutoCommit(before, false));
        }
        if (before != autoCommit) {
            door.ended();
        }
    }

    private boolean flipAutoCommit(boolean before, boolean autoCommit) throws SQLException {
        try {
            super.setAutoCommit(autoCommit);
        } catch (SQLException e) {
            if (before == autoCommit) {
                throw e;
            }
            new TransactionEnd(session).switchFailed(e);
        }
        return true;
    }

    @Override
    public void commit() throws SQLException {
        session.beforeCommit();
        door.kept(() -> {
            try {
                super.commit();
            } catch (SQLException e) {
                new TransactionEnd(session).commitFailed(e);
            }
            return true;
        });
        door.ended();
    }

    @Override
    public void rollback() throws SQLException {
        session.beforeRollback();
        try {
            super.rollback();
        } catch (SQLException e) {
            new TransactionEnd(session).rollbackFailed(e);
        }
        door.ended();
    }

    @Override
    public Savepoint setSavepoint() throws SQLException {
        session.current();
        return framed(super.setSavepoint());
    }

    @Override
    public Savepoint setSavepoint(String name) throws SQLException {
        session.current();
        return framed(super.setSavepoint(name));
    }

    private Savepoint framed(Savepoint savepoint) throws SQLException {
        // As sqlite-jdbc writes it, quotes or none.
        door.executed("SAVEPOINT " + savepoint.getSavepointName(), false, Frame.SAVEPOINT);
        return savepoint;
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        super.releaseSavepoint(savepoint);
        door.executed("RELEASE SAVEPOINT " + savepoint.getSavepointName(), false, Frame.RELEASE);
    }

    @Override
    public void rollback(Savepoint savepoint) throws SQLException {
        super.rollback(savepoint);
        door.executed("ROLLBACK TO SAVEPOINT " + savepoint.getSavepointName(), false, Frame.ROLLBACK_TO);
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        T unwrapped = super.unwrap(type);
        if (unwrapped != this) {
            door.unwrapped();
        }
        return unwrapped;
    }

    // ---- What leads back to our own objects

    @Override
    public Statement createStatement() throws SQLException {
        return statement(Connection::createStatement);
    }

    @Override
    public Statement createStatement(int type, int concurrency) throws SQLException {
        return statement(connection -> connection.createStatement(type, concurrency));
    }

    @Override
    public Statement createStatement(int type, int concurrency, int holdability) throws SQLException {
        return statement(connection -> connection.createStatement(type, concurrency, holdability));
    }

    @FunctionalInterface
    private interface Creation {
        Statement on(Connection connection) throws SQLException;
    }

    private Statement statement(Creation creation) throws SQLException {
        Connection connection = session.current();
        return new HealingStatement(door, connection, creation.on(connection));
    }

    @Override
    public PreparedStatement prepareStatement(String sql) throws SQLException {
        return prepare(sql, (connection, text) -> connection.prepareStatement(text));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int autoGeneratedKeys) throws SQLException {
        return prepare(sql, (connection, text) -> connection.prepareStatement(text, autoGeneratedKeys));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int[] columnIndexes) throws SQLException {
        return prepare(sql, (connection, text) -> connection.prepareStatement(text, columnIndexes));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, String[] columnNames) throws SQLException {
        return prepare(sql, (connection, text) -> connection.prepareStatement(text, columnNames));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency) throws SQLException {
        return prepare(sql, (connection, text) -> connection.prepareStatement(text, type, concurrency));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
            throws SQLException {
        return prepare(sql, (connection, text) -> connection.prepareStatement(text, type, concurrency, holdability));
    }

    @FunctionalInterface
    private interface Preparing {
        PreparedStatement prepare(Connection connection, String sql) throws SQLException;
    }

    private PreparedStatement prepare(String sql, Preparing preparing) throws SQLException {
        String asked = door.answered(sql);
        Step.Preparation preparation = connection -> preparing.prepare(connection, asked);
        return door.run(new Preparation(asked), () -> {
            Connection connection = session.current();
            return new HealingPreparedStatement(door, connection, preparation.on(connection), asked, preparation);
        });
    }

    /** Preparing a text, which runs nothing. */
    private record Preparation(String sql) implements Work {}

    @Override
    public DatabaseMetaData getMetaData() throws SQLException {
        delegate().getMetaData();
        HealingDatabaseMetaData known = metaData;
        if (known == null) {
            known = new HealingDatabaseMetaData(door);
            metaData = known;
        }
        return known;
    }

    // ---- The connection itself

    /** Looks at the file and into it: sqlite-jdbc's own answer is true for a deleted and for a corrupt database. */
    @Override
    public boolean isValid(int timeoutSeconds) throws SQLException {
        if (timeoutSeconds < 0) {
            throw new SQLException("timeout: expected 0 or more seconds, found " + timeoutSeconds);
        }
        if (closed || isClosed()) {
            return false;
        }
        try {
            database().presence().lookAtFile();
            Connection connection = session.current();
            FileIdentity identity = session.identity();
            if (identity == null || !identity.equals(database().file().identity())) {
                return false;
            }
            try (Statement statement = connection.createStatement();
                    ResultSet objects = statement.executeQuery("SELECT count(*) FROM sqlite_schema")) {
                return objects.next();
            }
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public void close() throws SQLException {
        if (!closed) {
            closed = true;
            door.close();
        }
    }

    @Override
    public String toString() {
        return "HealingConnection[" + database().file().main() + "]";
    }
}
