package org.healingsqlite.diagnosis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.format.LogIndex;
import org.healingsqlite.format.WriteAheadLog;
import org.healingsqlite.format.WriteAheadLog.Standing;
import org.healingsqlite.input.InputFile;

/**
 * What SQLite leaves out of a log when it recovers one, without a word: it stops at the first frame that does not prove sound. That is right where a
 * machine lost its power in the middle of a commit, and a loss where commits that were acknowledged lie behind the frame. Thread-safe.
 *
 * <p>Source: SQLite: WAL-mode file format §4.3.
 */
@Internal
public final class LogCheck {
    /** Beyond this size the frames are not read: opening a database is not to take long. */
    private static final long MOST_BYTES = 64L << 20;

    /** A frame that is damaged may belong to the commit that was being written; the commit after it shows that it does not. */
    private static final int COMMITS_THAT_PROVE = 2;

    private final DatabaseFile file;
    private byte[] seen = {};

    public LogCheck(DatabaseFile file) {
        this.file = file;
    }

    /**
     * Looks at the log of a database that nobody in this process has open: once for each time that the log has begun anew.
     *
     * @return what SQLite will leave out; empty where there is nothing, nothing that can be told, or nothing new
     */
    public synchronized Optional<String> ignored() {
        try {
            if (!Files.exists(file.wal()) || Files.size(file.wal()) <= WriteAheadLog.HEADER_SIZE) {
                return Optional.empty();
            }
            InputFile.named(file.wal()).requireRegular();
            try (FileChannel log = FileChannel.open(file.wal(), StandardOpenOption.READ)) {
                byte[] header = header(log);
                if (Arrays.equals(header, seen)) {
                    return Optional.empty();
                }
                seen = header;
                Optional<String> missing = missingFrames(log);
                return missing.isPresent() ? missing : damagedFrames(log);
            }
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    /** The index remembers how many frames there were when the last commit was made. */
    private Optional<String> missingFrames(FileChannel log) throws IOException {
        Optional<Integer> pageSize = WriteAheadLog.pageSize(log);
        if (Files.notExists(file.shm()) || pageSize.isEmpty()) {
            return Optional.empty();
        }
        long present =
                (log.size() - WriteAheadLog.HEADER_SIZE) / (WriteAheadLog.FRAME_HEADER_SIZE + pageSize.orElseThrow());
        return LogIndex.of(HeldFile.ofIndex(file).head(LogIndex.SIZE))
                .filter(index -> index.isNeeded() && index.frames() > present)
                .map(index -> "commits in the last " + (index.frames() - Math.max(present, index.writtenBack()))
                        + " frames of a log of " + index.frames() + " that ends before them");
    }

    private static Optional<String> damagedFrames(FileChannel log) throws IOException {
        byte[] header = header(log);
        if (log.size() > MOST_BYTES || !WriteAheadLog.isHeaderSound(header)) {
            return Optional.empty();
        }
        WriteAheadLog frames = WriteAheadLog.read(log, 0);
        int first = -1;
        int commits = 0;
        for (int i = 0; i < frames.frames(); i++) {
            Standing standing = frames.standing(i);
            boolean damaged = standing == Standing.DAMAGED || standing == Standing.CORRECTED || frames.restored(i);
            if (damaged && first < 0) {
                first = i;
            }
            if (first >= 0 && frames.isCommit(i)) {
                commits++;
            }
        }
        // Somebody may have begun the log anew while it was being read.
        return commits < COMMITS_THAT_PROVE || !Arrays.equals(header, header(log))
                ? Optional.empty()
                : Optional.of(commits + " commits from frame " + (first + 1) + " of the log on, which is damaged");
    }

    private static byte[] header(FileChannel log) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(WriteAheadLog.HEADER_SIZE);
        while (header.hasRemaining() && log.read(header, header.position()) > 0) {
            // until it is full or the file has ended
        }
        return header.array();
    }
}
