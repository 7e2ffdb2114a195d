package org.healingsqlite.files;

import java.nio.file.Files;
import org.jspecify.annotations.Nullable;

/**
 * Which log, and which index of it, a connection has open: both keep their names as long as anybody is connected. A connection whose log has lost
 * its name goes on reading and writing where nobody else does.
 *
 * @param log null where there is none: in the rollback-journal modes
 * @param index likewise
 */
public record LogIdentity(
        @Nullable FileIdentity log, @Nullable FileIdentity index) {

    /** There is none. */
    public static final LogIdentity NONE = new LogIdentity(null, null);

    /** What is at the paths now. */
    public static LogIdentity of(DatabaseFile file) {
        // In the rollback-journal modes there is none, and to ask so costs less than an exception.
        FileIdentity log = Files.exists(file.wal()) ? FileIdentity.of(file.wal()) : null;
        return log == null ? NONE : new LogIdentity(log, FileIdentity.of(file.shm()));
    }

    /** Whether what was there when a connection was opened is no longer there. */
    public boolean isLostTo(LogIdentity now) {
        return log != null && !log.equals(now.log) || index != null && !index.equals(now.index);
    }
}
