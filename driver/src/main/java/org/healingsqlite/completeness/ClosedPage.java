package org.healingsqlite.completeness;

import java.util.Arrays;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.PageKind;
import org.jspecify.annotations.Nullable;

/**
 * A b-tree page that closes: header, cell pointers, cells, freeblocks and fragments make up its usable bytes exactly, and none overlaps another. What
 * SQLite wrote closes; of what does not, nothing is believed here.
 *
 * <p>Source: SQLite file format §1.6.
 */
final class ClosedPage {
    private static final int SMALLEST_FREEBLOCK = 4;

    /** Two bytes of pointer and four of cell. */
    private static final int SMALLEST_ROW = 6;

    private final int number;
    private final byte[] bytes;
    private final PageKind kind;
    private final int[] cells;
    private final int headerAt;

    private ClosedPage(int number, byte[] bytes, PageKind kind, int[] cells, int headerAt) {
        this.number = number;
        this.bytes = bytes;
        this.kind = kind;
        this.cells = cells;
        this.headerAt = headerAt;
    }

    /** The page, or null where it does not close. */
    static @Nullable ClosedPage of(int number, byte[] bytes, Geometry geometry, CellCursor cursor) {
        int headerAt = number == 1 ? DatabaseHeader.SIZE : 0;
        PageKind kind = PageKind.of(Bytes.u8(bytes, headerAt)).orElse(null);
        if (kind == null) {
            return null;
        }
        int usable = geometry.usable();
        int pointersAt = headerAt + kind.headerSize();
        int count = Bytes.u16(bytes, headerAt + 3);
        int stored = Bytes.u16(bytes, headerAt + 5);
        int start = stored == 0 ? Geometry.LARGEST_PAGE : stored;
        if (start > usable || start < pointersAt + 2 * count) {
            return null;
        }
        long[] taken = new long[(usable >>> 6) + 1];
        int total = freeblocks(bytes, headerAt, start, usable, taken);
        if (total < 0) {
            return null;
        }
        int[] cells = new int[count];
        for (int i = 0; i < count; i++) {
            int at = Bytes.u16(bytes, pointersAt + 2 * i);
            if (at < start || !cursor.moveTo(bytes, at, kind) || !take(taken, at, cursor.end())) {
                return null;
            }
            cells[i] = at;
            total += cursor.size();
        }
        boolean closes = start + total + Bytes.u8(bytes, headerAt + 7) == usable;
        return closes ? new ClosedPage(number, bytes, kind, cells, headerAt) : null;
    }

    /** A page of a file that SQLite has just written: that it closes is taken as given, but no cell is read from outside of it. Null where one would be. */
    static @Nullable ClosedPage written(int number, byte[] bytes, Geometry geometry) {
        int headerAt = number == 1 ? DatabaseHeader.SIZE : 0;
        PageKind kind = PageKind.of(Bytes.u8(bytes, headerAt)).orElse(null);
        int count = Bytes.u16(bytes, headerAt + 3);
        if (kind == null || headerAt + kind.headerSize() + 2 * count > geometry.usable()) {
            return null;
        }
        int[] cells = new int[count];
        for (int i = 0; i < count; i++) {
            cells[i] = Bytes.u16(bytes, headerAt + kind.headerSize() + 2 * i);
        }
        return new ClosedPage(number, bytes, kind, cells, headerAt);
    }

    /** Bytes in freeblocks; -1 where their chain is broken. */
    private static int freeblocks(byte[] bytes, int headerAt, int start, int usable, long[] taken) {
        int total = 0;
        int at = Bytes.u16(bytes, headerAt + 1);
        int end = start;
        while (at != 0) {
            if (at < end || at + SMALLEST_FREEBLOCK > usable) {
                return -1;
            }
            int size = Bytes.u16(bytes, at + 2);
            if (size < SMALLEST_FREEBLOCK || at + size > usable || !take(taken, at, at + size)) {
                return -1;
            }
            total += size;
            end = at + size;
            at = Bytes.u16(bytes, at);
        }
        return total;
    }

    /**
     * How many cells a page had that does not close, where its header and its pointers confirm each other: no two pointers are equal, all lead to where cells
     * can be, and the first of them in the page to just where the header says that cells begin. 0 where they do not.
     */
    static int confirmedCount(byte[] bytes, boolean table, Geometry geometry) {
        PageKind kind = PageKind.of(Bytes.u8(bytes, 0)).orElse(null);
        if (kind == null || kind.isTable() != table || kind == PageKind.TABLE_INTERIOR) {
            return 0;
        }
        int usable = geometry.usable();
        int count = Bytes.u16(bytes, 3);
        int start = Bytes.u16(bytes, 5);
        int pointersAt = kind.headerSize();
        if (count == 0 || start > usable || start < pointersAt + 2 * count || Bytes.u16(bytes, 1) >= usable) {
            return 0;
        }
        int[] pointers = new int[count];
        for (int i = 0; i < count; i++) {
            pointers[i] = Bytes.u16(bytes, pointersAt + 2 * i);
        }
        Arrays.sort(pointers);
        for (int i = 1; i < count; i++) {
            if (pointers[i] - pointers[i - 1] < SMALLEST_FREEBLOCK) {
                return 0;
            }
        }
        return pointers[0] == start && pointers[count - 1] <= usable - SMALLEST_FREEBLOCK ? count : 0;
    }

    private static boolean take(long[] taken, int from, int to) {
        int first = from >>> 6;
        int last = (to - 1) >>> 6;
        for (int word = first; word <= last; word++) {
            long mask = (word == first ? -1L << from : -1L) & (word == last ? -1L >>> -to : -1L);
            if ((taken[word] & mask) != 0) {
                return false;
            }
            taken[word] |= mask;
        }
        return true;
    }

    /** The most rows that a page can have. */
    static int mostRows(Geometry geometry) {
        return mostRows(geometry.usable() - PageKind.TABLE_LEAF.headerSize());
    }

    /** The most rows that so many bytes can have. */
    static int mostRows(long freeBytes) {
        return (int) Math.max(0, freeBytes / SMALLEST_ROW);
    }

    int number() {
        return number;
    }

    byte[] bytes() {
        return bytes;
    }

    PageKind kind() {
        return kind;
    }

    int count() {
        return cells.length;
    }

    int cell(int index) {
        return cells[index];
    }

    long rightChild() {
        return Bytes.u32(bytes, headerAt + 8);
    }

    @Override
    public String toString() {
        return "page " + number + ", " + kind + ", cells " + Arrays.toString(cells);
    }
}
