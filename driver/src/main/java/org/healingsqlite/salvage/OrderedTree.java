package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.BitSet;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.RecordCursor;

/**
 * The entries of an index, or of a table without rowids, in the order in which they lie in their tree; nothing else than a whole tree is read to its end. For one
 * thread.
 */
final class OrderedTree {

    /** SQLite's own limit on the depth of a tree. */
    private static final int DEEPEST = 20;

    private final PageStore store;
    private final PayloadReader payloads;
    private final RecordCursor record = new RecordCursor();
    private final BitSet met = new BitSet();

    OrderedTree(PageStore store, Ownership ownership) {
        this.store = store;
        this.payloads = new PayloadReader(store, ownership, true);
    }

    /** Takes an entry; false to go no further. */
    @FunctionalInterface
    interface Sink {
        boolean take(RecordCursor entry) throws IOException;
    }

    /** Hands out all entries; false where some page or entry cannot be read, or the sink wanted no more. */
    boolean each(int root, Sink sink) throws IOException {
        met.clear();
        return root > 0 && each(root, 0, sink);
    }

    private boolean each(long page, int depth, Sink sink) throws IOException {
        if (depth > DEEPEST || page < 2 || page > store.pageCount() || met.get((int) page)) {
            return false;
        }
        met.set((int) page);
        if (store.versions((int) page).isEmpty()
                || store.versions((int) page).get(0).source().isDamaged()) {
            return false;
        }
        byte[] bytes = store.newest((int) page);
        PageKind kind = PageKind.of(Bytes.u8(bytes, 0)).orElse(PageKind.TABLE_LEAF);
        if (kind != PageKind.INDEX_INTERIOR && kind != PageKind.INDEX_LEAF) {
            return false;
        }
        CellCursor cell = new CellCursor(store.geometry(), store.largestPayload());
        BtreePage btree = BtreePage.read(bytes, (int) page, kind, store.geometry(), cell);
        if (!btree.exact()) {
            return false;
        }
        for (int i = 0; i < btree.count(); i++) {
            if (!cell.moveTo(bytes, btree.cell(i), kind)
                    || !kind.isLeaf() && !each(cell.leftChild(), depth + 1, sink)
                    || !cell.moveTo(bytes, btree.cell(i), kind)) {
                return false;
            }
            byte[] payload = payloads.read(bytes, cell);
            if (payload == null || !record.moveTo(payload, 0, payload.length) || !sink.take(record)) {
                return false;
            }
        }
        return kind.isLeaf() || each(btree.rightChild(), depth + 1, sink);
    }
}
