package org.healingsqlite.heal;

import dev.failsafe.CircuitBreaker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.plan.HealingPlan;
import org.healingsqlite.plan.SchemaRung;
import org.healingsqlite.repair.Publication;
import org.healingsqlite.schema.SchemaDifference;
import org.healingsqlite.schema.SchemaException;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/** Climbs the schema rungs of a plan: for files, schemas and tables that are not there. Called in the healer's turn only. */
final class SchemaHealer {
    private static final Log LOG = Log.of(SchemaHealer.class);

    private final DatabaseFile file;
    private final SchemaKnowledge schema;
    private final Examiner examiner;
    private final LostFileHealer lostFiles;
    private final HealingTurns turns;
    private final CircuitBreaker<Object> breaker;
    private final SideTrust side;

    SchemaHealer(
            DatabaseFile file,
            SchemaKnowledge schema,
            Examiner examiner,
            LostFileHealer lostFiles,
            HealingTurns turns,
            CircuitBreaker<Object> breaker,
            SideTrust side) {
        this.file = file;
        this.schema = schema;
        this.examiner = examiner;
        this.lostFiles = lostFiles;
        this.turns = turns;
        this.breaker = breaker;
        this.side = side;
    }

    /** What is to be healed, and through what. */
    private record Patient(
            Diagnosis diagnosis, HealableConnection connection, SQLException failure, SingleFlight.Turn turn) {
        private HealingSettings settings() {
            return connection.settings();
        }

        private List<String> steps() {
            return turn.steps();
        }
    }

    /**
     * Carries a plan out, all its rungs in order, and verifies what has come of it.
     *
     * @param failure what the application would see; it becomes the cause where a wait is in vain
     */
    Outcome carryOut(
            HealingPlan<SchemaRung> plan,
            Diagnosis diagnosis,
            HealableConnection connection,
            SQLException failure,
            SingleFlight.Turn turn) {
        if (plan.heldBack().isPresent()) {
            return new Outcome.Refused(plan.heldBack().get());
        }
        if (plan.isNothingWrong()) {
            return new Outcome.Healthy("nothing is missing");
        }
        Optional<String> hindrance = side.hindrance();
        if (hindrance.isPresent()) {
            return new Outcome.Refused(hindrance.get());
        }
        // Saving the last copy asks no breaker, and what keeps it from being saved is no failure of repairs.
        boolean counts = !diagnosis.isOfLostFile();
        if (counts && (connection.isTriedAgain() ? !breaker.isClosed() : !breaker.tryAcquirePermit())) {
            return Breakers.suspended(breaker);
        }
        try {
            Outcome outcome = climb(plan, new Patient(diagnosis, connection, failure, turn));
            if (counts) {
                breaker.recordSuccess();
            }
            return outcome;
        } catch (LockOrder.NotYetException e) {
            if (counts && breaker.isHalfOpen()) {
                // The one try that it lets through has to end.
                breaker.recordFailure();
            }
            throw e;
        } catch (SQLException | IOException | RuntimeException e) {
            if (counts && !connection.isTriedAgain()) {
                breaker.recordFailure();
            }
            return new Outcome.GaveUp(Disclosure.text(e), e);
        }
    }

    private Outcome climb(HealingPlan<SchemaRung> plan, Patient patient) throws SQLException, IOException {
        Diagnosis diagnosis = patient.diagnosis();
        boolean known = diagnosis.isOfLostFile() && examiner.isSafe(patient.connection());
        boolean isForgotten = known && examiner.isForgotten(patient.connection());
        Loss loss = Loss.NONE;
        for (SchemaRung rung : plan.rungs()) {
            if (rung == SchemaRung.SUPPLY_ROWS
                    && loss.isNone()
                    && !missingTables(diagnosis).isEmpty()) {
                // Every row is back already, and those that were deleted since the archive was written are not to be.
                continue;
            }
            patient.turn().phase(rung.name());
            Loss ofRung = climb(rung, patient);
            boolean isFilled = rung != SchemaRung.SUPPLY_ROWS && !loss.isNone();
            loss = ofRung.isNone() || isFilled ? loss : ofRung;
        }
        // What is read within a transaction is what it goes by: one that nobody has used yet must not have an old
        // snapshot.
        patient.connection().outsideTransaction(() -> verify(patient.connection(), plan));
        if (known) {
            return new Outcome.Healthy(
                    isForgotten
                            ? "moved to the file at the path; what was there before is forgotten"
                            : "moved to the file at the path, which was healed before");
        }
        List<String> steps = patient.steps();
        return new Outcome.Healed(steps.isEmpty() ? diagnosis.toString() : String.join(", ", steps), loss);
    }

    private Loss climb(SchemaRung rung, Patient patient) throws SQLException, IOException {
        return switch (rung) {
            case BRING_BACK_LOST_CONTENT ->
                lostFiles.move(
                        patient.connection(),
                        true,
                        patient.settings().lostContent().replaced()
                                ? Publication.Stranger.MAKES_ROOM
                                : Publication.Stranger.STAYS,
                        patient.steps());
            case MOVE_TO_FILE_AT_PATH ->
                lostFiles.move(patient.connection(), false, Publication.Stranger.STAYS, patient.steps());
            case APPLY_REGISTERED_SCHEMA, APPLY_LEARNED_SCHEMA -> applySchema(patient);
            case FILL_EMPTY_FILE -> supply(patient, OtherSources::fillEmptied);
            case SUPPLY_ROWS ->
                supply(
                        patient,
                        sources -> sources.addRows(
                                missingTables(patient.diagnosis()),
                                !patient.settings().restoresDropped()));
        };
    }

    /** Something that asks the other sources. */
    @FunctionalInterface
    private interface Request {
        Loss ask(OtherSources sources) throws SQLException;
    }

    private Loss supply(Patient patient, Request request) throws SQLException {
        OtherSources sources = new OtherSources(file, schema, patient.settings(), patient.turn());
        Loss[] loss = {Loss.NONE};
        try (ProcessLock lock = turns.lock(patient.settings(), patient.failure())) {
            patient.connection().outsideTransaction(() -> loss[0] = request.ask(sources));
        }
        return loss[0];
    }

    private Loss applySchema(Patient patient) throws SQLException, IOException {
        HealableConnection connection = patient.connection();
        connection.beforeSchemaChange();
        if (connection.transactionState() == TransactionState.USED) {
            // The write lock may be this transaction's own: only it can change the schema, in a savepoint.
            return changeSchema(patient, true);
        }
        Loss[] loss = {Loss.NONE};
        try (ProcessLock lock = turns.lock(patient.settings(), patient.failure())) {
            connection.outsideTransaction(() -> {
                if (patient.diagnosis().finding() == Finding.DATABASE_EMPTY && file.sizeBytes() == 0) {
                    schema.tryLearnedFileSettings(connection.physical());
                }
                loss[0] = WriteLock.change(
                        connection.physical(),
                        patient.turn(),
                        patient.settings().waitLimit(),
                        () -> changeSchema(patient, false));
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return loss[0];
    }

    private Loss changeSchema(Patient patient, boolean nested) throws SQLException {
        try {
            Connection connection = patient.connection().physical();
            // Again, now that nobody else heals.
            Diagnosis now = examiner.diagnose(patient.connection());
            DroppedTables dropped = DroppedTables.keep(file, patient.settings(), now.missing(), patient.steps());
            patient.steps()
                    .addAll(schema.change(patient.settings(), connection, nested)
                            .steps());
            Loss rows = dropped.giveBack(connection, nested);
            if (missingTables(now).size() < missingTables(patient.diagnosis()).size()) {
                rows = rows.and(Loss.unknown("whatever rows these tables had, which somebody else has made again: "
                        + String.join(", ", missingTables(patient.diagnosis()))));
            }
            return rows.and(lossOfColumns(patient.diagnosis()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Takes away what a heal has made, for the application to make it; empty where that is not possible, and nothing was changed. What keeps it from that is not for the
     * application to hear, which has an exception of its own.
     */
    Optional<String> makeRoom(Fault.AlreadyThere there, HealableConnection connection) {
        SchemaObject.Type type = SchemaObject.Type.valueOf(there.kind().name());
        List<String> gone = new ArrayList<>();
        try {
            connection.beforeSchemaChange();
            if (connection.transactionState() == TransactionState.USED) {
                schema.made()
                        .makeRoom(connection.physical(), type, there.name(), true)
                        .ifPresent(gone::add);
            } else {
                connection.outsideTransaction(() -> schema.made()
                        .makeRoom(connection.physical(), type, there.name(), false)
                        .ifPresent(gone::add));
            }
        } catch (SQLException e) {
            LOG.debug("{}: {} {} stays: {}", file.main(), type, there.name(), Disclosure.message(e));
            return Optional.empty();
        }
        return gone.stream().findFirst();
    }

    private static List<String> missingTables(Diagnosis diagnosis) {
        return diagnosis.missing().objects().stream()
                .filter(object -> object.type() == SchemaObject.Type.TABLE)
                .map(SchemaObject::name)
                .toList();
    }

    /** A column that was missing may have had a value in each row: nobody has them any more. */
    private Loss lossOfColumns(Diagnosis diagnosis) {
        Loss loss = Loss.NONE;
        for (SchemaDifference.MissingColumns missing : diagnosis.missing().columns()) {
            String table = missing.table().name();
            OptionalLong rows = rows(table);
            if (rows.isEmpty() || rows.getAsLong() > 0) {
                String what = "the values of " + table + "." + String.join(", " + table + ".", missing.names());
                loss = loss.and(new Loss(new Completeness.Unknown(what, rows), Content.UNVERIFIED, what));
            }
        }
        return loss;
    }

    /** How many rows a table has, as a connection of its own sees it: the application's may be in the middle of something. Empty where that is not known. */
    private OptionalLong rows(String table) {
        try (Connection connection = Sqlite.open(file.main(), Access.READ_ONLY);
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT count(*) FROM main.\"" + table.replace("\"", "\"\"") + '"')) {
            return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
        } catch (SQLException e) {
            return OptionalLong.empty();
        }
    }

    private void verify(HealableConnection connection, HealingPlan<SchemaRung> plan) throws SQLException {
        Diagnosis after = examiner.diagnose(connection);
        if (after.isOfLostFile()) {
            // It was deleted once more: that is the next incident.
            return;
        }
        if (after.finding() == Finding.SCHEMA_INCOMPLETE
                && plan.rungs().stream().allMatch(SchemaRung::isMove)) {
            // That was missing in the lost file already, or is missing in the one at the path: a statement that misses
            // it has it made.
            return;
        }
        if (after.finding() != Finding.HEALTHY && (after.finding() != Finding.DATABASE_EMPTY || schema.hasLearned())) {
            throw new SchemaException("verification after the repair: " + after, null);
        }
    }
}
