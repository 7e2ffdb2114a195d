package org.healingsqlite.salvage;

/**
 * A part of a tree that cannot be reached, with the rowids that belong there.
 *
 * @param above rowids are greater
 * @param upTo rowids are not greater than this
 * @param page the page that should be there; 0 if not known
 * @param dead whether that page is a leaf and holds nothing readable: then its rows are gone, and no other page has them
 */
record Hole(long above, long upTo, int page, boolean dead) {

    Hole(long above, long upTo, int page) {
        this(above, upTo, page, false);
    }

    boolean contains(long first, long last) {
        return isAbove(first, above) && last <= upTo;
    }

    /**
     * Whether a rowid is greater than a bound.
     *
     * @param above {@link Long#MIN_VALUE} for no bound: that number is a rowid too
     */
    static boolean isAbove(long rowid, long above) {
        return rowid > above || above == Long.MIN_VALUE;
    }
}
