package org.healingsqlite.jdbc;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.healingsqlite.heal.BatchProgress;

/**
 * What is left to do of a batch of SQL texts after one of them failed: from the failed one on. The ones before it have taken effect and are not
 * run twice, unless their transaction was rolled back.
 */
final class BatchRemainder implements Repeatable<long[]> {
    private final HealingStatement statement;
    private final List<String> entries;
    private final BatchProgress progress;

    /**
     * What is left after a first run.
     *
     * @throws SQLException {@code failure} itself, where it does not tell which entry failed
     */
    BatchRemainder(HealingStatement statement, List<String> entries, SQLException failure) throws SQLException {
        this.statement = statement;
        this.entries = entries;
        this.progress = new BatchProgress(entries.size());
        if (!progress.failed(failure)) {
            throw failure;
        }
    }

    @Override
    public long[] call() throws SQLException {
        Statement delegate = statement.ready();
        for (String entry : entries.subList(progress.next(), entries.size())) {
            delegate.addBatch(entry);
        }
        try {
            return progress.completed(delegate.executeLargeBatch());
        } catch (BatchUpdateException e) {
            throw progress.failed(e) ? progress.ofWholeBatch(e) : e;
        }
    }

    @Override
    public boolean hasBegun() {
        return progress.next() > 0;
    }

    @Override
    public void rolledBack() {
        progress.rolledBack();
    }
}
