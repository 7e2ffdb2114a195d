package org.healingsqlite.completeness;

import java.util.Arrays;
import org.healingsqlite.format.RecordCursor;

/**
 * In which order an index keeps its entries, learnt from one that SQLite has built: by bytes and numbers, each field ascending or descending. An order that is
 * another one, as of a collation, is not known. For one thread.
 *
 * <p>Source: SQLite file format §2.4.
 */
final class EntryOrder {
    private static final int ASCENDING = 1;
    private static final int DESCENDING = 2;

    private final RecordCursor one = new RecordCursor();
    private final RecordCursor other = new RecordCursor();
    private int[] directions = new int[8];
    private byte[] last = {};

    /** Learns from the next entry of the sound index. */
    void learn(byte[] entry) {
        if (last.length > 0) {
            int field = firstDifference(last, entry);
            if (field >= 0) {
                if (field >= directions.length) {
                    directions = Arrays.copyOf(directions, field * 2);
                }
                directions[field] |= compare(field) < 0 ? ASCENDING : DESCENDING;
            }
        }
        last = entry;
    }

    /** Whether an entry comes before another for certain. */
    boolean isBefore(byte[] entry, byte[] next) {
        int field = firstDifference(entry, next);
        int direction = field < 0 || field >= directions.length ? 0 : directions[field];
        return direction == ASCENDING && compare(field) < 0 || direction == DESCENDING && compare(field) > 0;
    }

    /** Whether an entry comes behind another for certain. */
    boolean isBehind(byte[] entry, byte[] previous) {
        return isBefore(previous, entry);
    }

    /** The first field in which two entries differ; -1 where they do not, or cannot be read. */
    private int firstDifference(byte[] entry, byte[] next) {
        if (entry.length == 0
                || next.length == 0
                || !one.moveTo(entry, 0, entry.length)
                || !other.moveTo(next, 0, next.length)) {
            return -1;
        }
        for (int field = 0; field < Math.min(one.count(), other.count()); field++) {
            if (compare(field) != 0) {
                return field;
            }
        }
        return -1;
    }

    private int compare(int field) {
        int kinds = Integer.compare(rank(one.kind(field)), rank(other.kind(field)));
        if (kinds != 0) {
            return kinds;
        }
        return switch (one.kind(field)) {
            case NULL -> 0;
            case INTEGER, REAL -> compareNumbers(field);
            case TEXT, BLOB ->
                Arrays.compareUnsigned(
                        one.bytes(),
                        one.offset(field),
                        one.offset(field) + one.size(field),
                        other.bytes(),
                        other.offset(field),
                        other.offset(field) + other.size(field));
        };
    }

    private int compareNumbers(int field) {
        if (one.kind(field) == RecordCursor.Kind.INTEGER && other.kind(field) == RecordCursor.Kind.INTEGER) {
            return Long.compare(one.integer(field), other.integer(field));
        }
        return Double.compare(number(one, field), number(other, field));
    }

    private static double number(RecordCursor record, int field) {
        return record.kind(field) == RecordCursor.Kind.INTEGER ? record.integer(field) : record.real(field) + 0.0;
    }

    private static int rank(RecordCursor.Kind kind) {
        return switch (kind) {
            case NULL -> 0;
            case INTEGER, REAL -> 1;
            case TEXT -> 2;
            case BLOB -> 3;
        };
    }
}
