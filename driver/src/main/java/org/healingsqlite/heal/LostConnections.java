package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.files.OpenFiles;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * sqlite-jdbc's connections to files that have lost their name, after their owners moved away: result sets may still be read from them, and some
 * keep a fence up, for as long as anybody could commit to the lost file. Thread-safe.
 */
final class LostConnections {
    private static final Log LOG = Log.of(LostConnections.class);

    /** A call that is on its way to a connection when that is left has arrived by then, and has said so. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private final List<Lost> all = new ArrayList<>();

    private static final class Lost {
        final Connection connection;
        final @Nullable FileIdentity file;
        final long sinceNanos = System.nanoTime();

        @Nullable
        HealableConnection owner;

        boolean fenced;

        Lost(HealableConnection owner, Connection connection, @Nullable FileIdentity file, boolean fenced) {
            this.owner = owner;
            this.connection = connection;
            this.file = file;
            this.fenced = fenced;
        }

        /** Whether nobody reads from it, and nobody is kept from writing by it. */
        boolean isUseless() {
            HealableConnection reader = owner;
            return !fenced
                    && (reader == null
                            || System.nanoTime() - sinceNanos >= GRACE.toNanos() && !reader.readsFrom(connection));
        }
    }

    synchronized void add(
            HealableConnection owner, Connection connection, @Nullable FileIdentity file, boolean fenced) {
        all.add(new Lost(owner, connection, file, fenced));
    }

    /** The owner was closed: what it left is closed with it, except for fences. */
    void disown(HealableConnection owner) {
        synchronized (this) {
            for (Lost lost : all) {
                if (owner.equals(lost.owner)) {
                    lost.owner = null;
                }
            }
        }
        closeUseless();
    }

    /**
     * Takes down the fences that nobody needs any more, and closes what nobody reads from.
     *
     * @param holds whether a connection of this JVM still has a lost file open
     */
    void review(Predicate<FileIdentity> holds) {
        for (FileIdentity file : fenced()) {
            if (!holds.test(file) && OpenFiles.holders(file).isEmpty()) {
                takeDown(file);
            }
        }
        closeUseless();
    }

    synchronized boolean isEmpty() {
        return all.isEmpty();
    }

    /** Whether there is one whose file is known. */
    synchronized boolean isAnyHeld() {
        return all.stream().anyMatch(lost -> lost.file != null);
    }

    /** Whether one of them has a file open. */
    synchronized boolean isHeld(@Nullable FileIdentity file) {
        return file != null && all.stream().anyMatch(lost -> file.equals(lost.file));
    }

    /**
     * A lost file is at the path again: what has it open has it with a log that is elsewhere, and an index of that which SQLite shares, within a process, with
     * whoever opens the file. Closes them, and with them their fences; SQLite brings their log into the file then.
     */
    void returned(FileIdentity file) {
        List<Lost> returned;
        synchronized (this) {
            returned = all.stream().filter(lost -> file.equals(lost.file)).toList();
            all.removeAll(returned);
        }
        close(returned);
    }

    synchronized List<FileIdentity> fenced() {
        List<FileIdentity> files = new ArrayList<>();
        for (Lost lost : all) {
            if (lost.fenced && lost.file != null) {
                files.add(lost.file);
            }
        }
        return files;
    }

    private synchronized void takeDown(FileIdentity file) {
        for (Lost lost : all) {
            if (lost.fenced && file.equals(lost.file)) {
                lost.fenced = false;
            }
        }
    }

    /** Outside of the lock: who uses such a connection at this moment is waited for, and nobody who leaves another one is to wait for that. */
    private void closeUseless() {
        close(takeUseless());
    }

    private static void close(List<Lost> connections) {
        for (Lost lost : connections) {
            try {
                lost.connection.close();
            } catch (SQLException e) {
                LOG.debug("Closing a connection to a lost file: {}", Disclosure.message(e));
            }
        }
        if (!connections.isEmpty()) {
            HeldFile.releaseNameless();
        }
    }

    private synchronized List<Lost> takeUseless() {
        List<Lost> useless = all.stream().filter(Lost::isUseless).toList();
        all.removeAll(useless);
        return useless;
    }
}
