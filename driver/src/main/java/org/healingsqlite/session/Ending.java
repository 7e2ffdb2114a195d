package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.heal.HealableConnection;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.sqlite.Sqlite;

/**
 * What happens before an application ends its transaction: the rest of one of which a part is lost is not committed, and nothing is committed to a file that cannot be
 * brought back. Thread-safe as its session is.
 */
final class Ending {
    private static final Log LOG = Log.of(Ending.class);

    private final HealableConnection session;
    private final ManagedDatabase database;
    private final Transaction transaction;
    private final Settling settling;

    Ending(HealableConnection session, ManagedDatabase database, Transaction transaction, Settling settling) {
        this.session = session;
        this.database = database;
        this.transaction = transaction;
        this.settling = settling;
    }

    /** See {@link Session#about}. */
    void about(Frame frame) throws SQLException {
        if (frame == Frame.ROLLBACK && transaction.mustRollBack()) {
            beforeRollback();
        } else if (frame == Frame.COMMIT || frame == Frame.SEVERAL && transaction.mustRollBack()) {
            refuseToCommit();
        }
    }

    /** See {@link Session#beforeRollback}. */
    void beforeRollback() throws SQLException {
        if (transaction.isTroubled()) {
            settling.joinLater();
            if (transaction.mustRollBack() && mayBeInTransaction()) {
                transaction.ended();
            }
        }
    }

    private static void rollBack(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.rollback();
        } else if (Sqlite.inTransactionOfDamaged(connection)) {
            Sqlite.execute(connection, "ROLLBACK");
        }
    }

    private boolean mayBeInTransaction() {
        try {
            return Sqlite.inTransactionOfDamaged(session.physical());
        } catch (SQLException e) {
            LOG.debug(
                    "{}: where the transaction is, is not known: {}",
                    database.file().main(),
                    Disclosure.message(e));
            return true;
        }
    }

    /**
     * Before a commit.
     *
     * @throws SQLException SQLState 40001 where it would commit the rest of a transaction; that is rolled back then
     */
    void refuseToCommit() throws SQLException {
        if (transaction.mustRollBack()) {
            Connection connection = session.physical();
            try {
                rollBack(connection);
            } catch (SQLException e) {
                LOG.debug("{}: nothing to roll back: {}", database.file().main(), Disclosure.message(e));
            }
            transaction.ended();
            transaction.recording().ended(!connection.getAutoCommit());
            settling.joinLater();
            throw TransactionErrors.ofTheRest();
        }
        if (transaction.state() == Transaction.State.USED) {
            // What would be committed to a lost file, and could not be brought back, is not acknowledged.
            database.healer().refuseUnsaved(session);
        }
    }
}
