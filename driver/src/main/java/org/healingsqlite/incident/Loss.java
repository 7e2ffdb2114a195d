package org.healingsqlite.incident;

import org.healingsqlite.log.Printable;

/**
 * What a heal could not bring back, as far as it is known.
 *
 * @param rows rows known to be lost; -1 where rows were lost and nobody can say how many
 * @param explanation for a reader: what was lost and where what is left of it lies; empty where nothing was lost
 */
public record Loss(long rows, String explanation) {

    /** Nothing was lost. */
    public static final Loss NONE = new Loss(0, "");

    public Loss {
        explanation = Printable.of(explanation);
        if (rows < -1) {
            throw new IllegalArgumentException("rows: expected -1 or more, found " + rows);
        }
    }

    /** An unknown number of rows was lost. */
    public static Loss unknown(String explanation) {
        return new Loss(-1, explanation);
    }

    public boolean isNone() {
        return rows == 0;
    }
}
