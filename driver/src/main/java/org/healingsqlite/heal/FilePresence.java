package org.healingsqlite.heal;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.FileWatch;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.LogIdentity;
import org.jspecify.annotations.Nullable;

/**
 * Whether the file at the path, and its log, are still the ones that connections hold. What happens to them raises the epoch, which each connection compares
 * with its own before a call; a log that has lost its name raises the generation as well. Thread-safe.
 */
@Internal
public final class FilePresence implements FileWatch.Watcher {
    private final DatabaseFile file;
    private final ConnectionRegistry connections;

    /** Raised when something has happened to the file: each connection then looks for itself, once. */
    private final AtomicInteger epoch = new AtomicInteger();

    private final AtomicInteger generation = new AtomicInteger();
    private volatile Runnable epochRaised = () -> {};
    private volatile Runnable looked = () -> {};
    private volatile @Nullable FileIdentity lastSeenAtPath;
    private volatile @Nullable FileIdentity lastThere;
    private volatile boolean restoring;

    FilePresence(DatabaseFile file, ConnectionRegistry connections) {
        this.file = file;
        this.connections = connections;
    }

    /** The moment's epoch: one volatile read. */
    public int epoch() {
        return epoch.get();
    }

    void raiseEpoch() {
        epoch.incrementAndGet();
        epochRaised.run();
    }

    /** Tells somebody whenever the epoch is raised: a door that does not look at it before every call. */
    public void onEpoch(Runnable told) {
        epochRaised = told;
    }

    /** Tells somebody whenever the file was looked at, after the epoch. */
    void onLook(Runnable told) {
        looked = told;
    }

    /** Connections opened before this number was raised hold a log without a name: they have to be opened anew. */
    public int generation() {
        return generation.get();
    }

    void raiseGeneration() {
        generation.incrementAndGet();
        raiseEpoch();
    }

    /** Whether the content is being restored now: who is outside of a transaction had better wait. */
    public boolean isRestoring() {
        return restoring;
    }

    void restoring(boolean now) {
        if (restoring != now) {
            restoring = now;
            raiseEpoch();
        }
    }

    /** Makes sure that the file is watched, also where its directory is a new one. Raises the epoch where another file than before is at the path. */
    public void watch() {
        FileIdentity now = file.identity();
        FileIdentity before = lastSeenAtPath;
        sees(now);
        if (before != null && !before.equals(now)) {
            raiseEpoch();
        }
        LastOwnership.note(file);
        FileWatch.instance().watch(file, this);
    }

    /**
     * The same, for a connection that was just opened.
     *
     * @param opened the file that it has open
     */
    void watch(@Nullable FileIdentity opened) {
        if (opened != null && opened.equals(lastSeenAtPath)) {
            // Whoever has opened it has looked.
            FileWatch.instance().watch(file, this);
        } else {
            watch();
        }
    }

    private void sees(@Nullable FileIdentity now) {
        lastSeenAtPath = now;
        if (now != null) {
            lastThere = now;
        }
    }

    /** Whether no other file than this one has been seen at the path since. */
    boolean wasLastThere(FileIdentity lost) {
        return lost.equals(lastThere);
    }

    /** Nobody will ask for it again. */
    void drop() {
        FileWatch.instance().drop(file);
        LastOwnership.drop(file);
    }

    /** Nobody has it open any more. */
    void forget() {
        FileWatch.instance().forget(file);
    }

    @Override
    public void changed() {
        lookAtFile();
    }

    @Override
    public boolean isAtRest() {
        return connections.areAllAt(lastSeenAtPath);
    }

    /** Raises the epoch where another file, or none, is at the path, or a log has lost its name. Costs some stats. */
    public void lookAtFile() {
        FileIdentity now = file.identity();
        if (!Objects.equals(now, lastSeenAtPath)) {
            sees(now);
            raiseEpoch();
        }
        looked.run();
        LogIdentity log = LogIdentity.of(file);
        if (connections.isAnyLogLost(generation.get(), log)) {
            raiseGeneration();
        }
    }
}
