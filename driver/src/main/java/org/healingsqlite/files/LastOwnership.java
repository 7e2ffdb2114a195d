package org.healingsqlite.files;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Whom each database file of this JVM belonged to when it was last seen: what comes back to its path gets that again, and the side directory is
 * judged by it while the file is gone, or somebody has put another one in its place. Thread-safe.
 */
public final class LastOwnership {
    private static final Map<Path, Seen> SEEN = new ConcurrentHashMap<>();

    /** Which file it was, and whom it belonged to. */
    private record Seen(FileIdentity file, FileOwnership ownership) {}

    private LastOwnership() {}

    /** Notes what is at the path now, because a connection of this JVM works on it; what was seen before stays where nothing is. */
    public static void note(DatabaseFile file) {
        FileIdentity there = file.identity();
        if (there != null) {
            FileOwnership.of(file.main()).ifPresent(now -> SEEN.put(file.main(), new Seen(there, now)));
        }
    }

    /** Notes what somebody has seen, where nothing was seen since. */
    public static void noteEarlier(DatabaseFile file, FileIdentity which, FileOwnership seen) {
        SEEN.putIfAbsent(file.main(), new Seen(which, seen));
    }

    /**
     * Notes what a connection of this process has open, whatever has become of its name, as far as the system shows that: it may have changed since the path
     * was last looked at.
     *
     * @param identity null where nobody knows which file it was
     */
    public static void noteLost(DatabaseFile file, @Nullable FileIdentity identity) {
        if (identity != null) {
            OpenFiles.ownership(identity).ifPresent(now -> SEEN.put(file.main(), new Seen(identity, now)));
        }
    }

    /** Whom the file that was seen last belongs to, as of now where it is at the path still; empty where nobody has looked. */
    public static Optional<FileOwnership> of(DatabaseFile file) {
        Seen seen = SEEN.get(file.main());
        if (seen != null && seen.file().equals(file.identity())) {
            note(file);
            seen = SEEN.get(file.main());
        }
        return Optional.ofNullable(seen).map(Seen::ownership);
    }
}
