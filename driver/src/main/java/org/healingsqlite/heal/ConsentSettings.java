package org.healingsqlite.heal;

import java.util.List;
import org.healingsqlite.api.Internal;

/**
 * How far a heal goes without being asked.
 *
 * @param caution what counts as somebody's intent
 * @param versionTables tables, beside the known ones, in which the application keeps its version
 * @param schemaRequired whether a connection is refused where the registered schema cannot be applied
 */
@Internal
public record ConsentSettings(Caution caution, List<String> versionTables, boolean schemaRequired) {
    public ConsentSettings {
        versionTables = List.copyOf(versionTables);
    }

    /** What counts as somebody's intent. */
    public enum Caution {
        /** What shows one: a version that moved, a rename, objects of another release. */
        ASK,
        /** The same; and what is not registered is not added: what was only seen is no order. */
        STRICT,
        /** Nothing but a read-only connection or file. */
        OFF
    }
}
