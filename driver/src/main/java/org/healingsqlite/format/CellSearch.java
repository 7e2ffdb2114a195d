package org.healingsqlite.format;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Finds cells whose pointers are lost. SQLite fills a page from its end without gaps, so the cells that belong there touch one another or what is
 * known; only such cells are believed. Freeblocks, where deleted cells lie, are left out.
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
    private static final int SMALLEST_FREEBLOCK = 4;

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
        if (page.headerLost()) {
            markFreeblocks(bytes, taken, usable);
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

    /** Takes gaps between known cells for freeblocks that say to be as long as their gap. */
    private static void markFreeblocks(byte[] bytes, BitSet taken, int usable) {
        int from = taken.nextClearBit(Math.max(0, taken.nextSetBit(0)));
        while (taken.cardinality() > 0 && from + SMALLEST_FREEBLOCK <= usable) {
            int next = taken.nextSetBit(from);
            int to = next < 0 ? usable : next;
            for (int at = from; at <= from + MOST_FRAGMENT && at + SMALLEST_FREEBLOCK <= to; at++) {
                int follower = Bytes.u16(bytes, at);
                int end = at + Bytes.u16(bytes, at + 2);
                if (end <= to && to - end <= MOST_FRAGMENT && (follower == 0 || follower >= end) && follower < usable) {
                    taken.set(from, to);
                }
            }
            from = taken.nextClearBit(to);
        }
    }

    /**
     * The cells that cover most of a gap without overlapping. One that touches no other, nor an end of the gap, is left out: bytes inside a
     * damaged cell may look like one.
     */
    private int chains(BtreePage page, int from, int to, boolean anchored, Check check, int[] found, int count) {
        int length = to - from;
        if (length < 4) {
            return count;
        }
        int[] covered = new int[length + 1];
        int[] ends = new int[length + 1];
        for (int i = length - 1; i >= 0; i--) {
            covered[i] = covered[i + 1];
            if (i <= length - 4
                    && cursor.moveTo(page.bytes(), from + i, page.kind())
                    && cursor.end() <= to
                    && check.accepts(page.bytes(), cursor)) {
                int end = i + cursor.size();
                int with = cursor.size() + covered[end];
                // On a tie the later cell wins: content is filled from the end.
                if (with > covered[i]) {
                    covered[i] = with;
                    ends[i] = end;
                }
            }
        }
        int total = count;
        int previousEnd = anchored ? 0 : -1 - MOST_FRAGMENT;
        int at = 0;
        while (at < length) {
            int end = ends[at];
            if (end == 0 || covered[at] == covered[at + 1]) {
                at++;
                continue;
            }
            boolean touches = at - previousEnd <= MOST_FRAGMENT || length - end <= MOST_FRAGMENT;
            for (int slack = 0; slack <= MOST_FRAGMENT && !touches && end + slack < length; slack++) {
                touches = ends[end + slack] > 0 && covered[end + slack] > covered[end + slack + 1];
            }
            if (touches) {
                found[total++] = from + at;
            }
            previousEnd = end;
            at = end;
        }
        return total;
    }
}
