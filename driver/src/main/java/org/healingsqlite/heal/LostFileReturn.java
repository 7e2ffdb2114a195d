package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileOwnership;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.OpenFiles;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.files.RescueLog;
import org.healingsqlite.log.Log;
import org.healingsqlite.repair.Publication;
import org.healingsqlite.repair.Published;

/** Puts the content of lost files back to the path: what this process has saved, what one that died had saved, and what others are about to. Thread-safe. */
final class LostFileReturn {
    /** {@code rm app.db*} deletes file by file: what is put back too early loses its log to the rest of that. */
    static final Duration SETTLING = Duration.ofMillis(20);

    private static final Duration LONGEST_WAIT_FOR_OTHERS = Duration.ofSeconds(5);
    private static final Duration BETWEEN_LOOKS_AT_PROCESSES = Duration.ofMillis(100);
    private static final Log LOG = Log.of(LostFileReturn.class);
    private static final long PAUSE_NANOS = 1_000_000;

    private final DatabaseFile file;
    private final PlaceAtPath place;
    private final HealingTurns turns;
    private final RescueLog log;

    /** Processes that held a deleted file when the wait for it to come back ended. */
    private volatile Set<Long> awaitedInVain = Set.of();

    LostFileReturn(DatabaseFile file, PlaceAtPath place, HealingTurns turns, RescueLog log) {
        this.file = file;
        this.place = place;
        this.turns = turns;
        this.log = log;
    }

    /** A copy is not to go back to the path after all. */
    void stays(RescueLog.Entry entry) throws IOException {
        log.add(new RescueLog.Entry(entry.lost(), Instant.now(), entry.copy(), false));
    }

    /** Puts content at the path, which belongs to whom the lost file belonged. */
    Publication publication(HealingSettings settings, RescueLog.Entry entry) throws IOException {
        Optional<FileOwnership> ownership = log.ownership(entry).or(() -> LastOwnership.of(file));
        return new Publication(file, ownership.orElse(null), SETTLING, settings.waitLimit());
    }

    /**
     * Before a file is created at the path: sees to it that the content of a lost one comes back first, where somebody has it.
     *
     * @param steps what is done is added
     * @return whether this process put something back
     */
    boolean bringBack(HealingSettings settings, List<String> steps) throws SQLException, IOException {
        if (!isForgetting()) {
            awaitOthers(settings, steps);
        }
        return finishPublication(settings, steps);
    }

    /** Whether other processes hold a file that was deleted at the path, and have not been waited for in vain. */
    boolean mayOthersBringBack() {
        return !isForgetting() && !awaitedInVain.containsAll(OpenFiles.holdersOfDeleted(file.main()));
    }

    /** What others hold is not to come back: somebody has just said so. */
    private boolean isForgetting() {
        try {
            return log.isForgetting(Instant.now());
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** Another process that heals puts the content back within milliseconds, and one that does not never will. */
    private void awaitOthers(HealingSettings settings, List<String> steps) throws SQLException {
        long deadlineNanos =
                System.nanoTime() + Math.min(settings.waitLimit().toNanos(), LONGEST_WAIT_FOR_OTHERS.toNanos());
        List<Long> holders = OpenFiles.holdersOfDeleted(file.main());
        while (!holders.isEmpty() && System.nanoTime() - deadlineNanos < 0) {
            long nextLookNanos = System.nanoTime() + BETWEEN_LOOKS_AT_PROCESSES.toNanos();
            while (System.nanoTime() - nextLookNanos < 0) {
                if (!place.isNothingAtPath(settings)) {
                    return;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            holders = OpenFiles.holdersOfDeleted(file.main());
        }
        awaitedInVain = Set.copyOf(holders);
        if (!holders.isEmpty()) {
            steps.add("these processes still hold a file that was deleted here: " + holders);
        }
    }

    /** A process died between saving a lost file's content and putting it back. */
    private boolean finishPublication(HealingSettings settings, List<String> steps) throws SQLException, IOException {
        if (log.pending().isEmpty()) {
            return false;
        }
        SQLException context = new SQLException("there is no file at " + file.main());
        try (ProcessLock lock = turns.lock(settings, context)) {
            Optional<RescueLog.Entry> pending = log.pending();
            if (pending.isEmpty() || !place.isNothingAtPath(settings)) {
                return false;
            }
            Optional<String> problem = file.side().problemOf(log.copy(pending.get()));
            if (problem.isPresent()) {
                LOG.warn("{}: what a process is said to have saved is not put back: {}", file.main(), problem.get());
                return false;
            }
            Optional<Published> content = publication(settings, pending.get())
                    .publish(log.copy(pending.get()), Publication.Stranger.STAYS, steps);
            content.ifPresent(Published::close);
            if (content.isEmpty()) {
                return false;
            }
            steps.add("put back what another process had saved of a lost file");
            return true;
        }
    }
}
