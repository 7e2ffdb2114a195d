package org.healingsqlite.format;

/**
 * The pointer map of auto-vacuum files: for every page its role and its parent.
 *
 * <p>Source: SQLite file format §1.8.
 */
public final class PointerMap {

    public static final int ROOT = 1;
    public static final int FREE = 2;
    public static final int FIRST_OVERFLOW = 3;
    public static final int LATER_OVERFLOW = 4;
    public static final int BTREE = 5;

    private static final int ENTRY_SIZE = 5;

    private final Geometry geometry;

    public PointerMap(Geometry geometry) {
        this.geometry = geometry;
    }

    private int entriesPerPage() {
        return geometry.usable() / ENTRY_SIZE;
    }

    /** The map page that holds the entry of a page; the page itself if it is a map page. */
    public int mapPageOf(int page) {
        int group = entriesPerPage() + 1;
        int map = (page - 2) / group * group + 2;
        return map == geometry.lockBytePage() ? map + 1 : map;
    }

    public boolean isMapPage(int page) {
        return page >= 2 && mapPageOf(page) == page;
    }

    /** The role of a page, 1 to 5, from its map page; 0 if the entry is none. */
    public int role(byte[] mapPage, int page) {
        int at = (page - mapPageOf(page) - 1) * ENTRY_SIZE;
        if (at < 0 || at + ENTRY_SIZE > geometry.usable()) {
            return 0;
        }
        int role = Bytes.u8(mapPage, at);
        return role >= ROOT && role <= BTREE ? role : 0;
    }

    /** The parent of a page, from its map page. */
    public long parent(byte[] mapPage, int page) {
        int at = (page - mapPageOf(page) - 1) * ENTRY_SIZE;
        return at < 0 || at + ENTRY_SIZE > geometry.usable() ? 0 : Bytes.u32(mapPage, at + 1);
    }
}
