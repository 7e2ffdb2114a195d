package org.healingsqlite.plan;

/** One thing healing can do for a database whose file, schema or tables are not there. All rungs of a plan are climbed, in order. */
public enum SchemaRung {
    /** What the lost file still holds goes back to the path, through the connection that has it open; then that connection goes over. */
    BRING_BACK_LOST_CONTENT("puts the content of the lost file back to its path"),
    /**
     * What the lost file still holds is copied into the quarantine through the connection that has it open; then that connection goes over to
     * the file at the path, which is created and given its schema where it is not there.
     */
    MOVE_TO_FILE_AT_PATH("keeps the content of the lost file in the quarantine and goes over to the file at the path"),
    /** What registered scripts and migrations say is added. */
    APPLY_REGISTERED_SCHEMA("adds what the registered scripts and migrations say"),
    /** What this JVM saw before is added. */
    APPLY_LEARNED_SCHEMA("adds what was seen before"),
    /** A file of no bytes gets what snapshots, the restore command or the archive have. */
    FILL_EMPTY_FILE("fills the file from snapshots, the restore command or the archive"),
    /** Tables that were missing get the rows that the archive has of them. */
    SUPPLY_ROWS("adds the rows that the archive has of the tables that were missing");

    private final String words;

    SchemaRung(String words) {
        this.words = words;
    }

    /** Whether it leads to the file at the path, and changes nothing in a schema that is there. */
    public boolean isMove() {
        return this == BRING_BACK_LOST_CONTENT || this == MOVE_TO_FILE_AT_PATH;
    }

    /** What it does, for a reader: a sentence without a subject. */
    public String words() {
        return words;
    }
}
