package org.healingsqlite.heal;

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransactionRollbackException;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentNotice;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/**
 * Whether healing had to roll a transaction of the application back, and what the application is told of it. Committing what ran afterwards would
 * be a lie, so it has to roll back itself first. Thread-safe.
 */
public final class LostTransaction {
    /** SQLState of what is to be run again: "serialization failure". */
    private static final String ROLLED_BACK = "40001";

    /** SQLState "transaction resolution unknown". */
    public static final String COMMIT_UNKNOWN = "08007";

    /** Whether the application has not been told yet. */
    private volatile boolean untold;

    private volatile boolean mustRollBack;

    /**
     * A transaction was rolled back.
     *
     * @param isExplicit whether the application itself ends its transactions, by JDBC
     */
    public void happened(boolean isExplicit) {
        untold = true;
        mustRollBack |= isExplicit;
    }

    /** A part of the transaction that the application itself ends is gone: it is told when it wants to commit the rest. */
    public void beginningIsMissing() {
        mustRollBack = true;
    }

    /** Whether a transaction was rolled back of which the application has not been told. */
    public boolean isUntold() {
        return untold;
    }

    /** The application has got an answer that says how things are. */
    public void answered() {
        untold = false;
    }

    /** The transaction is where it was before: it has run again. */
    public void replayed() {
        untold = false;
        mustRollBack = false;
    }

    /** Whether the application has a transaction of which a part is lost. */
    public boolean mustRollBack() {
        return mustRollBack;
    }

    /** The application has rolled back. */
    public void rolledBack() {
        mustRollBack = false;
    }

    /**
     * What the application is to be told in the place of a failure.
     *
     * @return null where it has lost no transaction, or knows it
     */
    public @Nullable SQLException told(SQLException failure, Incident incident) {
        return told(failure, incident, null);
    }

    /**
     * As {@link #told(SQLException, Incident)}.
     *
     * @param objection why the transaction did not run again by itself; null where nobody tried
     */
    public @Nullable SQLException told(SQLException failure, Incident incident, @Nullable String objection) {
        if (!untold) {
            return null;
        }
        untold = false;
        return noticed(
                incident.outcome().allowsRetry()
                        ? runAgain(
                                "The transaction was rolled back, because " + incident.diagnosis() + ": "
                                        + Disclosure.message(failure) + ". The database was healed (incident "
                                        + incident.id()
                                        + ")"
                                        + (objection == null
                                                ? ": run the transaction again"
                                                : ", but the transaction was not replayed: " + objection
                                                        + ". Run the transaction again"),
                                failure)
                        : failure,
                incident);
    }

    /** What the application is told where a transaction that had to begin anew could not run again. */
    public static SQLException notReplayed(SQLException failure, String objection) {
        return runAgain(
                "The transaction was rolled back: " + Disclosure.message(failure) + "; " + objection
                        + ". Run the transaction again",
                failure);
    }

    /** What the application is told where reading on from a result set failed: rows already seen cannot be unseen, so the query never runs again by itself. */
    public SQLException ofResults(SQLException failure, Incident incident) {
        untold = false;
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

    private static SQLException noticed(SQLException told, Incident incident) {
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
    public static SQLException ofTheRest() {
        return runAgain(
                "The transaction was rolled back before, because the database had to be healed; what ran after that is rolled back"
                        + " now: run the whole transaction again",
                null);
    }

    /** Of a commit of which nobody can tell whether it has taken effect. */
    public static SQLException unknown(SQLException failure) {
        return new SQLNonTransientConnectionException(
                "Whether the transaction is committed is not known: " + Disclosure.message(failure)
                        + ". Look before you run it again",
                COMMIT_UNKNOWN,
                failure.getErrorCode(),
                failure);
    }

    private static SQLException runAgain(String message, @Nullable SQLException failure) {
        return new SQLTransactionRollbackException(
                message, ROLLED_BACK, failure == null ? 0 : failure.getErrorCode(), failure);
    }
}
