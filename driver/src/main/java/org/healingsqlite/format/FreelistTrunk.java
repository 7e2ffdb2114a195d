package org.healingsqlite.format;

import java.util.Optional;

/**
 * A trunk page of the freelist.
 *
 * <p>Source: SQLite file format §1.5.
 */
public final class FreelistTrunk {

    private final byte[] bytes;
    private final int count;

    private FreelistTrunk(byte[] bytes, int count) {
        this.bytes = bytes;
        this.count = count;
    }

    /** Reads a page as a trunk, if its numbers allow it: every page it names must exist. */
    public static Optional<FreelistTrunk> read(byte[] page, Geometry geometry, int pageCount) {
        long next = Bytes.u32(page, 0);
        long count = Bytes.u32(page, 4);
        if (next > pageCount || count > geometry.usable() / 4 - 2) {
            return Optional.empty();
        }
        FreelistTrunk trunk = new FreelistTrunk(page, (int) count);
        for (int i = 0; i < trunk.count; i++) {
            long leaf = trunk.leaf(i);
            if (leaf < 2 || leaf > pageCount) {
                return Optional.empty();
            }
        }
        return Optional.of(trunk);
    }

    /** The next trunk, 0 for none. */
    public int next() {
        return Bytes.i32(bytes, 0);
    }

    public int leaves() {
        return count;
    }

    public int leaf(int index) {
        return Bytes.i32(bytes, 8 + 4 * index);
    }
}
