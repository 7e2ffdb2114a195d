package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.diagnosis.Diagnosis.Finding;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.plan.Intent;
import org.healingsqlite.schema.SchemaDifference;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/** Every way into the heal of damage: a fault of a call, one met while opening, a check that was asked for. Each takes the healer's turn. Thread-safe. */
final class DamageHealing {
    private final DamageParts parts;

    /** How often damaged content was healed: who waited for that need not look again. */
    private final AtomicLong restored = new AtomicLong();

    DamageHealing(DamageParts parts) {
        this.parts = parts;
    }

    /** Heals what a call has met; the connection has let go of its locks then. */
    Incident heal(Fault.Corruption fault, HealableConnection connection) throws SQLException {
        Instant start = Instant.now();
        HealingSettings settings = connection.settings();
        boolean readOnly = Sqlite.isReadOnly(connection.physical());
        Intent intent = parts.consent().ofContent(settings, readOnly);
        if (intent.isUntouchable()) {
            return parts.desk().heldBack(start, fault.shownText(), "", intent);
        }
        long healsBefore = restored.get();
        if (!readOnly && parts.side().heals(settings)) {
            // Before waiting for anybody: who heals may be waiting for this connection's locks.
            LockOrder.letGo(connection);
        }
        return LockOrder.locked(connection, () -> {
            try (SingleFlight.Turn turn =
                    parts.turns().take(settings, fault.symptom().exception())) {
                return restored.get() == healsBefore
                        ? heal(fault, DamageCheck.Depth.FULL, settings, turn, connection.physical(), readOnly)
                        : concludeHealedMeanwhile(start, fault);
            }
        });
    }

    private Incident concludeHealedMeanwhile(Instant start, Fault fault) {
        return parts.desk()
                .conclude(
                        Component.CONTENT,
                        start,
                        fault.shownText(),
                        "healed in the meantime",
                        List.of(),
                        new Outcome.Healthy("it is restored"));
    }

    /**
     * Heals what was met while a connection was being opened.
     *
     * @param holder holds the file open; null where it could not be opened
     * @return null where it is no damage
     */
    @Nullable
    Incident healAtOpen(SQLException failure, HealingSettings settings, @Nullable Connection holder)
            throws SQLException {
        if (!(Fault.of(failure) instanceof Fault.Corruption corruption)) {
            return null;
        }
        try (SingleFlight.Turn turn = parts.turns().take(settings, failure)) {
            return heal(corruption, DamageCheck.Depth.FULL, settings, turn, holder, false);
        }
    }

    /** Looks for damage thoroughly, and heals what is found; a connection in a transaction is not asked. */
    Incident check(HealableConnection connection) throws SQLException {
        boolean inTransaction = connection.transactionState() == TransactionState.USED;
        HealingSettings settings = connection.settings();
        return LockOrder.locked(connection, () -> {
            try (SingleFlight.Turn turn = parts.turns().take(settings, new SQLException("check"))) {
                return heal(
                        null,
                        DamageCheck.Depth.FULL,
                        settings,
                        turn,
                        inTransaction ? null : connection.physical(),
                        Sqlite.isReadOnly(connection.physical()));
            }
        });
    }

    /** Looks for damage, and heals what is found. */
    Incident check(HealingSettings settings, DamageCheck.Depth depth) throws SQLException {
        try (SingleFlight.Turn turn = parts.turns().take(settings, new SQLException("check"))) {
            return heal(null, depth, settings, turn, null, false);
        }
    }

    private Incident heal(
            Fault.@Nullable Corruption fault,
            DamageCheck.Depth depth,
            HealingSettings settings,
            SingleFlight.Turn turn,
            @Nullable Connection holder,
            boolean readOnly)
            throws SQLException {
        Intent intent = parts.consent().ofContent(settings, readOnly);
        if (intent.isUntouchable()) {
            return parts.desk().heldBack(Instant.now(), fault == null ? "check" : fault.shownText(), "", intent);
        }
        Incident incident = Errand.run("healing-" + parts.file().main().getFileName(), errand -> {
            CallersConnections callers = new CallersConnections(parts.file(), parts.connections(), holder, errand);
            return new DamageHealer(parts, settings, turn, callers, () -> check(settings, DamageCheck.Depth.FULL))
                    .heal(fault, depth, intent);
        });
        if (incident.outcome() instanceof Outcome.Healed) {
            restored.incrementAndGet();
        }
        return incident;
    }

    /** Looks for damage thoroughly, and changes nothing. */
    Diagnosis look(HealingSettings settings) throws SQLException {
        return isOfNothing()
                ? new Diagnosis(Finding.FILE_DELETED, SchemaDifference.NONE)
                : DamageCheck.withoutChange(parts.file(), DamageCheck.Depth.FULL, settings.waitLimit());
    }

    /** Whether what lies beside the empty file at the path is another, lost, file's. */
    boolean isOfNothing() {
        return parts.file().isEmptied() && parts.place().isVacant();
    }

    /** Ends the heal of a process that died in the middle of it. */
    void finishWhatWasLeft(HealingSettings settings) throws SQLException {
        if (!HealJournal.exists(parts.file())) {
            return;
        }
        SQLException context = new SQLException("a heal was left unfinished");
        try (SingleFlight.Turn turn = parts.turns().take(settings, context);
                ProcessLock lock = parts.turns().lock(settings, context)) {
            HealJournal left = HealJournal.left(parts.file());
            if (left != null) {
                turn.phase("finishing what another process began");
                LeftHeal.finish(parts, settings, left);
            }
        } catch (IOException e) {
            throw new SQLException("Cannot finish the heal of " + parts.file().main() + ": " + Disclosure.text(e), e);
        }
        check(settings, DamageCheck.Depth.FULL);
    }
}
