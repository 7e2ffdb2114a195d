package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.CellSearch;
import org.healingsqlite.format.PageKind;
import org.jspecify.annotations.Nullable;

/**
 * Finds roots that changed places with all that is under them: a table that could have stored none of the leaves that its root leads to, and the one other
 * table that could, whose root leads to leaves that the first table is made for. Each gets the other's root. One thread at a time.
 */
final class ExchangedRoots {

    private static final int DEEPEST = 20;

    /** So many whole leaves of a tree speak for all of it. */
    private static final int MOST_LEAVES = 64;

    private final PageStore store;
    private final Ownership ownership;
    private final TreeWalk walk;
    private final List<TableTree> tables;
    private final CellCursor cursor;

    /** @param tables tables whose trees were surveyed */
    ExchangedRoots(PageStore store, Ownership ownership, TreeWalk walk, List<TableTree> tables) {
        this.store = store;
        this.ownership = ownership;
        this.walk = walk;
        this.tables = tables;
        this.cursor = new CellCursor(store.geometry(), store.largestPayload());
    }

    /** Changes roots back, and surveys the trees under them anew. */
    void changeBack() throws IOException {
        for (TableTree table : tables) {
            if (!hasRoot(table) || table.tree().hasWholeLeaves()) {
                continue;
            }
            List<BtreePage> refused = leavesUnder(table);
            if (!refused.isEmpty()
                    && !isCopy(table)
                    && refused.stream()
                            .noneMatch(leaf -> holdsOnly(leaf, table.tree().check()))) {
                TableTree partner = partner(table, refused);
                if (partner != null) {
                    exchange(table, partner);
                }
            }
        }
    }

    private boolean hasRoot(TableTree table) {
        return table.shape() != null
                && table.tree().ofTable()
                && table.tree().rootPage() > 1
                && ownership.exists(table.tree().rootPage());
    }

    /** The one table that a table can have exchanged roots with; null if there is none, or more than one. */
    private @Nullable TableTree partner(TableTree table, List<BtreePage> refused) throws IOException {
        @Nullable TableTree partner = null;
        for (TableTree other : tables) {
            if (other == table
                    || !hasRoot(other)
                    || !refused.stream()
                            .allMatch(leaf -> holdsOnly(leaf, other.tree().check()))) {
                continue;
            }
            List<BtreePage> leaves = leavesUnder(other);
            boolean othersOwn = leaves.stream()
                    .anyMatch(leaf -> holdsOnly(leaf, other.tree().expected()));
            if (!leaves.isEmpty()
                    && leaves.stream()
                            .allMatch(leaf -> holdsOnly(leaf, table.tree().expected()))
                    && (!othersOwn
                            || refused.stream()
                                    .allMatch(
                                            leaf -> holdsOnly(leaf, other.tree().expected())))) {
                if (partner != null) {
                    return null;
                }
                partner = other;
            }
        }
        return partner;
    }

    private void exchange(TableTree one, TableTree other) throws IOException {
        int root = one.tree().rootPage();
        for (int page = 1; page <= ownership.pageCount(); page++) {
            int owner = ownership.owner(page);
            if (owner == one.tree().number() || owner == other.tree().number()) {
                ownership.own(page, Ownership.NOBODY);
            }
        }
        one.tree().moveTo(other.tree().rootPage());
        other.tree().moveTo(root);
        walk.survey(one.tree());
        walk.survey(other.tree());
    }

    /** Whole leaves that the root of a table leads to and that no other tree has, the first of them if there are many. */
    private List<BtreePage> leavesUnder(TableTree table) throws IOException {
        List<BtreePage> leaves = new ArrayList<>();
        collect(table.tree().rootPage(), table.tree().number(), leaves, 0);
        return leaves;
    }

    private void collect(long number, int tree, List<BtreePage> leaves, int depth) throws IOException {
        if (depth > DEEPEST || number < 2 || !ownership.exists(number) || leaves.size() >= MOST_LEAVES) {
            return;
        }
        int page = (int) number;
        if (ownership.isFree(page) || (ownership.owner(page) != Ownership.NOBODY && ownership.owner(page) != tree)) {
            return;
        }
        byte[] bytes = store.newest(page);
        PageKind kind = PageKind.of(Bytes.u8(bytes, 0)).orElse(PageKind.INDEX_LEAF);
        if (!kind.isTable()) {
            return;
        }
        BtreePage btree = BtreePage.read(bytes, page, kind, store.geometry(), cursor);
        if (!btree.exact() || btree.count() == 0) {
            return;
        }
        if (kind.isLeaf()) {
            leaves.add(btree);
            return;
        }
        for (int i = 0; i < btree.count(); i++) {
            cursor.moveTo(bytes, btree.cell(i), kind);
            collect(cursor.leftChild(), tree, leaves, depth + 1);
        }
        collect(btree.rightChild(), tree, leaves, depth + 1);
    }

    /** Whether what lies at a root is a leaf that is elsewhere as well: then it was written there by mistake, and nothing was exchanged. */
    private boolean isCopy(TableTree table) throws IOException {
        int root = table.tree().rootPage();
        byte[] bytes = store.newest(root);
        if (Bytes.u8(bytes, 0) != PageKind.TABLE_LEAF.flag()) {
            return false;
        }
        int usable = store.geometry().usable();
        int digest = Ownership.digestOf(Bytes.digest(bytes, 0, usable));
        for (int page = 2; page <= ownership.pageCount(); page++) {
            if (page != root
                    && ownership.digest(page) == digest
                    && Arrays.equals(bytes, 0, usable, store.newest(page), 0, usable)) {
                return true;
            }
        }
        return false;
    }

    private boolean holdsOnly(BtreePage leaf, CellSearch.Check check) {
        for (int i = 0; i < leaf.count(); i++) {
            if (!cursor.moveTo(leaf.bytes(), leaf.cell(i), leaf.kind()) || !check.accepts(leaf.bytes(), cursor)) {
                return false;
            }
        }
        return true;
    }
}
