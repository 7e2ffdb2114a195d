package org.healingsqlite.agent.weave;

import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.LongBinaryOperator;
import java.util.function.ObjIntConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.sqlite.core.CoreStatement;

/**
 * What has run in one transaction of a connection, for the core to run it again. Stands next to {@link Gate}, under a name of sqlite-jdbc's package. Steps
 * are kept in arrays rather than in objects of their own: adding one costs little more than the copy of its parameters.
 *
 * <p>Its steps belong to the thread that ran the first of them. Whoever else works on the transaction gives it up.
 */
final class GateRecord extends WeakReference<Object> {
    /** How a prepared statement ran: as in {@code execute}, {@code executeQuery}, {@code executeUpdate}. */
    static final int EXECUTE = 0;

    static final int QUERY = 1;
    static final int UPDATE = 2;

    /** Added to the first three where it was a text. */
    static final int TEXT = 3;

    /** A batch: of a prepared statement where there is SQL, else of texts. */
    static final int BATCH = 6;

    /** What begins or ends a part of the transaction. */
    static final int FRAME = 8;

    /** The application has read the key of the last insert, which sqlite-jdbc has asked for by itself. */
    static final int KEY = 9;

    /** What {@link #reader} is told: the number of a column and one of these. */
    static final long MOVED = 0;

    static final long INT = 1L << 32;
    static final long LONG = 2L << 32;
    static final long DOUBLE = 3L << 32;
    static final long TYPE = 4L << 32;

    /** Added to the way where there is one parameter, which is kept without an array. */
    static final int ALONE = 1 << 4;

    /** Added where the SQL is that of the step before, and no item. */
    static final int SAME = 1 << 5;

    /** Added where something was told beyond a number, which is the last item. */
    static final int MORE = 1 << 6;

    private static final String LAST_KEY = "SELECT last_insert_rowid()";
    private static final String NOT_ASKED = "something was read in it that was not asked in it";
    private static final String ODD_KEY = "a key was read otherwise than as a whole number";
    private static final int WAY_BITS = 7;
    private static final int ITEMS = 3;
    private static final int FIRST_STEPS = 16;
    private static final int MOST_STEPS = 1024;
    private static final int FIRST_READERS = 8;
    private static final long STEP_BYTES = 64;
    private static final long VALUE_BYTES = 24;
    private static final long QUERY_BYTES = 500;

    /** The most that one record may take, in bytes: what the option allows for that of all databases for which it is largest, which the core then applies to each. */
    private static volatile long mostBytes = 16L << 20;

    private static boolean allowed;

    private static final Object[] NOTHING = {};
    private static final long[] NO_NUMBERS = {};
    private static final @Nullable Object[][] NO_PIECES = {};
    private static final long[][] NO_PIECES_OF_NUMBERS = {};

    /** What a thread keeps of it: this alone does not keep what has run. */
    final WeakReference<GateRecord> weakly = new WeakReference<>(this);

    /** Its place in the gate's table. */
    final int place;

    /** Whether a statement of SQL text begins the transaction, which is then the first step. */
    final boolean isBegunByText;

    private volatile boolean used;
    private volatile @Nullable String objection;
    private @Nullable Thread worker;
    private long startedMillis;

    /** SQL, parameters, and what was told beyond a number, for each step; the first and the last of them only where they are needed. The piece that is being filled. */
    private @Nullable Object[] items = NOTHING;

    /** What was told, and the way it ran in the lowest bits: the piece that is being filled. Those before are as long as they have steps. */
    private long[] numbers = NO_NUMBERS;

    private int itemsUsed;
    private int steps;
    private @Nullable String lastSql;

    /** All pieces, of which each is larger than the one before, up to a limit: what has been kept is not copied again. */
    private @Nullable Object[][] allItems = NO_PIECES;

    private long[][] allNumbers = NO_PIECES_OF_NUMBERS;
    private long bytes;
    private int pastJdbc;

    /** Statements whose results are read, each before what is told of that; the last used ones at the end. */
    private @Nullable Object[] readers = NOTHING;

    private int reading;

    GateRecord(Object connection, int place, boolean isBegunByText) {
        super(connection);
        this.place = place;
        this.isBegunByText = isBegunByText;
    }

    /** The core has read the option for a database. */
    static synchronized void allow(long bytes) {
        mostBytes = allowed ? Math.max(mostBytes, bytes) : bytes;
        allowed = true;
    }

    /** Whether nothing has run in the transaction. */
    boolean isUnused() {
        return !used;
    }

    /** Something has run, for the first time. */
    void use() {
        worker = Thread.currentThread();
        startedMillis = System.currentTimeMillis();
        used = true;
    }

    boolean isByThisThread() {
        return worker == Thread.currentThread();
    }

    void giveUp(String why) {
        if (objection == null) {
            objection = why;
        }
        if (isByThisThread()) {
            forget();
        }
    }

    /** SQL has run past all statements. */
    void ranPastJdbc() {
        pastJdbc++;
    }

    /** What has run past all statements was JDBC's. */
    void toldOfJdbc() {
        pastJdbc = Math.max(0, pastJdbc - 1);
    }

    private void forget() {
        items = NOTHING;
        numbers = NO_NUMBERS;
        allItems = NO_PIECES;
        allNumbers = NO_PIECES_OF_NUMBERS;
        readers = NOTHING;
        itemsUsed = 0;
        steps = 0;
        lastSql = null;
        reading = 0;
    }

    /**
     * For the core.
     *
     * @return why it cannot run again, or null; whether it was begun by a text; when it began; the pieces of items and of numbers, and how many steps are in the last piece
     */
    @Nullable
    Object[] content() {
        String why = !isByThisThread()
                ? "more than one thread worked on it"
                : objection == null && pastJdbc > 0 ? "something ran in it past JDBC" : objection;
        return new Object[] {why, isBegunByText, startedMillis, allItems, allNumbers, steps};
    }

    // ---- What has run

    /** A statement with parameters, which the application may change afterwards. */
    void add(String sql, int way, long told, Object @Nullable [] bound, int parameters, @Nullable Object more) {
        if (bound == null || parameters == 0) {
            add(sql, way, told, NOTHING, more);
        } else if (parameters == 1) {
            add(sql, way | ALONE, told, kept(bound[0]), more);
        } else {
            Object[] copy = Arrays.copyOf(bound, parameters);
            protect(copy);
            add(sql, way, told, copy, more);
        }
    }

    /** The parameters of a batch, which is the gate's own copy. */
    void addBatch(@Nullable String sql, Object[] entries, Object counts) {
        protect(entries);
        add(sql, BATCH, 0, entries, counts);
    }

    private void protect(@Nullable Object[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = kept(values[i]);
        }
    }

    /** Arrays are copied, and everything is counted. */
    private @Nullable Object kept(@Nullable Object value) {
        if (value instanceof String text) {
            bytes += VALUE_BYTES + 2L * text.length();
        } else if (value instanceof byte[] array) {
            bytes += VALUE_BYTES + array.length;
            return array.clone();
        } else {
            bytes += VALUE_BYTES;
        }
        return value;
    }

    /** @param values an array, or what is {@link #ALONE} */
    void add(@Nullable String sql, int way, long told, @Nullable Object values, @Nullable Object more) {
        if (objection != null) {
            return;
        }
        if (steps == numbers.length || itemsUsed + ITEMS > items.length) {
            nextPiece();
        }
        int item = itemsUsed;
        int how = way;
        if (Objects.equals(sql, lastSql)) {
            how |= SAME;
        } else {
            items[item++] = sql;
            lastSql = sql;
        }
        items[item++] = values;
        if (more != null) {
            how |= MORE;
            items[item++] = more;
        }
        itemsUsed = item;
        numbers[steps++] = told << WAY_BITS | how;
        bytes += values == null && sql != null ? STEP_BYTES + 2L * sql.length() : STEP_BYTES;
        if (bytes > mostBytes) {
            giveUp("it is larger than " + mostBytes + " bytes (healing.replayLimit)");
        }
    }

    private void nextPiece() {
        int before = allNumbers.length;
        if (steps < numbers.length) {
            allNumbers[before - 1] = Arrays.copyOf(numbers, steps);
        }
        int size = Math.min(MOST_STEPS, FIRST_STEPS << Math.min(before, 10));
        items = new Object[size + ITEMS];
        numbers = new long[size];
        allItems = Arrays.copyOf(allItems, before + 1);
        allItems[before] = items;
        allNumbers = Arrays.copyOf(allNumbers, before + 1);
        allNumbers[before] = numbers;
        itemsUsed = 0;
        steps = 0;
    }

    // ---- What is read

    /**
     * A query has run.
     *
     * @param rows makes what is told of the rows that are read, out of that of the run before or null; null where the core is not there yet
     * @return what is told, an {@link ObjIntConsumer} of objects as well as an operator; null where the transaction is given up
     */
    @Nullable
    Object reads(Object statement, @Nullable UnaryOperator<@Nullable Object> rows) {
        if (rows == null) {
            giveUp("something was read in it while the healer was not loaded yet");
        }
        if (rows == null || objection != null) {
            return null;
        }
        boolean again = reading > 0 && readers[reading - 2] == statement;
        Object reader = rows.apply(again ? readers[reading - 1] : null);
        if (again) {
            readers[reading - 1] = reader;
        } else {
            if (reading == readers.length) {
                readers = Arrays.copyOf(readers, Math.max(FIRST_READERS, 2 * reading));
            }
            readers[reading] = statement;
            readers[reading + 1] = reader;
            reading += 2;
            bytes += QUERY_BYTES;
        }
        return reader;
    }

    /** The application reads a number, or that there is a row or none. */
    void saw(Object statement, long what, long value) {
        if (objection != null) {
            return;
        }
        if (reader(statement) instanceof LongBinaryOperator known) {
            var unused = known.applyAsLong(what, value);
        } else if (!Gate.isOfKey((CoreStatement) statement)) {
            giveUp(NOT_ASKED);
        } else if (what >= INT && what < DOUBLE) {
            add(LAST_KEY, KEY, what >= LONG ? 1 : 0, null, value);
        } else if (what >= DOUBLE && what < TYPE) {
            giveUp(ODD_KEY);
        }
    }

    /** The application reads a text or bytes. */
    @SuppressWarnings("unchecked")
    void saw(Object statement, int column, @Nullable Object value) {
        if (objection != null) {
            return;
        }
        if (reader(statement) instanceof ObjIntConsumer<?> known) {
            ((ObjIntConsumer<@Nullable Object>) known).accept(value, column);
        } else {
            giveUp(Gate.isOfKey((CoreStatement) statement) ? ODD_KEY : NOT_ASKED);
        }
    }

    private @Nullable Object reader(Object statement) {
        int last = reading - 2;
        if (last >= 0 && readers[last] == statement) {
            return readers[last + 1];
        }
        for (int i = last - 2; i >= 0; i -= 2) {
            if (readers[i] == statement) {
                Object reader = readers[i + 1];
                System.arraycopy(readers, i + 2, readers, i, last - i);
                readers[last] = statement;
                readers[last + 1] = reader;
                return reader;
            }
        }
        return null;
    }
}
