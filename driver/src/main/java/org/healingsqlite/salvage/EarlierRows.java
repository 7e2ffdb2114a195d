package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.RecordCursor;
import org.jspecify.annotations.Nullable;

/**
 * Compares a page of which a checksum says that some byte is wrong with an earlier copy of it. A row that differs from its earlier copy in one value of
 * the same size, as hardly another on the page does, was updated, or it is where the damage hit: nothing tells which. One thread at a time.
 */
final class EarlierRows {

    /** More rows than these with one other value each were updated by one statement. */
    private static final int MOST_SUSPECTS = 2;

    private final PageStore store;
    private final CellCursor cursor;
    private final RecordCursor now = new RecordCursor();
    private final RecordCursor before = new RecordCursor();

    EarlierRows(PageStore store) {
        this.store = store;
        this.cursor = new CellCursor(store.geometry(), store.largestPayload());
    }

    /**
     * Where on the page the cells of rows in doubt begin.
     *
     * @param image a leaf of a table with rowids, read from a copy that fails its checksum
     */
    BitSet suspects(PageImage image) throws IOException {
        BitSet suspects = new BitSet();
        BtreePage earlier = earlier(image);
        if (earlier == null) {
            return suspects;
        }
        Map<Long, Integer> cells = new HashMap<>();
        for (int i = 0; i < earlier.count(); i++) {
            cursor.moveTo(earlier.bytes(), earlier.cell(i), earlier.kind());
            cells.put(cursor.rowid(), earlier.cell(i));
        }
        BtreePage page = image.btree();
        for (int i = 0; i < page.pointers(); i++) {
            if (page.cell(i) >= 0 && cursor.moveTo(page.bytes(), page.cell(i), page.kind())) {
                Integer cell = cells.get(cursor.rowid());
                if (cell != null && differsInOneValue(page, earlier, cell)) {
                    suspects.set(page.cell(i));
                }
            }
        }
        if (suspects.cardinality() > MOST_SUSPECTS) {
            suspects.clear();
        }
        return suspects;
    }

    /** The newest whole copy of the page from before; null if there is none. */
    private @Nullable BtreePage earlier(PageImage image) throws IOException {
        List<PageVersion> versions = store.versions(image.page());
        for (PageVersion version : versions.subList(image.versionIndex() + 1, versions.size())) {
            byte[] bytes = store.read(image.page(), version);
            BtreePage page = BtreePage.read(bytes, image.page(), PageKind.TABLE_LEAF, store.geometry(), cursor);
            if (page.exact()) {
                return page;
            }
        }
        return null;
    }

    /** Compares the row that the cursor is at with one of the earlier copy. */
    private boolean differsInOneValue(BtreePage page, BtreePage earlier, int cell) {
        long size = cursor.payloadSize();
        if (cursor.overflowPage() != 0 || !now.moveTo(page.bytes(), cursor.payloadOffset(), cursor.localSize())) {
            return false;
        }
        cursor.moveTo(earlier.bytes(), cell, earlier.kind());
        if (cursor.overflowPage() != 0
                || cursor.payloadSize() != size
                || !before.moveTo(earlier.bytes(), cursor.payloadOffset(), cursor.localSize())
                || now.count() != before.count()) {
            return false;
        }
        int different = 0;
        for (int i = 0; i < now.count(); i++) {
            if (now.kind(i) != before.kind(i) || now.size(i) != before.size(i)) {
                return false;
            }
            boolean same = Arrays.equals(
                    now.bytes(),
                    now.offset(i),
                    now.offset(i) + now.size(i),
                    before.bytes(),
                    before.offset(i),
                    before.offset(i) + before.size(i));
            different += same ? 0 : 1;
        }
        return different == 1;
    }
}
