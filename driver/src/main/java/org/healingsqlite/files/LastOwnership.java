package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.Files;
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
    private record Seen(FileIdentity file, FileOwnership ownership, Map<String, Object> numbers) {}

    /** What tells without asking for names whether a file is another, or another's. */
    private static final String NUMBERS = "unix:fileKey,uid,gid,mode";

    private LastOwnership() {}

    /** Notes what is at the path now, because a connection of this JVM works on it; what was seen before stays where nothing is. */
    public static void note(DatabaseFile file) {
        Map<String, Object> numbers = numbers(file);
        Seen before = SEEN.get(file.main());
        if (before != null && !numbers.isEmpty() && numbers.equals(before.numbers())) {
            return;
        }
        FileIdentity there = file.identity();
        if (there != null) {
            FileOwnership.of(file.main()).ifPresent(now -> SEEN.put(file.main(), new Seen(there, now, numbers)));
        }
    }

    /** Empty where there is no file, or the file system has no such numbers. */
    private static Map<String, Object> numbers(DatabaseFile file) {
        try {
            return Files.readAttributes(file.main(), NUMBERS);
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException unknown) {
            return Map.of();
        }
    }

    /** Forgets what was seen at the path. */
    public static void drop(DatabaseFile file) {
        SEEN.remove(file.main());
    }

    /** Notes what somebody has seen, where nothing was seen since. */
    public static void noteEarlier(DatabaseFile file, FileIdentity which, FileOwnership seen) {
        SEEN.putIfAbsent(file.main(), new Seen(which, seen, Map.of()));
    }

    /**
     * Notes what a connection of this process has open, whatever has become of its name, as far as the system shows that: it may have changed since the path
     * was last looked at.
     *
     * @param identity null where nobody knows which file it was
     */
    public static void noteLost(DatabaseFile file, @Nullable FileIdentity identity) {
        if (identity != null) {
            OpenFiles.ownership(identity).ifPresent(now -> SEEN.put(file.main(), new Seen(identity, now, Map.of())));
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
