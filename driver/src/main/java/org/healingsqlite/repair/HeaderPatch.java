package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.Geometry;

/**
 * A database header that SQLite accepts, put over one that it does not: without it no connection can take the write lock under which the
 * content is put right. Nothing but the header changes, so what is damaged behind it stays an error for every reader.
 *
 * <p>Source: SQLite file format §1.3.
 */
final class HeaderPatch {
    private static final int PAGE_SIZE = 16;
    private static final int WRITE_VERSION = 18;
    private static final int READ_VERSION = 19;
    private static final int RESERVED = 20;
    private static final int FRACTIONS = 21;
    private static final int CHANGE_COUNTER = 24;
    private static final int PAGE_COUNT = 28;
    private static final int SCHEMA_FORMAT = 44;
    private static final int ENCODING = 56;
    private static final int VERSION_VALID_FOR = 92;

    private final HeldFile file;
    private final byte[] before;
    private final byte[] after;
    private final long sizeBefore;

    /** The size that the patch gave the file; -1 where it had a page already. */
    private final long extendedTo;

    private HeaderPatch(HeldFile file, byte[] before, byte[] after, long sizeBefore, long extendedTo) {
        this.file = file;
        this.before = before;
        this.after = after;
        this.sizeBefore = sizeBefore;
        this.extendedTo = extendedTo;
    }

    /**
     * Whether SQLite can begin a transaction on a file that begins like this.
     *
     * @param head the first 100 bytes, or fewer where the file has fewer
     */
    static boolean isSound(byte[] head, long size) {
        DatabaseHeader header = DatabaseHeader.of(head);
        return header.hasMagic()
                && header.hasConstants()
                && head[READ_VERSION] >= 1
                && head[READ_VERSION] <= 2
                && head[WRITE_VERSION] >= 1
                && head[WRITE_VERSION] <= 2
                && header.geometry().isPresent()
                && header.geometry().get().pageSizeBytes() <= size;
    }

    /**
     * Puts a header there.
     *
     * @param encoding 1 UTF-8, 2 UTF-16le, 3 UTF-16be
     * @param wal whether a log lies beside the file
     */
    static HeaderPatch apply(HeldFile file, Geometry geometry, int encoding, boolean wal) throws IOException {
        byte[] before = file.head(geometry.pageSizeBytes());
        long size = file.size();
        byte[] head = new byte[DatabaseHeader.SIZE];
        System.arraycopy(before, 0, head, 0, Math.min(before.length, head.length));
        byte[] magic = DatabaseHeader.magic();
        System.arraycopy(magic, 0, head, 0, magic.length);
        ByteBuffer fields = ByteBuffer.wrap(head);
        fields.putShort(
                PAGE_SIZE, (short) (geometry.pageSizeBytes() == Geometry.LARGEST_PAGE ? 1 : geometry.pageSizeBytes()));
        fields.put(WRITE_VERSION, (byte) (wal ? 2 : 1));
        fields.put(READ_VERSION, (byte) (wal ? 2 : 1));
        fields.put(RESERVED, (byte) geometry.reservedBytes());
        fields.put(FRACTIONS, new byte[] {64, 32, 32});
        // A counter that nobody has seen: caches of other processes are not to be trusted.
        int counter = (int) Instant.now().getEpochSecond();
        fields.putInt(CHANGE_COUNTER, counter);
        fields.putInt(PAGE_COUNT, (int) Math.max(1, size / geometry.pageSizeBytes()));
        fields.putInt(SCHEMA_FORMAT, 4);
        fields.putInt(ENCODING, encoding);
        fields.putInt(VERSION_VALID_FOR, counter);
        // A file of less than a page would count as empty, and SQLite would delete the log beside it.
        boolean extended = size < geometry.pageSizeBytes();
        byte[] patched = extended ? Arrays.copyOf(before, geometry.pageSizeBytes()) : head;
        System.arraycopy(head, 0, patched, 0, head.length);
        file.overwriteHead(patched);
        return new HeaderPatch(
                file,
                Arrays.copyOf(before, Math.min(before.length, patched.length)),
                patched,
                size,
                extended ? geometry.pageSizeBytes() : -1);
    }

    /** Takes the patch back out of a copy that was made with it. */
    void undoIn(Path copy) throws IOException {
        try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(before), 0);
            if (channel.size() == extendedTo) {
                channel.truncate(sizeBefore);
            }
            channel.force(true);
        }
    }

    /** Puts the file back as it was, unless somebody has written its beginning since: a warm writer does so with every commit. */
    void undo() throws IOException {
        if (!Arrays.equals(file.head(after.length), after)) {
            return;
        }
        file.overwriteHead(before);
        if (file.size() == extendedTo) {
            file.truncate(sizeBefore);
        }
    }
}
