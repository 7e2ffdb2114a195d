package org.healingsqlite.heal;

import dev.failsafe.CircuitBreaker;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
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
        Loss loss = Loss.NONE;
        for (SchemaRung rung : plan.rungs()) {
            patient.turn().phase(rung.name());
            Loss ofRung = climb(rung, patient);
            loss = ofRung.isNone() ? loss : ofRung;
        }
        verify(patient.connection());
        if (known) {
            return new Outcome.Healthy("moved to the file at the path, which was healed before");
        }
        List<String> steps = patient.steps();
        return new Outcome.Healed(
                steps.isEmpty() ? diagnosis.toString() : String.join(", ", steps),
                loss.isNone() ? lossOf(diagnosis) : loss);
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
            case APPLY_REGISTERED_SCHEMA, APPLY_LEARNED_SCHEMA -> {
                applySchema(patient);
                yield Loss.NONE;
            }
            case FILL_EMPTY_FILE -> supply(patient, OtherSources::fillEmptied);
            case SUPPLY_ROWS -> supply(patient, sources -> sources.addRows(missingTables(patient.diagnosis())));
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

    private void applySchema(Patient patient) throws SQLException, IOException {
        HealableConnection connection = patient.connection();
        connection.beforeSchemaChange();
        if (connection.transactionState() == TransactionState.USED) {
            // The write lock may be this transaction's own: only it can change the schema, in a savepoint.
            changeSchema(patient, true);
            return;
        }
        try (ProcessLock lock = turns.lock(patient.settings(), patient.failure())) {
            connection.outsideTransaction(() -> changeSchema(patient, false));
        }
    }

    private void changeSchema(Patient patient, boolean nested) throws SQLException {
        patient.steps()
                .addAll(schema.change(patient.settings(), patient.connection().physical(), nested)
                        .steps());
    }

    private static List<String> missingTables(Diagnosis diagnosis) {
        return diagnosis.missing().objects().stream()
                .filter(object -> object.type() == SchemaObject.Type.TABLE)
                .map(SchemaObject::name)
                .toList();
    }

    /** A table that was missing may have had rows, and a column that was missing values: nobody has them any more. */
    private Loss lossOf(Diagnosis diagnosis) {
        List<String> lost = new ArrayList<>();
        List<String> tables = missingTables(diagnosis);
        if (!tables.isEmpty()) {
            lost.add("whatever rows these tables had: " + String.join(", ", tables));
        }
        for (SchemaDifference.MissingColumns missing : diagnosis.missing().columns()) {
            if (mayHaveRows(missing.table().name())) {
                lost.add("the values of " + missing.table().name() + "."
                        + String.join(", " + missing.table().name() + ".", missing.names()));
            }
        }
        return lost.isEmpty() ? Loss.NONE : Loss.unknown(String.join("; ", lost));
    }

    /** Whether a table has rows, as a connection of its own sees it: the application's may be in the middle of something. */
    private boolean mayHaveRows(String table) {
        try (Connection connection = Sqlite.open(file.main(), Access.READ_ONLY);
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT 1 FROM main.\"" + table.replace("\"", "\"\"") + "\" LIMIT 1")) {
            return row.next();
        } catch (SQLException e) {
            return true;
        }
    }

    private void verify(HealableConnection connection) throws SQLException {
        Diagnosis after = examiner.diagnose(connection);
        if (after.isOfLostFile()) {
            // It was deleted once more: that is the next incident.
            return;
        }
        if (after.finding() != Finding.HEALTHY && (after.finding() != Finding.DATABASE_EMPTY || schema.hasLearned())) {
            throw new SchemaException("verification after the repair: " + after, null);
        }
    }
}
