package org.healingsqlite.schema;

import java.util.List;
import org.healingsqlite.api.Internal;

/**
 * Scripts that an option names. Immutable.
 *
 * @param locations files, directories, {@code classpath:} resources; empty where none is named
 * @param limits what the scripts may do
 */
@Internal
public record Scripts(List<String> locations, Limits limits) {
    public Scripts {
        locations = List.copyOf(locations);
    }

    /** What scripts may do; it goes by who named them, not by what they hold. */
    public enum Limits {
        /** Named where only the application's owner writes: whatever SQLite can do. */
        NONE,

        /**
         * Named by a URL, by connection properties or in the working directory, where others may write: schema and rows of this database, and nothing
         * else. Their text is never shown. {@link ScriptLimits} holds the rules.
         */
        OF_FILES
    }

    /** Scripts that the application's owner has named. */
    public static Scripts trusted(List<String> locations) {
        return new Scripts(locations, Limits.NONE);
    }

    public boolean isEmpty() {
        return locations.isEmpty();
    }
}
