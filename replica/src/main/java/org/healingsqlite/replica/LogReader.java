package org.healingsqlite.replica;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Optional;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.WriteAheadLog;

/**
 * Reads complete transactions from a log that others write to: a frame counts where its salts are the log's and its checksum follows from the frame before, and only up to the last one that ends a
 * transaction. Never looks at the log's index. For one reading.
 */
final class LogReader {
    private static final int BLOCK_BYTES = 1 << 20;

    private final FileChannel file;

    LogReader(FileChannel file) {
        this.file = file;
    }

    /** Behind the log's header; empty where it has none that SQLite takes. */
    Optional<LogPosition> begin() throws IOException {
        byte[] header = read(0, WriteAheadLog.HEADER_SIZE);
        if (!WriteAheadLog.isHeaderSound(header)) {
            return Optional.empty();
        }
        return Optional.of(new LogPosition(
                Bytes.i64(header, 16),
                WriteAheadLog.HEADER_SIZE,
                Bytes.i64(header, 24),
                WriteAheadLog.headerPageSize(header),
                (Bytes.i32(header, 0) & 1) == 1));
    }

    /** Whether the log is still the one of a position, and the frame before it is there as it was. */
    boolean hasStill(LogPosition position) throws IOException {
        Optional<LogPosition> begin = begin();
        if (begin.isEmpty()
                || begin.get().salts() != position.salts()
                || begin.get().pageSizeBytes() != position.pageSizeBytes()) {
            return false;
        }
        if (position.offset() == WriteAheadLog.HEADER_SIZE) {
            return begin.get().sums() == position.sums();
        }
        byte[] last = read(position.offset() - position.frameSizeBytes(), WriteAheadLog.FRAME_HEADER_SIZE);
        return last.length == WriteAheadLog.FRAME_HEADER_SIZE
                && Bytes.i64(last, 8) == position.salts()
                && Bytes.i64(last, 16) == position.sums();
    }

    /**
     * Whether nothing was added behind a position before the log was begun anew: the frame before it is still there, so the new log has not come so far, and what lies behind it is no frame
     * that follows from it.
     */
    boolean wasTheEnd(LogPosition position) throws IOException {
        if (position.offset() == WriteAheadLog.HEADER_SIZE) {
            return false;
        }
        byte[] last = read(position.offset() - position.frameSizeBytes(), WriteAheadLog.FRAME_HEADER_SIZE);
        return last.length == WriteAheadLog.FRAME_HEADER_SIZE
                && Bytes.i64(last, 8) == position.salts()
                && Bytes.i64(last, 16) == position.sums()
                && nextOf(position).isEmpty();
    }

    private Optional<LogPosition> nextOf(LogPosition position) throws IOException {
        byte[] frame = read(position.offset(), position.frameSizeBytes());
        return frame.length < position.frameSizeBytes() ? Optional.empty() : following(frame, 0, position);
    }

    private static Optional<LogPosition> following(byte[] bytes, int at, LogPosition position) {
        if (Bytes.i32(bytes, at) <= 0 || Bytes.i64(bytes, at + 8) != position.salts()) {
            return Optional.empty();
        }
        long sums = WriteAheadLog.checksum(bytes, at, at + 8, position.sums(), position.bigEndian());
        sums = WriteAheadLog.checksum(
                bytes,
                at + WriteAheadLog.FRAME_HEADER_SIZE,
                at + position.frameSizeBytes(),
                sums,
                position.bigEndian());
        return sums == Bytes.i64(bytes, at + 16)
                ? Optional.of(position.at(position.offset() + position.frameSizeBytes(), sums))
                : Optional.empty();
    }

    /** Is told of frames, in order. */
    interface Frames {
        /**
         * One frame.
         *
         * @param page its number
         * @param databasePages the database's size in pages where it ends a transaction; else 0
         * @param contentOffset where the page begins in the log
         */
        void frame(int page, int databasePages, long contentOffset) throws IOException;
    }

    /** Behind the last transaction that follows from a position and is complete; the position itself where none is. */
    LogPosition end(LogPosition from) throws IOException {
        return end(from, (page, databasePages, contentOffset) -> {});
    }

    /** As {@link #end(LogPosition)}; and tells of all frames that follow, those of a last transaction that is not complete included. */
    LogPosition end(LogPosition from, Frames frames) throws IOException {
        int frameSize = from.frameSizeBytes();
        int perBlock = Math.max(1, BLOCK_BYTES / frameSize);
        LogPosition position = from;
        LogPosition complete = from;
        while (true) {
            byte[] block = read(position.offset(), perBlock * frameSize);
            int whole = block.length / frameSize;
            for (int i = 0; i < whole; i++) {
                Optional<LogPosition> next = following(block, i * frameSize, position);
                if (next.isEmpty()) {
                    return complete;
                }
                int databasePages = Bytes.i32(block, i * frameSize + 4);
                frames.frame(
                        Bytes.i32(block, i * frameSize),
                        databasePages,
                        position.offset() + WriteAheadLog.FRAME_HEADER_SIZE);
                position = next.get();
                if (databasePages != 0) {
                    complete = position;
                }
            }
            if (whole < perBlock) {
                return complete;
            }
        }
    }

    /**
     * Writes the bytes between two positions of the log.
     *
     * @param start in bytes: 0 where the header goes along
     * @throws IOException where they are not those any more that led from one position to the other
     */
    void copy(long start, LogPosition from, LogPosition to, OutputStream out) throws IOException {
        if (start < from.offset()) {
            byte[] header = read(start, (int) (from.offset() - start));
            if (!hasStill(from)) {
                throw changed(from);
            }
            out.write(header);
        }
        int frameSize = from.frameSizeBytes();
        LogPosition position = from;
        while (position.offset() < to.offset()) {
            int length = (int)
                    Math.min((long) Math.max(1, BLOCK_BYTES / frameSize) * frameSize, to.offset() - position.offset());
            byte[] block = read(position.offset(), length);
            if (block.length < length) {
                throw changed(position);
            }
            for (int at = 0; at < length; at += frameSize) {
                Optional<LogPosition> next = following(block, at, position);
                if (next.isEmpty()) {
                    throw changed(position);
                }
                position = next.get();
            }
            out.write(block);
        }
        if (!position.equals(to)) {
            throw changed(to);
        }
    }

    private static IOException changed(LogPosition at) {
        return new LogChangedException("the log was written anew at byte " + at.offset() + " while it was read");
    }

    /** As many bytes as there are, up to the length. */
    private byte[] read(long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining() && file.read(buffer, position + buffer.position()) > 0) {
            // until it is full or the file has ended
        }
        return buffer.position() == length
                ? buffer.array()
                : java.util.Arrays.copyOf(buffer.array(), buffer.position());
    }
}
