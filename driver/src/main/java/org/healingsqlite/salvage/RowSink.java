package org.healingsqlite.salvage;

import java.io.IOException;
import org.healingsqlite.format.RecordCursor;

/** Takes rows one by one. The record is only valid during the call. */
@FunctionalInterface
interface RowSink {

    /**
     * Takes a row.
     *
     * @param rowid 0 for tables without one
     * @param page where the row was found
     */
    void row(long rowid, RecordCursor record, int page) throws IOException;
}
