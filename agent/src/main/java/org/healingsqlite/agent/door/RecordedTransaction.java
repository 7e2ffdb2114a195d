package org.healingsqlite.agent.door;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.replay.DivergenceException;
import org.healingsqlite.replay.Getter;
import org.healingsqlite.replay.Parameters;
import org.healingsqlite.replay.Repeatability;
import org.healingsqlite.replay.RowsSeen;
import org.healingsqlite.replay.Step;
import org.healingsqlite.replay.TransactionRecord;
import org.jspecify.annotations.Nullable;
import org.sqlite.core.CoreStatement;

/**
 * What the gate has recorded of one transaction, made into the steps that the driver records. For the thread that has worked on the transaction, and has just
 * met a failure in it.
 */
final class RecordedTransaction {
    private static final int WAY_BITS = 7;
    private static final int ALONE = 1 << 4;
    private static final int SAME = 1 << 5;
    private static final int MORE = 1 << 6;
    private static final int WAY = ALONE - 1;
    private static final int TEXT = 3;
    private static final int BATCH = 6;
    private static final int FRAME = 8;
    private static final Step.Way[] WAYS = {Step.Way.EXECUTE, Step.Way.QUERY, Step.Way.UPDATE};

    private final TransactionRecord record;
    private final long startedMillis;

    /** The SQL of the step before. */
    private @Nullable String sql;

    private RecordedTransaction(TransactionRecord record, long startedMillis) {
        this.record = record;
        this.startedMillis = startedMillis;
    }

    /**
     * Reads what the gate has.
     *
     * @param content why it cannot run again, or null; whether a text has begun it; when it began; the pieces of items and of numbers, and how many steps are in the last piece
     * @param limitBytes see {@link TransactionRecord}
     */
    static RecordedTransaction of(@Nullable Object[] content, long limitBytes) {
        TransactionRecord record = new TransactionRecord(limitBytes);
        record.begin(!Boolean.TRUE.equals(content[1]));
        RecordedTransaction transaction =
                new RecordedTransaction(record, content[2] instanceof Long millis ? millis : 0);
        if (content[0] instanceof String objection) {
            record.giveUp(objection);
        } else if (content[3] instanceof Object[][] items
                && content[4] instanceof long[][] numbers
                && content[5] instanceof Integer lastSteps) {
            for (int piece = 0; piece < items.length; piece++) {
                int steps = piece == items.length - 1 ? lastSteps : numbers[piece].length;
                transaction.addAll(items[piece], numbers[piece], steps);
            }
        } else {
            record.giveUp("it was not recorded");
        }
        return transaction;
    }

    /** When it began, in milliseconds since 1970. */
    long startedMillis() {
        return startedMillis;
    }

    /** See {@link TransactionRecord#objection}. */
    @Nullable
    String objection() {
        return record.objection();
    }

    /** See {@link TransactionRecord#replay}. */
    void replay(Connection connection) throws SQLException, DivergenceException {
        record.replay(connection);
    }

    private void addAll(@Nullable Object[] items, long[] numbers, int steps) {
        int at = 0;
        for (int i = 0; i < steps && record.isRecording(); i++) {
            int how = (int) numbers[i];
            if ((how & SAME) == 0) {
                sql = (String) items[at++];
            }
            Object kept = items[at++];
            Object[] values = (how & ALONE) == 0 ? (Object[]) kept : new Object[] {kept};
            Object more = (how & MORE) == 0 ? null : items[at++];
            add(how & WAY, values, numbers[i] >> WAY_BITS, more);
        }
    }

    private void add(int way, @Nullable Object @Nullable [] values, long told, @Nullable Object more) {
        if (sql == null) {
            addTexts(
                    values == null ? List.of() : Arrays.asList(Arrays.copyOf(values, values.length, String[].class)),
                    more);
        } else if (way == BATCH) {
            long[] counts = counts(more);
            record.add(
                    Step.ofPreparedBatch(sql, prepared(sql), new Row(values, counts.length), counts),
                    Repeatability.of(sql));
        } else if (way == FRAME) {
            record.add(Step.ofFrame(sql), Repeatability.FRAME);
        } else if (way > FRAME) {
            record.add(ofKey(sql, told, more), Repeatability.of(sql));
        } else {
            boolean query = more != null;
            long count = query ? -1 : told;
            int maxRows = query ? (int) told : 0;
            Step step = way < TEXT
                    ? Step.ofPrepared(sql, prepared(sql), new Row(values, 0), WAYS[way], count, maxRows)
                    : Step.ofText(sql, WAYS[way - TEXT], count, maxRows, () -> 0);
            record.add(more instanceof RecordedRows rows ? step.withRows(rows.seen()) : step, Repeatability.of(sql));
        }
    }

    private void addTexts(List<String> entries, @Nullable Object counts) {
        record.add(Step.ofBatch(entries, counts(counts)), Repeatability.of(String.join(";", entries)));
    }

    /** The application has read the key of the last insert: as an {@code int} or, where this was told, as a {@code long}. */
    private static Step ofKey(String sql, long told, @Nullable Object key) {
        RowsSeen seen = new RowsSeen();
        seen.moved(true);
        seen.saw(told == 0 ? Getter.INT : Getter.LONG, 1, key instanceof Long number ? number.longValue() : 0L);
        return Step.ofText(sql, Step.Way.QUERY, -1, 0, () -> 0).withRows(seen);
    }

    private static Step.Preparation prepared(String sql) {
        return connection -> connection.prepareStatement(sql);
    }

    /** Up to 3.38 sqlite-jdbc gives {@code int[]}. */
    private static long[] counts(@Nullable Object counts) {
        if (counts instanceof long[] large) {
            return large;
        }
        return counts instanceof int[] small
                ? Arrays.stream(small).asLongStream().toArray()
                : new long[0];
    }

    /**
     * Parameters as sqlite-jdbc keeps them: of so many rows of a batch, or of one execution where it is no batch.
     */
    private static final class Row implements Parameters {
        private final Object @Nullable [] values;
        private final int batched;

        Row(Object @Nullable [] values, int batched) {
            this.values = values;
            this.batched = batched;
        }

        @Override
        public void bindTo(PreparedStatement statement) throws SQLException {
            if (values == null || values.length == 0 && batched == 0) {
                return;
            }
            try {
                CoreStatement raw = (CoreStatement) statement;
                NativeHandle.setField(raw, "batch", values.clone());
                if (batched > 0) {
                    Integer each = (Integer) NativeHandle.field(raw, "paramCount");
                    NativeHandle.setField(raw, "batchPos", batched * (each == null ? 0 : each));
                    NativeHandle.setField(raw, "batchQueryCount", batched);
                }
            } catch (ReflectiveOperationException e) {
                throw new SQLException("Cannot bind the parameters again", e);
            }
        }

        @Override
        public long sizeBytes() {
            long size = 0;
            for (Object value : values == null ? new Object[0] : values) {
                size += value instanceof String text
                        ? 2L * text.length()
                        : value instanceof byte[] array ? array.length : 0;
                size += 24;
            }
            return size;
        }
    }
}
