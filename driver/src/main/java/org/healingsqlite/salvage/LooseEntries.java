package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.RecordCursor;

/**
 * Pages of an index's kind that no tree claims, where the schema that would tell of them is lost: those of an index hold what rows hold that are elsewhere, those of
 * a table without rowid hold rows. The entry of an index ends with the rowid of a row that has its other values. One thread at a time.
 */
final class LooseEntries {
    /** Enough to tell the two apart: they differ in every entry, but for indexes on expressions, which are taken for rows. */
    private static final int MOST_SAMPLED = 64;

    private final PageStore store;
    private final Ownership ownership;
    private final CellCursor cursor;
    private final RecordCursor record = new RecordCursor();

    LooseEntries(PageStore store, Ownership ownership) {
        this.store = store;
        this.ownership = ownership;
        this.cursor = new CellCursor(store.geometry(), store.largestPayload());
    }

    /** What an entry holds: a rowid, and values as {@link #value} gives them. */
    private record Entry(Sample sample, long rowid, List<String> values) {}

    /** Entries of one tree, as far as they were looked at. */
    private static final class Sample {
        private final List<Entry> entries = new ArrayList<>();
        private int seen;
        private int found;

        /** An index has one entry for each row. */
        boolean isOfIndex() {
            return found * 2 > seen
                    && entries.stream().map(Entry::rowid).distinct().count() == entries.size();
        }
    }

    /**
     * The pages that hold rows of tables without rowid.
     *
     * @param unclaimed pages that no tree claims
     * @return each with the root of its tree, as far as that is at hand
     */
    Map<Integer, Integer> rowsAmong(List<Integer> unclaimed) throws IOException {
        Map<Integer, Integer> rootOf = rootOf(unclaimed);
        Map<Integer, Sample> samples = new HashMap<>();
        for (Map.Entry<Integer, Integer> page : rootOf.entrySet()) {
            sample(page.getKey(), samples.computeIfAbsent(page.getValue(), root -> new Sample()));
        }
        lookForRows(samples);
        rootOf.values()
                .removeIf(root -> samples.getOrDefault(root, new Sample()).isOfIndex());
        return rootOf;
    }

    private Map<Integer, Integer> rootOf(List<Integer> unclaimed) throws IOException {
        Map<Integer, Integer> parentOf = new LinkedHashMap<>();
        BitSet loose = new BitSet();
        for (int page : unclaimed) {
            kind(page).filter(kind -> !kind.isTable()).ifPresent(kind -> loose.set(page));
        }
        for (int page : loose.stream().toArray()) {
            if (kind(page).orElseThrow() == PageKind.INDEX_INTERIOR) {
                for (int child : children(page)) {
                    if (child != page && loose.get(child)) {
                        parentOf.putIfAbsent(child, page);
                    }
                }
            }
        }
        Map<Integer, Integer> rootOf = new LinkedHashMap<>();
        for (int page : loose.stream().toArray()) {
            int root = page;
            for (int steps = 0; steps < loose.cardinality() && parentOf.containsKey(root); steps++) {
                root = parentOf.get(root);
            }
            rootOf.put(page, root);
        }
        return rootOf;
    }

    private Optional<PageKind> kind(int page) throws IOException {
        return PageKind.of(Bytes.u8(store.newest(page), BtreePage.headerOffset(page)));
    }

    private BtreePage read(int page, PageKind kind) throws IOException {
        return BtreePage.read(store.newest(page), page, kind, store.geometry(), cursor);
    }

    private List<Integer> children(int page) throws IOException {
        BtreePage interior = read(page, PageKind.INDEX_INTERIOR);
        List<Integer> children = new ArrayList<>();
        for (int i = 0; i < interior.pointers(); i++) {
            if (interior.cell(i) >= 0 && cursor.moveTo(interior.bytes(), interior.cell(i), interior.kind())) {
                children.add((int) Math.min(cursor.leftChild(), Integer.MAX_VALUE));
            }
        }
        children.add((int) Math.min(interior.rightChild(), Integer.MAX_VALUE));
        return children;
    }

    private void sample(int page, Sample sample) throws IOException {
        BtreePage btree = read(page, kind(page).orElseThrow());
        for (int i = 0; i < btree.pointers() && sample.seen < MOST_SAMPLED; i++) {
            if (reads(btree, i)) {
                int last = record.count() - 1;
                sample.seen++;
                if (last > 0 && record.kind(last) == RecordCursor.Kind.INTEGER) {
                    sample.entries.add(new Entry(sample, record.integer(last), values(last)));
                }
            }
        }
    }

    /** Whether there is an entry, all of it on the page. */
    private boolean reads(BtreePage page, int cell) {
        return page.cell(cell) >= 0
                && cursor.moveTo(page.bytes(), page.cell(cell), page.kind())
                && cursor.overflowPage() == 0
                && record.moveTo(page.bytes(), cursor.payloadOffset(), cursor.localSize())
                && record.count() > 0;
    }

    private List<String> values(int count) {
        List<String> values = new ArrayList<>(count);
        for (int field = 0; field < count; field++) {
            values.add(value(field));
        }
        return values;
    }

    private String value(int field) {
        return switch (record.kind(field)) {
            case INTEGER -> "i" + record.integer(field);
            case REAL -> "r" + record.real(field);
            default -> record.isNull(field) ? "" : Arrays.toString(record.copy(field));
        };
    }

    private void lookForRows(Map<Integer, Sample> samples) throws IOException {
        Map<Long, List<Entry>> wanted = new HashMap<>();
        for (Sample sample : samples.values()) {
            for (Entry entry : sample.entries) {
                wanted.computeIfAbsent(entry.rowid(), rowid -> new ArrayList<>())
                        .add(entry);
            }
        }
        for (int page = 2; page <= store.pageCount() && !wanted.isEmpty(); page++) {
            if (ownership.isFree(page) || kind(page).orElse(PageKind.INDEX_LEAF) != PageKind.TABLE_LEAF) {
                continue;
            }
            BtreePage leaf = read(page, PageKind.TABLE_LEAF);
            for (int i = 0; i < leaf.pointers(); i++) {
                if (leaf.cell(i) < 0
                        || !cursor.moveTo(leaf.bytes(), leaf.cell(i), leaf.kind())
                        || !wanted.containsKey(cursor.rowid())
                        || !record.readHeader(
                                leaf.bytes(), cursor.payloadOffset(), cursor.localSize(), cursor.payloadSize())) {
                    continue;
                }
                found(wanted.getOrDefault(cursor.rowid(), List.of()));
            }
        }
    }

    /** Takes off the list those entries whose values the row at hand has. */
    private void found(List<Entry> entries) {
        List<String> row = new ArrayList<>();
        row.add("i" + cursor.rowid());
        for (int field = 0; field < record.count(); field++) {
            row.add(record.isAtHand(field) ? value(field) : "");
        }
        entries.removeIf(entry -> {
            boolean isOfRow = row.containsAll(entry.values());
            if (isOfRow) {
                entry.sample().found++;
            }
            return isOfRow;
        });
    }
}
