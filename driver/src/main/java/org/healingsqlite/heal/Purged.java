package org.healingsqlite.heal;

import java.nio.file.Path;
import java.util.List;

/**
 * What was deleted of what healing has left beside a database, or would be.
 *
 * @param deleted what is gone now; where it was only planned, what would be
 * @param lastCopies what may be the last copy of rows that are not in the database, and was not asked for; it is there as before
 */
public record Purged(List<Path> deleted, List<Path> lastCopies) {
    public Purged {
        deleted = List.copyOf(deleted);
        lastCopies = List.copyOf(lastCopies);
    }

    /** How much is deleted. */
    public enum Extent {
        /** Nothing: it is only told. */
        PLAN,
        /** What nobody can need for getting rows back. */
        SAFE,
        /** Last copies as well. */
        LAST_COPIES
    }
}
