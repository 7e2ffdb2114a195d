package org.healingsqlite.format;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Finds cells whose pointers are lost. SQLite fills a page from its end without gaps, so the cells that belong there form a chain that ends
 * exactly where the next known thing begins; only such chains are believed. Freeblocks, where deleted cells lie, are left out.
 *
 * <p>Source: SQLite file format §1.6 (cell content area).
 */
public final class CellSearch {

    /** Says whether a cell can be one of those sought: its record is whole and fits the table. */
    @FunctionalInterface
    public interface Check {
        boolean accepts(byte[] page, CellCursor cell);
    }

    private static final int MOST_FRAGMENT = 3;

    private final Geometry geometry;
    private final CellCursor cursor;

    public CellSearch(Geometry geometry, CellCursor cursor) {
        this.geometry = geometry;
        this.cursor = cursor;
    }

    /**
     * The cells that lie between the known ones.
     *
     * @param page as far as it can be read
     * @param known offsets of cells that are accepted already
     * @param trusted whether the header's content start can be believed
     * @return offsets, ascending
     */
    public int[] find(BtreePage page, int[] known, boolean trusted, Check check) {
        int usable = geometry.usable();
        byte[] bytes = page.bytes();
        BitSet taken = page.freeblocks(usable);
        int floor = page.headerAt() + page.kind().headerSize();
        for (int at : known) {
            if (cursor.moveTo(bytes, at, page.kind())) {
                taken.set(at, cursor.end());
            }
        }
        if (trusted) {
            floor = Math.max(floor, Math.max(page.pointersEnd(), Math.min(page.contentStart(), usable)));
        }
        int[] found = new int[(usable - floor) / 4 + 1];
        int count = 0;
        int from = taken.nextClearBit(floor);
        while (from < usable) {
            int next = taken.nextSetBit(from);
            int to = next < 0 ? usable : next;
            count = chains(page, from, to, trusted || from > floor, check, found, count);
            from = taken.nextClearBit(to);
        }
        return Arrays.copyOf(found, count);
    }

    private int chains(BtreePage page, int from, int to, boolean anchored, Check check, int[] found, int count) {
        int length = to - from;
        if (length < 4) {
            return count;
        }
        // covered[i]: bytes in the best chain that begins at from + i and reaches the end of the gap; 0 if none does.
        int[] covered = new int[length + 1];
        int[] follows = new int[length + 1];
        int best = -1;
        for (int i = length - 4; i >= 0; i--) {
            if (!cursor.moveTo(page.bytes(), from + i, page.kind())
                    || cursor.end() > to
                    || !check.accepts(page.bytes(), cursor)) {
                continue;
            }
            int size = cursor.size();
            int end = i + size;
            int chain = -1;
            for (int slack = 0; slack <= MOST_FRAGMENT && end + slack <= length; slack++) {
                if (end + slack == length || covered[end + slack] > 0) {
                    chain = end + slack;
                    break;
                }
            }
            if (chain >= 0) {
                covered[i] = size + covered[chain];
                follows[i] = chain;
                if (best < 0 || covered[i] > covered[best]) {
                    best = i;
                }
            }
        }
        int reached = best < 0 ? length : best;
        int total = count;
        if (anchored) {
            int at = 0;
            while (at < reached
                    && cursor.moveTo(page.bytes(), from + at, page.kind())
                    && cursor.end() <= from + reached
                    && check.accepts(page.bytes(), cursor)) {
                found[total++] = from + at;
                at += cursor.size();
            }
        }
        for (int at = best; at >= 0 && at < length; at = follows[at]) {
            found[total++] = from + at;
        }
        return total;
    }
}
