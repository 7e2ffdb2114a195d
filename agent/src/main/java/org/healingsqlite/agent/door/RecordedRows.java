package org.healingsqlite.agent.door;

import java.util.function.LongBinaryOperator;
import java.util.function.ObjIntConsumer;
import org.healingsqlite.replay.Getter;
import org.healingsqlite.replay.RowsSeen;
import org.jspecify.annotations.Nullable;

/** Is told by the gate what an application reads of a result set, through interfaces that it knows. Not thread-safe, as result sets are not. */
final class RecordedRows implements LongBinaryOperator, ObjIntConsumer<@Nullable Object> {
    private final RowsSeen seen;

    /**
     * Of a result set of which nothing is read yet.
     *
     * @param before that of the run before of the same statement; null where there is none
     */
    RecordedRows(@Nullable Object before) {
        seen = new RowsSeen(before instanceof RecordedRows known ? known.seen : null);
    }

    RowsSeen seen() {
        return seen;
    }

    /**
     * A number was read, or the application has gone to the next row.
     *
     * @param what which of SQLite's functions gave it, above the number of the column
     * @param value of a {@code double} the bits
     * @return nothing that matters
     */
    @Override
    public long applyAsLong(long what, long value) {
        int column = (int) what;
        switch ((int) (what >> Integer.SIZE)) {
            case 0 -> seen.moved(value != 0);
            case 1 -> seen.saw(Getter.INT, column, value);
            case 2 -> seen.saw(Getter.LONG, column, value);
            case 3 -> seen.saw(Getter.DOUBLE, column, Double.longBitsToDouble(value));
            case 4 -> seen.saw(Getter.TYPE, column, value);
            default -> seen.uncomparable("something");
        }
        return 0;
    }

    /** Text or bytes were read. */
    @Override
    public void accept(@Nullable Object value, int column) {
        seen.saw(value instanceof byte[] ? Getter.BYTES : Getter.STRING, column, value);
    }
}
