package org.healingsqlite.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The first 100 bytes of page 1, field by field as found. Nothing here is trusted: each accessor that can be wrong returns an Optional.
 *
 * <p>Source: SQLite file format §1.3. Thread-safe: never changes.
 */
public final class DatabaseHeader {

    public static final int SIZE = 100;
    private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

    private static final int WRITE_VERSION = 18;

    /** Above all that there are. */
    private static final byte LATER_WRITE_VERSION = 3;

    private final byte[] bytes;

    private DatabaseHeader(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Reads the header of what may be page 1; a shorter input counts as zeros from there. */
    public static DatabaseHeader of(byte[] page) {
        return new DatabaseHeader(Arrays.copyOf(page, SIZE));
    }

    public static byte[] magic() {
        return MAGIC.clone();
    }

    public boolean hasMagic() {
        return Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** Whether the bytes that are the same in every database are. */
    public boolean hasConstants() {
        return Bytes.u8(bytes, 21) == 64 && Bytes.u8(bytes, 22) == 32 && Bytes.u8(bytes, 23) == 32;
    }

    public Optional<Geometry> geometry() {
        int stored = Bytes.u16(bytes, 16);
        int size = stored == 1 ? Geometry.LARGEST_PAGE : stored;
        int reserved = Bytes.u8(bytes, 20);
        if (!Geometry.isPageSize(size) || size - reserved < Geometry.SMALLEST_USABLE) {
            return Optional.empty();
        }
        return Optional.of(new Geometry(size, reserved));
    }

    public long changeCounter() {
        return Bytes.u32(bytes, 24);
    }

    /** The size in pages; empty where SQLite would not believe it either. */
    public Optional<Long> pageCount() {
        long count = Bytes.u32(bytes, 28);
        return count == 0 || changeCounter() != Bytes.u32(bytes, 92) ? Optional.empty() : Optional.of(count);
    }

    public long firstFreelistTrunk() {
        return Bytes.u32(bytes, 32);
    }

    public long freelistCount() {
        return Bytes.u32(bytes, 36);
    }

    /** The largest root page; not zero in auto-vacuum files, which have a pointer map. */
    public long largestRoot() {
        return Bytes.u32(bytes, 52);
    }

    public Optional<TextEncoding> encoding() {
        return TextEncoding.of(Bytes.u32(bytes, 56));
    }

    public int userVersion() {
        return Bytes.i32(bytes, 60);
    }

    public boolean incrementalVacuum() {
        return Bytes.u32(bytes, 64) != 0;
    }

    public int applicationId() {
        return Bytes.i32(bytes, 68);
    }

    /** Whether the file is in a format that this SQLite reads and does not write: its write version is above those that there are, its read version is not. */
    public boolean isReadableOnly() {
        return Bytes.u8(bytes, WRITE_VERSION) >= LATER_WRITE_VERSION && Bytes.u8(bytes, 19) < LATER_WRITE_VERSION;
    }

    /**
     * The first bytes of the same file in a format that every SQLite reads and none writes; who has pages of it in its cache reads them anew. Empty where the file is none
     * that SQLite writes to in a rollback-journal mode.
     *
     * <p>Source: SQLite file format §1.3.3 (file format version numbers) and §1.3.7 (change counter).
     */
    public Optional<byte[]> readableOnly() {
        if (!hasMagic() || Bytes.u8(bytes, WRITE_VERSION) != 1 || Bytes.u8(bytes, WRITE_VERSION + 1) != 1) {
            return Optional.empty();
        }
        ByteBuffer changed = ByteBuffer.wrap(bytes.clone());
        int counter = (int) changeCounter() + 1;
        changed.put(WRITE_VERSION, LATER_WRITE_VERSION).putInt(24, counter).putInt(92, counter);
        return Optional.of(changed.array());
    }

    /** Whether the file asks for a write-ahead log. */
    public boolean walMode() {
        return Bytes.u8(bytes, 18) == 2 && Bytes.u8(bytes, 19) == 2;
    }

    /** Whether every field could have been written by SQLite, the reserved bytes included. */
    public boolean plausible() {
        return hasMagic()
                && hasConstants()
                && geometry().isPresent()
                && encoding().isPresent()
                && Bytes.u32(bytes, 44) >= 1
                && Bytes.u32(bytes, 44) <= 4
                && Bytes.u8(bytes, 18) <= 2
                && Bytes.u8(bytes, 19) <= 2
                && Bytes.zero(bytes, 72, 92);
    }
}
