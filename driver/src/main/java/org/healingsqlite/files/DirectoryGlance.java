package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one stat tells of a directory: which one is at a path, and when a name in it was made, removed or renamed last. Immutable.
 *
 * <p>It goes by the moment that the system keeps for every change and lets nobody set (Source: inode(7), "st_ctime"). A change in the same moment as the glance would not be seen: one
 * that is not {@linkplain #isSettled settled} says nothing.
 */
final class DirectoryGlance {
    private static final String ATTRIBUTES = "unix:fileKey,ctime";

    /** Linux keeps moments by its clock's tick, of at most 10 ms. */
    private static final Duration FINE = Duration.ofMillis(50);

    /** File systems that know no parts of a millisecond may know no more than every second one. Source: FAT. */
    private static final Duration COARSE = Duration.ofMillis(2_500);

    private final Map<String, Object> attributes;
    private final long takenMillis;

    private DirectoryGlance(Map<String, Object> attributes, long takenMillis) {
        this.attributes = attributes;
        this.takenMillis = takenMillis;
    }

    /** Looks; null where there is none, or the system does not tell when it was changed. */
    static @Nullable DirectoryGlance of(Path directory) {
        try {
            // Before it looks: what changes meanwhile has a later moment, or the glance is not settled.
            long now = System.currentTimeMillis();
            return new DirectoryGlance(Files.readAttributes(directory, ATTRIBUTES), now);
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException unknown) {
            return null;
        }
    }

    /** Whether whatever is changed after this glance has another moment than what was changed before it. */
    boolean isSettled() {
        return isPast(attributes, takenMillis);
    }

    /** Whether a change of now would have another moment than the one among some attributes. */
    static boolean isPast(Map<String, Object> attributes, long nowMillis) {
        if (!(attributes.get("ctime") instanceof FileTime changed)) {
            return false;
        }
        Instant moment = changed.toInstant();
        if (moment.toEpochMilli() <= 0) {
            // A file system that keeps none.
            return false;
        }
        Duration margin = moment.equals(moment.truncatedTo(ChronoUnit.MILLIS)) ? COARSE : FINE;
        return moment.plus(margin).toEpochMilli() < nowMillis;
    }

    /** Whether the same directory is at the path. */
    boolean isOfSame(DirectoryGlance other) {
        return String.valueOf(attributes.get("fileKey")).equals(String.valueOf(other.attributes.get("fileKey")));
    }

    /** Whether nothing has changed between this glance and another. */
    boolean isSameAs(DirectoryGlance other) {
        return attributes.equals(other.attributes);
    }
}
