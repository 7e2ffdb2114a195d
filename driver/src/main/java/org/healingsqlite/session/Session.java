package org.healingsqlite.session;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Objects;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.heal.HealableConnection;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.Mode;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * One connection of the application, as the healer sees it: which file it has open, where its transaction is, when it moves. On the healthy path a call costs three
 * volatile reads; no lock is taken, so that cancel and close get past a statement that runs. Thread-safe as far as sqlite-jdbc's own connections are.
 */
public final class Session implements HealableConnection {
    /** SQLITE_INTERRUPT. */
    private static final int INTERRUPT = 9;

    private final ManagedDatabase database;
    private final HealingSettings settings;
    private final Opener opener;
    private final Door door;
    private final Whereabouts whereabouts;
    private final Transaction transaction;
    private final Learning learning;
    private final Settling settling;
    private final Ending ending;

    /**
     * A session of a connection that is open. {@link #begin} puts it on the database's list.
     *
     * @param opener opens another one where the connection has to move
     */
    public Session(Held held, ManagedDatabase database, HealingSettings settings, Opener opener, Door door) {
        this.database = database;
        this.settings = settings;
        this.opener = opener;
        this.door = door;
        this.transaction = new Transaction(door);
        this.learning = new Learning(database, opener);
        this.whereabouts = new Whereabouts(held, database, opener, door, learning);
        this.settling = new Settling(this, database, whereabouts, transaction, door);
        this.ending = new Ending(this, database, transaction, settling);
    }

    /** The database hears of the connection. */
    public void begin() {
        database.connected(this);
    }

    /** The database this belongs to. */
    public ManagedDatabase database() {
        return database;
    }

    /** The transaction of the moment. */
    public Transaction transaction() {
        return transaction;
    }

    Door door() {
        return door;
    }

    /** What is held now. */
    public Held held() {
        return whereabouts.held();
    }

    /**
     * The connection has another file open than the one at the path.
     *
     * @param was the file it has open; null where nobody knows
     */
    public void hasLostItsFile(@Nullable FileIdentity was) {
        whereabouts.hasLostItsFile(was);
        learning.begin();
    }

    // ---- What the healer asks

    @Override
    public Connection physical() {
        return held().connection();
    }

    @Override
    public @Nullable FileIdentity identity() {
        return held().identity();
    }

    @Override
    public LogIdentity log() {
        return held().log();
    }

    @Override
    public int generation() {
        return held().generation();
    }

    @Override
    public Instant opened() {
        return held().opened();
    }

    @Override
    public HealingSettings settings() {
        return door.settings(database.inForce(settings, this));
    }

    /** Whether faults are mended here; otherwise they are told, and nothing is changed. */
    public boolean heals() {
        return settings().mode() == Mode.HEAL;
    }

    @Override
    public TransactionState transactionState() throws SQLException {
        Connection connection = physical();
        if (connection.isClosed() || !Sqlite.inTransaction(connection)) {
            return TransactionState.NONE;
        }
        return isUnused() ? TransactionState.UNUSED : TransactionState.USED;
    }

    /** Whether SQLite is in a transaction. Asks it. */
    public boolean isInTransaction() throws SQLException {
        return Sqlite.inTransaction(physical());
    }

    /** Whether the transaction that is open, if there is one, is JDBC's and nothing has run in it. */
    private boolean isUnused() throws SQLException {
        return !physical().getAutoCommit() && transaction.isUnused();
    }

    @Override
    public boolean isSaver() {
        return heals() && !opener.isReadOnly();
    }

    @Override
    public boolean sharesCache() {
        return opener.sharesCache();
    }

    @Override
    public boolean isMovedByOthers() {
        return !sharesCache() && door.isMovedByOthers();
    }

    @Override
    public boolean isGoingToMove() {
        return !sharesCache() && door.isGoingToMove();
    }

    @Override
    public boolean isTriedAgain() {
        return door.isTriedAgain();
    }

    @Override
    public void whileUnused(SqlAction action) throws SQLException {
        door.whileUnused(action);
    }

    @Override
    public <T> T inLockOrder(Turn<T> turn) throws SQLException {
        return door.inLockOrder(turn);
    }

    @Override
    public void beforeSchemaChange() throws SQLException {
        door.beforeSchemaChange();
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
        return whereabouts.move(crossing, settings());
    }

    @Override
    public void reopen() throws SQLException {
        if (generation() != database.presence().generation()
                && !database.healer().isLost(this)) {
            Connection left = whereabouts.reopen(settings());
            if (left != null) {
                database.left(this, left);
            }
        }
    }

    /** {@inheritDoc} Whoever lets go leaves a transaction that the next statement begins, or is told of: no path can forget it. */
    @Override
    public boolean letGo() throws SQLException {
        // Otherwise the transaction that is open on it is the healer's own: the fence around a lost file.
        boolean[] lost = new boolean[1];
        whereabouts.unlessMoving(() -> lost[0] = letGoUnmoved());
        return lost[0];
    }

    private boolean letGoUnmoved() throws SQLException {
        door.endResults();
        Connection connection = physical();
        if (connection.isClosed() || !Sqlite.inTransactionOfDamaged(connection)) {
            return false;
        }
        Sqlite.execute(connection, "ROLLBACK");
        return transaction.rolledBack(connection);
    }

    @Override
    public void endResults() {
        door.endResults();
    }

    @Override
    public boolean readsFrom(Connection left) {
        return door.readsFrom(left);
    }

    // ---- Before calls

    /** Whether there is something to find out before the next statement, or to learn once the transaction is over. */
    public boolean needsALook() {
        return held().epoch() != database.presence().epoch() || transaction.isTroubled() || learning.isDue();
    }

    /** The connection for the next statement. */
    public Connection current() throws SQLException {
        Held now = held();
        if (now.epoch() == database.presence().epoch() && !transaction.isTroubled()) {
            return now.connection();
        }
        settle();
        return physical();
    }

    /**
     * Something has happened to the file or the transaction: finds out whether this connection still has the right one, moves where it may, and brings JDBC's idea of the
     * transaction and SQLite's together.
     */
    public void settle() throws SQLException {
        if (physical().isClosed()) {
            return;
        }
        joinBeforeStatement();
        settleFile();
        if (transaction.isTroubled()) {
            joinBeforeStatement();
        }
    }

    /** As long as an interrupt is in force, the statement will say so itself. */
    private void joinBeforeStatement() throws SQLException {
        if (!transaction.isTroubled()) {
            return;
        }
        try {
            settling.join();
        } catch (SQLException e) {
            if (Fault.of(e).symptom().primaryCode() != INTERRUPT) {
                throw e;
            }
        }
        if (transaction.isLost()) {
            boolean goesOn = !physical().getAutoCommit();
            transaction.answered(physical());
            if (!goesOn) {
                throw TransactionErrors.lostBefore();
            }
        }
    }

    /** Brings the two ideas of the transaction together; what is in the way is left for the next statement to meet. */
    void resume() {
        if (transaction.isTroubled()) {
            settling.joinLater();
        }
    }

    /** See {@link #settle}; the transaction stays as it is. */
    void settleFile() throws SQLException {
        learn();
        settling.settle();
    }

    /** Runs something unless the connection is being moved, by a thread that need not be the one that uses it. */
    public void unlessMoving(SqlAction action) throws SQLException {
        whereabouts.unlessMoving(action);
    }

    /** Runs something that nobody moves the connection in the middle of, where that can be had. */
    public void afterMove(SqlAction action) throws SQLException {
        whereabouts.afterMove(settings().waitLimit(), action);
    }

    // ---- The end of transactions

    /**
     * A text that may end the transaction is about to run.
     *
     * @throws SQLException SQLState 40001 where it would commit the rest of one of which a part is lost; that is rolled back then
     */
    public void about(Frame frame) throws SQLException {
        ending.about(frame);
        if (frame == Frame.COMMIT) {
            learning.beforeCommit(this);
        } else if (frame != Frame.NONE) {
            learning.uncommitted();
        }
    }

    /** The application is about to roll back: SQLite is in the transaction then, as JDBC believes, unless that cannot be had. */
    public void beforeRollback() throws SQLException {
        learning.uncommitted();
        ending.beforeRollback();
    }

    /** As {@link #about}, before JDBC's commit, or what commits as well. */
    public void beforeCommit() throws SQLException {
        if (transaction.isTroubled() && !transaction.mustRollBack()) {
            settle();
        }
        ending.refuseToCommit();
        learning.beforeCommit(this);
    }

    /** A call that may have been to commit has failed. */
    void maybeUncommitted() {
        learning.uncommitted();
    }

    /** See {@link Settling#afterFailure}. */
    void afterFailure(SQLException failure) {
        settling.afterFailure(failure);
    }

    // ---- The schema

    /** Something was run that changes the schema; it may have done so even where it ended with an exception. */
    public void schemaMayHaveChanged(String sql) {
        learning.begin(database.schema().learning().schemaChanges(sql));
    }

    /** As {@link #learn}, behind the statement that has changed something: where that would cost much, it waits for the last of many. */
    public void learnSoon() {
        if (learning.isDue()) {
            learning.learnCommitted(this, transaction, true);
        }
    }

    /** Learns the schema again after it was changed through this connection, unless the change is not committed yet. */
    public void learn() {
        if (learning.isDue()) {
            learning.learnCommitted(this, transaction, false);
        }
    }

    /** Learns what is committed, without touching the connection, which belongs to another thread. */
    public void learnElsewhere() throws SQLException {
        Held now = held();
        if (Objects.equals(now.identity(), database.file().identity())) {
            learning.learnElsewhere(now);
        }
    }

    // ---- The end

    /** The connection is about to be closed. */
    public void closing() {
        learn();
        database.closing(this);
    }

    /** It was closed. */
    public void closed() {
        database.disconnected(this);
    }
}
