package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.fault.Effect;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.replay.CommitOutcome;
import org.healingsqlite.sqlite.Sqlite;

/** Finds out what became of a COMMIT that failed, by JDBC or by a text: the only place that does. COMMIT is never sent again to find out. For one thread at a time. */
final class Commit {
    private static final Log LOG = Log.of(Commit.class);

    private final Session session;

    Commit(Session session) {
        this.session = session;
    }

    /** Whether a statement that was a transaction of its own is in effect although it failed: SQLite could not delete a journal that was gone. */
    static boolean isAppliedAlone(SQLException failure, Connection connection) throws SQLException {
        Fault fault = Fault.of(failure);
        return fault.effect() == Effect.APPLIED
                && !(fault instanceof Fault.Application)
                && !connection.isClosed()
                && connection.getAutoCommit();
    }

    /** What became of the transaction whose end failed. Changes nothing. */
    CommitOutcome outcome(SQLException failure) {
        Fault fault = Fault.of(failure);
        if (!session.heals()
                || !session.door().mends(fault)
                || session.transaction().state() == Transaction.State.NONE) {
            // The application has ended the transaction before, or sqlite-jdbc did not even try.
            return CommitOutcome.OPEN;
        }
        Connection connection = session.physical();
        try {
            if (connection.isClosed()) {
                return CommitOutcome.OPEN;
            }
            boolean inTransaction = Sqlite.inTransaction(connection);
            return CommitOutcome.of(
                    fault,
                    inTransaction,
                    !inTransaction && Sqlite.pragma(connection, "journal_mode").equalsIgnoreCase("wal"));
        } catch (SQLException e) {
            LOG.debug(
                    "{}: where the transaction is, is not known: {}",
                    session.database().file().main(),
                    Disclosure.message(e));
            return fault instanceof Fault.Corruption
                    ? CommitOutcome.ROLLED_BACK
                    : fault instanceof Fault.Application ? CommitOutcome.OPEN : CommitOutcome.UNKNOWN;
        }
    }

    /**
     * A COMMIT of the application's as a text has failed.
     *
     * @return whether the transaction is committed all the same
     * @throws SQLException SQLState 08007 where nobody can tell
     */
    boolean isCommittedAfterAll(SQLException failure) throws SQLException {
        return switch (outcome(failure)) {
            case OPEN -> false;
            case COMMITTED -> true;
            case ROLLED_BACK -> {
                session.transaction().gone();
                yield false;
            }
            case UNKNOWN -> throw TransactionErrors.unknown(failure);
        };
    }
}
