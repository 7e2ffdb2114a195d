package org.healingsqlite.archive;

import java.util.StringJoiner;
import org.healingsqlite.api.Experimental;

/**
 * The rows of one table as the archive has them, beside those that are in the database afterwards: {@link #after} is to be {@link #before}, and those
 * {@link #archived} that found no row of the same key, and the {@link #mentioned} ones.
 *
 * @param archived rows that the archive's files have for the table, as its parsers gave them
 * @param before rows of the table in the database before the first of them came
 * @param alike those that were there already with the same values
 * @param conflicts those that met a row of the same key with other values; one of the two is there
 * @param completed those that gave values to a row that was there because others mention it
 * @param refused those that a constraint of the schema refuses
 * @param unusable those with a value, or a number of values, that cannot be used
 * @param mentioned rows that no file has, created because others refer to them
 * @param after rows of the table in the database, counted after the import
 */
@Experimental
public record RowCount(
        long archived,
        long before,
        long alike,
        long conflicts,
        long completed,
        long refused,
        long unusable,
        long mentioned,
        long after) {

    /** Rows that the table is to have. */
    public long expected() {
        return before + archived - alike - conflicts - completed - refused - unusable + mentioned;
    }

    /** Whether the table has as many rows as it is to have. */
    public boolean agrees() {
        return after == expected();
    }

    /** For a reader: both numbers, and what lies between them. */
    @Override
    public String toString() {
        StringJoiner between = new StringJoiner(", ", " (", ")").setEmptyValue("");
        part(between, before, "there before");
        part(between, alike, "there already");
        part(between, conflicts, "in conflict");
        part(between, completed, "completed");
        part(between, refused, "refused");
        part(between, unusable, "not usable");
        part(between, mentioned, "only mentioned");
        return archived + " archived, " + after + " there" + between;
    }

    private static void part(StringJoiner between, long count, String what) {
        if (count > 0) {
            between.add(count + " " + what);
        }
    }
}
