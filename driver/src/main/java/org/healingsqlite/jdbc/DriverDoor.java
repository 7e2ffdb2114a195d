package org.healingsqlite.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.Glance;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.heal.ReplicaUpkeep;
import org.healingsqlite.heal.Upkeep;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.replay.Parameters;
import org.healingsqlite.replay.Repeatability;
import org.healingsqlite.replay.Step;
import org.healingsqlite.session.Attempt;
import org.healingsqlite.session.Call;
import org.healingsqlite.session.Door;
import org.healingsqlite.session.Held;
import org.healingsqlite.session.LiveRecord;
import org.healingsqlite.session.Recording;
import org.healingsqlite.session.Session;
import org.healingsqlite.session.Work;
import org.jspecify.annotations.Nullable;

/**
 * The driver's way in: another physical connection is put behind the wrapper, every statement passes by and is recorded, what is committed may be kept in the archive. As
 * thread-safe as its connection.
 */
final class DriverDoor implements Door {
    /** SQLState of a wait for the healer that took too long. */
    private static final String HEALING_TAKES_LONG = "HYT00";

    private static final String VERIFY = "PRAGMA healing_verify";

    /** What has open results that may have to be ended. */
    interface OpenResults {
        void endResults();

        /** The physical connection they are read from. */
        Connection origin();
    }

    private final Connection wrapper;
    private final ManagedDatabase database;
    private final Session session;
    private final LiveRecord record;
    private final OpenStatements<OpenResults> statements = new OpenStatements<>();

    /** Who keeps in the archive what is committed; null where nobody does. */
    private final @Nullable KeptCommits kept;

    /** Ships each commit before its call returns; null where nobody asked for that. */
    private final @Nullable ReplicaUpkeep shipping;

    private final @Nullable Upkeep upkeep;

    /** Whether the application has got hold of sqlite-jdbc's connection itself. */
    private volatile boolean unwrapped;

    /** Whether a query of this connection was answered without the database. */
    private volatile boolean degraded;

    /**
     * A way in for one connection, which is opened here.
     *
     * @param wrapper what the application has in its hands
     * @param unchanged as of {@link Held#open(ManagedDatabase, HealingSettings, Opener, Glance)}
     * @throws SQLException sqlite-jdbc's own, or what kept a registered schema from being applied
     */
    DriverDoor(
            Connection wrapper,
            ManagedDatabase database,
            HealingSettings settings,
            Opener opener,
            @Nullable Glance unchanged)
            throws SQLException {
        this.wrapper = wrapper;
        this.database = database;
        this.record = new LiveRecord(settings.replayLimitBytes());
        this.session = new Session(Held.open(database, settings, opener, unchanged), database, settings, opener, this);
        session.begin();
        this.upkeep = opener.isReadOnly() ? null : database.upkeep().use(settings);
        this.shipping = upkeep == null || !upkeep.replica().shipsCommits() ? null : upkeep.replica();
        this.kept = upkeep == null || !upkeep.keepsCommits() ? null : new KeptCommits(session, upkeep);
        if (kept != null) {
            kept.begin();
        }
    }

    Session session() {
        return session;
    }

    /** What the application has in its hands. */
    Connection wrapper() {
        return wrapper;
    }

    /** sqlite-jdbc's connection behind it. */
    Connection physical() {
        return session.physical();
    }

    /** The same for the next statement: the right one. */
    Connection current() throws SQLException {
        return session.current();
    }

    /** What the application has made and not closed. */
    OpenStatements<OpenResults> statements() {
        return statements;
    }

    // ---- What a session asks

    @Override
    public Recording recording() {
        return record;
    }

    @Override
    public void endResults() {
        statements.all().forEach(OpenResults::endResults);
    }

    @Override
    public Exchange exchange(Connection now, Connection fresh) {
        return new Exchange(fresh, now);
    }

    @Override
    public boolean readsFrom(Connection left) {
        return unwrapped || statements.all().stream().anyMatch(statement -> statement.origin() == left);
    }

    @Override
    public boolean mends(Fault fault) {
        return fault.symptom().mayEndTransaction();
    }

    @Override
    public boolean isPatient() {
        return true;
    }

    @Override
    public boolean wasInTheWay(SQLException failure) {
        KeptCommits keeper = kept;
        return keeper != null && keeper.wasInTheWay(failure);
    }

    @Override
    public void beforeSchemaChange() throws SQLException {
        KeptCommits keeper = kept;
        if (keeper != null) {
            keeper.suspend();
        }
    }

    // ---- What is kept in the archive, or shipped

    /** Whether a call commits by itself, and somebody waits for what was committed. */
    boolean keeps(boolean writes) throws SQLException {
        return (kept != null || shipping != null) && writes && physical().getAutoCommit();
    }

    /** Makes a call that may commit. */
    <T> T kept(Call<T> call) throws SQLException {
        KeptCommits keeper = kept;
        T result = keeper == null ? call.run() : keeper.call(call);
        ReplicaUpkeep ships = shipping;
        if (ships != null) {
            ships.shipCommits();
        }
        return result;
    }

    /** How many changes were noted for the archive so far: sqlite-jdbc counts them where it tells what a statement changed. */
    long notes() throws SQLException {
        KeptCommits keeper = kept;
        return keeper == null ? 0 : keeper.notes();
    }

    // ---- Calls

    /** The text to run: that of the statement which asks for a verification, already answered; any other as it is. */
    @SuppressWarnings("NullAway") // An application may hand in null, which sqlite-jdbc answers.
    String answered(@Nullable String sql) {
        return sql != null && sql.regionMatches(true, 0, VERIFY, 0, VERIFY.length())
                ? "SELECT " + (database.healer().verify(session) ? 1 : 0) + " AS healing_verify"
                : sql;
    }

    /** Makes a call, and makes it again where that is right. */
    <T> T run(Work work, Call<T> call) throws SQLException {
        try {
            return call.run();
        } catch (SQLException e) {
            return recover(e, work, call, null);
        }
    }

    /** As {@link Attempt#recover}. */
    <T> T recover(SQLException failure, Work work, Call<T> call, @Nullable Call<T> applied) throws SQLException {
        return new Attempt(session, work).recover(failure, call, applied);
    }

    /**
     * What a query of listed tables gives while the database cannot be had.
     *
     * @return null where it is to fail
     */
    @Nullable
    ResultSet degraded(SQLException failure, String sql, @Nullable Parameters parameters) {
        HealingSettings settings = session.settings();
        if (settings.degradeReads().isEmpty() || !session.heals() || record.isOpen()) {
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

    // ---- What has run

    /** Whether what runs now is recorded, to be run again. */
    boolean isRecording() {
        return record.isRecording();
    }

    /** Records what has run; see {@link org.healingsqlite.replay.TransactionRecord#add}. */
    Step recorded(Step step, @Nullable Repeatability repeatability) {
        record.add(step, repeatability);
        return step;
    }

    /** Somebody may work on sqlite-jdbc's connection unseen from now on. */
    void unwrapped() {
        unwrapped = true;
        record.abandon("sqlite-jdbc's own connection is in the application's hands");
    }

    /**
     * A statement has run.
     *
     * @param mayChangeSchema see {@link org.healingsqlite.schema.SqlStatement#mayChangeSchema}
     */
    void executed(String sql, boolean mayChangeSchema, Frame frame) {
        record.ran();
        if (degraded) {
            degraded = false;
            database.degradation().leave();
        }
        if (frame != Frame.NONE) {
            record.framed(sql, frame, session::isInTransaction);
        }
        if (mayChangeSchema) {
            session.schemaMayHaveChanged(sql);
            session.learnSoon();
        } else {
            session.learn();
        }
    }

    /** JDBC has ended the transaction. */
    void ended() throws SQLException {
        record.ended(!physical().getAutoCommit());
        session.learn();
    }

    /** Ends everything. */
    void close() throws SQLException {
        session.closing();
        try {
            // Who saves the content through this connection is let finish: its fence would go with it.
            session.afterMove(() -> physical().close());
        } finally {
            session.closed();
            record.ended(false);
            if (upkeep != null) {
                upkeep.leave();
            }
        }
    }
}
