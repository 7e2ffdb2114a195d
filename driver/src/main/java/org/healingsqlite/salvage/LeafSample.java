package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.RecordCursor;
import org.jspecify.annotations.Nullable;

/** The first and the last readable leaf under a root: enough rows to see whether a statement that was mended describes the table. */
final class LeafSample {

    private static final int DEEPEST = 20;

    private final List<BtreePage> leaves;
    private final CellCursor cursor;

    private LeafSample(List<BtreePage> leaves, CellCursor cursor) {
        this.leaves = leaves;
        this.cursor = cursor;
    }

    static LeafSample under(int rootPage, PageStore store) throws IOException {
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        List<BtreePage> leaves = new ArrayList<>();
        for (boolean first : new boolean[] {true, false}) {
            BtreePage leaf = find(rootPage, store, cursor, first, 0);
            if (leaf != null) {
                leaves.add(leaf);
            }
        }
        return new LeafSample(leaves, cursor);
    }

    private static @Nullable BtreePage find(int page, PageStore store, CellCursor cursor, boolean first, int depth)
            throws IOException {
        if (depth > DEEPEST || page < 1 || page > store.pageCount()) {
            return null;
        }
        byte[] bytes = store.newest(page);
        PageKind kind =
                PageKind.of(Bytes.u8(bytes, BtreePage.headerOffset(page))).orElse(null);
        if (kind == null) {
            return null;
        }
        BtreePage btree = BtreePage.read(bytes, page, kind, store.geometry(), cursor);
        if (kind.isLeaf()) {
            return btree.exact() && btree.count() > 0 ? btree : null;
        }
        List<Long> children = new ArrayList<>();
        for (int i = 0; i < btree.pointers(); i++) {
            if (btree.cell(i) >= 0 && cursor.moveTo(bytes, btree.cell(i), kind)) {
                children.add(cursor.leftChild());
            }
        }
        children.add(btree.rightChild());
        if (!first) {
            Collections.reverse(children);
        }
        for (long child : children) {
            BtreePage found = find((int) Math.min(child, Integer.MAX_VALUE), store, cursor, first, depth + 1);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** Whether the rows lie in an index b-tree, as in tables without rowid. */
    boolean ofIndex() {
        return !leaves.isEmpty() && !leaves.get(0).kind().isTable();
    }

    /** Whether every row could be one of a table; no leaf proves nothing. */
    boolean fits(TableShape shape) {
        return isOf(shape, true) && mostFields() == shape.stored().size() && hasOnlyAliasesEmpty(shape);
    }

    /** Whether no row is one that the table can have held. */
    boolean contradicts(TableShape shape) {
        RecordCursor record = new RecordCursor();
        for (BtreePage page : leaves) {
            for (int i = 0; i < page.count(); i++) {
                if (!reads(page, i, record) || cursor.overflowPage() != 0 || shape.holds(record)) {
                    return false;
                }
            }
        }
        return !leaves.isEmpty();
    }

    /**
     * Whether the table can hold every row; not where there is no leaf.
     *
     * @param constrained whether what forbids NULL is asked, too
     */
    boolean isOf(TableShape shape, boolean constrained) {
        if (leaves.isEmpty() || shape.withoutRowid() != ofIndex()) {
            return false;
        }
        RecordCursor record = new RecordCursor();
        for (BtreePage page : leaves) {
            for (int i = 0; i < page.count(); i++) {
                if (!reads(page, i, record)
                        || record.count() > shape.stored().size()
                        || (cursor.overflowPage() == 0 && !(constrained ? shape.fits(record) : shape.holds(record)))) {
                    return false;
                }
            }
        }
        return true;
    }

    /** How many fields the longest of the records has; 0 if there are none. */
    int mostFields() {
        RecordCursor record = new RecordCursor();
        int fields = 0;
        for (BtreePage page : leaves) {
            for (int i = 0; i < page.count(); i++) {
                fields = reads(page, i, record) ? Math.max(fields, record.count()) : fields;
            }
        }
        return fields;
    }

    /** Moves to a row, of which perhaps only the header is at hand. */
    private boolean reads(BtreePage page, int cell, RecordCursor record) {
        return cursor.moveTo(page.bytes(), page.cell(cell), page.kind())
                && record.readHeader(page.bytes(), cursor.payloadOffset(), cursor.localSize(), cursor.payloadSize());
    }

    /** A column that is NULL in every row may have been the rowid's alias; without its declaration the values would be lost. */
    private boolean hasOnlyAliasesEmpty(TableShape shape) {
        BitSet empty = alwaysNull();
        for (int field = 0; field < shape.stored().size(); field++) {
            if (empty.get(field) && !shape.stored().get(field).rowidAlias()) {
                return false;
            }
        }
        return true;
    }

    /** The fields that are NULL in every row. */
    BitSet alwaysNull() {
        BitSet empty = new BitSet();
        empty.set(0, RecordCursor.MOST_FIELDS);
        RecordCursor record = new RecordCursor();
        int most = 0;
        for (BtreePage page : leaves) {
            for (int i = 0; i < page.count(); i++) {
                if (reads(page, i, record)) {
                    most = Math.max(most, record.count());
                    for (int field = 0; field < record.count(); field++) {
                        if (!record.isNull(field)) {
                            empty.clear(field);
                        }
                    }
                }
            }
        }
        empty.clear(most, RecordCursor.MOST_FIELDS);
        return empty;
    }
}
