package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.heal.HealableConnection;
import org.healingsqlite.heal.HealableConnection.SqlAction;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * A way in for calls of an application, as far as a session needs it: what only that way can do. The driver's wrapper puts another connection behind itself; woven
 * sqlite-jdbc keeps its objects and exchanges the native handle behind them.
 */
public interface Door {
    /**
     * What holds of the options at this moment, for the calling thread.
     *
     * @param settings what the connection was opened with
     */
    default HealingSettings settings(HealingSettings settings) {
        return settings;
    }

    /** What has run in the transaction of the moment. */
    Recording recording();

    /** Ends the open result sets: reading on from one gives an exception, never a wrong row. Called by any thread. */
    void endResults();

    /**
     * The two connections after an exchange.
     *
     * @param now takes the calls from here on
     * @param left holds what the calls went to before; the caller's
     */
    record Exchange(Connection now, Connection left) {}

    /** Puts a fresh connection in the place of the one that takes the calls now. */
    Exchange exchange(Connection now, Connection fresh) throws SQLException;

    /** Gives a fresh connection what only the door knows that the application has set. */
    default void equip(Connection fresh) throws SQLException {}

    /** What is taken along to a fresh connection. */
    default SessionState takenAlong(SessionState state) {
        return state;
    }

    /** Why the connection has to stay where it is; null where it may move. */
    default @Nullable String obstacle() throws SQLException {
        return null;
    }

    /**
     * Whether the end of a transaction that a fault has brought is mended: where an application relies on what sqlite-jdbc does after its own errors, it is not.
     */
    boolean mends(Fault fault);

    /**
     * Begins the transaction that JDBC believes in.
     *
     * @param mayWait whether a lock may be taken: in a lost file there may be a fence in its way
     */
    default void begin(Connection connection, boolean mayWait) throws SQLException {
        if (mayWait) {
            Sqlite.beginAsJdbcDoes(connection);
        } else {
            Sqlite.execute(connection, "BEGIN");
        }
    }

    /**
     * Whether something of ours was in the way of a call. It is not any more.
     *
     * @param failure what the call gave
     */
    default boolean wasInTheWay(SQLException failure) {
        return false;
    }

    /** Whether a call that met a lock, a full disk or the like is tried again here: where the application's calls are answered as sqlite-jdbc does, it is not. */
    boolean isPatient();

    /** See {@link HealableConnection#readsFrom}. */
    default boolean readsFrom(Connection left) {
        return false;
    }

    // ---- Other threads than the one that uses the connection: see HealableConnection

    /** See {@link HealableConnection#isMovedByOthers}. */
    default boolean isMovedByOthers() {
        return true;
    }

    /** See {@link HealableConnection#isGoingToMove}. */
    default boolean isGoingToMove() {
        return isMovedByOthers();
    }

    /** See {@link HealableConnection#isTriedAgain}. */
    default boolean isTriedAgain() {
        return false;
    }

    /** See {@link HealableConnection#whileUnused}. */
    default void whileUnused(SqlAction action) throws SQLException {
        action.run();
    }

    /** See {@link HealableConnection#inLockOrder}. */
    default <T> T inLockOrder(HealableConnection.Turn<T> turn) throws SQLException {
        return turn.run();
    }

    /** See {@link HealableConnection#beforeSchemaChange}. */
    default void beforeSchemaChange() throws SQLException {}
}
