package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileOwnership;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.OpenFiles;
import org.healingsqlite.files.RescueLog;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.repair.LostContent;
import org.healingsqlite.repair.Publication;
import org.healingsqlite.repair.Published;
import org.healingsqlite.sqlite.AttachedDatabase;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Databases that are attached to a connection whose own file is lost, and whose files were deleted with it: the connection is about to be left, and may be the last to
 * hold them. Never puts anything over what is at a path; what fails is a step.
 */
final class AttachedFiles {
    /** Whoever has it open as a database of its own, and heals, knows more of it. */
    private static final Duration LONGEST_WAIT_FOR_ITS_OWN = Duration.ofSeconds(1);

    private static final long PAUSE_NANOS = 5_000_000;
    private static final Log LOG = Log.of(AttachedFiles.class);

    private final HealingSettings settings;
    private final List<String> steps;
    private final Map<DatabaseFile, Copy> copies = new LinkedHashMap<>();

    private record Copy(Path path, Optional<FileOwnership> ownership) {}

    /**
     * For one move.
     *
     * @param steps what is done is added
     */
    AttachedFiles(HealingSettings settings, List<String> steps) {
        this.settings = settings;
        this.steps = steps;
    }

    /**
     * Copies what is not at its path, and not meant to be gone.
     *
     * @param lost is about to be left, and in no transaction
     */
    void copy(Connection lost) throws SQLException {
        for (AttachedDatabase attached : AttachedDatabase.to(lost)) {
            if (attached.file().isEmpty()) {
                continue;
            }
            DatabaseFile file = DatabaseFile.at(Path.of(attached.file()));
            if (copies.containsKey(file) || Files.exists(file.main())) {
                continue;
            }
            try {
                if (!new RescueLog(file).isForgetting(Instant.now()) && !isBroughtBackByItsOwn(file)) {
                    copy(lost, attached, file);
                }
            } catch (SQLException | IOException e) {
                steps.add("could not save what was attached from " + file.main() + ": " + Disclosure.text(e));
            }
        }
    }

    private void copy(Connection lost, AttachedDatabase attached, DatabaseFile file) throws SQLException, IOException {
        Optional<FileOwnership> ownership =
                OpenFiles.ownershipOfDeleted(file.main()).or(() -> LastOwnership.of(file));
        if (file.createDirectory()) {
            steps.add("created directory " + file.directory());
        }
        Path path = LostContent.reserve(file);
        try {
            Sqlite.backup(lost, attached, path);
        } catch (SQLException | RuntimeException e) {
            delete(path);
            throw e;
        }
        copies.put(file, new Copy(path, ownership));
    }

    /** Puts the copies back to their paths; where deleted files do not come back, or something is in the way, they stay where they are. */
    void putBack() {
        copies.forEach((file, copy) -> {
            try {
                putBack(file, copy);
            } catch (SQLException | IOException e) {
                steps.add("could not put back what was attached from " + file.main() + ", which is in " + copy.path()
                        + ": " + Disclosure.text(e));
            }
        });
        copies.clear();
    }

    private void putBack(DatabaseFile file, Copy copy) throws SQLException, IOException {
        Optional<Published> back = settings.restoresDeleted()
                ? new Publication(file, copy.ownership().orElse(null), LostFileReturn.SETTLING, settings.waitLimit())
                        .publish(copy.path(), Publication.Stranger.STAYS, steps)
                : Optional.empty();
        back.ifPresent(Published::close);
        steps.add(
                back.isPresent()
                        ? "put back what was attached from " + file.main()
                        : "kept what was attached from " + file.main() + " in " + copy.path());
    }

    /** Who holds the files stays with them. */
    void discard() {
        copies.values().forEach(copy -> delete(copy.path()));
        copies.clear();
    }

    private static void delete(Path copy) {
        try {
            Files.deleteIfExists(copy);
        } catch (IOException e) {
            LOG.debug("{} stays: {}", copy, Disclosure.text(e));
        }
    }

    private static boolean isBroughtBackByItsOwn(DatabaseFile file) {
        if (LastOwnership.of(file).isEmpty()
                && OpenFiles.holdersOfDeleted(file.main()).isEmpty()) {
            return false;
        }
        long deadlineNanos = System.nanoTime() + LONGEST_WAIT_FOR_ITS_OWN.toNanos();
        while (Files.notExists(file.main())) {
            if (System.nanoTime() - deadlineNanos >= 0) {
                return false;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return true;
    }
}
