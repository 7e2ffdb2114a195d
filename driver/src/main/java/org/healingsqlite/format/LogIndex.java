package org.healingsqlite.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The header of a write-ahead log's index (-shm): how many frames live connections take for committed.
 *
 * <p>Source: SQLite: WAL-mode file format §2.1.
 *
 * @param frames the last valid frame, from 1; 0 where the log is empty
 * @param writtenBack how many of them are in the database file already
 */
public record LogIndex(long frames, long writtenBack) {

    /** Bytes of the header, in its two copies and with what checkpoints keep. */
    public static final int SIZE = 136;

    /** Bytes of the two copies: zeroed, they make every connection read the log anew. */
    public static final int COPIES_SIZE = 96;

    private static final int VERSION = 3007000;
    private static final int COPY_SIZE = 48;
    private static final int IS_INITIALISED = 12;
    private static final int LAST_FRAME = 16;

    /** Reads a header; empty where it is not initialised, or its copies differ because somebody is writing it. */
    public static Optional<LogIndex> of(byte[] head) {
        if (head.length < SIZE) {
            return Optional.empty();
        }
        ByteBuffer fields = ByteBuffer.wrap(head).order(ByteOrder.nativeOrder());
        boolean sound = fields.getInt(0) == VERSION
                && fields.get(IS_INITIALISED) == 1
                && fields.slice(0, COPY_SIZE).equals(fields.slice(COPY_SIZE, COPY_SIZE));
        return sound
                ? Optional.of(new LogIndex(
                        Integer.toUnsignedLong(fields.getInt(LAST_FRAME)),
                        Integer.toUnsignedLong(fields.getInt(COPIES_SIZE))))
                : Optional.empty();
    }

    /** Whether the log has commits that are nowhere else. */
    public boolean isNeeded() {
        return frames > writtenBack;
    }
}
