package org.healingsqlite.archive;

import org.healingsqlite.api.Experimental;
import org.healingsqlite.log.Printable;

/**
 * Something in an archive that did not become a row, or did not become the row it says.
 *
 * @param file relative to the archive's directory
 * @param line from 1; 0 where the whole file is meant
 * @param reason for a reader
 */
@Experimental
public record Problem(String file, long line, String reason) {
    static final String CONFLICT = "conflicts with ";
    static final String COUNTS = "row counts differ: ";

    /** What a person reads of a reason. It may quote the archive, which may have lines of any length, and a thousand problems are kept. */
    private static final int MOST_CHARS = 500;

    public Problem {
        String shown = Printable.of(reason);
        file = Printable.of(file);
        reason = shown.length() <= MOST_CHARS ? shown : shown.substring(0, MOST_CHARS - 3) + "...";
    }

    /** Whether another row of the same key was there: one of the two is in the database. */
    public boolean conflict() {
        return reason.startsWith(CONFLICT);
    }

    /** Whether rows were counted, and there are not as many as there should be. */
    boolean counts() {
        return reason.startsWith(COUNTS);
    }

    @Override
    public String toString() {
        return line == 0 ? file + ": " + reason : file + ":" + line + ": " + reason;
    }
}
