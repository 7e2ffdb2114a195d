package org.healingsqlite.replay;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an application has read from one result set: how many rows, which values of each in which way, and a hash of them. Reading the same from
 * another result set of the same query proves that the application would not notice the difference.
 *
 * <p>Costs nothing per row beyond the hash, as long as rows are read alike. Not thread-safe, as result sets are not.
 */
public final class RowsSeen {
    private static final int MOST_SHAPES = 64;
    private static final int MOST_RUNS = 1 << 16;
    private static final Call[] NONE = {};

    /** The different ways in which whole rows were read. */
    private final List<Call[]> shapes = new ArrayList<>(1);

    /** Which shape how many rows after each other had: pairs. */
    private int[] runs = {};

    private int runsLength;

    /** How the row before was read: the next one is, as a rule, read alike. */
    private Call[] expected = NONE;

    private int expectedShape = -1;
    private int position;

    /** The calls on the row of the moment where they are not those expected. */
    private @Nullable List<Call> unexpected;

    private boolean inRow;
    private boolean ended;
    private long hash = SeenHash.EMPTY;
    private @Nullable String objection;

    /** One value read. */
    private record Call(Getter getter, int column, @Nullable String label) {}

    /** The application has gone to the next row, or behind the last one. */
    public void moved(boolean more) {
        endRow();
        hash = SeenHash.with(hash, more ? 1L : 2L);
        inRow = more;
        ended = !more;
    }

    /** The application has read something that is not compared: the transaction cannot be replayed. */
    public void uncomparable(String how) {
        objection = how + " was called, whose result is not compared";
    }

    /** What was read that is not compared; null where nothing was. */
    @Nullable
    String objection() {
        return objection;
    }

    public void saw(Getter getter, int column, long value) {
        called(getter, column, null);
        hash = SeenHash.with(hash, value);
    }

    public void saw(Getter getter, int column, double value) {
        called(getter, column, null);
        hash = SeenHash.with(hash, value);
    }

    public void saw(Getter getter, int column, boolean value) {
        saw(getter, column, value ? 1L : 0L);
    }

    public void saw(Getter getter, int column, @Nullable Object value) {
        called(getter, column, null);
        hash = SeenHash.with(hash, value);
    }

    public void saw(Getter getter, String label, long value) {
        called(getter, 0, label);
        hash = SeenHash.with(hash, value);
    }

    public void saw(Getter getter, String label, double value) {
        called(getter, 0, label);
        hash = SeenHash.with(hash, value);
    }

    public void saw(Getter getter, String label, boolean value) {
        saw(getter, label, value ? 1L : 0L);
    }

    public void saw(Getter getter, String label, @Nullable Object value) {
        called(getter, 0, label);
        hash = SeenHash.with(hash, value);
    }

    private void called(Getter getter, int column, @Nullable String label) {
        if (unexpected == null && position < expected.length) {
            Call call = expected[position];
            if (call.getter == getter && call.column == column && (label == null || label.equals(call.label))) {
                position++;
                return;
            }
        }
        List<Call> calls = unexpected;
        if (calls == null) {
            calls = new ArrayList<>(Arrays.asList(expected).subList(0, position));
            unexpected = calls;
        }
        calls.add(new Call(getter, column, label));
    }

    private void endRow() {
        if (!inRow) {
            return;
        }
        inRow = false;
        if (unexpected != null || position < expected.length || expectedShape < 0) {
            expected = unexpected == null ? Arrays.copyOf(expected, position) : unexpected.toArray(NONE);
            expectedShape = shape(expected);
        }
        unexpected = null;
        position = 0;
        if (runsLength > 0 && runs[runsLength - 2] == expectedShape) {
            runs[runsLength - 1]++;
        } else if (runsLength >= 2 * MOST_RUNS) {
            objection = "its rows were read in changing ways";
        } else {
            if (runsLength == runs.length) {
                runs = Arrays.copyOf(runs, Math.max(2, 2 * runsLength));
            }
            runs[runsLength++] = expectedShape;
            runs[runsLength++] = 1;
        }
    }

    private int shape(Call[] calls) {
        for (int i = 0; i < shapes.size(); i++) {
            if (Arrays.equals(shapes.get(i), calls)) {
                return i;
            }
        }
        if (shapes.size() == MOST_SHAPES) {
            objection = "its rows were read in too many ways";
            return 0;
        }
        shapes.add(calls);
        return shapes.size() - 1;
    }

    /**
     * Reads the same from another result set. This one is at an end then.
     *
     * @throws DivergenceException where the application would notice a difference
     */
    void confirm(ResultSet again) throws SQLException, DivergenceException {
        endRow();
        long found = SeenHash.EMPTY;
        long row = 0;
        for (int run = 0; run < runsLength; run += 2) {
            Call[] calls = shapes.get(runs[run]);
            for (int i = 0; i < runs[run + 1]; i++) {
                row++;
                if (!again.next()) {
                    throw new DivergenceException("row " + row + " of its result is no longer there");
                }
                found = SeenHash.with(found, 1L);
                for (Call call : calls) {
                    found = SeenHash.with(found, call.getter.read(again, call.column, call.label));
                }
            }
        }
        if (ended) {
            if (again.next()) {
                throw new DivergenceException("its result has more than the " + row + " rows it had");
            }
            found = SeenHash.with(found, 2L);
        }
        if (found != hash) {
            throw new DivergenceException("the " + row + " rows read from its result are not what they were");
        }
    }
}
