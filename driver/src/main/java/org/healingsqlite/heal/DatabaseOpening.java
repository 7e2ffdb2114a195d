package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.FileOwnership;
import org.healingsqlite.files.Glance;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentNotice;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.plan.Intent;
import org.healingsqlite.plan.Sources;
import org.healingsqlite.repair.NewContent;
import org.healingsqlite.repair.Publication;
import org.healingsqlite.schema.RegisteredSchema;
import org.healingsqlite.schema.SchemaApplier;
import org.healingsqlite.schema.SchemaChange;
import org.healingsqlite.schema.SchemaDifference;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Opens physical connections: brings back what was deleted, or creates it, before there is a file; heals what opening meets; completes and learns the schema
 * after. Thread-safe.
 */
final class DatabaseOpening {
    private static final Log LOG = Log.of(DatabaseOpening.class);

    private final DatabaseFile file;
    private final SchemaKnowledge schema;
    private final PlaceAtPath place;
    private final HealingTurns turns;
    private final IncidentDesk desk;
    private final LostFileRescue rescue;
    private final DamagedOpening damaged;
    private final SideTrust side;
    private final SchemaIntent intent;
    private final UnchangedOpening unchanged;

    DatabaseOpening(
            DatabaseFile file,
            SchemaKnowledge schema,
            PlaceAtPath place,
            HealingTurns turns,
            IncidentDesk desk,
            LostFileRescue rescue,
            DamagedOpening damaged,
            SideTrust side) {
        this.file = file;
        this.schema = schema;
        this.place = place;
        this.turns = turns;
        this.desk = desk;
        this.rescue = rescue;
        this.damaged = damaged;
        this.side = side;
        this.intent = new SchemaIntent(file, schema);
        this.unchanged = new UnchangedOpening(file, schema, place);
    }

    /** Opens what nobody has changed since it was opened here. */
    UnchangedOpening unchanged() {
        return unchanged;
    }

    /**
     * Opens a physical connection. A file that is absent or empty is created and given its schema where one is known; a registered schema that
     * is incomplete is completed.
     *
     * @throws TakenAwayException where the opener is of one file, and that is not there any more
     * @throws SQLException sqlite-jdbc's own, or what kept the schema from being applied
     */
    Connection open(HealingSettings settings, Opener opener) throws SQLException {
        schema.learning().heed(settings);
        Glance before = Glance.of(file);
        Registration registration = new Registration(file, schema, desk, settings);
        boolean mayWrite = settings.mode() == Mode.HEAL && !opener.isReadOnly() && !file.isWriteProtected();
        boolean mayHeal = mayWrite && side.isUsable();
        FileIdentity there = requireItsFile(opener);
        if (mayHeal && file.sizeBytes() <= 0) {
            Optional<Connection> created = bringBackOrCreate(settings, opener, registration.schema() != null);
            if (created.isPresent()) {
                return created.get();
            }
            there = file.identity();
        }
        schema.afterHeal(settings);
        Opener toFile = mayHeal ? toFile(settings, opener, there) : opener;
        Connection connection = damaged.open(settings, toFile, mayHeal);
        try {
            registration.settle(connection, mayWrite);
            Connection prepared = prepareOrHeal(connection, toFile, settings, registration, mayWrite, mayHeal);
            if (mayHeal && prepared == connection && registration.isInForce()) {
                unchanged.foundNothing(before, settings);
            }
            return prepared;
        } catch (SQLException | RuntimeException e) {
            closeAfter(e, connection);
            throw e;
        }
    }

    /** Which file is at the path; null where none is. */
    private @Nullable FileIdentity requireItsFile(Opener opener) throws TakenAwayException {
        FileIdentity there = file.identity();
        FileIdentity only = opener.only();
        if (only != null && !only.equals(there)) {
            throw new TakenAwayException(file);
        }
        return there;
    }

    /** Opens the file that is there, without the log of another one. */
    private Opener toFile(HealingSettings settings, Opener opener, @Nullable FileIdentity there) throws SQLException {
        if (schema.learning().isPerhapsOfAnother(there) || place.isReturned()) {
            place.setLogOfLostFileAside(settings);
        }
        return there == null ? opener : opener.toExisting(file, there);
    }

    // ---- Where there is no file

    /** Waits for who has the content of the file, and creates it where nobody has; empty where there is a file, or nothing to give to a new one. */
    private Optional<Connection> bringBackOrCreate(HealingSettings settings, Opener opener, boolean isRegistered)
            throws SQLException {
        EarlierLife.heed(file, schema);
        // Who creates no file gets none without rows, even where its schema is known.
        boolean isEmptyOne = file.sizeBytes() < 0 && opener.isOfExisting();
        boolean known = !settings.sources().isNone() || !isEmptyOne && (isRegistered || schema.hasLearned());
        long deadlineNanos = System.nanoTime() + settings.waitLimit().toNanos();
        while (file.sizeBytes() <= 0) {
            rescue.awaitContent(settings);
            if (!known || !place.isVacant()) {
                return Optional.empty();
            }
            Optional<Connection> created = create(settings, opener, System.nanoTime() - deadlineNanos < 0);
            if (created.isPresent()) {
                return created;
            }
        }
        return Optional.empty();
    }

    /**
     * Creates the file, with what is known of its content.
     *
     * @param mayWait whether nothing is done where a connection of this JVM holds content that is to come back first
     */
    private Optional<Connection> create(HealingSettings settings, Opener opener, boolean mayWait) throws SQLException {
        Creation creation = new Creation(
                Instant.now(),
                schema.hasLearned(),
                file.sizeBytes() < 0 ? "there is no file at the path" : "the file at the path is empty");
        SQLException context = new SQLException(creation.diagnosis());
        try (SingleFlight.Turn turn = turns.take(settings, context)) {
            turn.phase("creating the database");
            if (settings.restoresDeleted() && !rescue.rescueHere()) {
                // It was deleted once more since anybody has looked.
                if (mayWait && !turn.isNested()) {
                    return Optional.empty();
                }
                if (turn.isNested() && rescue.isAnyAboutToMove()) {
                    throw new TakenAwayException(file);
                }
            }
            if (file.createDirectory()) {
                turn.steps().add("created directory " + file.directory());
            }
            try (ProcessLock lock = turns.lock(settings, context)) {
                if (settings.restoresDeleted() && (mayWait || turn.isNested()) && rescue.mayOthersBringBack()) {
                    // The same, and what is created here would be in their way.
                    if (turn.isNested()) {
                        throw new TakenAwayException(file);
                    }
                    return Optional.empty();
                }
                return Optional.of(create(settings, opener, creation, turn));
            }
        } catch (IOException e) {
            throw new SQLException("Cannot create " + file.main() + ": " + Disclosure.text(e), "08001", e);
        }
    }

    /**
     * A file that is being created.
     *
     * @param wasKnown whether the schema of the one that was there before was learned
     */
    private record Creation(Instant start, boolean wasKnown, String diagnosis) {}

    private Connection create(HealingSettings settings, Opener opener, Creation creation, SingleFlight.Turn turn)
            throws SQLException, IOException {
        Publication.setStraysAside(file, turn.steps());
        boolean fresh = file.isAbsentOrEmpty();
        giveLastOwnership();
        Optional<NewContent.Made> supplied =
                fresh ? new OtherSources(file, schema, settings, turn).fill() : Optional.empty();
        giveLastOwnership();
        Connection connection = opener.open();
        try {
            SchemaChange change = new SchemaChange(List.of(), false, List.of());
            // What others have supplied has its schema.
            if (supplied.isEmpty() && !isLeftToStatements(settings)) {
                if (fresh && creation.wasKnown()) {
                    schema.applyLearnedFileSettings(connection);
                }
                change = schema.change(settings, connection, false);
            }
            turn.steps().addAll(change.steps());
            schema.learning().remember(connection, settings, false);
            if (!turn.isNested()) {
                conclude(creation, supplied, change, turn.steps());
            }
            return connection;
        } catch (SQLException | RuntimeException e) {
            closeAfter(e, connection);
            throw e;
        }
    }

    /** What was only seen comes back when a statement misses it: who deletes a file that nobody has open may want a new one. */
    private boolean isLeftToStatements(HealingSettings settings) throws SQLException {
        return schema.source(settings) != Sources.Schema.REGISTERED && !damaged.isOpenHere();
    }

    /** A file that takes the place of one that was seen here belongs to whom that belonged, before there is anything in it. */
    private void giveLastOwnership() throws IOException {
        FileOwnership last = LastOwnership.of(file).orElse(null);
        if (last != null) {
            last.createIfAbsent(file.main());
        }
    }

    private void conclude(
            Creation creation, Optional<NewContent.Made> supplied, SchemaChange change, List<String> steps) {
        Outcome outcome;
        if (supplied.isPresent()) {
            outcome = new Outcome.Healed(
                    "created " + file.main() + " with " + supplied.get().source(),
                    Loss.unknown(supplied.get().missing()));
        } else if (creation.wasKnown() && !change.isEmpty()) {
            outcome = new Outcome.Healed(
                    "created " + file.main() + " with its schema",
                    Loss.unknown("the rows of the file that was there before"));
        } else {
            return;
        }
        desk.conclude(
                Component.FILE,
                creation.start(),
                "database file absent or empty at open",
                creation.diagnosis(),
                steps,
                outcome);
    }

    // ---- Where there is one

    /** Prepares a connection; another one where what it had opened was healed. */
    private Connection prepareOrHeal(
            Connection connection,
            Opener opener,
            HealingSettings settings,
            Registration registration,
            boolean mayWrite,
            boolean mayHeal)
            throws SQLException {
        RegisteredSchema registered = registration.schema();
        try {
            // What is registered is the application's own wish, and nothing that a side directory says.
            prepare(connection, settings, registered, mayWrite);
        } catch (SQLException e) {
            Incident incident = mayHeal ? damaged.heal(e, settings, connection) : null;
            if (incident != null && incident.outcome().allowsRetry()) {
                return preparedAnew(connection, opener, settings, registered);
            } else if (registration.doesWithout(e, connection, mayWrite)) {
                return prepareOrHeal(connection, opener, settings, registration, mayWrite, mayHeal);
            } else if (registered != null || Fault.of(e) instanceof Fault.Application) {
                if (incident != null) {
                    e.addSuppressed(new IncidentNotice(incident));
                }
                throw e;
            } else {
                // Looking was not the application's wish: it finds out with its first statement, as with plain
                // sqlite-jdbc.
                LOG.debug("{}: not learned: {}", file.main(), Disclosure.message(e));
            }
        }
        return connection;
    }

    /** A connection keeps the encoding that it has seen first, which may have been the damage. */
    private Connection preparedAnew(
            Connection before, Opener opener, HealingSettings settings, @Nullable RegisteredSchema registered)
            throws SQLException {
        Connection connection = opener.open();
        try {
            before.close();
            prepare(connection, settings, registered, true);
            return connection;
        } catch (SQLException | RuntimeException e) {
            closeAfter(e, connection);
            throw e;
        }
    }

    private void prepare(
            Connection connection, HealingSettings settings, @Nullable RegisteredSchema registered, boolean mayHeal)
            throws SQLException {
        boolean isSeen = schema.learning().isSeen(connection, settings);
        if (registered != null && !isSeen) {
            complete(settings, registered, connection, mayHeal);
            isSeen = schema.learning().isSeen(connection, settings);
        }
        try {
            schema.learning().learnWhatIsNew(connection, settings, isSeen);
        } catch (SQLException e) {
            if (!(Fault.of(e) instanceof Fault.Unavailable)) {
                throw e;
            }
            LOG.debug("{}: learned by a later connection: {}", file.main(), Disclosure.message(e));
        }
    }

    private void complete(HealingSettings settings, RegisteredSchema registered, Connection connection, boolean mayHeal)
            throws SQLException {
        String path = file.main().toString();
        if (SchemaApplier.isComplete(connection, registered, schema.expected(registered))) {
            SchemaApplier.warnOfIncompatible(connection, schema.expected(registered), path);
            return;
        }
        if (!mayHeal || Sqlite.isReadOnly(connection)) {
            LOG.warn("{}: the schema is incomplete, and nothing is repaired on a connection that must not write", path);
            return;
        }
        Instant start = Instant.now();
        Intent against = intent.of(settings, connection);
        if (!against.equals(Intent.NONE)) {
            desk.heldBack(start, "schema incomplete at open", "", against);
            schema.learning().adopt(SchemaApplier.missing(connection, schema.expected(registered)), connection);
            return;
        }
        SQLException context = new SQLException("the schema of " + path + " is incomplete");
        try (SingleFlight.Turn turn = turns.take(settings, context);
                ProcessLock lock = turns.lock(settings, context)) {
            turn.phase("completing the schema");
            // Once more, now that nobody else does it.
            SchemaDifference missing =
                    SchemaDifference.between(schema.expected(settings).snapshot(), SchemaSnapshot.read(connection));
            DroppedTables dropped = DroppedTables.keepTraced(file, settings, missing, schema::hasLearned, turn.steps());
            SchemaChange change = schema.change(settings, connection, false);
            turn.steps().addAll(change.steps());
            Loss loss = dropped.giveBack(connection, false);
            if ((change.recovered() || !loss.isNone()) && !turn.isNested()) {
                desk.conclude(
                        Component.SCHEMA,
                        start,
                        "schema incomplete at open",
                        "objects of the registered schema are missing",
                        List.copyOf(turn.steps()),
                        new Outcome.Healed("completed the schema: " + String.join(", ", change.steps()), loss));
            }
        } catch (IOException e) {
            throw new SQLException("Cannot complete the schema of " + path + ": " + Disclosure.text(e), e);
        }
    }

    private static void closeAfter(Exception failure, Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }
}
