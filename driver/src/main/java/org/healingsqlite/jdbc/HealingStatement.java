package org.healingsqlite.jdbc;

import java.lang.ref.WeakReference;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.healingsqlite.fault.Effect;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.replay.Parameters;
import org.healingsqlite.replay.Repeatability;
import org.healingsqlite.replay.Step;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.session.Call;
import org.healingsqlite.session.Work;
import org.jspecify.annotations.Nullable;

/** A statement that heals and runs again. As thread-safe as sqlite-jdbc's: as far as its connection's lock reaches. */
class HealingStatement extends ForwardingStatement implements DriverDoor.OpenResults, TextBatch.Runs {
    static final Function<String, Integer> COUNT = SqlStatement::countWhereApplied;
    static final Function<String, Long> LONG_COUNT = sql -> (long) SqlStatement.countWhereApplied(sql);
    static final Function<String, Boolean> NO_RESULTS = sql -> false;

    /** A text with rows as literals is read when its transaction is to be replayed, which is hardly ever. */
    private static final int LONG_TEXT = 1_000;

    final DriverDoor door;
    private final WeakReference<DriverDoor.OpenResults> reference;
    private volatile Connection origin;
    private Statement raw;
    private @Nullable HealingResultSet results;
    private final List<String> batch = new ArrayList<>(0);
    private @Nullable Step step;
    private int maxRows;

    /** Whether what runs now commits by itself and is kept: with rows to read, when the last one is read. */
    boolean keeping;

    HealingStatement(DriverDoor door, Connection origin, Statement raw) {
        this.door = door;
        this.origin = origin;
        this.raw = raw;
        this.reference = door.statements().add(this);
    }

    @Override
    public void close() throws SQLException {
        reference.clear();
        if (keeping && results != null) {
            door.kept(() -> {
                super.close();
                return Boolean.TRUE;
            });
        } else {
            super.close();
        }
    }

    /** Ends the open result set, if there is one: by another thread, because it keeps a lock that healing needs. */
    @Override
    public void endResults() {
        HealingResultSet open = results;
        if (open != null) {
            open.end();
        }
    }

    @Override
    Statement delegate() {
        return raw;
    }

    /** The physical connection the delegate was made on. */
    @Override
    public final Connection origin() {
        return origin;
    }

    final Statement raw() {
        return raw;
    }

    @Override
    SQLException failed(SQLException exception) {
        return exception;
    }

    /** The delegate to run something on: one of the physical connection of the moment. */
    @Override
    public Statement ready() throws SQLException {
        Connection current = door.current();
        if (current != origin && !raw.isClosed()) {
            renew(current);
        }
        return raw;
    }

    /** Makes the delegate anew on another physical connection, or on the same after an error has finalized it. */
    void renew(Connection current) throws SQLException {
        Statement fresh = again(current);
        copySettings(raw, fresh);
        for (String sql : batch) {
            fresh.addBatch(sql);
        }
        raw = fresh;
        origin = current;
    }

    Statement again(Connection current) throws SQLException {
        return current.createStatement();
    }

    private static void copySettings(Statement from, Statement to) throws SQLException {
        to.setQueryTimeout(from.getQueryTimeout());
        to.setMaxRows(from.getMaxRows());
        to.setFetchSize(from.getFetchSize());
        if (from.isCloseOnCompletion()) {
            to.closeOnCompletion();
        }
    }

    /** The wrapper of a result set of this statement; sqlite-jdbc has one object for all of them, so there is one wrapper. Up to 3.41 it gives null now and then. */
    @Nullable
    ResultSet results(@Nullable ResultSet rawResults) {
        if (rawResults == null) {
            return null;
        }
        HealingResultSet known = results;
        if (known == null || known.delegate() != rawResults) {
            known = new HealingResultSet(door, this, rawResults);
            results = known;
        }
        Step ran = step;
        known.begun(keeping, ran == null ? null : ran.rows(known.seen));
        return known;
    }

    // ---- What runs SQL

    @Override
    @SuppressWarnings("NullAway") // A COMMIT gives no rows.
    public @Nullable ResultSet executeQuery(String sql) throws SQLException {
        String asked = door.answered(sql);
        try {
            return results(run(asked, Step.Way.QUERY, null, () -> ready().executeQuery(asked)));
        } catch (SQLException e) {
            return degraded(e, asked, null);
        }
    }

    @Override
    public boolean execute(String sql) throws SQLException {
        String asked = door.answered(sql);
        return run(asked, Step.Way.EXECUTE, NO_RESULTS, () -> ready().execute(asked));
    }

    @Override
    public boolean execute(String sql, int autoGeneratedKeys) throws SQLException {
        return run(sql, Step.Way.EXECUTE, NO_RESULTS, () -> ready().execute(sql, autoGeneratedKeys));
    }

    @Override
    public boolean execute(String sql, int[] columnIndexes) throws SQLException {
        return run(sql, Step.Way.EXECUTE, NO_RESULTS, () -> ready().execute(sql, columnIndexes));
    }

    @Override
    public boolean execute(String sql, String[] columnNames) throws SQLException {
        return run(sql, Step.Way.EXECUTE, NO_RESULTS, () -> ready().execute(sql, columnNames));
    }

    @Override
    public int executeUpdate(String sql) throws SQLException {
        return (int) updated(sql, () -> (long) ready().executeUpdate(sql));
    }

    @Override
    public int executeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
        return (int) updated(sql, () -> (long) ready().executeUpdate(sql, autoGeneratedKeys));
    }

    @Override
    public int executeUpdate(String sql, int[] columnIndexes) throws SQLException {
        return (int) updated(sql, () -> (long) ready().executeUpdate(sql, columnIndexes));
    }

    @Override
    public int executeUpdate(String sql, String[] columnNames) throws SQLException {
        return (int) updated(sql, () -> (long) ready().executeUpdate(sql, columnNames));
    }

    @Override
    public long executeLargeUpdate(String sql) throws SQLException {
        return updated(sql, () -> ready().executeLargeUpdate(sql));
    }

    @Override
    public long executeLargeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
        return updated(sql, () -> ready().executeLargeUpdate(sql, autoGeneratedKeys));
    }

    @Override
    public long executeLargeUpdate(String sql, int[] columnIndexes) throws SQLException {
        return updated(sql, () -> ready().executeLargeUpdate(sql, columnIndexes));
    }

    @Override
    public long executeLargeUpdate(String sql, String[] columnNames) throws SQLException {
        return updated(sql, () -> ready().executeLargeUpdate(sql, columnNames));
    }

    /** sqlite-jdbc counts what triggers do as well: what was noted for the archive is no change of the application's. */
    private long updated(String sql, Call<Long> call) throws SQLException {
        return run(sql, Step.Way.UPDATE, LONG_COUNT, () -> {
            long before = door.notes();
            long count = call.run();
            return count - Math.max(0, door.notes() - before);
        });
    }

    /** @param applied what the call gives where SQLite's error does not mean that it failed; null where that cannot be told */
    private <T> T run(String sql, Step.Way way, @Nullable Function<String, T> applied, Call<T> call)
            throws SQLException {
        keeping = door.keeps(true) && !SqlStatement.isQuery(sql);
        return keeping ? door.kept(() -> ran(sql, way, applied, call)) : ran(sql, way, applied, call);
    }

    @SuppressWarnings("NullAway") // A COMMIT gives no rows.
    private <T> T ran(String sql, Step.Way way, @Nullable Function<String, T> applied, Call<T> call)
            throws SQLException {
        Frame frame = Frame.of(sql);
        door.session().about(frame);
        if (SqlStatement.mayChangeSchema(sql)) {
            door.beforeSchemaChange();
        }
        T result;
        try {
            result = call.run();
            if ((frame == Frame.BEGIN || frame == Frame.SAVEPOINT) && origin != door.physical()) {
                // It has begun on a connection to a lost file that this one was taken away from in that moment.
                result = call.run();
            }
        } catch (SQLException e) {
            if (hasRun(e)) {
                door.executed(sql, SqlStatement.mayChangeSchema(sql), frame);
                door.recording().giveUp("a statement failed in it");
                throw e;
            }
            noteSchemaChange(sql);
            result = door.recover(
                    e, new Text(sql, frame, applied != null), call, () -> applied == null ? null : applied.apply(sql));
        }
        door.executed(sql, SqlStatement.mayChangeSchema(sql), frame);
        step(
                door.isRecording() && frame == Frame.NONE
                        ? door.recorded(
                                Step.ofText(sql, way, count(result), maxRows, door::notes),
                                sql.length() > LONG_TEXT ? null : Repeatability.of(sql))
                        : null);
        return result;
    }

    /** The application has run as a query what gives no rows. */
    private static boolean hasRun(SQLException failure) {
        return Fault.of(failure) instanceof Fault.Application fault && fault.effect() == Effect.APPLIED;
    }

    /** What a query gives that the database does not answer: no rows where that is wanted, else {@code failure}. */
    final ResultSet degraded(SQLException failure, String sql, @Nullable Parameters parameters) throws SQLException {
        ResultSet answer = door.degraded(failure, sql, parameters);
        if (answer == null) {
            throw failure;
        }
        step(null);
        return new HealingResultSet(door, this, answer);
    }

    /** The update count that the application has, or may ask for; -1 where there is none. */
    private <T extends @Nullable Object> long count(T result) throws SQLException {
        if (result instanceof Number number) {
            return number.longValue();
        }
        return Boolean.FALSE.equals(result) ? raw.getUpdateCount() : -1;
    }

    /** What was run last, where it is recorded: to be told what of its results is read. */
    final void step(@Nullable Step ran) {
        step = ran;
    }

    private void noteSchemaChange(String sql) {
        if (SqlStatement.mayChangeSchema(sql)) {
            door.session().schemaMayHaveChanged(sql);
        }
    }

    /** A single text. */
    private final class Text implements Work {
        private final String sql;
        private final Frame frame;
        private final boolean counts;

        /** @param counts whether a count is all that the call gives */
        Text(String sql, Frame frame, boolean counts) {
            this.sql = sql;
            this.frame = frame;
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
            return frame == Frame.COMMIT || counts && !SqlStatement.returnsRows(sql);
        }
    }

    /** Whether another thread has taken the connection to another file since the last run began: nothing that failed there was applied. */
    @Override
    public final boolean isMoved() {
        return origin != door.physical();
    }

    // ---- Batches

    @Override
    public void addBatch(String sql) throws SQLException {
        super.addBatch(sql);
        batch.add(sql);
    }

    @Override
    public void clearBatch() throws SQLException {
        super.clearBatch();
        batch.clear();
    }

    @Override
    public int[] executeBatch() throws SQLException {
        return Arrays.stream(executeLargeBatch()).mapToInt(count -> (int) count).toArray();
    }

    @Override
    public long[] executeLargeBatch() throws SQLException {
        return door.keeps(true) ? door.kept(this::ranBatch) : ranBatch();
    }

    private long[] ranBatch() throws SQLException {
        List<String> entries = List.copyOf(batch);
        if (door.session().transaction().mustRollBack()) {
            about(entries);
        }
        for (String entry : entries) {
            if (SqlStatement.mayChangeSchema(entry)) {
                door.beforeSchemaChange();
            }
        }
        TextBatch work = new TextBatch(this, entries);
        long[] counts;
        try {
            counts = work.run();
        } catch (SQLException e) {
            entries.forEach(this::noteSchemaChange);
            counts = door.recover(e, work, work::run, null);
        } finally {
            batch.clear();
        }
        for (String entry : entries) {
            door.executed(entry, SqlStatement.mayChangeSchema(entry), Frame.of(entry));
        }
        step(door.isRecording() ? recorded(entries, counts) : null);
        return counts;
    }

    /** As sqlite-jdbc does, the statement loses its batch although that did not run. */
    private void about(List<String> entries) throws SQLException {
        for (String entry : entries) {
            try {
                door.session().about(Frame.of(entry));
            } catch (SQLException e) {
                clearBatch();
                throw e;
            }
        }
    }

    private Step recorded(List<String> entries, long[] counts) {
        Step ran = Step.ofBatch(entries, counts);
        String joined = String.join(";", entries);
        door.recorded(
                ran,
                Frame.of(joined) == Frame.NONE
                        ? Repeatability.of(joined)
                        : new Repeatability("a batch begins or ends it", false, false));
        return ran;
    }

    @Override
    public void setMaxRows(int max) throws SQLException {
        super.setMaxRows(max);
        maxRows = max;
    }

    @Override
    public void setLargeMaxRows(long max) throws SQLException {
        super.setLargeMaxRows(max);
        maxRows = (int) max;
    }

    final int maxRows() {
        return maxRows;
    }

    // ---- What leads back to our own objects

    @Override
    public Connection getConnection() throws SQLException {
        try {
            raw.getConnection();
            return door.wrapper();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public @Nullable ResultSet getResultSet() throws SQLException {
        try {
            return results(raw.getResultSet());
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public ResultSet getGeneratedKeys() throws SQLException {
        try {
            HealingResultSet keys = new HealingResultSet(door, this, raw.getGeneratedKeys());
            Step ran = step;
            keys.begun(false, ran == null ? null : ran.keys());
            return keys;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public String toString() {
        return raw.toString();
    }
}
