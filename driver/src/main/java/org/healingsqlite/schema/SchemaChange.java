package org.healingsqlite.schema;

import java.util.List;
import org.healingsqlite.api.Internal;

/**
 * What was done to a schema.
 *
 * @param steps for a reader, in order; empty where nothing was missing
 * @param recovered whether something was missing in a database that had a schema already
 * @param leftOut names of unique indexes that are still missing, because rows break what they demand
 */
@Internal
public record SchemaChange(List<String> steps, boolean recovered, List<String> leftOut) {
    public SchemaChange {
        steps = List.copyOf(steps);
        leftOut = List.copyOf(leftOut);
    }

    SchemaChange(List<String> steps, boolean recovered) {
        this(steps, recovered, List.of());
    }

    public boolean isEmpty() {
        return steps.isEmpty();
    }
}
