package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.fault.Fault.Unavailable;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Tries again what only the surroundings kept from taking effect: what is worth it, and until when. A transaction whose snapshot is too old begins anew, and
 * runs again first. For one call.
 */
final class Endurance {
    /** What sqlite-jdbc sets where the application does not, in milliseconds: any other value says how long the application wants to wait. */
    private static final String SQLITE_JDBC_BUSY_TIMEOUT = "3000";

    /** SQLITE_LOCKED_SHAREDCACHE. */
    private static final int LOCKED_SHAREDCACHE = 262;

    /** The lowest of SQLite's own values of max_page_count, by release. */
    private static final long NO_PAGE_LIMIT = 1_073_741_823L;

    private final Session session;
    private final Replay replay;

    Endurance(Session session, Replay replay) {
        this.session = session;
        this.replay = replay;
    }

    /** Whether a call that has failed for a reason that nobody heals is to be tried again. A transaction that has to begin anew for that is rolled back. */
    boolean isWorthwhile(SQLException failure, Work work) throws SQLException {
        String sql = work.sql();
        if (!session.door().isPatient()
                || !session.heals()
                || !(Fault.of(failure) instanceof Unavailable unavailable)
                || sql != null && !SqlStatement.isSingle(sql)
                || !work.isRepeatable()) {
            return false;
        }
        beginAnewWhereTheSnapshotIsOld(unavailable);
        return session.transaction().isLost()
                ? session.transaction().recording().objection() == null && !isOwnLimit(unavailable)
                : isWorthwhile(unavailable, sql);
    }

    private boolean isWorthwhile(Unavailable fault, @Nullable String sql) throws SQLException {
        return switch (fault.kind()) {
            case READ_ONLY -> false;
            // "cannot commit - SQL statements in progress": the application's own are in the way.
            case BUSY -> !fault.text().startsWith("cannot ") && isOfSqliteJdbcsPatience();
            // Of a transaction that has read, and cannot run again, it is the application's to begin anew.
            case SNAPSHOT -> standing() != TransactionState.USED && isOfSqliteJdbcsPatience();
            // Without a shared cache it is the application's own cursor that is in the way.
            case LOCKED -> fault.symptom().resultCode() == LOCKED_SHAREDCACHE;
            case PROTOCOL -> true;
            case CANNOT_OPEN -> session.database().file().identity() != null;
            case FULL -> !isOwnLimit(fault);
            case IO -> standing() != TransactionState.NONE || sql != null && SqlStatement.isQuery(sql);
        };
    }

    private TransactionState standing() {
        return session.transaction().recording().standing();
    }

    private boolean isOfSqliteJdbcsPatience() throws SQLException {
        return Sqlite.pragma(session.physical(), "busy_timeout").equals(SQLITE_JDBC_BUSY_TIMEOUT);
    }

    /** Whether the application has set a limit itself: patience does not lift it. */
    private boolean isOwnLimit(Unavailable fault) throws SQLException {
        return fault.kind() == Unavailable.Kind.FULL
                && Long.parseLong(Sqlite.pragma(session.physical(), "max_page_count")) < NO_PAGE_LIMIT;
    }

    /** A transaction whose snapshot is too old to write has to begin again; it is rolled back where it can be replayed. */
    private void beginAnewWhereTheSnapshotIsOld(Unavailable fault) throws SQLException {
        Transaction transaction = session.transaction();
        if (fault.kind() == Unavailable.Kind.SNAPSHOT
                && transaction.state() == Transaction.State.USED
                && transaction.recording().objection() == null) {
            session.letGo();
        }
    }

    /**
     * Tries again until it succeeds, fails for another reason, or the retries are used up. While it does, SQLite's own busy handler waits no longer than the
     * retries may last altogether.
     */
    <T> T run(SQLException failure, Work work, Call<T> call) throws SQLException {
        try {
            return session.database()
                    .patience()
                    .retry(
                            failure,
                            session.settings(),
                            leftMillis -> waitingAtMost(leftMillis, () -> runOnce(failure, work, call)));
        } catch (SQLException e) {
            stayInTransaction();
            throw e;
        }
    }

    /**
     * A transaction that a text has begun is open for the application after a lock that was not to be had, as it is without us: what it runs next is not committed by
     * itself.
     */
    private void stayInTransaction() throws SQLException {
        Connection connection = session.physical();
        if (session.transaction().isLost()
                && !connection.isClosed()
                && connection.getAutoCommit()
                && !Sqlite.inTransactionOfDamaged(connection)) {
            Sqlite.execute(connection, "BEGIN");
        }
    }

    private <T> T runOnce(SQLException failure, Work work, Call<T> call) throws SQLException {
        if (session.transaction().isLost()) {
            replay.afterRollback(failure);
            work.rolledBack();
        }
        work.restore();
        try {
            return call.run();
        } catch (SQLException e) {
            work.failed(e);
            session.afterFailure(e);
            if (Fault.of(e) instanceof Unavailable unavailable) {
                beginAnewWhereTheSnapshotIsOld(unavailable);
            }
            throw e;
        }
    }

    private <T> T waitingAtMost(long leftMillis, Call<T> call) throws SQLException {
        Connection connection = session.physical();
        boolean shorter = isOfSqliteJdbcsPatience() && leftMillis < Long.parseLong(SQLITE_JDBC_BUSY_TIMEOUT);
        if (shorter) {
            Sqlite.waitForLocks(connection, leftMillis);
        }
        try {
            return call.run();
        } finally {
            if (shorter && connection == session.physical() && !connection.isClosed()) {
                Sqlite.waitForLocks(connection, Long.parseLong(SQLITE_JDBC_BUSY_TIMEOUT));
            }
        }
    }
}
