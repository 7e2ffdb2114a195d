package org.healingsqlite.jdbc;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
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
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.repair.IndexRepair;
import org.healingsqlite.replay.CommitOutcome;
import org.healingsqlite.replay.DivergenceException;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.replay.Parameters;
import org.healingsqlite.replay.Repeatability;
import org.healingsqlite.replay.Step;
import org.healingsqlite.replay.TransactionRecord;
import org.healingsqlite.schema.SqlShape;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * A connection that heals. On the healthy path a call costs two volatile reads and a try block; no lock is taken, so that cancel and close get
 * past a statement that runs. May be shared between threads as far as sqlite-jdbc's own connections may.
 */
public final class HealingConnection extends ForwardingConnection implements HealableConnection {
    private static final int MOST_MOVES = 50;

    /** SQLITE_ERROR, after which SQLite ends no transaction by itself. */
    private static final int PLAIN_ERROR = 1;

    private static final int INTERRUPT = 9;

    /** SQLState of a wait for the healer that took too long. */
    private static final String HEALING_TAKES_LONG = "HYT00";

    /** What sqlite-jdbc sets where the application does not, in milliseconds. */
    private static final String SQLITE_JDBC_BUSY_TIMEOUT = "3000";

    private static final int LOCKED_SHAREDCACHE = 262;

    /** The lowest of SQLite's own values of max_page_count, by release. */
    private static final long NO_PAGE_LIMIT = 1_073_741_823L;

    private static final String VERIFY = "PRAGMA healing_verify";
    private static final Log LOG = Log.of(HealingConnection.class);

    private final ManagedDatabase database;
    private final HealingSettings settings;
    private final Opener opener;
    private final ReentrantLock moving = new ReentrantLock();

    private final OpenStatements statements = new OpenStatements();

    private final LostTransaction lostTransaction = new LostTransaction();

    /** Who keeps in the archive what is committed; null where nobody does. */
    private final @Nullable KeptCommits kept;

    private final @Nullable Upkeep upkeep;

    /** Whether nobody could tell, or could not bring about, that SQLite is in the transaction that JDBC believes in. */
    private volatile boolean transactionUnsure;

    /** The explicit transaction of the moment; null where nothing is to be healed. */
    private final @Nullable TransactionRecord record;

    /** Whether a query of this connection was answered without the database. */
    private volatile boolean degraded;

    private volatile PhysicalConnection physical;
    private @Nullable HealingDatabaseMetaData metaData;

    /** Whether a statement has run since JDBC began the transaction. */
    private volatile boolean transactionUsed;

    /** Whether the schema has changed through this connection and the change is not yet learned. */
    private volatile boolean schemaChanged;

    /** Whether the application has got hold of sqlite-jdbc's connection itself. */
    private volatile boolean unwrapped;

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
        this.record = settings.mode() == Mode.HEAL ? new TransactionRecord(settings.replayLimitBytes()) : null;
        this.physical = PhysicalConnection.open(database, settings, opener);
        database.connected(this);
        this.upkeep = opener.isReadOnly() ? null : database.upkeep().use(settings);
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
    public boolean sharesCache() {
        return opener.sharesCache();
    }

    @Override
    public boolean isSaver() {
        return settings.mode() == Mode.HEAL && !opener.isReadOnly();
    }

    @Override
    public boolean isMovedByOthers() {
        return !sharesCache();
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
                    database.schema().learn(opener, identity(), lost);
                }
                state[0] = SessionState.of(lost);
            });
            try (NewPhysical fresh = new NewPhysical(state[0])) {
                crossing.leave(lost, fresh);
                physical = fresh.opened();
                return lost;
            }
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
        if (!moving.tryLock()) {
            // The transaction that is open on it is the healer's own: the fence around a lost file.
            return false;
        }
        try {
            return letGoUnmoved();
        } finally {
            moving.unlock();
        }
    }

    private boolean letGoUnmoved() throws SQLException {
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
    public boolean readsFrom(Connection left) {
        return unwrapped || statements.all().stream().anyMatch(statement -> statement.origin() == left);
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
                joinTransaction();
            }
        } catch (SQLException e) {
            LOG.debug("{}: no new transaction yet: {}", database.file().main(), Disclosure.message(e));
            unsure();
        }
    }

    /**
     * What reading on from a result set ran into: heals it, and says what the application is to do. Rows already seen cannot be unseen, so the
     * query never runs again by itself.
     *
     * @return the exception to throw
     */
    SQLException interrupted(SQLException failure) {
        afterFailure(failure);
        giveUpReplay("a result set failed in it");
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
        } finally {
            lostTransaction.answered();
        }
    }

    @Override
    public void reopen() throws SQLException {
        moving.lock();
        try {
            PhysicalConnection now = physical;
            if (now.generation() == database.presence().generation()
                    || database.healer().isLost(this)) {
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
                        database.presence().generation(),
                        database.presence().epoch());
                return;
            }
            SessionState state = SessionState.of(lost);
            if (DamageCheck.isLogDeleted(database.file())) {
                // Nobody has begun another log: what this connection's log holds is what its index speaks of.
                IndexRepair.checkpoint(lost);
            }
            PhysicalConnection anew = opened(state);
            if (!Objects.equals(anew.identity(), now.identity())) {
                // The file was taken away meanwhile, with what only this connection may hold.
                anew.connection().close();
                return;
            }
            physical = anew;
            database.left(this, lost);
        } finally {
            moving.unlock();
        }
    }

    /** The physical connection that comes after this one. */
    private final class NewPhysical implements Arrival, AutoCloseable {
        private final SessionState state;
        private @Nullable PhysicalConnection opened;

        NewPhysical(SessionState state) {
            this.state = state;
        }

        @Override
        public @Nullable FileIdentity open() throws SQLException {
            close();
            PhysicalConnection fresh = HealingConnection.this.opened(state);
            opened = fresh;
            return fresh.identity();
        }

        /** It is the caller's from now on. */
        PhysicalConnection opened() throws SQLException {
            PhysicalConnection fresh = opened;
            if (fresh == null) {
                throw new SQLException("no connection was opened");
            }
            opened = null;
            return fresh;
        }

        @Override
        public void close() throws SQLException {
            PhysicalConnection before = opened;
            opened = null;
            if (before != null) {
                before.connection().close();
            }
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
        return now.epoch() == database.presence().epoch() ? now.connection() : settle(now);
    }

    /** Something has happened to the file: finds out whether this connection still has the right one, and moves where it may. */
    private Connection settle(PhysicalConnection now) throws SQLException {
        if (closed || now.connection().isClosed()) {
            return now.connection();
        }
        if (transactionUnsure) {
            joinTransactionIfPossible();
        }
        if (database.presence().isRestoring()) {
            if (Sqlite.inTransactionOfDamaged(now.connection())
                    && (transactionUsed || now.connection().getAutoCommit())) {
                // Its locks are what the healer waits for: it is let finish.
                return now.connection();
            }
            awaitHealer(now.connection());
        }
        if (transactionUnsure) {
            joinTransactionIfPossible();
        }
        if (moving.isLocked() && !moving.isHeldByCurrentThread()) {
            // The transaction that is open on it is the healer's own.
            database.healer().awaitHealer(settings);
        }
        int epoch = database.presence().epoch();
        FileIdentity atPath = database.file().identity();
        if (atPath != null && atPath.equals(now.identity())) {
            if (now.generation() != database.presence().generation() && transactionState() != TransactionState.USED) {
                database.healer().reopen(this);
                return physical.connection();
            }
            database.presence().watch();
            settled(now, epoch);
        } else if (settings.mode() != Mode.HEAL) {
            settled(now, epoch);
        } else if (stateBesidesMoves() != TransactionState.USED) {
            database.healer().relocate(this);
        }
        return physical.connection();
    }

    /** The state of the transaction, of the application's one: whoever moves the connection keeps one on it meanwhile. */
    private TransactionState stateBesidesMoves() throws SQLException {
        return Sqlite.holding(physical(), () -> {
            boolean nobodyMoves = awaitMove();
            try {
                return transactionState();
            } finally {
                if (nobodyMoves) {
                    moving.unlock();
                }
            }
        });
    }

    /** Bounded: a function that SQLite calls may use its own connection, whose lock the one who moves it waits for. */
    private boolean awaitMove() {
        try {
            return moving.tryLock(settings.waitLimit().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** A transaction that JDBC has begun and nobody has used may hold the write lock all the same: the healer needs it. */
    private void awaitHealer(Connection connection) throws SQLException {
        if (connection.getAutoCommit() || !Sqlite.inTransactionOfDamaged(connection)) {
            database.healer().awaitHealer(settings);
            return;
        }
        Sqlite.execute(connection, "ROLLBACK");
        try {
            database.healer().awaitHealer(settings);
        } finally {
            joinLater();
        }
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
     * @param frame what it would have done to the transaction
     * @throws SQLException {@code failure} itself, untouched where it is no fault of the database
     */
    <T> T recover(SQLException failure, @Nullable String sql, Frame frame, Repeatable<T> call) throws SQLException {
        return recover(failure, sql, frame, physical(), call, null);
    }

    /**
     * As {@link #recover(SQLException, String, Frame, Repeatable)}, of a call that may have taken effect although it failed.
     *
     * @param ranOn the physical connection the call ran on
     * @param applied what the call gives where it has taken effect; null where that cannot be told
     */
    <T> T recover(
            SQLException failure,
            @Nullable String sql,
            Frame frame,
            Connection ranOn,
            Repeatable<T> call,
            @Nullable Repeatable<T> applied)
            throws SQLException {
        try (Disclosure.Scope ignored = settings.disclosing()) {
            return recoverDisclosing(failure, sql, frame, ranOn, call, applied);
        }
    }

    private <T> T recoverDisclosing(
            SQLException failure,
            @Nullable String sql,
            Frame frame,
            Connection ranOn,
            Repeatable<T> call,
            @Nullable Repeatable<T> applied)
            throws SQLException {
        if (isApplied(failure)) {
            current();
            if (applied == null || sql != null && SqlStatement.returnsRows(sql)) {
                throw failure;
            }
            return applied.call();
        }
        if (ranOn != physical()) {
            // Another thread has taken this connection to another file since the call began: nothing else that fails
            // there was applied.
            return again(failure, sql, frame, call, applied);
        }
        LOG.debug(
                "{}: {} failed: {}",
                database.file().main(),
                sql == null ? "a call" : SqlShape.of(sql),
                Disclosure.message(failure));
        try {
            transactionUsed |= call.hasBegun() || sql != null && !SqlStatement.isSingle(sql);
            if (frame == Frame.NONE) {
                afterFailure(failure);
            } else if (!lostTransaction.isUntold()) {
                afterFailureOfFrame();
            }
            if (sql != null && SqlStatement.isDrop(sql)) {
                throw failure;
            }
            return healAndRepeat(failure, sql, ranOn, call);
        } catch (SQLException e) {
            // What the application has been told once, it is to be told again; and what failed may have done a part.
            giveUpReplay("a statement failed in it");
            if (lostTransaction.isUntold()) {
                resumeTransaction();
            }
            transactionUsed |= Fault.of(e).symptom().primaryCode() > PLAIN_ERROR;
            throw e;
        } finally {
            lostTransaction.answered();
        }
    }

    private <T> T healAndRepeat(SQLException failure, @Nullable String sql, Connection ranOn, Repeatable<T> call)
            throws SQLException {
        SQLException last = failure;
        KeptCommits keeper = kept;
        if (keeper != null && keeper.wasInTheWay(failure)) {
            try {
                return call.call();
            } catch (SQLException e) {
                last = e;
                afterFailure(e);
            }
        }
        Connection at = ranOn;
        int attempt = 1;
        for (int moves = 0; ; ) {
            Incident incident = database.healer().heal(last, this);
            if (incident == null) {
                return endure(last, sql, call);
            }
            Outcome outcome = incident.outcome();
            boolean replayed = lostTransaction.isUntold();
            if (replayed) {
                replay(last, incident);
                call.rolledBack();
            } else {
                resumeTransaction();
            }
            boolean again = outcome.allowsRetry()
                    && attempt <= settings.maxAttempts()
                    && (attempt == 1 || outcome instanceof Outcome.Healed || at != physical())
                    && (sql == null || replayed || SqlStatement.isSingle(sql))
                    && call.isRepeatable();
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
                afterFailure(e);
            }
        }
    }

    // ---- Patience

    /** Tries again what only the surroundings kept from taking effect. */
    private <T> T endure(SQLException failure, @Nullable String sql, Repeatable<T> call) throws SQLException {
        if (!(Fault.of(failure) instanceof Fault.Unavailable unavailable)
                || !isWorthwhile(unavailable, sql)
                || sql != null && !SqlStatement.isSingle(sql)
                || !call.isRepeatable()) {
            throw failure;
        }
        return database.patience().retry(failure, settings, () -> {
            if (lostTransaction.isUntold()) {
                String objection = runAgain();
                if (objection != null) {
                    throw LostTransaction.notReplayed(failure, objection);
                }
                call.rolledBack();
            }
            try {
                return call.call();
            } catch (SQLException e) {
                afterFailure(e);
                beginAnewWhereTheSnapshotIsOld(e);
                throw e;
            }
        });
    }

    private boolean isWorthwhile(Fault.Unavailable fault, @Nullable String sql) throws SQLException {
        Connection connection = physical();
        beginAnewWhereTheSnapshotIsOld(fault.symptom().exception());
        if (lostTransaction.isUntold()) {
            return record != null && record.objection() == null && !isOwnLimit(fault, connection);
        }
        return switch (fault.kind()) {
            case SNAPSHOT, READ_ONLY -> false;
            // "cannot commit - SQL statements in progress": the application's own are in the way.
            case BUSY ->
                !fault.text().startsWith("cannot ")
                        && Sqlite.pragma(connection, "busy_timeout").equals(SQLITE_JDBC_BUSY_TIMEOUT);
            // Without a shared cache it is the application's own cursor that is in the way.
            case LOCKED -> fault.symptom().resultCode() == LOCKED_SHAREDCACHE;
            case PROTOCOL -> true;
            case CANNOT_OPEN -> database.file().identity() != null;
            case FULL -> !isOwnLimit(fault, connection);
            case IO -> record != null && record.isOpen() || sql != null && reads(sql);
        };
    }

    /** Whether the application has set a limit itself: patience does not lift it. */
    private static boolean isOwnLimit(Fault.Unavailable fault, Connection connection) throws SQLException {
        return fault.kind() == Fault.Unavailable.Kind.FULL
                && Long.parseLong(Sqlite.pragma(connection, "max_page_count")) < NO_PAGE_LIMIT;
    }

    private static boolean reads(String sql) {
        String verb = sql.stripLeading();
        return verb.regionMatches(true, 0, "SELECT", 0, 6) || verb.regionMatches(true, 0, "VALUES", 0, 6);
    }

    /** A transaction whose snapshot is too old to write has to begin again; it is rolled back where it can be replayed. */
    private void beginAnewWhereTheSnapshotIsOld(SQLException failure) throws SQLException {
        if (Fault.of(failure) instanceof Fault.Unavailable unavailable
                && unavailable.kind() == Fault.Unavailable.Kind.SNAPSHOT
                && !lostTransaction.isUntold()
                && record != null
                && record.objection() == null) {
            letGo();
        }
    }

    /**
     * What a query of listed tables gives while the database cannot be had.
     *
     * @return null where it is to fail
     */
    @Nullable
    ResultSet degraded(SQLException failure, String sql, @Nullable Parameters parameters) {
        if (settings.degradeReads().isEmpty() || settings.mode() != Mode.HEAL || record == null || record.isOpen()) {
            return null;
        }
        Fault fault = Fault.of(failure);
        boolean cannotBeHad = fault instanceof Fault.Unavailable
                || fault instanceof Fault.Corruption
                || fault instanceof Fault.FileMoved
                || HEALING_TAKES_LONG.equals(failure.getSQLState());
        ResultSet answer = cannotBeHad ? database.degradation().answer(sql, parameters, failure, settings) : null;
        degraded |= answer != null;
        return answer;
    }

    // ---- Transactions that were lost, and replay

    /**
     * SQLite ends a transaction by itself after some errors, and sqlite-jdbc does not notice: what came later would be committed statement by
     * statement. Here both ideas of the transaction are brought together again.
     */
    private void afterFailure(SQLException failure) {
        if (record == null || !record.isOpen() || Fault.of(failure).symptom().primaryCode() <= PLAIN_ERROR) {
            return;
        }
        Connection connection = physical();
        try {
            if (connection.isClosed()) {
                return;
            }
            if (Sqlite.inTransaction(connection)) {
                return;
            }
            boolean ofJdbc = !connection.getAutoCommit();
            if (!ofJdbc || transactionUsed) {
                lostTransaction.happened(ofJdbc);
            }
            if (ofJdbc) {
                transactionUsed = false;
                joinTransaction();
            }
        } catch (SQLException e) {
            LOG.debug(
                    "{}: where the transaction is, is not known: {}",
                    database.file().main(),
                    Disclosure.message(e));
            unsure();
        }
    }

    /** What begins or ends a transaction may have done so although it failed: executeQuery complains after the fact. */
    private void afterFailureOfFrame() {
        if (record == null) {
            return;
        }
        try {
            if (!Sqlite.inTransaction(physical())) {
                record.end();
            } else if (!record.isOpen()) {
                record.begin(false);
            }
        } catch (SQLException e) {
            LOG.debug(
                    "{}: where the transaction is, is not known: {}",
                    database.file().main(),
                    Disclosure.message(e));
        }
    }

    /**
     * Begins the transaction that JDBC believes in, where SQLite is in none.
     *
     * @throws SQLException where it cannot begin now; the next statement tries again
     */
    private void joinTransaction() throws SQLException {
        Connection connection = physical();
        if (!connection.getAutoCommit() && !Sqlite.inTransaction(connection)) {
            if (transactionUsed) {
                lostTransaction.beginningIsMissing();
            }
            transactionUsed = false;
            unsure();
            if (database.healer().isLost(this)) {
                // Nothing begins in a lost file, around which there may be a fence: the next statement moves, and
                // begins there.
                return;
            }
            Sqlite.beginAsJdbcDoes(connection);
        }
        transactionUnsure = false;
    }

    /** The same before a statement runs: as long as an interrupt is in force, the statement will say so itself. */
    private void joinTransactionIfPossible() throws SQLException {
        try {
            joinTransaction();
        } catch (SQLException e) {
            if (Fault.of(e).symptom().primaryCode() != INTERRUPT) {
                throw e;
            }
        }
    }

    private <T> T again(
            SQLException failure,
            @Nullable String sql,
            Frame frame,
            Repeatable<T> call,
            @Nullable Repeatable<T> applied)
            throws SQLException {
        if (sql != null && !SqlStatement.isSingle(sql)) {
            throw failure;
        }
        Connection ranOn = physical();
        try {
            return call.call();
        } catch (SQLException e) {
            return recover(e, sql, frame, ranOn, call, applied);
        }
    }

    /** Whether a call of its own transaction has taken effect although it failed: SQLite could not delete a journal that was gone. */
    private boolean isApplied(SQLException failure) throws SQLException {
        return Fault.of(failure).effect() == Effect.APPLIED && physical().getAutoCommit();
    }

    /** The next statement has to find out where the transaction is before it runs. */
    private void unsure() {
        transactionUnsure = true;
        moving.lock();
        try {
            physical = physical.at(database.presence().epoch() - 1);
        } finally {
            moving.unlock();
        }
    }

    /**
     * Runs the transaction that was rolled back again.
     *
     * @throws SQLException SQLState 40001 where it is not replayed, saying why; {@code failure} where the database is not healed
     */
    private void replay(SQLException failure, Incident incident) throws SQLException {
        String objection = objection(incident.outcome());
        if (objection == null) {
            objection = runAgain();
        }
        if (objection != null) {
            resumeTransaction();
            SQLException told = lostTransaction.told(failure, incident, objection);
            throw told == null ? failure : told;
        }
        LOG.debug(
                "{}: replayed the transaction after incident {}",
                database.file().main(),
                incident.id());
    }

    private @Nullable String objection(Outcome outcome) {
        if (!outcome.allowsRetry()) {
            return "the database is not healed";
        }
        TransactionRecord recorded = record;
        if (recorded == null) {
            return "replay is off";
        }
        return recorded.objection() != null
                ? recorded.objection()
                : database.desk().hasLostSince(outcome, recorded.startedMillis())
                        ? "something was lost in the heal"
                        : null;
    }

    /**
     * Replays the record; SQLite is in no transaction.
     *
     * @return why not; null where the transaction is where it was. SQLite is in no transaction then
     */
    private @Nullable String runAgain() {
        TransactionRecord recorded = java.util.Objects.requireNonNull(record);
        try {
            Connection connection = current();
            if (Sqlite.inTransactionOfDamaged(connection)) {
                Sqlite.execute(connection, "ROLLBACK");
            }
            try {
                recorded.replay(connection);
                transactionUsed = true;
                lostTransaction.replayed();
                return null;
            } catch (SQLException | DivergenceException | RuntimeException e) {
                if (Sqlite.inTransaction(connection)) {
                    Sqlite.execute(connection, "ROLLBACK");
                }
                return "it did not run again as before: " + Disclosure.message(e);
            }
        } catch (SQLException e) {
            return "it could not run again: " + Disclosure.message(e);
        }
    }

    /** The transaction of the moment will not be replayed. */
    void giveUpReplay(String why) {
        if (record != null) {
            record.giveUp(why);
        }
    }

    /** Whether what runs now is recorded, to be run again. */
    boolean isRecording() {
        return record != null && record.isRecording();
    }

    /** Records what has run. */
    Step recorded(Step step, Repeatability repeatability) {
        if (record != null) {
            record.add(step, repeatability);
        }
        return step;
    }

    /** Whether a part of the transaction is lost, so that the rest must not be committed. */
    boolean mustRollBack() {
        return lostTransaction.mustRollBack();
    }

    /** A statement that may end a transaction is about to run: a transaction of which a part is lost is not committed. */
    void about(Frame frame) throws SQLException {
        if (frame == Frame.COMMIT && transactionUsed) {
            database.healer().refuseUnsaved(this);
        }
        if (frame != Frame.NONE && lostTransaction.mustRollBack()) {
            if (frame == Frame.ROLLBACK) {
                lostTransaction.rolledBack();
            } else if (frame == Frame.COMMIT || frame == Frame.SEVERAL) {
                refuseToCommitTheRest();
            }
        }
    }

    /** The application has run something that begins or ends its transaction, or a part of it. */
    private void framed(String sql, Frame frame, TransactionRecord recorded) {
        switch (frame) {
            case NONE -> {}
            case BEGIN -> {
                recorded.begin(false);
                recorded.add(Step.ofFrame(sql), Repeatability.FRAME);
            }
            case SAVEPOINT -> {
                if (!recorded.isOpen()) {
                    recorded.begin(false);
                }
                recorded.add(Step.ofFrame(sql), Repeatability.FRAME);
            }
            case ROLLBACK_TO -> recorded.add(Step.ofFrame(sql), Repeatability.FRAME);
            case RELEASE -> {
                recorded.add(Step.ofFrame(sql), Repeatability.FRAME);
                endIfReleased(recorded);
            }
            case COMMIT, ROLLBACK -> recorded.end();
            case SEVERAL -> {
                if (!recorded.isOpen()) {
                    recorded.begin(false);
                }
                recorded.giveUp("several statements in one text begin or end it");
                endIfReleased(recorded);
            }
        }
    }

    /** The outermost savepoint, where nothing else began the transaction, ends it. */
    private void endIfReleased(TransactionRecord recorded) {
        if (!recorded.isBegunByStep()) {
            return;
        }
        try {
            if (!Sqlite.inTransaction(physical())) {
                recorded.end();
            }
        } catch (SQLException e) {
            recorded.giveUp("whether it has ended is not known: " + Disclosure.message(e));
        }
    }

    /**
     * A statement has run.
     *
     * @param mayChangeSchema see {@link SqlStatement#mayChangeSchema}
     */
    void executed(String sql, boolean mayChangeSchema, Frame frame) {
        transactionUsed = true;
        if (degraded) {
            degraded = false;
            database.degradation().leave();
        }
        if (frame != Frame.NONE && record != null) {
            framed(sql, frame, record);
        }
        if (mayChangeSchema) {
            schemaMayHaveChanged(sql);
        }
        if (schemaChanged && (!mayChangeSchema || database.schema().isSmall())) {
            learn();
        }
    }

    /** Something was run that changes the schema; it may have done so even where it ended with an exception. */
    void schemaMayHaveChanged(String sql) {
        database.schema().schemaChanges(sql);
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
                database.schema().learn(opener, identity(), physical());
            }
        } catch (SQLException e) {
            LOG.debug(
                    "{}: not learned before the next connection: {}",
                    database.file().main(),
                    Disclosure.message(e));
        }
    }

    // ---- Transactions

    @Override
    public void setAutoCommit(boolean autoCommit) throws SQLException {
        if (!autoCommit) {
            current();
        } else {
            refuseToCommitTheRest();
        }
        boolean before = physical().getAutoCommit();
        if (autoCommit) {
            keptEnd(() -> flipAutoCommit(before, true));
        } else {
            begin(before);
        }
        if (before != autoCommit) {
            ended();
        }
    }

    /** JDBC's flag and SQLite's BEGIN are two steps: nobody moves the connection in between. */
    private void begin(boolean before) throws SQLException {
        boolean nobodyMoves = awaitMove();
        try {
            flipAutoCommit(before, false);
        } finally {
            if (nobodyMoves) {
                moving.unlock();
            }
        }
    }

    private void flipAutoCommit(boolean before, boolean autoCommit) throws SQLException {
        try {
            super.setAutoCommit(autoCommit);
        } catch (SQLException e) {
            if (before == autoCommit || record == null) {
                throw e;
            }
            afterFlagWasFlipped(autoCommit, e);
        }
    }

    /** sqlite-jdbc changes its flag first, and leaves it so where the BEGIN or COMMIT fails. */
    private void afterFlagWasFlipped(boolean autoCommit, SQLException failure) throws SQLException {
        if (!autoCommit) {
            unsure();
            throw failure;
        }
        CommitOutcome outcome = outcomeOfCommit(failure);
        if (outcome != CommitOutcome.COMMITTED) {
            throw outcome == CommitOutcome.UNKNOWN ? LostTransaction.unknown(failure) : failure;
        }
    }

    @Override
    public void commit() throws SQLException {
        if (transactionUnsure) {
            current();
        }
        refuseToCommitTheRest();
        if (transactionUsed) {
            database.healer().refuseUnsaved(this);
        }
        keptEnd(this::commitAndHeal);
        ended();
    }

    private void commitAndHeal() throws SQLException {
        try {
            commitOnce();
        } catch (SQLException e) {
            if (LostTransaction.COMMIT_UNKNOWN.equals(e.getSQLState())) {
                ended();
                throw e;
            }
            recover(e, null, Frame.NONE, this::commitOnce);
        }
    }

    private boolean commitOnce() throws SQLException {
        try {
            super.commit();
        } catch (SQLException e) {
            switch (outcomeOfCommit(e)) {
                case OPEN -> throw e;
                case COMMITTED -> {
                    LOG.debug("{}: committed, although: {}", database.file().main(), Disclosure.message(e));
                    transactionUsed = false;
                    joinLater();
                }
                case ROLLED_BACK -> {
                    if (transactionUsed) {
                        lostTransaction.happened(true);
                    }
                    transactionUsed = false;
                    joinLater();
                    throw e;
                }
                case UNKNOWN -> {
                    transactionUsed = false;
                    joinLater();
                    throw LostTransaction.unknown(e);
                }
            }
        }
        return true;
    }

    private CommitOutcome outcomeOfCommit(SQLException failure) {
        Connection connection = physical();
        Fault fault = Fault.of(failure);
        if (record == null || !record.isOpen() || fault.symptom().primaryCode() <= PLAIN_ERROR) {
            // The application has ended the transaction before, or sqlite-jdbc did not even try.
            return CommitOutcome.OPEN;
        }
        try {
            boolean inTransaction = Sqlite.inTransaction(connection);
            return CommitOutcome.of(
                    fault,
                    inTransaction,
                    !inTransaction && Sqlite.pragma(connection, "journal_mode").equalsIgnoreCase("wal"));
        } catch (SQLException e) {
            LOG.debug(
                    "{}: where the transaction is, is not known: {}",
                    database.file().main(),
                    Disclosure.message(e));
            return fault instanceof Fault.Corruption
                    ? CommitOutcome.ROLLED_BACK
                    : fault instanceof Fault.Application ? CommitOutcome.OPEN : CommitOutcome.UNKNOWN;
        }
    }

    /** Begins the transaction that JDBC believes in now, or before the next statement. */
    private void joinLater() {
        try {
            joinTransaction();
        } catch (SQLException e) {
            LOG.debug("{}: no new transaction yet: {}", database.file().main(), Disclosure.message(e));
        }
    }

    /**
     * The COMMIT of the application, as a statement, has failed.
     *
     * @return whether the transaction is committed all the same
     */
    boolean isCommittedAfterAll(SQLException failure) throws SQLException {
        return switch (outcomeOfCommit(failure)) {
            case OPEN -> false;
            case COMMITTED -> true;
            case ROLLED_BACK -> {
                lostTransaction.happened(false);
                yield false;
            }
            case UNKNOWN -> throw LostTransaction.unknown(failure);
        };
    }

    @Override
    public void rollback() throws SQLException {
        lostTransaction.rolledBack();
        if (transactionUnsure && !isAnythingToRollBack()) {
            ended();
            return;
        }
        try {
            super.rollback();
        } catch (SQLException e) {
            rolledBackButNotBegun(e);
        }
        ended();
    }

    /** Where SQLite cannot begin now, or is not to, there is nothing to roll back, and the next statement begins. */
    private boolean isAnythingToRollBack() throws SQLException {
        try {
            joinTransactionIfPossible();
            return !transactionUnsure || !database.healer().isLost(this);
        } catch (SQLException e) {
            if (!(Fault.of(e) instanceof Fault.Unavailable)) {
                throw e;
            }
            return false;
        }
    }

    /** Where the ROLLBACK is done and only sqlite-jdbc's BEGIN after it failed, the next statement begins. */
    private void rolledBackButNotBegun(SQLException failure) throws SQLException {
        boolean busy = Fault.of(failure) instanceof Fault.Unavailable;
        if (!busy || record == null || !record.isOpen() || Sqlite.inTransaction(physical())) {
            throw failure;
        }
        transactionUsed = false;
        joinLater();
    }

    private void refuseToCommitTheRest() throws SQLException {
        if (lostTransaction.mustRollBack()) {
            rollback();
            throw LostTransaction.ofTheRest();
        }
    }

    private void ended() throws SQLException {
        transactionUsed = false;
        if (record != null) {
            if (physical().getAutoCommit()) {
                record.end();
            } else {
                record.begin(true);
            }
        }
        learn();
    }

    @Override
    public Savepoint setSavepoint() throws SQLException {
        current();
        return framed(super.setSavepoint());
    }

    @Override
    public Savepoint setSavepoint(String name) throws SQLException {
        current();
        return framed(super.setSavepoint(name));
    }

    private Savepoint framed(Savepoint savepoint) throws SQLException {
        // As sqlite-jdbc writes it, quotes or none.
        executed("SAVEPOINT " + savepoint.getSavepointName(), false, Frame.SAVEPOINT);
        return savepoint;
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        super.releaseSavepoint(savepoint);
        executed("RELEASE SAVEPOINT " + savepoint.getSavepointName(), false, Frame.RELEASE);
    }

    @Override
    public void rollback(Savepoint savepoint) throws SQLException {
        super.rollback(savepoint);
        executed("ROLLBACK TO SAVEPOINT " + savepoint.getSavepointName(), false, Frame.ROLLBACK_TO);
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        T wrapped = super.unwrap(type);
        unwrapped |= wrapped != this;
        if (wrapped != this && record != null) {
            record.abandon("sqlite-jdbc's own connection is in the application's hands");
        }
        return wrapped;
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
        return prepare(asked, (Step.Preparation) connection -> preparing.prepare(connection, asked));
    }

    private PreparedStatement prepare(String sql, Step.Preparation preparation) throws SQLException {
        try {
            return prepared(sql, preparation);
        } catch (SQLException e) {
            return recover(e, sql, Frame.NONE, () -> prepared(sql, preparation));
        }
    }

    private PreparedStatement prepared(String sql, Step.Preparation preparation) throws SQLException {
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
            database.presence().lookAtFile();
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
        // Who saves the content through this connection is let finish: its fence would go with it.
        boolean nobodyMoves = awaitMove();
        try {
            closed = true;
            physical().close();
        } catch (SQLException e) {
            throw failed(e);
        } finally {
            if (nobodyMoves) {
                moving.unlock();
            }
            database.disconnected(this);
            if (upkeep != null) {
                upkeep.leave();
            }
        }
    }

    @Override
    public String toString() {
        return "HealingConnection[" + database.file().main() + "]";
    }
}
