package org.healingsqlite.salvage;

import java.util.Locale;
import org.healingsqlite.format.RecordCursor;

/**
 * What a declared type does to values before they are stored.
 *
 * <p>Source: SQLite datatypes §3.1, §3.2.
 */
enum Affinity {
    TEXT,
    NUMERIC,
    INTEGER,
    REAL,
    BLOB;

    private static final double MOST_EXACT = 1L << 51;

    static Affinity of(String declaredType) {
        String type = declaredType.toUpperCase(Locale.ROOT);
        if (type.contains("INT")) {
            return INTEGER;
        }
        if (type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT")) {
            return TEXT;
        }
        if (type.contains("BLOB") || type.isEmpty() || type.equals("ANY")) {
            return BLOB;
        }
        if (type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB")) {
            return REAL;
        }
        return NUMERIC;
    }

    /** Whether a value with this affinity can be stored like this: text affinity leaves no numbers, numeric affinity no text that reads as one. */
    boolean canStore(RecordCursor record, int field) {
        RecordCursor.Kind kind = record.kind(field);
        return switch (this) {
            case BLOB -> true;
            case TEXT -> kind != RecordCursor.Kind.INTEGER && kind != RecordCursor.Kind.REAL;
            // A whole number is stored as one, wherever its type lets it.
            case NUMERIC, INTEGER ->
                kind == RecordCursor.Kind.REAL
                        ? !isWhole(record, field)
                        : kind != RecordCursor.Kind.TEXT || !readsAsNumber(record, field);
            case REAL -> kind != RecordCursor.Kind.TEXT || !readsAsNumber(record, field);
        };
    }

    /** Whether a value is what the declared type is made for. SQLite would store others too, but programs seldom do. */
    boolean expects(RecordCursor record, int field) {
        RecordCursor.Kind kind = record.kind(field);
        return switch (this) {
            case BLOB, NUMERIC -> true;
            case TEXT -> kind == RecordCursor.Kind.TEXT || kind == RecordCursor.Kind.NULL;
            case INTEGER -> kind == RecordCursor.Kind.INTEGER || kind == RecordCursor.Kind.NULL;
            case REAL -> kind != RecordCursor.Kind.TEXT && kind != RecordCursor.Kind.BLOB;
        };
    }

    private static boolean isWhole(RecordCursor record, int field) {
        if (!record.isAtHand(field)) {
            return false;
        }
        double real = record.real(field);
        return real == Math.rint(real) && Math.abs(real) < MOST_EXACT;
    }

    private static boolean readsAsNumber(RecordCursor record, int field) {
        int size = record.size(field);
        if (size == 0 || size > 18 || !record.isAtHand(field)) {
            return false;
        }
        for (int i = 0; i < size; i++) {
            byte digit = record.bytes()[record.offset(field) + i];
            if (digit < '0' || digit > '9') {
                return false;
            }
        }
        return true;
    }
}
