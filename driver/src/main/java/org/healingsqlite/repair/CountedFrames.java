package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.format.LogIndex;
import org.healingsqlite.format.WriteAheadLog;

/**
 * How many frames of a log its index has as committed.
 *
 * @param count 0 where nobody knows of any that is needed
 */
record CountedFrames(long count) {
    /** As the index of the log (-shm) has it now. */
    static CountedFrames of(DatabaseFile file) {
        try {
            return new CountedFrames(
                    Files.notExists(file.shm())
                            ? 0
                            : LogIndex.of(HeldFile.ofIndex(file).head(LogIndex.SIZE))
                                    .filter(LogIndex::isNeeded)
                                    .map(LogIndex::frames)
                                    .orElse(0L));
        } catch (IOException unreadable) {
            return new CountedFrames(0);
        }
    }

    /** How many of those a log does not have; all, where there is no log. */
    long goneFrom(Path log, int pageSizeBytes) throws IOException {
        if (count == 0 || Files.notExists(log)) {
            return count;
        }
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ)) {
            WriteAheadLog frames = WriteAheadLog.read(channel, pageSizeBytes);
            long there = 0;
            for (int frame = 0; frame < frames.frames(); frame++) {
                WriteAheadLog.Standing standing = frames.standing(frame);
                if (standing == WriteAheadLog.Standing.COMMITTED || standing == WriteAheadLog.Standing.CORRECTED) {
                    there++;
                }
            }
            return Math.max(0, count - there);
        }
    }
}
