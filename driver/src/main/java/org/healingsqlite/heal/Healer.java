package org.healingsqlite.heal;

import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.api.Internal;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.plan.HealingPlan;
import org.healingsqlite.plan.Intent;
import org.healingsqlite.plan.SchemaRung;
import org.healingsqlite.schema.SchemaApplier;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Heals one database. Every heal is the same sentence: fault, intent, diagnosis, plan, repair, what is whole, outcome. Thread-safe; one thread heals at a time.
 */
@Internal
public final class Healer {
    private final DatabaseFile file;
    private final HealingTurns turns;
    private final IncidentDesk desk;
    private final FilePresence presence;
    private final SchemaKnowledge schema;
    private final PlaceAtPath place;
    private final SafeContent safe;
    private final Examiner examiner;
    private final SchemaHealer schemaHealer;
    private final LostFileRescue rescue;
    private final DamageHealing damage;
    private final Unsaved unsaved;
    private final SideTrust side;
    private final Foresight foresight;

    Healer(
            DatabaseFile file,
            HealingTurns turns,
            IncidentDesk desk,
            FilePresence presence,
            SchemaKnowledge schema,
            PlaceAtPath place,
            SafeContent safe,
            Examiner examiner,
            SchemaHealer schemaHealer,
            LostFileRescue rescue,
            DamageHealing damage,
            Unsaved unsaved,
            SideTrust side,
            Foresight foresight) {
        this.file = file;
        this.turns = turns;
        this.desk = desk;
        this.presence = presence;
        this.schema = schema;
        this.place = place;
        this.safe = safe;
        this.examiner = examiner;
        this.schemaHealer = schemaHealer;
        this.rescue = rescue;
        this.damage = damage;
        this.unsaved = unsaved;
        this.side = side;
        this.foresight = foresight;
    }

    /**
     * Heals what made a call fail.
     *
     * @return how it ended; null where the fault is none of the database's, or a listener has met it in the middle of a heal, and nothing was looked at
     * @throws SQLException SQLState HYT00, where somebody else heals for longer than the wait option allows, or 40001, where a transaction is over; never what SQLite has
     *     told a connection of ours, which is an incident: the application has its own exception
     */
    public @Nullable Incident heal(SQLException failure, HealableConnection connection) throws SQLException {
        if (desk.isTelling()) {
            return null;
        }
        Instant start = Instant.now();
        try {
            return healOwn(failure, connection);
        } catch (SQLException e) {
            if (isForApplication(e)) {
                throw e;
            }
            return gaveUp(start, failure, e);
        } catch (RuntimeException e) {
            return gaveUp(start, failure, e);
        }
    }

    /** Whether an exception is one of ours, made for who called: those of sqlite-jdbc have no SQLState. */
    private static boolean isForApplication(SQLException e) {
        return e.getSQLState() != null;
    }

    private Incident gaveUp(Instant start, SQLException failure, Exception why) {
        return desk.conclude(
                Component.HEALING,
                start,
                Fault.of(failure).shownText(),
                "not possible",
                List.of(),
                new Outcome.GaveUp("nobody could look: " + Disclosure.text(why), why));
    }

    private @Nullable Incident healOwn(SQLException failure, HealableConnection connection) throws SQLException {
        Fault fault = examiner.explained(Fault.of(failure), connection);
        Intent intent = examiner.intentOf(fault, connection);
        if (intent.isApplications()) {
            return null;
        }
        Instant start = Instant.now();
        if (fault instanceof Fault.Unavailable && examiner.holdsFileAtPath(connection)) {
            return awaitRestore(start, fault, connection.settings());
        }
        if (intent.isUntouchable()) {
            return desk.heldBack(start, fault.shownText(), "", intent);
        }
        if (fault instanceof Fault.Corruption corruption && examiner.holdsFileAtPath(connection)) {
            Incident incident = damage.heal(corruption, connection);
            if (corruption.kind() == Fault.Corruption.Kind.UNSUPPORTED_FORMAT
                    && incident.outcome().allowsRetry()) {
                // Connections go by the header that they have read first.
                presence.raiseGeneration();
            }
            return incident;
        }
        if (isTiedToLostFile(connection)) {
            return desk.conclude(
                    Component.FILE,
                    start,
                    fault.shownText(),
                    "the file is no longer at its path",
                    List.of(),
                    new Outcome.Refused(
                            "the connection shares its cache with others, and is not moved to another file"));
        }
        if (fault instanceof Fault.AlreadyThere there) {
            return makeRoom(start, there, failure, connection, intent).orElse(null);
        }
        letGoOfLostFile(connection);
        letGoOfUnused(connection);
        awaitContentOfOthers(connection);
        Duration wait = connection.settings().waitLimit();
        Incident incident;
        do {
            incident = LockOrder.locked(connection, () -> healInTurn(start, fault, failure, connection));
            // What is in the way may go away: the call waits for that, as it waits for another process.
        } while (incident.outcome() instanceof Outcome.GaveUp
                && unsaved.isOn()
                && !connection.isTriedAgain()
                && unsaved.awaitDue(wait));
        return incident;
    }

    private boolean isTiedToLostFile(HealableConnection connection) throws SQLException {
        return connection.sharesCache() && examiner.isLost(connection);
    }

    /** What a heal has made and the application makes now gives way, where nobody has touched it: the application's own initialisation goes on. */
    private Optional<Incident> makeRoom(
            Instant start, Fault.AlreadyThere fault, SQLException failure, HealableConnection connection, Intent intent)
            throws SQLException {
        return intent.allowsSchema() && examiner.holdsFileAtPath(connection)
                ? LockOrder.locked(connection, () -> makeRoomInTurn(start, fault, failure, connection))
                : Optional.empty();
    }

    private Optional<Incident> makeRoomInTurn(
            Instant start, Fault.AlreadyThere fault, SQLException failure, HealableConnection connection)
            throws SQLException {
        try (SingleFlight.Turn turn = turns.take(connection.settings(), failure)) {
            turn.phase("making room for what the application makes");
            return schemaHealer
                    .makeRoom(fault, connection)
                    .map(gone -> desk.conclude(
                            Component.SCHEMA,
                            start,
                            fault.shownText(),
                            "a heal had made it, and nobody has touched it",
                            List.of(),
                            new Outcome.Healthy(gone + " gives way to the application's own")));
        }
    }

    private Incident healInTurn(Instant start, Fault fault, SQLException failure, HealableConnection connection)
            throws SQLException {
        try (SingleFlight.Turn turn = turns.take(connection.settings(), failure)) {
            turn.phase("diagnosing");
            Diagnosis diagnosis = examiner.diagnose(connection);
            if (diagnosis.isOfLostFile()) {
                letGoOfLostFile(connection);
            }
            if (diagnosis.isOfLostFile() && !unsaved.isDue()) {
                // Somebody has just tried.
                return desk.repeated(
                        start, fault.shownText(), diagnosis.toString(), new Outcome.GaveUp(unsaved.why(), null));
            }
            Intent intent = examiner.intentOf(diagnosis, connection);
            Optional<Incident> heldBack = heldBack(start, fault.shownText(), diagnosis, intent, connection);
            if (heldBack.isPresent()) {
                return heldBack.get();
            }
            Outcome outcome = carryOut(diagnosis, intent, connection, failure, turn);
            if (diagnosis.isOfLostFile() && isObstacle(outcome)) {
                unsaved.guard(connection);
                if (!unsaved.failed(outcome.explanation())) {
                    return desk.repeated(start, fault.shownText(), diagnosis.toString(), outcome);
                }
            }
            return desk.conclude(
                    component(diagnosis), start, fault.shownText(), diagnosis.toString(), turn.steps(), outcome);
        }
    }

    private static Component component(Diagnosis diagnosis) {
        return switch (diagnosis.finding()) {
            case FILE_DELETED, FILE_REPLACED, DATABASE_EMPTY -> Component.FILE;
            case HEALTHY, SCHEMA_INCOMPLETE -> Component.SCHEMA;
            case INDEXES_DAMAGED, FULL_TEXT_DAMAGED, LOG_DELETED, PAGES_DAMAGED -> Component.CONTENT;
        };
    }

    private static boolean isObstacle(Outcome outcome) {
        return outcome instanceof Outcome.GaveUp failed && Unsaved.isObstacle(failed.cause());
    }

    /** Tells why nothing is done, where somebody means what was found. */
    private Optional<Incident> heldBack(
            Instant start, String fault, Diagnosis diagnosis, Intent intent, HealableConnection connection)
            throws SQLException {
        if (!diagnosis.isOfSchema() || !intent.isTold()) {
            return Optional.empty();
        }
        Incident incident = desk.heldBack(start, fault, diagnosis.toString(), intent);
        // What a transaction has made itself may be rolled back.
        if (intent.isOfAnotherRelease() && connection.transactionState() != TransactionState.USED) {
            schema.learning().adopt(diagnosis.missing(), connection.physical());
        }
        return Optional.of(incident);
    }

    private Outcome carryOut(
            Diagnosis diagnosis,
            Intent intent,
            HealableConnection connection,
            SQLException failure,
            SingleFlight.Turn turn)
            throws SQLException {
        HealingPlan<SchemaRung> plan = HealingPlan.ofSchema(diagnosis, intent, examiner.sourcesFor(connection));
        return schemaHealer.carryOut(plan, diagnosis, connection, failure, turn);
    }

    /** The database is locked while its content is restored: that is waited for. */
    private Incident awaitRestore(Instant start, Fault fault, HealingSettings settings) throws SQLException {
        turns.awaitHealer(settings);
        return desk.conclude(
                Component.HEALING,
                start,
                fault.shownText(),
                "locked while it was restored",
                List.of(),
                new Outcome.Healthy("it is restored"));
    }

    /** The schema alone would be in the way of what others hold. */
    private void awaitContentOfOthers(HealableConnection connection) throws SQLException {
        HealingSettings settings = connection.settings();
        if (side.heals(settings) && !examiner.isLost(connection) && place.isNothingAtPath(settings)) {
            rescue.awaitContent(settings);
        }
    }

    /**
     * A transaction on a lost file that has met a fault cannot go on: what it would commit, nobody would see. Before anybody waits for the healer,
     * because its locks may be what the healer waits for.
     */
    private void letGoOfLostFile(HealableConnection connection) throws SQLException {
        if (side.heals(connection.settings())
                && !examiner.holdsFileAtPath(connection)
                && !Sqlite.isReadOnly(connection.physical())) {
            LockOrder.letGo(connection);
        }
    }

    /** The statement that has failed may have taken a lock all the same, which who heals now may be waiting for. Nothing is lost with the transaction it is alone in. */
    private static void letGoOfUnused(HealableConnection connection) throws SQLException {
        if (connection.transactionState() == TransactionState.UNUSED) {
            LockOrder.letGo(connection);
        }
    }

    /**
     * Looks at a database without a fault, and heals what is found.
     *
     * @return whether the database is valid or was recovered; never throws
     */
    public boolean verify(HealableConnection connection) {
        Instant start = Instant.now();
        try {
            presence.lookAtFile();
            relocate(connection);
            return LockOrder.locked(connection, () -> verifyInTurn(start, connection));
        } catch (SQLException | RuntimeException e) {
            desk.conclude(
                    Component.HEALING,
                    start,
                    "verification",
                    "not possible",
                    List.of(),
                    new Outcome.GaveUp(Disclosure.text(e), e));
            return false;
        }
    }

    private boolean verifyInTurn(Instant start, HealableConnection connection) throws SQLException {
        HealingSettings settings = connection.settings();
        SQLException context = new SQLException("verification of " + file.main());
        try (SingleFlight.Turn turn = turns.take(settings, context)) {
            turn.phase("verifying");
            Diagnosis diagnosis = examiner.diagnose(connection);
            Intent intent = examiner.intentOf(diagnosis, connection);
            if (heldBack(start, "verification", diagnosis, intent, connection).isPresent()) {
                return false;
            }
            Outcome outcome = carryOut(diagnosis, intent, connection, context, turn);
            if (outcome.allowsRetry()) {
                List<String> blocked =
                        new ArrayList<>(SchemaApplier.blocked(connection.physical(), schema.expected(settings)));
                schema.scripts().whyUnusable(settings).ifPresent(blocked::add);
                outcome = blocked.isEmpty() ? outcome : new Outcome.GaveUp(String.join("; ", blocked), null);
            }
            desk.conclude(component(diagnosis), start, "verification", diagnosis.toString(), turn.steps(), outcome);
            return outcome.allowsRetry();
        }
    }

    /**
     * Takes a connection over to the file that is at the path now, creating it where there is none. Does nothing where the connection has the
     * right file after all, or is in a transaction.
     */
    public void relocate(HealableConnection connection) throws SQLException {
        rescue.relocate(connection);
    }

    /** Opens a connection anew whose log has lost its name. */
    public void reopen(HealableConnection connection) throws SQLException {
        var unused = LockOrder.locked(connection, () -> {
            try (SingleFlight.Turn turn = turns.take(connection.settings(), new SQLException("the log was deleted"))) {
                turn.phase("opening anew");
                place.setLogOfLostFileAside(connection.settings());
                connection.reopen();
                return connection;
            }
        });
    }

    /** Looks for damage thoroughly, and changes nothing. */
    public Diagnosis look(HealingSettings settings) throws SQLException {
        return damage.look(settings);
    }

    /** What a heal would do now, and why; changes nothing. */
    public PlannedHeal plan(HealingSettings settings) throws SQLException {
        return foresight.plan(settings);
    }

    /** Looks for damage thoroughly, and heals what is found. */
    public Outcome check(HealingSettings settings) throws SQLException {
        return damage.check(settings, DamageCheck.Depth.FULL).outcome();
    }

    /** Looks for damage thoroughly, and heals what is found; a connection in a transaction is not asked. */
    public Outcome check(HealableConnection connection) throws SQLException {
        return damage.check(connection).outcome();
    }

    /** Waits until nobody heals. */
    public void awaitHealer(HealingSettings settings) throws SQLException {
        turns.awaitHealer(settings);
    }

    /** Whether the calling thread heals this database now. */
    public boolean isHealedByThisThread() {
        return turns.isHeldByThisThread();
    }

    /**
     * A transaction is about to be committed.
     *
     * @throws SQLException SQLState 40001, where that would go to a lost file whose content cannot be saved now; the transaction is as it was
     */
    public void refuseUnsaved(HealableConnection connection) throws SQLException {
        if (unsaved.isOn()
                && !connection.settings().acknowledgesUnsaved()
                && examiner.isLost(connection)
                && !examiner.isSafe(connection)) {
            throw new SQLTransactionRollbackException(
                    "Not committed: the file of " + file.main()
                            + " is no longer at its path, and its content cannot be saved now: " + unsaved.why(),
                    "40001");
        }
    }

    /** Whether a connection that may be moved holds a file that is not, or no longer, the one at the path. */
    public boolean isLost(HealableConnection connection) throws SQLException {
        return examiner.isLost(connection);
    }

    /** A connection has opened a file: one of the lost file's identity is another file, which the system gave its inode to. */
    public void opened(@Nullable FileIdentity opened) {
        safe.opened(opened);
    }
}
