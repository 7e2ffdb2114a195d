package org.healingsqlite.plan;

/** One thing healing can do for a database whose content is damaged. The rungs of a plan are tried, in order, until one holds. */
public enum ContentRung {
    /** What is in a log that has lost its name is written into the database by a connection that still holds it. */
    CHECKPOINT,
    /** Indexes are built anew from their tables. */
    REINDEX,
    /** Full-text indexes are built anew from their content. */
    REBUILD_FULL_TEXT,
    /** The content is recovered into a new database, and copied over the damaged one in place. */
    RESTORE_CONTENT
}
