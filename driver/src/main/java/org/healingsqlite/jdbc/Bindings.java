package org.healingsqlite.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Date;
import org.healingsqlite.replay.Parameters;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a prepared statement and of the rows of its batch, kept to set them again on another statement: sqlite-jdbc finalizes a
 * prepared statement on most errors, and empties the batch on all. A parameter is kept as a {@link Binding}, or as the value itself; null means
 * that it was not set, or set to null, which is the same. Not thread-safe, as the statement is not.
 */
final class Bindings {
    private static final @Nullable Object[] NONE = {};

    /** Bindings of a batch for which the room is kept for the next one. */
    private static final int MOST_KEPT = 1 << 18;

    private @Nullable Object[] current = NONE;
    private @Nullable Object[] rows = NONE;
    private int rowCount;

    /** Of how many bindings the last batch was that somebody has taken. */
    private int room;

    private int rowWidth;

    /** A value as it is now, whatever the application does to it later. Arrays are not copied: sqlite-jdbc reads them when the statement runs. */
    @SuppressWarnings({"unchecked", "JavaUtilDate"})
    static <T extends @Nullable Object> T kept(T value) {
        if (value instanceof Date date) {
            return (T) date.clone();
        }
        if (value instanceof Calendar calendar) {
            return (T) calendar.clone();
        }
        return value instanceof StringBuilder || value instanceof StringBuffer ? (T) value.toString() : value;
    }

    void set(int index, @Nullable Object binding) {
        if (index < 1) {
            // sqlite-jdbc takes some of these without a word while a batch is being filled.
            return;
        }
        if (index > current.length) {
            current = Arrays.copyOf(current, index);
        }
        current[index - 1] = binding;
    }

    void clear() {
        Arrays.fill(current, null);
    }

    void addRow() {
        if (rowCount == 0) {
            rowWidth = current.length;
        } else if (rowWidth < current.length) {
            widenRows();
        }
        int end = rowCount * rowWidth;
        if (end + rowWidth > rows.length) {
            rows = Arrays.copyOf(rows, Math.max(end + rowWidth, Math.max(rows.length * 2, room)));
        }
        System.arraycopy(current, 0, rows, end, rowWidth);
        rowCount++;
    }

    /** A later row sets a parameter that no earlier row did. */
    private void widenRows() {
        @Nullable Object[] wider = new Object[(rowCount + 1) * current.length];
        for (int row = 0; row < rowCount; row++) {
            System.arraycopy(rows, row * rowWidth, wider, row * current.length, rowWidth);
        }
        rows = wider;
        rowWidth = current.length;
    }

    void clearRows() {
        if (rows.length > MOST_KEPT) {
            rows = NONE;
        } else {
            Arrays.fill(rows, 0, rowCount * rowWidth, null);
        }
        rowCount = 0;
    }

    boolean hasRows() {
        return rowCount > 0;
    }

    /** Sets everything again: first the rows of the batch, then the parameters of the moment. */
    void replay(PreparedStatement statement) throws SQLException {
        for (int row = 0; row < rowCount; row++) {
            bind(statement, rows, row * rowWidth, rowWidth);
            statement.addBatch();
        }
        if (rowCount > 0) {
            statement.clearParameters();
        }
        bind(statement, current, 0, current.length);
    }

    /** The parameters of the moment, for running the same once more. */
    Parameters parameters() {
        return new Bound(current.clone(), 0, current.length);
    }

    /** Gives the rows of the batch away, for running the same once more. */
    Parameters takeBatch() {
        Bound taken = new Bound(rows, rowCount, rowWidth);
        room = Math.min(rowCount * rowWidth, MOST_KEPT);
        rows = NONE;
        rowCount = 0;
        return taken;
    }

    /** Parameters that nobody changes any more; of a batch where there are rows. */
    private static final class Bound implements Parameters {
        private final @Nullable Object[] values;
        private final int rows;
        private final int width;
        private long sizeBytes;

        /** @param values nobody else's any more */
        Bound(@Nullable Object[] values, int rows, int width) {
            this.values = values;
            this.rows = rows;
            this.width = width;
            int length = Math.max(1, rows) * width;
            this.sizeBytes = 16L + 8L * values.length;
            for (int i = 0; i < length; i++) {
                Object value = values[i];
                if (value instanceof Number || value == null) {
                    sizeBytes += 24;
                } else if (value instanceof String text) {
                    sizeBytes += 40 + 2L * text.length();
                } else if (value instanceof byte[] bytes) {
                    values[i] = bytes.clone();
                    sizeBytes += 16 + bytes.length;
                } else {
                    sizeBytes += value instanceof Binding binding ? binding.sizeBytes() : 24;
                }
            }
        }

        @Override
        public long sizeBytes() {
            return sizeBytes;
        }

        @Override
        public void bindTo(PreparedStatement statement) throws SQLException {
            if (rows == 0) {
                bind(statement, values, 0, width);
            }
            for (int row = 0; row < rows; row++) {
                bind(statement, values, row * width, width);
                statement.addBatch();
            }
        }
    }

    private static void bind(PreparedStatement statement, @Nullable Object[] from, int offset, int length)
            throws SQLException {
        for (int i = 0; i < length; i++) {
            Object binding = from[offset + i];
            if (binding instanceof Binding setter) {
                setter.on(statement);
            } else {
                statement.setObject(i + 1, binding);
            }
        }
    }
}
