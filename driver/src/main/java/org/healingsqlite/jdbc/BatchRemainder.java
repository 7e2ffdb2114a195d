package org.healingsqlite.jdbc;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.fault.Fault;

/**
 * What is left to do of a batch of SQL texts after one of them failed: from the failed one on. The ones before it have taken effect and are not
 * run twice, unless their transaction was rolled back.
 */
final class BatchRemainder implements Repeatable<long[]> {
    private final HealingStatement statement;
    private final List<String> entries;
    private final long[] counts;
    private int next;

    /**
     * What is left after a first run.
     *
     * @throws SQLException {@code failure} itself, where it does not tell which entry failed
     */
    BatchRemainder(HealingStatement statement, List<String> entries, SQLException failure) throws SQLException {
        this.statement = statement;
        this.entries = entries;
        this.counts = new long[entries.size()];
        advance(failure);
    }

    @Override
    public long[] call() throws SQLException {
        Statement delegate = statement.ready();
        for (String entry : entries.subList(next, entries.size())) {
            delegate.addBatch(entry);
        }
        int first = next;
        try {
            long[] rest = delegate.executeLargeBatch();
            System.arraycopy(rest, 0, counts, first, rest.length);
            return counts;
        } catch (BatchUpdateException e) {
            advance(e);
            throw ofWholeBatch(e);
        }
    }

    @Override
    public boolean hasBegun() {
        return next > 0;
    }

    @Override
    public void rolledBack() {
        next = 0;
        Arrays.fill(counts, 0);
    }

    private void advance(SQLException failure) throws SQLException {
        int failed = failure instanceof BatchUpdateException ? Fault.of(failure).batchEntry() : -1;
        if (failed < 0 || next + failed >= entries.size()) {
            throw failure;
        }
        long[] done = ((BatchUpdateException) failure).getLargeUpdateCounts();
        System.arraycopy(done, 0, counts, next, Math.min(failed, done.length));
        next += failed;
    }

    /** The exception as a run of the whole batch would have thrown it. */
    private BatchUpdateException ofWholeBatch(BatchUpdateException rest) {
        Throwable cause = rest.getCause();
        BatchUpdateException whole = new BatchUpdateException(
                "batch entry " + next + ": " + (cause == null ? rest.getMessage() : cause.getMessage()),
                rest.getSQLState(),
                rest.getErrorCode(),
                Arrays.stream(counts).mapToInt(count -> (int) count).toArray(),
                cause);
        return whole;
    }
}
