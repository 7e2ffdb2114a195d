package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.PageKind;

/**
 * Where pages lie whose accounting closes, at whatever byte of the file they begin, and which of them an interior page names: it knows the last rowid of
 * each of its children. In the file's order, page 1 first, whatever became of it.
 */
final class PageSightings {

    /** What is told of a page that no parent names, or more than one. */
    static final long UNTOLD = 0;

    private static final int CHUNK = 1 << 18;

    private final ByteSource file;
    private final long length;
    private final Geometry geometry;
    private final long pageCount;
    private final CellCursor cursor;
    private long[] places = new long[64];
    private long[] numbers = {};
    private int count;
    private byte[] chunk = {};
    private long chunkAt;

    private final Map<Long, Integer> leafByLastRowid = new HashMap<>();
    private final Map<Long, Long> childByKey = new HashMap<>();

    private PageSightings(ByteSource file, Geometry geometry, long pageCount) throws IOException {
        this.pageCount = pageCount;
        this.file = file;
        this.length = file.size();
        this.geometry = geometry;
        cursor = new CellCursor(geometry, Integer.MAX_VALUE - 64);
    }

    /** @param pageCount how many pages the file had; no page has a higher number */
    static PageSightings in(ByteSource file, Geometry geometry, long pageCount) throws IOException {
        PageSightings sightings = new PageSightings(file, geometry, pageCount);
        sightings.search();
        sightings.tell();
        return sightings;
    }

    int count() {
        return count;
    }

    /** Where the page begins in the file. */
    long place(int index) {
        return places[index];
    }

    /** The page's number as its parent tells it, or {@link #UNTOLD}. */
    long number(int index) {
        return numbers[index];
    }

    private void search() throws IOException {
        int size = geometry.pageSizeBytes();
        places[count++] = 0;
        long aligned = size;
        long at = size;
        long searchedBefore = 0;
        while (at < length) {
            if (look(at)) {
                at += size;
                aligned = at;
            } else if (at == aligned && look(at + size)) {
                // A page of another kind, or a damaged one; behind it everything is where it should be.
                at += 2L * size;
                aligned = at;
            } else if (at == aligned && searchedBefore < at && places[count - 1] == at - size) {
                // Where bytes were lost of the last cell of a page, the next one begins before that one's end.
                searchedBefore = at;
                at -= size - 1;
            } else {
                at++;
                aligned = at > aligned ? aligned + size : aligned;
            }
        }
    }

    private boolean look(long at) throws IOException {
        int size = geometry.pageSizeBytes();
        if (at + size > length) {
            return false;
        }
        if (at < chunkAt || at + size > chunkAt + chunk.length) {
            chunkAt = Math.max(0, at - size);
            chunk = file.read(chunkAt, CHUNK + 2 * size);
        }
        int in = (int) (at - chunkAt);
        if (!GeometrySearch.couldBegin(chunk, in, size)) {
            return false;
        }
        PageKind kind = PageKind.of(chunk[in]).orElseThrow();
        byte[] bytes = Arrays.copyOfRange(chunk, in, in + size);
        BtreePage page = BtreePage.read(bytes, 2, kind, geometry, cursor);
        if (!page.exact()) {
            return false;
        }
        note(page, kind);
        places = count < places.length ? places : Arrays.copyOf(places, 2 * count);
        places[count++] = at;
        return true;
    }

    /** A rowid or key that is met twice tells nothing. */
    private void note(BtreePage page, PageKind kind) {
        if (kind == PageKind.TABLE_LEAF && cursor.moveTo(page.bytes(), page.cell(page.count() - 1), kind)) {
            leafByLastRowid.merge(cursor.rowid(), count, (one, other) -> -1);
        } else if (kind == PageKind.TABLE_INTERIOR) {
            for (int i = 0; i < page.count(); i++) {
                if (cursor.moveTo(page.bytes(), page.cell(i), kind)) {
                    childByKey.merge(cursor.rowid(), cursor.leftChild(), (one, other) -> UNTOLD);
                }
            }
        }
    }

    private void tell() {
        numbers = new long[count];
        leafByLastRowid.forEach((rowid, index) -> {
            if (index >= 0) {
                long number = childByKey.getOrDefault(rowid, UNTOLD);
                numbers[index] = number <= pageCount ? number : UNTOLD;
            }
        });
        leafByLastRowid.clear();
        childByKey.clear();
    }
}
