package org.healingsqlite.jdbc;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.function.Function;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.replay.Repeatability;
import org.healingsqlite.replay.Step;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.session.Call;
import org.healingsqlite.session.Work;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/** A prepared statement that heals, prepares itself again, binds its parameters again and runs again. */
final class HealingPreparedStatement extends ForwardingPreparedStatement {
    private final String sql;
    private final boolean mayChangeSchema;
    private final boolean writes;
    private final Step.Preparation preparation;
    private final Frame frame;
    private @Nullable Repeatability repeatability;
    private final Bindings bindings = new Bindings();

    HealingPreparedStatement(
            DriverDoor door, Connection origin, PreparedStatement raw, String sql, Step.Preparation preparation) {
        super(door, origin, raw);
        this.sql = sql;
        this.mayChangeSchema = SqlStatement.mayChangeSchema(sql);
        this.writes = !SqlStatement.isQuery(sql);
        this.preparation = preparation;
        this.frame = Frame.of(sql);
    }

    @Override
    PreparedStatement delegate() {
        return (PreparedStatement) raw();
    }

    @Override
    public PreparedStatement ready() throws SQLException {
        return (PreparedStatement) super.ready();
    }

    @Override
    Statement again(Connection current) throws SQLException {
        PreparedStatement fresh = preparation.on(current);
        bindings.replay(fresh);
        return fresh;
    }

    @Override
    void bound(int index, @Nullable Object binding) {
        bindings.set(index, binding);
    }

    @Override
    public void clearParameters() throws SQLException {
        super.clearParameters();
        bindings.clear();
    }

    // ---- What runs it

    @Override
    public @Nullable ResultSet executeQuery() throws SQLException {
        keeping = door.keeps(writes);
        try {
            return results(keeping ? door.kept(this::queried) : queried());
        } catch (SQLException e) {
            return degraded(e, sql, bindings.parameters());
        }
    }

    private ResultSet queried() throws SQLException {
        beforeRun();
        ResultSet results = run(null, () -> ready().executeQuery());
        executed(Step.Way.QUERY, -1);
        return results;
    }

    @Override
    public boolean execute() throws SQLException {
        keeping = door.keeps(writes);
        return keeping ? door.kept(this::ran) : ran();
    }

    private boolean ran() throws SQLException {
        beforeRun();
        boolean hasResults = run(NO_RESULTS, () -> ready().execute());
        executed(Step.Way.EXECUTE, !hasResults && door.isRecording() ? raw().getUpdateCount() : -1);
        return hasResults;
    }

    @Override
    public int executeUpdate() throws SQLException {
        keeping = door.keeps(writes);
        return keeping ? door.kept(this::updated) : updated();
    }

    private int updated() throws SQLException {
        beforeRun();
        int count = run(COUNT, () -> ready().executeUpdate());
        executed(Step.Way.UPDATE, count);
        return count;
    }

    @Override
    public long executeLargeUpdate() throws SQLException {
        keeping = door.keeps(writes);
        return keeping ? door.kept(this::updatedLarge) : updatedLarge();
    }

    private long updatedLarge() throws SQLException {
        beforeRun();
        long count = run(LONG_COUNT, () -> ready().executeLargeUpdate());
        executed(Step.Way.UPDATE, count);
        return count;
    }

    private void beforeRun() throws SQLException {
        door.session().about(frame);
        if (mayChangeSchema) {
            door.beforeSchemaChange();
        }
    }

    private void executed(Step.Way way, long count) throws SQLException {
        door.executed(sql, mayChangeSchema, frame);
        step(
                door.isRecording() && frame == Frame.NONE
                        ? door.recorded(
                                Step.ofPrepared(sql, preparation, bindings.parameters(), way, count, maxRows()),
                                repeatability())
                        : null);
    }

    private Repeatability repeatability() {
        Repeatability known = repeatability;
        if (known == null) {
            known = Repeatability.of(sql);
            repeatability = known;
        }
        return known;
    }

    /** @param applied what the call gives where SQLite's error does not mean that it failed; null where that cannot be told */
    private <T> T run(@Nullable Function<String, T> applied, Call<T> call) throws SQLException {
        try {
            return call.run();
        } catch (SQLException e) {
            if (mayChangeSchema) {
                door.session().schemaMayHaveChanged(sql);
            }
            return door.recover(e, new Run(applied != null), call, applied == null ? null : () -> applied.apply(sql));
        }
    }

    /** One run with the parameters of the moment. */
    private class Run implements Work {
        private final boolean counts;

        /** @param counts whether a count is all that the call gives */
        Run(boolean counts) {
            this.counts = counts;
        }

        @Override
        public String sql() {
            return sql;
        }

        @Override
        public Frame frame() {
            return frame;
        }

        @Override
        public boolean wasTakenAway(SQLException failure, boolean first) {
            return isMoved() && SqlStatement.isSingle(sql);
        }

        @Override
        public boolean tellsWhatIsApplied() {
            return counts && !SqlStatement.returnsRows(sql);
        }

        /** The failed run has finalized the delegate, or it belongs to a connection that is no longer the current one. */
        @Override
        public void restore() throws SQLException {
            renew(door.current());
        }
    }

    // ---- Batches

    @Override
    public void addBatch() throws SQLException {
        super.addBatch();
        bindings.addRow();
    }

    @Override
    public void clearBatch() throws SQLException {
        super.clearBatch();
        bindings.clearRows();
    }

    @Override
    public int[] executeBatch() throws SQLException {
        return Arrays.stream(executeLargeBatch()).mapToInt(count -> (int) count).toArray();
    }

    @Override
    public long[] executeLargeBatch() throws SQLException {
        if (!bindings.hasRows()) {
            return delegate().executeLargeBatch();
        }
        return door.keeps(writes) ? door.kept(this::ranBatch) : ranBatch();
    }

    private long[] ranBatch() throws SQLException {
        beforeRun();
        PreparedStatement delegate = ready();
        WholeBatch work = new WholeBatch();
        try {
            long[] counts;
            try {
                counts = delegate.executeLargeBatch();
            } catch (SQLException e) {
                if (mayChangeSchema) {
                    door.session().schemaMayHaveChanged(sql);
                }
                counts = door.recover(e, work, () -> ready().executeLargeBatch(), null);
            }
            door.executed(sql, mayChangeSchema, frame);
            step(
                    door.isRecording()
                            ? door.recorded(
                                    Step.ofPreparedBatch(sql, preparation, bindings.takeBatch(), counts),
                                    repeatability())
                            : null);
            return counts;
        } finally {
            bindings.clearRows();
        }
    }

    /** How many rows the connection that the batch runs on has changed: not the one of the moment, which may be another by now. */
    private long changes() throws SQLException {
        return Sqlite.totalChanges(origin());
    }

    /** The whole batch once more, where no row of it is in effect: nothing tells how many were applied. */
    private final class WholeBatch extends Run {
        private long before;
        private boolean partlyApplied;

        WholeBatch() throws SQLException {
            super(false);
            before = changes();
        }

        @Override
        public void failed(SQLException failure) throws SQLException {
            partlyApplied |= changes() != before;
        }

        @Override
        public boolean wasTakenAway(SQLException failure, boolean first) {
            return !partlyApplied && super.wasTakenAway(failure, first);
        }

        @Override
        public boolean hasBegun() {
            return partlyApplied;
        }

        @Override
        public boolean isRepeatable() {
            return !partlyApplied;
        }

        @Override
        public void rolledBack() {
            partlyApplied = false;
        }

        @Override
        public void restore() throws SQLException {
            super.restore();
            before = changes();
        }
    }

    // ---- Streams are read once, when they are set

    @Override
    public void setAsciiStream(int index, @Nullable InputStream stream) throws SQLException {
        byte[] bytes = stream == null ? null : read(stream, Long.MAX_VALUE);
        bind(index, size(bytes), statement -> statement.setAsciiStream(index, open(bytes)));
    }

    @Override
    public void setAsciiStream(int index, @Nullable InputStream stream, int length) throws SQLException {
        byte[] bytes = stream == null ? null : read(stream, length);
        bind(index, size(bytes), statement -> statement.setAsciiStream(index, open(bytes), length));
    }

    @Override
    public void setAsciiStream(int index, @Nullable InputStream stream, long length) throws SQLException {
        byte[] bytes = stream == null ? null : read(stream, length);
        bind(index, size(bytes), statement -> statement.setAsciiStream(index, open(bytes), length));
    }

    @Override
    @SuppressWarnings("deprecation")
    public void setUnicodeStream(int index, @Nullable InputStream stream, int length) throws SQLException {
        byte[] bytes = stream == null ? null : read(stream, length);
        bind(index, size(bytes), statement -> statement.setUnicodeStream(index, open(bytes), length));
    }

    @Override
    public void setBinaryStream(int index, @Nullable InputStream stream) throws SQLException {
        byte[] bytes = stream == null ? null : read(stream, Long.MAX_VALUE);
        bind(index, size(bytes), statement -> statement.setBinaryStream(index, open(bytes)));
    }

    @Override
    public void setBinaryStream(int index, @Nullable InputStream stream, int length) throws SQLException {
        byte[] bytes = stream == null ? null : read(stream, length);
        bind(index, size(bytes), statement -> statement.setBinaryStream(index, open(bytes), length));
    }

    @Override
    public void setBinaryStream(int index, @Nullable InputStream stream, long length) throws SQLException {
        byte[] bytes = stream == null ? null : read(stream, length);
        bind(index, size(bytes), statement -> statement.setBinaryStream(index, open(bytes), length));
    }

    @Override
    public void setBlob(int index, @Nullable InputStream stream) throws SQLException {
        byte[] bytes = stream == null ? null : read(stream, Long.MAX_VALUE);
        bind(index, size(bytes), statement -> statement.setBlob(index, open(bytes)));
    }

    @Override
    public void setBlob(int index, @Nullable InputStream stream, long length) throws SQLException {
        byte[] bytes = stream == null ? null : read(stream, length);
        bind(index, size(bytes), statement -> statement.setBlob(index, open(bytes), length));
    }

    @Override
    public void setCharacterStream(int index, @Nullable Reader reader) throws SQLException {
        String text = reader == null ? null : read(reader, Long.MAX_VALUE);
        bind(index, size(text), statement -> statement.setCharacterStream(index, open(text)));
    }

    @Override
    public void setCharacterStream(int index, @Nullable Reader reader, int length) throws SQLException {
        String text = reader == null ? null : read(reader, length);
        bind(index, size(text), statement -> statement.setCharacterStream(index, open(text), length));
    }

    @Override
    public void setCharacterStream(int index, @Nullable Reader reader, long length) throws SQLException {
        String text = reader == null ? null : read(reader, length);
        bind(index, size(text), statement -> statement.setCharacterStream(index, open(text), length));
    }

    @Override
    public void setClob(int index, @Nullable Reader reader) throws SQLException {
        String text = reader == null ? null : read(reader, Long.MAX_VALUE);
        bind(index, size(text), statement -> statement.setClob(index, open(text)));
    }

    @Override
    public void setClob(int index, @Nullable Reader reader, long length) throws SQLException {
        String text = reader == null ? null : read(reader, length);
        bind(index, size(text), statement -> statement.setClob(index, open(text), length));
    }

    @Override
    public void setBytes(int index, byte @Nullable [] bytes) throws SQLException {
        // sqlite-jdbc reads the array when the statement runs, so a change until then is seen there: the same array is
        // kept.
        try {
            delegate().setBytes(index, bytes);
        } catch (SQLException e) {
            throw failed(e);
        }
        bound(index, bytes);
    }

    private void bind(int index, long sizeBytes, Binding binding) throws SQLException {
        try {
            binding.on(delegate());
        } catch (SQLException e) {
            throw failed(e);
        }
        bound(index, binding.holding(sizeBytes));
    }

    private static long size(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private static long size(@Nullable String text) {
        return text == null ? 0 : 2L * text.length();
    }

    private static @Nullable InputStream open(byte @Nullable [] bytes) {
        return bytes == null ? null : new ByteArrayInputStream(bytes);
    }

    private static @Nullable Reader open(@Nullable String text) {
        return text == null ? null : new StringReader(text);
    }

    private static byte[] read(InputStream stream, long limit) throws SQLException {
        try {
            if (limit == Long.MAX_VALUE) {
                return stream.readAllBytes();
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            byte[] buffer = new byte[8192];
            for (long left = Math.max(0, limit); left > 0; ) {
                int count = stream.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (count < 0) {
                    break;
                }
                bytes.write(buffer, 0, count);
                left -= count;
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static String read(Reader reader, long limit) throws SQLException {
        try {
            StringWriter text = new StringWriter();
            char[] buffer = new char[8192];
            for (long left = Math.max(0, limit); left > 0; ) {
                int count = reader.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (count < 0) {
                    break;
                }
                text.write(buffer, 0, count);
                left -= count;
            }
            return text.toString();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** As sqlite-jdbc says it. */
    private static SQLException unreadable(IOException cause) {
        return new SQLException("Error reading stream", cause);
    }

    // ---- What leads back to our own objects

    @Override
    public @Nullable ResultSetMetaData getMetaData() throws SQLException {
        try {
            ResultSetMetaData metaData = delegate().getMetaData();
            return metaData == null ? null : new HealingResultSetMetaData(metaData);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public ParameterMetaData getParameterMetaData() throws SQLException {
        return new HealingParameterMetaData(() -> delegate().getParameterMetaData());
    }
}
