package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.heal.Health.Part;
import org.healingsqlite.heal.Health.Status;
import org.healingsqlite.incident.IncidentCounts;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.sqlite.Encryption;

/** Looks how a database is: cheaply, without a connection to it, without a lock, without changing anything. Thread-safe. */
final class HealthCheck {
    private static final String STORAGE = "storage";
    private static final String ERROR_TRACKING = "error_tracking";
    private static final String BREAKER = "breaker";
    private static final String ARCHIVE = "archive";

    /** More than so many that somebody has to look at are no longer looked at one by one. */
    private static final long MOST_UNRESOLVED = 10;

    /** More than so many within a day are no bad luck. */
    private static final long MOST_RECENT = 20;

    /** A check is to be cheap: what is not written by then is counted by the next one. */
    private static final Duration LONGEST_WAIT = Duration.ofMillis(10);

    private final DatabaseFile file;
    private final ConnectionRegistry connections;
    private final FilePresence presence;
    private final HealingTurns turns;
    private final Unsaved unsaved;
    private final IncidentDesk desk;
    private final SharedUpkeep upkeep;
    private final Restraints restraints;

    HealthCheck(
            DatabaseFile file,
            ConnectionRegistry connections,
            FilePresence presence,
            HealingTurns turns,
            Unsaved unsaved,
            IncidentDesk desk,
            SharedUpkeep upkeep,
            Restraints restraints) {
        this.file = file;
        this.connections = connections;
        this.presence = presence;
        this.turns = turns;
        this.unsaved = unsaved;
        this.desk = desk;
        this.upkeep = upkeep;
        this.restraints = restraints;
    }

    /** Looks now; never throws. */
    Health look() {
        Health.Breaker healing =
                Health.Breaker.valueOf(restraints.breaker().getState().name());
        Health.Breaker availability =
                Health.Breaker.valueOf(restraints.patience().state().name());
        List<String> degraded = restraints.degradation().tables();
        return new Health(
                healing,
                availability,
                degraded,
                List.of(storage(), errorTracking(), breakers(healing, availability, degraded), archive()));
    }

    private Part storage() {
        Optional<String> heal = turns.inProgress();
        if (unsaved.isOn()) {
            return part(
                    STORAGE,
                    Status.UNHEALTHY,
                    "the file is no longer at its path, and what connections hold cannot be saved: " + unsaved.why());
        }
        if (presence.isRestoring()) {
            return part(STORAGE, Status.DEGRADED, "in progress: " + heal.orElse("restoring the content"));
        }
        try {
            Part found = atPath();
            return found.explanation().isEmpty() && heal.isPresent()
                    ? part(STORAGE, found.status(), "in progress: " + heal.get())
                    : found;
        } catch (IOException | RuntimeException e) {
            return part(STORAGE, Status.UNHEALTHY, "the file cannot be read: " + Disclosure.text(e));
        }
    }

    private Part atPath() throws IOException {
        FileIdentity identity = file.identity();
        if (connections.isAnyLost(identity)) {
            return part(
                    STORAGE,
                    Status.DEGRADED,
                    "connections hold a file that is no longer at its path; the next call brings it back");
        }
        if (identity == null) {
            return part(STORAGE, Status.UNKNOWN, "there is no file, and nobody has one open");
        }
        if (file.sizeBytes() == 0) {
            return part(STORAGE, Status.HEALTHY, "the file is empty, as a new database is");
        }
        if (DatabaseHeader.of(HeldFile.headOf(file, DatabaseHeader.SIZE)).hasMagic()) {
            return part(STORAGE, Status.HEALTHY, "");
        }
        return Encryption.hasCodec()
                ? part(STORAGE, Status.UNKNOWN, "what is at the path may be an encrypted database")
                : part(STORAGE, Status.UNHEALTHY, "what is at the path does not begin as an SQLite database does");
    }

    private Part errorTracking() {
        try {
            return errorTracking(desk.incidents().counts(LONGEST_WAIT));
        } catch (SQLException e) {
            return part(ERROR_TRACKING, Status.UNKNOWN, "the incidents cannot be read: " + Disclosure.message(e));
        }
    }

    /** Degraded by a critical incident that nobody has resolved, by more than 10 unresolved ones, or by more than 20 within a day. */
    static Part errorTracking(IncidentCounts counts) {
        List<String> why = new ArrayList<>();
        if (counts.unresolvedCritical() > 0) {
            why.add(counts.unresolvedCritical() + " critical");
        }
        if (counts.unresolved() > MOST_UNRESOLVED) {
            why.add(counts.unresolved() + " unresolved, more than " + MOST_UNRESOLVED);
        }
        if (counts.last24Hours() > MOST_RECENT) {
            why.add(counts.last24Hours() + " within 24 hours, more than " + MOST_RECENT);
        }
        return new Part(
                ERROR_TRACKING,
                why.isEmpty() ? Status.HEALTHY : Status.DEGRADED,
                why.isEmpty() ? "" : "incidents: " + String.join("; ", why),
                Map.of(
                        "total_errors", counts.total(),
                        "unresolved_errors", counts.unresolved(),
                        "recent_24h", counts.last24Hours(),
                        "critical_errors", counts.unresolvedCritical()));
    }

    private Part breakers(Health.Breaker healing, Health.Breaker availability, List<String> degraded) {
        List<String> why = new ArrayList<>();
        if (restraints.observing().getAsBoolean()) {
            why.add("nothing is healed, as somebody asked");
        }
        if (healing != Health.Breaker.CLOSED) {
            why.add("faults are not healed after repeated failures (" + healing + ")");
        }
        if (availability != Health.Breaker.CLOSED) {
            why.add("a locked or full database is an exception at once (" + availability + ")");
        }
        if (!degraded.isEmpty()) {
            why.add("reads give no rows of " + String.join(", ", degraded));
        }
        return part(BREAKER, why.isEmpty() ? Status.HEALTHY : Status.DEGRADED, String.join("; ", why));
    }

    private Part archive() {
        Upkeep running = upkeep.current();
        if (running == null || !running.writesArchive()) {
            return part(ARCHIVE, Status.OFF, "");
        }
        String trouble = running.trouble();
        return trouble == null
                ? part(ARCHIVE, Status.HEALTHY, "")
                : part(ARCHIVE, Status.DEGRADED, "the archive is not kept: " + trouble);
    }

    private static Part part(String name, Status status, String explanation) {
        return new Part(name, status, explanation, Map.of());
    }
}
