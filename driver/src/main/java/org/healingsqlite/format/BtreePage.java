package org.healingsqlite.format;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A page read as a b-tree page of one kind. A page is <em>exact</em> when its accounting closes: header, pointers, cells, freeblocks and
 * fragments make up the usable size to the byte with nothing overlapping, which noise does not do. Cells that cannot be read cost only
 * themselves.
 *
 * <p>Source: SQLite file format §1.6. Never changes; shares the array it was read from.
 */
public final class BtreePage {

    private static final int SMALLEST_FREEBLOCK = 4;
    private static final int MOST_FRAGMENTS = 60;
    private static final int UNKNOWN = -1;

    private final byte[] bytes;
    private final int headerAt;
    private final PageKind kind;
    private final int declaredCount;
    private final int[] cells;
    private final int readable;
    private final boolean exact;
    private final boolean freeblocksValid;

    private BtreePage(
            byte[] bytes,
            int headerAt,
            PageKind kind,
            int declaredCount,
            int[] cells,
            int readable,
            boolean exact,
            boolean freeblocksValid) {
        this.bytes = bytes;
        this.headerAt = headerAt;
        this.kind = kind;
        this.declaredCount = declaredCount;
        this.cells = cells;
        this.readable = readable;
        this.exact = exact;
        this.freeblocksValid = freeblocksValid;
    }

    /** Where the b-tree header begins: page 1 carries the database header before it. */
    public static int headerOffset(int pageNumber) {
        return pageNumber == 1 ? DatabaseHeader.SIZE : 0;
    }

    /** Reads the page as one of a kind, whatever its first byte says. */
    public static BtreePage read(byte[] bytes, int pageNumber, PageKind kind, Geometry geometry, CellCursor cursor) {
        int headerAt = headerOffset(pageNumber);
        int usable = geometry.usable();
        int pointersAt = headerAt + kind.headerSize();
        int declared = Bytes.u16(bytes, headerAt + 3);
        // A cell takes two bytes of pointer and at least four of content.
        int most = (usable - pointersAt) / 6;
        int contentStart = contentStart(bytes, headerAt);
        int free = freeBytes(bytes, headerAt, usable, null);
        int fragments = Bytes.u8(bytes, headerAt + 7);
        boolean freeKnown = free >= 0 && fragments <= MOST_FRAGMENTS;
        boolean accountable = freeKnown && contentStart <= usable;

        if (kind.isLeaf() && isEmpty(declared, contentStart, usable, Bytes.u16(bytes, headerAt + 1), fragments)) {
            return new BtreePage(bytes, headerAt, kind, 0, new int[0], 0, true, false);
        }
        int bound = Math.min(declared, most);
        Reading reading = new Reading(bytes, usable, kind, cursor, pointersAt, bound);
        int[] cells = new int[bound];
        int readable = 0;
        for (int i = 0; i < bound; i++) {
            cells[i] = reading.cell(i);
            if (cells[i] >= 0) {
                readable++;
            }
        }
        boolean exact = accountable
                && declared <= most
                && readable == declared
                && contentStart >= pointersAt + 2 * declared
                && reading.lowest >= contentStart
                && contentStart + reading.total + free + fragments == usable;
        if (!exact && freeKnown && readable == declared && contentStart > reading.lowest) {
            // A cell lies before where the header says that cells begin: if the accounting closes with that cell, only
            // the header's word for it is wrong. If it says too little, there may be cells that the count leaves out.
            exact = reading.lowest >= pointersAt + 2 * declared
                    && reading.lowest + reading.total + free + fragments == usable;
        }
        if (!exact && accountable) {
            int count = countThatCloses(bytes, kind, cursor, usable, pointersAt, most, contentStart, free + fragments);
            if (count > 0 && count != declared) {
                Reading again = new Reading(bytes, usable, kind, cursor, pointersAt, count);
                cells = new int[count];
                for (int i = 0; i < count; i++) {
                    cells[i] = again.cell(i);
                }
                readable = count;
                declared = count;
                exact = true;
            }
        }
        return new BtreePage(bytes, headerAt, kind, declared, cells, readable, exact, free >= 0);
    }

    /**
     * Whether a page has no cells though its header is not quite that of an empty one: cells that begin where the page ends, or nothing but an impossible
     * beginning. What lies on it is left of what was deleted.
     */
    private static boolean isEmpty(int declared, int contentStart, int usable, int freeblock, int fragments) {
        int zeros = (declared == 0 ? 1 : 0) + (freeblock == 0 ? 1 : 0) + (fragments == 0 ? 1 : 0);
        return (contentStart == usable && zeros >= 2) || (contentStart > usable && zeros == 3);
    }

    /** With a damaged cell count, the one count for which the accounting closes; 0 if there is none. */
    private static int countThatCloses(
            byte[] bytes,
            PageKind kind,
            CellCursor cursor,
            int usable,
            int pointersAt,
            int most,
            int contentStart,
            int freeAndFragments) {
        int missing = usable - contentStart - freeAndFragments;
        int bound = Math.min(most, (contentStart - pointersAt) / 2);
        if (bound <= 0) {
            return 0;
        }
        Reading reading = new Reading(bytes, usable, kind, cursor, pointersAt, bound);
        for (int i = 0; i < bound && reading.total < missing; i++) {
            if (reading.cell(i) < 0 || reading.lowest < contentStart) {
                return 0;
            }
            if (reading.total == missing) {
                return i + 1;
            }
        }
        return 0;
    }

    private static int contentStart(byte[] bytes, int headerAt) {
        int start = Bytes.u16(bytes, headerAt + 5);
        return start == 0 ? Geometry.LARGEST_PAGE : start;
    }

    /** Bytes in freeblocks, which must ascend without touching; -1 if the chain is broken. */
    private static int freeBytes(byte[] bytes, int headerAt, int usable, @Nullable BitSet mark) {
        int total = 0;
        int at = Bytes.u16(bytes, headerAt + 1);
        int previousEnd = headerAt + 8;
        while (at != 0) {
            if (at < previousEnd || at + SMALLEST_FREEBLOCK > usable) {
                return -1;
            }
            int size = Bytes.u16(bytes, at + 2);
            if (size < SMALLEST_FREEBLOCK || at + size > usable) {
                return -1;
            }
            if (mark != null) {
                mark.set(at, at + size);
            }
            total += size;
            previousEnd = at + size;
            at = Bytes.u16(bytes, at);
        }
        return total;
    }

    /** Reads cells through their pointers and refuses those that overlap. */
    private static final class Reading {
        private final byte[] bytes;
        private final PageKind kind;
        private final CellCursor cursor;
        private final int pointersAt;
        private final int contentFloor;
        private final long[] taken;
        private int total;
        private int lowest = Integer.MAX_VALUE;

        Reading(byte[] bytes, int usable, PageKind kind, CellCursor cursor, int pointersAt, int count) {
            this.bytes = bytes;
            this.kind = kind;
            this.cursor = cursor;
            this.pointersAt = pointersAt;
            this.contentFloor = pointersAt + 2 * count;
            this.taken = new long[(usable >>> 6) + 1];
        }

        int cell(int index) {
            int at = Bytes.u16(bytes, pointersAt + 2 * index);
            if (at < contentFloor || !cursor.moveTo(bytes, at, kind)) {
                return -1;
            }
            // Every byte of a cell is taken once; first and last word masks, whole words between.
            int from = at >>> 6;
            int to = (cursor.end() - 1) >>> 6;
            long first = -1L << at;
            long last = -1L >>> -cursor.end();
            for (int word = from; word <= to; word++) {
                long mask = (word == from ? first : -1L) & (word == to ? last : -1L);
                if ((taken[word] & mask) != 0) {
                    return -1;
                }
            }
            for (int word = from; word <= to; word++) {
                taken[word] |= (word == from ? first : -1L) & (word == to ? last : -1L);
            }
            total += cursor.size();
            lowest = Math.min(lowest, at);
            return at;
        }
    }

    /** The same page with nothing in its header believed: no cell is known, all must be searched for. */
    public BtreePage asDamaged() {
        return new BtreePage(bytes, headerAt, kind, UNKNOWN, new int[0], 0, false, false);
    }

    /** Offsets of cells that the pointers lead to, up to the first that leads to none: for a page whose header says nothing. */
    public int[] cellsWhilePointersHold(int usable, CellCursor cursor, CellSearch.Check check) {
        int pointersAt = headerAt + kind.headerSize();
        int most = (usable - pointersAt) / 6;
        int[] found = new int[most];
        Reading reading = new Reading(bytes, usable, kind, cursor, pointersAt, 1);
        int count = 0;
        while (count < most) {
            int at = reading.cell(count);
            if (at < 0 || reading.lowest < pointersAt + 2 * (count + 1) || !check.accepts(bytes, cursor)) {
                break;
            }
            found[count++] = at;
        }
        return Arrays.copyOf(found, count);
    }

    /**
     * The same page with cells that were found otherwise, in key order.
     *
     * @param headerHolds whether the rest of the header is believed
     */
    public BtreePage withCells(int[] found, boolean headerHolds) {
        int count = headerHolds ? Math.max(declaredCount, found.length) : UNKNOWN;
        return new BtreePage(bytes, headerAt, kind, count, found.clone(), found.length, false, false);
    }

    /** The same page with its header believed, but none of its pointers. */
    public BtreePage withoutPointers() {
        return new BtreePage(bytes, headerAt, kind, declaredCount, new int[0], 0, false, freeblocksValid);
    }

    /** Whether the header is believed, but none of the pointers to the cells that it counts. */
    public boolean pointersLost() {
        return declaredCount > 0 && cells.length == 0 && !exact;
    }

    /** Whether the header counts cells and is not impossible, whatever the pointers are. */
    public boolean headerMayHold(int usable) {
        return declaredCount > 0
                && freeblocksValid
                && headerAt + kind.headerSize() + 2 * declaredCount <= contentStart()
                && contentStart() < usable;
    }

    /**
     * Whether cells, found without their pointers, can be those that a possible header tells of: they begin where it says, and are not more than it counts.
     *
     * @param offsets ascending
     */
    public boolean headerConfirms(int[] offsets) {
        return offsets.length > 0 && offsets.length <= declaredCount && offsets[0] == contentStart();
    }

    /** Whether nothing in the page's header is believed. */
    public boolean headerLost() {
        return declaredCount == UNKNOWN;
    }

    public byte[] bytes() {
        return bytes;
    }

    public PageKind kind() {
        return kind;
    }

    /** Whether the accounting closes. */
    public boolean exact() {
        return exact;
    }

    /** How many cells the page has: what its header says, or the count for which the accounting closes. */
    public int count() {
        return Math.max(0, declaredCount);
    }

    /** How many cell pointers are at hand; less than {@link #count} only where the count is impossible. */
    public int pointers() {
        return cells.length;
    }

    /** Where a cell begins, in key order; -1 if it cannot be read. */
    public int cell(int index) {
        return cells[index];
    }

    /** How many cells can be read. */
    public int readable() {
        return readable;
    }

    /** The rightmost child of an interior page. */
    public long rightChild() {
        return Bytes.u32(bytes, headerAt + 8);
    }

    /** The first byte past the pointer array. */
    public int pointersEnd() {
        return headerAt + kind.headerSize() + 2 * (pointersLost() ? declaredCount : cells.length);
    }

    int headerAt() {
        return headerAt;
    }

    /** Where the header says that cells begin. */
    public int contentStart() {
        return contentStart(bytes, headerAt);
    }

    /** Where a cell pointer leads, to a readable cell or not. */
    public int pointer(int index) {
        return Bytes.u16(bytes, headerAt + kind.headerSize() + 2 * index);
    }

    /** Whether a pointer leads to just where cells begin by the header: then both are sound, whatever became of the cell. */
    public boolean pointersConfirmContentStart() {
        int start = contentStart();
        for (int i = 0; i < cells.length; i++) {
            if (pointer(i) == start) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether the header and all pointers agree, whatever became of the cells: the pointers lead to places behind them, the first of which is just
     * where the header says that cells begin. Then no row of the page lies before.
     */
    public boolean pointersHold(int usable) {
        if (cells.length == 0 || cells.length != declaredCount || !freeblocksValid) {
            return false;
        }
        for (int i = 0; i < cells.length; i++) {
            if (pointer(i) < Math.max(pointersEnd(), contentStart()) || pointer(i) >= usable) {
                return false;
            }
        }
        return pointersConfirmContentStart();
    }

    /** The bytes of all freeblocks; empty if their chain is broken. */
    public BitSet freeblocks(int usable) {
        BitSet free = new BitSet();
        if (freeblocksValid) {
            freeBytes(bytes, headerAt, usable, free);
        }
        return free;
    }

    @Override
    public String toString() {
        return kind + " with " + readable + " of " + declaredCount + " cells" + (exact ? ", exact " : " ")
                + Arrays.toString(cells);
    }
}
