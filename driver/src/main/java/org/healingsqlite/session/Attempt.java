package org.healingsqlite.session;

import java.sql.SQLException;
import java.util.Objects;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.schema.SqlShape;
import org.healingsqlite.schema.SqlStatement;
import org.jspecify.annotations.Nullable;

/**
 * One call of the application that has failed, over all its further runs: the only loop of heal, replay, repeat. Each failure is handed in; the answer is whether the
 * call is to run again, or the exception that the application is to see. For one thread at a time.
 */
public final class Attempt {
    /** A file that is deleted again and again is no heal that does not hold; but there is an end to it. */
    private static final int MOST_MOVES = 50;

    private static final Log LOG = Log.of(Attempt.class);

    private final Session session;
    private final ManagedDatabase database;
    private final Work work;
    private final Replay replay;
    private final Endurance endurance;
    private int heals;
    private int moves;

    /** Whether something of ours was in the way of the call, and is not any more. */
    private boolean outOfTheWay;

    /** What the call is to do next. */
    public enum Next {
        /** Run again: what it had consumed is restored. */
        AGAIN,
        /** Nothing: SQLite has applied it, although it gave an error. */
        APPLIED,
        /** Run again where it is worth it to wait: nobody heals what it has met. */
        ENDURE
    }

    /** A call whose first run has failed. */
    public Attempt(Session session, Work work) {
        this.session = session;
        this.database = session.database();
        this.work = work;
        this.replay = new Replay(session);
        this.endurance = new Endurance(session, replay);
    }

    /** What is known of the call. */
    public Work work() {
        return work;
    }

    /**
     * Makes the call again as often as that is right, in the place of one that has failed.
     *
     * @param failure what the first run gave
     * @param applied what the call gives where SQLite has applied it all the same; null where that cannot be told
     * @throws SQLException {@code failure} itself, untouched where it is no fault of the database; else what the application is to see
     */
    public <T> T recover(SQLException failure, Call<T> call, @Nullable Call<T> applied) throws SQLException {
        SQLException last = failure;
        SQLException told = failure;
        boolean answered = false;
        try (Disclosure.Scope ignored = session.settings().disclosing()) {
            while (true) {
                Next next = next(last);
                try {
                    T result = run(next, last, call, applied);
                    answered = true;
                    return result;
                } catch (SQLException e) {
                    if (next != Next.AGAIN) {
                        throw work.told(e);
                    }
                    last = e;
                }
            }
        } catch (SQLException e) {
            told = e;
            throw e;
        } finally {
            if (!answered) {
                concluded(told);
            }
        }
    }

    private <T> T run(Next next, SQLException failure, Call<T> call, @Nullable Call<T> applied) throws SQLException {
        switch (next) {
            case AGAIN -> {
                work.restore();
                return call.run();
            }
            case ENDURE -> {
                return endurance.run(failure, work, call);
            }
            default -> {
                if (applied == null) {
                    throw failure;
                }
                work.restore();
                return applied.run();
            }
        }
    }

    /**
     * A run has failed.
     *
     * @return {@link Next#AGAIN} or {@link Next#APPLIED}
     * @throws SQLException what the application is to see: {@code failure} itself as a rule
     */
    public Next failed(SQLException failure) throws SQLException {
        session.maybeUncommitted();
        SQLException last = failure;
        boolean goesOn = false;
        try (Disclosure.Scope ignored = session.settings().disclosing()) {
            while (true) {
                Next next = next(last);
                if (next == Next.ENDURE) {
                    throw work.told(last);
                }
                try {
                    work.restore();
                    goesOn = true;
                    return next;
                } catch (SQLException e) {
                    last = e;
                }
            }
        } finally {
            if (!goesOn) {
                concluded(last);
            }
        }
    }

    /** The application gets an exception: what it has been told once, it is to be told again; and what failed may have done a part. */
    private void concluded(SQLException told) {
        session.transaction().recording().giveUp("a statement failed in it");
        if (mayHaveDoneAPart(told)) {
            session.transaction().recording().used();
        }
        session.resume();
        session.transaction().answered(session.physical());
    }

    /** Not where SQLite complains before it begins: of the text, or because a lock or the file is not to be had. */
    private static boolean mayHaveDoneAPart(SQLException failure) {
        Fault fault = Fault.of(failure);
        return fault.symptom().mayEndTransaction()
                && !(fault instanceof Fault.Unavailable unavailable
                        && switch (unavailable.kind()) {
                            case BUSY, SNAPSHOT, LOCKED, PROTOCOL, CANNOT_OPEN, READ_ONLY -> true;
                            case IO, FULL -> false;
                        });
    }

    private Next next(SQLException failure) throws SQLException {
        Held before = session.held();
        work.failed(failure);
        if (isApplied(failure)) {
            session.current();
            if (work.tellsWhatIsApplied()) {
                return Next.APPLIED;
            }
            throw failure;
        }
        if (moves < MOST_MOVES && work.wasTakenAway(failure, heals == 0 && moves == 0)) {
            moves++;
            return again();
        }
        String sql = work.sql();
        LOG.debug(
                "{}: {} failed: {}",
                database.file().main(),
                sql == null ? "a call" : SqlShape.of(sql),
                Disclosure.message(failure));
        noteWhatWasDone(failure, sql);
        if (sql != null && SqlStatement.isDrop(sql)) {
            throw failure;
        }
        if (!outOfTheWay && session.door().wasInTheWay(failure)) {
            outOfTheWay = true;
            return again();
        }
        return heal(failure, before);
    }

    /** @param before what the connection had open when the failure was met */
    private Next heal(SQLException failure, Held before) throws SQLException {
        Incident incident = database.healer().heal(failure, session);
        if (incident != null) {
            return healed(failure, incident, before);
        }
        if (isOfWhatWasLeft(failure, before)) {
            moves++;
            return again();
        }
        if (endurance.isWorthwhile(failure, work)) {
            return Next.ENDURE;
        }
        throw work.told(failure);
    }

    /** Whether the call has taken effect although it failed. */
    private boolean isApplied(SQLException failure) throws SQLException {
        return session.heals() && Commit.isAppliedAlone(failure, session.physical())
                || work.frame() == Frame.COMMIT && new Commit(session).isCommittedAfterAll(failure);
    }

    /** What the failed run has done to the transaction. */
    private void noteWhatWasDone(SQLException failure, @Nullable String sql) throws SQLException {
        if (work.hasBegun() || sql != null && !SqlStatement.isSingle(sql)) {
            session.transaction().recording().used();
        }
        if (work.frame() == Frame.NONE) {
            session.afterFailure(failure);
        } else if (!session.transaction().isLost()) {
            noteEndOfFrame();
        }
    }

    /** What begins or ends a transaction may have done so although it failed: executeQuery complains after the fact. */
    private void noteEndOfFrame() {
        try {
            session.transaction().recording().frameFailed(session.isInTransaction());
        } catch (SQLException e) {
            LOG.debug(
                    "{}: where the transaction is, is not known: {}",
                    database.file().main(),
                    Disclosure.message(e));
        }
    }

    private Next healed(SQLException failure, Incident incident, Held before) throws SQLException {
        Outcome outcome = incident.outcome();
        boolean replayed = session.transaction().isLost();
        if (replayed) {
            replay(failure, incident);
            work.rolledBack();
        } else {
            session.resume();
        }
        boolean moved = hasMoved(before, session.held());
        String sql = work.sql();
        boolean again = outcome.allowsRetry()
                && heals < session.settings().maxAttempts()
                && (heals == 0 || outcome instanceof Outcome.Healed || moved)
                && (sql == null || replayed || SqlStatement.isSingle(sql))
                && work.isRepeatable();
        if (!again) {
            throw TransactionErrors.noticed(work.told(failure), incident);
        }
        if (moved && moves < MOST_MOVES) {
            moves++;
        } else {
            heals++;
        }
        return again();
    }

    /** Whether others have moved the connection meanwhile: what its lost file could not do is no failure of the file that it has now. */
    private boolean isOfWhatWasLeft(SQLException failure, Held before) throws SQLException {
        String sql = work.sql();
        return Fault.of(failure) instanceof Fault.Unavailable
                && hasMoved(before, session.held())
                && moves < MOST_MOVES
                && !session.transaction().isLost()
                && (sql == null || SqlStatement.isSingle(sql))
                && work.isRepeatable();
    }

    private static boolean hasMoved(Held before, Held now) {
        return before.connection() != now.connection() || !Objects.equals(before.identity(), now.identity());
    }

    private void replay(SQLException failure, Incident incident) throws SQLException {
        String objection = replay.afterHeal(incident.outcome());
        if (objection != null) {
            throw TransactionErrors.ofTransaction(failure, incident, objection);
        }
        LOG.debug(
                "{}: replayed the transaction after incident {}",
                database.file().main(),
                incident.id());
    }

    private Next again() throws SQLException {
        session.settleFile();
        return Next.AGAIN;
    }

    /**
     * What reading on from a result set ran into: heals it, and says what the application is to do. Rows already seen cannot be unseen, so the query never runs again by
     * itself.
     *
     * @return the exception to throw
     */
    public static SQLException ofResults(Session session, SQLException failure) {
        try (Disclosure.Scope ignored = session.settings().disclosing()) {
            session.afterFailure(failure);
            session.transaction().recording().giveUp("a result set failed in it");
            Incident incident = session.database().healer().heal(failure, session);
            return incident == null ? failure : TransactionErrors.ofResults(failure, incident);
        } catch (SQLException e) {
            failure.addSuppressed(e);
            return failure;
        } finally {
            session.resume();
            session.transaction().answered(session.physical());
        }
    }
}
