package org.healingsqlite.completeness;

/** What each page of a file is used for, as far as it was seen: a page has one use. */
final class Uses {
    static final byte NONE = 0;
    static final byte TREE = 1;
    static final byte OVERFLOW = 2;
    static final byte FREE = 3;
    static final byte MAP = 4;

    /** Named by a tree, and does not close. */
    static final byte DAMAGED = 5;

    private final byte[] uses;

    Uses(int pages) {
        uses = new byte[pages + 1];
    }

    /** Notes a use; false where there is no such page or it has one already. */
    boolean take(long page, byte use) {
        if (page < 1 || page >= uses.length || uses[(int) page] != NONE) {
            return false;
        }
        uses[(int) page] = use;
        return true;
    }

    /** It is not what it was taken for. */
    void release(int page) {
        uses[page] = NONE;
    }

    byte of(long page) {
        return page < 1 || page >= uses.length ? NONE : uses[(int) page];
    }

    boolean exists(long page) {
        return page >= 1 && page < uses.length;
    }
}
