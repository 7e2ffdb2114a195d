package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.PointerMap;
import org.healingsqlite.format.RecordCursor;
import org.jspecify.annotations.Nullable;

/**
 * Gives pages that nothing leads to any more to the tables they must have come from. A table can claim a page only if it has a hole that the
 * page's rowids fit and could have stored every record on it; a page that two tables can claim goes to neither, unless the pointer map, a surviving
 * interior page, the rows already placed, or an index tells.
 */
final class OrphanPages {

    /** What is known of one stray leaf. */
    private static final class Orphan {
        private final boolean ofTable;
        private final int page;
        private final int versionIndex;
        private final long first;
        private final long last;
        private final List<TableTree> claimants;
        /** All tables that could have stored the rows, whether they have room for them or not. */
        private final List<TableTree> fitting;
        /** Those claimants whose columns are made for the values. */
        private final List<TableTree> expecting;

        private int group;
        /** A table's own page leads to it, or did before it was lost. */
        private boolean named;

        Orphan(
                boolean ofTable,
                int page,
                int versionIndex,
                long first,
                long last,
                List<TableTree> claimants,
                List<TableTree> expecting,
                List<TableTree> fitting) {
            this.ofTable = ofTable;
            this.page = page;
            this.versionIndex = versionIndex;
            this.first = first;
            this.last = last;
            this.claimants = claimants;
            this.expecting = expecting;
            this.fitting = fitting;
            this.group = page;
        }
    }

    private final PageStore store;
    private final Ownership ownership;
    private final List<TableTree> tables;
    private final List<Tree> trees;
    private final CellCursor cursor;
    private final RecordCursor record = new RecordCursor();
    private final Optional<PointerMap> pointerMap;
    private final IndexEvidence evidence;
    private final Map<Integer, List<Integer>> childrenOf = new HashMap<>();
    private final List<Orphan> orphans = new ArrayList<>();
    private final List<Integer> unclaimed = new ArrayList<>();
    private final boolean freeKnown;
    private final boolean freelistWhole;
    private final boolean schemaWhole;
    private final Map<TableTree, PlacedRows> placed = new HashMap<>();
    private @Nullable Map<Integer, Integer> placedByDigest;

    /**
     * @param schemaWhole whether all tables are known; if not, what one table alone can claim may be that of a table nobody knows
     * @param freelistWhole whether the header and the whole freelist are at hand
     * @param freeKnown whether all free pages are known; if not, any stray may be one of them, with rows that were deleted
     */
    OrphanPages(
            PageStore store,
            Ownership ownership,
            List<TableTree> tables,
            List<Tree> trees,
            boolean autoVacuum,
            IndexEvidence evidence,
            boolean freeKnown,
            boolean freelistWhole,
            boolean schemaWhole) {
        this.freelistWhole = freelistWhole;
        this.schemaWhole = schemaWhole;
        this.freeKnown = freeKnown;
        this.store = store;
        this.ownership = ownership;
        this.tables = tables;
        this.trees = trees;
        this.cursor = new CellCursor(store.geometry(), store.largestPayload());
        this.pointerMap = autoVacuum ? Optional.of(new PointerMap(store.geometry())) : Optional.empty();
        this.evidence = evidence;
    }

    /** Leaves with rows that no table can claim alone. */
    List<Integer> unclaimed() {
        return unclaimed;
    }

    void attribute() throws IOException {
        for (TableTree table : tables) {
            // A leaf that changed places with a page of the freelist is read elsewhere.
            table.tree()
                    .holes()
                    .replaceAll(hole -> hole.dead() && ownership.isOutOfPlace(hole.page())
                            ? new Hole(hole.above(), hole.upTo(), hole.page())
                            : hole);
        }
        collect();
        if (freelistWhole) {
            narrowByIndexes();
        }
        group();
        List<List<Orphan>> groups = schemaWhole ? groups() : withoutRivals(groups());
        // Rows of tables with rowid first: they tell which of the other pages are an index's.
        attribute(groups.stream().filter(group -> group.get(0).ofTable).toList());
        List<List<Orphan>> others =
                groups.stream().filter(group -> !group.get(0).ofTable).toList();
        AstrayIndexes astray = new AstrayIndexes(store, ownership, tables, trees);
        for (List<Orphan> group : others) {
            leaveToIndexes(group, astray);
        }
        attribute(others);
    }

    /** What may be entries of an index is no table's, unless the table's own pages lead to it. */
    private void leaveToIndexes(List<Orphan> group, AstrayIndexes astray) throws IOException {
        boolean ofIndex = false;
        for (Orphan orphan : group) {
            boolean named = orphan.named
                    || orphan.claimants.stream()
                            .anyMatch(table ->
                                    table.tree().holes().stream().anyMatch(hole -> hole.page() == orphan.page));
            if (!orphan.claimants.isEmpty() && !named && !ofIndex) {
                byte[] bytes =
                        store.read(orphan.page, store.versions(orphan.page).get(orphan.versionIndex));
                Optional<BtreePage> leaf = read(bytes, orphan.page);
                ofIndex = leaf.isPresent() && astray.mayOwn(leaf.get());
            }
        }
        if (ofIndex) {
            group.stream().filter(orphan -> !orphan.named).forEach(orphan -> orphan.claimants.clear());
        }
    }

    private void attribute(List<List<Orphan>> groups) throws IOException {
        // What a table is made for goes first: what it could have stored as well may be another's.
        List<List<Orphan>> open = settle(groups, true);
        open = settle(open, false);
        for (List<Orphan> group : open) {
            Map<Orphan, TableTree> takers = takers(group);
            for (Orphan orphan : group) {
                TableTree taker = takers.get(orphan);
                TableTree named = taker != null ? null : namedBy(orphan);
                if (taker != null) {
                    place(List.of(orphan), taker);
                } else if (named != null) {
                    named.strays()
                            .add(new TableTree.Stray(
                                    orphan.page,
                                    orphan.versionIndex,
                                    orphan.first,
                                    orphan.last,
                                    new Hole(Long.MIN_VALUE, Long.MAX_VALUE, orphan.page)));
                    ownership.own(orphan.page, named.tree().number());
                } else {
                    unclaimed.add(orphan.page);
                }
            }
        }
    }

    /**
     * The tables that take leaves of a group which none can take whole. Settled for all of them before one is placed; of leaves with the same rowids nothing
     * tells which one has the newest rows.
     */
    private Map<Orphan, TableTree> takers(List<Orphan> group) throws IOException {
        Map<Orphan, TableTree> takers = new HashMap<>();
        Map<TableTree, Boolean> takesMost = new HashMap<>();
        for (Orphan orphan : group) {
            List<TableTree> claimants = claimants(List.of(orphan));
            if (claimants.size() != 1) {
                continue;
            }
            TableTree only = claimants.get(0);
            boolean goes = takesMost.computeIfAbsent(only, table -> takesMost(group, table))
                    || only.tree().holes().stream().anyMatch(hole -> hole.page() == orphan.page);
            if (goes && !overlaps(only, orphan) && !mayBeFree(List.of(orphan), only)) {
                takers.put(orphan, only);
            }
        }
        List<Orphan> sorted = new ArrayList<>(takers.keySet());
        sorted.sort(Comparator.comparingLong(orphan -> orphan.first));
        Map<TableTree, Orphan> furthest = new HashMap<>();
        for (Orphan orphan : sorted) {
            TableTree table = takers.getOrDefault(orphan, tables.get(0));
            Orphan before = furthest.get(table);
            if (before != null && orphan.first <= before.last && isByRowid(table)) {
                takers.remove(orphan);
                takers.remove(before);
            }
            if (before == null || orphan.last > before.last) {
                furthest.put(table, orphan);
            }
        }
        return takers;
    }

    private static boolean isByRowid(TableTree table) {
        TableShape shape = table.shape();
        return shape != null && !shape.withoutRowid();
    }

    /**
     * Of tables that could all have stored the rows of a leaf, leaves out those whose indexes do not know them. Only where all free pages are known:
     * the indexes know nothing of rows that were deleted.
     */
    private void narrowByIndexes() throws IOException {
        for (TableTree table : tables) {
            List<Orphan> disputed = orphans.stream()
                    .filter(orphan -> orphan.claimants.size() > 1 && orphan.claimants.contains(table))
                    .toList();
            for (IndexEvidence.IndexTree index :
                    disputed.isEmpty() ? List.<IndexEvidence.IndexTree>of() : evidence.of(table)) {
                for (Orphan denied : deniedBy(index, table, disputed)) {
                    if (denied.claimants.size() > 1) {
                        denied.claimants.remove(table);
                    }
                }
            }
        }
    }

    /**
     * Leaves whose rows an index of a table does not know. One that is not whole must know others, or be so large that leaves of it would be left.
     */
    private List<Orphan> deniedBy(IndexEvidence.IndexTree index, TableTree table, List<Orphan> disputed)
            throws IOException {
        List<Orphan> unknown = new ArrayList<>();
        boolean survives = IndexEvidence.knowsAll(index);
        long known = 0;
        long entryBytes = 0;
        for (Orphan orphan : disputed) {
            IndexEvidence.Knowledge knowledge = evidence.knowledge(table, index, orphan.page, orphan.versionIndex);
            survives |= knowledge.rows() > 2 && knowledge.known() * 10 >= knowledge.rows() * 9;
            known += knowledge.known();
            entryBytes += knowledge.entryBytes();
            boolean knowsFew = knowledge.rows() > 2 && knowledge.known() * 4 < knowledge.rows() * 3;
            if (knowsFew || (knowledge.rows() > 0 && knowledge.known() == 0)) {
                unknown.add(orphan);
            }
        }
        boolean wouldBeLeft = known == 0 && entryBytes * 2 > store.geometry().usable() * 3L;
        return survives || wouldBeLeft ? unknown : List.of();
    }

    /**
     * Whether a table can take leaves of a group although it cannot take all that one parent names: it takes most of them. If the table has other rows where those
     * of many of them would be, or other strays, the parent is another table's.
     */
    private boolean takesMost(List<Orphan> group, TableTree table) {
        long claimed =
                group.stream().filter(other -> other.claimants.contains(table)).count();
        long withoutRoom = group.stream()
                .filter(other -> other.fitting.contains(table) && !other.claimants.contains(table))
                .count();
        boolean isRival = (withoutRoom > 1 && !areFew(withoutRoom, group))
                || (overlaps(table, group) && !areFew(overlapping(group, table), group));
        return claimed * 2 > group.size() && !isRival;
    }

    private boolean overlaps(TableTree table, List<Orphan> group) {
        return group.stream().anyMatch(orphan -> overlaps(table, orphan));
    }

    /** How many leaves of a group have rows where strays that the table has already have some. */
    private long overlapping(List<Orphan> group, TableTree table) {
        return group.stream().filter(orphan -> overlaps(table, orphan)).count();
    }

    /**
     * Whether so few leaves of a group can be copies, or damaged: the rows of another table would meet most of the table's. Not while a statement is lost: the table
     * of which nobody knows may have been like this one.
     */
    private boolean areFew(long leaves, List<Orphan> group) {
        return schemaWhole && leaves * 5 < group.size();
    }

    /**
     * Leaves out what one table alone can claim where that is more than one table's: most of the leaves then have others that begin or end among their
     * rows.
     */
    private List<List<Orphan>> withoutRivals(List<List<Orphan>> groups) {
        Map<TableTree, List<Orphan>> claims = new HashMap<>();
        for (List<Orphan> group : groups) {
            List<TableTree> claimants = claimants(group);
            if (claimants.size() == 1) {
                TableShape shape = claimants.get(0).shape();
                if (shape != null && !shape.withoutRowid()) {
                    claims.computeIfAbsent(claimants.get(0), t -> new ArrayList<>())
                            .addAll(group);
                }
            }
        }
        Set<Orphan> contested = new HashSet<>();
        for (List<Orphan> claimed : claims.values()) {
            if (haveRivals(claimed)) {
                contested.addAll(claimed);
            }
        }
        List<List<Orphan>> others = new ArrayList<>();
        for (List<Orphan> group : groups) {
            if (contested.contains(group.get(0))) {
                group.forEach(orphan -> unclaimed.add(orphan.page));
            } else {
                others.add(group);
            }
        }
        return others;
    }

    private static boolean haveRivals(List<Orphan> claimed) {
        List<Orphan> sorted = new ArrayList<>(claimed);
        sorted.sort(Comparator.comparingLong(orphan -> orphan.first));
        int overlapping = 0;
        for (int i = 1; i < sorted.size(); i++) {
            overlapping += sorted.get(i).first <= sorted.get(i - 1).last ? 1 : 0;
        }
        return overlapping * 2 >= sorted.size() && overlapping > 0;
    }

    /** Places the groups that one table alone can claim, as long as there are such; returns the others. */
    private List<List<Orphan>> settle(List<List<Orphan>> groups, boolean onlyExpected) throws IOException {
        List<List<Orphan>> open = groups;
        boolean progress = true;
        while (progress && !open.isEmpty()) {
            progress = false;
            List<List<Orphan>> still = new ArrayList<>();
            for (List<Orphan> group : open) {
                List<TableTree> claimants = claimants(group);
                TableTree table = claimants.size() == 1 ? claimants.get(0) : null;
                boolean expected = table != null && group.stream().allMatch(orphan -> orphan.expecting.contains(table));
                if (table != null && expected == onlyExpected && !mayBeFree(group, table)) {
                    long overlapping = overlapping(group, table);
                    if ((expected || schemaWhole) && overlapping > 0 && areFew(overlapping, group)) {
                        still.add(group);
                        continue;
                    }
                    if ((expected || schemaWhole) && overlapping == 0) {
                        place(group, table);
                    } else {
                        group.forEach(orphan -> unclaimed.add(orphan.page));
                    }
                    progress = true;
                } else {
                    still.add(group);
                }
            }
            open = still;
            if (!progress) {
                progress = settleByIndexes(open);
            }
        }
        return open;
    }

    /** Whether nothing but looks that it shares connects a stray with the table: no parent, no exact gap, no index. */
    private boolean mayBeFree(List<Orphan> group, TableTree table) throws IOException {
        if (freeKnown) {
            return false;
        }
        for (Orphan orphan : group) {
            boolean meets = table.tree().holes().stream()
                    .anyMatch(hole -> hole.page() == orphan.page
                            || (hole.upTo() == orphan.last && hole.above() != Long.MIN_VALUE));
            if (orphan.fitting.size() < 2
                    || orphan.group != orphan.page
                    || meets
                    || evidence.tableOf(orphan.page, orphan.versionIndex, List.of(table)) != null) {
                return false;
            }
        }
        return true;
    }

    /** The one table whose tree names this page, though with a key that does not fit: keys are damaged too. */
    private @Nullable TableTree namedBy(Orphan orphan) throws IOException {
        TableTree found = null;
        for (TableTree table : tables) {
            boolean names = false;
            for (Hole hole : table.tree().holes()) {
                names |= hole.page() == orphan.page
                        && !startsBeforeItsPlace(orphan, table.tree(), hole)
                        && !endsBehindItsPlace(orphan, table.tree(), hole);
            }
            if (names && orphan.fitting.contains(table)) {
                if (found != null) {
                    return null;
                }
                found = table;
            }
        }
        return found;
    }

    /** Whether the rows begin before where the leaf before ends, with the very row that its parent's key names: then that key is sound. */
    private static boolean startsBeforeItsPlace(Orphan orphan, Tree tree, Hole hole) {
        return orphan.first <= hole.above()
                && hole.above() != Long.MIN_VALUE
                && tree.misfits().stream().noneMatch(misfit -> misfit.upTo() == hole.above());
    }

    /**
     * Whether the very row that the key of a place names is there, with others behind it, or all rows lie behind the key: then key and rows are sound, and the rows
     * belong elsewhere. Only where the next leaf begins right behind the key.
     */
    private boolean endsBehindItsPlace(Orphan orphan, Tree tree, Hole hole) throws IOException {
        // With a log or a journal what is left of a page may be from before it was split.
        if (store.hasOtherVersions()
                || orphan.last <= hole.upTo()
                || tree.gaps().size() >= Tree.MOST_ODD_LEAVES
                || tree.gaps().stream().anyMatch(gap -> gap.above() == hole.upTo())
                || tree.misfits().stream().anyMatch(misfit -> misfit.above() == hole.upTo())
                || tree.holes().stream().anyMatch(next -> next.above() == hole.upTo())) {
            return false;
        }
        if (orphan.first > hole.upTo()) {
            return true;
        }
        byte[] bytes = store.read(orphan.page, store.versions(orphan.page).get(orphan.versionIndex));
        BtreePage leaf = BtreePage.read(bytes, orphan.page, PageKind.TABLE_LEAF, store.geometry(), cursor);
        int keyed = -1;
        for (int i = 0; leaf.exact() && i < leaf.count(); i++) {
            cursor.moveTo(bytes, leaf.cell(i), leaf.kind());
            keyed = cursor.rowid() == hole.upTo() ? i : keyed;
        }
        return keyed >= 0 && keyed < leaf.count() - 1;
    }

    private void collect() throws IOException {
        for (int page = 2; page <= store.pageCount(); page++) {
            if (ownership.owner(page) != Ownership.NOBODY
                    || ownership.isFree(page)
                    || page == store.geometry().lockBytePage()) {
                continue;
            }
            List<PageVersion> versions = store.versions(page);
            for (int i = 0; i < versions.size(); i++) {
                byte[] bytes = store.read(page, versions.get(i));
                if (collect(page, i, bytes)) {
                    break;
                }
            }
        }
    }

    private boolean collect(int page, int versionIndex, byte[] bytes) throws IOException {
        Optional<BtreePage> read = read(bytes, page);
        if (read.isEmpty()) {
            return false;
        }
        BtreePage btree = read.get();
        if (pointerMap.isPresent() && !isBtreeByMap(page)) {
            return true;
        }
        if (!btree.kind().isLeaf()) {
            List<Integer> children = new ArrayList<>();
            for (int i = 0; i < btree.pointers(); i++) {
                if (btree.cell(i) >= 0 && cursor.moveTo(bytes, btree.cell(i), btree.kind())) {
                    children.add((int) Math.min(cursor.leftChild(), Integer.MAX_VALUE));
                }
            }
            children.add((int) Math.min(btree.rightChild(), Integer.MAX_VALUE));
            childrenOf.put(page, children);
            if (btree.kind().isTable()) {
                return true;
            }
        }
        Orphan orphan = orphan(page, versionIndex, btree);
        if (orphan == null) {
            return false;
        }
        if (btree.exact() && isCopy(bytes)) {
            // These rows stand where they belong already.
            return true;
        }
        orphans.add(orphan);
        return true;
    }

    private boolean isCopy(byte[] bytes) throws IOException {
        int usable = store.geometry().usable();
        Integer same = placed().get(Ownership.digestOf(Bytes.digest(bytes, 0, usable)));
        return same != null && java.util.Arrays.equals(bytes, 0, usable, store.newest(same), 0, usable);
    }

    private Map<Integer, Integer> placed() {
        Map<Integer, Integer> known = placedByDigest;
        if (known == null) {
            known = new HashMap<>();
            for (int page = 1; page <= ownership.pageCount(); page++) {
                if (ownership.owner(page) != Ownership.NOBODY && ownership.digest(page) != 0) {
                    known.put(ownership.digest(page), page);
                }
            }
            placedByDigest = known;
        }
        return known;
    }

    private boolean isBtreeByMap(int page) throws IOException {
        PointerMap map = pointerMap.orElseThrow();
        if (map.isMapPage(page)) {
            return false;
        }
        int role = map.role(store.newest(map.mapPageOf(page)), page);
        return role == 0 || role == PointerMap.ROOT || role == PointerMap.BTREE;
    }

    private Optional<BtreePage> read(byte[] bytes, int page) {
        Optional<BtreePage> said = PageKind.of(Bytes.u8(bytes, 0))
                .map(kind -> BtreePage.read(bytes, page, kind, store.geometry(), cursor));
        if (said.isPresent() && said.get().exact() && said.get().count() > 0) {
            return said;
        }
        for (PageKind other : PageKind.values()) {
            BtreePage guess = BtreePage.read(bytes, page, other, store.geometry(), cursor);
            if (guess.exact() && guess.count() > 0) {
                return Optional.of(guess);
            }
        }
        return said.filter(partly -> !partly.exact() && partly.readable() * 2 > partly.count());
    }

    private @Nullable Orphan orphan(int page, int versionIndex, BtreePage btree) {
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        int cells = 0;
        int[] fits = new int[tables.size()];
        int[] expects = new int[tables.size()];
        BitSet hasFullRow = new BitSet();
        for (int i = 0; i < btree.pointers(); i++) {
            if (btree.cell(i) < 0 || !cursor.moveTo(btree.bytes(), btree.cell(i), btree.kind())) {
                continue;
            }
            boolean whole = cursor.overflowPage() == 0
                    ? record.moveTo(btree.bytes(), cursor.payloadOffset(), cursor.localSize())
                    : record.readHeader(
                            btree.bytes(), cursor.payloadOffset(), cursor.localSize(), cursor.payloadSize());
            if (!whole) {
                continue;
            }
            cells++;
            first = Math.min(first, cursor.rowid());
            last = Math.max(last, cursor.rowid());
            for (int t = 0; t < fits.length; t++) {
                TableShape shape = tables.get(t).shape();
                if (shape != null && shape.withoutRowid() != btree.kind().isTable() && fits(shape)) {
                    fits[t]++;
                    expects[t] += shape.expects(record) ? 1 : 0;
                    if (record.count() == shape.stored().size()) {
                        hasFullRow.set(t);
                    }
                }
            }
        }
        if (cells == 0) {
            return null;
        }
        List<TableTree> claimants = new ArrayList<>();
        List<TableTree> expecting = new ArrayList<>();
        List<TableTree> fitting = new ArrayList<>();
        for (int t = 0; t < fits.length; t++) {
            TableTree table = tables.get(t);
            boolean enough = btree.exact() ? fits[t] == cells : fits[t] * 2 > cells;
            // The entries of an index all have as many fields; only rows from before a column was added have fewer.
            enough &= btree.kind().isTable() || hasFullRow.get(t);
            if (enough) {
                fitting.add(table);
            }
            if (enough && holeFor(table, page, versionIndex, first, last) != null) {
                claimants.add(table);
                if (expects[t] == fits[t]) {
                    expecting.add(table);
                }
            }
        }
        if (claimants.size() == 1
                && isNamedByAnother(page, claimants.get(0), fitting)
                && !meetsItsPlace(claimants.get(0), page, first, last)) {
            // Where a tree leads to a page that another has no more than room for, nothing tells which of the two is
            // damaged.
            claimants.clear();
        }
        if (claimants.isEmpty() && fitting.size() == 1 && placeInDead(fitting, page, first, last) != null) {
            claimants.add(fitting.get(0));
        }
        return new Orphan(btree.kind().isTable(), page, versionIndex, first, last, claimants, expecting, fitting);
    }

    private static boolean isNamedByAnother(int page, TableTree claimant, List<TableTree> fitting) {
        return fitting.stream()
                .anyMatch(table ->
                        table != claimant && table.tree().holes().stream().anyMatch(hole -> hole.page() == page));
    }

    /** Whether a table's tree names a page, or rows of it are just at one end of where the table misses some; a table may miss all. */
    private static boolean meetsItsPlace(TableTree table, int page, long first, long last) {
        return table.tree().holes().stream()
                .anyMatch(hole -> hole.page() == page
                        || (hole.above() == Long.MIN_VALUE && hole.upTo() == Long.MAX_VALUE)
                        || (hole.contains(first, last) && (hole.above() == first - 1 || hole.upTo() == last)));
    }

    /**
     * The place of a leaf that is named by another page's number, of which nothing can be read: where only one table could have stored the rows, and all free pages
     * are known, not the leaf is lost but the number is wrong.
     *
     * @param fitting the tables that could have stored the rows
     */
    private @Nullable Hole placeInDead(List<TableTree> fitting, int page, long first, long last) {
        if (!freelistWhole || !schemaWhole || fitting.size() != 1 || store.hasOtherVersions()) {
            return null;
        }
        for (Hole hole : fitting.get(0).tree().holes()) {
            if (hole.dead()
                    && hole.page() != page
                    && !ownership.isCutOff(hole.page())
                    && hole.contains(first, last)
                    && (hole.upTo() == last || hole.upTo() == Long.MAX_VALUE)) {
                return hole;
            }
        }
        return null;
    }

    /** With parts of the log lost, a page from the log may have had its place in a page that is lost unnoticed. */
    private @Nullable Hole holeFor(TableTree table, int page, int versionIndex, long first, long last) {
        Hole hole = table.holeFor(page, first, last);
        if (hole != null && ownership.isCutOff(hole.page()) && hole.above() == first - 1 && hole.upTo() == last) {
            // Only the page itself could fill the place from its first row to its last, and the file ends before it.
            return null;
        }
        if (hole == null && store.stateUncertain()) {
            PageVersion.Source source = store.versions(page).get(versionIndex).source();
            if (source.isNewestOfLog()
                    || source == PageVersion.Source.JOURNAL
                    || source == PageVersion.Source.JOURNAL_IN_MAIN) {
                return new Hole(Long.MIN_VALUE, Long.MAX_VALUE, 0);
            }
        }
        return hole;
    }

    /** Values that continue on overflow pages are not at hand; their types are. */
    private boolean fits(TableShape shape) {
        if (cursor.overflowPage() == 0) {
            return shape.fits(record);
        }
        return record.count() <= shape.stored().size() && record.count() >= shape.keyFields();
    }

    /** Leaves under one interior page belong to one table, and so does what the pointer map says. */
    private void group() throws IOException {
        Map<Integer, Integer> parentOf = new HashMap<>();
        for (Map.Entry<Integer, List<Integer>> interior : childrenOf.entrySet()) {
            for (int child : interior.getValue()) {
                parentOf.putIfAbsent(child, interior.getKey());
            }
        }
        for (Orphan orphan : orphans) {
            int top = orphan.page;
            for (int steps = 0; steps < 20; steps++) {
                Integer parent = parentOf.get(top);
                if (parent == null && pointerMap.isPresent()) {
                    parent = parentByMap(top);
                }
                if (parent == null || parent == top) {
                    break;
                }
                top = parent;
                if (ownership.owner(top) != Ownership.NOBODY) {
                    break;
                }
            }
            orphan.group = top;
            keepOwner(orphan, top);
        }
    }

    private @Nullable Integer parentByMap(int page) throws IOException {
        PointerMap map = pointerMap.orElseThrow();
        if (page < 2 || page > store.pageCount() || map.isMapPage(page)) {
            return null;
        }
        byte[] mapPage = store.newest(map.mapPageOf(page));
        if (map.role(mapPage, page) != PointerMap.BTREE) {
            return null;
        }
        long parent = map.parent(mapPage, page);
        return ownership.exists(parent) ? (int) parent : null;
    }

    /** A parent that is a table's own page, or its lost root, leaves no other claimant. */
    private void keepOwner(Orphan orphan, int top) {
        if (top == orphan.page || !ownership.exists(top)) {
            return;
        }
        for (TableTree table : tables) {
            if ((ownership.owner(top) == table.tree().number() || table.tree().rootPage() == top)
                    && orphan.claimants.contains(table)) {
                orphan.claimants.clear();
                orphan.claimants.add(table);
                orphan.named = true;
                return;
            }
        }
    }

    private List<List<Orphan>> groups() {
        Map<Integer, List<Orphan>> groups = new java.util.LinkedHashMap<>();
        for (Orphan orphan : orphans) {
            groups.computeIfAbsent(orphan.group, g -> new ArrayList<>()).add(orphan);
        }
        List<List<Orphan>> ordered = new ArrayList<>(groups.values());
        ordered.sort(Comparator.comparing(g -> -g.size()));
        return ordered;
    }

    private List<TableTree> claimants(List<Orphan> group) {
        List<TableTree> common = new ArrayList<>(group.get(0).claimants);
        for (Orphan orphan : group) {
            common.retainAll(orphan.claimants);
        }
        if (common.size() > 1) {
            List<TableTree> full = common.stream()
                    .filter(table -> group.stream().anyMatch(orphan -> overlaps(table, orphan)))
                    .toList();
            common.removeAll(full);
            if (full.stream().anyMatch(table -> isMadeFor(table, group))
                    && common.stream().noneMatch(table -> isMadeFor(table, group))) {
                // The one that they are made for has these rows, or newer ones, already.
                common.clear();
            }
        }
        if (common.size() > 1) {
            keepIfAny(common, table -> isMadeFor(table, group));
        }
        if (common.size() > 1 && group.size() == 1) {
            Orphan orphan = group.get(0);
            keepIfAny(common, table -> {
                Hole hole = table.holeFor(orphan.page, orphan.first, orphan.last);
                return hole != null && hole.upTo() == orphan.last && hole.above() == orphan.first - 1;
            });
        }
        if (common.size() > 1 && group.size() == 1) {
            Orphan orphan = group.get(0);
            keepIfAny(common, table -> isByRowid(table) && placed(table).leaveGap(orphan.first, orphan.last));
        }
        return common;
    }

    private static boolean isMadeFor(TableTree table, List<Orphan> group) {
        return group.stream().allMatch(orphan -> orphan.expecting.contains(table));
    }

    /** Narrows the claimants down to those with better evidence, if there are such. */
    private static void keepIfAny(List<TableTree> claimants, java.util.function.Predicate<TableTree> better) {
        List<TableTree> kept = claimants.stream().filter(better).toList();
        if (!kept.isEmpty()) {
            claimants.retainAll(kept);
        }
    }

    /** Whether rows already placed lie among those of the page. */
    private boolean overlaps(TableTree table, Orphan orphan) {
        TableShape shape = table.shape();
        return shape != null && !shape.withoutRowid() && placed(table).meets(orphan.first, orphan.last);
    }

    private PlacedRows placed(TableTree table) {
        return placed.computeIfAbsent(table, PlacedRows::new);
    }

    private void place(List<Orphan> group, TableTree table) {
        for (Orphan orphan : group) {
            Hole hole = holeFor(table, orphan.page, orphan.versionIndex, orphan.first, orphan.last);
            if (hole == null) {
                hole = placeInDead(orphan.fitting, orphan.page, orphan.first, orphan.last);
            }
            if (hole == null) {
                unclaimed.add(orphan.page);
                continue;
            }
            table.strays().add(new TableTree.Stray(orphan.page, orphan.versionIndex, orphan.first, orphan.last, hole));
            ownership.own(orphan.page, table.tree().number());
        }
    }

    private boolean settleByIndexes(List<List<Orphan>> open) throws IOException {
        boolean settled = false;
        for (List<Orphan> group : open) {
            List<TableTree> claimants = claimants(group);
            if (claimants.size() < 2) {
                continue;
            }
            Orphan sample = group.get(0);
            TableTree winner = evidence.tableOf(sample.page, sample.versionIndex, claimants);
            if (winner != null) {
                for (Orphan orphan : group) {
                    orphan.claimants.clear();
                    orphan.claimants.add(winner);
                }
                settled = true;
            }
        }
        return settled;
    }
}
