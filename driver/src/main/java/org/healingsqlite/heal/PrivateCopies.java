package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.PrivateDirectory;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.repair.Publication;
import org.healingsqlite.sqlite.Sqlite;

/**
 * Copies of what lost files hold, in a directory of this user's alone, wherever one can be made: where the side directory is not to be used, or the content cannot
 * go back to the path. Nothing of this goes to the path, or to the side directory. Thread-safe.
 */
final class PrivateCopies {
    private static final Log LOG = Log.of(PrivateCopies.class);

    private final LostFileParts parts;
    private final DatabaseFile file;
    private final AtomicBoolean unsavedTold = new AtomicBoolean();

    /** Where the content of lost files was saved: by identity, or by connection where that is not known. */
    private final Map<Object, Saved> saved = new ConcurrentHashMap<>();

    PrivateCopies(LostFileParts parts) {
        this.parts = parts;
        this.file = parts.file();
    }

    /**
     * Saves what lost files hold, through connections that nobody uses at the moment.
     *
     * @param why it is not put where it belongs, for a reader
     * @param anew whether it is saved once more where it was saved before: the application may have written since
     * @return whether all of it is saved
     */
    boolean saveThrough(List<HealableConnection> through, String why, boolean anew) {
        boolean done = true;
        Set<FileIdentity> savedNow = new HashSet<>();
        for (HealableConnection connection : through) {
            FileIdentity held = connection.identity();
            if (!connection.isSaver()
                    || !connection.isMovedByOthers()
                    || held == null
                    || held.equals(file.identity())
                    || savedNow.contains(held)) {
                continue;
            }
            boolean[] isSaved = {false};
            try {
                LockOrder.whileUnused(connection, () -> isSaved[0] = save(connection, why, anew));
            } catch (SQLException | RuntimeException e) {
                LOG.debug("{}: not saved yet: {}", file.main(), Disclosure.text(e));
            }
            if (isSaved[0]) {
                savedNow.add(held);
            }
            done &= isSaved[0];
        }
        return done;
    }

    /**
     * Saves what a lost file holds, through a connection that stays with it.
     *
     * @param why it is not put where it belongs, for a reader
     * @param anew whether it is saved once more where it was saved before: the application may have written since
     * @return whether it is saved
     * @throws SQLException where it is not; the log tells so, once
     */
    boolean save(HealableConnection connection, String why, boolean anew) throws SQLException {
        if (connection.physical().isClosed()) {
            return true;
        }
        try {
            copyInOrder(connection, why, anew);
            return true;
        } catch (IOException e) {
            if (unsavedTold.compareAndSet(false, true)) {
                LOG.error(
                        "{}: its file is no longer at the path, {}, and what it held cannot be copied elsewhere: {}. It is lost when the last connection closes,"
                                + " unless that is put right before; it is tried again until then",
                        file.main(),
                        why,
                        Disclosure.text(e));
            }
            throw new SQLException("Cannot save the content of the lost file: " + Disclosure.text(e), e);
        }
    }

    /** The connection's locks come before this object's: who has them may come here, too. */
    private void copyInOrder(HealableConnection connection, String why, boolean anew) throws SQLException, IOException {
        Optional<IOException> failure = LockOrder.locked(connection, () -> {
            try {
                copy(connection, why, anew);
                return Optional.empty();
            } catch (IOException e) {
                return Optional.of(e);
            }
        });
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    private synchronized void copy(HealableConnection connection, String why, boolean anew)
            throws SQLException, IOException {
        Object key = key(connection);
        Saved known = saved.get(key);
        Path before = known == null || !known.isHeld() ? null : known.copy();
        // Asked last: who closes it does not wait for this, and what it has saved before that is still to be seen here.
        if (connection.physical().isClosed()) {
            return;
        }
        if (before != null && !anew) {
            saved.put(key, new Saved(before, holders(connection)));
            return;
        }
        String name = "copy-" + Instant.now().toEpochMilli() + '-' + file.main().getFileName();
        Path copy = before == null ? PrivateDirectory.make(file).resolve(name) : before.resolveSibling(name);
        // What a killed process leaves must not look like a whole copy.
        Path unfinished = copy.resolveSibling("unfinished-" + name);
        Crossing crossing = new Crossing(parts, connection, false, Publication.Stranger.STAYS, new ArrayList<>());
        boolean done = false;
        try {
            PrivateDirectory.createFile(unfinished);
            crossing.read(() -> Sqlite.backup(connection.physical(), unfinished));
            Files.move(unfinished, copy);
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(unfinished);
                if (before == null) {
                    PrivateDirectory.removeAround(copy);
                }
            }
        }
        saved.put(key, new Saved(copy, holders(connection)));
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
    }

    /**
     * What was copied is back where it belongs after all: nobody needs the copy.
     *
     * @param key see {@link #key}
     */
    synchronized void discard(Object key) {
        Saved needless = saved.remove(key);
        if (needless == null) {
            return;
        }
        try {
            Files.deleteIfExists(needless.copy());
            PrivateDirectory.removeAround(needless.copy());
            LOG.warn("{}: the content is back, and its copy {} deleted", file.main(), needless.copy());
        } catch (IOException e) {
            LOG.warn(
                    "{}: the content is back; its copy {} stays: {}", file.main(), needless.copy(), Disclosure.text(e));
        }
    }

    /** Whose content it is: the file that a connection holds, or the connection where that is not known. */
    static Object key(HealableConnection connection) {
        FileIdentity lost = connection.identity();
        return lost == null ? connection : lost;
    }

    /** The physical connections of this JVM that have the same file open. */
    private List<Connection> holders(HealableConnection connection) {
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
