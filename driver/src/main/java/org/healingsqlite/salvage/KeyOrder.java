package org.healingsqlite.salvage;

import java.util.Arrays;
import java.util.List;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.format.TextEncoding;

/**
 * The order of records in a tree that is keyed by its records' first fields. Immutable.
 *
 * <p>Source: SQLite datatypes §4.1.
 *
 * @param terms the fields of the key, in their order
 */
record KeyOrder(List<Term> terms) {

    /**
     * One field of the key.
     *
     * @param ignoresCase the collation NOCASE: of ASCII letters, the case does not count
     */
    record Term(boolean descending, boolean ignoresCase) {}

    KeyOrder {
        terms = List.copyOf(terms);
    }

    /**
     * Whether the values of the key lie before an offset of the page; what lies behind continues on overflow pages.
     *
     * @param key a record of which perhaps only the header was checked
     */
    boolean isAtHand(RecordCursor key, int end) {
        int last = terms.size() - 1;
        return key.count() > last && (long) key.offset(last) + key.size(last) <= end;
    }

    /** Whether bytes of text in an encoding compare as SQLite compares the text: NOCASE knows only UTF-8. */
    boolean holdsIn(TextEncoding encoding) {
        return encoding == TextEncoding.UTF_8 || terms.stream().noneMatch(Term::ignoresCase);
    }

    int compare(RecordCursor one, RecordCursor other) {
        for (int field = 0; field < terms.size(); field++) {
            int order = compare(one, other, field, terms.get(field).ignoresCase());
            if (order != 0) {
                return terms.get(field).descending() ? -order : order;
            }
        }
        return 0;
    }

    private static int compare(RecordCursor one, RecordCursor other, int field, boolean ignoresCase) {
        int ranks = Integer.compare(rank(one.kind(field)), rank(other.kind(field)));
        if (ranks != 0) {
            return ranks;
        }
        return switch (one.kind(field)) {
            case NULL -> 0;
            case INTEGER, REAL -> compareNumbers(one, other, field);
            case TEXT -> compareBytes(one, other, field, ignoresCase);
            case BLOB -> compareBytes(one, other, field, false);
        };
    }

    private static int rank(RecordCursor.Kind kind) {
        return switch (kind) {
            case NULL -> 0;
            case INTEGER, REAL -> 1;
            case TEXT -> 2;
            case BLOB -> 3;
        };
    }

    private static int compareNumbers(RecordCursor one, RecordCursor other, int field) {
        boolean integers =
                one.kind(field) == RecordCursor.Kind.INTEGER && other.kind(field) == RecordCursor.Kind.INTEGER;
        return integers
                ? Long.compare(one.integer(field), other.integer(field))
                : Double.compare(number(one, field), number(other, field));
    }

    private static double number(RecordCursor record, int field) {
        return record.kind(field) == RecordCursor.Kind.INTEGER
                ? (double) record.integer(field)
                // Zero has no sign in comparisons.
                : record.real(field) + 0.0;
    }

    private static int compareBytes(RecordCursor one, RecordCursor other, int field, boolean ignoresCase) {
        byte[] left = one.bytes();
        byte[] right = other.bytes();
        int leftAt = one.offset(field);
        int rightAt = other.offset(field);
        if (!ignoresCase) {
            return Arrays.compareUnsigned(
                    left, leftAt, leftAt + one.size(field), right, rightAt, rightAt + other.size(field));
        }
        int common = Math.min(one.size(field), other.size(field));
        for (int i = 0; i < common; i++) {
            int order = Integer.compare(lower(left[leftAt + i]), lower(right[rightAt + i]));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(one.size(field), other.size(field));
    }

    private static int lower(byte letter) {
        return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter & 0xff;
    }
}
