package org.healingsqlite.format;

/**
 * Page size and reserved bytes, and the sizes that follow from them.
 *
 * <p>Source: SQLite file format §1.3.2, §1.3.4, §1.6.
 *
 * @param pageSizeBytes a power of two, 512 to 65536
 * @param reservedBytes bytes at the end of every page that SQLite leaves to extensions
 */
public record Geometry(int pageSizeBytes, int reservedBytes) {

    public static final int SMALLEST_PAGE = 512;
    public static final int LARGEST_PAGE = 65536;
    /** No page may have fewer usable bytes. */
    public static final int SMALLEST_USABLE = 480;

    private static final long LOCK_BYTE = 0x4000_0000L;

    public Geometry {
        if (!isPageSize(pageSizeBytes)) {
            throw new IllegalArgumentException(
                    "page size " + pageSizeBytes + " is not a power of two from 512 to 65536");
        }
        if (reservedBytes < 0 || reservedBytes > 255 || pageSizeBytes - reservedBytes < SMALLEST_USABLE) {
            throw new IllegalArgumentException(
                    reservedBytes + " reserved bytes do not fit a page of " + pageSizeBytes + " bytes");
        }
    }

    public static boolean isPageSize(int bytes) {
        return bytes >= SMALLEST_PAGE && bytes <= LARGEST_PAGE && Integer.bitCount(bytes) == 1;
    }

    public int usable() {
        return pageSizeBytes - reservedBytes;
    }

    /** The largest payload that stays whole in a cell of this kind. */
    public int largestLocal(PageKind kind) {
        int usable = usable();
        return kind == PageKind.TABLE_LEAF ? usable - 35 : (usable - 12) * 64 / 255 - 23;
    }

    /** How many bytes of a payload are in the cell itself. */
    public int localSize(long payloadSize, PageKind kind) {
        int largest = largestLocal(kind);
        if (payloadSize <= largest) {
            return (int) payloadSize;
        }
        int smallest = (usable() - 12) * 32 / 255 - 23;
        int kept = (int) (smallest + (payloadSize - smallest) % overflowCapacity());
        return kept <= largest ? kept : smallest;
    }

    /** Payload bytes of one overflow page: all but the number of the next. */
    public int overflowCapacity() {
        return usable() - 4;
    }

    /** How many overflow pages hold the rest of a payload. */
    public long overflowPages(long payloadSize, int localSize) {
        return (payloadSize - localSize + overflowCapacity() - 1) / overflowCapacity();
    }

    /** The page over the lock bytes, which SQLite never uses. */
    public int lockBytePage() {
        return (int) (LOCK_BYTE / pageSizeBytes) + 1;
    }
}
