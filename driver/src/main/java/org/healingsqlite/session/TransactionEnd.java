package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * The end of a transaction by JDBC that has failed: commit, rollback, and autocommit switched on or off. What has taken effect all the same returns; what may be mended
 * is, and tried again. For one thread at a time.
 */
public final class TransactionEnd {
    private static final Log LOG = Log.of(TransactionEnd.class);

    private final Session session;
    private final Commit commit;

    /** Of the transaction that a session is in. */
    public TransactionEnd(Session session) {
        this.session = session;
        this.commit = new Commit(session);
    }

    /**
     * JDBC's commit has failed. It is not sent again before it is known that it has not taken effect. Where this returns, the transaction is committed.
     *
     * @throws SQLException what the application is to see
     */
    public void commitFailed(SQLException failure) throws SQLException {
        session.maybeUncommitted();
        SQLException open = stillOpen(failure);
        if (open != null) {
            var unused = new Attempt(session, Work.ASKING).recover(open, this::commitOnce, null);
        }
    }

    private boolean commitOnce() throws SQLException {
        try {
            session.physical().commit();
        } catch (SQLException e) {
            SQLException open = stillOpen(e);
            if (open != null) {
                throw open;
            }
        }
        return true;
    }

    /** Gives what is to be healed before the COMMIT may be sent again; null where that has taken effect. */
    private @Nullable SQLException stillOpen(SQLException failure) throws SQLException {
        Transaction transaction = session.transaction();
        switch (commit.outcome(failure)) {
            case OPEN -> {
                return failure;
            }
            case COMMITTED -> {
                LOG.debug(
                        "{}: committed, although: {}", session.database().file().main(), Disclosure.message(failure));
                over();
                return null;
            }
            case ROLLED_BACK -> {
                transaction.gone();
                session.resume();
                return failure;
            }
            default -> {
                over();
                throw TransactionErrors.unknown(failure);
            }
        }
    }

    /** The transaction is over; the one that JDBC believes in begins now, or before the next statement. */
    private void over() {
        Transaction transaction = session.transaction();
        transaction.ended();
        transaction.recording().ended(true);
        transaction.on(Transaction.Event.NOT_THERE);
        session.resume();
    }

    /**
     * JDBC's rollback has failed: as a rule only the BEGIN after it. Where this returns, the transaction is rolled back.
     *
     * @throws SQLException {@code failure} where it is not
     */
    public void rollbackFailed(SQLException failure) throws SQLException {
        session.maybeUncommitted();
        Connection connection = session.physical();
        boolean isOver = session.heals()
                && !connection.isClosed()
                && !connection.getAutoCommit()
                && (session.transaction().isTroubled() || Fault.of(failure) instanceof Fault.Unavailable)
                && !Sqlite.inTransaction(connection);
        if (!isOver) {
            throw failure;
        }
        over();
    }

    /**
     * Setting autocommit has failed, after sqlite-jdbc has changed its flag. Where this returns, it is set.
     *
     * @throws SQLException what the application is to see
     */
    public void switchFailed(SQLException failure) throws SQLException {
        session.maybeUncommitted();
        Connection connection = session.physical();
        if (!session.heals() || connection.isClosed() || !session.door().mends(Fault.of(failure))) {
            throw failure;
        }
        if (!connection.getAutoCommit()) {
            session.transaction().on(Transaction.Event.NOT_THERE);
            var unused = new Attempt(session, Work.ASKING).recover(failure, this::beginOnce, null);
            return;
        }
        switch (commit.outcome(failure)) {
            case COMMITTED -> {
                session.transaction().ended();
                session.transaction().recording().ended(false);
            }
            case UNKNOWN -> throw TransactionErrors.unknown(failure);
            default -> throw failure;
        }
    }

    private boolean beginOnce() throws SQLException {
        session.settle();
        return true;
    }
}
