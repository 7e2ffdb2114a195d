package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.WriteAheadLog;

/**
 * Hides the end of a log from SQLite where what it commits as page 1 is none, so that nobody could begin a transaction: the log then ends before that transaction, as after
 * a crash. All of it is in the evidence, and goes back where the heal fails.
 *
 * <p>Source: SQLite file format §4.1: a frame with other salts than the header's ends the log.
 */
final class LogPatch {
    private static final int SALTS = 8;

    private final Path log;
    private final long place;
    private final byte[] before;
    private final byte[] after;

    private LogPatch(Path log, long place, byte[] before, byte[] after) {
        this.log = log;
        this.place = place;
        this.before = before;
        this.after = after;
    }

    /** Hides what makes the database unusable; empty where the log has no such page. */
    static Optional<LogPatch> apply(Path log) throws IOException {
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            WriteAheadLog frames = WriteAheadLog.read(channel, 0);
            int first = firstUnusable(channel, frames);
            if (first < 0) {
                return Optional.empty();
            }
            long place = frames.contentOffset(first) - WriteAheadLog.FRAME_HEADER_SIZE + SALTS;
            byte[] before = read(channel, place, SALTS);
            byte[] after = before.clone();
            for (int i = 0; i < after.length; i++) {
                after[i] = (byte) ~after[i];
            }
            write(channel, place, after);
            return Optional.of(new LogPatch(log, place, before, after));
        }
    }

    /** The first of the last frames of page 1 that have none; -1 where the newest page 1 is one. */
    private static int firstUnusable(FileChannel channel, WriteAheadLog frames) throws IOException {
        int first = -1;
        for (int i = frames.frames() - 1; i >= 0; i--) {
            boolean committed = frames.standing(i) == WriteAheadLog.Standing.COMMITTED
                    || frames.standing(i) == WriteAheadLog.Standing.CORRECTED;
            if (frames.page(i) == 1 && committed && frames.elsewhere(i) == 0) {
                byte[] head = read(channel, frames.contentOffset(i), DatabaseHeader.SIZE);
                if (HeaderPatch.isSound(head, Long.MAX_VALUE)) {
                    return first;
                }
                first = i;
            }
        }
        return first;
    }

    private static byte[] read(FileChannel channel, long place, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining() && channel.read(buffer, place + buffer.position()) > 0) {
            // until it is full or the file has ended
        }
        return buffer.array();
    }

    private static void write(FileChannel channel, long place, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer, place + buffer.position());
        }
        channel.force(false);
    }

    /** Takes the patch back out of a copy that was made with it. */
    void undoIn(Path copy) throws IOException {
        try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (Arrays.equals(read(channel, place, SALTS), after)) {
                write(channel, place, before);
            }
        }
    }

    /** Puts the log back as it was, unless somebody has written there since. */
    void undo() throws IOException {
        undoIn(log);
    }
}
