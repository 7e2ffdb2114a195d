package org.healingsqlite.completeness;

import java.math.BigInteger;
import java.util.OptionalLong;
import org.healingsqlite.format.Geometry;

/**
 * A place in a tree where a page is missing: the parent names one that does not close, is in use elsewhere, or is out of order.
 *
 * <p>For one proof; filled while the new content passes.
 */
final class Gap {
    /** What the place is, by the depth of its siblings. */
    enum Level {
        LEAF,
        INTERIOR,
        /** No sibling tells. */
        UNKNOWN
    }

    private final long above;
    private final long upTo;
    private final long page;
    private final boolean exists;
    private Level level;
    private int depth;
    private boolean inOrder = true;
    private long rows;
    private long rowBytes;
    private boolean filled;
    private int counted;

    /**
     * A gap.
     *
     * @param above keys of a table's rows here are greater
     * @param upTo and at most this
     * @param page what the parent names
     * @param exists whether that page is one that no other tree has
     */
    Gap(long above, long upTo, long page, boolean exists, Level level) {
        this.above = above;
        this.upTo = upTo;
        this.page = page;
        this.exists = exists;
        this.level = level;
    }

    long above() {
        return above;
    }

    long upTo() {
        return upTo;
    }

    long page() {
        return page;
    }

    /** Whether the page that the parent names is this tree's, though nothing can be read of it. */
    boolean exists() {
        return exists;
    }

    Level level() {
        return level;
    }

    void level(Level told) {
        level = told;
    }

    /** How many pages are above it. */
    int depth() {
        return depth;
    }

    void depth(int pagesAbove) {
        depth = pagesAbove;
    }

    /** The page closes, but its keys are not between those of its parent. */
    Gap outOfOrder() {
        inOrder = false;
        return this;
    }

    boolean isOutOfOrder() {
        return !inOrder;
    }

    boolean holds(long rowid) {
        return rowid > above && rowid <= upTo;
    }

    /** The page itself tells how many rows it had, confirmed by its pointers, though not all of them can be read. */
    Gap counting(int cells) {
        counted = cells;
        return this;
    }

    /** Rows that were here for certain: those that the page counts, or the one that no page of a tree is without. */
    long leastRows() {
        return level == Level.UNKNOWN ? counted : Math.max(1, counted);
    }

    /** A row of the new content that belongs here. */
    void add(long bytes) {
        rows++;
        rowBytes += bytes;
    }

    long rows() {
        return rows;
    }

    /** What belongs here was found elsewhere, to the last row. */
    void fill() {
        filled = true;
    }

    boolean isFilled() {
        return filled;
    }

    /** How many more keys there is room for between those of the parent; empty where it has no end. */
    OptionalLong keysLeft() {
        if (above == Long.MIN_VALUE || upTo == Long.MAX_VALUE) {
            return OptionalLong.empty();
        }
        BigInteger keys = BigInteger.valueOf(upTo).subtract(BigInteger.valueOf(above));
        return keys.bitLength() > 62 ? OptionalLong.empty() : OptionalLong.of(Math.max(0, keys.longValue() - rows));
    }

    /** How many more rows one page has room for beside those that were found. */
    long roomLeft(Geometry geometry) {
        return ClosedPage.mostRows(geometry.usable() - 8L - rowBytes);
    }

    /** The most rows that a leaf in this place can have had beside those that were found. */
    long mostOfLeaf(Geometry geometry) {
        return Math.min(roomLeft(geometry), keysLeft().orElse(Long.MAX_VALUE));
    }

    @Override
    public String toString() {
        return "page " + page + " between " + above + " and " + upTo;
    }
}
