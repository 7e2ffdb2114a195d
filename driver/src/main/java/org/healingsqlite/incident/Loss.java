package org.healingsqlite.incident;

import java.util.List;
import java.util.OptionalLong;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.log.Printable;

/**
 * What a heal could not bring back, as far as it is known. Immutable.
 *
 * @param completeness whether the rows are all there: proven, counted or unknown
 * @param content whether the values of the rows that are there are proven
 * @param explanation for a reader: what was lost and where what is left of it lies; empty where nothing was lost
 */
public record Loss(Completeness completeness, Content content, String explanation) {

    /** Nothing was lost: what was done takes no row away, and changes no value. */
    public static final Loss NONE = new Loss(Completeness.whole(), Content.VERIFIED, "");

    public Loss {
        explanation = Printable.of(explanation);
    }

    /**
     * A loss of which a number is known.
     *
     * @param rows known to be lost; -1 where rows may be lost and nobody can say how many
     */
    public Loss(long rows, String explanation) {
        this(completeness(rows, explanation), Content.UNVERIFIED, explanation);
    }

    private static Completeness completeness(long rows, String explanation) {
        if (rows < -1) {
            throw new IllegalArgumentException("rows: expected -1 or more, found " + rows);
        }
        return rows < 0
                ? Completeness.unknown(explanation)
                : Completeness.of(rows, rows == 0 ? OptionalLong.of(0) : OptionalLong.empty(), List.of(), explanation);
    }

    /**
     * A loss that was written down.
     *
     * @param rows as {@link #rows}
     * @param atMost the most rows that are lost; empty where no bound is known
     */
    public static Loss told(long rows, OptionalLong atMost, Content content, String explanation) {
        Completeness told = rows < 0
                ? new Completeness.Unknown(explanation, atMost)
                : Completeness.of(rows, rows == 0 ? OptionalLong.of(0) : atMost, List.of(), explanation);
        return new Loss(told, content, explanation);
    }

    /** Nobody knows whether, or how many, rows are lost. */
    public static Loss unknown(String explanation) {
        return new Loss(-1, explanation);
    }

    /** What is lost of both together. */
    public Loss and(Loss other) {
        return new Loss(
                completeness.and(other.completeness),
                content.and(other.content),
                explanation.isEmpty() || other.explanation.isEmpty()
                        ? explanation + other.explanation
                        : explanation + "; " + other.explanation);
    }

    /** Rows known to be lost; -1 where rows may be lost and nobody can say how many; 0 where every row is there for certain. */
    public long rows() {
        return completeness.isWhole() ? 0 : completeness.atLeast() > 0 ? completeness.atLeast() : -1;
    }

    /** Whether every row is there for certain. */
    public boolean isNone() {
        return completeness.isWhole();
    }
}
