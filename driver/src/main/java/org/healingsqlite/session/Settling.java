package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.heal.HealableConnection;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.Mode;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.Sqlite;

/** What a session does between two statements where something has happened to its file or its transaction. Thread-safe as its session is. */
final class Settling {
    private static final Log LOG = Log.of(Settling.class);

    private final HealableConnection session;
    private final ManagedDatabase database;
    private final Whereabouts whereabouts;
    private final Transaction transaction;
    private final Door door;

    Settling(
            HealableConnection session,
            ManagedDatabase database,
            Whereabouts whereabouts,
            Transaction transaction,
            Door door) {
        this.session = session;
        this.database = database;
        this.whereabouts = whereabouts;
        this.transaction = transaction;
        this.door = door;
    }

    // ---- The file

    /** Something may have happened to the file: finds out whether the session still has the right one, and moves where it may. */
    void settle() throws SQLException {
        if (database.isTelling()) {
            return;
        }
        Held now = whereabouts.held();
        if (now.epoch() == database.presence().epoch() || now.connection().isClosed() || !awaitRestore()) {
            return;
        }
        if (whereabouts.isMovedByAnother()) {
            // The transaction that is open on it is the healer's own.
            database.healer().awaitHealer(session.settings());
        }
        now = whereabouts.held();
        int epoch = database.presence().epoch();
        FileIdentity atPath = database.file().identity();
        if (atPath != null && atPath.equals(now.identity())) {
            foundInPlace(now, epoch);
        } else if (session.settings().mode() != Mode.HEAL) {
            whereabouts.found(now, epoch);
        } else if (stateBesidesMoves() != TransactionState.USED) {
            relocate(now, epoch);
        }
    }

    /**
     * Lets go before waiting: who restores the content needs the locks.
     *
     * @return whether to go on; not where the transaction's locks are what the healer waits for, and it is let finish
     */
    private boolean awaitRestore() throws SQLException {
        if (!database.presence().isRestoring()) {
            return true;
        }
        Connection connection = whereabouts.held().connection();
        if (!Sqlite.inTransactionOfDamaged(connection)) {
            database.healer().awaitHealer(session.settings());
            return true;
        }
        if (connection.getAutoCommit() || transaction.state() != Transaction.State.BEGUN) {
            return false;
        }
        // A transaction that JDBC has begun and nobody has used may hold the write lock all the same.
        Sqlite.execute(connection, "ROLLBACK");
        transaction.on(Transaction.Event.NOT_THERE);
        try {
            database.healer().awaitHealer(session.settings());
        } finally {
            joinLater();
        }
        return true;
    }

    private void foundInPlace(Held now, int epoch) throws SQLException {
        if (now.generation() != database.presence().generation()
                && session.transactionState() != TransactionState.USED) {
            database.healer().reopen(session);
            return;
        }
        database.presence().watch();
        whereabouts.found(now, epoch);
    }

    private void relocate(Held now, int epoch) throws SQLException {
        database.healer().relocate(session);
        if (whereabouts.held().equals(now) && !session.isTriedAgain() && door.obstacle() != null) {
            // It stays where it is, and that was told: not again before something else happens to the file.
            whereabouts.found(now, epoch);
        }
    }

    /** The state of the transaction, of the application's one: whoever moves the connection keeps one on it meanwhile. */
    private TransactionState stateBesidesMoves() throws SQLException {
        TransactionState[] state = new TransactionState[1];
        // Whoever has sqlite-jdbc's lock of it may wait for whoever moves it: that lock comes first.
        return Sqlite.holding(whereabouts.held().connection(), () -> {
            whereabouts.afterMove(session.settings().waitLimit(), () -> state[0] = session.transactionState());
            return state[0];
        });
    }

    // ---- The transaction

    /** See {@link Transaction#join}. */
    void join() throws SQLException {
        transaction.join(whereabouts.held().connection(), mayWait());
    }

    /** The same; what is in the way is left for the next statement to meet. */
    void joinLater() {
        try {
            join();
        } catch (SQLException e) {
            LOG.debug("{}: no new transaction yet: {}", database.file().main(), Disclosure.message(e));
            transaction.on(Transaction.Event.DOUBTED);
        }
    }

    /**
     * SQLite ends a transaction by itself after some errors, and sqlite-jdbc does not notice: what came later would be committed statement by statement. Here both
     * ideas of the transaction are brought together again.
     */
    void afterFailure(SQLException failure) {
        if (session.settings().mode() != Mode.HEAL
                || !door.mends(Fault.of(failure))
                || transaction.state() == Transaction.State.NONE) {
            return;
        }
        Connection connection = whereabouts.held().connection();
        try {
            if (!connection.isClosed() && !Sqlite.inTransaction(connection)) {
                transaction.gone();
                join();
            }
        } catch (SQLException e) {
            LOG.debug(
                    "{}: where the transaction is, is not known: {}",
                    database.file().main(),
                    Disclosure.message(e));
            transaction.on(Transaction.Event.DOUBTED);
        }
    }

    /** Whether a transaction that begins may take a lock: the next statement moves away from a lost file, and begins there. */
    private boolean mayWait() throws SQLException {
        return !database.healer().isLost(session) && !(database.presence().isRestoring() && session.isTriedAgain());
    }
}
