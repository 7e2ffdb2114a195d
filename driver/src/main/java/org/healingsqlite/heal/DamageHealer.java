package org.healingsqlite.heal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveHistory;
import org.healingsqlite.archive.RowSupply;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.plan.ContentRung;
import org.healingsqlite.plan.HealingPlan;
import org.healingsqlite.plan.Intent;
import org.healingsqlite.plan.Sources;
import org.healingsqlite.repair.ContentRestore;
import org.healingsqlite.repair.InPlaceRepair;
import org.healingsqlite.repair.LossRefusedException;
import org.healingsqlite.repair.Restored;
import org.healingsqlite.repair.RowsTooLargeException;
import org.healingsqlite.repair.Settling;
import org.healingsqlite.repair.Surroundings;
import org.healingsqlite.schema.SchemaApplier;
import org.healingsqlite.schema.SchemaException;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Heals one damaged database, once: confirms the damage, climbs the rungs until one holds, and leaves a journal from which another process can
 * tell what happened if this one dies.
 */
final class DamageHealer implements Surroundings {
    private static final Log LOG = Log.of(DamageHealer.class);
    private static final Duration LOG_FLUSH = Duration.ofSeconds(5);

    private final DamageParts parts;
    private final Recheck recheck;
    private final DatabaseFile file;
    private final IncidentDesk desk;
    private final SchemaKnowledge knowledge;
    private final HealingSettings settings;
    private final SingleFlight.Turn turn;
    private final CallersConnections callers;
    private final Instant start = Instant.now();
    private final long deadlineNanos;
    private final RowSupply supply;
    private final String id = Incident.newId(start);
    private @Nullable HealJournal journal;
    private boolean holderMetIt;
    private boolean decided;

    /** Looks for damage, and heals what is found. */
    @FunctionalInterface
    interface Recheck {
        void run() throws SQLException;
    }

    /**
     * A heal.
     *
     * @param turn the single flight's; held by the caller
     * @param recheck looks again where what was restored is found not to be whole after all
     * @param callers the application's connections, among them the one that met the fault where there is one
     */
    DamageHealer(
            DamageParts parts,
            HealingSettings settings,
            SingleFlight.Turn turn,
            CallersConnections callers,
            Recheck recheck) {
        this.recheck = recheck;
        this.parts = parts;
        this.file = parts.file();
        this.desk = parts.desk();
        this.knowledge = parts.schema();
        this.settings = settings;
        this.turn = turn;
        this.callers = callers;
        this.supply = new RowSupply(
                EarlierLife.sources(file, settings.sources()), (phase, done, total) -> turn.phase(phase + ": " + done));
        this.deadlineNanos = System.nanoTime() + settings.timeout().toNanos();
    }

    /**
     * Looks, and heals what is found.
     *
     * @param fault what a call was told; null where the look was asked for
     * @param intent what speaks against a heal
     * @throws SQLException where nobody could look: SQLState HYT00 while another process heals
     */
    Incident heal(Fault.@Nullable Corruption fault, DamageCheck.Depth depth, Intent intent) throws SQLException {
        String told = fault == null ? "check" : fault.shownText();
        SQLException context =
                fault == null ? new SQLException("check") : fault.symptom().exception();
        holderMetIt = fault != null && fault.kind() == Fault.Corruption.Kind.MALFORMED;
        turn.phase("diagnosing");
        parts.settlement().await();
        boolean mayWrite = intent.equals(Intent.NONE) && parts.side().heals(settings);
        if (mayWrite && fault != null) {
            // Writers that never rest would keep the look, and then the restore, from beginning.
            parts.presence().restoring(true);
        }
        try (ProcessLock lock = mayWrite ? parts.turns().lock(settings, context) : null) {
            if (file.isEmptied() && parts.place().isVacant()) {
                return desk.conclude(
                        id,
                        start,
                        told,
                        "an empty file has taken the place of one that is in use",
                        List.of(),
                        new Outcome.Healthy("what lies beside it is of a file that has lost its name"));
            }
            Diagnosis diagnosis = DamageCheck.of(file, depth, fault, settings.waitLimit());
            HealingPlan<ContentRung> plan = HealingPlan.ofContent(diagnosis, intent);
            Outcome outcome = carryOut(plan, diagnosis, told);
            if (mayWrite) {
                QuarantineBounds.hold(file, settings, start);
            }
            Incident incident =
                    desk.conclude(id, start, told, diagnosis.toString(), List.copyOf(turn.steps()), outcome);
            endJournal();
            if (fault == null) {
                // Nobody's statement waits, and perhaps nobody has a connection.
                parts.settlement().await();
            }
            return incident;
        } catch (NoLockException e) {
            return desk.conclude(
                    id, start, told, "", List.copyOf(turn.steps()), new Outcome.GaveUp(Disclosure.message(e), e));
        } finally {
            parts.settlement().begin();
            parts.presence().restoring(false);
        }
    }

    private Outcome carryOut(HealingPlan<ContentRung> plan, Diagnosis diagnosis, String told) {
        if (plan.heldBack().isPresent()) {
            return new Outcome.Refused(plan.heldBack().get());
        }
        if (plan.isNothingWrong()) {
            callers.dropCache();
            parts.presence().lookAtFile();
            return new Outcome.Healthy("the damage is not in the file: a fresh connection finds none");
        }
        Optional<String> hindrance = parts.side().hindrance();
        if (hindrance.isPresent()) {
            return new Outcome.Refused(hindrance.get());
        }
        HealRecord record = new HealRecord(file);
        Outcome suspended = suspended(record);
        if (suspended != null) {
            return suspended;
        }
        Exception last = null;
        try {
            journal = HealJournal.begin(file, id, start, told, diagnosis.toString(), knowledge.asScript(settings));
            for (ContentRung rung : plan.rungs()) {
                try {
                    Outcome outcome = parts.upkeep().paused(() -> climb(rung, diagnosis));
                    if (diagnosis.finding() == Finding.LOG_DELETED) {
                        parts.presence().raiseGeneration();
                    }
                    parts.breaker().recordSuccess();
                    if (rewritesContent(rung)) {
                        HealRecord.note(file, outcome.loss(), start);
                    }
                    return outcome;
                } catch (LossRefusedException refused) {
                    parts.breaker().recordSuccess();
                    return new Outcome.Refused(Disclosure.message(refused));
                } catch (SQLException e) {
                    last = e;
                    turn.steps().add(rung + " failed: " + Disclosure.message(e));
                    LOG.debug("{}: {} failed", file.main(), rung, e);
                }
            }
        } catch (SQLException | IOException | RuntimeException e) {
            last = e;
        } catch (Error e) {
            // No memory, no stack: the database is as it was, and the application gets what SQLite said.
            last = new SQLException("healing was stopped: " + Disclosure.text(e), e);
        }
        parts.breaker().recordFailure();
        record.failed(last, start, settings);
        // What says all there is to know needs no stack trace.
        boolean isKnown = last instanceof RowsTooLargeException;
        String why = last == null ? "no rung held" : isKnown ? Disclosure.message(last) : last.toString();
        return new Outcome.GaveUp(
                why + "; to recover by hand, see docs/recovery.md" + " and the quarantine "
                        + file.side().quarantine(),
                isKnown ? null : last);
    }

    /** What was before may be why nothing is done now; null where it is not. */
    private @Nullable Outcome suspended(HealRecord record) {
        if (record.isRecurring(settings.recurring(), start)) {
            return stopped(record);
        }
        Optional<HealRecord.Failed> failed = record.failedBefore(settings);
        if (failed.isPresent()) {
            return new Outcome.Refused("a heal of the same damage has failed at " + failed.get()
                    + ", and the files are byte for byte as they were then; to recover by hand, see docs/recovery.md, and to have it tried"
                    + " again, delete " + record.path());
        }
        return parts.breaker().tryAcquirePermit() ? null : Breakers.suspended(parts.breaker());
    }

    /** Told once as what it is, an incident that somebody has to look at; after that each call just gets SQLite's exception. */
    private Outcome stopped(HealRecord record) {
        String why = record.stopped(settings.recurring());
        return record.isFirstStop(settings.recurring(), start)
                ? new Outcome.GaveUp("severity CRITICAL, " + why, null)
                : new Outcome.Refused(why);
    }

    private static boolean rewritesContent(ContentRung rung) {
        return switch (rung) {
            case RESTORE_CONTENT -> true;
            case CHECKPOINT, REINDEX, REBUILD_FULL_TEXT -> false;
        };
    }

    private Outcome climb(ContentRung rung, Diagnosis diagnosis) throws SQLException, IOException {
        step(rung.name().toLowerCase(Locale.ROOT));
        return switch (rung) {
            case CHECKPOINT -> {
                turn.steps().add(callers.checkpoint(start));
                yield verified("wrote the log that had lost its name into the database", Loss.NONE);
            }
            case REINDEX -> inPlace(new InPlaceRepair(file, this).reindex(diagnosis.objects()));
            case REBUILD_FULL_TEXT -> inPlace(new InPlaceRepair(file, this).rebuildFullText(diagnosis.objects()));
            case RESTORE_CONTENT -> restoreContent();
        };
    }

    private Outcome inPlace(Restored done) throws SQLException {
        turn.steps().add("kept the damaged database in " + done.evidence());
        return verified(done.source(), new Loss(done.completeness(), done.values(), done.lost()));
    }

    private Outcome verified(String what, Loss loss) throws SQLException {
        callers.dropCache();
        Diagnosis after = DamageCheck.of(file, DamageCheck.Depth.FULL, null, settings.waitLimit());
        if (after.finding() != Finding.HEALTHY) {
            throw new SQLException("it did not hold: " + after);
        }
        turn.steps().add(what);
        return new Outcome.Healed(what, loss);
    }

    private Outcome restoreContent() throws SQLException, IOException {
        parts.presence().restoring(true);
        Restored restored = new ContentRestore(file, this).run();
        callers.dropCache();
        turn.steps().addAll(restored.steps());
        return new Outcome.Healed(
                "restored the content in place: " + restored.source(),
                new Loss(restored.completeness(), restored.values(), restored.lost()));
    }

    /** The incident must be on record before the journal that could tell it again goes. */
    private void endJournal() {
        HealJournal ended = journal;
        if (ended != null) {
            IncidentLog.await(LOG_FLUSH);
            try {
                ended.end();
            } catch (IOException e) {
                LOG.warn("{}: the journal of the heal stays: {}", file.main(), Disclosure.text(e));
            }
        }
    }

    // ---- What the restore asks

    /** The fault is the holder's own: where a page was malformed as the holder sees it, what it sees is not whole, and a copy of it would be in vain. */
    @Override
    public boolean copyOfHolder(Path target) throws SQLException, IOException {
        return !holderMetIt && callers.copyOfHolder(target);
    }

    @Override
    public String schema() throws SQLException {
        return knowledge.expected(settings).snapshot().objects().stream()
                .map(SchemaObject::sql)
                .collect(Collectors.joining(";\n", "", ";\n"))
                .replaceFirst("^;\n$", "");
    }

    @Override
    public RowSupply supply() {
        return supply;
    }

    @Override
    public boolean archiveIsCurrent() {
        Upkeep upkeep = parts.upkeep().current();
        return upkeep != null && upkeep.isCurrent();
    }

    @Override
    public void completeSchema(Connection newContent) throws SQLException {
        if (knowledge.source(settings) != Sources.Schema.UNKNOWN) {
            turn.steps().addAll(knowledge.change(settings, newContent, false).steps());
        }
    }

    @Override
    public void complete(Connection newContent, boolean lossy) throws SQLException {
        SchemaSnapshot.Settings known = knowledge.expected(settings).snapshot().settings();
        completeNumber(newContent, "user_version", known.userVersion());
        completeNumber(newContent, "application_id", known.applicationId());
        completeSchema(newContent);
        if (lossy) {
            turn.steps().addAll(SchemaApplier.seedAgain(newContent, knowledge.expected(settings)));
        }
        try {
            if (knowledge.afterHeal(settings).run(newContent) > 0) {
                turn.steps().add("ran the after-heal scripts");
            }
        } catch (SchemaException e) {
            // The content matters more than what was to be done to it.
            LOG.error(
                    "{}: an after-heal script failed, and nothing of it was applied: {}",
                    file.main(),
                    Disclosure.message(e));
            turn.steps().add("after-heal scripts failed: " + Disclosure.message(e));
        }
    }

    private static void completeNumber(Connection connection, String pragma, long known) throws SQLException {
        if (known != 0 && "0".equals(Sqlite.pragma(connection, pragma))) {
            Sqlite.execute(connection, "PRAGMA " + pragma + " = " + known);
        }
    }

    @Override
    public boolean acceptsLoss() {
        return settings.acceptsLoss();
    }

    @Override
    public void endReaders() throws SQLException, IOException {
        callers.endResults();
    }

    @Override
    public Duration lockWait() {
        return settings.waitLimit();
    }

    @Override
    public void step(String what) throws IOException {
        refuseToGoOnForTooLong();
        turn.phase(what);
        HealJournal noted = journal;
        if (noted != null) {
            noted.step(what);
        }
        desk.progressed(what);
    }

    @Override
    public void salvaged(String phase, long done, long total) {
        try {
            refuseToGoOnForTooLong();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        turn.phase("salvage: " + phase + (total > 0 ? ", " + done + " of " + total : ""));
    }

    private void refuseToGoOnForTooLong() throws IOException {
        // Once the content is decided it will be in place: ending then would only keep its loss from being told.
        if (!decided && System.nanoTime() - deadlineNanos >= 0) {
            throw new IOException(
                    "healing took longer than " + settings.timeout().toSeconds() + " s (healing.timeout)");
        }
    }

    /** What is put in place is what the archive will be written from: what it has of the lost rows must not go with them. */
    private void keepArchive(Restored result) throws IOException {
        Upkeep upkeep = parts.upkeep().current();
        Path archive = settings.sources().archive().orElse(null);
        if (upkeep == null
                || !upkeep.writesArchive()
                || archive == null
                || result.completeness().isWhole()) {
            return;
        }
        try {
            Path copy = result.evidence().resolveSibling(result.evidence().getFileName() + "-archive.zip");
            Archive.open(archive).zipTo(file.side().prepare(copy));
            ArchiveHistory.of(archive).hold();
            turn.steps().add("kept the archive as it was in " + copy);
        } catch (IOException | RuntimeException e) {
            throw new IOException(
                    "no copy of the archive as it was before the heal could be kept: " + Disclosure.text(e), e);
        }
    }

    @Override
    public void decided(Restored result) throws IOException {
        keepArchive(result);
        HealJournal noted = journal;
        if (noted != null) {
            noted.decided(result);
        }
        decided = true;
        desk.progressed("restoring");
    }

    @Override
    public void settling(Settling rest) {
        parts.settlement().leave(rest);
    }

    @Override
    public void unsound(String message) {
        LOG.error("{}: the database does not hold what was written into it: {}", file.main(), message);
        try {
            recheck.run();
        } catch (SQLException e) {
            LOG.error("{}: nobody could look at it", file.main(), e);
        }
    }
}
