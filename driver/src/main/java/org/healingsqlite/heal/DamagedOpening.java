package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.diagnosis.LogCheck;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.files.Quarantine;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentNotice;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/** Opens physical connections to a file that is there, and may be damaged: looks before SQLite does where that would destroy something. Thread-safe. */
final class DamagedOpening {
    private final DatabaseFile file;
    private final ConnectionRegistry connections;
    private final IncidentDesk desk;
    private final DamageHealing damage;
    private final LogCheck log;

    /** The file that was looked into when it was first opened. */
    private volatile @Nullable FileIdentity checked;

    DamagedOpening(DatabaseFile file, ConnectionRegistry connections, IncidentDesk desk, DamageHealing damage) {
        this.file = file;
        this.connections = connections;
        this.desk = desk;
        this.damage = damage;
        this.log = new LogCheck(file);
    }

    /** Whether a connection of this JVM has the database open. */
    boolean isOpenHere() {
        return !connections.isEmpty();
    }

    /**
     * Opens a physical connection to a file that may be damaged.
     *
     * @param mayHeal whether what is found may be repaired
     * @throws SQLException sqlite-jdbc's own, where the file cannot be opened and was not healed; ours, where a pipe or a device has the name of its journal or log
     */
    Connection open(HealingSettings settings, Opener opener, boolean mayHeal) throws SQLException {
        if (connections.isEmpty()) {
            refuseWhatWouldNotEnd();
        }
        if (!mayHeal) {
            return opener.open();
        }
        damage.finishWhatWasLeft(settings);
        if (damage.isOfNothing()) {
            // What SQLite would delete here is not this file's.
            throw new TakenAwayException(file);
        }
        if (file.isEmptied() || DamageCheck.isLogUnreadable(file)) {
            // SQLite would delete the log of an empty file, and ignore one whose header is damaged.
            damage.check(settings, DamageCheck.Depth.HEADER);
        }
        if (connections.isEmpty()) {
            noteWhatSqliteIgnores();
        }
        checkAtOpen(settings);
        try {
            return opener.open();
        } catch (SQLException e) {
            Incident incident = heal(e, settings, null);
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
     * Heals what was met while a connection was being opened.
     *
     * @param holder holds the file open; null where it could not be opened
     * @return null where it is no damage
     */
    @Nullable
    Incident heal(SQLException failure, HealingSettings settings, @Nullable Connection holder) throws SQLException {
        return damage.healAtOpen(failure, settings, holder);
    }

    private void refuseWhatWouldNotEnd() throws SQLException {
        try {
            file.requireFilesBeside();
        } catch (FileSystemException e) {
            throw new SQLException("Cannot open " + file.main() + ": " + Disclosure.message(e), "08001", e);
        }
    }

    /** What opening it tells by itself need not be asked for. */
    private void checkAtOpen(HealingSettings settings) throws SQLException {
        FileIdentity now = file.identity();
        DamageCheck.Depth depth = settings.checkAtOpen().orElse(DamageCheck.Depth.HEADER);
        if (now != null && depth != DamageCheck.Depth.HEADER && !now.equals(checked)) {
            damage.check(settings, depth);
            checked = now;
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
                    + new Quarantine(file).keep(HeldFile.of(file), start).main());
        } catch (IOException e) {
            steps.add("no copy of the files could be kept: " + Disclosure.text(e));
        }
        desk.conclude(
                Component.CONTENT,
                start,
                "the log is damaged",
                "SQLite goes on without " + ignored.get(),
                steps,
                new Outcome.Healed("opened without what SQLite ignores", Loss.unknown(ignored.get())));
    }
}
