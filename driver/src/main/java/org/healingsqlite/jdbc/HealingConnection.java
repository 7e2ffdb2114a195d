package org.healingsqlite.jdbc;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.fault.Effect;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.heal.HealableConnection;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.LostTransaction;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.Mode;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.heal.PhysicalConnection;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.heal.Upkeep;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentNotice;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.repair.IndexRepair;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that heals. On the healthy path a call costs two volatile reads and a try block; no lock is taken, so that cancel and close get
 * past a statement that runs. May be shared between threads as far as sqlite-jdbc's own connections may.
 */
public final class HealingConnection extends ForwardingConnection implements HealableConnection {
    private static final int MOST_MOVES = 50;
    private static final String VERIFY = "PRAGMA healing_verify";
    private static final Logger LOG = LoggerFactory.getLogger(HealingConnection.class);

    private final ManagedDatabase database;
    private final HealingSettings settings;
    private final Opener opener;
    private final ReentrantLock moving = new ReentrantLock();

    private final OpenStatements statements = new OpenStatements();

    private final LostTransaction lostTransaction = new LostTransaction();

    /** Who keeps in the archive what is committed; null where nobody does. */
    private final @Nullable KeptCommits kept;

    private final @Nullable Upkeep upkeep;

    private volatile PhysicalConnection physical;
    private @Nullable HealingDatabaseMetaData metaData;

    /** Whether a statement has run since JDBC began the transaction. */
    private volatile boolean transactionUsed;

    /** Whether the schema has changed through this connection and the change is not yet learned. */
    private volatile boolean schemaChanged;

    private volatile boolean closed;

    /**
     * A healing connection to a managed database.
     *
     * @param opener opens one now and where the connection has to move to another file
     * @throws SQLException sqlite-jdbc's own, or what kept a registered schema from being applied
     */
    public HealingConnection(ManagedDatabase database, HealingSettings settings, Opener opener) throws SQLException {
        this.database = database;
        this.settings = settings;
        this.opener = opener;
        this.physical = PhysicalConnection.open(database, settings, opener);
        database.connected(this);
        this.upkeep = opener.isReadOnly() ? null : database.useUpkeep(settings);
        this.kept = upkeep == null || !upkeep.keepsCommits() ? null : new KeptCommits(this, upkeep);
        if (kept != null) {
            kept.begin();
        }
    }

    /** The database this connection belongs to. */
    public ManagedDatabase database() {
        return database;
    }

    @Override
    Connection delegate() {
        return physical.connection();
    }

    @Override
    SQLException failed(SQLException exception) {
        return exception;
    }

    // ---- What the healer asks

    @Override
    public Connection physical() {
        return physical.connection();
    }

    @Override
    public HealingSettings settings() {
        return settings;
    }

    @Override
    public TransactionState transactionState() throws SQLException {
        Connection connection = physical();
        if (connection.isClosed() || !Sqlite.inTransaction(connection)) {
            return TransactionState.NONE;
        }
        return connection.getAutoCommit() || transactionUsed ? TransactionState.USED : TransactionState.UNUSED;
    }

    @Override
    public @Nullable FileIdentity identity() {
        return physical.identity();
    }

    @Override
    public boolean isMovedByOthers() {
        return true;
    }

    @Override
    public Instant opened() {
        return physical.opened();
    }

    @Override
    public int generation() {
        return physical.generation();
    }

    @Override
    public LogIdentity log() {
        return physical.log();
    }

    @Override
    public void outsideTransaction(SqlAction action) throws SQLException {
        if (transactionState() != TransactionState.UNUSED) {
            action.run();
            return;
        }
        Connection connection = physical();
        Sqlite.execute(connection, "COMMIT");
        try {
            action.run();
        } finally {
            Sqlite.beginAsJdbcDoes(connection);
        }
    }

    @Override
    public Connection move(Crossing crossing) throws SQLException, IOException {
        moving.lock();
        try {
            Connection lost = physical();
            SessionState[] state = new SessionState[1];
            crossing.read(() -> {
                if (schemaChanged) {
                    schemaChanged = false;
                    database.learn(opener, identity(), lost);
                }
                state[0] = SessionState.of(lost);
            });
            crossing.leave(lost);
            physical = opened(state[0]);
            return lost;
        } finally {
            moving.unlock();
        }
    }

    /** What the application has made and not closed. */
    OpenStatements statements() {
        return statements;
    }

    @Override
    public boolean letGo() throws SQLException {
        endResults();
        Connection connection = physical();
        if (connection.isClosed() || !Sqlite.inTransactionOfDamaged(connection)) {
            return false;
        }
        boolean used = connection.getAutoCommit() || transactionUsed;
        Sqlite.execute(connection, "ROLLBACK");
        if (used) {
            lostTransaction.happened(!connection.getAutoCommit());
        }
        transactionUsed = false;
        return used;
    }

    @Override
    public void endResults() {
        statements.all().forEach(HealingStatement::endResults);
    }

    /** After {@link #letGo}: JDBC's idea of the transaction and SQLite's are brought together again. */
    private void resumeTransaction() {
        Connection connection = physical();
        try {
            if (!connection.isClosed() && !connection.getAutoCommit() && !Sqlite.inTransactionOfDamaged(connection)) {
                Sqlite.beginAsJdbcDoes(connection);
            }
        } catch (SQLException e) {
            LOG.debug("{}: no new transaction: {}", database.file().main(), e.getMessage());
        }
    }

    /**
     * What reading on from a result set ran into: heals it, and says what the application is to do. Rows already seen cannot be unseen, so the
     * query never runs again by itself.
     *
     * @return the exception to throw
     */
    SQLException interrupted(SQLException failure) {
        try {
            Incident incident = database.healer().heal(failure, this);
            if (incident == null) {
                return failure;
            }
            SQLException told = lostTransaction.ofResults(failure, incident);
            resumeTransaction();
            return told;
        } catch (SQLException e) {
            failure.addSuppressed(e);
            return failure;
        }
    }

    @Override
    public void reopen() throws SQLException {
        moving.lock();
        try {
            PhysicalConnection now = physical;
            if (now.generation() == database.generation()) {
                return;
            }
            Connection lost = now.connection();
            if (!Sqlite.pragma(lost, "journal_mode").equalsIgnoreCase("wal")) {
                // The log went because the application left WAL mode.
                physical = new PhysicalConnection(
                        lost,
                        now.identity(),
                        now.opened(),
                        LogIdentity.of(database.file()),
                        database.generation(),
                        database.epoch());
                return;
            }
            SessionState state = SessionState.of(lost);
            if (DamageCheck.isLogDeleted(database.file())) {
                // Nobody has begun another log: what this connection's log holds is what its index speaks of.
                IndexRepair.checkpoint(lost);
            }
            physical = opened(state);
            database.left(this, lost);
        } finally {
            moving.unlock();
        }
    }

    private PhysicalConnection opened(SessionState state) throws SQLException {
        PhysicalConnection after = PhysicalConnection.open(database, settings, opener);
        try {
            state.applyTo(after.connection());
            return after;
        } catch (SQLException e) {
            after.connection().close();
            throw e;
        }
    }

    // ---- What is kept in the archive

    /** Whether a call commits by itself, and that is to be kept in the archive. */
    boolean keeps(boolean writes) throws SQLException {
        return kept != null && writes && physical().getAutoCommit();
    }

    /** Makes a call that may commit. */
    <T> T kept(Repeatable<T> call) throws SQLException {
        KeptCommits keeper = kept;
        return keeper == null ? call.call() : keeper.call(call);
    }

    /** How many changes were noted for the archive so far: sqlite-jdbc counts them where it tells what a statement changed. */
    long notes() throws SQLException {
        KeptCommits keeper = kept;
        return keeper == null ? 0 : keeper.notes();
    }

    @Override
    public void beforeSchemaChange() throws SQLException {
        KeptCommits keeper = kept;
        if (keeper != null) {
            keeper.suspend();
        }
    }

    private void keptEnd(SqlAction end) throws SQLException {
        kept(() -> {
            end.run();
            return Boolean.TRUE;
        });
    }

    /** The statement that asks for a verification, already answered; any other statement as it is. */
    String answered(String sql) {
        return sql != null && sql.regionMatches(true, 0, VERIFY, 0, VERIFY.length())
                ? "SELECT " + (database.healer().verify(this) ? 1 : 0) + " AS healing_verify"
                : sql;
    }

    // ---- The healthy path, and off it

    /** The physical connection for the next statement. */
    Connection current() throws SQLException {
        PhysicalConnection now = physical;
        return now.epoch() == database.epoch() ? now.connection() : settle(now);
    }

    /** Something has happened to the file: finds out whether this connection still has the right one, and moves where it may. */
    private Connection settle(PhysicalConnection now) throws SQLException {
        if (closed || now.connection().isClosed()) {
            return now.connection();
        }
        if (database.isRestoring()) {
            if (Sqlite.inTransactionOfDamaged(now.connection())
                    && (transactionUsed || now.connection().getAutoCommit())) {
                // Its locks are what the healer waits for: it is let finish.
                return now.connection();
            }
            database.awaitHealer(settings);
        }
        if (moving.isLocked() && !moving.isHeldByCurrentThread()) {
            // The transaction that is open on it is the healer's own.
            database.awaitHealer(settings);
        }
        int epoch = database.epoch();
        FileIdentity atPath = database.file().identity();
        if (atPath != null && atPath.equals(now.identity())) {
            if (now.generation() != database.generation() && transactionState() != TransactionState.USED) {
                database.healer().reopen(this);
                return physical.connection();
            }
            database.watch();
            settled(now, epoch);
        } else if (settings.mode() != Mode.HEAL) {
            settled(now, epoch);
        } else if (transactionState() != TransactionState.USED) {
            database.healer().relocate(this);
        }
        return physical.connection();
    }

    private void settled(PhysicalConnection now, int epoch) {
        moving.lock();
        try {
            if (physical.connection() == now.connection()) {
                physical = now.at(epoch);
            }
        } finally {
            moving.unlock();
        }
    }

    /**
     * Asks the healer, and makes the call again where that is right.
     *
     * @param sql what was run, where that is known: several statements in one text are never repeated, and what is to be dropped is not made
     *     first
     * @throws SQLException {@code failure} itself, untouched where it is no fault of the database
     */
    <T> T recover(SQLException failure, @Nullable String sql, Repeatable<T> call) throws SQLException {
        return recover(failure, sql, physical(), call, null);
    }

    /**
     * As {@link #recover(SQLException, String, Repeatable)}, of a call that may have taken effect although it failed.
     *
     * @param ranOn the physical connection the call ran on
     * @param applied what the call gives where it has taken effect; null where that cannot be told
     */
    <T> T recover(
            SQLException failure,
            @Nullable String sql,
            Connection ranOn,
            Repeatable<T> call,
            @Nullable Repeatable<T> applied)
            throws SQLException {
        if (ranOn != physical()) {
            // Another thread has taken this connection to another file since the call began: nothing that fails there
            // was applied.
            return again(failure, sql, call, applied);
        }
        if (isApplied(failure)) {
            current();
            if (applied == null || sql != null && SqlStatement.returnsRows(sql)) {
                throw failure;
            }
            return applied.call();
        }
        LOG.debug("{}: {} failed: {}", database.file().main(), sql == null ? "a call" : sql, failure.getMessage());
        if (sql != null && SqlStatement.isDrop(sql)) {
            throw failure;
        }
        SQLException last = failure;
        KeptCommits keeper = kept;
        if (keeper != null && keeper.wasInTheWay(failure)) {
            try {
                return call.call();
            } catch (SQLException e) {
                last = e;
            }
        }
        Connection at = ranOn;
        int attempt = 1;
        for (int moves = 0; ; ) {
            Incident incident = database.healer().heal(last, this);
            if (incident == null) {
                throw last;
            }
            Outcome outcome = incident.outcome();
            resumeTransaction();
            SQLException told = lostTransaction.told(last, incident);
            if (told != null) {
                throw told;
            }
            boolean again = outcome.allowsRetry()
                    && attempt <= settings.maxAttempts()
                    && (attempt == 1 || outcome instanceof Outcome.Healed || at != physical())
                    && (sql == null || SqlStatement.isSingle(sql));
            if (!again) {
                last.addSuppressed(new IncidentNotice(incident));
                throw last;
            }
            if (at != physical() && moves < MOST_MOVES) {
                // A file that is deleted again and again is no heal that does not hold.
                moves++;
            } else {
                attempt++;
            }
            at = physical();
            try {
                return call.call();
            } catch (SQLException e) {
                last = e;
            }
        }
    }

    private <T> T again(SQLException failure, @Nullable String sql, Repeatable<T> call, @Nullable Repeatable<T> applied)
            throws SQLException {
        if (sql != null && !SqlStatement.isSingle(sql)) {
            throw failure;
        }
        Connection ranOn = physical();
        try {
            return call.call();
        } catch (SQLException e) {
            return recover(e, sql, ranOn, call, applied);
        }
    }

    /** Whether a call of its own transaction has taken effect although it failed: SQLite could not delete a journal that was gone. */
    private boolean isApplied(SQLException failure) throws SQLException {
        return Fault.of(failure).effect() == Effect.APPLIED && physical().getAutoCommit();
    }

    /**
     * A statement has run.
     *
     * @param mayChangeSchema see {@link SqlStatement#mayChangeSchema}
     */
    void executed(String sql, boolean mayChangeSchema) {
        transactionUsed = true;
        if (mayChangeSchema) {
            schemaMayHaveChanged(sql);
        }
        if (schemaChanged && (!mayChangeSchema || database.isSmall())) {
            learn();
        }
    }

    /** Something was run that changes the schema; it may have done so even where it ended with an exception. */
    void schemaMayHaveChanged(String sql) {
        database.schemaChanges(sql);
        schemaChanged = true;
    }

    /** Learns the schema again after it was changed through this connection, unless the change is not committed yet. */
    private void learn() {
        if (!schemaChanged) {
            return;
        }
        try {
            if (transactionState() != TransactionState.USED) {
                schemaChanged = false;
                database.learn(opener, identity(), physical());
            }
        } catch (SQLException e) {
            LOG.debug(
                    "{}: not learned before the next connection: {}",
                    database.file().main(),
                    e.getMessage());
        }
    }

    long totalChanges() throws SQLException {
        return Sqlite.totalChanges(physical());
    }

    // ---- Transactions

    @Override
    public void setAutoCommit(boolean autoCommit) throws SQLException {
        if (!autoCommit) {
            current();
        } else {
            refuseToCommitTheRest();
        }
        if (autoCommit && kept != null) {
            keptEnd(() -> super.setAutoCommit(true));
        } else {
            super.setAutoCommit(autoCommit);
        }
        ended();
    }

    @Override
    public void commit() throws SQLException {
        refuseToCommitTheRest();
        if (kept == null) {
            super.commit();
        } else {
            keptEnd(super::commit);
        }
        ended();
    }

    @Override
    public void rollback() throws SQLException {
        lostTransaction.rolledBack();
        super.rollback();
        ended();
    }

    private void refuseToCommitTheRest() throws SQLException {
        if (lostTransaction.mustRollBack()) {
            rollback();
            throw LostTransaction.ofTheRest();
        }
    }

    private void ended() {
        transactionUsed = false;
        learn();
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
        Connection connection = current();
        return new HealingStatement(this, connection, creation.on(connection));
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
        String asked = answered(sql);
        return prepare(
                asked, (HealingPreparedStatement.Preparation) connection -> preparing.prepare(connection, asked));
    }

    private PreparedStatement prepare(String sql, HealingPreparedStatement.Preparation preparation)
            throws SQLException {
        try {
            return prepared(sql, preparation);
        } catch (SQLException e) {
            return recover(e, sql, () -> prepared(sql, preparation));
        }
    }

    private PreparedStatement prepared(String sql, HealingPreparedStatement.Preparation preparation)
            throws SQLException {
        Connection connection = current();
        return new HealingPreparedStatement(this, connection, preparation.on(connection), sql, preparation);
    }

    @Override
    public DatabaseMetaData getMetaData() throws SQLException {
        physical().getMetaData();
        HealingDatabaseMetaData known = metaData;
        if (known == null) {
            known = new HealingDatabaseMetaData(this);
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
            database.lookAtFile();
            Connection connection = current();
            FileIdentity identity = physical.identity();
            if (identity == null || !identity.equals(database.file().identity())) {
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
        if (closed) {
            return;
        }
        if (!physical().isClosed()) {
            learn();
        }
        database.closing(this);
        closed = true;
        try {
            physical().close();
        } catch (SQLException e) {
            throw failed(e);
        } finally {
            database.disconnected(this);
            if (upkeep != null) {
                database.leave(upkeep);
            }
        }
    }

    @Override
    public String toString() {
        return "HealingConnection[" + database.file().main() + "]";
    }
}
