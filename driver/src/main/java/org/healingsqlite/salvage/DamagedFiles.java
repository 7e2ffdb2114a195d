package org.healingsqlite.salvage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;

/** The damaged database, its log and its journal, open for reading only. Owns the channels. */
final class DamagedFiles implements Closeable {

    private final Path path;
    private final FileChannel channel;
    private final ByteSource main;
    private final boolean lineEndsUndone;
    private final boolean displacementUndone;
    private final Optional<FileChannel> log;
    private final Optional<FileChannel> journal;

    private DamagedFiles(Path path, FileChannel channel, Optional<FileChannel> log, Optional<FileChannel> journal)
            throws IOException {
        this.path = path;
        this.channel = channel;
        ByteSource file = source(channel);
        Optional<ByteSource> undone = LineEnds.undone(file);
        this.lineEndsUndone = undone.isPresent();
        Optional<ByteSource> inPlace = Displacement.undone(undone.orElse(file));
        this.main = inPlace.or(() -> undone).orElse(file);
        this.displacementUndone = inPlace.isPresent();
        this.log = log;
        this.journal = journal;
    }

    static DamagedFiles open(Path path) throws IOException {
        return open(path, false);
    }

    /** @param alone whether a log or journal beside the file is not its own, and is left out */
    static DamagedFiles open(Path path, boolean alone) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new SalvageException(
                    Files.exists(path) ? path + " is not a file" : "There is no database to salvage at " + path);
        }
        FileChannel main = FileChannel.open(path, StandardOpenOption.READ);
        try {
            return alone
                    ? new DamagedFiles(path, main, Optional.empty(), Optional.empty())
                    : new DamagedFiles(path, main, beside(path, "-wal"), beside(path, "-journal"));
        } catch (IOException e) {
            main.close();
            throw e;
        }
    }

    private static Optional<FileChannel> beside(Path path, String suffix) throws IOException {
        Path file = path.resolveSibling(path.getFileName() + suffix);
        return Files.isRegularFile(file) && Files.size(file) > 0
                ? Optional.of(FileChannel.open(file, StandardOpenOption.READ))
                : Optional.empty();
    }

    Path path() {
        return path;
    }

    /** The main file, as it was before a transfer in text mode, or a copy that lost or added bytes, if it went through one. */
    ByteSource main() {
        return main;
    }

    /** Whether every LF of the main file had become CR LF. */
    boolean lineEndsUndone() {
        return lineEndsUndone;
    }

    /** Whether bytes were lost or added in the middle of the main file. */
    boolean displacementUndone() {
        return displacementUndone;
    }

    Optional<FileChannel> log() {
        return log;
    }

    Optional<FileChannel> journal() {
        return journal;
    }

    static ByteSource source(FileChannel file) {
        return new ByteSource() {
            @Override
            public long size() throws IOException {
                return file.size();
            }

            @Override
            public void read(long position, byte[] bytes) throws IOException {
                DamagedFiles.read(file, position, bytes);
            }
        };
    }

    /** Reads a range; what lies outside the file is zero. */
    static byte[] read(FileChannel file, long position, int length) throws IOException {
        byte[] bytes = new byte[length];
        read(file, position, bytes);
        return bytes;
    }

    /** Reads a range into an array that it fills; what lies outside the file is zero. */
    static void read(FileChannel file, long position, byte[] bytes) throws IOException {
        int length = bytes.length;
        int skip = position < 0 ? (int) Math.min(length, -position) : 0;
        Arrays.fill(bytes, 0, skip, (byte) 0);
        ByteBuffer buffer = ByteBuffer.wrap(bytes, skip, length - skip);
        while (buffer.hasRemaining()) {
            int got = file.read(buffer, position + buffer.position());
            if (got <= 0) {
                Arrays.fill(bytes, buffer.position(), length, (byte) 0);
                break;
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (log.isPresent()) {
            log.get().close();
        }
        if (journal.isPresent()) {
            journal.get().close();
        }
    }
}
