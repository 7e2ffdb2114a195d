package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.files.Quarantine.Evidence;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.WriteAheadLog;

/** What a log tells of the database as it was before changes of its schema. Stateless. */
final class LogStates {
    /** Each is a copy of the database; and what was dropped more changes of the schema ago is hardly what is missed. */
    private static final int MOST_STATES = 8;

    /** Where the schema cookie lies on page 1. Source: SQLite file format §1.3. */
    private static final int SCHEMA_COOKIE = 40;

    private LogStates() {}

    /**
     * A state of the database before a change of its schema.
     *
     * @param logBytes how much of the log tells of it
     */
    record State(long logBytes) {}

    /** The states before each change of the schema that the log tells of, newest first; none where it cannot be known that the main file is not newer. */
    static List<State> of(Evidence evidence) throws IOException {
        if (Files.notExists(evidence.log()) || Files.size(evidence.log()) <= WriteAheadLog.HEADER_SIZE) {
            return List.of();
        }
        try (FileChannel log = FileChannel.open(evidence.log(), StandardOpenOption.READ);
                FileChannel main = FileChannel.open(evidence.main(), StandardOpenOption.READ)) {
            WriteAheadLog frames = WriteAheadLog.read(log, 0);
            if (!frames.headerSound() || frames.damagedFrames() > 0) {
                return List.of();
            }
            int end = 0;
            while (end < frames.frames() && frames.standing(end) == WriteAheadLog.Standing.COMMITTED) {
                end++;
            }
            List<State> states = new ArrayList<>();
            long cookie = cookie(main, 0);
            int begin = 0;
            for (int frame = 0; frame < end; frame++) {
                if (frames.page(frame) == 1) {
                    long now = cookie(log, frames.contentOffset(frame));
                    if (now != cookie && isAsBefore(frames, begin, end, log, main)) {
                        states.add(0, new State(sizeOf(frames, begin)));
                    }
                    cookie = now;
                }
                if (frames.isCommit(frame)) {
                    begin = frame + 1;
                }
            }
            return states.subList(0, Math.min(states.size(), MOST_STATES));
        }
    }

    private static long sizeOf(WriteAheadLog frames, int count) {
        return WriteAheadLog.HEADER_SIZE + (long) count * (WriteAheadLog.FRAME_HEADER_SIZE + frames.pageSizeBytes());
    }

    private static long cookie(FileChannel channel, long page) throws IOException {
        return Bytes.u32(read(channel, page, DatabaseHeader.SIZE), SCHEMA_COOKIE);
    }

    /**
     * Whether no checkpoint has begun to write later frames into the main file: it writes page 1 first, and each of them has another counter there.
     *
     * <p>Source: walCheckpoint in SQLite's wal.c: pages in ascending order, the newest frame of each.
     */
    private static boolean isAsBefore(WriteAheadLog frames, int kept, int end, FileChannel log, FileChannel main)
            throws IOException {
        byte[] there = read(main, 0, frames.pageSizeBytes());
        for (int frame = kept; frame < end; frame++) {
            if (frames.page(frame) == 1 && Arrays.equals(there, read(log, frames.contentOffset(frame), there.length))) {
                return false;
            }
        }
        return true;
    }

    private static byte[] read(FileChannel channel, long at, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) > 0) {
            // until it is full or the file has ended
        }
        return buffer.array();
    }
}
