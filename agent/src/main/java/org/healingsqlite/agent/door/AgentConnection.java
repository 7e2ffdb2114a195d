package org.healingsqlite.agent.door;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Predicate;
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
import org.healingsqlite.heal.PhysicalConnection;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.heal.Upkeep;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentNotice;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.jdbc.SessionState;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.repair.IndexRepair;
import org.healingsqlite.replay.CommitOutcome;
import org.healingsqlite.replay.DivergenceException;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * One of the application's own connections, as the healer sees it. Where the driver puts another physical connection behind its wrapper, this one
 * keeps every object of sqlite-jdbc and exchanges the native handle behind them.
 */
final class AgentConnection implements HealableConnection {
    private static final Log LOG = Log.of(AgentConnection.class);

    /** SQLITE_ERROR, after which SQLite ends no transaction by itself. */
    private static final int PLAIN_ERROR = 1;

    /** A table, by the application's own other statement. */
    private static final int LOCKED = 6;

    /** The application's own cancel. */
    private static final int INTERRUPT = 9;

    private static final Duration LONGEST_HOLD = Duration.ofSeconds(1);

    private final Connection connection;
    private final NativeHandle handle;
    private final ManagedDatabase database;
    private final HealingSettings settings;
    private final InnerConnections opener;
    private final RegisteredCodes.Of code;
    private final ReentrantLock moving = new ReentrantLock();

    private final Predicate<Object> begun;
    private final BiFunction<Object, Object, Object> recorded;
    private final LostTransaction lost = new LostTransaction();
    private final HealingSettings hurried;
    private final @Nullable Upkeep upkeep;
    private volatile PhysicalConnection held;
    private volatile boolean schemaChanged;

    /** Whether JDBC believes in a transaction that could not be begun: it is before the next statement. */
    private volatile boolean unbegun;

    /** Another thread than the application's, which has the connection to itself; null where there is none. */
    private volatile @Nullable Thread mover;

    /** A thread that has just ended a transaction, and need not wait for anything before its next statement; null where there is none. */
    private volatile @Nullable Thread restful;

    /** Whether the application is about to close the connection. Guarded by sqlite-jdbc's locks. */
    private boolean closing;

    /**
     * A connection of the application.
     *
     * @param begun asked whether nothing has run in the transaction of a connection
     * @param recorded asked what has run in it: see {@link RecordedTransaction#of}
     */
    AgentConnection(
            PhysicalConnection held,
            ManagedDatabase database,
            HealingSettings settings,
            InnerConnections opener,
            RegisteredCodes.Of code,
            Predicate<Object> begun,
            BiFunction<Object, Object, Object> recorded) {
        this.connection = held.connection();
        this.handle = new NativeHandle(connection);
        this.database = database;
        this.settings = settings;
        this.hurried = settings.waitingAtMost(LONGEST_HOLD);
        this.opener = opener;
        this.code = code;
        this.begun = begun;
        this.recorded = recorded;
        this.held = held;
        database.connected(this);
        this.upkeep = opener.isReadOnly() ? null : database.upkeep().use(settings);
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
        return held.identity();
    }

    @Override
    public LogIdentity log() {
        return held.log();
    }

    @Override
    public int generation() {
        return held.generation();
    }

    /** Who need not wait does not: who moves the connection for somebody else keeps its locks meanwhile. */
    @Override
    public HealingSettings settings() {
        return isTriedAgain() ? hurried : settings;
    }

    @Override
    public TransactionState transactionState() throws SQLException {
        if (connection.isClosed() || !Sqlite.inTransaction(connection)) {
            return TransactionState.NONE;
        }
        return isUnused() ? TransactionState.UNUSED : TransactionState.USED;
    }

    /** Whether the transaction that is open, if there is one, is JDBC's and nothing has run in it. */
    private boolean isUnused() throws SQLException {
        return !connection.getAutoCommit() && begun.test(connection);
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
            LastChange[] change = new LastChange[1];
            crossing.read(() -> {
                if (schemaChanged) {
                    schemaChanged = false;
                    database.schema().learn(opener, identity(), connection);
                }
                state[0] = sessionState();
                change[0] = LastChange.of(connection);
            });
            try (Fresh fresh = new Fresh(state[0], change[0])) {
                crossing.leave(connection, fresh);
                return fresh.exchange();
            }
        } finally {
            moving.unlock();
        }
    }

    /** Who heals waits for nobody's locks but SQLite's: others than it move the connection. */
    @Override
    public boolean isMovedByOthers() {
        return NativeHandle.IS_EXCHANGEABLE
                && !sharesCache()
                && settings.mode() == Mode.HEAL
                && !database.healer().isHealedByThisThread();
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
    public boolean isGoingToMove() {
        return settings.mode() == Mode.HEAL && !sharesCache() && handle.obstacle() == null;
    }

    /**
     * Under sqlite-jdbc's locks, in its order, so that the application's calls wait meanwhile. Not where the application has a statement open that a move would
     * take something away from, unless it will never ask for it.
     */
    @Override
    public void whileUnused(SqlAction action) throws SQLException {
        synchronized (connection) {
            synchronized (handle.database()) {
                if (moving.tryLock()) {
                    try {
                        if (isUnusedNow()) {
                            mover = Thread.currentThread();
                            action.run();
                        }
                    } finally {
                        mover = null;
                        moving.unlock();
                    }
                }
            }
        }
    }

    /** Under sqlite-jdbc's lock of the connection, which is the one that applications synchronise on. */
    @Override
    public <T> T inLockOrder(Turn<T> turn) throws SQLException {
        synchronized (connection) {
            return turn.run();
        }
    }

    private boolean isUnusedNow() throws SQLException {
        return !closing
                && !connection.isClosed()
                && handle.obstacle() == null
                && (database.isEnding() || !handle.isAnythingAwaited());
    }

    /** Whether the calling thread is another than the application's, and moves this connection. */
    boolean isMovedByThisThread() {
        return mover == Thread.currentThread();
    }

    @Override
    public boolean isTriedAgain() {
        return !database.isEnding() && (isMovedByThisThread() || restful == Thread.currentThread());
    }

    private SessionState sessionState() throws SQLException {
        SessionState state = SessionState.of(connection);
        // Where another thread moves it, it is in no transaction; sqlite-jdbc may have set its flag by now, and will
        // begin one.
        return isMovedByThisThread()
                ? new SessionState(
                        true, state.isolation(), state.readOnly(), state.typeMap(), state.pragmas(), state.attached())
                : state;
    }

    @Override
    public Instant opened() {
        return held.opened();
    }

    @Override
    public void reopen() throws SQLException {
        moving.lock();
        try {
            if (held.generation() == database.presence().generation()
                    || database.healer().isLost(this)) {
                return;
            }
            if (!Sqlite.pragma(connection, "journal_mode").equalsIgnoreCase("wal")) {
                // The log went because the application left WAL mode.
                held = new PhysicalConnection(
                        connection,
                        held.identity(),
                        held.opened(),
                        LogIdentity.of(database.file()),
                        database.presence().generation(),
                        database.presence().epoch());
                return;
            }
            refuseWhatCannotBeTakenAlong();
            SessionState state = sessionState();
            LastChange change = LastChange.of(connection);
            if (DamageCheck.isLogDeleted(database.file())) {
                // Nobody has begun another log: what this connection's log holds is what its index speaks of.
                IndexRepair.checkpoint(connection);
            }
            try (Fresh fresh = new Fresh(state, change)) {
                if (Objects.equals(fresh.open(), held.identity())) {
                    database.left(this, fresh.exchange());
                }
            }
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

    /** A new connection, whose native handle this one is to get. */
    private final class Fresh implements Arrival, AutoCloseable {
        private final SessionState state;
        private final LastChange change;
        private @Nullable PhysicalConnection opened;

        Fresh(SessionState state, LastChange change) {
            this.state = state;
            this.change = change;
        }

        @Override
        public @Nullable FileIdentity open() throws SQLException {
            close();
            PhysicalConnection after = PhysicalConnection.open(database, settings(), opener);
            opened = after;
            code.applyTo(new NativeHandle(after.connection()).database());
            change.applyTo(after.connection());
            state.applyTo(after.connection());
            return after.identity();
        }

        /** The handles change places; who had the new one has the old one then, and is the caller's. */
        Connection exchange() throws SQLException {
            PhysicalConnection after = opened;
            if (after == null) {
                throw new SQLException("no connection was opened");
            }
            Connection fresh = after.connection();
            NativeHandle ofFresh = new NativeHandle(fresh);
            synchronized (handle.database()) {
                synchronized (ofFresh.database()) {
                    handle.finalizeStatements();
                    ofFresh.finalizeStatements();
                    handle.exchange(ofFresh);
                }
            }
            held = after.through(connection);
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
        if (connection.isClosed() || !Sqlite.inTransactionOfDamaged(connection)) {
            return false;
        }
        boolean used = !isUnused();
        Sqlite.execute(connection, "ROLLBACK");
        if (used) {
            lost.happened(!connection.getAutoCommit());
        }
        return used;
    }

    @Override
    public void endResults() {
        try {
            synchronized (handle.database()) {
                handle.finalizeQueries();
            }
        } catch (SQLException e) {
            LOG.debug("{}: {}", database.file().main(), Disclosure.message(e));
        }
    }

    /** After {@link #letGo}: JDBC's idea of the transaction and SQLite's are brought together again. */
    void resumeTransaction() {
        try {
            if (!connection.isClosed() && !connection.getAutoCommit() && !Sqlite.inTransactionOfDamaged(connection)) {
                unbegun = true;
                begin();
            }
            unbegun = false;
        } catch (SQLException e) {
            LOG.debug("{}: no new transaction: {}", database.file().main(), Disclosure.message(e));
        }
    }

    /** As JDBC does, or, where a lock is in the way, in a form that takes none: sqlite-jdbc will want to end a transaction. */
    private void begin() throws SQLException {
        if (!database.healer().isLost(this) && !(database.presence().isRestoring() && isTriedAgain())) {
            try {
                Sqlite.beginAsJdbcDoes(connection);
                return;
            } catch (SQLException e) {
                LOG.debug("{}: begun without a lock: {}", database.file().main(), Disclosure.message(e));
            }
        }
        Sqlite.execute(connection, "BEGIN");
    }

    /** Whether SQLite may have ended a transaction by itself; that of a constraint, or of what an application has cancelled, is its own affair. */
    private static boolean mayEndTransaction(Fault fault) {
        int code = fault.symptom().primaryCode();
        return code > PLAIN_ERROR && code != LOCKED && code != INTERRUPT && !(fault instanceof Fault.Application);
    }

    /**
     * SQLite ends a transaction by itself after some errors, and sqlite-jdbc does not notice: what came later would be committed statement by statement. Here
     * both ideas of the transaction are brought together again.
     */
    void afterFailure(SQLException failure) {
        if (settings.mode() != Mode.HEAL || !mayEndTransaction(Fault.of(failure))) {
            return;
        }
        try {
            if (connection.isClosed() || content() == null || Sqlite.inTransaction(connection)) {
                return;
            }
            lost.happened(!connection.getAutoCommit());
            resumeTransaction();
        } catch (SQLException e) {
            LOG.debug(
                    "{}: where the transaction is, is not known: {}",
                    database.file().main(),
                    Disclosure.message(e));
        }
    }

    /**
     * JDBC's rollback has failed: as a rule only the BEGIN after it.
     *
     * @return null where the application is to see the failure
     */
    @Nullable
    Object rollbackFailed(SQLException failure) throws SQLException {
        boolean isOver = settings.mode() == Mode.HEAL
                && !connection.isClosed()
                && !connection.getAutoCommit()
                && (unbegun || Fault.of(failure) instanceof Fault.Unavailable)
                && !Sqlite.inTransaction(connection);
        if (!isOver) {
            return null;
        }
        resumeTransaction();
        return true;
    }

    /**
     * Setting autocommit has failed, after sqlite-jdbc has changed its flag.
     *
     * @return null where the application is to see the failure, an exception where that one, else anything
     */
    @Nullable
    Object switchFailed(SQLException failure) throws SQLException {
        Fault fault = Fault.of(failure);
        if (settings.mode() != Mode.HEAL || connection.isClosed() || !mayEndTransaction(fault)) {
            return null;
        }
        if (connection.getAutoCommit()) {
            CommitOutcome outcome = content() == null ? CommitOutcome.OPEN : outcomeOfCommit(fault);
            if (outcome == CommitOutcome.COMMITTED) {
                return true;
            }
            return outcome == CommitOutcome.UNKNOWN ? LostTransaction.unknown(failure) : null;
        }
        unbegun = true;
        Incident incident = database.healer().heal(failure, this);
        if (incident == null || !incident.outcome().allowsRetry()) {
            return null;
        }
        settle();
        return unbegun ? null : true;
    }

    /** Whether a statement that failed has been applied all the same: SQLite could not delete a journal that was gone already, or it was a COMMIT. */
    boolean isApplied(SQLException failure, String sql) throws SQLException {
        Fault fault = Fault.of(failure);
        if (settings.mode() != Mode.HEAL
                || connection.isClosed()
                || SqlStatement.returnsRows(sql)
                || fault instanceof Fault.Application) {
            return false;
        }
        return fault.effect() == Effect.APPLIED && connection.getAutoCommit()
                || mayEndTransaction(fault)
                        && Frame.of(sql) == Frame.COMMIT
                        && content() != null
                        && outcomeOfCommit(fault) == CommitOutcome.COMMITTED;
    }

    private CommitOutcome outcomeOfCommit(Fault fault) {
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

    /**
     * JDBC's commit has failed. It is not tried again before it is known that it has not taken effect.
     *
     * @return null where the application is to see the failure, an exception where that one, else anything: it is committed
     */
    @Nullable
    Object commitFailed(SQLException failure) throws SQLException {
        SQLException last = failure;
        for (int attempt = 1; ; attempt++) {
            Fault fault = Fault.of(last);
            boolean isOpen = content() != null || begun.test(connection);
            if (settings.mode() != Mode.HEAL
                    || connection.isClosed()
                    || connection.getAutoCommit()
                    || !isOpen
                    || !mayEndTransaction(fault)) {
                return last == failure ? null : last;
            }
            switch (outcomeOfCommit(fault)) {
                case OPEN -> {}
                case COMMITTED -> {
                    resumeTransaction();
                    return true;
                }
                case ROLLED_BACK -> {
                    if (!begun.test(connection)) {
                        lost.happened(true);
                    }
                    resumeTransaction();
                }
                case UNKNOWN -> {
                    resumeTransaction();
                    return LostTransaction.unknown(last);
                }
            }
            Incident incident =
                    attempt > settings.maxAttempts() ? null : database.healer().heal(last, this);
            if (incident == null) {
                return last == failure ? null : last;
            }
            SQLException told = lostTransaction(last, incident);
            if (told != null) {
                return told;
            }
            if (!incident.outcome().allowsRetry()) {
                last.addSuppressed(new IncidentNotice(incident));
                return last;
            }
            try {
                connection.commit();
                return true;
            } catch (SQLException e) {
                last = e;
            }
        }
    }

    /** The application sees the failure itself. */
    void answered() {
        lost.answered();
    }

    /** Whether healing has cost the application its transaction, and it has not been told. */
    boolean isTransactionLost() {
        return lost.isUntold();
    }

    /** Whether what has run in the transaction so far is known, and may run again. */
    boolean isRecorded() {
        return content() instanceof Object[] content && content[0] == null && settings.replayLimitBytes() > 0;
    }

    @SuppressWarnings("NullAway") // There is nothing else to ask.
    private @Nullable Object content() {
        return recorded.apply(connection, null);
    }

    /**
     * Runs the transaction again that healing cost the application.
     *
     * @return what it is to be told where that is not possible; null where it has lost nothing
     */
    @Nullable
    SQLException lostTransaction(SQLException failure, Incident incident) {
        String objection = lost.isUntold() ? replay(incident.outcome()) : null;
        resumeTransaction();
        return lost.told(failure, incident, objection);
    }

    /** Gives why the transaction is not where it was; null where it is. SQLite is in no transaction then. */
    private @Nullable String replay(Outcome outcome) {
        if (!outcome.allowsRetry()) {
            return "the database is not healed";
        }
        if (!(content() instanceof Object[] content)) {
            return "it was not recorded";
        }
        if (!NativeHandle.IS_EXCHANGEABLE) {
            return "this release of sqlite-jdbc does not tell enough of what is read";
        }
        if (handle.obstacle() != null) {
            return handle.obstacle();
        }
        if (code.hasFunctions()) {
            return "it may have called a function of the application's own";
        }
        RecordedTransaction transaction = RecordedTransaction.of(content, settings.replayLimitBytes());
        String objection = transaction.objection();
        if (objection != null) {
            return objection;
        }
        return database.desk().hasLostSince(outcome, transaction.startedMillis())
                ? "something was lost in the heal"
                : runAgain(transaction);
    }

    private @Nullable String runAgain(RecordedTransaction transaction) {
        try {
            settle();
            if (Sqlite.inTransactionOfDamaged(connection)) {
                Sqlite.execute(connection, "ROLLBACK");
            }
            try {
                transaction.replay(connection);
                lost.replayed();
                LOG.debug("{}: replayed the transaction", database.file().main());
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

    /** What reading on from a result set ran into: heals it, and gives what the application is to see. */
    SQLException interrupted(SQLException failure) throws SQLException {
        afterFailure(failure);
        Incident incident = database.healer().heal(failure, this);
        if (incident == null) {
            lost.answered();
            return failure;
        }
        SQLException told = lost.ofResults(failure, incident);
        resumeTransaction();
        return told;
    }

    /**
     * The application is about to end its transaction.
     *
     * @throws SQLException where it would commit the rest of one of which a part is lost
     */
    void ending(boolean commits) throws SQLException {
        if (commits && !lost.mustRollBack() && content() != null) {
            database.healer().refuseUnsaved(this);
        }
        if (lost.mustRollBack()) {
            if (commits) {
                connection.rollback();
            }
            lost.rolledBack();
            if (commits) {
                throw LostTransaction.ofTheRest();
            }
        }
    }

    /** Whether a part of the transaction is lost, so that the rest must not be committed. */
    boolean mustRollBack() {
        return lost.mustRollBack();
    }

    /**
     * A text is about to run, which may end the transaction.
     *
     * @throws SQLException as {@link #ending}
     */
    void about(String sql) throws SQLException {
        if (!mustRollBack()) {
            return;
        }
        switch (Frame.of(sql)) {
            case ROLLBACK -> lost.rolledBack();
            case COMMIT, SEVERAL -> ending(true);
            default -> {}
        }
    }

    // ---- Before and after calls

    /** Whether there is something to do before the next statement, or before the transaction ends. */
    boolean needsALook() {
        return held.epoch() != database.presence().epoch() || schemaChanged || unbegun || lost.mustRollBack();
    }

    /** Something has happened to the file: finds out whether this connection still has the right one, and moves where it may. */
    void settle() throws SQLException {
        settleFile();
        if (unbegun) {
            resumeTransaction();
        }
    }

    private void settleFile() throws SQLException {
        learn();
        PhysicalConnection now = held;
        if (now.epoch() == database.presence().epoch() || connection.isClosed()) {
            return;
        }
        if (database.presence().isRestoring()) {
            if (Sqlite.inTransactionOfDamaged(connection) && !isUnused()) {
                // Its locks are what the healer waits for: it is let finish.
                return;
            }
            awaitHealer();
        }
        int epoch = database.presence().epoch();
        FileIdentity atPath = database.file().identity();
        if (atPath != null && atPath.equals(now.identity())) {
            if (now.generation() != database.presence().generation() && transactionState() != TransactionState.USED) {
                database.healer().reopen(this);
                return;
            }
            database.presence().watch();
            held = held.at(epoch);
        } else if (settings.mode() != Mode.HEAL) {
            held = now.at(epoch);
        } else if (transactionState() != TransactionState.USED) {
            database.healer().relocate(this);
            if (held.equals(now) && !isTriedAgain()) {
                // Nothing came of it: not again before something else happens to the file.
                held = now.at(epoch);
            }
        }
    }

    /** A transaction that JDBC has begun and nobody has used may hold the write lock all the same: the healer needs it. */
    private void awaitHealer() throws SQLException {
        if (connection.getAutoCommit() || !Sqlite.inTransactionOfDamaged(connection)) {
            database.healer().awaitHealer(settings());
            return;
        }
        Sqlite.execute(connection, "ROLLBACK");
        try {
            database.healer().awaitHealer(settings());
        } finally {
            resumeTransaction();
        }
    }

    /** As {@link #settle}, after a transaction: what cannot be had now is waited for by the next statement. */
    void rest() throws SQLException {
        restful = Thread.currentThread();
        try {
            settle();
        } finally {
            restful = null;
        }
    }

    void schemaMayHaveChanged(String sql) {
        database.schema().schemaChanges(sql);
        schemaChanged = true;
    }

    /** Whether something has run in a transaction that is open. Where the gate knows, nobody asks SQLite: one statement more between two of the application's can be noticed. */
    private boolean isInUse() throws SQLException {
        return !begun.test(connection) && (content() != null || transactionState() == TransactionState.USED);
    }

    /** Learns the schema again after it was changed through this connection, unless the change is not committed yet. */
    void learn() {
        if (!schemaChanged) {
            return;
        }
        try {
            if (!connection.isClosed() && !isInUse()) {
                schemaChanged = false;
                database.schema().learn(opener, identity(), connection);
            }
        } catch (SQLException e) {
            LOG.debug("{}: not learned: {}", database.file().main(), Disclosure.message(e));
        }
    }

    /** Whether the file at the path has this key. */
    boolean holds(Object fileKey) {
        FileIdentity file = held.identity();
        return file != null && file.toString().equals(fileKey.toString());
    }

    /** Another file is at the path, or none, than when the connection was opened. */
    void hasLostItsFile() {
        held = new PhysicalConnection(connection, null, Instant.now(), held.log(), held.generation(), held.epoch() - 1);
        schemaChanged = true;
    }

    /**
     * Learns what is committed, without touching the connection, which belongs to another thread. What it has not committed is learned before its
     * next call.
     */
    void learnElsewhere() throws SQLException {
        FileIdentity file = held.identity();
        if (file != null && file.equals(database.file().identity())) {
            database.schema().learn(opener, file, connection);
        }
    }

    /** The application is about to close the connection. */
    void close() {
        learn();
        database.closing(this);
        // Who moves it for somebody else is let finish: what it leaves behind is closed with it.
        synchronized (connection) {
            synchronized (handle.database()) {
                closing = true;
            }
        }
        database.disconnected(this);
        if (upkeep != null) {
            upkeep.leave();
        }
    }
}
