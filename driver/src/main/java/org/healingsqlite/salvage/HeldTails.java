package org.healingsqlite.salvage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.salvage.PayloadReader.Tail;

/**
 * Holds rows back whose overflow chains do not end with their last page's content: there is more on it, as where the page was in use before, or it ends in
 * zeros. Two such rows of which each page is filled as far as the other needs it have each other's pages. Holds only a few; where there are more,
 * pages were in use before. One thread at a time.
 */
final class HeldTails {

    private record Held(long rowid, ByteBuffer payload, int page, Tail tail) {}

    private static final int MOST_ROWS = 500;
    private static final int MOST_BYTES = 2 << 20;
    /** A value seldom ends in more zeros. */
    private static final int MOST_ZEROS = 2;

    private final RowSink sound;
    private final RowSink doubtful;
    private final List<Held> held = new ArrayList<>();
    private long heldBytes;
    private boolean full;

    /**
     * @param sound takes the rows that were held without need
     * @param doubtful takes those whose pages were exchanged
     */
    HeldTails(RowSink sound, RowSink doubtful) {
        this.sound = sound;
        this.doubtful = doubtful;
    }

    /** Whether a row was held back. */
    boolean hold(long rowid, RecordCursor record, int page, Tail tail) throws IOException {
        if (full || tail.used() == tail.extent()) {
            return false;
        }
        byte[] payload = record.payload();
        if (held.size() == MOST_ROWS || heldBytes + payload.length > MOST_BYTES) {
            full = true;
            release();
            return false;
        }
        held.add(new Held(rowid, ByteBuffer.wrap(payload), page, tail));
        heldBytes += payload.length;
        return true;
    }

    /** Hands out what was held, in the order in which it came. */
    void release() throws IOException {
        BitSet exchanged = new BitSet();
        for (int more = 0; more < held.size(); more++) {
            for (int less = 0; less < held.size(); less++) {
                if (wereExchanged(held.get(more).tail(), held.get(less).tail())) {
                    exchanged.set(more);
                    exchanged.set(less);
                }
            }
        }
        RecordCursor record = new RecordCursor();
        for (int i = 0; i < held.size(); i++) {
            Held row = held.get(i);
            if (record.moveTo(row.payload().array(), 0, row.payload().capacity())) {
                (exchanged.get(i) ? doubtful : sound).row(row.rowid(), record, row.page());
            }
        }
        held.clear();
        heldBytes = 0;
    }

    private static boolean wereExchanged(Tail more, Tail less) {
        int zeros = more.used() - less.extent();
        return more.extent() > more.used()
                && less.extent() < less.used()
                && more.extent() <= less.used()
                && less.used() - more.extent() <= MOST_ZEROS
                && zeros >= 0
                && zeros <= MOST_ZEROS;
    }
}
