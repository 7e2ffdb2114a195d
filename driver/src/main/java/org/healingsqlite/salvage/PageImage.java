package org.healingsqlite.salvage;

import org.healingsqlite.format.BtreePage;

/**
 * A page of a tree in the version that counts.
 *
 * @param available bytes of the page that the file has; less than its size where the file was cut off
 * @param above rowids on it are greater; {@link Long#MIN_VALUE} for no bound
 * @param upTo rowids on it are not greater
 * @param versionIndex which of the page's versions this is; 0 is the newest
 */
record PageImage(
        int page, PageVersion version, int versionIndex, BtreePage btree, int available, long above, long upTo) {

    /** Whether every cell is where it should be and no checksum speaks against it. */
    boolean sound() {
        return btree.exact() && !version.source().isDamaged();
    }
}
