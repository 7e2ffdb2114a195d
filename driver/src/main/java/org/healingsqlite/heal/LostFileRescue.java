package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.plan.HealingPlan;
import org.healingsqlite.plan.SchemaRung;
import org.healingsqlite.plan.Sources;
import org.healingsqlite.repair.Publication;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Takes connections of this JVM from a lost file to the one at the path, in their own calls, in the background and before anybody creates a file; and waits,
 * bounded, for those who still hold what was there. Thread-safe.
 */
final class LostFileRescue {
    private static final Log LOG = Log.of(LostFileRescue.class);

    /** Long enough for a connection to move in its own call, short beside the wait of whoever needs the file. */
    private static final long BETWEEN_RESCUES_NANOS = 5_000_000;

    private static final String SHARED =
            "The connection shares its cache with others, and is not moved: its file is no longer at ";
    private static final String FAULT = "file no longer at its path";

    private final DatabaseFile file;
    private final ConnectionRegistry connections;
    private final PlaceAtPath place;
    private final HealingTurns turns;
    private final IncidentDesk desk;
    private final LostFileReturn back;
    private final Examiner examiner;
    private final SchemaHealer schemaHealer;
    private final LostFileHealer lostFiles;
    private final PrivateCopies copies;
    private final AtomicBoolean sharedTold = new AtomicBoolean();
    private final Unsaved unsaved;
    private final SideTrust side;
    private final BackgroundRescue background = new BackgroundRescue();

    LostFileRescue(
            DatabaseFile file,
            ConnectionRegistry connections,
            PlaceAtPath place,
            HealingTurns turns,
            IncidentDesk desk,
            LostFileReturn back,
            Examiner examiner,
            SchemaHealer schemaHealer,
            LostFileHealer lostFiles,
            PrivateCopies copies,
            Unsaved unsaved,
            SideTrust side) {
        this.file = file;
        this.connections = connections;
        this.place = place;
        this.turns = turns;
        this.desk = desk;
        this.back = back;
        this.examiner = examiner;
        this.schemaHealer = schemaHealer;
        this.lostFiles = lostFiles;
        this.copies = copies;
        this.unsaved = unsaved;
        this.side = side;
    }

    // ---- One connection

    /**
     * Takes a connection over to the file that is at the path now, creating it where there is none. Does nothing where the connection has the
     * right file after all, or is in a transaction. Where its content cannot be saved now it stays, and is kept from writing.
     */
    void relocate(HealableConnection connection) throws SQLException {
        if (connection.sharesCache()) {
            stay(connection);
        } else if (unsaved.isDue()) {
            relocateNow(connection);
        } else if (connection.isSaver()) {
            unsaved.guard(connection);
        }
    }

    /** As {@link #relocate}, however short a time ago it failed. */
    void relocateNow(HealableConnection connection) throws SQLException {
        if (connection.sharesCache() || !side.heals(connection.settings())) {
            return;
        }
        if (connection.transactionState() != TransactionState.UNUSED) {
            moveToFileAtPath(connection);
            return;
        }
        // Nothing has run in the transaction that JDBC has begun: it is ended, and begun again on the other side.
        Sqlite.execute(connection.physical(), "COMMIT");
        try {
            moveToFileAtPath(connection);
        } finally {
            Connection physical = connection.physical();
            if (!physical.isClosed() && !physical.getAutoCommit() && !Sqlite.inTransaction(physical)) {
                if (examiner.isLost(connection)) {
                    // It could not move: a transaction for JDBC to end, without a lock that a fence may be in the way
                    // of.
                    Sqlite.execute(physical, "BEGIN");
                } else {
                    Sqlite.beginAsJdbcDoes(physical);
                }
            }
        }
    }

    /** It shares its cache with others, and what is done to one of them is done to all. */
    private void stay(HealableConnection connection) throws SQLException {
        if (!examiner.isLost(connection)) {
            return;
        }
        if (examiner.isSafe(connection)) {
            throw new SQLException(SHARED + file.main()
                    + " and what it held was put back there: close the connection, and open it anew");
        }
        unsaved.guard(connection);
        if (sharedTold.compareAndSet(false, true)) {
            LOG.error(
                    "{}: its file is no longer at the path, and the connections that hold it share a cache: they are not moved. They read, and do not write;"
                            + " when the last of them closes, what they hold goes back to the path",
                    file.main());
        }
    }

    private void moveToFileAtPath(HealableConnection connection) throws SQLException {
        Instant start = Instant.now();
        HealingSettings settings = connection.settings();
        SQLException context = new SQLException("the file of " + file.main() + " is no longer at its path");
        if (examiner.isContentElsewhere(connection)) {
            if (connection.isTriedAgain()) {
                return;
            }
            awaitContent(settings);
        }
        var unused = LockOrder.locked(connection, () -> {
            moveInTurn(start, connection, context);
            return connection;
        });
    }

    private void moveInTurn(Instant start, HealableConnection connection, SQLException context) throws SQLException {
        Duration wait = connection.isTriedAgain()
                ? Duration.ZERO
                : connection.settings().waitLimit();
        try (SingleFlight.Turn turn = turns.take(wait, context)) {
            if (connection.physical().isClosed()
                    || connection.isTriedAgain() && examiner.isContentElsewhere(connection)) {
                return;
            }
            Diagnosis diagnosis = examiner.ofFile(connection);
            if (!diagnosis.isOfLostFile()) {
                return;
            }
            HealingPlan<SchemaRung> plan =
                    HealingPlan.ofSchema(diagnosis, examiner.intentOf(connection), examiner.sourcesFor(connection));
            if (plan.heldBack().isPresent()) {
                return;
            }
            Outcome outcome = schemaHealer.carryOut(plan, diagnosis, connection, context, turn);
            if (outcome instanceof Outcome.GaveUp
                    && (connection.isTriedAgain() || connection.physical().isClosed())) {
                // The application has closed it in the meantime, or will hear of it from its next call.
                LOG.debug("{}: not moved: {}", file.main(), outcome.explanation());
                return;
            }
            if (outcome instanceof Outcome.GaveUp failed && Unsaved.isObstacle(failed.cause())) {
                unsaved.guard(connection);
                if (!unsaved.failed(failed.explanation())) {
                    LOG.debug("{}: still not saved: {}", file.main(), failed.explanation());
                    return;
                }
                desk.conclude(Component.FILE, start, FAULT, diagnosis.toString(), turn.steps(), outcome);
                return;
            }
            desk.conclude(Component.FILE, start, FAULT, diagnosis.toString(), turn.steps(), outcome);
            if (outcome instanceof Outcome.GaveUp gaveUp && gaveUp.cause() instanceof SQLException cause) {
                throw cause;
            }
        }
    }

    /**
     * Whether the content of the lost file that a connection holds is where it belongs, and nobody takes it back from there: who is in the middle of a move, which may
     * fail, is waited for.
     */
    boolean isSafeAndStays(HealableConnection connection) throws SQLException {
        if (!examiner.isSafe(connection)) {
            return false;
        }
        SQLException context = new SQLException("the file of " + file.main() + " is no longer at its path");
        return LockOrder.locked(connection, () -> {
            try (SingleFlight.Turn turn = turns.take(connection.settings(), context);
                    ProcessLock lock = turns.lock(connection.settings(), context)) {
                turn.phase("looking whether what a closing connection holds is safe");
                return examiner.isSafe(connection);
            }
        });
    }

    /** Whether the lost file that a connection holds was meant to go. Takes no lock, and makes nothing where the directory is gone as well. */
    boolean isForgotten(HealableConnection connection) {
        return examiner.isForgotten(connection);
    }

    /**
     * Puts what a connection holds where it belongs, and leaves the connection where it is: it is about to be closed, and cannot move.
     *
     * @throws SQLException where it is not safe afterwards
     */
    void leaveBehind(HealableConnection connection) throws SQLException {
        Instant start = Instant.now();
        SQLException context = new SQLException("the file of " + file.main() + " is no longer at its path");
        var unused = LockOrder.locked(connection, () -> {
            try (SingleFlight.Turn turn = turns.take(connection.settings(), context)) {
                turn.phase("saving what a closing connection holds");
                Diagnosis diagnosis = examiner.ofFile(connection);
                if (diagnosis.isOfLostFile() && !examiner.isSafe(connection)) {
                    Loss loss = leaveBehind(diagnosis, connection, turn);
                    desk.conclude(
                            Component.FILE,
                            start,
                            FAULT,
                            diagnosis.toString(),
                            turn.steps(),
                            new Outcome.Healed(String.join(", ", turn.steps()), loss));
                }
                return connection;
            }
        });
    }

    private Loss leaveBehind(Diagnosis diagnosis, HealableConnection connection, SingleFlight.Turn turn)
            throws SQLException {
        Sources.Returning returning = connection.settings().lostContent();
        try {
            return lostFiles.leaveBehind(
                    connection,
                    diagnosis.finding() == Diagnosis.Finding.FILE_DELETED ? returning.deleted() : returning.replaced(),
                    returning.replaced() ? Publication.Stranger.MAKES_ROOM : Publication.Stranger.STAYS,
                    turn.steps());
        } catch (IOException e) {
            throw new SQLException("Cannot put back what was at " + file.main() + ": " + Disclosure.text(e), e);
        }
    }

    // ---- Whatever connection can be had

    /** Begins to save lost files in the background, until nothing is left to do. */
    void begin() {
        background.begin(this::rescue);
    }

    /** As {@link #rescue(List)}, through all connections. */
    boolean rescue() {
        return rescue(connections.all());
    }

    /**
     * Saves the content of a lost file, and puts it where it belongs, through whatever connection of this JVM can be had without asking the
     * application.
     *
     * @return whether nothing is left to do
     */
    private boolean rescue(List<HealableConnection> through) {
        Optional<String> hindrance = side.hindrance();
        if (hindrance.isPresent()) {
            return copies.saveThrough(through, hindrance.get(), false);
        }
        boolean done = isPlaceReady(through);
        for (HealableConnection connection : through) {
            try {
                if (connection.isMovedByOthers() && examiner.isLost(connection) && !examiner.isSafe(connection)) {
                    if (turns.isHeldByThisThread() && LockOrder.isTakenByOthers(connection)) {
                        // It waits for this turn, and moves by itself.
                        done = false;
                        continue;
                    }
                    LockOrder.whileUnused(connection, () -> moveUnused(connection));
                    done &= !examiner.isLost(connection) || examiner.isSafe(connection);
                }
            } catch (SQLException | RuntimeException e) {
                LOG.debug("{}: not rescued yet: {}", file.main(), Disclosure.text(e));
                done = false;
            }
        }
        return done;
    }

    /** Nobody but this may look where the only connections are those that have stayed with a file which is back. */
    private boolean isPlaceReady(List<HealableConnection> through) {
        try {
            if (place.isReturned() && !through.isEmpty()) {
                place.setLogOfLostFileAside(through.get(0).settings());
            }
            return true;
        } catch (SQLException e) {
            LOG.debug("{}: what is left open to it is not closed yet: {}", file.main(), Disclosure.message(e));
            return false;
        }
    }

    private void moveUnused(HealableConnection connection) throws SQLException {
        // Without a transaction where JDBC has one, sqlite-jdbc is between its COMMIT and its BEGIN.
        if (connection.physical().getAutoCommit() && connection.transactionState() == TransactionState.NONE) {
            moveToFileAtPath(connection);
        }
    }

    /** Whether a connection has what nobody else has, and is going to bring it back. */
    private boolean isWorthWaitingFor(HealableConnection connection) {
        try {
            return connection.isGoingToMove() && examiner.isLost(connection) && !examiner.isSafe(connection);
        } catch (SQLException e) {
            return false;
        }
    }

    /**
     * Has the connections of this JVM bring back what they hold.
     *
     * @return whether none has anything left that is worth waiting for
     */
    boolean rescueHere() {
        return rescue() && !connections.any(this::isWorthWaitingFor);
    }

    /** Whether a connection that has what nobody else has waits for the turn of the calling thread to end. */
    boolean isAnyAboutToMove() {
        return connections.any(one -> LockOrder.isTakenByOthers(one) && isWorthWaitingFor(one));
    }

    /** See {@link OtherHolders#bringBack}. */
    void bringBackThroughOthers(HealableConnection connection, Duration longest) {
        List<HealableConnection> others = connections.others(connection);
        long deadlineNanos = System.nanoTime() + (connection.isTriedAgain() ? 0 : longest.toNanos());
        while (file.sizeBytes() <= 0) {
            boolean done = rescue(others);
            boolean moveThemselves = others.stream()
                    .anyMatch(other ->
                            (!other.isMovedByOthers() || LockOrder.isTakenByOthers(other)) && isWorthWaitingFor(other));
            if (done && !moveThemselves || System.nanoTime() - deadlineNanos >= 0) {
                return;
            }
            if (moveThemselves) {
                turns.letOthers(BETWEEN_RESCUES_NANOS);
            } else {
                LockSupport.parkNanos(BETWEEN_RESCUES_NANOS);
            }
        }
    }

    // ---- Before a file is created

    /** Before a file is created where one was deleted: who still has its content puts it back first. Not from within a turn. */
    void awaitContent(HealingSettings settings) throws SQLException {
        awaitOwnHolders(settings);
        bringBack(settings);
    }

    /** What this JVM still holds is not to be shut out by an empty file. Between two looks the healer is free: connections move in their own calls. */
    private void awaitOwnHolders(HealingSettings settings) throws SQLException {
        SQLException context = new SQLException("there is no file at " + file.main());
        long deadlineNanos = System.nanoTime() + settings.waitLimit().toNanos();
        do {
            try (SingleFlight.Turn turn = turns.take(settings, context)) {
                if (turn.isNested() || !settings.restoresDeleted() || rescueHere()) {
                    return;
                }
            }
            LockSupport.parkNanos(BETWEEN_RESCUES_NANOS);
        } while (file.sizeBytes() <= 0 && System.nanoTime() - deadlineNanos < 0);
    }

    private void bringBack(HealingSettings settings) throws SQLException {
        Instant start = Instant.now();
        SQLException context = new SQLException("there is no file at " + file.main());
        try (SingleFlight.Turn turn = turns.take(settings, context)) {
            if (turn.isNested() || !settings.restoresDeleted()) {
                return;
            }
            turn.phase("looking for who holds a deleted file");
            if (place.isNothingAtPath(settings) && back.bringBack(settings, turn.steps())) {
                desk.conclude(
                        Component.FILE,
                        start,
                        "no file at open",
                        "a process died while it saved the content of a lost file",
                        turn.steps(),
                        new Outcome.Healed(String.join(", ", turn.steps()), Loss.NONE));
            }
        } catch (IOException e) {
            throw new SQLException(
                    "Cannot bring back what was at " + file.main() + ": " + Disclosure.text(e), "08001", e);
        }
    }

    /** Whether other processes hold a file that was deleted at the path, and have not been waited for in vain. */
    boolean mayOthersBringBack() {
        return back.mayOthersBringBack();
    }
}
