package org.healingsqlite.agent.door;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import org.healingsqlite.log.Log;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.session.Work;
import org.jspecify.annotations.Nullable;
import org.sqlite.core.CoreStatement;

/** One call of sqlite-jdbc's that prepares or runs SQL: what is known of it, and what is given back to it. For one thread at a time. */
final class StatementWork implements Work {
    private static final Log LOG = Log.of(StatementWork.class);

    /** What sqlite-jdbc says of a statement that somebody else has finalized. */
    private static final String TAKEN_AWAY = "stmt pointer is closed";

    /** What it says of a text where the results of the text before were ended by somebody else. */
    private static final String RESULTS_LEFT = "SQLite JDBC internal error: rs.isOpen() on exec.";

    private final AgentConnection connection;

    /** Null where something is only prepared. */
    private final @Nullable CoreStatement statement;

    private final @Nullable String sql;
    private final @Nullable KeptBatch batch;

    private StatementWork(
            AgentConnection connection,
            @Nullable CoreStatement statement,
            @Nullable String sql,
            @Nullable KeptBatch batch) {
        this.connection = connection;
        this.statement = statement;
        this.sql = sql;
        this.batch = batch;
    }

    /**
     * A call that has failed.
     *
     * @param kept the batch, as the gate has kept it; anything else where there is none
     * @param on the statement, or the connection
     * @param argument the SQL text; null where the statement has it
     */
    static StatementWork of(AgentConnection connection, @Nullable Object kept, Object on, @Nullable Object argument) {
        CoreStatement statement = on instanceof CoreStatement core ? core : null;
        KeptBatch batch = kept instanceof Object[] parts && statement != null ? new KeptBatch(parts, statement) : null;
        String sql = argument instanceof String text ? text : sqlOf(statement);
        return new StatementWork(connection, statement, sql, batch);
    }

    private static @Nullable String sqlOf(@Nullable CoreStatement statement) {
        try {
            return statement == null ? null : (String) NativeHandle.field(statement, "sql");
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    private Connection jdbc() {
        return connection.connection();
    }

    private boolean isPrepared() {
        return statement instanceof PreparedStatement;
    }

    /** All that it runs. */
    Stream<String> texts() {
        return batch == null || isPrepared()
                ? Stream.ofNullable(sql)
                : Arrays.stream(batch.texts()).filter(String.class::isInstance).map(String.class::cast);
    }

    @Override
    public @Nullable String sql() {
        return batch == null || isPrepared() ? sql : null;
    }

    @Override
    public Frame frame() {
        // The gate itself finds out what a text that begins or ends something has done, and a text is only prepared
        // here
        // where there is no statement.
        return statement != null && batch == null && sql != null && Frame.of(sql) == Frame.COMMIT
                ? Frame.COMMIT
                : Frame.NONE;
    }

    @Override
    public void failed(SQLException failure) throws SQLException {
        if (batch != null) {
            batch.failed(failure, jdbc());
        }
    }

    @Override
    public boolean wasTakenAway(SQLException failure, boolean first) {
        if (!first) {
            return false;
        }
        if (statement == null) {
            return TAKEN_AWAY.equals(failure.getMessage());
        }
        return !isPrepared() && RESULTS_LEFT.equals(failure.getMessage())
                || connection.handle().isFinalizedHere(statement)
                        && (isPrepared()
                                || sql != null
                                        && (SqlStatement.isQuery(sql)
                                                || connection.handle().mayRunAgain(statement)));
    }

    @Override
    public boolean hasBegun() {
        return batch != null && batch.hasBegun();
    }

    @Override
    public boolean isRepeatable() {
        return batch == null || batch.mayRunOn();
    }

    @Override
    public boolean tellsWhatIsApplied() {
        return statement != null && batch == null && sql != null && !SqlStatement.returnsRows(sql);
    }

    @Override
    public void rolledBack() {
        if (batch != null) {
            batch.rolledBack();
        }
    }

    @Override
    public void restore() throws SQLException {
        if (statement == null) {
            return;
        }
        if (isPrepared() && NativeHandle.isFinalized(statement)) {
            connection.handle().prepareAgain(statement);
        }
        if (batch != null) {
            batch.restore(statement, jdbc());
        }
    }

    @Override
    public SQLException told(SQLException failure) {
        return batch == null ? failure : batch.told(failure);
    }

    /** What the application is to see of a statement that has been applied although it failed. */
    Object applied() {
        try {
            CoreStatement.class.getMethod("updateGeneratedKeys").invoke(statement);
        } catch (ReflectiveOperationException e) {
            LOG.debug(
                    "{}: the key is asked for later",
                    connection.database().file().main());
        }
        return new long[] {SqlStatement.countWhereApplied(Objects.requireNonNull(sql))};
    }

    /**
     * The counts of all entries of a batch.
     *
     * @param ofRest what the last run gave
     */
    Object counts(Object ofRest) {
        return batch == null ? ofRest : batch.counts(ofRest);
    }
}
