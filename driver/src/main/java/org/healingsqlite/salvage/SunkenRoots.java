package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.PageKind;
import org.jspecify.annotations.Nullable;

/**
 * Finds roots that changed places with a leaf of their own tree: where the root was lies a leaf, and an interior page that nothing leads to leads to itself, just
 * where the rows of that leaf are missing. One thread at a time.
 */
final class SunkenRoots {

    private static final int DEEPEST = 20;

    private final PageStore store;
    private final Ownership ownership;
    private final TreeWalk walk;
    private final List<TableTree> tables;
    private final CellCursor cursor;

    /** What an interior page says of the place where it lies itself. */
    private static final class Descent {
        private final int top;
        private @Nullable Hole self;
        private boolean othersLead;
        private int pages;

        Descent(int top) {
            this.top = top;
        }
    }

    /** @param tables tables whose trees were surveyed */
    SunkenRoots(PageStore store, Ownership ownership, TreeWalk walk, List<TableTree> tables) {
        this.store = store;
        this.ownership = ownership;
        this.walk = walk;
        this.tables = tables;
        this.cursor = new CellCursor(store.geometry(), store.largestPayload());
    }

    /** Changes them back, and surveys their trees anew. */
    void raise() throws IOException {
        List<Descent> sunken = new ArrayList<>();
        for (int page = 2; page <= ownership.pageCount(); page++) {
            if (isStrayInterior(page)) {
                Descent descent = new Descent(page);
                descend(descent, page, Long.MIN_VALUE, Long.MAX_VALUE, 0);
                if (descent.self != null && descent.othersLead) {
                    sunken.add(descent);
                }
            }
        }
        for (Descent root : sunken) {
            TableTree home = null;
            int homes = 0;
            for (TableTree table : tables) {
                if (meets(table, root)) {
                    home = table;
                    homes++;
                }
            }
            if (home != null && homes == 1) {
                raise(home, root);
            }
        }
    }

    private boolean isStrayInterior(int page) throws IOException {
        return ownership.owner(page) == Ownership.NOBODY
                && !ownership.isFree(page)
                && store.firstByte(page) == PageKind.TABLE_INTERIOR.flag();
    }

    private void descend(Descent descent, int page, long above, long upTo, int depth) throws IOException {
        byte[] bytes = store.newest(page);
        BtreePage interior = BtreePage.read(bytes, page, PageKind.TABLE_INTERIOR, store.geometry(), cursor);
        if (!interior.exact() || depth > DEEPEST || ++descent.pages > ownership.pageCount()) {
            return;
        }
        long from = above;
        for (int i = 0; i <= interior.count(); i++) {
            long child = interior.rightChild();
            long to = upTo;
            if (i < interior.count()) {
                cursor.moveTo(bytes, interior.cell(i), interior.kind());
                child = cursor.leftChild();
                to = cursor.rowid();
            }
            if (child == descent.top) {
                descent.self = new Hole(from, to, descent.top);
            } else if (ownership.exists(child)) {
                descent.othersLead |= isStrayLeaf((int) child);
                if (isStrayInterior((int) child)) {
                    descend(descent, (int) child, from, to, depth + 1);
                }
            }
            from = to;
        }
    }

    private boolean isStrayLeaf(int page) throws IOException {
        return ownership.owner(page) == Ownership.NOBODY
                && !ownership.isFree(page)
                && store.firstByte(page) == PageKind.TABLE_LEAF.flag();
    }

    /** Whether the root of a table is a leaf with just the rows that are missing where the other page leads to itself. */
    private boolean meets(TableTree table, Descent root) throws IOException {
        Hole place = root.self;
        int page = table.tree().rootPage();
        if (place == null
                || !table.tree().ofTable()
                || page < 2
                || !ownership.exists(page)
                || ownership.owner(page) != table.tree().number()) {
            return false;
        }
        BtreePage leaf = leaf(page);
        return leaf != null
                && place.contains(rowid(leaf, 0), rowid(leaf, leaf.count() - 1))
                && (rowid(leaf, leaf.count() - 1) == place.upTo() || rowid(leaf, 0) - 1 == place.above());
    }

    /** A whole leaf with rows; null if the page is none. */
    private @Nullable BtreePage leaf(int page) throws IOException {
        byte[] bytes = store.newest(page);
        if (Bytes.u8(bytes, 0) != PageKind.TABLE_LEAF.flag()) {
            return null;
        }
        BtreePage leaf = BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
        return leaf.exact() && leaf.count() > 0 ? leaf : null;
    }

    private long rowid(BtreePage leaf, int cell) {
        cursor.moveTo(leaf.bytes(), leaf.cell(cell), leaf.kind());
        return cursor.rowid();
    }

    private void raise(TableTree table, Descent root) throws IOException {
        int page = table.tree().rootPage();
        BtreePage leaf = leaf(page);
        Hole place = root.self;
        if (leaf == null || place == null) {
            return;
        }
        long first = rowid(leaf, 0);
        long last = rowid(leaf, leaf.count() - 1);
        table.tree().moveTo(root.top);
        walk.survey(table.tree());
        ownership.own(page, table.tree().number());
        table.strays().add(new TableTree.Stray(page, 0, first, last, place));
    }
}
