package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.diagnosis.Diagnostician;
import org.healingsqlite.diagnosis.LogCheck;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.files.Quarantine;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentNotice;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.plan.HealingPlan;
import org.healingsqlite.plan.Rung;
import org.healingsqlite.repair.Publication;
import org.healingsqlite.schema.ExpectedSchema;
import org.healingsqlite.schema.SchemaApplier;
import org.healingsqlite.schema.SchemaDifference;
import org.healingsqlite.schema.SchemaException;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Heals one database: fault, diagnosis, plan, repair, outcome. Thread-safe; one thread heals at a time. */
public final class Healer {
    private static final Logger LOG = LoggerFactory.getLogger(Healer.class);

    private final ManagedDatabase database;

    private final LostFileHealer lostFiles;
    private final LogCheck log;

    /** The file that was looked into when it was first opened. */
    private volatile @Nullable FileIdentity checked;

    /** How often damaged content was healed: who waited for that need not look again. */
    private final AtomicLong restored = new AtomicLong();

    Healer(ManagedDatabase database) {
        this.database = database;
        this.lostFiles = new LostFileHealer(database);
        this.log = new LogCheck(database.file());
    }

    /**
     * Heals what made a call fail.
     *
     * @return how it ended; null where the fault is none of the database's, and nothing was looked at
     * @throws SQLException SQLState HYT00, where somebody else heals for longer than the wait option allows
     */
    public @Nullable Incident heal(SQLException failure, HealableConnection connection) throws SQLException {
        Fault fault = Fault.of(failure);
        if (!concernsDatabase(fault, connection)) {
            return null;
        }
        Instant start = Instant.now();
        HealingSettings settings = connection.settings();
        if (fault instanceof Fault.Unavailable
                && Diagnostician.ofFile(database.file(), connection.identity()) == Finding.HEALTHY) {
            database.awaitHealer(settings);
            return database.conclude(
                    start,
                    fault.text(),
                    "locked while it was restored",
                    List.of(),
                    new Outcome.Healthy("it is restored"));
        }
        if (fault instanceof Fault.Corruption corruption
                && Diagnostician.ofFile(database.file(), connection.identity()) == Finding.HEALTHY) {
            return healDamage(corruption, connection);
        }
        letGoOfLostFile(connection);
        if (database.heals(settings) && !isLost(connection) && database.isNothingAtPath(settings)) {
            // The schema alone would be in the way of what others hold.
            database.awaitContent(settings);
        }
        try (SingleFlight.Turn turn = database.flight()
                .take(settings.waitLimit(), database.file().main().toString(), failure)) {
            turn.phase("diagnosing");
            ExpectedSchema expected = database.expected(settings);
            Diagnosis diagnosis = diagnose(connection, expected);
            if (diagnosis.isOfLostFile()) {
                letGoOfLostFile(connection);
            }
            HealingPlan plan = HealingPlan.of(diagnosis, means(connection));
            Outcome outcome = carryOut(plan, diagnosis, connection, failure, turn);
            return database.conclude(start, fault.text(), diagnosis.toString(), turn.steps(), outcome);
        }
    }

    /**
     * A transaction on a lost file that has met a fault cannot go on: what it would commit, nobody would see. Before anybody waits for the healer,
     * because its locks may be what the healer waits for.
     */
    private void letGoOfLostFile(HealableConnection connection) throws SQLException {
        if (database.heals(connection.settings())
                && Diagnostician.ofFile(database.file(), connection.identity()) != Finding.HEALTHY
                && !Sqlite.isReadOnly(connection.physical())) {
            connection.letGo();
        }
    }

    /**
     * Takes a connection over to the file that is at the path now, creating it where there is none. Does nothing where the connection has the
     * right file after all, or is in a transaction.
     */
    public void relocate(HealableConnection connection) throws SQLException {
        if (!database.heals(connection.settings())) {
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
                if (isLost(connection)) {
                    // It could not move: a transaction for JDBC to end, without a lock that a fence may be in the way
                    // of.
                    Sqlite.execute(physical, "BEGIN");
                } else {
                    Sqlite.beginAsJdbcDoes(physical);
                }
            }
        }
    }

    private void moveToFileAtPath(HealableConnection connection) throws SQLException {
        Instant start = Instant.now();
        HealingSettings settings = connection.settings();
        SQLException context = new SQLException("the file of " + database.file().main() + " is no longer at its path");
        if (isContentElsewhere(connection)) {
            if (connection.isTriedAgain()) {
                return;
            }
            database.awaitContent(settings);
        }
        try (SingleFlight.Turn turn = database.flight()
                .take(
                        connection.isTriedAgain() ? Duration.ZERO : settings.waitLimit(),
                        database.file().main().toString(),
                        context)) {
            if (connection.physical().isClosed() || connection.isTriedAgain() && isContentElsewhere(connection)) {
                return;
            }
            Diagnosis diagnosis = ofFile(connection);
            if (!diagnosis.isOfLostFile()) {
                return;
            }
            HealingPlan plan = HealingPlan.of(diagnosis, means(connection));
            if (plan.rungs().isEmpty()) {
                return;
            }
            Outcome outcome = carryOut(plan, diagnosis, connection, context, turn);
            if (outcome instanceof Outcome.GaveUp
                    && (connection.isTriedAgain() || connection.physical().isClosed())) {
                // The application has closed it in the meantime, or will hear of it from its next call.
                LOG.debug("{}: not moved: {}", database.file().main(), outcome.explanation());
                return;
            }
            database.conclude(start, "file no longer at its path", diagnosis.toString(), turn.steps(), outcome);
            if (outcome instanceof Outcome.GaveUp gaveUp && gaveUp.cause() instanceof SQLException cause) {
                throw cause;
            }
        }
    }

    /** Whether what was safe at the path is gone from there again, and others may hold it. */
    private boolean isContentElsewhere(HealableConnection connection) throws SQLException {
        return isLost(connection) && lostFiles.isSafe(connection) && database.isVacant();
    }

    /**
     * Looks at a database without a fault, and heals what is found.
     *
     * @return whether the database is valid or was recovered; never throws
     */
    public boolean verify(HealableConnection connection) {
        Instant start = Instant.now();
        HealingSettings settings = connection.settings();
        SQLException context =
                new SQLException("verification of " + database.file().main());
        try {
            database.lookAtFile();
            relocate(connection);
            try (SingleFlight.Turn turn = database.flight()
                    .take(settings.waitLimit(), database.file().main().toString(), context)) {
                turn.phase("verifying");
                Diagnosis diagnosis = diagnose(connection, database.expected(settings));
                Outcome outcome =
                        carryOut(HealingPlan.of(diagnosis, means(connection)), diagnosis, connection, context, turn);
                if (outcome.allowsRetry()) {
                    List<String> blocked = SchemaApplier.blocked(connection.physical(), database.expected(settings));
                    outcome = blocked.isEmpty() ? outcome : new Outcome.GaveUp(String.join("; ", blocked), null);
                }
                database.conclude(start, "verification", diagnosis.toString(), turn.steps(), outcome);
                return outcome.allowsRetry();
            }
        } catch (SQLException | RuntimeException e) {
            database.conclude(start, "verification", "not possible", List.of(), new Outcome.GaveUp(e.toString(), e));
            return false;
        }
    }

    /**
     * Saves the content of a lost file, and puts it where it belongs, through whatever connection of this JVM can be had without asking the
     * application.
     *
     * @return whether nothing is left to do
     */
    boolean rescue(List<HealableConnection> connections) {
        Optional<String> hindrance = database.side().hindrance();
        if (hindrance.isPresent()) {
            return saveElsewhere(connections, hindrance.get(), database.isEnding());
        }
        boolean done = true;
        for (HealableConnection connection : connections) {
            try {
                if (connection.isMovedByOthers() && isLost(connection) && !lostFiles.isSafe(connection)) {
                    connection.whileUnused(() -> moveUnused(connection));
                    done &= !isLost(connection) || lostFiles.isSafe(connection);
                }
            } catch (SQLException | RuntimeException e) {
                LOG.debug("{}: not rescued yet: {}", database.file().main(), e.toString());
                done = false;
            }
        }
        return done;
    }

    /** What lost files hold is copied where the side directory is not to be used: once, and once more before nobody has it any more. */
    private boolean saveElsewhere(List<HealableConnection> connections, String why, boolean anew) {
        boolean done = true;
        Set<FileIdentity> saved = new HashSet<>();
        for (HealableConnection connection : connections) {
            FileIdentity held = connection.identity();
            if (connection.settings().mode() != Mode.HEAL
                    || !connection.isMovedByOthers()
                    || held == null
                    || held.equals(database.file().identity())
                    || saved.contains(held)) {
                continue;
            }
            boolean[] isSaved = {false};
            try {
                connection.whileUnused(() -> isSaved[0] = saveUnusedElsewhere(connection, why, anew));
            } catch (SQLException | RuntimeException e) {
                LOG.debug("{}: not saved yet: {}", database.file().main(), e.toString());
            }
            if (isSaved[0]) {
                saved.add(held);
            }
            done &= isSaved[0];
        }
        return done;
    }

    private boolean saveUnusedElsewhere(HealableConnection connection, String why, boolean anew) throws SQLException {
        if (connection.physical().isClosed()) {
            return true;
        }
        try {
            return lostFiles.saveElsewhere(connection, why, anew);
        } catch (IOException e) {
            throw new SQLException("Cannot save the content of the lost file: " + e, e);
        }
    }

    /** Whether a connection has what nobody else has, and is going to bring it back. */
    boolean isWorthWaitingFor(HealableConnection connection) {
        try {
            return connection.isGoingToMove() && isLost(connection) && !lostFiles.isSafe(connection);
        } catch (SQLException e) {
            return false;
        }
    }

    private void moveUnused(HealableConnection connection) throws SQLException {
        // Without a transaction where JDBC has one, sqlite-jdbc is between its COMMIT and its BEGIN.
        if (connection.physical().getAutoCommit() && connection.transactionState() == TransactionState.NONE) {
            moveToFileAtPath(connection);
        }
    }

    /** Whether a connection that may be moved holds a file that is not, or no longer, the one at the path. */
    public boolean isLost(HealableConnection connection) throws SQLException {
        FileIdentity held = connection.identity();
        return held != null
                && !connection.physical().isClosed()
                && !held.equals(database.file().identity())
                && database.heals(connection.settings());
    }

    /** Whether the content of the lost file that a connection holds is where it belongs. */
    boolean isSafe(HealableConnection connection) {
        return lostFiles.isSafe(connection);
    }

    void completeRescueLog() {
        lostFiles.completeLog();
    }

    /** The connection is about to be closed, and nobody else in this JVM holds its file. */
    void rescueBeforeClose(HealableConnection connection) {
        try {
            Optional<String> hindrance = database.side().hindrance();
            if (hindrance.isPresent()) {
                connection.letGo();
                var unused = saveUnusedElsewhere(connection, hindrance.get(), true);
            } else if (isLost(connection) && !lostFiles.isSafe(connection)) {
                connection.letGo();
                relocate(connection);
            }
        } catch (SQLException | RuntimeException e) {
            LOG.error(
                    "{}: the content of the lost file could not be saved before its last connection closes",
                    database.file().main(),
                    e);
        }
    }

    /** See {@link LostFileHealer#mayOthersBringBack}. */
    boolean mayOthersBringBack() {
        return lostFiles.mayOthersBringBack();
    }

    /** Before a file is created at the path: see {@link LostFileHealer#bringBack}. */
    boolean bringBack(HealingSettings settings, List<String> steps) throws SQLException, IOException {
        return database.isNothingAtPath(settings) && lostFiles.bringBack(settings, steps);
    }

    /** Opens a connection anew whose log has lost its name. */
    public void reopen(HealableConnection connection) throws SQLException {
        try (SingleFlight.Turn turn = take(connection.settings(), new SQLException("the log was deleted"))) {
            turn.phase("opening anew");
            connection.reopen();
        }
    }

    // ---- Damage

    private Incident healDamage(Fault.Corruption fault, HealableConnection connection) throws SQLException {
        Instant start = Instant.now();
        HealingSettings settings = connection.settings();
        boolean readOnly = Sqlite.isReadOnly(connection.physical());
        long healsBefore = restored.get();
        if (!readOnly && database.heals(settings)) {
            // Before waiting for anybody: who heals may be waiting for this connection's locks.
            connection.letGo();
        }
        try (SingleFlight.Turn turn = take(settings, fault.symptom().exception())) {
            if (restored.get() != healsBefore) {
                return database.conclude(
                        start,
                        fault.text(),
                        "healed in the meantime",
                        List.of(),
                        new Outcome.Healthy("it is restored"));
            }
            return healDamage(fault, DamageCheck.Depth.FULL, settings, turn, connection.physical(), readOnly);
        }
    }

    private Incident healDamage(
            Fault.@Nullable Corruption fault,
            DamageCheck.Depth depth,
            HealingSettings settings,
            SingleFlight.Turn turn,
            @Nullable Connection holder,
            boolean readOnly)
            throws SQLException {
        Incident incident = Errand.run(
                "healing-" + database.file().main().getFileName(),
                errand -> new DamageHealer(database, settings, turn, holder, errand).heal(fault, depth, readOnly));
        if (incident.outcome() instanceof Outcome.Healed) {
            restored.incrementAndGet();
        }
        return incident;
    }

    private SingleFlight.Turn take(HealingSettings settings, SQLException context) throws SQLException {
        return database.flight()
                .take(settings.waitLimit(), database.file().main().toString(), context);
    }

    /**
     * Opens a physical connection to a file that may be damaged.
     *
     * @param mayHeal whether what is found may be repaired
     * @throws SQLException sqlite-jdbc's own, where the file cannot be opened and was not healed
     */
    Connection open(HealingSettings settings, Opener opener, boolean mayHeal) throws SQLException {
        if (!mayHeal) {
            return opener.open();
        }
        finishWhatWasLeft(settings);
        if (database.file().isEmptied() && database.isVacant()) {
            // What SQLite would delete here is not this file's.
            throw new TakenAwayException(database.file());
        }
        if (database.file().isEmptied() || DamageCheck.isLogUnreadable(database.file())) {
            // SQLite would delete the log of an empty file, and ignore one whose header is damaged.
            check(settings, DamageCheck.Depth.HEADER, null);
        }
        if (database.isUnused()) {
            noteWhatSqliteIgnores();
        }
        FileIdentity file = database.file().identity();
        DamageCheck.Depth depth = settings.checkAtOpen().orElse(null);
        if (file != null && depth != null && depth != DamageCheck.Depth.HEADER && !file.equals(checked)) {
            check(settings, depth, null);
            checked = file;
        }
        try {
            return opener.open();
        } catch (SQLException e) {
            Incident incident = healAtOpen(e, settings, null);
            if (incident == null) {
                throw e;
            }
            if (!incident.outcome().allowsRetry()) {
                e.addSuppressed(new IncidentNotice(incident));
                throw e;
            }
            return opener.open();
        }
    }

    /**
     * Where SQLite is about to leave out commits of the log, nothing is done about it: without the frame that is damaged, what comes after it may
     * contradict itself. It is kept, and told.
     */
    private void noteWhatSqliteIgnores() {
        Optional<String> ignored = log.ignored();
        if (ignored.isEmpty()) {
            return;
        }
        Instant start = Instant.now();
        List<String> steps = new ArrayList<>();
        try {
            steps.add("kept a copy of the files in "
                    + new Quarantine(database.file())
                            .keep(HeldFile.of(database.file()), start)
                            .main());
        } catch (IOException e) {
            steps.add("no copy of the files could be kept: " + e);
        }
        database.conclude(
                start,
                "the log is damaged",
                "SQLite goes on without " + ignored.get(),
                steps,
                new Outcome.Healed("opened without what SQLite ignores", Loss.unknown(ignored.get())));
    }

    /**
     * Heals what was met while a connection was being opened.
     *
     * @return null where it is no damage
     */
    @Nullable
    Incident healAtOpen(SQLException failure, HealingSettings settings, @Nullable Connection holder)
            throws SQLException {
        if (!(Fault.of(failure) instanceof Fault.Corruption corruption)) {
            return null;
        }
        try (SingleFlight.Turn turn = take(settings, failure)) {
            return healDamage(corruption, DamageCheck.Depth.FULL, settings, turn, holder, false);
        }
    }

    /** Looks for damage thoroughly, and changes nothing. */
    public Diagnosis look(HealingSettings settings) throws SQLException {
        return database.file().isEmptied() && database.isVacant()
                ? new Diagnosis(Finding.FILE_DELETED, SchemaDifference.NONE)
                : DamageCheck.of(database.file(), DamageCheck.Depth.FULL, null, settings.waitLimit());
    }

    /** Looks for damage thoroughly, and heals what is found. */
    public Outcome check(HealingSettings settings) throws SQLException {
        return check(settings, DamageCheck.Depth.FULL, null).outcome();
    }

    /** Looks for damage thoroughly, and heals what is found; a connection in a transaction is not asked. */
    public Outcome check(HealableConnection connection) throws SQLException {
        HealingSettings settings = connection.settings();
        boolean inTransaction = connection.transactionState() == TransactionState.USED;
        try (SingleFlight.Turn turn = take(settings, new SQLException("check"))) {
            return healDamage(
                            null,
                            DamageCheck.Depth.FULL,
                            settings,
                            turn,
                            inTransaction ? null : connection.physical(),
                            Sqlite.isReadOnly(connection.physical()))
                    .outcome();
        }
    }

    /**
     * Looks for damage, and heals what is found.
     *
     * @param holder an idle connection that holds the file open; null where there is none
     */
    Incident check(HealingSettings settings, DamageCheck.Depth depth, @Nullable Connection holder) throws SQLException {
        try (SingleFlight.Turn turn = take(settings, new SQLException("check"))) {
            return healDamage(null, depth, settings, turn, holder, false);
        }
    }

    /** Ends the heal of a process that died in the middle of it. */
    private void finishWhatWasLeft(HealingSettings settings) throws SQLException {
        if (!HealJournal.exists(database.file())) {
            return;
        }
        SQLException context = new SQLException("a heal was left unfinished");
        try (SingleFlight.Turn turn = take(settings, context);
                ProcessLock lock = database.lock(settings, context)) {
            HealJournal left = HealJournal.left(database.file());
            if (left != null) {
                turn.phase("finishing what another process began");
                DamageHealer.finish(database, settings, left);
            }
        } catch (IOException e) {
            throw new SQLException(
                    "Cannot finish the heal of " + database.file().main() + ": " + e, e);
        }
        check(settings, DamageCheck.Depth.FULL, null);
    }

    /** A connection has opened a file: one of the lost file's identity is another file, which the system gave its inode to. */
    public void opened(@Nullable FileIdentity file) {
        lostFiles.opened(file);
    }

    // ---- Whose fault it is

    /** Whether a fault can be the database's. Asked for every exception, so a typo is told apart without looking at the database. */
    private boolean concernsDatabase(Fault fault, HealableConnection connection) throws SQLException {
        if (fault instanceof Fault.MissingObject missing) {
            return isExpected(missing.name(), connection) || isLost(connection);
        }
        if (fault instanceof Fault.MissingColumn missing) {
            String name = missing.name();
            String column = name.substring(name.lastIndexOf('.') + 1).replace("\"", "");
            return isExpected(column, connection) || isLost(connection);
        }
        if (fault instanceof Fault.Unavailable unavailable
                && database.isRestoring()
                && Diagnostician.ofFile(database.file(), connection.identity()) == Finding.HEALTHY) {
            return (unavailable.kind() == Fault.Unavailable.Kind.BUSY
                            || unavailable.kind() == Fault.Unavailable.Kind.LOCKED)
                    && connection.transactionState() != TransactionState.USED;
        }
        return fault instanceof Fault.FileMoved
                || fault instanceof Fault.Corruption
                || mayComeOfALostFile(fault)
                        && Diagnostician.ofFile(database.file(), connection.identity()) != Finding.HEALTHY;
    }

    /** What SQLite says when files vanish in the middle of a statement; whether that has taken effect is not this one's question. */
    private static boolean mayComeOfALostFile(Fault fault) {
        return fault instanceof Fault.Unavailable unavailable
                && switch (unavailable.kind()) {
                    case IO, BUSY, SNAPSHOT, CANNOT_OPEN, READ_ONLY -> true;
                    case LOCKED, PROTOCOL, FULL -> false;
                };
    }

    private boolean isExpected(String name, HealableConnection connection) throws SQLException {
        ExpectedSchema expected = database.expected(connection.settings());
        if (expected.snapshot().knows(name)) {
            return true;
        }
        // A name is given raw: "a.b" is a table of that name, or b of schema a.
        return name.regionMatches(true, 0, "main.", 0, 5)
                && expected.snapshot().knows(name.substring(5))
                && mainIsTheOnlyOwner(connection.physical());
    }

    private static boolean mainIsTheOnlyOwner(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*) FROM pragma_database_list WHERE name = 'main' COLLATE NOCASE")) {
            return row.next() && row.getInt(1) == 1;
        }
    }

    // ---- Diagnosis and plan

    private Diagnosis diagnose(HealableConnection connection, ExpectedSchema expected) throws SQLException {
        Diagnosis ofFile = ofFile(connection);
        return ofFile.isOfLostFile()
                ? ofFile
                : Diagnostician.diagnose(database.file(), connection.identity(), connection.physical(), expected);
    }

    /** What has become of the file that the connection holds. */
    private Diagnosis ofFile(HealableConnection connection) throws SQLException {
        Finding finding = Diagnostician.ofFile(database.file(), connection.identity());
        if (finding != Finding.FILE_REPLACED) {
            return new Diagnosis(finding, SchemaDifference.NONE);
        }
        HealingSettings settings = connection.settings();
        boolean mayTouch = database.heals(settings);
        if (mayTouch) {
            database.setLogOfLostFileAside(settings);
        }
        boolean isDeleted =
                !lostFiles.isSafe(connection) && (mayTouch ? database.isNothingAtPath(settings) : database.isVacant());
        return new Diagnosis(isDeleted ? Finding.FILE_DELETED : finding, SchemaDifference.NONE);
    }

    private HealingPlan.Means means(HealableConnection connection) throws SQLException {
        return new HealingPlan.Means(
                database.registered(connection.settings()) != null,
                database.hasLearned(),
                Sqlite.isReadOnly(connection.physical()),
                connection.settings().mode() != Mode.HEAL,
                connection.transactionState() == TransactionState.USED,
                connection.settings().restoresDeleted(),
                connection.settings().restoresReplaced(),
                !connection.settings().sources().isNone());
    }

    // ---- Repair

    private Outcome carryOut(
            HealingPlan plan,
            Diagnosis diagnosis,
            HealableConnection connection,
            SQLException failure,
            SingleFlight.Turn turn) {
        List<String> steps = turn.steps();
        if (plan.rungs().isEmpty()) {
            return new Outcome.Refused(plan.refusal());
        }
        if (plan.rungs().equals(List.of(Rung.RETRY))) {
            return new Outcome.Healthy("nothing is missing");
        }
        Optional<String> hindrance = database.side().hindrance();
        if (hindrance.isPresent()) {
            return new Outcome.Refused(hindrance.get());
        }
        if (connection.isTriedAgain()
                ? !database.breaker().isClosed()
                : !database.breaker().tryAcquirePermit()) {
            return new Outcome.Refused("healing is suspended after repeated failures, for another "
                    + database.breaker().getRemainingDelay().toSeconds() + " s");
        }
        try {
            boolean known = diagnosis.isOfLostFile() && lostFiles.isSafe(connection);
            Loss loss = Loss.NONE;
            for (Rung rung : plan.rungs()) {
                turn.phase(rung.name());
                Loss ofRung = climb(rung, diagnosis, connection, failure, turn);
                loss = ofRung.isNone() ? loss : ofRung;
            }
            verifyRepair(connection);
            database.breaker().recordSuccess();
            if (known) {
                return new Outcome.Healthy("moved to the file at the path, which was healed before");
            }
            return new Outcome.Healed(
                    steps.isEmpty() ? diagnosis.toString() : String.join(", ", steps),
                    loss.isNone() ? lossOfTables(diagnosis) : loss);
        } catch (SQLException | IOException | RuntimeException e) {
            if (!connection.isTriedAgain()) {
                database.breaker().recordFailure();
            }
            return new Outcome.GaveUp(e.toString(), e);
        }
    }

    private static List<String> missingTables(Diagnosis diagnosis) {
        return diagnosis.missing().objects().stream()
                .filter(object -> object.type() == SchemaObject.Type.TABLE)
                .map(SchemaObject::name)
                .toList();
    }

    /** A table that was missing may have had rows, and nobody has them any more. */
    private static Loss lossOfTables(Diagnosis diagnosis) {
        List<String> tables = missingTables(diagnosis);
        return tables.isEmpty()
                ? Loss.NONE
                : Loss.unknown("whatever rows these tables had: " + String.join(", ", tables));
    }

    private Loss climb(
            Rung rung, Diagnosis diagnosis, HealableConnection connection, SQLException failure, SingleFlight.Turn turn)
            throws SQLException, IOException {
        List<String> steps = turn.steps();
        return switch (rung) {
            case RETRY -> Loss.NONE;
            case BRING_BACK_LOST_CONTENT ->
                lostFiles.move(
                        connection,
                        true,
                        connection.settings().restoresReplaced()
                                ? Publication.Stranger.MAKES_ROOM
                                : Publication.Stranger.STAYS,
                        steps);
            case MOVE_TO_FILE_AT_PATH -> lostFiles.move(connection, false, Publication.Stranger.STAYS, steps);
            case APPLY_REGISTERED_SCHEMA, APPLY_LEARNED_SCHEMA -> {
                applySchema(connection, failure, steps);
                yield Loss.NONE;
            }
            case FILL_EMPTY_FILE, SUPPLY_ROWS -> supply(rung, diagnosis, connection, failure, turn);
            case CHECKPOINT, REINDEX, REBUILD_FULL_TEXT, RESTORE_CONTENT ->
                throw new IllegalStateException(rung + " is for damage");
        };
    }

    private Loss supply(
            Rung rung, Diagnosis diagnosis, HealableConnection connection, SQLException failure, SingleFlight.Turn turn)
            throws SQLException {
        OtherSources sources = new OtherSources(database, connection.settings(), turn);
        Loss[] loss = {Loss.NONE};
        try (ProcessLock lock = database.lock(connection.settings(), failure)) {
            connection.outsideTransaction(() -> loss[0] =
                    rung == Rung.FILL_EMPTY_FILE ? sources.fillEmptied() : sources.addRows(missingTables(diagnosis)));
        }
        return loss[0];
    }

    private void applySchema(HealableConnection connection, SQLException failure, List<String> steps)
            throws SQLException, IOException {
        connection.beforeSchemaChange();
        if (connection.transactionState() == TransactionState.USED) {
            // The write lock may be this transaction's own: only it can change the schema, in a savepoint.
            steps.addAll(database.changeSchema(connection.settings(), connection.physical(), true)
                    .steps());
            return;
        }
        try (ProcessLock lock = database.lock(connection.settings(), failure)) {
            connection.outsideTransaction(
                    () -> steps.addAll(database.changeSchema(connection.settings(), connection.physical(), false)
                            .steps()));
        }
    }

    private void verifyRepair(HealableConnection connection) throws SQLException {
        Diagnosis after = diagnose(connection, database.expected(connection.settings()));
        if (after.isOfLostFile()) {
            // It was deleted once more: that is the next incident.
            return;
        }
        if (after.finding() != Finding.HEALTHY
                && (after.finding() != Finding.DATABASE_EMPTY || database.hasLearned())) {
            throw new SchemaException("verification after the repair: " + after, null);
        }
    }
}
