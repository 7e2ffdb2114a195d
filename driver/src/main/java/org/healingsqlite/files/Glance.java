package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What two stats tell of a database: which file is at the path, and when that file and its directory were changed last. Where a later glance is the same, nobody has written to
 * the file, given it other permissions, or made, removed or renamed anything beside it. One that is not {@linkplain #isSettled settled} says nothing. Immutable.
 */
public final class Glance {
    private static final String ATTRIBUTES = "unix:fileKey,size,ctime";

    private final FileIdentity file;
    private final Map<String, Object> attributes;
    private final DirectoryGlance directory;
    private final long takenMillis;

    private Glance(FileIdentity file, Map<String, Object> attributes, DirectoryGlance directory, long takenMillis) {
        this.file = file;
        this.attributes = attributes;
        this.directory = directory;
        this.takenMillis = takenMillis;
    }

    /** Looks; null where there is no file with content, or the system does not tell when something was changed. */
    public static @Nullable Glance of(DatabaseFile database) {
        try {
            long now = System.currentTimeMillis();
            DirectoryGlance directory = DirectoryGlance.of(database.directory());
            if (directory == null) {
                return null;
            }
            Map<String, Object> attributes = Files.readAttributes(database.main(), ATTRIBUTES);
            Object key = attributes.get("fileKey");
            return key == null || !(attributes.get("size") instanceof Long size) || size == 0
                    ? null
                    : new Glance(FileIdentity.ofKey(key), attributes, directory, now);
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException unknown) {
            return null;
        }
    }

    /** Which file is at the path. */
    public FileIdentity file() {
        return file;
    }

    /** Whether whatever is changed after this glance has another moment than what was changed before it. */
    public boolean isSettled() {
        return directory.isSettled() && DirectoryGlance.isPast(attributes, takenMillis);
    }

    /** Whether nothing has changed between this glance and another. */
    public boolean isSameAs(Glance other) {
        return attributes.equals(other.attributes) && directory.isSameAs(other.directory);
    }
}
