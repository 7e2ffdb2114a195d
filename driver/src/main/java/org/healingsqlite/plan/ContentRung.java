package org.healingsqlite.plan;

/** One thing healing can do for a database whose content is damaged. The rungs of a plan are tried, in order, until one holds. */
public enum ContentRung {
    /** What is in a log that has lost its name is written into the database by a connection that still holds it. */
    CHECKPOINT("writes what is in the log that has lost its name into the database"),
    /** Indexes are built anew from their tables. */
    REINDEX("builds the indexes anew from their tables"),
    /** Full-text indexes are built anew from their content. */
    REBUILD_FULL_TEXT("builds the full-text indexes anew from their content"),
    /** The content is recovered into a new database, and copied over the damaged one in place. */
    RESTORE_CONTENT("recovers the content into a new database and copies it over the damaged one in place");

    private final String words;

    ContentRung(String words) {
        this.words = words;
    }

    /** What it does, for a reader: a sentence without a subject. */
    public String words() {
        return words;
    }
}
