package org.healingsqlite.agent.door;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.session.BatchProgress;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;
import org.sqlite.core.CoreStatement;

/** A batch as it was before it ran: sqlite-jdbc empties it whatever happens. For one thread at a time. */
final class KeptBatch {
    private static final Log LOG = Log.of(KeptBatch.class);

    private final Object[] entries;
    private final int length;
    private long totalChanges;

    /** Whether rows of a prepared one are in effect: nothing tells which. */
    private boolean partlyApplied;

    /** Null where it is the batch of a prepared statement. */
    private final @Nullable BatchProgress progress;

    /**
     * A batch.
     *
     * @param kept what the gate has kept: the entries, how many, and the connection's changes before
     */
    KeptBatch(Object[] kept, CoreStatement statement) {
        entries = (Object[]) kept[0];
        length = (Integer) kept[1];
        totalChanges = (Long) kept[2];
        progress = statement instanceof PreparedStatement ? null : new BatchProgress(length);
    }

    /** The texts of a batch that is about to run; none where it is prepared. */
    static List<String> textsOf(CoreStatement statement) {
        try {
            if (!(statement instanceof PreparedStatement)
                    && NativeHandle.field(statement, "batch") instanceof Object[] entries
                    && NativeHandle.field(statement, "batchPos") instanceof Integer length) {
                return Arrays.stream(entries, 0, Math.min(length, entries.length))
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .toList();
            }
        } catch (ReflectiveOperationException e) {
            LOG.debug("What is in the batch is not known: {}", Disclosure.message(e));
        }
        return List.of();
    }

    /** A run of it has failed. */
    void failed(SQLException failure, Connection connection) throws SQLException {
        if (progress == null) {
            partlyApplied |= totalChanges < 0 || Sqlite.totalChanges(connection) != totalChanges;
        } else {
            progress.failed(failure);
        }
    }

    /** Whether it may run on: texts from the entry that failed, a prepared one where none of its rows was applied. */
    boolean mayRunOn() {
        return progress == null ? !partlyApplied : progress.isKnown();
    }

    /** Whether a part of it is in effect. */
    boolean hasBegun() {
        return progress == null ? partlyApplied : progress.next() > 0;
    }

    /** What has run of it was rolled back, with its transaction, and what came before has run again. */
    void rolledBack() {
        if (progress == null) {
            partlyApplied = false;
        } else {
            progress.rolledBack();
        }
    }

    /** Gives the statement what is left of it. */
    void restore(CoreStatement statement, Connection connection) throws SQLException {
        try {
            if (progress == null) {
                totalChanges = Sqlite.totalChanges(connection);
                Integer parameters = (Integer) NativeHandle.field(statement, "paramCount");
                NativeHandle.setField(statement, "batch", entries.clone());
                NativeHandle.setField(statement, "batchPos", length * (parameters == null ? 0 : parameters));
                NativeHandle.setField(statement, "batchQueryCount", length);
            } else {
                NativeHandle.setField(statement, "batch", Arrays.copyOfRange(entries, progress.next(), length));
                NativeHandle.setField(statement, "batchPos", length - progress.next());
            }
        } catch (ReflectiveOperationException e) {
            throw new SQLException("Cannot restore the batch", e);
        }
    }

    /** What the application is to be told in the place of a failure that remains. */
    SQLException told(SQLException failure) {
        return progress == null ? failure : progress.ofWholeBatch(failure);
    }

    /**
     * The counts of all entries.
     *
     * @param ofRest what the last run gave: {@code long[]}, up to 3.40 {@code int[]}
     */
    Object counts(Object ofRest) {
        if (progress == null) {
            return ofRest;
        }
        if (ofRest instanceof long[] large) {
            return progress.completed(large);
        }
        long[] whole =
                progress.completed(Arrays.stream((int[]) ofRest).asLongStream().toArray());
        return Arrays.stream(whole).mapToInt(count -> (int) count).toArray();
    }

    /** The SQL texts; none where it is prepared. */
    Object[] texts() {
        return progress == null ? new Object[0] : Arrays.copyOf(entries, length);
    }
}
