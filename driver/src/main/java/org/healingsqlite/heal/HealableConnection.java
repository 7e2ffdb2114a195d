package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.jspecify.annotations.Nullable;

/**
 * A connection as the healer sees it: the same for the driver's delegates and for any other way in. The healer knows {@code java.sql} and this,
 * never the door a call came through.
 */
@Internal
public interface HealableConnection {

    /** sqlite-jdbc's connection that calls go to now. */
    Connection physical();

    /** The file it has open; null where that had vanished before anybody could look. */
    @Nullable
    FileIdentity identity();

    /** The log it has open. */
    LogIdentity log();

    /** The generation of the database's connections it belongs to. */
    int generation();

    /** What the connection was opened with. */
    HealingSettings settings();

    /** Whether the content of a lost file may be saved through it: not where nothing is healed, and not where it was opened for reading. */
    default boolean isSaver() {
        return settings().mode() == Mode.HEAL;
    }

    /** Whether it shares its cache with other connections: then it stays with its file, and nothing is taken from that. */
    default boolean sharesCache() {
        return false;
    }

    /** Where the connection is in its transaction. Asks the native handle: for use after an error only. */
    TransactionState transactionState() throws SQLException;

    /** When it opened that. */
    Instant opened();

    /** Whether the calling thread, which is not the one that uses the connection, may move it, in {@link #whileUnused}. */
    boolean isMovedByOthers();

    /**
     * Runs something for another thread than the one that uses the connection. Where calls come in under sqlite-jdbc's own locks, that thread takes them
     * first, so that it never waits for them while others wait for it.
     *
     * @param action not run where the application is in the middle of something that would not survive a move
     */
    default void whileUnused(SqlAction action) throws SQLException {
        action.run();
    }

    /**
     * Runs something that takes the healer's turn and uses this connection in it. Where the application may hold sqlite-jdbc's own lock of the connection
     * while it calls, that is taken before the turn: who has the turn must not need a lock that somebody holds who waits for it.
     *
     * @param turn takes the healer's turn
     */
    default <T> T inLockOrder(Turn<T> turn) throws SQLException {
        return turn.run();
    }

    /** Something that takes the healer's turn. */
    @FunctionalInterface
    interface Turn<T> {
        T run() throws SQLException;
    }

    /** Whether it moves sooner or later, by itself or by others, so that what it alone has is worth waiting for. */
    default boolean isGoingToMove() {
        return isMovedByOthers();
    }

    /** Whether what is done with it now is tried again soon where it fails: nobody needs to hear of that. */
    default boolean isTriedAgain() {
        return false;
    }

    /**
     * Goes over to the file that is at the path now: a new physical connection with the session state of the old one.
     *
     * @return what holds the lost file now; the caller's from here on
     * @throws SQLException where this connection cannot move, before anything has happened; or sqlite-jdbc's own
     */
    Connection move(Crossing crossing) throws SQLException, IOException;

    /**
     * Lets go of every lock the connection has: its transaction is rolled back, its open result sets end. What SQLite has found damaged it would
     * not commit in any case.
     *
     * @return whether a transaction of the application was lost
     */
    boolean letGo() throws SQLException;

    /**
     * Whether the application may still read from what this connection has left. Called by any thread.
     *
     * @param left sqlite-jdbc's connection that calls went to before
     */
    default boolean readsFrom(Connection left) {
        return false;
    }

    /** Ends the open result sets: reading on from one gives an exception, never a wrong row. Called by another thread than the connection's. */
    void endResults();

    /**
     * Opens a new physical connection to the same file, with the session state of the old one: that one has a log open that has lost its name.
     * What it has committed to that log is written into the database first.
     */
    void reopen() throws SQLException;

    /** What has to happen on the way from a file that has lost its name to another one, in this order. */
    interface Crossing {
        /** Reads from the lost file, while that cannot disturb anybody. */
        void read(SqlAction action) throws SQLException, IOException;

        /**
         * Leaves the lost file for the one at the path. What the lost file holds is given up only once the new one is open and is the right one.
         *
         * @param lost holds the lost file
         * @param arrival opens the new one
         */
        void leave(Connection lost, Arrival arrival) throws SQLException, IOException;
    }

    /** Opens what is at the path now, with the session state of the old connection. */
    @FunctionalInterface
    interface Arrival {
        /**
         * Opens it; a second time where what the first has opened was not the right file, which is closed then.
         *
         * @param only the file that has to be there; null where any will do, and one is created where there is none
         * @return the file that is open now; null where it had vanished before anybody could look
         * @throws TakenAwayException where the file that has to be there is not there any more
         */
        @Nullable
        FileIdentity open(@Nullable FileIdentity only) throws SQLException;
    }

    /** The schema is about to be changed through the connection: what watches its tables gets out of the way. */
    default void beforeSchemaChange() throws SQLException {}

    /**
     * Runs something outside of any transaction.
     *
     * @param action called with JDBC's unused transaction, if there is one, ended for the time being
     */
    void outsideTransaction(SqlAction action) throws SQLException;

    /** Something that asks the database. */
    @FunctionalInterface
    interface SqlAction {
        void run() throws SQLException;
    }
}
