package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.healingsqlite.format.RecordCursor;

/** Collects the rows of one table, best first, and hands them on to be inserted in another thread. For one thread. */
final class TableWriter {

    /** Where rows are collected: while one set is being inserted, another is filled. Sets are used for table after table. */
    static final class Sets {
        private static final int MOST = 3;
        private final Queue<StagedRows> free = new ConcurrentLinkedQueue<>();
        private int made;

        private StagedRows take(WriteQueue queue) throws IOException {
            StagedRows set = free.poll();
            while (set == null) {
                if (made < MOST) {
                    made++;
                    return new StagedRows();
                }
                queue.awaitOne();
                set = free.poll();
            }
            return set;
        }
    }

    private final RowInserter inserter;
    private final WriteQueue queue;
    private final Sets sets;
    private final boolean numbered;
    private StagedRows rows;

    /** @param numbered whether rows have no rowid */
    TableWriter(RowInserter inserter, WriteQueue queue, Sets sets, boolean numbered) throws IOException {
        this.inserter = inserter;
        this.queue = queue;
        this.sets = sets;
        this.numbered = numbered;
        this.rows = emptySet();
    }

    private StagedRows emptySet() throws IOException {
        StagedRows set = sets.take(queue);
        set.clear(numbered);
        return set;
    }

    void write(long rowid, RecordCursor record, int page) throws IOException {
        if (!StagedRows.canHold(record)) {
            flush();
            // Of long rows memory holds one.
            queue.drain();
            inserter.insert(rowid, record, page);
        } else if (!rows.add(rowid, record, page)) {
            flush();
            if (!rows.add(rowid, record, page)) {
                throw new IllegalStateException("an empty set has no room for a row");
            }
        }
    }

    private void flush() throws IOException {
        if (rows.count() > 0) {
            StagedRows full = rows;
            queue.submit(() -> {
                try {
                    inserter.insert(full);
                } finally {
                    sets.free.add(full);
                }
            });
            rows = emptySet();
        }
    }

    /** Hands on what is left. */
    void finish() throws IOException {
        StagedRows last = rows;
        queue.submit(() -> {
            try {
                inserter.insert(last);
                inserter.finish();
            } finally {
                sets.free.add(last);
            }
        });
    }
}
