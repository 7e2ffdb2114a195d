package org.healingsqlite.repair;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.completeness.Content;

/**
 * What a restore did.
 *
 * @param source where the content came from, for a reader
 * @param evidence the copy of the damaged database
 * @param completeness whether every row is there
 * @param values whether the values of the rows are proven
 * @param lost for a reader; empty where nothing was lost
 * @param forApplication statements that only a connection of the application can run, which knows its collations and functions
 */
public record Restored(
        String source,
        Path evidence,
        Completeness completeness,
        Content values,
        String lost,
        List<String> forApplication) {
    public Restored {
        forApplication = List.copyOf(forApplication);
    }

    /** What was done, for a reader, and what is left to do. */
    public List<String> steps() {
        List<String> steps = new ArrayList<>();
        steps.add("kept the damaged database in " + evidence);
        steps.add("restored the content in place: " + source);
        forApplication.forEach(statement ->
                steps.add("left to the application, on a connection with its collations and functions: " + statement));
        return steps;
    }
}
