package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.PrivateDirectory;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.log.Log;
import org.healingsqlite.repair.Publication;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Heals a database whose file was deleted, renamed or replaced while connections hold it: its content is saved, goes back to the path or into the
 * quarantine, and the connections move. Called in the healer's turn only.
 */
final class LostFileHealer {
    private static final Log LOG = Log.of(LostFileHealer.class);

    private final LostFileParts parts;

    /** Where the content of lost files was saved whose side directory is not to be used: by identity, or by connection where that is not known. */
    private final Map<Object, Saved> elsewhere = new ConcurrentHashMap<>();

    LostFileHealer(LostFileParts parts) {
        this.parts = parts;
    }

    /**
     * Takes a connection over to the file at the path, and sees to it that the content of the lost one is safe first.
     *
     * @param returns whether that goes back to the path
     * @param stranger what happens to a database that is at the path
     * @return what is not in the file at the path now
     */
    Loss move(HealableConnection connection, boolean returns, Publication.Stranger stranger, List<String> steps)
            throws SQLException, IOException {
        FileIdentity lost = connection.identity();
        DatabaseFile file = parts.file();
        LastOwnership.noteLost(file, lost);
        if (file.createDirectory()) {
            steps.add("created directory " + file.directory());
        }
        Crossing crossing = new Crossing(parts, connection, returns, stranger, steps);
        Connection left;
        try {
            left = connection.move(crossing);
        } catch (SQLException | IOException | RuntimeException e) {
            crossing.takeBack(connection.physical(), e);
            throw e;
        }
        parts.connections().left(connection, left, lost, crossing.giveUp(left));
        parts.presence().raiseEpoch();
        parts.presence().watch();
        reviewFences();
        steps.add("moved to the file at " + file.main());
        boolean filled = steps.stream().anyMatch(step -> step.startsWith(OtherSources.FILLED));
        return filled && !crossing.loss().isNone()
                ? Loss.unknown("what the other sources do not have of the "
                        + crossing.loss().explanation())
                : crossing.loss();
    }

    /** Takes down the fences that nobody needs any more. */
    void reviewFences() {
        if (parts.connections().reviewFences()) {
            parts.safe().completeLog();
        }
    }

    // ---- Where the side directory is not to be used

    /**
     * Saves what a lost file holds in a private directory, through a connection that stays with it: nothing of this goes to the path, or to the side directory.
     *
     * @param why the side directory is not to be used, for a reader
     * @param anew whether it is saved once more where it was saved before: the application may have written since
     * @return whether it is saved
     */
    synchronized boolean saveElsewhere(HealableConnection connection, String why, boolean anew)
            throws SQLException, IOException {
        DatabaseFile file = parts.file();
        FileIdentity lost = connection.identity();
        Object key = lost == null ? connection : lost;
        Saved saved = elsewhere.get(key);
        Path before = saved == null || !saved.isHeld() ? null : saved.copy();
        if (before != null && !anew) {
            elsewhere.put(key, new Saved(before, holders(connection)));
            return true;
        }
        String name = "copy-" + Instant.now().toEpochMilli() + '-' + file.main().getFileName();
        Path copy = before == null ? PrivateDirectory.make(file).resolve(name) : before.resolveSibling(name);
        Crossing crossing = new Crossing(parts, connection, false, Publication.Stranger.STAYS, new ArrayList<>());
        boolean done = false;
        try {
            PrivateDirectory.createFile(copy);
            crossing.read(() -> Sqlite.backup(connection.physical(), copy));
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(copy);
                if (before == null) {
                    PrivateDirectory.removeAround(copy);
                }
            }
        }
        elsewhere.put(key, new Saved(copy, holders(connection)));
        if (before != null) {
            Files.deleteIfExists(before);
        }
        LOG.error(
                "{}: its file is no longer at the path, and {}. What this process still has of it was copied to {}, which is readable for its owner only, by"
                        + " SQLite's backup; commits after this moment are copied once more when the last connection closes. To put it back: stop the"
                        + " application, then copy that file to {}",
                file.main(),
                why,
                copy,
                file.main());
        return true;
    }

    /** The physical connections of this JVM that have the same file open. */
    private List<Connection> holders(HealableConnection connection) throws SQLException {
        List<Connection> holders = new ArrayList<>(List.of(connection.physical()));
        FileIdentity lost = connection.identity();
        for (HealableConnection other : parts.connections().all()) {
            if (lost != null && lost.equals(other.identity())) {
                holders.add(other.physical());
            }
        }
        return holders;
    }

    /**
     * A last copy.
     *
     * @param holders who had the file open: as long as one has, no other file gets its number
     */
    private record Saved(Path copy, List<Connection> holders) {
        boolean isHeld() throws SQLException {
            for (Connection each : holders) {
                if (!each.isClosed()) {
                    return true;
                }
            }
            return false;
        }
    }
}
