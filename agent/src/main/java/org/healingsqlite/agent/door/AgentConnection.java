package org.healingsqlite.agent.door;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Statement;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.heal.HealableConnection;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.Mode;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentNotice;
import org.healingsqlite.jdbc.SessionState;
import org.healingsqlite.repair.IndexRepair;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of the application's own connections, as the healer sees it. Where the driver puts another physical connection behind its wrapper, this one
 * keeps every object of sqlite-jdbc and exchanges the native handle behind them.
 */
final class AgentConnection implements HealableConnection {
    /** SQLState of a transaction that is to be run again: "serialization failure". */
    private static final String ROLLED_BACK = "40001";

    private static final Logger LOG = LoggerFactory.getLogger(AgentConnection.class);

    private final Connection connection;
    private final NativeHandle handle;
    private final ManagedDatabase database;
    private final HealingSettings settings;
    private final InnerConnections opener;
    private final RegisteredCode code;
    private final ReentrantLock moving = new ReentrantLock();

    /** Connections that keep the native handles this one has let go of, until it is closed: a cancel may be on its way to one. */
    private volatile Held held;

    private volatile boolean schemaChanged;
    private volatile boolean transactionLost;

    /** Whether JDBC has just begun a transaction in which nothing has run. */
    private boolean idle;

    /** What the native handle has open. */
    private record Held(@Nullable FileIdentity file, Instant opened, LogIdentity log, int generation, int epoch) {
        Held at(int laterEpoch) {
            return new Held(file, opened, log, generation, laterEpoch);
        }
    }

    AgentConnection(
            Connection connection,
            ManagedDatabase database,
            HealingSettings settings,
            InnerConnections opener,
            RegisteredCode code) {
        this.connection = connection;
        this.handle = new NativeHandle(connection);
        this.database = database;
        this.settings = settings;
        this.opener = opener;
        this.code = code;
        this.held = holdingWhatIsThere();
        database.connected(this);
    }

    private Held holdingWhatIsThere() {
        FileIdentity file = database.file().identity();
        database.healer().opened(file);
        return new Held(file, Instant.now(), LogIdentity.of(database.file()), database.generation(), database.epoch());
    }

    ManagedDatabase database() {
        return database;
    }

    NativeHandle handle() {
        return handle;
    }

    @Override
    public Connection physical() {
        return connection;
    }

    @Override
    public @Nullable FileIdentity identity() {
        return held.file();
    }

    @Override
    public LogIdentity log() {
        return held.log();
    }

    @Override
    public int generation() {
        return held.generation();
    }

    @Override
    public HealingSettings settings() {
        return settings;
    }

    /** Nobody counts the statements of a transaction on the healthy path, so one that is open counts as used, unless it has just begun. */
    @Override
    public TransactionState transactionState() throws SQLException {
        if (connection.isClosed() || !Sqlite.inTransaction(connection)) {
            return TransactionState.NONE;
        }
        return idle && !connection.getAutoCommit() ? TransactionState.UNUSED : TransactionState.USED;
    }

    @Override
    public void outsideTransaction(SqlAction action) throws SQLException {
        if (transactionState() != TransactionState.UNUSED) {
            action.run();
            return;
        }
        Sqlite.execute(connection, "COMMIT");
        try {
            action.run();
        } finally {
            Sqlite.beginAsJdbcDoes(connection);
        }
    }

    // ---- Another native handle

    @Override
    public Connection move(Crossing crossing) throws SQLException, IOException {
        moving.lock();
        try {
            refuseWhatCannotBeTakenAlong();
            SessionState[] state = new SessionState[1];
            crossing.read(() -> {
                if (schemaChanged) {
                    schemaChanged = false;
                    database.learn(opener.toExistingFile(), identity(), connection);
                }
                state[0] = SessionState.of(connection);
            });
            crossing.leave(connection);
            return exchange(state[0]);
        } finally {
            moving.unlock();
        }
    }

    @Override
    public Instant opened() {
        return held.opened();
    }

    @Override
    public void reopen() throws SQLException {
        moving.lock();
        try {
            if (held.generation() == database.generation()) {
                return;
            }
            if (!Sqlite.pragma(connection, "journal_mode").equalsIgnoreCase("wal")) {
                // The log went because the application left WAL mode.
                held = new Held(
                        held.file(),
                        held.opened(),
                        LogIdentity.of(database.file()),
                        database.generation(),
                        database.epoch());
                return;
            }
            refuseWhatCannotBeTakenAlong();
            SessionState state = SessionState.of(connection);
            if (DamageCheck.isLogDeleted(database.file())) {
                // Nobody has begun another log: what this connection's log holds is what its index speaks of.
                IndexRepair.checkpoint(connection);
            }
            database.left(this, exchange(state));
        } finally {
            moving.unlock();
        }
    }

    private void refuseWhatCannotBeTakenAlong() throws SQLException {
        String obstacle = handle.obstacle();
        if (obstacle == null && hasTemporaryObjects()) {
            obstacle = "it has temporary tables, which cannot be taken along";
        }
        if (obstacle != null) {
            throw new SQLException("The connection stays with the file that has lost its name: " + obstacle);
        }
    }

    private boolean hasTemporaryObjects() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM sqlite_temp_master")) {
            return row.next() && row.getInt(1) > 0;
        }
    }

    /** Gives the connection the native handle of a new one, and the new one that of this: which is returned. */
    private Connection exchange(SessionState state) throws SQLException {
        int epoch = database.epoch();
        int generation = database.generation();
        Connection fresh = database.open(settings, opener);
        try {
            NativeHandle ofFresh = new NativeHandle(fresh);
            code.applyTo(ofFresh.database());
            state.applyTo(fresh);
            synchronized (handle.database()) {
                synchronized (ofFresh.database()) {
                    handle.finalizeStatements();
                    ofFresh.finalizeStatements();
                    handle.exchange(ofFresh);
                }
            }
        } catch (SQLException | RuntimeException e) {
            fresh.close();
            throw e;
        }
        FileIdentity file = database.file().identity();
        database.healer().opened(file);
        held = new Held(file, Instant.now(), LogIdentity.of(database.file()), generation, epoch);
        return fresh;
    }

    @Override
    public boolean letGo() throws SQLException {
        endResults();
        if (connection.isClosed() || !Sqlite.inTransactionOfDamaged(connection)) {
            return false;
        }
        boolean used = connection.getAutoCommit() || !idle;
        Sqlite.execute(connection, "ROLLBACK");
        transactionLost |= used;
        return used;
    }

    @Override
    public void endResults() {
        try {
            synchronized (handle.database()) {
                handle.finalizeStatements();
            }
        } catch (SQLException e) {
            LOG.debug("{}: {}", database.file().main(), e.getMessage());
        }
    }

    /** After {@link #letGo}: JDBC's idea of the transaction and SQLite's are brought together again. */
    void resumeTransaction() {
        try {
            if (!connection.isClosed() && !connection.getAutoCommit() && !Sqlite.inTransactionOfDamaged(connection)) {
                Sqlite.beginAsJdbcDoes(connection);
            }
        } catch (SQLException e) {
            LOG.debug("{}: no new transaction: {}", database.file().main(), e.getMessage());
        }
    }

    /**
     * What the application is to be told where healing cost it its transaction.
     *
     * @return null where it did not
     */
    @Nullable
    SQLException lostTransaction(SQLException failure, Incident incident) {
        if (!transactionLost) {
            return null;
        }
        transactionLost = false;
        resumeTransaction();
        SQLException told = incident.outcome().allowsRetry()
                ? new SQLTransactionRollbackException(
                        "The transaction was rolled back, because the database was damaged: " + failure.getMessage()
                                + ". It was healed (incident " + incident.id() + "): run the transaction again",
                        ROLLED_BACK,
                        failure.getErrorCode(),
                        failure)
                : failure;
        told.addSuppressed(new IncidentNotice(incident));
        return told;
    }

    /** What reading on from a result set ran into: heals it, and gives what the application is to see. */
    SQLException interrupted(SQLException failure) throws SQLException {
        Incident incident = database.healer().heal(failure, this);
        if (incident == null) {
            return failure;
        }
        transactionLost = false;
        resumeTransaction();
        SQLException told = incident.outcome().allowsRetry()
                ? endedEarly(
                        failure.getMessage() + ". The database was healed (incident " + incident.id() + ")", failure)
                : failure;
        told.addSuppressed(new IncidentNotice(incident));
        return told;
    }

    static SQLException endedEarly(String why, SQLException failure) {
        return new SQLTransactionRollbackException(
                "The result set cannot go on: " + why + ": run the query, or its transaction, again",
                ROLLED_BACK,
                failure.getErrorCode(),
                failure);
    }

    // ---- Before and after calls

    /** Whether there is something to do before the next statement. */
    boolean needsALook() {
        return held.epoch() != database.epoch() || schemaChanged;
    }

    /**
     * Something has happened to the file: finds out whether this connection still has the right one, and moves where it may.
     *
     * @param unused whether a transaction that is open has just begun
     */
    void settle(boolean unused) throws SQLException {
        idle = unused;
        try {
            learn();
            Held now = held;
            if (now.epoch() == database.epoch() || connection.isClosed()) {
                return;
            }
            if (database.isRestoring()) {
                if (Sqlite.inTransactionOfDamaged(connection) && !(idle && !connection.getAutoCommit())) {
                    // Its locks are what the healer waits for: it is let finish.
                    return;
                }
                database.awaitHealer(settings);
            }
            int epoch = database.epoch();
            FileIdentity atPath = database.file().identity();
            if (atPath != null && atPath.equals(now.file())) {
                if (now.generation() != database.generation() && transactionState() != TransactionState.USED) {
                    database.healer().reopen(this);
                    return;
                }
                database.watch();
                held = held.at(epoch);
            } else if (settings.mode() != Mode.HEAL) {
                held = now.at(epoch);
            } else if (transactionState() != TransactionState.USED) {
                database.healer().relocate(this);
                if (held.equals(now)) {
                    // Nothing came of it: not again before something else happens to the file.
                    held = now.at(epoch);
                }
            }
        } finally {
            idle = false;
        }
    }

    void schemaMayHaveChanged(String sql) {
        database.schemaChanges(sql);
        schemaChanged = true;
    }

    /** Learns the schema again after it was changed through this connection, unless the change is not committed yet. */
    void learn() {
        if (!schemaChanged) {
            return;
        }
        try {
            if (!connection.isClosed() && transactionState() != TransactionState.USED) {
                schemaChanged = false;
                database.learn(opener.toExistingFile(), identity(), connection);
            }
        } catch (SQLException e) {
            LOG.debug("{}: not learned: {}", database.file().main(), e.getMessage());
        }
    }

    /**
     * Learns what is committed, without touching the connection, which belongs to another thread. What it has not committed is learned before its
     * next call.
     */
    void learnElsewhere() throws SQLException {
        FileIdentity file = held.file();
        if (file != null && file.equals(database.file().identity())) {
            database.learn(opener.toExistingFile(), file, connection);
        }
    }

    /** The application is about to close the connection. */
    void close() {
        learn();
        database.closing(this);
        database.disconnected(this);
    }
}
