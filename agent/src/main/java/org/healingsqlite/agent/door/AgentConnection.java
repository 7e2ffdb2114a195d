package org.healingsqlite.agent.door;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.heal.HealableConnection;
import org.healingsqlite.heal.HealableConnection.SqlAction;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.Mode;
import org.healingsqlite.heal.Upkeep;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.session.Door;
import org.healingsqlite.session.Held;
import org.healingsqlite.session.Recording;
import org.healingsqlite.session.Session;
import org.healingsqlite.session.SessionState;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * The way in through one of the application's own connections. Where the driver puts another physical connection behind its wrapper, this one keeps every object of
 * sqlite-jdbc and exchanges the native handle behind them.
 */
final class AgentConnection implements Door {
    private static final Log LOG = Log.of(AgentConnection.class);

    /** SQLITE_LOCKED: a table, by the application's own other statement. */
    private static final int LOCKED = 6;

    /** SQLITE_INTERRUPT: the application's own cancel. */
    private static final int INTERRUPT = 9;

    /** Who moves a connection for somebody else keeps sqlite-jdbc's locks meanwhile: the application's calls wait no longer than this for it. */
    private static final Duration LONGEST_HOLD = Duration.ofSeconds(1);

    private final Connection connection;
    private final NativeHandle handle;
    private final ManagedDatabase database;
    private final RegisteredCodes.Of code;
    private final GateRecording recording;
    private final Session session;
    private final @Nullable Upkeep upkeep;

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
            Held held,
            ManagedDatabase database,
            HealingSettings settings,
            InnerConnections opener,
            RegisteredCodes.Of code,
            Predicate<Object> begun,
            BiFunction<Object, Object, Object> recorded) {
        this.connection = held.connection();
        this.handle = new NativeHandle(connection);
        this.database = database;
        this.code = code;
        this.recording = new GateRecording(connection, begun, recorded, handle, code, settings.replayLimitBytes());
        this.session = new Session(held, database, settings, opener, this);
        session.begin();
        this.upkeep = opener.isReadOnly() ? null : database.upkeep().use(settings);
    }

    Session session() {
        return session;
    }

    ManagedDatabase database() {
        return database;
    }

    NativeHandle handle() {
        return handle;
    }

    Connection connection() {
        return connection;
    }

    // ---- What a session asks

    @Override
    public Recording recording() {
        return recording;
    }

    /** Who need not wait does not: who moves the connection for somebody else keeps its locks meanwhile. */
    @Override
    public HealingSettings settings(HealingSettings settings) {
        return isTriedAgain() ? settings.waitingAtMost(LONGEST_HOLD) : settings;
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

    /** That of a constraint, or of what an application has cancelled, is its own affair: it relies on what sqlite-jdbc does then. */
    @Override
    public boolean mends(Fault fault) {
        int code = fault.symptom().primaryCode();
        return fault.symptom().mayEndTransaction()
                && code != LOCKED
                && code != INTERRUPT
                && !(fault instanceof Fault.Application);
    }

    /** As JDBC does, or, where a lock is in the way, in a form that takes none: sqlite-jdbc will want to end a transaction. */
    @Override
    public void begin(Connection same, boolean mayWait) throws SQLException {
        if (mayWait) {
            try {
                Sqlite.beginAsJdbcDoes(connection);
                return;
            } catch (SQLException e) {
                LOG.debug("{}: begun without a lock: {}", database.file().main(), Disclosure.message(e));
            }
        }
        Sqlite.execute(connection, "BEGIN");
    }

    /** The application's calls are answered as sqlite-jdbc answers them: on a healthy database a wait would be a difference. */
    @Override
    public boolean isPatient() {
        return false;
    }

    // ---- Another native handle

    @Override
    public @Nullable String obstacle() throws SQLException {
        String obstacle = handle.obstacle();
        return obstacle == null && hasTemporaryObjects()
                ? "it has temporary tables, which cannot be taken along"
                : obstacle;
    }

    /** Whoever has made one has read the schema; who has not is not asked for it, because a lost file may not give it any more. */
    private boolean hasTemporaryObjects() throws SQLException {
        if (Sqlite.pragma(connection, "temp.schema_version").equals("0")) {
            return false;
        }
        return Sqlite.unnoticed(connection, () -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT count(*) FROM sqlite_temp_master")) {
                return row.next() && row.getInt(1) > 0;
            }
        });
    }

    @Override
    public void equip(Connection fresh) throws SQLException {
        code.applyTo(new NativeHandle(fresh).database());
    }

    /** Where another thread moves it, it is in no transaction; sqlite-jdbc may have set its flag by now, and will begin one. */
    @Override
    public SessionState takenAlong(SessionState state) {
        return isMovedByThisThread() ? state.inAutoCommit() : state;
    }

    /** The handles change places; who had the new one has the old one then. */
    @Override
    public Exchange exchange(Connection same, Connection fresh) throws SQLException {
        NativeHandle ofFresh = new NativeHandle(fresh);
        synchronized (handle.database()) {
            synchronized (ofFresh.database()) {
                handle.finalizeStatements();
                ofFresh.finalizeStatements();
                handle.exchange(ofFresh);
            }
        }
        return new Exchange(connection, fresh);
    }

    /** Who heals waits for nobody's locks but SQLite's: others than it move the connection. */
    @Override
    public boolean isMovedByOthers() {
        return NativeHandle.IS_EXCHANGEABLE
                && session.settings().mode() == Mode.HEAL
                && !database.healer().isHealedByThisThread();
    }

    @Override
    public boolean isGoingToMove() {
        return session.settings().mode() == Mode.HEAL && handle.obstacle() == null;
    }

    /**
     * Under sqlite-jdbc's locks, in its order, so that the application's calls wait meanwhile. Not where the application has a statement open that a move would
     * take something away from, unless it will never ask for it.
     */
    @Override
    public void whileUnused(SqlAction action) throws SQLException {
        synchronized (connection) {
            synchronized (handle.database()) {
                session.unlessMoving(() -> {
                    if (isUnusedNow()) {
                        mover = Thread.currentThread();
                        try {
                            action.run();
                        } finally {
                            mover = null;
                        }
                    }
                });
            }
        }
    }

    /** Under sqlite-jdbc's lock of the connection, which is the one that applications synchronise on. */
    @Override
    public <T> T inLockOrder(HealableConnection.Turn<T> turn) throws SQLException {
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

    /** As {@link Session#settle}, after a transaction: what cannot be had now is waited for by the next statement. */
    void rest() throws SQLException {
        restful = Thread.currentThread();
        try {
            session.settle();
        } finally {
            restful = null;
        }
    }

    // ---- The connection itself

    /** Whether the file at the path has this key. */
    boolean holds(Object fileKey) {
        FileIdentity file = session.identity();
        return file != null && file.toString().equals(fileKey.toString());
    }

    /**
     * Learns what is committed, without touching the connection, which belongs to another thread. What it has not committed is learned before its
     * next call.
     */
    void learnElsewhere() throws SQLException {
        session.learnElsewhere();
    }

    /** The application is about to close the connection. */
    void close() {
        session.closing();
        // Who moves it for somebody else is let finish: what it leaves behind is closed with it.
        synchronized (connection) {
            synchronized (handle.database()) {
                closing = true;
            }
        }
        session.closed();
        if (upkeep != null) {
            upkeep.leave();
        }
    }
}
