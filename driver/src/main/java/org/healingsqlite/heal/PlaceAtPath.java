package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.repair.Publication;

/** The place where a database belongs: whether what is there may be missed by anybody, and what lies beside it belongs to it. Thread-safe. */
final class PlaceAtPath {
    private static final Log LOG = Log.of(PlaceAtPath.class);

    private final DatabaseFile file;
    private final SideFiles sideFiles;
    private final HealingTurns turns;
    private final SideTrust side;

    PlaceAtPath(DatabaseFile file, SideFiles sideFiles, HealingTurns turns, SideTrust side) {
        this.file = file;
        this.sideFiles = sideFiles;
        this.turns = turns;
        this.side = side;
    }

    /** Whether there is nothing at the path that anybody could miss; what lies beside it then is a lost file's. */
    boolean isVacant() {
        return sideFiles.areOfNothing();
    }

    /** Whether there is nothing at the path that anybody could miss: not even an object in the database that is there. */
    boolean isNothingAtPath(HealingSettings settings) throws SQLException {
        if (isVacant()) {
            return true;
        }
        setLogOfLostFileAside(settings);
        return Publication.isNothingAt(file);
    }

    /** Whether the file at the path is one that connections of this JVM moved away from, and have left something open to. */
    boolean isReturned() {
        return sideFiles.connections().isOpenToLeft(file::identity);
    }

    /**
     * Before SQLite looks at a file that has taken a lost one's place: it would read it with the lost one's log, delete that beside an empty file, or begin
     * WAL mode with the index that is in use. Where that file is a lost one which is back, so is its log, and what this JVM has left open to it is closed.
     */
    void setLogOfLostFileAside(HealingSettings settings) throws SQLException {
        if (!isReturned() && !isLogAway() && !sideFiles.includeLogOfLostFile() || !side.isUsable()) {
            return;
        }
        SQLException context = new SQLException("another file has taken the place of " + file.main());
        try (ProcessLock lock = turns.lock(settings, context)) {
            if (sideFiles.includeLogOfLostFile()) {
                List<String> steps = new ArrayList<>();
                Publication.setAside(file, List.of(file.wal(), file.shm()), steps);
                steps.forEach(step -> LOG.info("{}: {}", file.main(), step));
            }
            // Not before: SQLite deletes what has the name of their log.
            FileIdentity there = file.identity();
            if (there != null) {
                bringLogBack(there);
                sideFiles.connections().returned(there);
            }
        } catch (IOException e) {
            throw new SQLException("Cannot open " + file.main() + ": " + Disclosure.text(e), "08001", e);
        }
    }

    private boolean isLogAway() {
        FileIdentity there = file.identity();
        return there != null && logAway(there).isPresent();
    }

    private Optional<LogIdentity> logAway(FileIdentity there) {
        return sideFiles.connections().logLostBy(there, LogIdentity.of(file));
    }

    private void bringLogBack(FileIdentity there) throws IOException {
        Optional<LogIdentity> away = logAway(there);
        if (away.isPresent() && new ReturnedLog(file, away.get()).comeBack()) {
            LOG.info(
                    "{}: the file is back, and so is its log, which connections that stayed with it have open",
                    file.main());
        }
    }
}
