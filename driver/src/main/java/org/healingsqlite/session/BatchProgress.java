package org.healingsqlite.session;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.Arrays;
import org.healingsqlite.fault.Fault;

/** How far a batch of SQL texts has come, over several runs of what was left of it. For one thread at a time. */
public final class BatchProgress {
    private final long[] counts;

    /** The entry that the last run began at. */
    private int begun;

    private int next;

    /** Whether it is known how far it has come. */
    private boolean known = true;

    /** A batch of so many entries, none of which has run. */
    public BatchProgress(int size) {
        counts = new long[size];
    }

    /** The entry that is to run next, from 0. */
    public int next() {
        return next;
    }

    /**
     * A run, which began at {@link #next}, has failed. Where the exception does not tell at which entry, {@link #isKnown} is false from then on.
     */
    public void failed(SQLException failure) {
        int entry = failure instanceof BatchUpdateException ? Fault.of(failure).batchEntry() : -1;
        if (entry < 0 || next + entry >= counts.length) {
            known = false;
            return;
        }
        long[] done = ((BatchUpdateException) failure).getLargeUpdateCounts();
        System.arraycopy(done, 0, counts, next, Math.min(entry, done.length));
        begun = next;
        next += entry;
    }

    /** Whether it is known how far the batch has come, so that it may go on. */
    public boolean isKnown() {
        return known;
    }

    /** What has run was rolled back, with the transaction it was in. */
    public void rolledBack() {
        begun = 0;
        next = 0;
        known = true;
        Arrays.fill(counts, 0);
    }

    /** The counts of the whole batch, after a run of what was left. */
    public long[] completed(long[] rest) {
        if (next == 0) {
            return rest;
        }
        System.arraycopy(rest, 0, counts, next, rest.length);
        return counts;
    }

    /** The exception as a run of the whole batch would have thrown it, after {@link #failed}. */
    public SQLException ofWholeBatch(SQLException failure) {
        if (begun == 0 || !known) {
            return failure;
        }
        Throwable cause = failure.getCause();
        return new BatchUpdateException(
                "batch entry " + next + ": " + (cause == null ? failure.getMessage() : cause.getMessage()),
                failure.getSQLState(),
                failure.getErrorCode(),
                Arrays.stream(counts).mapToInt(count -> (int) count).toArray(),
                cause);
    }
}
