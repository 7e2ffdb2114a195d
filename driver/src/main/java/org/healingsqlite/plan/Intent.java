package org.healingsqlite.plan;

import java.nio.file.Path;
import java.util.Optional;
import org.healingsqlite.diagnosis.Diagnosis;

/**
 * The first gate of a heal: whether somebody means what was met, or does not want it mended. It is looked for before every plan; where it is found nothing is
 * changed, and the application gets SQLite's own exception. Immutable.
 *
 * @param kind whose intent, and what for
 * @param evidence how it shows, for a reader; empty where there is none
 */
public record Intent(Kind kind, String evidence) {

    /** Nothing speaks against a heal. */
    public static final Intent NONE = new Intent(Kind.NONE, "");

    /** The mode says that nothing is repaired. */
    public static final Intent OBSERVE = new Intent(Kind.OBSERVE, "mode is observe");

    /** The connection cannot write, or was told not to. */
    public static final Intent READ_ONLY = new Intent(Kind.READ_ONLY, "the connection is read-only");

    /** The file may not be written to. */
    public static final Intent WRITE_PROTECTED = new Intent(Kind.READ_ONLY, "the file is write-protected");

    /** Statements have run in a transaction that is still open. */
    public static final Intent IN_TRANSACTION =
            new Intent(Kind.IN_TRANSACTION, "a transaction is in flight on the lost file");

    /** What can be intended. */
    public enum Kind {
        NONE,
        /** The fault is the application's own: a typo, a constraint, a name that the database is not expected to have. */
        APPLICATION,
        OBSERVE,
        READ_ONLY,
        /** The file is no database, and never was one here: the path is wrong, perhaps. */
        FOREIGN,
        /** The database is of an older release: a backup was put in place. Its own upgrade path leads on. */
        OLDER,
        /** The database is of a newer release, which has migrated it. */
        NEWER,
        /** What is missing was only seen, and is not to come back without being registered. */
        UNREGISTERED,
        /** The file may be an encrypted database: whatever would be put in its place is not. */
        ENCRYPTED,
        /** The transaction is the application's to end: its connection stays with its file until then. The schema of that file may be completed. */
        IN_TRANSACTION
    }

    /** The fault is none of the database's. */
    public static Intent application(String evidence) {
        return new Intent(Kind.APPLICATION, evidence);
    }

    /**
     * The file is no database, and never was one here.
     *
     * @param kind what it is, in words
     */
    public static Intent foreign(Path file, String kind) {
        return new Intent(
                Kind.FOREIGN,
                file + " is " + kind + ", and nothing tells of a database that was here: a wrong path, perhaps");
    }

    /** The database is of an older release than the schema that is known. */
    public static Intent older(String evidence) {
        return new Intent(Kind.OLDER, evidence);
    }

    /** The database is of a newer release than the schema that is known. */
    public static Intent newer(String evidence) {
        return new Intent(Kind.NEWER, evidence);
    }

    /** What was only seen is missing. */
    public static Intent unregistered(String evidence) {
        return new Intent(Kind.UNREGISTERED, evidence);
    }

    /** The file may be an encrypted database, which this process could read with a key. */
    public static Intent encrypted(Path file) {
        return new Intent(
                Kind.ENCRYPTED,
                file + " may be an encrypted database: its bytes are like random ones, and SQLite has a codec here");
    }

    /** Whether nothing is to be looked into, locked or copied: the file is not ours to touch. */
    public boolean isUntouchable() {
        return kind == Kind.READ_ONLY || kind == Kind.FOREIGN || kind == Kind.ENCRYPTED;
    }

    /** Why nothing was done, and what has it done all the same; for a reader. */
    public String explanation() {
        return evidence
                + switch (kind) {
                    case NONE, APPLICATION, OBSERVE, IN_TRANSACTION -> "";
                    case READ_ONLY -> ". Nothing is written through a read-only connection or to a read-only file";
                    case ENCRYPTED -> ". A wrong key is no damage";
                    case FOREIGN -> ". To have it replaced, with a copy of it kept: healing.onForeign=rebuild";
                    case OLDER ->
                        ". The application's own upgrade leads on from there. To have what is missing added all the same: healing.intent=off";
                    case NEWER ->
                        ". Nothing of the older schema comes back. To have it added all the same: healing.intent=off";
                    case UNREGISTERED ->
                        ". To have it added: register the schema (healing.schema), or healing.intent=ask";
                };
    }

    /** Whether the database is of another release than the schema that is known: that is to be learned anew. */
    public boolean isOfAnotherRelease() {
        return kind == Kind.OLDER || kind == Kind.NEWER;
    }

    /** Whether what is missing of a schema may be added, as far as this goes. */
    public boolean allowsSchema() {
        return kind == Kind.NONE || kind == Kind.IN_TRANSACTION;
    }

    /** Whether a heal that is held back by it is told of. */
    public boolean isTold() {
        return isUntouchable() || isOfAnotherRelease() || kind == Kind.UNREGISTERED;
    }

    /** Whether the fault is the application's own: nothing is looked at, and nothing told. */
    public boolean isApplications() {
        return kind == Kind.APPLICATION;
    }

    /** Why a heal of what was found is held back; empty where it is not. */
    Optional<String> against(Diagnosis diagnosis) {
        return switch (kind) {
            case NONE -> Optional.empty();
            case APPLICATION, OBSERVE, READ_ONLY -> Optional.of(evidence);
            case OLDER, NEWER, UNREGISTERED -> diagnosis.isOfSchema() ? Optional.of(evidence) : Optional.empty();
            case FOREIGN, ENCRYPTED -> diagnosis.finding().isDamage() ? Optional.of(evidence) : Optional.empty();
            case IN_TRANSACTION -> diagnosis.isOfLostFile() ? Optional.of(evidence) : Optional.empty();
        };
    }
}
