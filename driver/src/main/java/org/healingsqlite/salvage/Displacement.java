package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.CellSearch;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.PageKind;

/**
 * A file of which bytes were lost or added in the middle, as by a copy that left out the blocks it could not read, or by a transfer that changed line ends:
 * every page behind lies nearer or farther than it should. Where pages close tells by how many bytes, and what interior pages tell of their children
 * by how many pages. What lies so near to a break that it may have been hit is left out.
 *
 * <p>A file as long as its header tells is not searched for that.
 */
final class Displacement {

    /** The smallest that a file system or a disk reads at once. */
    private static final int BLOCK = 512;

    /** What is kept of each page is bounded so; larger files are read where they are. */
    private static final long MOST_PAGES = 1 << 17;

    private final ByteSource file;
    private final Geometry geometry;
    private final int size;
    private final long pageCount;
    private final CellCursor cursor;
    private final CellSearch.Check anyRecord;
    private final PageSightings sightings;

    /** Where the break that is looked at begins at the earliest: what lies before it moved as the pages before. */
    private long lo;
    /** Where it ends at the latest: what lies from there on moved as the pages behind. */
    private long hi;

    private Displacement(ByteSource file, Geometry geometry, long pageCount) throws IOException {
        this.file = file;
        this.geometry = geometry;
        this.size = geometry.pageSizeBytes();
        this.pageCount = pageCount;
        this.cursor = new CellCursor(geometry, Math.min(Integer.MAX_VALUE - 64, file.size()));
        this.anyRecord = RowReader.check((int) pageCount, record -> true);
        this.sightings = PageSightings.in(file, geometry, pageCount);
    }

    /** The file with every page where it was; empty if none was displaced. */
    static Optional<ByteSource> undone(ByteSource file) throws IOException {
        DatabaseHeader header = DatabaseHeader.of(file.read(0, DatabaseHeader.SIZE));
        if (!header.plausible()) {
            return Optional.empty();
        }
        Geometry geometry = header.geometry().orElseThrow();
        int size = geometry.pageSizeBytes();
        long pages = file.size() / size;
        long pageCount = header.pageCount().orElse(pages);
        if (pageCount * size == file.size() || Math.max(pages, pageCount) > MOST_PAGES) {
            return Optional.empty();
        }
        return new Displacement(file, geometry, pageCount).putTogether();
    }

    private Optional<ByteSource> putTogether() throws IOException {
        FilePieces pieces = new FilePieces(file);
        long moved = 0;
        long from = 0;
        int last = 0;
        List<Long> nowhere = new ArrayList<>();
        for (int i = 1; i < sightings.count(); i++) {
            long now = moved(i, moved);
            if (sightings.place(i) - now < sightings.place(last) - moved + size) {
                // No two pages were in one place, and none changed places.
                continue;
            }
            if (now != moved) {
                int proven = phase(now) == phase(moved) ? lastTold(last, moved) : last;
                narrow(proven, moved, i, now);
                if (lo < from || hi - now < pieces.size()) {
                    // What pages tell contradicts itself.
                    return Optional.empty();
                }
                pieces.add(from - moved, from, lo - from);
                if (phase(now) == phase(moved)) {
                    if (lo == sightings.place(proven)) {
                        addPage(pieces, lo - moved, lo);
                    }
                    for (int between = proven + 1; between < i; between++) {
                        if (sightings.place(between) >= lo && sightings.place(between) < hi) {
                            nowhere.add(sightings.place(between));
                        }
                    }
                }
                from = hi;
                moved = now;
            }
            if (phase(sightings.place(i)) == phase(moved)) {
                last = i;
            }
        }
        if (pieces.size() == 0) {
            return Optional.empty();
        }
        pieces.add(from - moved, from, file.size() - from);
        // Where they were is not known; what they hold tells whose they are.
        long behind = (pieces.size() + size - 1) / size * size;
        for (int i = 0; i < nowhere.size(); i++) {
            addPage(pieces, behind + (long) i * size, nowhere.get(i));
        }
        return Optional.of(pieces);
    }

    /** By how much a page moved: as the one before it, unless it tells otherwise and the next that tells anything agrees. */
    private long moved(int index, long before) throws IOException {
        long phase = phase(sightings.place(index));
        if (phase == phase(before)) {
            boolean isTold = sightings.number(index) != PageSightings.UNTOLD;
            return isTold && told(index) != before && isConfirmed(index) ? told(index) : before;
        }
        if (index + 1 < sightings.count() && phase(sightings.place(index + 1)) == phase(before)) {
            // Something like a page within another one.
            return before;
        }
        for (int i = index; i < sightings.count() && phase(sightings.place(i)) == phase; i++) {
            // The last leaf under an interior page has the key by which the page above names that one.
            if (sightings.number(i) != PageSightings.UNTOLD && isConfirmed(i)) {
                return told(i);
            }
        }
        long atEnd = movedAtEnd();
        if (phase == phase(atEnd) && phase(sightings.place(sightings.count() - 1)) == phase) {
            return atEnd;
        }
        long farther = Math.floorMod(phase - before, (long) size);
        return before + (farther <= size / 2 ? farther : farther - size);
    }

    /** Whether the next page that is told agrees, or the length of the file. */
    private boolean isConfirmed(int index) throws IOException {
        for (int i = index + 1; i < sightings.count(); i++) {
            if (sightings.number(i) != PageSightings.UNTOLD) {
                return told(i) == told(index);
            }
        }
        return told(index) == movedAtEnd();
    }

    /** By how much the end of the file moved. */
    private long movedAtEnd() throws IOException {
        return file.size() - pageCount * size;
    }

    /** By how much a page moved by what its parent tells. */
    private long told(int index) {
        return sightings.place(index) - (sightings.number(index) - 1) * size;
    }

    /** The last page up to one that is proven to have moved so far; page 1 is at its place. */
    private int lastTold(int index, long moved) {
        int at = index;
        while (at > 0 && (sightings.number(at) == PageSightings.UNTOLD || told(at) != moved)) {
            at--;
        }
        return at;
    }

    private long phase(long place) {
        return Math.floorMod(place, (long) size);
    }

    /** Finds out how near to one another what is known before and behind a break comes. */
    private void narrow(int last, long before, int next, long behind) throws IOException {
        int lastCell = lastCell(sightings.place(last), before);
        // Page 1 is where it was, but may be the one with the break.
        long end = lastCell > 0 ? sightings.place(last) + size : 0;
        lo = end;
        hi = sightings.place(next);
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
        if (phase(before) == phase(behind)) {
            lo = isProvenBehind ? lo : last == 0 ? size : sightings.place(last);
        } else {
            for (long at = lo; at < hi; at += size) {
                isProvenBehind |= narrowWithin(at, before, behind);
            }
            if (!isProvenBehind) {
                // Its accounting closes, but the last bytes of the page may be others.
                lo = last == 0 ? Math.max(lastCell, DatabaseHeader.SIZE) : sightings.place(last) + lastCell;
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
    private boolean narrowWithin(long at, long before, long behind) throws IOException {
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
    private int lastCell(long place, long moved) throws IOException {
        byte[] page = file.read(place, size);
        int number = (int) ((place - moved) / size) + 1;
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

    /**
     * Adds a page that lies beside a break of whole pages. These are lost or added as blocks: a cell that lies in two blocks may be of two pages, and is left
     * out.
     *
     * @param at where it was
     */
    private void addPage(FilePieces pieces, long at, long place) throws IOException {
        byte[] page = file.read(place, size);
        PageKind kind = PageKind.of(Bytes.u8(page, 0)).orElseThrow();
        BtreePage btree = BtreePage.read(page, 2, kind, geometry, cursor);
        int from = 0;
        for (int start :
                IntStream.range(0, btree.count()).map(btree::cell).sorted().toArray()) {
            cursor.moveTo(page, start, kind);
            if (crosses(start, cursor.end()) || crosses(place + start, place + cursor.end())) {
                pieces.add(at + from, place + from, start - from);
                from = cursor.end();
            }
        }
        pieces.add(at + from, place + from, size - from);
    }

    private static boolean crosses(long start, long end) {
        return start / BLOCK != (end - 1) / BLOCK;
    }
}
