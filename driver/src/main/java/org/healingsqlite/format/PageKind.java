package org.healingsqlite.format;

import java.util.Optional;

/**
 * The four kinds of b-tree page.
 *
 * <p>Source: SQLite file format §1.6.
 */
public enum PageKind {
    INDEX_INTERIOR(2, 12),
    TABLE_INTERIOR(5, 12),
    INDEX_LEAF(10, 8),
    TABLE_LEAF(13, 8);

    private static final PageKind[] KINDS = values();

    private final int flag;
    private final int headerSize;

    PageKind(int flag, int headerSize) {
        this.flag = flag;
        this.headerSize = headerSize;
    }

    public static Optional<PageKind> of(int flag) {
        for (PageKind kind : KINDS) {
            if (kind.flag == flag) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }

    /** The first byte of a page of this kind. */
    public int flag() {
        return flag;
    }

    public int headerSize() {
        return headerSize;
    }

    public boolean isTable() {
        return this == TABLE_LEAF || this == TABLE_INTERIOR;
    }

    public boolean isLeaf() {
        return this == TABLE_LEAF || this == INDEX_LEAF;
    }

    /** All but interior pages of a table hold payload. */
    public boolean hasPayload() {
        return this != TABLE_INTERIOR;
    }
}
