package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.CellSearch;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.PageKind;

/**
 * The place in a file where bytes were lost or added. What lies before it moved as the pages before, what lies behind it as those behind; between the two is what
 * may have been hit.
 */
final class DisplacementBreak {

    private final ByteSource file;
    private final Geometry geometry;
    private final int size;
    private final long pageCount;
    private final CellCursor cursor;
    private final CellSearch.Check anyRecord;
    private final long before;
    private final long behind;

    private long lo;
    private long hi;

    /**
     * @param before by how much the pages before it moved
     * @param behind by how much those behind it did
     */
    DisplacementBreak(ByteSource file, Geometry geometry, long pageCount, long before, long behind) throws IOException {
        this.file = file;
        this.geometry = geometry;
        this.size = geometry.pageSizeBytes();
        this.pageCount = pageCount;
        this.cursor = new CellCursor(geometry, Math.min(Integer.MAX_VALUE - 64, file.size()));
        this.anyRecord = RowReader.check((int) pageCount, record -> true);
        this.before = before;
        this.behind = behind;
    }

    /** All bytes before this place moved as the pages before. */
    long until() {
        return lo;
    }

    /** All bytes from this place on moved as the pages behind. */
    long from() {
        return hi;
    }

    /**
     * Finds out how near to one another what is known on both sides comes.
     *
     * @param last where the last page begins that is known to lie before the break
     * @param next where the first page begins that is known to lie behind it
     */
    void narrow(long last, long next) throws IOException {
        int lastCell = lastCell(last);
        // Page 1 is where it was, but may be the one with the break.
        long end = lastCell > 0 ? last + size : 0;
        lo = end;
        hi = next;
        for (long at = end; at + size <= hi; at += size) {
            if (continues(at, before)) {
                lo = at;
            }
        }
        long aligned = lo + 1 + Math.floorMod(behind - lo - 1, (long) size);
        for (long at = aligned; at < hi; at += size) {
            if (continues(at, behind)) {
                hi = at;
            }
        }
        boolean isProvenBehind = lo > end;
        if ((behind - before) % size == 0) {
            lo = isProvenBehind ? lo : last == 0 ? size : last;
        } else {
            for (long at = lo; at < hi; at += size) {
                isProvenBehind |= narrowWithin(at);
            }
            if (!isProvenBehind) {
                // Its accounting closes, but the last bytes of the page may be others.
                lo = last == 0 ? Math.max(lastCell, DatabaseHeader.SIZE) : last + lastCell;
            }
        }
        lo = Math.min(lo, Math.min(hi, hi - behind + before));
    }

    /** Whether an overflow page that moved so far names the page behind it as the next, as SQLite writes them one after another. */
    private boolean continues(long at, long moved) throws IOException {
        long next = (at - moved) / size + 2;
        return next <= pageCount && Bytes.u32(file.read(at, 4), 0) == next;
    }

    /**
     * Where the page in which a break lies has its header before it: cells up to one that may be hit are read where the header is, and cells behind it where the
     * pages behind are.
     *
     * @return whether there is such a header
     */
    private boolean narrowWithin(long at) throws IOException {
        byte[] page = file.read(at, size);
        int number = (int) ((at - before) / size) + 1;
        Optional<PageKind> kind = PageKind.of(Bytes.u8(page, BtreePage.headerOffset(number)));
        if (kind.isEmpty()) {
            return false;
        }
        BtreePage btree = BtreePage.read(page, number, kind.get(), geometry, cursor);
        if (!btree.pointersHold(geometry.usable())) {
            return false;
        }
        int[] starts = new int[btree.pointers()];
        Arrays.setAll(starts, btree::pointer);
        Arrays.sort(starts);
        int read = 0;
        while (read < starts.length && isCell(page, starts, read, kind.get())) {
            read++;
        }
        lo = at + (read == 0 ? btree.pointersEnd() : starts[read - 1]);
        long elsewhere = at - before + behind;
        byte[] moved = file.read(elsewhere, size);
        int left = starts.length;
        while (left > read && isCell(moved, starts, left - 1, kind.get())) {
            left--;
        }
        if (left < starts.length && elsewhere + starts[left] >= lo) {
            hi = Math.min(hi, elsewhere + starts[left]);
        }
        return true;
    }

    private boolean isCell(byte[] page, int[] starts, int index, PageKind kind) {
        int end = index + 1 < starts.length ? starts[index + 1] : geometry.usable();
        if (!cursor.moveTo(page, starts[index], kind) || cursor.end() > end) {
            return false;
        }
        boolean isChild = kind.isLeaf() || (cursor.leftChild() >= 2 && cursor.leftChild() <= pageCount);
        return isChild && (!kind.hasPayload() || anyRecord.accepts(page, cursor));
    }

    /** Where the last cell of a page begins, in the order of bytes; 0 if its accounting does not close. */
    private int lastCell(long place) throws IOException {
        byte[] page = file.read(place, size);
        int number = (int) ((place - before) / size) + 1;
        Optional<PageKind> kind = PageKind.of(Bytes.u8(page, BtreePage.headerOffset(number)));
        if (kind.isEmpty()) {
            return 0;
        }
        BtreePage btree = BtreePage.read(page, number, kind.get(), geometry, cursor);
        int last = 0;
        for (int i = 0; btree.exact() && i < btree.count(); i++) {
            last = Math.max(last, btree.cell(i));
        }
        return last;
    }
}
