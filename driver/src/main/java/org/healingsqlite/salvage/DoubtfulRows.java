package org.healingsqlite.salvage;

import java.io.IOException;
import org.healingsqlite.format.RecordCursor;

/** Rows of one table that something speaks against: they go to lost and found, and are counted. One thread at a time. */
final class DoubtfulRows {

    private final LostAndFound lostAndFound;
    private final TableShape shape;
    private long count;

    DoubtfulRows(LostAndFound lostAndFound, TableShape shape) {
        this.lostAndFound = lostAndFound;
        this.shape = shape;
    }

    void keep(String reason, long rowid, RecordCursor record, int page) throws IOException {
        count++;
        lostAndFound.keep(shape.name(), reason, shape.rootPage(), page, rowid, record);
    }

    /** Takes rows that are all here for one reason. */
    RowSink because(String reason) {
        return (rowid, record, page) -> keep(reason, rowid, record, page);
    }

    long count() {
        return count;
    }
}
