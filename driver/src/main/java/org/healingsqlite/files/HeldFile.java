package org.healingsqlite.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.healingsqlite.input.InputFile;

/**
 * A main database file or a log's index, open for its bytes. Once opened it is not closed as long as anybody could have it open: POSIX record locks belong to the process, and closing any
 * descriptor of a file drops all of them, SQLite's included (Source: SQLite documentation, "How To Corrupt An SQLite Database File" §2.2). That
 * costs one descriptor for each damaged file that has a name or is in use.
 *
 * <p>An interrupt closes the {@link FileChannel} that its thread uses, and with it the descriptor: so threads that nobody interrupts use it. Thread-safe.
 */
public final class HeldFile {
    private static final Map<FileIdentity, HeldFile> HELD = new HashMap<>();

    /** Files that are not writable, or need not be. Guarded by the other one. */
    private static final Map<FileIdentity, HeldFile> HELD_TO_READ = new HashMap<>();

    private static final int COPY_BYTES = 1 << 20;

    /** Far longer than a look at a header takes. */
    private static final long LONGEST_STAY_NANOS = 50_000_000;

    /** Nobody interrupts its threads. */
    private static final ExecutorService UNINTERRUPTED = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "healing-sqlite-held-file");
        thread.setDaemon(true);
        return thread;
    });

    private final FileChannel channel;

    private HeldFile(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * The file that is at the path now.
     *
     * @throws IOException where there is none, or it cannot be opened for reading and writing
     */
    public static HeldFile of(DatabaseFile file) throws IOException {
        return of(file.main());
    }

    /** The index of the log. Only its bytes may change, never its size: processes have it mapped. */
    public static HeldFile ofIndex(DatabaseFile file) throws IOException {
        return of(file.shm());
    }

    /**
     * The first bytes of a main file, which need not be writable.
     *
     * @throws IOException where it cannot be read
     */
    public static byte[] headOf(DatabaseFile file, int length) throws IOException {
        return reading(file, read -> read.head(length));
    }

    /** Copies a main file, which need not be writable, as {@link #copyTo}. */
    public static void copy(DatabaseFile file, Path target) throws IOException {
        boolean unused = reading(file, read -> {
            read.copyTo(target);
            return true;
        });
    }

    /** Reads from a file; what it is given is used until it returns. */
    public interface Reading<T> {
        T of(HeldFile file) throws IOException;
    }

    /**
     * Reads a main file, which need not be writable. Where SQLite has it open in this process, the descriptor stays open.
     *
     * @throws IOException where it cannot be read
     */
    public static <T> T reading(DatabaseFile file, Reading<T> reading) throws IOException {
        synchronized (HELD) {
            FileIdentity identity = file.identity();
            HeldFile known = identity == null ? null : HELD.get(identity);
            if (known != null) {
                return reading.of(known);
            }
            if (identity != null && !OpenFiles.areClosedHere(Set.of(identity))) {
                return reading.of(open(file.main(), HELD_TO_READ, StandardOpenOption.READ));
            }
        }
        InputFile.named(file.main()).requireRegular();
        try (FileChannel channel = FileChannel.open(file.main(), StandardOpenOption.READ)) {
            return reading.of(new HeldFile(channel));
        }
    }

    /** Nobody can open a file without a name any more: where no descriptor of this process leads to it but those that are held here, there are no locks to drop. */
    private static void closeNameless() throws IOException {
        if (HELD.isEmpty() && HELD_TO_READ.isEmpty()) {
            return;
        }
        for (Map.Entry<FileIdentity, Integer> file : OpenFiles.nameless().entrySet()) {
            List<Map<FileIdentity, HeldFile>> holding = Stream.of(HELD, HELD_TO_READ)
                    .filter(all -> all.containsKey(file.getKey()))
                    .toList();
            if (holding.size() == file.getValue()) {
                for (Map<FileIdentity, HeldFile> all : holding) {
                    HeldFile held = all.remove(file.getKey());
                    if (held != null) {
                        held.channel.close();
                    }
                }
            }
        }
    }

    /**
     * A file that no name leads to any more and that this process has open; it stays open here as long as anything else of this process has it.
     *
     * @return empty where there is no such file, it is not writable, or the system does not show it
     */
    public static Optional<HeldFile> ofNameless(FileIdentity file) {
        synchronized (HELD) {
            HeldFile known = HELD.get(file);
            if (known != null) {
                return OpenFiles.isNameless(file) ? Optional.of(known) : Optional.empty();
            }
            return OpenFiles.descriptorOfNameless(file).flatMap(descriptor -> openNameless(file, descriptor));
        }
    }

    /** The descriptor may have become another file's by the time that it is opened: that one is held as what it is, and is not the one that was asked for. */
    private static Optional<HeldFile> openNameless(FileIdentity file, Path descriptor) {
        try {
            HeldFile held =
                    new HeldFile(FileChannel.open(descriptor, StandardOpenOption.READ, StandardOpenOption.WRITE));
            FileIdentity now = FileIdentity.of(descriptor);
            HELD.putIfAbsent(now == null ? file : now, held);
            return file.equals(now) ? Optional.of(held) : Optional.empty();
        } catch (IOException | RuntimeException notToBeHad) {
            return Optional.empty();
        }
    }

    /** Lets go of files that no name leads to any more and that nothing else of this process has open; costs nothing where none is held. */
    public static void releaseNameless() {
        synchronized (HELD) {
            try {
                closeNameless();
            } catch (IOException leftOpen) {
                // It is gone from the list, and the descriptor with it.
                return;
            }
        }
    }

    private static HeldFile of(Path path) throws IOException {
        return open(path, HELD, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private static HeldFile open(Path path, Map<FileIdentity, HeldFile> all, OpenOption... options) throws IOException {
        synchronized (HELD) {
            FileIdentity identity = FileIdentity.of(path);
            HeldFile known = identity == null ? null : all.get(identity);
            if (known != null) {
                return known;
            }
            closeNameless();
            InputFile.named(path).requireRegular();
            HeldFile held = new HeldFile(FileChannel.open(path, options));
            FileIdentity now = FileIdentity.of(path);
            if (now != null) {
                // Where another file took the name in between, this one is held under a wrong key at worst: nothing is
                // closed.
                all.put(now, held);
            }
            return held;
        }
    }

    /** Uses the channel on another thread; an interrupt of the calling one is for what comes after. */
    private static <T> T uninterrupted(Callable<T> use) throws IOException {
        Future<T> used = UNINTERRUPTED.submit(use);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    stayUntilDone(used);
                    return used.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Size in bytes. */
    public long size() throws IOException {
        return uninterrupted(channel::size);
    }

    /** The first bytes; fewer where the file is shorter. */
    public byte[] head(int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(length, size()));
        while (buffer.hasRemaining() && read(buffer, buffer.position()) > 0) {
            // until it is full or the file has ended
        }
        byte[] bytes = new byte[buffer.position()];
        buffer.flip();
        buffer.get(bytes);
        return bytes;
    }

    /** Reads bytes from a place on; as {@link FileChannel#read(ByteBuffer, long)}. */
    public int read(ByteBuffer buffer, long position) throws IOException {
        return uninterrupted(() -> channel.read(buffer, position));
    }

    /** Adds all bytes to a digest. */
    public void digestInto(MessageDigest digest) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
        long position = 0;
        while (read(buffer, position) > 0) {
            position += buffer.position();
            buffer.flip();
            digest.update(buffer);
            buffer.clear();
        }
    }

    /** The bytes from a place on; fewer where the file ends before. */
    public byte[] bytes(long from, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.max(0, Math.min(length, size() - from)));
        while (buffer.hasRemaining() && read(buffer, from + buffer.position()) > 0) {
            // until it is full or the file has ended
        }
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    /** Overwrites the beginning, and makes that durable. */
    public void overwriteHead(byte[] bytes) throws IOException {
        overwriteHeadForNow(bytes);
        boolean unused = uninterrupted(() -> {
            channel.force(false);
            return true;
        });
    }

    /** Overwrites the beginning, for who has the file open: nothing makes it durable. */
    public void overwriteHeadForNow(byte[] bytes) throws IOException {
        boolean unused = uninterrupted(() -> {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer, buffer.position());
            }
            return true;
        });
    }

    /** Cuts the file off. */
    public void truncate(long size) throws IOException {
        boolean unused = uninterrupted(() -> {
            channel.truncate(size);
            channel.force(true);
            return true;
        });
    }

    /**
     * Copies the whole file.
     *
     * @param target overwritten; made durable
     * @throws IOException also where the disk cannot read a part of it: what looked like corruption is no business of healing then
     */
    public void copyTo(Path target) throws IOException {
        copyBytesTo(target);
        try (FileChannel copy = FileChannel.open(target, StandardOpenOption.WRITE)) {
            copy.force(true);
        }
    }

    /** As {@link #copyTo}, but leaves it to the caller to make the copy durable. */
    void copyBytesTo(Path target) throws IOException {
        try (FileChannel copy = FileChannel.open(
                target,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING,
                LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(COPY_BYTES);
            long position = 0;
            while (read(buffer, position) > 0) {
                position += buffer.position();
                buffer.flip();
                while (buffer.hasRemaining()) {
                    copy.write(buffer);
                }
                buffer.clear();
            }
        }
    }

    /**
     * Whether the file and another are as long and the same from some byte on. Meanwhile neither should be written to: the answer is of no moment then.
     *
     * @param from bytes before this one are not looked at
     */
    public boolean isLike(FileChannel other, long from) throws IOException {
        long size = size();
        if (size != other.size()) {
            return false;
        }
        ByteBuffer mine = ByteBuffer.allocateDirect(COPY_BYTES);
        ByteBuffer theirs = ByteBuffer.allocateDirect(COPY_BYTES);
        for (long position = from; position < size; position += mine.limit()) {
            fill(mine, this::read, position, size);
            fill(theirs, other::read, position, size);
            if (!mine.equals(theirs)) {
                return false;
            }
        }
        return true;
    }

    /** Bytes from a place on, as {@link FileChannel#read(ByteBuffer, long)} gives them. */
    private interface Source {
        int read(ByteBuffer buffer, long position) throws IOException;
    }

    /** Reads as much as fits, to the end of the file; less where that has come nearer. */
    private static void fill(ByteBuffer buffer, Source from, long position, long size) throws IOException {
        buffer.clear().limit((int) Math.min(buffer.capacity(), size - position));
        while (buffer.hasRemaining() && from.read(buffer, position + buffer.position()) > 0) {
            // until it is full
        }
        if (buffer.hasRemaining()) {
            throw new IOException("the file has become shorter");
        }
        buffer.flip();
    }

    /**
     * Stays on its processor until something short is done: a virtual thread that parks here, while a lost file is fenced, may not get one back, because those who wait in
     * SQLite for that fence keep theirs.
     */
    private static void stayUntilDone(Future<?> what) {
        long begun = System.nanoTime();
        while (!what.isDone() && System.nanoTime() - begun < LONGEST_STAY_NANOS) {
            Thread.onSpinWait();
        }
    }
}
