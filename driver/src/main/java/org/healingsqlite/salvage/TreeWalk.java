package org.healingsqlite.salvage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.ListIterator;
import java.util.Optional;
import java.util.stream.IntStream;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.CellSearch;
import org.healingsqlite.format.PageKind;
import org.jspecify.annotations.Nullable;

/**
 * Walks trees from their roots in key order. The survey gives every page to the tree that reaches it and notes the holes; the visit then goes
 * the same way again and hands out the pages, so that a tree of any size costs only its depth in memory. A child is refused if another tree has it, if
 * it does not exist, or if its rows do not belong at its place.
 */
final class TreeWalk {

    /** Gets the pages of a tree in key order. */
    @FunctionalInterface
    interface Visitor {
        void page(PageImage image) throws IOException;
    }

    /** SQLite's own limit. */
    private static final int DEEPEST = 20;
    /** A whole leaf with fewer cells in place for each that is not belongs elsewhere. */
    private static final int FITTING_FOR_EACH_DAMAGED = 4;

    private static final int NO_FLAG = -1;
    private static final int SCHEMA_ROOT = 1;
    private static final List<PageKind> TABLE_KINDS = List.of(PageKind.TABLE_LEAF, PageKind.TABLE_INTERIOR);
    private static final List<PageKind> INDEX_KINDS = List.of(PageKind.INDEX_LEAF, PageKind.INDEX_INTERIOR);

    private final PageStore store;
    private final Ownership ownership;
    private final CellCursor cursor;
    private final CellSearch search;
    private final CellSearch.Check anyRecord;

    TreeWalk(PageStore store, Ownership ownership) {
        this.store = store;
        this.ownership = ownership;
        this.cursor = new CellCursor(store.geometry(), store.largestPayload());
        this.search = new CellSearch(store.geometry(), cursor);
        this.anyRecord = RowReader.check(store.pageCount(), record -> true);
    }

    /** Takes possession of the pages of a tree and notes what is missing. */
    void survey(Tree tree) throws IOException {
        new Pass(tree, null).root(tree.rootPage());
    }

    /** Takes possession of the pages under one more page of a tree. */
    void survey(Tree tree, int page, long above, long upTo) throws IOException {
        new Pass(tree, null).subtree(page, above, upTo, 1);
    }

    /** Hands out the pages that the survey gave to the tree. */
    void visit(Tree tree, Visitor visitor) throws IOException {
        new Pass(tree, visitor).root(tree.rootPage());
    }

    /** Hands out the pages under one page. */
    void visit(Tree tree, int page, long above, long upTo, Visitor visitor) throws IOException {
        new Pass(tree, visitor).subtree(page, above, upTo, 1);
    }

    private final class Pass {
        private final Tree tree;
        private final @Nullable Visitor visitor;
        private final BitSet visited = new BitSet();

        Pass(Tree tree, @Nullable Visitor visitor) {
            this.tree = tree;
            this.visitor = visitor;
        }

        void root(int page) throws IOException {
            if (page == 0) {
                missing(new Hole(Long.MIN_VALUE, Long.MAX_VALUE, 0));
                return;
            }
            subtree(page, Long.MIN_VALUE, Long.MAX_VALUE, 0);
        }

        private void missing(Hole hole) {
            if (visitor == null) {
                tree.holes().add(hole);
            }
        }

        void subtree(int page, long above, long upTo, int depth) throws IOException {
            if (depth > DEEPEST || !takes(page)) {
                if (visitor == null && ownership.exists(page) && ownership.owner(page) != Ownership.NOBODY) {
                    tree.contests().add(new Tree.Contest(page, above, upTo));
                }
                missing(new Hole(above, upTo, page));
                return;
            }
            Optional<PageImage> image = tree.rowidsMatter()
                    ? choose(page, above, upTo, depth == 0)
                    : choose(page, Long.MIN_VALUE, Long.MAX_VALUE, depth == 0);
            if (image.isEmpty()) {
                missing(new Hole(above, upTo, page));
                return;
            }
            PageImage found = image.get();
            if (visitor == null) {
                ownership.own(page, tree.number());
                tree.countPage();
                if (!found.sound()) {
                    tree.noteUnsoundPage();
                }
                if (!found.btree().exact()
                        && tree.ofTable()
                        && found.btree().kind().isLeaf()) {
                    // Its lost cells may have copies elsewhere.
                    tree.damagedPages().set(page);
                }
            } else {
                visited.set(page);
            }
            if (found.btree().headerLost()) {
                // It may have been an interior page with more under it; not beside leaves.
                missing(new Hole(above, upTo, page));
            }
            if (found.btree().kind().isLeaf()) {
                if (visitor != null) {
                    visitor.page(found);
                } else {
                    leaf(found);
                }
                return;
            }
            if (!tree.ofTable() && visitor != null) {
                visitor.page(found);
            }
            children(found, depth);
        }

        /** Keeps what tells later whether this leaf is at its place. */
        private void leaf(PageImage image) {
            BtreePage btree = image.btree();
            if (!btree.exact() || btree.count() == 0) {
                return;
            }
            ownership.digest(
                    image.page(),
                    Bytes.digest(btree.bytes(), 0, store.geometry().usable()));
            tree.wholeLeaf(image.page());
            long first = 0;
            long last = 0;
            if (tree.ofTable() && cursor.moveTo(btree.bytes(), btree.cell(0), btree.kind())) {
                first = cursor.rowid();
                if (cursor.moveTo(btree.bytes(), btree.cell(btree.count() - 1), btree.kind())) {
                    last = cursor.rowid();
                }
            }
            Tree.Misfit facts = new Tree.Misfit(image.page(), image.above(), image.upTo(), first, last);
            if (tree.ofTable() && image.upTo() != Long.MAX_VALUE && last != image.upTo()) {
                tree.misfits().add(facts);
            } else if (first - 1 != image.above()
                    && image.above() != Long.MIN_VALUE
                    && tree.ofTable()
                    && tree.gaps().size() < Tree.MOST_ODD_LEAVES) {
                tree.gaps().add(facts);
            } else if (tree.ofTable() && image.upTo() == Long.MAX_VALUE && image.above() != Long.MIN_VALUE) {
                tree.lastLeaf(facts);
            }
            if (isExpected(btree)) {
                tree.countExpectedLeaf();
            } else if (tree.oddLeaves().size() < Tree.MOST_ODD_LEAVES) {
                tree.oddLeaves().add(facts);
            }
        }

        /** Whether the first or the last row is; one of them may be damaged. */
        private boolean isExpected(BtreePage btree) {
            for (int i : new int[] {0, btree.count() - 1}) {
                if (cursor.moveTo(btree.bytes(), btree.cell(i), btree.kind())
                        && tree.expected().accepts(btree.bytes(), cursor)) {
                    return true;
                }
            }
            return false;
        }

        private boolean takes(int page) {
            if (!ownership.exists(page)) {
                return false;
            }
            return visitor == null
                    ? ownership.owner(page) == Ownership.NOBODY
                    : ownership.owner(page) == tree.number() && !visited.get(page);
        }

        private void children(PageImage image, int depth) throws IOException {
            BtreePage btree = withLostCells(image);
            int holesBefore = tree.holes().size();
            long above = image.above();
            boolean unknown = btree.pointers() < btree.count();
            boolean unknownPlaces = unknown;
            int gapsBefore = tree.gaps().size();
            int oddFlag = oddFlag(btree);
            for (int i = 0; i < btree.pointers(); i++) {
                if (btree.cell(i) < 0 || !cursor.moveTo(btree.bytes(), btree.cell(i), btree.kind())) {
                    unknown = true;
                    continue;
                }
                int child = (int) Math.min(cursor.leftChild(), Integer.MAX_VALUE);
                if (!tree.ofTable()) {
                    child(child, above, image.upTo(), depth + 1, oddFlag);
                    continue;
                }
                long key = cursor.rowid();
                boolean keyFits = key > above && key <= image.upTo();
                long end = keyFits ? key : nextKey(btree, i + 1, above, image.upTo());
                child(child, above, end, depth + 1, oddFlag);
                if (unknown) {
                    missing(new Hole(above, end, 0));
                    unknown = false;
                }
                if (keyFits) {
                    above = key;
                }
            }
            if (unknown) {
                missing(new Hole(above, image.upTo(), 0));
            }
            if (!btree.headerLost()) {
                child((int) Math.min(btree.rightChild(), Integer.MAX_VALUE), above, image.upTo(), depth + 1, oddFlag);
            }
            if (visitor == null && unknownPlaces) {
                // Of children that are lost with their keys nothing tells which: they were where rows are missing.
                for (Tree.Misfit gap :
                        tree.gaps().subList(gapsBefore, tree.gaps().size())) {
                    missing(new Hole(gap.above(), gap.first() - 1, 0));
                }
            }
            if (visitor == null && tree.holes().size() > holesBefore && tree.ofTable()) {
                markDead(btree, tree.holes().subList(holesBefore, tree.holes().size()));
            }
        }

        /** The first key of the cells from one on that can be at its place: keys ascend. */
        private long nextKey(BtreePage parent, int from, long above, long upTo) {
            for (int i = from; i < parent.pointers(); i++) {
                if (parent.cell(i) >= 0 && cursor.moveTo(parent.bytes(), parent.cell(i), parent.kind())) {
                    if (cursor.rowid() > above && cursor.rowid() <= upTo) {
                        return cursor.rowid();
                    }
                }
            }
            return upTo;
        }

        private void child(int page, long above, long upTo, int depth, int oddFlag) throws IOException {
            if (oddFlag != NO_FLAG && ownership.exists(page) && store.firstByte(page) == oddFlag && isWhole(page)) {
                missing(new Hole(above, upTo, page));
            } else {
                subtree(page, above, upTo, depth);
            }
        }

        /** Whether a page is what its first byte says; that byte itself may be damaged. */
        private boolean isWhole(int page) throws IOException {
            byte[] bytes = store.newest(page);
            Optional<PageKind> kind = PageKind.of(Bytes.u8(bytes, 0));
            return kind.isPresent()
                    && BtreePage.read(bytes, page, kind.get(), store.geometry(), cursor)
                            .exact();
        }

        /**
         * All leaves of a tree are equally deep: among children most of which are leaves, an interior page is another's, and the other way round.
         */
        private int oddFlag(BtreePage parent) throws IOException {
            if (visitor != null) {
                return NO_FLAG;
            }
            PageKind leaf = tree.ofTable() ? PageKind.TABLE_LEAF : PageKind.INDEX_LEAF;
            PageKind interior = tree.ofTable() ? PageKind.TABLE_INTERIOR : PageKind.INDEX_INTERIOR;
            int leaves = 0;
            int interiors = 0;
            for (int i = 0; i <= parent.pointers(); i++) {
                long child = 0;
                if (i == parent.pointers()) {
                    child = parent.headerLost() ? 0 : parent.rightChild();
                } else if (parent.cell(i) >= 0 && cursor.moveTo(parent.bytes(), parent.cell(i), parent.kind())) {
                    child = cursor.leftChild();
                }
                if (ownership.exists(child)) {
                    int flag = store.firstByte((int) child);
                    leaves += flag == leaf.flag() ? 1 : 0;
                    interiors += flag == interior.flag() ? 1 : 0;
                }
            }
            if (leaves > interiors || (leaves > 0 && leaves == interiors && tree.ofTable() && leadsToOthers(parent))) {
                return interiors == 0 ? NO_FLAG : interior.flag();
            }
            return leaves > 0 && interiors > leaves ? leaf.flag() : NO_FLAG;
        }

        /** Whether the interior pages among the children of a page lead to whole leaves, none of which could be one of this tree. */
        private boolean leadsToOthers(BtreePage parent) throws IOException {
            int others = 0;
            for (int i = 0; i <= parent.pointers(); i++) {
                long child = i == parent.pointers() ? parent.headerLost() ? 0 : parent.rightChild() : child(parent, i);
                if (!ownership.exists(child) || store.firstByte((int) child) != PageKind.TABLE_INTERIOR.flag()) {
                    continue;
                }
                BtreePage interior = BtreePage.read(
                        store.newest((int) child), (int) child, PageKind.TABLE_INTERIOR, store.geometry(), cursor);
                for (int k = 0; k < interior.pointers(); k++) {
                    long leaf = child(interior, k);
                    if (ownership.exists(leaf) && store.firstByte((int) leaf) == PageKind.TABLE_LEAF.flag()) {
                        BtreePage below = BtreePage.read(
                                store.newest((int) leaf), (int) leaf, PageKind.TABLE_LEAF, store.geometry(), cursor);
                        if (below.exact() && fits(below, Long.MIN_VALUE, Long.MAX_VALUE, false)) {
                            return false;
                        }
                        others += below.exact() ? 1 : 0;
                    }
                }
            }
            return others > 0;
        }

        /** The child that a cell of an interior page names; 0 if the cell cannot be read. */
        private long child(BtreePage interior, int cell) {
            return interior.cell(cell) >= 0 && cursor.moveTo(interior.bytes(), interior.cell(cell), interior.kind())
                    ? cursor.leftChild()
                    : 0;
        }

        /** All children of a page are leaves if one is: of those that cannot be read nothing is left elsewhere. */
        private void markDead(BtreePage parent, List<Hole> holes) throws IOException {
            boolean overLeaves = false;
            for (int i = 0; i < parent.pointers() && !overLeaves; i++) {
                overLeaves = parent.cell(i) >= 0
                        && cursor.moveTo(parent.bytes(), parent.cell(i), parent.kind())
                        && isLeafOfTree(cursor.leftChild());
            }
            if (overLeaves || isLeafOfTree(parent.rightChild())) {
                for (ListIterator<Hole> each = holes.listIterator(); each.hasNext(); ) {
                    Hole hole = each.next();
                    if (ownership.isCutOff(hole.page())
                            || (hole.page() != 0 && ownership.exists(hole.page()) && isUnreadable(hole.page()))) {
                        each.set(new Hole(hole.above(), hole.upTo(), hole.page(), true));
                    }
                }
            }
        }

        private boolean isLeafOfTree(long page) throws IOException {
            return ownership.exists(page)
                    && ownership.owner((int) page) == tree.number()
                    && Bytes.u8(store.newest((int) page), 0) == PageKind.TABLE_LEAF.flag();
        }

        private boolean isOthers(int page) {
            int owner = ownership.owner(page);
            return owner != Ownership.NOBODY && owner != tree.number();
        }

        /** Whether no version of a page is whole as what its first byte says. */
        private boolean isUnreadable(int page) throws IOException {
            if (page == SCHEMA_ROOT || isOthers(page)) {
                // Not the page is damaged but what names it.
                return false;
            }
            for (PageVersion version : store.versions(page)) {
                byte[] bytes = store.read(page, version);
                Optional<PageKind> kind = PageKind.of(Bytes.u8(bytes, 0));
                if (kind.isPresent()
                        && BtreePage.read(bytes, page, kind.get(), store.geometry(), cursor)
                                .exact()) {
                    return false;
                }
            }
            return true;
        }

        /** Adds the cells of an interior page of a table whose pointers are lost. */
        private BtreePage withLostCells(PageImage image) {
            BtreePage btree = image.btree();
            if (btree.exact() || btree.headerLost() || !tree.ofTable() || btree.readable() == btree.count()) {
                return btree;
            }
            List<Integer> cells = new ArrayList<>();
            for (int i = 0; i < btree.pointers(); i++) {
                // A pointer that leads into the middle of a cell hides that cell, and the next.
                if (ownership.exists(child(btree, i))) {
                    cells.add(btree.cell(i));
                }
            }
            int[] known = cells.stream().mapToInt(Integer::intValue).toArray();
            for (int found : search.find(btree, known, false, new ChildCheck(image.above(), image.upTo()))) {
                cells.add(found);
            }
            return cells.size() == known.length
                    ? btree
                    : btree.withCells(
                            byKey(
                                    btree,
                                    cells.stream().mapToInt(Integer::intValue).toArray()),
                            true);
        }

        /** The newest version of a page that can be at this place of this tree. */
        private Optional<PageImage> choose(int page, long above, long upTo, boolean root) throws IOException {
            List<PageVersion> versions = store.versions(page);
            for (int i = 0; i < versions.size(); i++) {
                PageVersion version = versions.get(i);
                byte[] bytes = store.read(page, version);
                Optional<BtreePage> read = read(bytes, page, above, upTo, root);
                if (read.isPresent() && !leadsToUnfinished(read.get(), versions, version)) {
                    return Optional.of(
                            new PageImage(page, version, i, read.get(), store.available(version), above, upTo));
                }
                if (i + 1 < versions.size() && isElsewhereInTree(bytes, page)) {
                    // Its place moved after the version of its parent that is left; older rows would be ghosts.
                    return Optional.empty();
                }
            }
            return Optional.empty();
        }

        /** Whether an interior page is from the transaction that the journal undoes: pages that it leads to hold rows that never were committed. */
        private boolean leadsToUnfinished(BtreePage page, List<PageVersion> versions, PageVersion version) {
            return !page.kind().isLeaf()
                    && version.source() == PageVersion.Source.MAIN
                    && versions.get(0).source().isJournal();
        }

        private boolean isElsewhereInTree(byte[] bytes, int page) throws IOException {
            if (!tree.ofTable() || Bytes.u8(bytes, BtreePage.headerOffset(page)) != PageKind.TABLE_LEAF.flag()) {
                return false;
            }
            BtreePage leaf = BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
            return leaf.exact() && leaf.count() > 0 && fits(leaf, Long.MIN_VALUE, Long.MAX_VALUE, false);
        }

        private Optional<BtreePage> read(byte[] bytes, int page, long above, long upTo, boolean root)
                throws IOException {
            int flag = Bytes.u8(bytes, BtreePage.headerOffset(page));
            Optional<BtreePage> asSaid = Optional.empty();
            boolean whole = false;
            for (PageKind kind : tree.ofTable() ? TABLE_KINDS : INDEX_KINDS) {
                BtreePage guess = BtreePage.read(bytes, page, kind, store.geometry(), cursor);
                boolean said = flag == kind.flag();
                whole |= guess.exact() && (said || guess.count() > 0);
                if ((said || (guess.exact() && guess.count() > 0)) && fits(guess, above, upTo, root)) {
                    if (guess.exact()) {
                        return Optional.of(guess);
                    }
                    asSaid = Optional.of(guess);
                }
            }
            // A whole page that does not fit here belongs elsewhere.
            return asSaid.isPresent() || whole ? asSaid : readRaw(bytes, page, above, upTo);
        }

        /** Nothing of the header helps: the cells themselves may. */
        private Optional<BtreePage> readRaw(byte[] bytes, int page, long above, long upTo) throws IOException {
            Optional<BtreePage> best = Optional.empty();
            int most = 0;
            for (PageKind kind : PageKind.values()) {
                if (kind.isTable() != tree.ofTable()) {
                    continue;
                }
                BtreePage asSaid = BtreePage.read(bytes, page, kind, store.geometry(), cursor);
                CellSearch.Check check =
                        kind == PageKind.TABLE_INTERIOR ? new ChildCheck(above, upTo) : bounded(above, upTo);
                if (kind.isLeaf() && Bytes.u8(bytes, BtreePage.headerOffset(page)) == kind.flag()) {
                    BtreePage unpointed = asSaid.withoutPointers();
                    if (unpointed.headerMayHold(store.geometry().usable())
                            && unpointed.headerConfirms(search.find(unpointed, new int[0], true, check))) {
                        return Optional.of(unpointed);
                    }
                }
                BtreePage raw = asSaid.asDamaged();
                int[] known = kind.isLeaf()
                        ? raw.cellsWhilePointersHold(store.geometry().usable(), cursor, check)
                        : new int[0];
                if (known.length == 1) {
                    // One may be chance.
                    known = new int[0];
                }
                int[] cells = search.find(raw, known, false, check);
                boolean keyed = kind == PageKind.TABLE_INTERIOR;
                boolean confirmed = keyed && (cells.length > 1 || (cells.length == 1 && endsPage(raw, cells[0])));
                if (confirmed) {
                    cells = withDamagedChildren(raw, cells, above, upTo);
                }
                // Children that end with just these keys are no chance; the rows may be left of before the page had
                // children.
                int weight = confirmed ? Integer.MAX_VALUE : known.length + cells.length;
                if (weight > most) {
                    most = weight;
                    best = Optional.of(
                            keyed || known.length > 0 ? raw.withCells(keyed ? byKey(raw, cells) : known, false) : raw);
                }
            }
            return best;
        }

        /** Whether a cell lies where the first of a page does, at its very end. */
        private boolean endsPage(BtreePage page, int cell) {
            return cursor.moveTo(page.bytes(), cell, page.kind())
                    && cursor.end() == store.geometry().usable();
        }

        /**
         * Adds the cells whose children are damaged, so that nothing confirms their keys: where the pointers are at hand, and lead to all the others too.
         *
         * @param confirmed offsets of cells whose children end with their keys
         */
        private int[] withDamagedChildren(BtreePage raw, int[] confirmed, long above, long upTo) {
            int[] pointed = raw.cellsWhilePointersHold(
                    store.geometry().usable(),
                    cursor,
                    (bytes, cell) -> cell.leftChild() >= 2
                            && ownership.exists(cell.leftChild())
                            && cell.rowid() > above
                            && cell.rowid() <= upTo);
            boolean all = IntStream.of(confirmed)
                    .allMatch(cell -> IntStream.of(pointed).anyMatch(at -> at == cell));
            return all ? pointed : confirmed;
        }

        private int[] byKey(BtreePage page, int[] cells) {
            List<Integer> sorted = new ArrayList<>();
            for (int cell : cells) {
                sorted.add(cell);
            }
            sorted.sort(Comparator.comparingLong(cell -> {
                cursor.moveTo(page.bytes(), cell, page.kind());
                return cursor.rowid();
            }));
            return sorted.stream().mapToInt(Integer::intValue).toArray();
        }

        /** An interior cell whose pointer is lost is believed if the last row of its child has its key. */
        private final class ChildCheck implements CellSearch.Check {
            private final CellCursor childCursor = new CellCursor(store.geometry(), store.largestPayload());
            private final long above;
            private final long upTo;

            ChildCheck(long above, long upTo) {
                this.above = above;
                this.upTo = upTo;
            }

            @Override
            public boolean accepts(byte[] bytes, CellCursor cell) {
                if (!ownership.exists(cell.leftChild())
                        || cell.leftChild() < 2
                        || cell.rowid() <= above
                        || cell.rowid() > upTo
                        || !takes((int) cell.leftChild())) {
                    return false;
                }
                try {
                    int child = (int) cell.leftChild();
                    BtreePage leaf = BtreePage.read(
                            store.newest(child), child, PageKind.TABLE_LEAF, store.geometry(), childCursor);
                    return leaf.exact()
                            && leaf.count() > 0
                            && childCursor.moveTo(leaf.bytes(), leaf.cell(leaf.count() - 1), PageKind.TABLE_LEAF)
                            && childCursor.rowid() == cell.rowid();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        private CellSearch.Check bounded(long above, long upTo) {
            return (bytes, cell) -> (!tree.ofTable() || (Hole.isAbove(cell.rowid(), above) && cell.rowid() <= upTo))
                    && tree.check().accepts(bytes, cell);
        }

        private boolean fits(BtreePage btree, long above, long upTo, boolean root) throws IOException {
            if (btree.exact() && btree.count() == 1 && btree.kind().isLeaf()) {
                return cursor.moveTo(btree.bytes(), btree.cell(0), btree.kind())
                        && bounded(above, upTo).accepts(btree.bytes(), cursor);
            }
            if (btree.count() == 0) {
                // Page 1 has less room than its only child where what that child holds would not fit beside the file's
                // header.
                return btree.exact() && root && (btree.kind().isLeaf() || leadsOn(btree.rightChild()));
            }
            if (!btree.kind().isLeaf()) {
                return interiorFits(btree, above, upTo);
            }
            // The accounting of an exact page vouches for what lies between its first and its last cell.
            if (btree.exact() && misfits(btree, above, upTo, Math.max(1, btree.count() - 1)) == 0) {
                return true;
            }
            int bad = misfits(btree, above, upTo, 1);
            if (!btree.exact()) {
                return isOnlyHeader(btree)
                        || bad * 2 < btree.readable()
                        || (bad < btree.readable() && btree.pointersConfirmContentStart());
            }
            return bad * FITTING_FOR_EACH_DAMAGED < btree.count()
                    && (!tree.ofTable() || endsAreDamaged(btree, above, upTo));
        }

        /** Whether all cells of a page are lost, but what says where they were is sound: then what lies before them are no rows of the page. */
        private boolean isOnlyHeader(BtreePage leaf) {
            return leaf.pointersHold(store.geometry().usable())
                    && IntStream.range(0, leaf.pointers())
                            .noneMatch(i -> leaf.cell(i) >= 0
                                    && cursor.moveTo(leaf.bytes(), leaf.cell(i), leaf.kind())
                                    && anyRecord.accepts(leaf.bytes(), cursor));
        }

        /** Whether a leaf is in place although its first or its last row is not: with one bit of its rowid changed back, the row would be. */
        private boolean endsAreDamaged(BtreePage leaf, long above, long upTo) {
            int last = leaf.count() - 1;
            long second = rowid(leaf, 1);
            long secondLast = rowid(leaf, last - 1);
            return second > above
                    && secondLast <= upTo
                    && isOneBitFrom(rowid(leaf, 0), above, second - 1)
                    && isOneBitFrom(rowid(leaf, last), secondLast, upTo);
        }

        private long rowid(BtreePage leaf, int cell) {
            cursor.moveTo(leaf.bytes(), leaf.cell(cell), leaf.kind());
            return cursor.rowid();
        }

        private static boolean isOneBitFrom(long rowid, long above, long upTo) {
            boolean found = rowid > above && rowid <= upTo;
            for (int bit = 0; bit < Long.SIZE && !found; bit++) {
                long before = rowid ^ (1L << bit);
                found = before > above && before <= upTo;
            }
            return found;
        }

        /** How many cells cannot be at this place. */
        private int misfits(BtreePage btree, long above, long upTo, int step) {
            int bad = 0;
            for (int i = 0; i < btree.pointers(); i += step) {
                if (btree.cell(i) >= 0
                        && cursor.moveTo(btree.bytes(), btree.cell(i), btree.kind())
                        && !bounded(above, upTo).accepts(btree.bytes(), cursor)) {
                    bad++;
                }
            }
            return bad;
        }

        private boolean interiorFits(BtreePage btree, long above, long upTo) throws IOException {
            // With a damaged header the right child may be any number; one that is a page of such a tree is none by
            // chance.
            boolean right = btree.exact() ? isOrWasPage(btree.rightChild()) : leadsOn(btree.rightChild());
            int good = right ? 1 : 0;
            int bad = isOrWasPage(btree.rightChild()) ? 0 : 1;
            int outside = 0;
            boolean ascends = true;
            long previous = Long.MIN_VALUE;
            for (int i = 0; i < btree.pointers(); i++) {
                if (btree.cell(i) >= 0 && cursor.moveTo(btree.bytes(), btree.cell(i), btree.kind())) {
                    ascends &= i == 0 || cursor.rowid() > previous;
                    previous = cursor.rowid();
                    if (isOrWasPage(cursor.leftChild())) {
                        good++;
                    } else {
                        bad++;
                    }
                    outside += cursor.rowid() <= above || cursor.rowid() > upTo ? 1 : 0;
                }
            }
            if (btree.exact() && tree.ofTable() && outside * 2 > btree.count()) {
                // Its keys are those of another place.
                return false;
            }
            // A whole page with keys in order is one, though the end of the file, where most of its children were, be
            // lost.
            boolean whole = btree.exact() && btree.count() > 1 && tree.ofTable() && ascends;
            return good > (whole ? 0 : bad);
        }

        private boolean isOrWasPage(long page) {
            return ownership.exists(page) || ownership.isCutOff(page);
        }

        private boolean leadsOn(long page) throws IOException {
            return ownership.exists(page)
                    && PageKind.of(Bytes.u8(store.newest((int) page), 0))
                            .filter(kind -> kind.isTable() == tree.ofTable())
                            .isPresent();
        }
    }
}
