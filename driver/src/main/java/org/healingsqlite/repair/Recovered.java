package org.healingsqlite.repair;

import java.util.List;
import org.healingsqlite.files.Quarantine.Evidence;

/**
 * Content that was made for a damaged database and lies in the source of the restore.
 *
 * @param source where it came from, for a reader
 * @param loss what is missing from it
 * @param forApplication statements that only a connection of the application can run, which knows its collations and functions
 */
record Recovered(String source, LossAccount loss, List<String> forApplication) {
    Recovered {
        forApplication = List.copyOf(forApplication);
    }

    /** Content that is complete in itself. */
    Recovered(String source, LossAccount loss) {
        this(source, loss, List.of());
    }

    /** What will have been done once the content is in place. */
    Restored restored(Evidence evidence) {
        return new Restored(
                source,
                evidence.main(),
                loss.completeness(),
                loss.values(),
                loss.isNone() ? "" : loss + "; the damaged database is kept in " + evidence.main(),
                forApplication);
    }
}
