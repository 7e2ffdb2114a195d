package org.healingsqlite.session;

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransactionRollbackException;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentNotice;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/** What an application is told of a transaction, or of results, that healing had to end. Each exception has sqlite-jdbc's own as its cause, where there is one. */
public final class TransactionErrors {
    /** SQLState of what is to be run again: "serialization failure". */
    private static final String ROLLED_BACK = "40001";

    /** SQLState "transaction resolution unknown". */
    private static final String COMMIT_UNKNOWN = "08007";

    private TransactionErrors() {}

    /**
     * In the place of a failure that has cost the application its transaction.
     *
     * @param objection why the transaction did not run again by itself
     * @return {@code failure} itself where the database is not healed
     */
    static SQLException ofTransaction(SQLException failure, Incident incident, String objection) {
        return noticed(
                incident.outcome().allowsRetry()
                        ? runAgain(
                                "The transaction was rolled back, because " + incident.diagnosis() + ": "
                                        + Disclosure.message(failure) + ". The database was healed (incident "
                                        + incident.id() + "), but the transaction was not replayed: " + objection
                                        + ". Run the transaction again",
                                failure)
                        : failure,
                incident);
    }

    /** What the application is told where a transaction that had to begin anew could not run again. */
    static SQLException notReplayed(SQLException failure, String objection) {
        return runAgain(
                "The transaction was rolled back: " + Disclosure.message(failure) + "; " + objection
                        + ". Run the transaction again",
                failure);
    }

    /** What the application is told where reading on from a result set failed: rows already seen cannot be unseen, so the query never runs again by itself. */
    static SQLException ofResults(SQLException failure, Incident incident) {
        return noticed(
                incident.outcome().allowsRetry()
                        ? runAgain(
                                "The result set cannot go on: " + Disclosure.message(failure)
                                        + ". The database was healed (incident " + incident.id()
                                        + "): run the query, or its transaction, again",
                                failure)
                        : failure,
                incident);
    }

    /** The same exception, with what healing did hanging on it. */
    static SQLException noticed(SQLException told, Incident incident) {
        told.addSuppressed(new IncidentNotice(incident));
        return told;
    }

    /** Of a result set that healing has ended. */
    public static SQLException endedEarly(@Nullable SQLException failure) {
        return runAgain(
                "The result set was ended before its last row, because the database had to be healed: run the query again",
                failure);
    }

    /** In the place of a commit that would keep a part of a transaction; the caller has rolled that back. */
    static SQLException ofTheRest() {
        return runAgain(
                "The transaction was rolled back before, because the database had to be healed; what ran after that is rolled back"
                        + " now: run the whole transaction again",
                null);
    }

    /** At the first statement after a transaction that a text had begun was rolled back while the application was elsewhere. */
    static SQLException lostBefore() {
        return runAgain(
                "The transaction was rolled back before, because the database had to be healed: run the whole transaction again",
                null);
    }

    /** Of a commit of which nobody can tell whether it has taken effect. */
    static SQLException unknown(SQLException failure) {
        return new SQLNonTransientConnectionException(
                "Whether the transaction is committed is not known: " + Disclosure.message(failure)
                        + ". Look before you run it again",
                COMMIT_UNKNOWN,
                failure.getErrorCode(),
                failure);
    }

    /** Whether an exception says that. */
    static boolean isUnknown(SQLException told) {
        return COMMIT_UNKNOWN.equals(told.getSQLState());
    }

    private static SQLException runAgain(String message, @Nullable SQLException failure) {
        return new SQLTransactionRollbackException(
                message, ROLLED_BACK, failure == null ? 0 : failure.getErrorCode(), failure);
    }
}
