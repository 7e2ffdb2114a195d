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

    /** How the rows of the moment are read, and how many of them were so far. */
    private Call[] expected;

    private int rows;

    /** Earlier rows that were read in other ways; null where there are none. */
    private @Nullable List<Run> runs;

    /** The different ways in which they were read. */
    private List<Call[]> shapes = List.of();

    private int position;

    /** The calls on the row of the moment where they are not those expected. */
    private @Nullable List<Call> unexpected;

    private boolean inRow;
    private boolean ended;
    private long hash = SeenHash.EMPTY;

    /** Text that was read last: it goes into the hash when something follows, which is never where a query asks for one value. */
    private @Nullable String last;

    private @Nullable String objection;

    /** Of a result set of which nothing is known yet. */
    public RowsSeen() {
        this.expected = NONE;
    }

    /** Of a result set that will be read, as a rule, as one before it was. */
    public RowsSeen(@Nullable RowsSeen before) {
        this.expected = before == null ? NONE : before.expected;
    }

    /** One value read. */
    private record Call(Getter getter, int column, @Nullable String label) {}

    /** Rows after each other that were read alike. */
    private static final class Run {
        final Call[] calls;
        final int rows;

        Run(Call[] calls, int rows) {
            this.calls = calls;
            this.rows = rows;
        }
    }

    /** The application has gone to the next row, or behind the last one. */
    public void moved(boolean more) {
        endRow();
        hash = SeenHash.with(hash(), more ? 1L : 2L);
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
        hash = SeenHash.with(hash(), value);
    }

    public void saw(Getter getter, int column, double value) {
        called(getter, column, null);
        hash = SeenHash.with(hash(), value);
    }

    public void saw(Getter getter, int column, boolean value) {
        saw(getter, column, value ? 1L : 0L);
    }

    public void saw(Getter getter, int column, @Nullable Object value) {
        called(getter, column, null);
        saw(value);
    }

    public void saw(Getter getter, String label, long value) {
        called(getter, 0, label);
        hash = SeenHash.with(hash(), value);
    }

    public void saw(Getter getter, String label, double value) {
        called(getter, 0, label);
        hash = SeenHash.with(hash(), value);
    }

    public void saw(Getter getter, String label, boolean value) {
        saw(getter, label, value ? 1L : 0L);
    }

    public void saw(Getter getter, String label, @Nullable Object value) {
        called(getter, 0, label);
        saw(value);
    }

    private void saw(@Nullable Object value) {
        if (value instanceof String text) {
            hash();
            last = text;
        } else {
            hash = SeenHash.with(hash(), value);
        }
    }

    /** Of everything read so far. */
    private long hash() {
        String text = last;
        if (text != null) {
            hash = SeenHash.with(hash, text);
            last = null;
        }
        return hash;
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
        if (unexpected != null || position < expected.length) {
            Call[] calls = unexpected == null ? Arrays.copyOf(expected, position) : unexpected.toArray(NONE);
            change(calls);
        }
        rows++;
        unexpected = null;
        position = 0;
    }

    private void change(Call[] calls) {
        if (rows > 0) {
            if (runs == null) {
                runs = new ArrayList<>(2);
                shapes = new ArrayList<>(List.of(expected, calls));
            }
            if (runs.size() == MOST_RUNS) {
                objection = "its rows were read in changing ways";
                return;
            }
            runs.add(new Run(expected, rows));
        }
        expected = known(calls);
        rows = 0;
    }

    /** The same calls as those of an earlier run, kept once. */
    private Call[] known(Call[] calls) {
        if (runs == null) {
            return calls;
        }
        for (Call[] shape : shapes) {
            if (Arrays.equals(shape, calls)) {
                return shape;
            }
        }
        if (shapes.size() == MOST_SHAPES) {
            objection = "its rows were read in too many ways";
        } else {
            shapes.add(calls);
        }
        return calls;
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
        List<Run> all = new ArrayList<>(runs == null ? List.of() : runs);
        all.add(new Run(expected, rows));
        for (Run run : all) {
            for (int i = 0; i < run.rows; i++) {
                row++;
                if (!again.next()) {
                    throw new DivergenceException("row " + row + " of its result is no longer there");
                }
                found = SeenHash.with(found, 1L);
                for (Call call : run.calls) {
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
        if (found != hash()) {
            throw new DivergenceException("the " + row + " rows read from its result are not what they were");
        }
    }
}
