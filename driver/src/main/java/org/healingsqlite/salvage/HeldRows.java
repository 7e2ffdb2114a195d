package org.healingsqlite.salvage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.format.RecordCursor;

/**
 * Holds rows with odd texts back until the whole table was seen: only then is it known whether they stand out. Holds only a few; where there are more
 * of them they do not. One thread at a time.
 */
final class HeldRows {

    private record Held(long rowid, ByteBuffer payload, int page, int field) {}

    private static final int MOST_ROWS = 1000;
    private static final int MOST_BYTES = 2 << 20;

    private final OddTexts texts;
    private final RowSink sound;
    private final RowSink doubtful;
    private final List<Held> held = new ArrayList<>();
    private long heldBytes;
    private boolean full;

    /**
     * @param sound takes the rows that were held without need
     * @param doubtful takes those that stand out
     */
    HeldRows(OddTexts texts, RowSink sound, RowSink doubtful) {
        this.texts = texts;
        this.sound = sound;
        this.doubtful = doubtful;
    }

    /** Whether a row with an odd text was held back. */
    boolean hold(long rowid, RecordCursor record, int page, int field) throws IOException {
        if (full) {
            return false;
        }
        byte[] payload = record.payload();
        if (held.size() == MOST_ROWS || heldBytes + payload.length > MOST_BYTES) {
            full = true;
            release();
            return false;
        }
        held.add(new Held(rowid, ByteBuffer.wrap(payload), page, field));
        heldBytes += payload.length;
        return true;
    }

    /** Hands out what was held, in the order in which it came. */
    void release() throws IOException {
        RecordCursor record = new RecordCursor();
        for (Held row : held) {
            if (record.moveTo(row.payload().array(), 0, row.payload().capacity())) {
                (texts.standsOut(row.field()) ? doubtful : sound).row(row.rowid(), record, row.page());
            }
        }
        held.clear();
        heldBytes = 0;
    }
}
