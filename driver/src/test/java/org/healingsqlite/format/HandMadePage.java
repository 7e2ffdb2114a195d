package org.healingsqlite.format;

/** A leaf of a table in a page of 512 bytes, cell by cell. */
final class HandMadePage {
    static final Geometry GEOMETRY = new Geometry(512, 0);

    final byte[] bytes = new byte[512];
    private final int headerAt;
    private int count;

    HandMadePage(int pageNumber) {
        headerAt = pageNumber == 1 ? 100 : 0;
        bytes[headerAt] = 13;
    }

    /** A page with cells of a size, from the end of the page on, without a gap. */
    static HandMadePage filled(int cells, int size) {
        HandMadePage page = new HandMadePage(2);
        for (int i = 1; i <= cells; i++) {
            page.cell(512 - i * size, size);
        }
        page.header(512 - cells * size, 0, 0);
        return page;
    }

    /** A cell of a size, at least 5, with a record of one NULL and a blob, and the next rowid. */
    HandMadePage cell(int at, int size) {
        bytes[at] = (byte) (size - 2);
        bytes[at + 1] = (byte) (count + 1);
        bytes[at + 2] = 2;
        bytes[at + 3] = (byte) (12 + 2 * (size - 4));
        return pointer(at);
    }

    HandMadePage pointer(int at) {
        Bytes.put16(bytes, headerAt + 8 + 2 * count++, at);
        return count(count);
    }

    HandMadePage count(int declared) {
        Bytes.put16(bytes, headerAt + 3, declared);
        return this;
    }

    HandMadePage header(int contentStart, int freeblock, int fragments) {
        Bytes.put16(bytes, headerAt + 1, freeblock);
        Bytes.put16(bytes, headerAt + 5, contentStart);
        bytes[headerAt + 7] = (byte) fragments;
        return this;
    }

    HandMadePage freeblock(int at, int next, int size) {
        Bytes.put16(bytes, at, next);
        Bytes.put16(bytes, at + 2, size);
        return this;
    }

    BtreePage read() {
        return BtreePage.read(
                bytes, headerAt == 0 ? 2 : 1, PageKind.TABLE_LEAF, GEOMETRY, new CellCursor(GEOMETRY, 10_000));
    }
}
