package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.CellSearch;
import org.healingsqlite.format.PageKind;
import org.jspecify.annotations.Nullable;

/**
 * Finds leaves that stand in the wrong place of a tree and yet fit there: written to the wrong page, or exchanged with another. The same content
 * in two places is right in the place whose bounds it meets exactly; two leaves that each meet the other's bounds were exchanged. What is
 * found out of place is left to the search for strays.
 */
final class MisplacedPages {

    private final PageStore store;
    private final Ownership ownership;
    private final IndexEvidence evidence;
    private final boolean strays;
    private final List<TableTree> tables;
    private final Map<Integer, TableTree> byNumber = new HashMap<>();
    private final List<Integer> ambiguous = new ArrayList<>();

    /** @param strays whether there are leaves that no tree leads to: only then has a root lost its children */
    MisplacedPages(
            PageStore store, Ownership ownership, List<TableTree> tables, IndexEvidence evidence, boolean strays) {
        this.evidence = evidence;
        this.strays = strays;
        this.store = store;
        this.ownership = ownership;
        this.tables = tables;
        for (TableTree table : tables) {
            byNumber.put(table.tree().number(), table);
        }
    }

    /** Pages of which nobody can tell in which of two places they are right. */
    List<Integer> ambiguous() {
        return ambiguous;
    }

    void release() throws IOException {
        releaseContested();
        releaseCopies();
        releaseRoots();
        releaseRootsExchangedWithChildren();
        releaseDeniedRoots();
        releaseExchanged();
        releaseExchangedWithStray();
        releaseOdd();
    }

    /**
     * Rows with text where all others have numbers, or with fewer fields than all others, are likely another table's; if not, the search for strays gives
     * them back. Where there are strays, one of which may be what belongs there, fewer others will do. Rows that end with the very one that the parent's key names
     * are in place.
     */
    private void releaseOdd() {
        for (TableTree table : tables) {
            if (table.tree().oddStandsOut(strays ? 1 : 3)) {
                for (Tree.Misfit odd : table.tree().oddLeaves()) {
                    boolean meetsKey = table.tree().ofTable() && odd.last() == odd.upTo() && odd.first() > odd.above();
                    if (ownership.owner(odd.page()) == table.tree().number()
                            && odd.page() != table.tree().rootPage()
                            && !meetsKey) {
                        ownership.own(odd.page(), Ownership.NOBODY);
                        table.tree().holes().add(new Hole(odd.above(), odd.upTo(), odd.page()));
                    }
                }
            }
        }
    }

    /**
     * A leaf that two tables name, because a pointer or a root's number is damaged: it is right where its last row is the one that the parent's key
     * names. If nothing tells, it is nobody's.
     */
    private void releaseContested() throws IOException {
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        for (TableTree challenger : tables) {
            for (Tree.Contest contest : challenger.tree().contests()) {
                TableTree holder = byNumber.get(ownership.owner(contest.page()));
                if (holder == null
                        || holder == challenger
                        || !holder.tree().ofTable()
                        || !challenger.tree().ofTable()
                        || !holdsOnly(contest.page(), challenger.tree().expected())) {
                    continue;
                }
                BtreePage leaf = BtreePage.read(
                        store.newest(contest.page()), contest.page(), PageKind.TABLE_LEAF, store.geometry(), cursor);
                cursor.moveTo(leaf.bytes(), leaf.cell(0), leaf.kind());
                long first = cursor.rowid();
                cursor.moveTo(leaf.bytes(), leaf.cell(leaf.count() - 1), leaf.kind());
                long last = cursor.rowid();
                Tree.Misfit misfit = misfit(holder, contest.page());
                boolean fits = first > contest.above() && last <= contest.upTo();
                boolean meets = last == contest.upTo();
                if (fits && (meets || misfit != null || contest.upTo() == Long.MAX_VALUE)) {
                    ownership.own(contest.page(), Ownership.NOBODY);
                    ownership.markFree(contest.page());
                    ambiguous.add(contest.page());
                    holder.tree().holes().add(new Hole(Long.MIN_VALUE, Long.MAX_VALUE, contest.page()));
                }
            }
        }
    }

    private void releaseCopies() throws IOException {
        long[] keys = new long[ownership.pageCount() + 1];
        int count = 0;
        for (int page = 1; page <= ownership.pageCount(); page++) {
            if (ownership.digest(page) != 0 && ownership.owner(page) != Ownership.NOBODY) {
                keys[count++] = ((long) ownership.digest(page) << 32) | page;
            }
        }
        Arrays.sort(keys, 0, count);
        for (int i = 1; i < count; i++) {
            if (keys[i] >> 32 == keys[i - 1] >> 32) {
                copies((int) keys[i - 1], (int) keys[i]);
            }
        }
    }

    private void copies(int one, int other) throws IOException {
        int usable = store.geometry().usable();
        byte[] oneBytes = store.newest(one);
        if (!Arrays.equals(oneBytes, 0, usable, store.newest(other), 0, usable)) {
            return;
        }
        TableTree oneTable = byNumber.get(ownership.owner(one));
        TableTree otherTable = byNumber.get(ownership.owner(other));
        if (oneTable == null
                || otherTable == null
                || oneTable == otherTable
                || !oneTable.tree().ofTable()) {
            // In one table the rows are the same rows; in an index they are nobody's.
            return;
        }
        if (hasAlias(oneTable) != hasAlias(otherTable)
                && holdsOnly(one, oneTable.tree().check())) {
            // Rows whose first column is never there are those of the table that keeps it as the rowid.
            TableTree wrong = hasAlias(oneTable) ? otherTable : oneTable;
            int page = wrong == oneTable ? one : other;
            if (wrong.tree().rootPage() == page) {
                dropRoot(wrong);
                return;
            }
        }
        boolean oneIsRoot = oneTable.tree().rootPage() == one;
        boolean otherIsRoot = otherTable.tree().rootPage() == other;
        if (oneIsRoot && otherIsRoot && strays) {
            copiesAtRoots(oneTable, otherTable);
            return;
        }
        if (oneIsRoot != otherIsRoot) {
            // A root has no parent whose key would speak for it.
            TableTree placed = oneIsRoot ? otherTable : oneTable;
            TableTree rooted = oneIsRoot ? oneTable : otherTable;
            Tree.@Nullable Misfit misfit = misfit(placed, oneIsRoot ? other : one);
            boolean bounded = misfit == null || misfit.above() != Long.MIN_VALUE;
            if (bounded || straysFit(rooted)) {
                dropRoot(rooted);
                if (!strays) {
                    ambiguous.add(oneIsRoot ? one : other);
                }
                return;
            }
        }
        Tree.@Nullable Misfit oneMisfit = misfit(oneTable, one);
        Tree.@Nullable Misfit otherMisfit = misfit(otherTable, other);
        if (oneMisfit != null && otherMisfit == null) {
            drop(oneTable, oneMisfit);
        } else if (otherMisfit != null && oneMisfit == null) {
            drop(otherTable, otherMisfit);
        } else if (oneMisfit == null && otherMisfit == null) {
            // Of two that fit, the one behind a gap is less likely to be at its place.
            Tree.@Nullable Misfit oneGap = gap(oneTable, one);
            Tree.@Nullable Misfit otherGap = gap(otherTable, other);
            if (oneGap != null && otherGap == null) {
                drop(oneTable, oneGap);
                ambiguous.add(one);
            } else if (otherGap != null && oneGap == null) {
                drop(otherTable, otherGap);
                ambiguous.add(other);
            } else if (oneGap != null && otherGap != null && meetsKey(oneGap) != meetsKey(otherGap)) {
                drop(meetsKey(oneGap) ? otherTable : oneTable, meetsKey(oneGap) ? otherGap : oneGap);
                ambiguous.add(meetsKey(oneGap) ? other : one);
            }
        } else if (oneMisfit != null && otherMisfit != null) {
            boolean oneMeets = oneMisfit.first() - 1 == oneMisfit.above();
            boolean otherMeets = otherMisfit.first() - 1 == otherMisfit.above();
            if (oneMeets != otherMeets) {
                drop(oneMeets ? otherTable : oneTable, oneMeets ? otherMisfit : oneMisfit);
            } else {
                drop(oneTable, oneMisfit);
                drop(otherTable, otherMisfit);
                ambiguous.add(one);
            }
        }
    }

    /** Whether a key says that the leaf ends where it does. The last leaf of a tree has none. */
    private static boolean meetsKey(Tree.Misfit leaf) {
        return leaf.upTo() == leaf.last();
    }

    /** Two roots with the same rows, while some root lost its children: an index or the types of the columns tell which, or what was lost. If nothing tells, the rows are nobody's. */
    private void copiesAtRoots(TableTree one, TableTree other) throws IOException {
        boolean oneMissesLeaves = straysFit(one);
        boolean otherMissesLeaves = straysFit(other);
        if (!oneMissesLeaves && !otherMissesLeaves) {
            return;
        }
        int page = one.tree().rootPage();
        int otherPage = other.tree().rootPage();
        boolean oneKnown = evidence.knows(one, page);
        boolean oneExpects = holdsOnly(page, one.tree().expected());
        if (oneKnown != evidence.knows(other, otherPage)) {
            dropRoot(oneKnown ? other : one);
        } else if (oneExpects != holdsOnly(otherPage, other.tree().expected())) {
            dropRoot(oneExpects ? other : one);
        } else if (oneMissesLeaves != otherMissesLeaves) {
            dropRoot(oneMissesLeaves ? one : other);
        } else {
            dropRoot(one);
            dropRoot(other);
            ambiguous.add(page);
        }
    }

    /** Whether some leaf that no tree leads to could be one of a table. */
    private boolean straysFit(TableTree table) throws IOException {
        if (!strays) {
            return false;
        }
        for (int page = 2; page <= store.pageCount(); page++) {
            if (ownership.owner(page) == Ownership.NOBODY
                    && !ownership.isFree(page)
                    && store.firstByte(page) == PageKind.TABLE_LEAF.flag()
                    && holdsOnly(page, table.tree().check())) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasAlias(TableTree table) {
        TableShape shape = table.shape();
        return shape != null && shape.stored().stream().anyMatch(TableShape.Column::rowidAlias);
    }

    /** A table of one leaf whose copy is a stray, or whose rows fill a hole of some tree exactly, has lost its root to that leaf. */
    private void releaseRoots() throws IOException {
        Map<Integer, List<TableTree>> leaves = new HashMap<>();
        for (TableTree table : tables) {
            int root = table.tree().rootPage();
            if (table.tree().ofTable()
                    && ownership.exists(root)
                    && ownership.owner(root) == table.tree().number()
                    && ownership.digest(root) != 0) {
                leaves.computeIfAbsent(ownership.digest(root), d -> new ArrayList<>())
                        .add(table);
            }
        }
        if (leaves.isEmpty()) {
            return;
        }
        int usable = store.geometry().usable();
        for (int page = 2; page <= store.pageCount(); page++) {
            if (ownership.owner(page) != Ownership.NOBODY || ownership.isFree(page)) {
                continue;
            }
            byte[] bytes = store.newest(page);
            if (Bytes.u8(bytes, 0) != PageKind.TABLE_LEAF.flag()) {
                continue;
            }
            for (TableTree table : leaves.getOrDefault(Ownership.digestOf(Bytes.digest(bytes, 0, usable)), List.of())) {
                int root = table.tree().rootPage();
                if (ownership.owner(root) == table.tree().number()
                        && Arrays.equals(bytes, 0, usable, store.newest(root), 0, usable)) {
                    dropRoot(table);
                }
            }
        }
    }

    /** Whether a page is a whole table leaf with nothing but such cells. */
    private boolean holdsOnly(int page, CellSearch.Check check) throws IOException {
        byte[] bytes = store.newest(page);
        if (Bytes.u8(bytes, 0) != PageKind.TABLE_LEAF.flag()) {
            return false;
        }
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        BtreePage leaf = BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
        if (!leaf.exact() || leaf.count() == 0) {
            return false;
        }
        for (int i = 0; i < leaf.count(); i++) {
            if (!cursor.moveTo(bytes, leaf.cell(i), leaf.kind()) || !check.accepts(bytes, cursor)) {
                return false;
            }
        }
        return true;
    }

    private void dropRoot(TableTree table) {
        int root = table.tree().rootPage();
        ownership.own(root, Ownership.NOBODY);
        ownership.markFree(root);
        table.tree().holes().add(new Hole(Long.MIN_VALUE, Long.MAX_VALUE, root));
    }

    private static Tree.@Nullable Misfit misfit(TableTree table, int page) {
        for (Tree.Misfit misfit : table.tree().misfits()) {
            if (misfit.page() == page) {
                return misfit;
            }
        }
        return null;
    }

    private static Tree.@Nullable Misfit gap(TableTree table, int page) {
        for (Tree.Misfit gap : table.tree().gaps()) {
            if (gap.page() == page) {
                return gap;
            }
        }
        return null;
    }

    /** The page is a copy of rows that are elsewhere: nobody's, and its place is a hole. */
    private void drop(TableTree table, Tree.Misfit misfit) {
        ownership.own(misfit.page(), Ownership.NOBODY);
        ownership.markFree(misfit.page());
        table.tree().holes().add(new Hole(misfit.above(), misfit.upTo(), misfit.page()));
        table.tree().misfits().remove(misfit);
    }

    /** Whether some tree misses exactly these rows, at both ends; a first leaf has only one. */
    private boolean meetsHole(Tree.Misfit misfit) {
        return tables.stream()
                .anyMatch(table -> table.tree().holes().stream()
                        .anyMatch(hole -> hole.page() != 0
                                && hole.upTo() == misfit.last()
                                && (hole.above() == misfit.first() - 1
                                        || (hole.above() == Long.MIN_VALUE
                                                && table.tree().isDense()))));
    }

    private static boolean meetsStart(Tree.Misfit content, Tree.Misfit place) {
        return place.above() == Long.MIN_VALUE || content.first() - 1 == place.above();
    }

    /** A leaf that was refused at its place, for it fits exactly where another is that would fit exactly here, was exchanged with that one. */
    private void releaseExchangedWithStray() throws IOException {
        for (TableTree table : tables) {
            for (Hole hole : List.copyOf(table.tree().holes())) {
                if (hole.page() < 2
                        || !ownership.exists(hole.page())
                        || ownership.owner(hole.page()) != Ownership.NOBODY
                        || !holdsOnly(hole.page(), (bytes, cell) -> true)) {
                    continue;
                }
                Ends stray = ends(hole.page());
                releaseExchangedWithLast(table, hole, stray);
                for (TableTree other : tables) {
                    for (Tree.Misfit gap : List.copyOf(other.tree().gaps())) {
                        if (ownership.owner(gap.page()) != other.tree().number()
                                || ownership.owner(hole.page()) != Ownership.NOBODY) {
                            continue;
                        }
                        if (changedPlaces(hole, stray, gap)) {
                            ownership.own(gap.page(), Ownership.NOBODY);
                            other.tree().holes().add(new Hole(gap.above(), gap.upTo(), gap.page()));
                        } else if (fitBetterExchanged(hole, stray, gap)
                                && holdsOnly(gap.page(), table.tree().check())
                                && holdsOnly(hole.page(), other.tree().check())) {
                            Hole left = new Hole(gap.above(), gap.upTo(), gap.page());
                            other.tree().holes().add(left);
                            give(gap.page(), new Ends(gap.first(), gap.last()), hole, table);
                            give(hole.page(), stray, left, other);
                        }
                    }
                }
            }
        }
    }

    /**
     * A leaf that reaches beyond its place and the last leaf of another tree, for which no key says where it ends, were exchanged if each begins where the
     * other should and the last leaf ends where the first should, if that is so of no third.
     */
    private void releaseExchangedWithLast(TableTree table, Hole hole, Ends stray) throws IOException {
        if (stray.first() - 1 != hole.above() || stray.last() <= hole.upTo()) {
            return;
        }
        @Nullable TableTree partner = null;
        for (TableTree other : tables) {
            Tree.Misfit last = other.tree().lastLeaf();
            if (other != table
                    && last != null
                    && ownership.owner(last.page()) == other.tree().number()
                    && last.first() - 1 == hole.above()
                    && last.last() == hole.upTo()
                    && holdsOnly(last.page(), table.tree().check())
                    && holdsOnly(hole.page(), other.tree().check())) {
                if (partner != null) {
                    return;
                }
                partner = other;
            }
        }
        Tree.Misfit last = partner == null ? null : partner.tree().lastLeaf();
        if (partner != null && last != null) {
            ownership.own(last.page(), Ownership.NOBODY);
            Hole place = new Hole(last.above(), last.upTo(), last.page());
            partner.tree().holes().add(place);
            give(hole.page(), stray, place, partner);
            give(last.page(), new Ends(last.first(), last.last()), hole, table);
        }
    }

    /** Whether the leaf at a gap fits the hole exactly, and the stray at the hole the gap. The last leaf of a tree has no end to meet. */
    private static boolean changedPlaces(Hole hole, Ends stray, Tree.Misfit gap) {
        boolean meetsStart = hole.above() == gap.first() - 1;
        boolean meetsEnd = hole.upTo() == gap.last();
        boolean strayMeetsStart = gap.above() == stray.first() - 1;
        boolean strayFits = stray.first() > gap.above() && (gap.upTo() == stray.last() || gap.upTo() == Long.MAX_VALUE);
        boolean oneFits = meetsStart && meetsEnd;
        boolean eachMeets = gap.first() > hole.above() && meetsEnd && strayMeetsStart;
        boolean bothAreLast = meetsStart && hole.upTo() == Long.MAX_VALUE && strayMeetsStart;
        return strayFits && (oneFits || eachMeets || bothAreLast);
    }

    /**
     * Whether the leaf at a gap is one of those between the two keys around a hole, and the leaf that was refused there closes the gap, or makes it
     * smaller.
     */
    private static boolean fitBetterExchanged(Hole hole, Ends stray, Tree.Misfit gap) {
        boolean isBounded = hole.above() != Long.MIN_VALUE && hole.upTo() != Long.MAX_VALUE;
        boolean fits = gap.first() > hole.above() && gap.last() <= hole.upTo();
        boolean strayFits = stray.first() > gap.above()
                && stray.last() <= gap.upTo()
                && !hole.contains(stray.first(), stray.last());
        return isBounded && fits && strayFits && stray.first() < gap.first();
    }

    /** The first and the last rowid of a leaf. */
    private record Ends(long first, long last) {}

    /** @param page a whole table leaf with rows */
    private Ends ends(int page) throws IOException {
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        byte[] bytes = store.newest(page);
        BtreePage leaf = BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
        cursor.moveTo(bytes, leaf.cell(0), leaf.kind());
        long first = cursor.rowid();
        cursor.moveTo(bytes, leaf.cell(leaf.count() - 1), leaf.kind());
        return new Ends(first, cursor.rowid());
    }

    private boolean isRootLeaf(TableTree table) throws IOException {
        int root = table.tree().rootPage();
        return table.tree().ofTable()
                && root > 1
                && ownership.exists(root)
                && ownership.owner(root) == table.tree().number()
                && holdsOnly(root, (bytes, cell) -> true);
    }

    private boolean isStray(Hole hole) {
        return hole.page() > 1
                && ownership.exists(hole.page())
                && ownership.owner(hole.page()) == Ownership.NOBODY
                && !ownership.isFree(hole.page());
    }

    /** A root that is a leaf with the very rows that another tree misses where what may be this root lies has changed places with it. */
    private void releaseRootsExchangedWithChildren() throws IOException {
        for (TableTree table : tables) {
            if (!isRootLeaf(table)) {
                continue;
            }
            int root = table.tree().rootPage();
            Ends ends = ends(root);
            @Nullable TableTree home = null;
            @Nullable Hole place = null;
            int places = 0;
            for (TableTree other : tables) {
                if (other == table || !other.tree().ofTable()) {
                    continue;
                }
                for (Hole hole : other.tree().holes()) {
                    if (meets(ends, hole)
                            && isStray(hole)
                            && mayBeRoot(hole.page(), table)
                            && holdsOnly(root, other.tree().check())) {
                        home = other;
                        place = hole;
                        places++;
                    }
                }
            }
            if (home != null && place != null && places == 1) {
                leaveRoot(table);
                give(root, ends, place, home);
            }
        }
    }

    private static boolean meets(Ends ends, Hole hole) {
        boolean meetsStart = hole.above() == ends.first() - 1;
        boolean meetsEnd = hole.upTo() == ends.last();
        return (meetsEnd && ends.first() > hole.above()) || (meetsStart && hole.upTo() == Long.MAX_VALUE);
    }

    /** Whether a page is empty, has only rows of the table, or leads to pages that no tree has, one with rows of the table among them. */
    private boolean mayBeRoot(int page, TableTree table) throws IOException {
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        byte[] bytes = store.newest(page);
        int flag = Bytes.u8(bytes, 0);
        if (flag == PageKind.TABLE_LEAF.flag()) {
            BtreePage leaf = BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
            return leaf.exact() && leaf.count() == 0
                    || holdsOnly(page, table.tree().expected());
        }
        if (flag != PageKind.TABLE_INTERIOR.flag()) {
            return false;
        }
        BtreePage interior = BtreePage.read(bytes, page, PageKind.TABLE_INTERIOR, store.geometry(), cursor);
        boolean leads = interior.exact();
        boolean fits = false;
        for (int i = 0; leads && i <= interior.count(); i++) {
            long child = interior.rightChild();
            if (i < interior.count()) {
                leads = cursor.moveTo(bytes, interior.cell(i), interior.kind());
                child = cursor.leftChild();
            }
            leads &= ownership.exists(child) && ownership.owner((int) child) == Ownership.NOBODY;
            fits |= leads
                    && (store.firstByte((int) child) == PageKind.TABLE_INTERIOR.flag()
                            || holdsOnly((int) child, table.tree().check()));
        }
        return leads && fits;
    }

    /** A root that is a leaf of rows that the table's index does not know, and a leaf elsewhere, out of place, that it does know: they were exchanged. */
    private void releaseDeniedRoots() throws IOException {
        for (TableTree table : tables) {
            if (!isRootLeaf(table)
                    || evidence.of(table).isEmpty()
                    || !evidence.denies(table, table.tree().rootPage())) {
                continue;
            }
            for (TableTree other : tables) {
                if (other != table && other.tree().ofTable() && exchangeDenied(table, other)) {
                    break;
                }
            }
        }
    }

    private boolean exchangeDenied(TableTree table, TableTree other) throws IOException {
        for (Tree.Misfit misfit : other.tree().misfits()) {
            if (ownership.owner(misfit.page()) == other.tree().number() && evidence.knows(table, misfit.page())) {
                other.tree().misfits().remove(misfit);
                Hole hole = new Hole(misfit.above(), misfit.upTo(), misfit.page());
                other.tree().holes().add(hole);
                exchangeDenied(table, other, hole);
                return true;
            }
        }
        for (Hole hole : other.tree().holes()) {
            if (isStray(hole) && holdsOnly(hole.page(), table.tree().check()) && evidence.knows(table, hole.page())) {
                exchangeDenied(table, other, hole);
                return true;
            }
        }
        return false;
    }

    private void exchangeDenied(TableTree table, TableTree other, Hole hole) throws IOException {
        int root = table.tree().rootPage();
        Ends ends = ends(root);
        leaveRoot(table);
        give(hole.page(), ends(hole.page()), new Hole(Long.MIN_VALUE, Long.MAX_VALUE, root), table);
        if (hole.contains(ends.first(), ends.last())
                && holdsOnly(root, other.tree().check())) {
            give(root, ends, hole, other);
        }
    }

    /** What lies at the root of a table is not the table's; but it is rows. */
    private void leaveRoot(TableTree table) {
        int root = table.tree().rootPage();
        ownership.own(root, Ownership.NOBODY);
        table.tree().holes().add(new Hole(Long.MIN_VALUE, Long.MAX_VALUE, root));
    }

    private void give(int page, Ends ends, Hole hole, TableTree table) {
        table.strays().add(new TableTree.Stray(page, 0, ends.first(), ends.last(), hole));
        ownership.own(page, table.tree().number());
    }

    private record Place(TableTree table, Tree.Misfit misfit) {}

    private void releaseExchanged() {
        Map<Long, List<Place>> byUpTo = new HashMap<>();
        for (TableTree table : tables) {
            for (Tree.Misfit misfit : table.tree().misfits()) {
                byUpTo.computeIfAbsent(misfit.upTo(), u -> new ArrayList<>()).add(new Place(table, misfit));
            }
        }
        List<Place> released = new ArrayList<>();
        for (TableTree table : tables) {
            for (Tree.Misfit here : table.tree().misfits()) {
                if (meetsHole(here)) {
                    released.add(new Place(table, here));
                    continue;
                }
                for (Place there : byUpTo.getOrDefault(here.last(), List.of())) {
                    if (there.misfit.first() > here.above()
                            && there.misfit.last() == here.upTo()
                            && meetsStart(here, there.misfit)
                            && meetsStart(there.misfit, here)
                            && table.tree().isDense()
                            && there.table.tree().isDense()) {
                        released.add(new Place(table, here));
                    }
                }
            }
        }
        for (Place place : released) {
            ownership.own(place.misfit.page(), Ownership.NOBODY);
            place.table.tree().holes().add(new Hole(place.misfit.above(), place.misfit.upTo(), place.misfit.page()));
            place.table.tree().misfits().remove(place.misfit);
        }
    }
}
