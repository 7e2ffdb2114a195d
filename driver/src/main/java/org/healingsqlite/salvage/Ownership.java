package org.healingsqlite.salvage;

import java.util.BitSet;

/** Which page belongs to which tree, and which pages are free or carry the rest of long payloads. Nine bytes a page at most. */
final class Ownership {

    static final int NOBODY = 0;

    private final int[] owners;
    private final int[] digests;
    private final BitSet overflow;
    private final BitSet free;
    private final BitSet outOfPlace;

    /** How many pages the header counts; 0 if that is not known. */
    private final long countedPages;

    /** @param countedPages how many pages the header counts; 0 if that is not known */
    Ownership(int pageCount, long countedPages) {
        this.countedPages = countedPages;
        owners = new int[pageCount + 1];
        digests = new int[pageCount + 1];
        overflow = new BitSet(pageCount + 1);
        free = new BitSet(pageCount + 1);
        outOfPlace = new BitSet();
    }

    boolean exists(long page) {
        return page >= 1 && page < owners.length;
    }

    /** Whether a page was there, behind where the file ends now. */
    boolean isCutOff(long page) {
        return page >= owners.length && page <= countedPages;
    }

    int owner(int page) {
        return owners[page];
    }

    void own(int page, int tree) {
        owners[page] = tree;
    }

    /** Keeps a digest of a leaf's content. */
    void digest(int page, long digest) {
        digests[page] = digestOf(digest);
    }

    static int digestOf(long digest) {
        return (int) digest == 0 ? 1 : (int) digest;
    }

    /** A digest of a leaf's content; 0 if none was kept. */
    int digest(int page) {
        return digests[page];
    }

    int pageCount() {
        return owners.length - 1;
    }

    boolean isFree(int page) {
        return free.get(page);
    }

    void markFree(int page) {
        free.set(page);
    }

    /** Notes that what lies at a page is the content of another. */
    void markOutOfPlace(int page) {
        outOfPlace.set(page);
    }

    boolean isOutOfPlace(int page) {
        return outOfPlace.get(page);
    }

    /** Whether a page is part of the overflow chain of some row. */
    boolean isOverflow(int page) {
        return overflow.get(page);
    }

    void claimOverflow(int page) {
        overflow.set(page);
    }

    void releaseOverflow(int page) {
        overflow.clear(page);
    }
}
