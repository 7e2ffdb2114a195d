package org.healingsqlite.archive;

import org.healingsqlite.api.Experimental;

/** Who is right where the database and the archive have a row of the same key with other values. */
@Experimental
public enum MergePolicy {
    /** The row in the database stays: it was salvaged, and the archive is older. */
    DATABASE_WINS,
    /** The archive's values replace it, in the columns that the archive has. */
    ARCHIVE_WINS
}
