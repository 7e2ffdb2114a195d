package org.healingsqlite.replay;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Something that ran in a transaction, and what the application was told: update counts, the rows it read and the generated keys it asked for.
 * Not thread-safe.
 */
public abstract class Step {
    private static final int OVERHEAD_BYTES = 96;

    private final String sql;
    private @Nullable Repeatability repeatability;
    private @Nullable RowsSeen rows;
    private @Nullable RowsSeen keys;

    private Step(String sql) {
        this.sql = sql;
    }

    /** How a statement was run. */
    public enum Way {
        QUERY,
        EXECUTE,
        UPDATE
    }

    /** Counts changes. */
    @FunctionalInterface
    public interface Notes {
        long count() throws SQLException;
    }

    /** Prepares a statement as the application did. */
    @FunctionalInterface
    public interface Preparation {
        PreparedStatement on(Connection connection) throws SQLException;
    }

    /**
     * A statement of SQL text.
     *
     * @param count the update count told; -1 where it was none
     * @param notes how many changes were made so far that nobody asked for, and sqlite-jdbc counts
     */
    public static Step ofText(String sql, Way way, long count, int maxRows, Notes notes) {
        return new Step(sql) {
            @Override
            void repeat(Connection connection) throws SQLException, DivergenceException {
                try (Statement statement = connection.createStatement()) {
                    statement.setMaxRows(maxRows);
                    switch (way) {
                        case QUERY -> {
                            try (ResultSet results = statement.executeQuery(sql)) {
                                confirmRows(results);
                            }
                        }
                        case UPDATE -> {
                            long before = notes.count();
                            long found = statement.executeUpdate(sql);
                            confirmCount(count, found - Math.max(0, notes.count() - before));
                        }
                        case EXECUTE -> confirmExecuted(statement, statement.execute(sql), count);
                    }
                    confirmKeys(statement);
                }
            }

            @Override
            boolean changedRows() {
                return count > 0;
            }
        };
    }

    /**
     * A prepared statement.
     *
     * @param count the update count told; -1 where it was none
     */
    public static Step ofPrepared(
            String sql, Preparation preparation, Parameters parameters, Way way, long count, int maxRows) {
        return new Step(sql) {
            @Override
            void repeat(Connection connection) throws SQLException, DivergenceException {
                try (PreparedStatement statement = preparation.on(connection)) {
                    statement.setMaxRows(maxRows);
                    parameters.bindTo(statement);
                    switch (way) {
                        case QUERY -> {
                            try (ResultSet results = statement.executeQuery()) {
                                confirmRows(results);
                            }
                        }
                        case UPDATE -> confirmCount(count, statement.executeUpdate());
                        case EXECUTE -> confirmExecuted(statement, statement.execute(), count);
                    }
                    confirmKeys(statement);
                }
            }

            @Override
            long sizeBytes() {
                return super.sizeBytes() + parameters.sizeBytes();
            }

            @Override
            boolean changedRows() {
                return count > 0;
            }
        };
    }

    /** A batch of SQL texts. */
    public static Step ofBatch(List<String> entries, long[] counts) {
        return new Step("a batch of " + entries.size()) {
            @Override
            void repeat(Connection connection) throws SQLException, DivergenceException {
                try (Statement statement = connection.createStatement()) {
                    for (String entry : entries) {
                        statement.addBatch(entry);
                    }
                    confirmCounts(counts, statement.executeLargeBatch());
                    confirmKeys(statement);
                }
            }

            @Override
            long sizeBytes() {
                return super.sizeBytes()
                        + entries.stream().mapToLong(Step::sizeBytes).sum()
                        + 8L * counts.length;
            }

            @Override
            boolean changedRows() {
                return Arrays.stream(counts).anyMatch(count -> count > 0);
            }
        };
    }

    /** A batch of a prepared statement. */
    public static Step ofPreparedBatch(String sql, Preparation preparation, Parameters rows, long[] counts) {
        return new Step(sql) {
            @Override
            void repeat(Connection connection) throws SQLException, DivergenceException {
                try (PreparedStatement statement = preparation.on(connection)) {
                    rows.bindTo(statement);
                    confirmCounts(counts, statement.executeLargeBatch());
                    confirmKeys(statement);
                }
            }

            @Override
            long sizeBytes() {
                return super.sizeBytes() + rows.sizeBytes() + 8L * counts.length;
            }

            @Override
            boolean changedRows() {
                return Arrays.stream(counts).anyMatch(count -> count > 0);
            }
        };
    }

    /** Something that begins or ends a part of the transaction, run past JDBC: {@code SAVEPOINT one}. */
    public static Step ofFrame(String sql) {
        return new Step(sql) {
            @Override
            void repeat(Connection connection) throws SQLException {
                Sqlite.execute(connection, sql);
            }
        };
    }

    /**
     * What the application reads from its result: to be told of that.
     *
     * @param before what it has read from the result before this one
     */
    public final RowsSeen rows(@Nullable RowsSeen before) {
        RowsSeen known = rows;
        if (known == null) {
            known = new RowsSeen(before);
            rows = known;
        }
        return known;
    }

    /** This step, whose result was read before anybody made it. */
    public final Step withRows(RowsSeen read) {
        rows = read;
        return this;
    }

    /** What the application reads of its generated keys: to be told of that. */
    public final RowsSeen keys() {
        // Asking again gives the same keys again.
        RowsSeen fresh = new RowsSeen();
        if (keys == null) {
            keys = fresh;
        }
        return fresh;
    }

    /** Runs it again on sqlite-jdbc's own connection, and compares. */
    abstract void repeat(Connection connection) throws SQLException, DivergenceException;

    /** Whether rows are known to have changed. */
    boolean changedRows() {
        return false;
    }

    /** Why it cannot be compared, seen afterwards; null where it can. */
    @Nullable
    String objection() {
        String ofRows = rows == null ? null : rows.objection();
        return ofRows != null || keys == null ? ofRows : keys.objection();
    }

    /** Somebody has judged whether it can be repeated, or nobody has yet. */
    final void judged(@Nullable Repeatability judgement) {
        repeatability = judgement;
    }

    /** Whether it can be repeated. */
    final Repeatability repeatability() {
        Repeatability known = repeatability;
        if (known == null) {
            known = judge();
            repeatability = known;
        }
        return known;
    }

    Repeatability judge() {
        return Repeatability.of(sql);
    }

    long sizeBytes() {
        return OVERHEAD_BYTES + sizeBytes(sql);
    }

    static long sizeBytes(String text) {
        return 40 + 2L * text.length();
    }

    String sql() {
        return sql;
    }

    final void confirmExecuted(Statement statement, boolean hasResults, long count)
            throws SQLException, DivergenceException {
        if (hasResults != count < 0) {
            throw new DivergenceException("it gave " + (hasResults ? "rows" : "no rows") + " this time");
        }
        if (!hasResults) {
            confirmCount(count, statement.getUpdateCount());
        } else if (rows != null) {
            try (ResultSet results = statement.getResultSet()) {
                confirmRows(results);
            }
        }
    }

    final void confirmRows(ResultSet results) throws SQLException, DivergenceException {
        if (rows != null) {
            rows.confirm(results);
        }
    }

    final void confirmKeys(Statement statement) throws SQLException, DivergenceException {
        if (keys != null) {
            try (ResultSet again = statement.getGeneratedKeys()) {
                keys.confirm(again);
            }
        }
    }

    static void confirmCount(long told, long found) throws DivergenceException {
        if ((int) told != (int) found) {
            throw new DivergenceException("its update count was " + told + ", and is " + found + " now");
        }
    }

    static void confirmCounts(long[] told, long[] found) throws DivergenceException {
        if (!Arrays.equals(told, found)) {
            throw new DivergenceException("its update counts are not what they were");
        }
    }
}
