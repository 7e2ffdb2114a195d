package org.healingsqlite.plan;

/**
 * What there is to heal from. Immutable.
 *
 * @param schema where the schema comes from
 * @param rows where rows come from that the database does not have
 * @param lostContent which content of a lost file goes back to its path
 */
public record Sources(Schema schema, Rows rows, Returning lostContent) {

    /** What is known of the schema. */
    public enum Schema {
        /** Nothing is. */
        UNKNOWN,
        /** It was seen. */
        LEARNED,
        /** Scripts and migrations are registered, and whatever was seen beyond them. */
        REGISTERED
    }

    /** Rows from elsewhere: snapshots, the restore command, the archive. */
    public enum Rows {
        NONE,
        /**
         * They would need the write lock, which a transaction of the application may have.
         */
        OUT_OF_REACH,
        ELSEWHERE
    }

    /**
     * What happens to the content of a lost file: it goes back to its path, or into the quarantine.
     *
     * @param deleted whether it goes back where the file was deleted or renamed away
     * @param replaced whether it does where another database has taken the file's place
     */
    public record Returning(boolean deleted, boolean replaced) {}
}
