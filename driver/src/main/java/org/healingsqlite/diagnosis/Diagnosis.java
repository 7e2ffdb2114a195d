package org.healingsqlite.diagnosis;

import org.healingsqlite.schema.SchemaDifference;

/**
 * What is wrong with a database.
 *
 * @param finding what was found
 * @param missing what the schema lacks; empty unless the finding is about the schema
 */
public record Diagnosis(Finding finding, SchemaDifference missing) {

    /** What can be found. */
    public enum Finding {
        /** Nothing: somebody has healed it, or the fault did not repeat. */
        HEALTHY("nothing is missing"),
        /** The file is the right one; objects or columns are not there. */
        SCHEMA_INCOMPLETE("objects are missing"),
        /** The file is the right one and holds no object at all. */
        DATABASE_EMPTY("the database is empty"),
        /** The file was deleted or renamed away; nothing, or an empty file, is in its place. */
        FILE_DELETED("the file was deleted or renamed away while a connection holds it"),
        /** Another database is in the file's place. */
        FILE_REPLACED("another database has taken the file's place");

        private final String text;

        Finding(String text) {
            this.text = text;
        }
    }

    /** For a reader. */
    @Override
    public String toString() {
        return missing.isEmpty() || finding == Finding.DATABASE_EMPTY ? finding.text : finding.text + ": " + missing;
    }
}
