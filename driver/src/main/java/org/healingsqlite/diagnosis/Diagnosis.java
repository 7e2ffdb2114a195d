package org.healingsqlite.diagnosis;

import java.util.List;
import org.healingsqlite.schema.SchemaDifference;

/**
 * What is wrong with a database.
 *
 * @param finding what was found
 * @param missing what the schema lacks; empty unless the finding is about the schema
 * @param evidence what SQLite says of the damage; empty where there is none
 * @param objects the indexes or virtual tables that are damaged, where nothing else is
 */
public record Diagnosis(Finding finding, SchemaDifference missing, List<String> evidence, List<String> objects) {
    private static final int MOST_EVIDENCE_SHOWN = 3;

    public Diagnosis {
        evidence = List.copyOf(evidence);
        objects = List.copyOf(objects);
    }

    /** A finding that is not about damage. */
    public Diagnosis(Finding finding, SchemaDifference missing) {
        this(finding, missing, List.of(), List.of());
    }

    static Diagnosis damage(Finding finding, List<String> evidence, List<String> objects) {
        return new Diagnosis(finding, SchemaDifference.NONE, evidence, objects);
    }

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
        FILE_REPLACED("another database has taken the file's place"),
        /** Tables are whole, indexes do not agree with them. */
        INDEXES_DAMAGED("indexes are damaged"),
        /** Full-text indexes do not agree with their content. */
        FULL_TEXT_DAMAGED("full-text indexes are damaged"),
        /** The log that live connections write to has lost its name; what is in it is whole. */
        LOG_DELETED("the write-ahead log was deleted while a connection holds it"),
        /** Pages, the header or the schema are damaged. */
        PAGES_DAMAGED("the database is damaged");

        private final String text;

        Finding(String text) {
            this.text = text;
        }

        /** Whether the file's content is damaged, rather than absent. */
        public boolean isDamage() {
            return switch (this) {
                case INDEXES_DAMAGED, FULL_TEXT_DAMAGED, LOG_DELETED, PAGES_DAMAGED -> true;
                case HEALTHY, SCHEMA_INCOMPLETE, DATABASE_EMPTY, FILE_DELETED, FILE_REPLACED -> false;
            };
        }
    }

    /** Whether the connection holds a file that is not the one at the path. */
    public boolean isOfLostFile() {
        return finding == Finding.FILE_DELETED || finding == Finding.FILE_REPLACED;
    }

    /** Whether the file is the right one, and its schema is not what it should be. */
    public boolean isOfSchema() {
        return finding == Finding.SCHEMA_INCOMPLETE || finding == Finding.DATABASE_EMPTY;
    }

    /** For a reader. */
    @Override
    public String toString() {
        if (finding.isDamage()) {
            List<String> shown = objects.isEmpty() ? evidence : objects;
            return finding.text
                    + (shown.isEmpty()
                            ? ""
                            : ": " + String.join("; ", shown.subList(0, Math.min(shown.size(), MOST_EVIDENCE_SHOWN)))
                                    + (shown.size() > MOST_EVIDENCE_SHOWN ? "; ..." : ""));
        }
        return missing.isEmpty() || finding == Finding.DATABASE_EMPTY ? finding.text : finding.text + ": " + missing;
    }
}
