package org.healingsqlite.incident;

import java.util.Locale;

/** The part of this library that an incident is of. What an application reports has names of its own. */
public enum Component {
    /** The file is not where it was: deleted, renamed away, replaced, emptied. */
    FILE,
    /** Objects of the schema are missing. */
    SCHEMA,
    /** The registered schema cannot be applied. */
    REGISTRATION,
    /** Pages, indexes or the log are damaged. */
    CONTENT,
    /** Calls were tried again, because the surroundings did not let SQLite work. */
    RETRY,
    /** So many calls were tried again in vain that they fail at once for a while. */
    BREAKER,
    /** Reads were answered without the database. */
    DEGRADATION,
    /** The healer itself could not look. */
    HEALING,
    /** What was found is meant so, or not this library's to mend. */
    CONSENT,
    /** Somebody was to be told of an incident, and could not be. */
    NOTIFICATION,
    /** On record from a release that did not note it. */
    UNKNOWN;

    /** As it is on record: in small letters. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
