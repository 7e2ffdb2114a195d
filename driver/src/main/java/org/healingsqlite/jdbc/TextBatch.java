package org.healingsqlite.jdbc;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.session.BatchProgress;
import org.healingsqlite.session.Work;

/**
 * A batch of SQL texts, over all its runs: each goes on at the entry that failed. The ones before that have taken effect and are not run twice, unless their transaction was
 * rolled back. For one thread at a time.
 */
final class TextBatch implements Work {
    /** The statement that runs it. */
    interface Runs {
        /** sqlite-jdbc's, of the physical connection of the moment. */
        Statement ready() throws SQLException;

        /** Whether another thread has taken the connection to another file since the last run began: nothing that failed there was applied. */
        boolean isMoved();
    }

    private final Runs statement;
    private final List<String> entries;
    private final BatchProgress progress;

    TextBatch(Runs statement, List<String> entries) {
        this.statement = statement;
        this.entries = entries;
        this.progress = new BatchProgress(entries.size());
    }

    /** Runs what sqlite-jdbc's statement has of it; gives the counts of all. */
    long[] run() throws SQLException {
        return progress.completed(statement.ready().executeLargeBatch());
    }

    @Override
    public Frame frame() {
        return Frame.of(String.join(";", entries));
    }

    @Override
    public void failed(SQLException failure) {
        progress.failed(failure);
    }

    @Override
    public boolean wasTakenAway(SQLException failure, boolean first) {
        return progress.isKnown() && statement.isMoved();
    }

    @Override
    public boolean hasBegun() {
        return progress.next() > 0;
    }

    @Override
    public boolean isRepeatable() {
        return progress.isKnown();
    }

    @Override
    public void rolledBack() {
        progress.rolledBack();
    }

    @Override
    public void restore() throws SQLException {
        Statement delegate = statement.ready();
        delegate.clearBatch();
        for (String entry : entries.subList(progress.next(), entries.size())) {
            delegate.addBatch(entry);
        }
    }

    @Override
    public SQLException told(SQLException failure) {
        return progress.ofWholeBatch(failure);
    }
}
