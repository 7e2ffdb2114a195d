package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.salvage.TableShape.Column;
import org.healingsqlite.salvage.TableShape.IndexShape;
import org.jspecify.annotations.Nullable;

/**
 * The indexes of which some pages are not where a tree leads: their entries can look like rows of a table without rowid, key and value. Where the rows of their
 * table are at hand they tell. One thread at a time.
 */
final class AstrayIndexes {

    private static final int MOST_SAMPLED = 16;
    /** So many entries of a page would be expected among the rows that are looked at, were the page the index's. */
    private static final int EXPECTED_IN_SAMPLE = 4;

    /** One index and the table that it is for. */
    private record Index(IndexShape shape, TableTree table) {}

    private final PageStore store;
    private final Ownership ownership;
    private final CellCursor cursor;
    private final RecordCursor record = new RecordCursor();
    private final List<Index> indexes = new ArrayList<>();
    private final Map<Index, Set<Long>> samples = new HashMap<>();

    /** @param trees all trees, with what the survey found missing in them */
    AstrayIndexes(PageStore store, Ownership ownership, List<TableTree> tables, Collection<Tree> trees) {
        this.store = store;
        this.ownership = ownership;
        this.cursor = new CellCursor(store.geometry(), store.largestPayload());
        Set<String> whole = new HashSet<>();
        for (Tree tree : trees) {
            if (!tree.ofTable() && tree.rootPage() != 0 && tree.holes().isEmpty() && !tree.hasUnsoundPages()) {
                whole.add(tree.name().toLowerCase(Locale.ROOT));
            }
        }
        for (TableTree table : tables) {
            TableShape shape = table.shape();
            for (IndexShape index : shape == null ? List.<IndexShape>of() : shape.allIndexes()) {
                if (!whole.contains(index.name().toLowerCase(Locale.ROOT))) {
                    indexes.add(new Index(index, table));
                }
            }
        }
    }

    /** Whether the entries on a leaf may be those of an index. */
    boolean mayOwn(BtreePage leaf) throws IOException {
        for (Index index : indexes) {
            if (fits(leaf, index) && !isDenied(leaf, index)) {
                return true;
            }
        }
        return false;
    }

    private boolean reads(BtreePage leaf, int cell) {
        return leaf.cell(cell) >= 0
                && cursor.moveTo(leaf.bytes(), leaf.cell(cell), leaf.kind())
                && record.readHeader(leaf.bytes(), cursor.payloadOffset(), cursor.localSize(), cursor.payloadSize());
    }

    /** Whether all entries could be stored, and most are what the columns are made for. */
    private boolean fits(BtreePage leaf, Index index) {
        int expected = 0;
        int unexpected = 0;
        for (int i = 0; i < leaf.pointers(); i++) {
            if (!reads(leaf, i)) {
                continue;
            }
            if (record.count() != index.shape.fields().size() || !canBeStored(index)) {
                return false;
            }
            if (isExpected(index)) {
                expected++;
            } else {
                unexpected++;
            }
        }
        return expected >= unexpected;
    }

    private boolean canBeStored(Index index) {
        for (int field = 0; field < record.count(); field++) {
            if (index.shape.fields().get(field) == IndexShape.COMPUTED) {
                continue;
            }
            Column column = column(index, field);
            boolean stored = column == null
                    ? record.kind(field) == RecordCursor.Kind.INTEGER
                    : record.isNull(field)
                            ? !column.notNull()
                            : column.affinity().canStore(record, field);
            if (!stored) {
                return false;
            }
        }
        return true;
    }

    private boolean isExpected(Index index) {
        for (int field = 0; field < record.count(); field++) {
            Column column = column(index, field);
            if (column != null && !column.affinity().expects(record, field)) {
                return false;
            }
        }
        return true;
    }

    /** The column of a field; null for a rowid, and for what is computed. */
    private static @Nullable Column column(Index index, int field) {
        int place = index.shape.fields().get(field);
        TableShape rows = index.table.shape();
        if (place < 0 || rows == null || rows.stored().get(place).rowidAlias()) {
            return null;
        }
        return rows.stored().get(place);
    }

    /** Whether so many rows of the index's table are at hand that some would be those of the entries, and none is. */
    private boolean isDenied(BtreePage leaf, Index index) throws IOException {
        if (index.shape.fields().contains(IndexShape.COMPUTED)) {
            return false;
        }
        Set<Long> rows = samples.get(index);
        if (rows == null) {
            rows = sample(index);
            samples.put(index, rows);
        }
        int entries = 0;
        for (int i = 0; i < leaf.pointers(); i++) {
            if (reads(leaf, i) && cursor.overflowPage() == 0) {
                entries++;
                if (rows.contains(IndexEvidence.entryDigest(record))) {
                    return false;
                }
            }
        }
        TableTree table = index.table;
        int leaves = leaves(table).size();
        long sampled = Math.min(MOST_SAMPLED, leaves);
        if (sampled == 0 || entries == 0) {
            return false;
        }
        boolean allSampled = sampled == leaves && table.tree().pages() <= MOST_SAMPLED && !table.hasHoles();
        long pages =
                Math.max(sampled, (long) table.tree().pages() + table.strays().size());
        return allSampled || entries * sampled >= pages * EXPECTED_IN_SAMPLE;
    }

    private List<Integer> leaves(TableTree table) {
        List<Integer> leaves = new ArrayList<>(table.tree().sample());
        table.strays().forEach(stray -> leaves.add(stray.page()));
        leaves.removeIf(page -> ownership.owner(page) != table.tree().number());
        return leaves;
    }

    private Set<Long> sample(Index index) throws IOException {
        Set<Long> digests = new HashSet<>();
        TableShape shape = index.table.shape();
        List<Integer> leaves = leaves(index.table);
        for (int page : leaves.subList(0, Math.min(MOST_SAMPLED, leaves.size()))) {
            byte[] bytes = store.newest(page);
            PageKind kind = PageKind.of(Bytes.u8(bytes, 0)).orElse(PageKind.TABLE_LEAF);
            BtreePage btree = BtreePage.read(bytes, page, kind, store.geometry(), cursor);
            for (int i = 0; shape != null && i < btree.pointers(); i++) {
                if (reads(btree, i) && shape.fits(record) && isAtHand(index.shape)) {
                    digests.add(IndexEvidence.rowDigest(index.shape, shape, cursor.rowid(), record));
                }
            }
        }
        return digests;
    }

    private boolean isAtHand(IndexShape index) {
        return index.fields().stream()
                .allMatch(field -> field == IndexShape.ROWID || field >= record.count() || record.isAtHand(field));
    }
}
