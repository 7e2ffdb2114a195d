package org.healingsqlite.schema;

import java.util.List;

/**
 * What was done to a schema.
 *
 * @param steps for a reader, in order; empty where nothing was missing
 * @param recovered whether something was missing in a database that had a schema already
 */
public record SchemaChange(List<String> steps, boolean recovered) {
    public SchemaChange {
        steps = List.copyOf(steps);
    }

    public boolean isEmpty() {
        return steps.isEmpty();
    }
}
