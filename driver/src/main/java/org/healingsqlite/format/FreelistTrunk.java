package org.healingsqlite.format;

import java.util.Arrays;
import java.util.Optional;

/**
 * A trunk page of the freelist.
 *
 * <p>Source: SQLite file format §1.5.
 */
public final class FreelistTrunk {

    private final int next;
    private final int[] leaves;

    private FreelistTrunk(int next, int[] leaves) {
        this.next = next;
        this.leaves = leaves;
    }

    /** Reads a page as a trunk, if its numbers allow it: every page it names must exist. */
    public static Optional<FreelistTrunk> read(byte[] page, Geometry geometry, int pageCount) {
        return listed(page, geometry, pageCount).filter(trunk -> trunk.leaves.length == Bytes.u32(page, 4));
    }

    /** Reads a page that the freelist names as a trunk: at least half of the pages that it names must exist, and the others are left out. */
    public static Optional<FreelistTrunk> listed(byte[] page, Geometry geometry, int pageCount) {
        long next = Bytes.u32(page, 0);
        long count = Bytes.u32(page, 4);
        if (next > pageCount || count > geometry.usable() / 4 - 2) {
            return Optional.empty();
        }
        int[] leaves = new int[(int) count];
        int existing = 0;
        for (int i = 0; i < leaves.length; i++) {
            long leaf = Bytes.u32(page, 8 + 4 * i);
            if (leaf >= 2 && leaf <= pageCount) {
                leaves[existing++] = (int) leaf;
            }
        }
        return existing * 2L < count
                ? Optional.empty()
                : Optional.of(new FreelistTrunk((int) next, Arrays.copyOf(leaves, existing)));
    }

    /** The next trunk, 0 for none. */
    public int next() {
        return next;
    }

    /** How many pages it names, of those that exist. */
    public int leaves() {
        return leaves.length;
    }

    public int leaf(int index) {
        return leaves[index];
    }
}
