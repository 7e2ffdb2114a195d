package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.replay.DivergenceException;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/** Runs a transaction again that was rolled back. For one thread at a time. */
final class Replay {
    private final Session session;

    Replay(Session session) {
        this.session = session;
    }

    /**
     * After a heal.
     *
     * @return why the transaction is not where it was; null where it is. SQLite is in no transaction of it otherwise
     */
    @Nullable
    String afterHeal(Outcome outcome) {
        if (!outcome.allowsRetry()) {
            return "the database is not healed";
        }
        Recording recording = session.transaction().recording();
        String objection = recording.objection();
        if (objection != null) {
            return objection;
        }
        if (session.database().desk().hasLostSince(outcome, recording.startedMillis())) {
            return "something was lost in the heal";
        }
        try {
            run();
            return null;
        } catch (DivergenceException | RuntimeException e) {
            return different(e);
        } catch (SQLException e) {
            return "it could not run again: " + Disclosure.message(e);
        }
    }

    /**
     * Where nothing was healed, and the transaction has to begin anew.
     *
     * @throws SQLException SQLState 40001 where it cannot be the same again; else what is in the way now
     */
    void afterRollback(SQLException failure) throws SQLException {
        String objection = session.transaction().recording().objection();
        if (objection != null) {
            throw TransactionErrors.notReplayed(failure, objection);
        }
        try {
            run();
        } catch (DivergenceException | RuntimeException e) {
            throw TransactionErrors.notReplayed(failure, different(e));
        } catch (SQLException e) {
            if (Fault.of(e) instanceof Fault.Unavailable) {
                throw e;
            }
            throw TransactionErrors.notReplayed(failure, "it did not run again as before: " + Disclosure.message(e));
        }
    }

    private static String different(Exception e) {
        return "it did not run again as before: " + Disclosure.message(e);
    }

    private void run() throws SQLException, DivergenceException {
        session.settleFile();
        Connection connection = session.physical();
        if (Sqlite.inTransactionOfDamaged(connection)) {
            Sqlite.execute(connection, "ROLLBACK");
        }
        boolean done = false;
        try {
            session.transaction().recording().replay(connection);
            session.transaction().on(Transaction.Event.REPLAYED);
            done = true;
        } finally {
            if (!done && Sqlite.inTransactionOfDamaged(connection)) {
                Sqlite.execute(connection, "ROLLBACK");
            }
        }
    }
}
