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
 * The indexes of which some pages may not be where a tree leads: their entries can look like rows of a table without rowid, key and value. Where the rows of their
 * table are at hand they tell. One thread at a time.
 */
final class AstrayIndexes {

    private static final int MOST_SAMPLED = 1 << 16;
    /** So many entries that no row has are no chance, though the table misses rows. */
    private static final int FEWEST_DENIED = 4;

    /**
     * One index and the table that it is for.
     *
     * @param whole whether nothing is known to be missing in its tree
     */
    private record Index(IndexShape shape, TableTree table, boolean whole) {}

    /**
     * What the entries for the rows of a table would be, as digests; of many every second, fourth and so on by the digest itself, for then it does not
     * matter that neighbours in the index are often neighbours in the table.
     */
    private static final class Entries {
        private final Set<Long> digests = new HashSet<>();
        private long mask;

        void add(long digest) {
            if (isSampled(digest)) {
                digests.add(digest);
            }
            while (digests.size() > MOST_SAMPLED) {
                mask = 2 * mask + 1;
                digests.removeIf(each -> !isSampled(each));
            }
        }

        boolean isSampled(long digest) {
            return (digest & mask) == 0;
        }

        boolean contains(long digest) {
            return digests.contains(digest);
        }
    }

    private final PageStore store;
    private final Ownership ownership;
    private final CellCursor cursor;
    private final RecordCursor record = new RecordCursor();
    private final List<Index> indexes = new ArrayList<>();
    private final Map<Index, Entries> samples = new HashMap<>();
    private final Map<TableTree, PlacedRows> placed = new HashMap<>();

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
                indexes.add(new Index(index, table, whole.contains(index.name().toLowerCase(Locale.ROOT))));
            }
        }
    }

    /** Whether the entries on a leaf may be those of an index. */
    boolean mayOwn(BtreePage leaf) throws IOException {
        for (Index index : indexes) {
            if (fits(leaf, index) && mayOwn(leaf, index)) {
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

    /**
     * Whether some row at hand has an entry on the leaf, or none need have one. An index of which nothing seems to be missing may have been led to pages of another:
     * then it owns what are for the most part entries for its rows.
     */
    private boolean mayOwn(BtreePage leaf, Index index) throws IOException {
        if (index.shape.fields().contains(IndexShape.COMPUTED)) {
            return !index.whole;
        }
        Entries rows = samples.get(index);
        if (rows == null) {
            rows = entriesForRows(index);
            samples.put(index, rows);
        }
        int known = 0;
        int unknown = 0;
        int denied = 0;
        for (int i = 0; i < leaf.pointers(); i++) {
            if (reads(leaf, i) && cursor.overflowPage() == 0) {
                long digest = IndexEvidence.entryDigest(record);
                boolean isKnown = rows.contains(digest);
                boolean isUnknown = !isKnown && rows.isSampled(digest);
                known += isKnown ? 1 : 0;
                unknown += isUnknown ? 1 : 0;
                denied += isUnknown && !mayBeMissing(index) ? 1 : 0;
            }
        }
        if (index.whole) {
            return known > unknown;
        }
        return known > 0 || denied < (index.table.hasHoles() ? FEWEST_DENIED : 1);
    }

    /** Whether the row that an entry is for may be one of those that are not at hand. */
    private boolean mayBeMissing(Index index) {
        TableTree table = index.table;
        if (!table.hasHoles()) {
            return false;
        }
        int field = index.shape.fields().indexOf(IndexShape.ROWID);
        if (field < 0 || record.kind(field) != RecordCursor.Kind.INTEGER) {
            return true;
        }
        long rowid = record.integer(field);
        return table.tree().holes().stream().anyMatch(hole -> hole.contains(rowid, rowid))
                && !placed.computeIfAbsent(table, PlacedRows::new).meets(rowid, rowid);
    }

    private Entries entriesForRows(Index index) throws IOException {
        Entries entries = new Entries();
        TableShape shape = index.table.shape();
        int owner = index.table.tree().number();
        for (int page = 1; shape != null && page <= ownership.pageCount(); page++) {
            if (ownership.owner(page) != owner) {
                continue;
            }
            byte[] bytes = store.newest(page);
            PageKind kind =
                    PageKind.of(Bytes.u8(bytes, BtreePage.headerOffset(page))).orElse(PageKind.TABLE_LEAF);
            BtreePage btree = BtreePage.read(bytes, page, kind, store.geometry(), cursor);
            for (int i = 0; kind.hasPayload() && i < btree.pointers(); i++) {
                if (reads(btree, i) && shape.fits(record) && isAtHand(index.shape)) {
                    entries.add(IndexEvidence.rowDigest(index.shape, shape, cursor.rowid(), record));
                }
            }
        }
        return entries;
    }

    private boolean isAtHand(IndexShape index) {
        return index.fields().stream()
                .allMatch(field -> field == IndexShape.ROWID || field >= record.count() || record.isAtHand(field));
    }
}
