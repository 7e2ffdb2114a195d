package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.files.Quarantine;
import org.healingsqlite.files.RescueLog;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;

/**
 * Deletes what healing has left beside a database: evidence, lost and found, the record of heals and of files, the incidents. What may be the last copy of rows goes only where that is asked for, and while one of those
 * stays, so does the record that tells of it. Thread-safe.
 */
final class Purge {
    private static final Log LOG = Log.of(Purge.class);

    private final DatabaseFile file;
    private final HealingTurns turns;
    private final IncidentDesk desk;
    private final SideTrust side;

    Purge(DatabaseFile file, HealingTurns turns, IncidentDesk desk, SideTrust side) {
        this.file = file;
        this.turns = turns;
        this.desk = desk;
        this.side = side;
    }

    /**
     * Deletes it, or tells what would be deleted.
     *
     * @throws SQLException where it cannot be; SQLState HYT00 while somebody heals
     */
    Purged run(HealingSettings settings, Purged.Extent extent) throws SQLException {
        SQLException context = new SQLException("purge");
        try (SingleFlight.Turn turn = turns.take(settings, context)) {
            turn.phase("purging");
            Optional<String> hindrance = side.hindrance();
            if (hindrance.isPresent()) {
                throw new SQLException("Cannot purge " + file.main() + ": " + hindrance.get());
            }
            if (!file.side().isOurs()) {
                return new Purged(List.of(), List.of());
            }
            try (ProcessLock lock = turns.lock(settings, context)) {
                return locked(extent);
            }
        } catch (IOException e) {
            throw new SQLException("Cannot purge " + file.main() + ": " + Disclosure.text(e), e);
        }
    }

    private Purged locked(Purged.Extent extent) throws SQLException, IOException {
        if (Files.exists(file.side().journal(), LinkOption.NOFOLLOW_LINKS)) {
            throw new SQLException("Cannot purge " + file.main() + ": a heal has not ended; heal it first");
        }
        boolean lossy = isLossy();
        List<Path> going = new ArrayList<>();
        List<Path> lastCopies = new ArrayList<>();
        for (Path kept : new Quarantine(file).kept()) {
            boolean isLast = lossy || Quarantine.isOfContentElsewhereGone(kept);
            (isLast && extent != Purged.Extent.LAST_COPIES ? lastCopies : going).add(kept);
        }
        if (lastCopies.isEmpty()) {
            add(going, file.side().heals());
            if (!isForgettingNow()) {
                add(going, file.side().rescues());
            }
            going.addAll(desk.incidents().files());
        }
        if (extent != Purged.Extent.PLAN) {
            if (lastCopies.isEmpty()) {
                // What is still to be written is written before, and goes as well.
                desk.incidents().forget();
            }
            for (Path each : going) {
                Files.deleteIfExists(each);
            }
            LOG.info("{}: {} files of earlier heals were deleted, as somebody asked", file.main(), going.size());
        }
        return new Purged(going, lastCopies);
    }

    private static void add(List<Path> paths, Path path) {
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            paths.add(path);
        }
    }

    /** Whether rows may be missing from the database, so that any copy may have them. */
    private boolean isLossy() {
        try {
            return file.isAbsentOrEmpty() || desk.incidents().lossySince().isPresent();
        } catch (SQLException unreadable) {
            return true;
        }
    }

    /** Somebody has just said that the file is about to go on purpose, which every process reads there. */
    private boolean isForgettingNow() throws IOException {
        return new RescueLog(file)
                .forgottenAt()
                .filter(at -> at.plus(RescueLog.FORGETTING).isAfter(Instant.now()))
                .isPresent();
    }
}
