package org.healingsqlite.completeness;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.healingsqlite.api.Internal;
import org.healingsqlite.completeness.TreeCursor.Event;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.FreelistTrunk;
import org.healingsqlite.format.PointerMap;
import org.healingsqlite.format.RecordCursor;
import org.jspecify.annotations.Nullable;

/**
 * Judges new content by the damaged files that it was made from. For one judgement.
 *
 * <p>That nothing is lost is a theorem: from each root down every page closes and lies in its place, every row of these pages is in the new content as it
 * was, and every index that can be read has the same entries as the one that SQLite has built over the new content. Where a page is missing, what is known of
 * its place bounds what can be lost: the keys that its parent leaves room for, its size, an index, and the pages of the file that nothing accounts for.
 */
@Internal
public final class Judge {
    /** Four page numbers that are all in range, all different and all unused do not come about by chance. */
    private static final int FEWEST_LEAVES_OF_A_TRUNK = 4;

    /** Source: SQLite, FTS3/4 §9.2 and FTS5 §8.4. Its name comes behind that of the texts in the order in which tables are proven. */
    private static final String SIZES_OF_TEXTS = "_docsize";

    /** Each is looked for in all tables. */
    private static final int MOST_ASKED = 10_000;

    private final Pages old;
    private final Pages fresh;
    private final Uses uses;
    private final Charset charset;
    private final List<TableProof> tables = new ArrayList<>();
    private final List<String> facts = new ArrayList<>();
    private Completeness virtualTables = Completeness.whole();
    private long rowsLeft;
    private long rowsGone;
    private boolean freeKnown;
    private long rowsAsked;
    private long pagesMissing;
    private @Nullable TableProof lastOwner;
    private long @Nullable [] freshEntries;
    private long pagesLeft;

    private Judge(Pages old, Pages fresh) {
        this.old = old;
        this.fresh = fresh;
        this.uses = new Uses(old.count());
        this.charset = SchemaRows.charset(old, fresh);
    }

    /**
     * Judges.
     *
     * @param damaged the damaged database; its {@code -wal} and {@code -journal}, where there are, lie beside it
     * @param content the new database, sound, with everything in the one file
     * @throws IOException where a file cannot be read
     */
    public static Verdict judge(Path damaged, Path content) throws IOException {
        return judge(damaged, false, content);
    }

    /**
     * As {@link #judge(Path, Path)}.
     *
     * @param mainFileOnly whether what lies beside the damaged database is not its own, and is not looked at
     */
    public static Verdict judge(Path damaged, boolean mainFileOnly, Path content) throws IOException {
        try (Pages old = mainFileOnly ? Pages.alone(damaged) : Pages.committed(damaged);
                Pages fresh = Pages.written(content)) {
            // Of nothing everything is there: what a file had that was emptied, nothing of it tells.
            return old.count() == 0 ? Verdict.unknown("the file has no page") : new Judge(old, fresh).judge();
        }
    }

    private Verdict judge() throws IOException {
        markMaps();
        SchemaRows here = SchemaRows.read(old, uses, charset);
        SchemaRows there = SchemaRows.read(fresh, null, charset);
        proveTables(here, there);
        List<IndexProof> heard = proveIndexes(here, there);
        long freeMissing = markFreelist();
        boolean roots = here.isWhole() && there.tables().keySet().stream().allMatch(here.tables()::containsKey);
        boolean open = !roots || tables.stream().anyMatch(Judge::needsOrphans);
        if (open) {
            markTrunks(freeMissing);
            freeKnown = old.header().isPresent() && freeMissing == 0;
            reunite(here, there);
            for (TableProof table : tables) {
                if (!table.hasRowids() && table.hasAdopted()) {
                    table.count();
                }
            }
            countRest(freeMissing);
        }
        hear(heard);
        List<Verdict.OfTable> said = new ArrayList<>();
        for (TableProof table : tables) {
            said.add(table.verdict(pagesLeft, rowsLeft));
        }
        facts.addAll(old.gaps());
        return new Verdict(said, elsewhere(here).and(virtualTables), facts);
    }

    private static boolean needsOrphans(TableProof table) {
        return !table.gaps().isEmpty();
    }

    private Completeness elsewhere(SchemaRows here) {
        Completeness all = Completeness.whole();
        long mostOfPage = ClosedPage.mostRows(old.geometry());
        if (!here.isWhole()) {
            // Where pages of known tables are missing, these rows may be theirs, and are counted there.
            boolean isNobodys = tables.stream().noneMatch(Judge::needsOrphans);
            all = Completeness.of(
                    isNobodys ? rowsGone : 0,
                    OptionalLong.of(pagesLeft * mostOfPage + rowsLeft),
                    List.of(),
                    "the schema is damaged, and " + pagesLeft + " pages may be of tables that nothing tells of");
        }
        if (!old.gaps().isEmpty()) {
            OptionalLong most =
                    old.lostImages() == 0 ? OptionalLong.empty() : OptionalLong.of(old.lostImages() * mostOfPage);
            all = all.and(Completeness.of(0, most, List.of(), String.join("; ", old.gaps())));
        }
        return all;
    }

    // ---- Pages that are no trees

    private void markMaps() {
        uses.take(old.geometry().lockBytePage(), Uses.MAP);
        boolean mapped = old.header().isPresent() && old.header().get().largestRoot() != 0;
        PointerMap map = new PointerMap(old.geometry());
        for (int page = 2; mapped && page <= old.count(); page++) {
            if (map.isMapPage(page)) {
                uses.take(page, Uses.MAP);
            }
        }
    }

    /** Notes the free pages; returns how many more the header counts. */
    private long markFreelist() throws IOException {
        if (old.header().isEmpty()) {
            return 0;
        }
        long counted = old.header().get().freelistCount();
        long found = 0;
        long trunk = old.header().get().firstFreelistTrunk();
        while (trunk != 0 && uses.take(trunk, Uses.FREE)) {
            found++;
            FreelistTrunk read = FreelistTrunk.read(old.read((int) trunk), old.geometry(), old.count())
                    .orElse(null);
            if (read == null) {
                break;
            }
            for (int i = 0; i < read.leaves(); i++) {
                found += uses.take(read.leaf(i), Uses.FREE) ? 1 : 0;
            }
            trunk = read.next();
        }
        return Math.max(0, Math.min(counted, old.count()) - found);
    }

    /**
     * Where the header does not tell where the freelist begins: pages that name only pages to which nothing leads, and enough of them to be no coincidence,
     * are its trunks.
     */
    private void markTrunks(long freeMissing) throws IOException {
        if (old.header().isPresent() && freeMissing == 0) {
            return;
        }
        for (int page = 2; page <= old.count(); page++) {
            if (uses.of(page) != Uses.NONE) {
                continue;
            }
            FreelistTrunk trunk = FreelistTrunk.read(old.read(page), old.geometry(), old.count())
                    .orElse(null);
            if (trunk == null || trunk.leaves() < FEWEST_LEAVES_OF_A_TRUNK) {
                continue;
            }
            BitSet named = new BitSet();
            for (int i = 0; i < trunk.leaves(); i++) {
                if (uses.of(trunk.leaf(i)) == Uses.NONE && trunk.leaf(i) != page) {
                    named.set(trunk.leaf(i));
                }
            }
            if (named.cardinality() == trunk.leaves()) {
                uses.take(page, Uses.FREE);
                named.stream().forEach(leaf -> uses.take(leaf, Uses.FREE));
            }
        }
    }

    // ---- Trees that the schema names

    private void proveTables(SchemaRows here, SchemaRows there) throws IOException {
        Map<String, SchemaRows.Row> all = new TreeMap<>(there.tables());
        all.putAll(here.tables());
        for (Map.Entry<String, SchemaRows.Row> entry : all.entrySet()) {
            SchemaRows.Row before = here.tables().get(entry.getKey());
            SchemaRows.Row after = there.tables().get(entry.getKey());
            long oldRoot = before == null ? 0 : before.root();
            long freshRoot = after == null ? 0 : after.root();
            if (oldRoot == 0 && freshRoot == 0) {
                continue;
            }
            boolean rowids = isOfTable(freshRoot == 0 ? old : fresh, freshRoot == 0 ? oldRoot : freshRoot);
            SchemaRows known = here.isJudged(entry.getKey()) ? there : here;
            if (!known.isJudged(entry.getKey())) {
                walk(entry.getValue(), oldRoot, rowids, here);
                continue;
            }
            if (before == null && here.isWhole()) {
                // The damaged files never had it.
                continue;
            }
            TableProof table = new TableProof(entry.getValue().name(), old, fresh, oldRoot, freshRoot, rowids);
            table.run(uses);
            tables.add(table);
        }
    }

    private static boolean isOfTable(Pages pages, long root) throws IOException {
        ClosedPage page = pages.closed(root, pages.cursor());
        return page == null || page.kind().isTable();
    }

    /** What SQLite or a module makes of other rows: its pages are accounted for, and its rows not compared. */
    private void walk(SchemaRows.Row table, long root, boolean rowids, SchemaRows here) throws IOException {
        if (root == 0) {
            return;
        }
        boolean whole = true;
        String owner = here.ownerOf(table.name()).orElse(null);
        TableProof texts = textsWithSizesIn(table, owner, here);
        long textsGone = 0;
        TreeCursor rows = new TreeCursor(old, uses, root, rowids);
        for (Event event = rows.next(); event != Event.END; event = rows.next()) {
            whole &= event == Event.ROW && Payload.isWhole(rows, uses);
            if (texts != null && event == Event.ROW) {
                long rowid = rows.cell().rowid();
                textsGone += texts.hasRowid(rowid) || texts.misses(rowid) ? 0 : 1;
            }
        }
        if (textsGone > 0) {
            virtualTables =
                    virtualTables.and(Completeness.of(textsGone, OptionalLong.of(textsGone), List.of(), table.name()));
        }
        if (!whole && owner != null && !here.keepsContent(owner)) {
            virtualTables = virtualTables.and(
                    Completeness.unknown("virtual table " + owner + " keeps what it has in " + table.name()));
        }
    }

    /** The texts of a full-text table, where a table has one row for each of them: a witness of those that are gone. */
    private @Nullable TableProof textsWithSizesIn(SchemaRows.Row table, @Nullable String owner, SchemaRows here) {
        if (owner == null || !here.keepsContent(owner) || !table.name().equalsIgnoreCase(owner + SIZES_OF_TEXTS)) {
            return null;
        }
        String texts = owner + SchemaRows.SHADOW_OF_CONTENT;
        return tables.stream()
                .filter(proof -> proof.name().equalsIgnoreCase(texts))
                .findFirst()
                .orElse(null);
    }

    private List<IndexProof> proveIndexes(SchemaRows here, SchemaRows there) throws IOException {
        List<IndexProof> proofs = new ArrayList<>();
        for (Map.Entry<String, SchemaRows.Row> entry : new TreeMap<>(here.indexes()).entrySet()) {
            SchemaRows.Row index = entry.getValue();
            if (index.root() == 0) {
                // Of a table without rowids: the table itself is the index.
                continue;
            }
            SchemaRows.Row after = there.indexes().get(entry.getKey());
            IndexProof proof = new IndexProof(index, old, fresh, after == null ? 0 : after.root());
            proof.run(uses);
            proofs.add(proof);
        }
        return proofs;
    }

    private void hear(List<IndexProof> proofs) throws IOException {
        for (IndexProof proof : proofs) {
            for (TableProof table : tables) {
                if (table.name().equalsIgnoreCase(proof.table())) {
                    table.hear(proof);
                }
            }
        }
    }

    // ---- Pages that nothing leads to

    /** Gives subtrees that nothing leads to back to the tables whose rows they hold. */
    private void reunite(SchemaRows here, SchemaRows there) throws IOException {
        CellCursor cursor = old.cursor();
        BitSet children = new BitSet();
        BitSet tops = new BitSet();
        for (int page = 2; page <= old.count(); page++) {
            if (uses.of(page) != Uses.NONE) {
                continue;
            }
            ClosedPage closed = old.closed(page, cursor);
            if (closed == null || closed.count() == 0) {
                continue;
            }
            tops.set(page);
            for (int i = 0; !closed.kind().isLeaf() && i <= closed.count(); i++) {
                long child = closed.rightChild();
                if (i < closed.count()) {
                    cursor.moveTo(closed.bytes(), closed.cell(i), closed.kind());
                    child = cursor.leftChild();
                }
                if (child > 0 && child <= old.count() && child != page) {
                    children.set((int) child);
                }
            }
        }
        tops.andNot(children);
        for (int page = tops.nextSetBit(0); page >= 0; page = tops.nextSetBit(page + 1)) {
            ClosedPage top = old.closed(page, cursor);
            if (top != null && top.kind().isTable()) {
                adoptRows(page, top.kind().isLeaf(), there);
            } else if (top != null) {
                adoptEntries(page, here, there);
            }
        }
    }

    private void adoptRows(int page, boolean leaf, SchemaRows there) throws IOException {
        TreeCursor rows = new TreeCursor(old, uses, page, true);
        RecordCursor record = new RecordCursor();
        TableProof table = null;
        boolean asked = false;
        boolean all = true;
        boolean ofSchema = true;
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        long count = 0;
        long gone = 0;
        for (Event event = rows.next(); event != Event.END; event = rows.next()) {
            if (event == Event.GAP) {
                all = false;
                ofSchema = false;
                pagesMissing++;
                continue;
            }
            count++;
            boolean sound = Payload.isWhole(rows, uses) && Payload.isRecord(rows, record);
            if (!asked && sound) {
                asked = true;
                table = ownerOf(rows);
            }
            long rowid = rows.cell().rowid();
            first = Math.min(first, rowid);
            last = Math.max(last, rowid);
            boolean has = sound && table != null && table.has(rows);
            all &= has && table != null && !table.hasInPlace(rowid);
            boolean isSchemas = sound && there.has(rows, charset);
            ofSchema &= isSchemas;
            gone += sound && !has && !isSchemas && isGone(rows, page, leaf, record) ? 1 : 0;
        }
        if (all && table != null) {
            table.adopt(page, leaf, first, last);
        } else if (!ofSchema) {
            rowsLeft += count;
            rowsGone += gone;
            facts.add("page " + page + " and what is below it: " + count
                    + " rows, not all of which are in the new content");
        }
    }

    /**
     * Whether a row that nothing leads to is lost for certain: its page is of the database and was not freed, no table has it, and it is none of those that SQLite
     * keeps for itself. Asked of so many rows as there is time for.
     */
    private boolean isGone(TreeCursor row, int top, boolean leaf, RecordCursor record) throws IOException {
        long pages = old.header().flatMap(DatabaseHeader::pageCount).orElse(0L);
        if (!freeKnown || top > pages || row.page().number() > pages || rowsAsked >= MOST_ASKED) {
            return false;
        }
        rowsAsked++;
        return !SchemaRows.isRow(record) && !(leaf && isBookkeeping(record)) && ownerOf(row) == null;
    }

    /** Whether a record is like one of {@code sqlite_sequence} or {@code sqlite_stat1}, whose few rows SQLite makes itself. */
    private static boolean isBookkeeping(RecordCursor record) {
        return record.count() == 2 && record.isText(0) && record.kind(1) == RecordCursor.Kind.INTEGER
                || record.count() == 3 && record.isText(0) && !isNumber(record, 1) && record.isText(2);
    }

    private static boolean isNumber(RecordCursor record, int field) {
        RecordCursor.Kind kind = record.kind(field);
        return kind == RecordCursor.Kind.INTEGER || kind == RecordCursor.Kind.REAL;
    }

    /** The table that has the row, those before the others that miss pages where it belongs. */
    private @Nullable TableProof ownerOf(TreeCursor row) throws IOException {
        long rowid = row.cell().rowid();
        TableProof last = lastOwner;
        if (last != null && last.misses(rowid) && last.has(row)) {
            return last;
        }
        TableProof other = null;
        for (TableProof table : tables) {
            if (table.hasRowids() && table.has(row)) {
                if (table.misses(rowid)) {
                    lastOwner = table;
                    return table;
                }
                other = table;
            }
        }
        return other;
    }

    /** Entries of an index are no rows; which are is told by the indexes of the new content. */
    private void adoptEntries(int page, SchemaRows here, SchemaRows there) throws IOException {
        boolean mayBeRows = !here.isWhole()
                || tables.stream()
                        .anyMatch(table -> !table.hasRowids() && !table.gaps().isEmpty());
        long[] known = mayBeRows ? entriesOfIndexes(there) : new long[0];
        TreeCursor entries = new TreeCursor(old, uses, page, false);
        long count = 0;
        long missing = 0;
        boolean all = true;
        for (Event event = entries.next(); event != Event.END; event = entries.next()) {
            if (event == Event.GAP) {
                missing++;
                continue;
            }
            count++;
            all &= Payload.isWhole(entries, uses)
                    && (!mayBeRows
                            || Arrays.binarySearch(known, Payload.of(entries).digest()) >= 0);
        }
        if (!mayBeRows || all && missing == 0) {
            return;
        }
        for (TableProof table : tables) {
            if (!table.hasRowids() && !table.gaps().isEmpty() && missing == 0 && table.takesSubtree(page)) {
                return;
            }
        }
        rowsLeft += count;
        pagesMissing += missing;
        facts.add("page " + page + " and what is below it: " + count + " entries that no index of the new content has");
    }

    /** The digests of all entries of the new content's indexes, ascending; none where they are too many to be kept. */
    private long[] entriesOfIndexes(SchemaRows there) throws IOException {
        long[] known = freshEntries;
        if (known == null) {
            List<Long> roots = new ArrayList<>();
            there.indexes().values().stream()
                    .map(SchemaRows.Row::root)
                    .filter(root -> root > 0)
                    .forEach(roots::add);
            known = Digests.all(sink -> {
                for (long root : roots) {
                    TreeCursor entries = new TreeCursor(fresh, null, root, false);
                    while (entries.next() == Event.ROW) {
                        sink.take(Payload.of(entries).digest());
                    }
                }
            });
            freshEntries = known;
        }
        return known;
    }

    /** Counts the pages that nothing accounts for, but for those that the freelist counts and does not name. */
    private void countRest(long freeMissing) {
        long rest = 0;
        for (int page = 2; page <= old.count(); page++) {
            rest += uses.of(page) == Uses.NONE ? 1 : 0;
        }
        pagesLeft = Math.max(0, rest - freeMissing) + pagesMissing;
        if (pagesLeft > 0) {
            facts.add(pagesLeft + " pages of the damaged file that nothing accounts for");
        }
    }
}
