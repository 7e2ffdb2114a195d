package org.healingsqlite.testkit.damage;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Says where every byte of every row of a healthy database lies. Trusts the file: it is what SQLite wrote.
 *
 * <p>Source: SQLite file format §1.6, §1.3
 */
final class BtreeLocator {

    /** What a page is for. */
    enum Use {
        TABLE_INTERIOR,
        TABLE_LEAF,
        INDEX_INTERIOR,
        INDEX_LEAF,
        OVERFLOW,
        FREE_TRUNK,
        FREE_LEAF,
        POINTER_MAP
    }

    /**
     * @param owner table or index whose tree the page is in; empty if none
     * @param isRow whether the tree holds rows, not entries of an index
     */
    record PageUse(int page, Use use, String owner, boolean isRoot, boolean isRow) {}

    /** Bytes of a page, counted from its start. */
    record Extent(int page, int offset, int length) {}

    private final byte[] bytes;
    private final int pageSize;
    private final int usable;
    private final Map<Integer, PageUse> uses = new TreeMap<>();

    BtreeLocator(byte[] bytes) {
        this.bytes = bytes;
        int size = u16(16);
        this.pageSize = size == 1 ? 65536 : size;
        this.usable = pageSize - u8(20);
        freelist();
        pointerMap();
    }

    int pageSize() {
        return pageSize;
    }

    int usable() {
        return usable;
    }

    int pageCount() {
        return bytes.length / pageSize;
    }

    /** Uses of all pages seen so far, by number. */
    Map<Integer, PageUse> uses() {
        return uses;
    }

    /** Where the rows of a tree lie, in its order: for each its cell, then its overflow pages. */
    List<List<Extent>> rows(int root, String owner, boolean isRow) {
        List<List<Extent>> rows = new ArrayList<>();
        walk(root, owner, true, isRow, rows);
        return rows;
    }

    private void walk(int page, String owner, boolean isRoot, boolean isRow, List<List<Extent>> rows) {
        int start = (page - 1) * pageSize;
        int header = start + (page == 1 ? 100 : 0);
        int flag = u8(header);
        Use use = switch (flag) {
            case 2 -> Use.INDEX_INTERIOR;
            case 5 -> Use.TABLE_INTERIOR;
            case 10 -> Use.INDEX_LEAF;
            case 13 -> Use.TABLE_LEAF;
            default -> throw new IllegalStateException("page " + page + " has kind " + flag);
        };
        uses.put(page, new PageUse(page, use, owner, isRoot, isRow));
        boolean isInterior = flag == 2 || flag == 5;
        int pointers = header + (isInterior ? 12 : 8);
        int count = u16(header + 3);
        for (int i = 0; i < count; i++) {
            int cell = start + u16(pointers + 2 * i);
            if (isInterior) {
                walk(u32(cell), owner, false, isRow, rows);
            }
            if (flag != 5) {
                rows.add(cell(page, cell, flag, owner, isRow));
            }
        }
        if (isInterior) {
            walk(u32(header + 8), owner, false, isRow, rows);
        }
    }

    /** The header of a b-tree page with its cell pointers: what says which of the bytes on it are rows. */
    Extent headOf(int page) {
        int header = page == 1 ? 100 : 0;
        int start = (page - 1) * pageSize + header;
        int size = u8(start) == 2 || u8(start) == 5 ? 12 : 8;
        return new Extent(page, header, size + 2 * u16(start + 3));
    }

    private List<Extent> cell(int page, int cell, int flag, String owner, boolean isRow) {
        int at = cell + (flag == 2 ? 4 : 0);
        long[] payload = varint(at);
        at += (int) payload[1];
        if (flag == 13) {
            at += (int) varint(at)[1];
        }
        int size = (int) payload[0];
        int most = flag == 13 ? usable - 35 : (usable - 12) * 64 / 255 - 23;
        int least = (usable - 12) * 32 / 255 - 23;
        int spread = least + (size - least) % (usable - 4);
        int local = size <= most ? size : spread <= most ? spread : least;
        int start = (page - 1) * pageSize;
        int content = cell + (flag == 2 ? 4 : 0);
        List<Extent> extents = new ArrayList<>();
        int end = at + local + (local < size ? 4 : 0);
        extents.add(new Extent(page, content - start, end - content));
        int rest = size - local;
        int next = rest > 0 ? u32(at + local) : 0;
        while (rest > 0) {
            int here = Math.min(rest, usable - 4);
            extents.add(new Extent(next, 0, 4 + here));
            uses.put(next, new PageUse(next, Use.OVERFLOW, owner, false, isRow));
            rest -= here;
            next = u32((next - 1) * pageSize);
        }
        return extents;
    }

    private void freelist() {
        int trunk = u32(32);
        while (trunk != 0) {
            uses.put(trunk, new PageUse(trunk, Use.FREE_TRUNK, "", false, false));
            int start = (trunk - 1) * pageSize;
            for (int i = 0; i < u32(start + 4); i++) {
                int leaf = u32(start + 8 + 4 * i);
                uses.put(leaf, new PageUse(leaf, Use.FREE_LEAF, "", false, false));
            }
            trunk = u32(start);
        }
    }

    private void pointerMap() {
        if (u32(52) != 0) {
            for (int page = 2; page <= pageCount(); page += usable / 5 + 1) {
                uses.put(page, new PageUse(page, Use.POINTER_MAP, "", false, false));
            }
        }
    }

    private int u8(int at) {
        return bytes[at] & 0xff;
    }

    private int u16(int at) {
        return u8(at) << 8 | u8(at + 1);
    }

    private int u32(int at) {
        return u16(at) << 16 | u16(at + 2);
    }

    private long[] varint(int at) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 7 | (u8(at + i) & 0x7f);
            if (u8(at + i) < 0x80) {
                return new long[] {value, i + 1};
            }
        }
        return new long[] {value << 8 | u8(at + 8), 9};
    }
}
