package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.salvage.TableShape.IndexShape;
import org.jspecify.annotations.Nullable;

/**
 * What the indexes know of the rows. An entry holds some columns and the rowid; a filter over the digests of all entries of an index answers
 * whether a row has its entry, in two bytes an entry at most.
 */
final class IndexEvidence {

    /**
     * A set that may say yes wrongly, for fewer than one in a hundred, and never no. All bits of an entry lie in 64 bytes, so that asking costs one access to memory.
     * One that the heap has no room for says so.
     */
    static final class Filter {
        /** Two bytes: with five probes in one block, three in a thousand are taken for present. */
        private static final int BITS_PER_ENTRY = 16;

        /** With fewer, more than one in a hundred would be taken for present. */
        private static final int FEWEST_BITS_PER_ENTRY = 12;

        private static final int PROBES = 5;
        private static final int BLOCK_WORDS = 8;

        /** Salvage works with 64 MiB of heap, and has two filters and more at once. */
        private static final int LEAST_BYTES = 8 << 20;

        private static final int SHARE_OF_HEAP = 8;

        private final long[] bits;
        private final long blocks;
        private final boolean sized;

        Filter(long expected) {
            this(expected, Math.max(LEAST_BYTES, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP));
        }

        /**
         * A filter of limited size.
         *
         * @param expected the most entries
         */
        Filter(long expected, long mostBytes) {
            long wanted = Math.max(16, expected / 64 * BITS_PER_ENTRY + BITS_PER_ENTRY);
            long words = Math.min(wanted, Math.min(mostBytes / Long.BYTES, Integer.MAX_VALUE - BLOCK_WORDS));
            blocks = Math.max(1, words / BLOCK_WORDS);
            sized = blocks * BLOCK_WORDS >= expected / 64 * FEWEST_BITS_PER_ENTRY;
            bits = new long[sized ? (int) blocks * BLOCK_WORDS : BLOCK_WORDS];
        }

        /** Whether it answers: one that is not sized to what it is to hold knows nothing, and is not asked. */
        boolean isSized() {
            return sized;
        }

        void add(long digest) {
            if (!sized) {
                return;
            }
            int block = block(digest);
            long rest = digest;
            for (int i = 0; i < PROBES; i++) {
                bits[block + word(rest)] |= 1L << rest;
                rest >>>= 9;
            }
        }

        boolean mayContain(long digest) {
            if (!sized) {
                return true;
            }
            int block = block(digest);
            long rest = digest;
            for (int i = 0; i < PROBES; i++) {
                if ((bits[block + word(rest)] & (1L << rest)) == 0) {
                    return false;
                }
                rest >>>= 9;
            }
            return true;
        }

        /** Where the block begins: by bits that depend on all of the digest, because the places within it take most of its own. */
        private int block(long digest) {
            long mixed = digest * 0x9E3779B97F4A7C15L;
            return (int) ((mixed >>> 32) * blocks >>> 32) * BLOCK_WORDS;
        }

        private static int word(long rest) {
            return (int) rest >>> 6 & BLOCK_WORDS - 1;
        }
    }

    /** An index tree with the filter over it, made when first asked for. */
    record IndexTree(IndexShape shape, Tree tree) {}

    private static final int MOST_FILTERS = 2;
    private static final int MOST_SAMPLED_STRAYS = 16;
    private static final int MOST_KEYS = 20;
    private static final int MOST_SHOWN = 40;

    private final PageStore store;
    private final Ownership ownership;
    private final TreeWalk walk;
    private final Map<String, List<IndexTree>> indexes;
    private final Map<String, List<IndexTree>> partialIndexes;
    private final Map<String, Filter> filters = new HashMap<>();
    /** How many entries of an index were read, by its name. */
    private final Map<String, Long> entries = new HashMap<>();

    private final Map<String, Boolean> replaced = new HashMap<>();
    private final Map<String, SpoiltEntries> spoilt = new HashMap<>();
    private final Map<String, Boolean> mixed = new HashMap<>();
    private @Nullable List<Integer> strayIndexPages;
    private boolean trustsStrays;
    private final boolean schemaWhole;
    private final RecordCursor record = new RecordCursor();
    private final CellCursor cursor;

    /**
     * @param indexes the index trees of each table, by the table's name
     * @param partialIndexes those on expressions or with a condition, likewise
     * @param schemaWhole whether all tables are known
     */
    IndexEvidence(
            PageStore store,
            Ownership ownership,
            TreeWalk walk,
            Map<String, List<IndexTree>> indexes,
            Map<String, List<IndexTree>> partialIndexes,
            boolean schemaWhole) {
        this.partialIndexes = partialIndexes;
        this.schemaWhole = schemaWhole;
        this.store = store;
        this.ownership = ownership;
        this.walk = walk;
        this.indexes = indexes;
        this.cursor = new CellCursor(store.geometry(), store.largestPayload());
    }

    List<IndexTree> of(TableTree table) {
        return indexes.getOrDefault(table.object().name(), List.of());
    }

    /** From now on what lies on index pages that no tree leads to counts too: all free pages are known, where rows that were deleted have entries. */
    void trustStrays() {
        trustsStrays = true;
    }

    private static long pages(IndexTree index) {
        return index.tree().pages();
    }

    Filter filter(IndexTree index) throws IOException {
        Filter known = filters.get(index.shape().name());
        if (known != null) {
            return known;
        }
        // An entry takes eight bytes at the very least.
        boolean withStrays = trustsStrays && !isWhole(index.tree());
        long pages = pages(index) + (withStrays ? strayIndexPages().size() : 0);
        long expected = pages * store.geometry().usable() / 12;
        Filter filter = new Filter(expected);
        entries.put(
                index.shape().name(), addEntries(index, index.shape().fields().size(), filter));
        if (withStrays) {
            addStrayEntries(index, filter);
        }
        filters.put(index.shape().name(), filter);
        return filter;
    }

    private long addEntries(IndexTree index, int fields, Filter filter) throws IOException {
        RowReader reader = new RowReader(store, ownership);
        long[] added = {0};
        walk.visit(
                index.tree(),
                image -> reader.rows(image, index.tree(), entry -> entry.count() == fields, (rowid, entry, page) -> {
                    filter.add(entryDigest(entry));
                    added[0]++;
                }));
        return added[0];
    }

    /** Adds what lies on whole index pages that no tree leads to: of an index whose root is lost, its leaves are left. */
    private void addStrayEntries(IndexTree index, Filter filter) throws IOException {
        for (int page : strayIndexPages()) {
            byte[] bytes = store.newest(page);
            BtreePage btree = BtreePage.read(
                    bytes, page, PageKind.of(Bytes.u8(bytes, 0)).orElse(PageKind.INDEX_LEAF), store.geometry(), cursor);
            for (int i = 0; btree.exact() && i < btree.count(); i++) {
                if (cursor.moveTo(bytes, btree.cell(i), btree.kind())
                        && cursor.overflowPage() == 0
                        && record.moveTo(bytes, cursor.payloadOffset(), cursor.localSize())
                        && record.count() == index.shape().fields().size()) {
                    filter.add(entryDigest(record));
                }
            }
        }
    }

    /**
     * Whether leaves of an index are not in the order of their entries, though each is whole: some of them are another index's, or older ones, and the entries that
     * were there are missing. Asked of one entry in the middle of each leaf.
     */
    private boolean isMixed(IndexTree index) throws IOException {
        Boolean known = mixed.get(index.shape().name());
        if (known == null) {
            KeyOrder order = index.tree().keyOrder();
            RecordCursor[] keys = {new RecordCursor(), new RecordCursor()};
            boolean[] facts = {false, false};
            if (order != null) {
                walk.visit(index.tree(), image -> {
                    BtreePage leaf = image.btree();
                    if (!leaf.kind().isLeaf() || leaf.count() == 0 || facts[1] || !leaf.exact()) {
                        return;
                    }
                    byte[] bytes = leaf.bytes().clone();
                    cursor.moveTo(bytes, leaf.cell(leaf.count() / 2), leaf.kind());
                    RecordCursor key = keys[1];
                    if (key.readHeader(bytes, cursor.payloadOffset(), cursor.localSize(), cursor.payloadSize())
                            && order.isAtHand(key, cursor.payloadOffset() + cursor.localSize())) {
                        facts[1] = facts[0] && order.compare(keys[0], key) >= 0;
                        facts[0] = true;
                        keys[1] = keys[0];
                        keys[0] = key;
                    }
                });
            }
            known = facts[1];
            mixed.put(index.shape().name(), known);
        }
        return known;
    }

    /** The entries of an index that show damage of their own, looked for when a row has no entry. */
    private SpoiltEntries spoilt(IndexTree index) throws IOException {
        SpoiltEntries known = spoilt.get(index.shape().name());
        if (known == null) {
            SpoiltEntries found = new SpoiltEntries(store.encoding());
            RowReader reader =
                    RowReader.again(store, ownership, (rowid, entry, page) -> found.add(fieldDigests(entry)));
            walk.visit(index.tree(), image -> {
                reader.rows(
                        image,
                        index.tree(),
                        entry -> entry.count() == index.shape().fields().size(),
                        (rowid, entry, page) -> found.look(entry, fieldDigests(entry)));
                noteBroken(image.btree(), found);
            });
            known = found;
            spoilt.put(index.shape().name(), known);
        }
        return known;
    }

    /** Notes the entries on a page that continue on a page that is none. */
    private void noteBroken(BtreePage page, SpoiltEntries found) {
        for (int i = 0; i < page.pointers(); i++) {
            if (page.cell(i) >= 0
                    && cursor.moveTo(page.bytes(), page.cell(i), page.kind())
                    && cursor.overflowPage() != 0
                    && !ownership.exists(cursor.overflowPage())
                    && record.readHeader(
                            page.bytes(), cursor.payloadOffset(), cursor.localSize(), cursor.payloadSize())) {
                found.addBroken(record);
            }
        }
    }

    private List<Integer> strayIndexPages() throws IOException {
        List<Integer> known = strayIndexPages;
        if (known == null) {
            known = new ArrayList<>();
            for (int page = 2; page <= store.pageCount(); page++) {
                if (ownership.owner(page) == Ownership.NOBODY && !ownership.isFree(page)) {
                    int flag = store.firstByte(page);
                    if (flag == PageKind.INDEX_LEAF.flag() || flag == PageKind.INDEX_INTERIOR.flag()) {
                        known.add(page);
                    }
                }
            }
            strayIndexPages = known;
        }
        return known;
    }

    /** The digest of an entry; never 0. */
    static long entryDigest(RecordCursor entry) {
        long digest = 17;
        for (int i = 0; i < entry.count(); i++) {
            digest = mix(digest, valueDigest(entry, i));
        }
        return known(digest);
    }

    /** The digest of the entry that an index would have for a row; fields that the record leaves out make it unknown: 0. */
    static long rowDigest(IndexShape index, TableShape table, long rowid, RecordCursor row) {
        long digest = 17;
        for (int field : index.fields()) {
            long value;
            if (field == IndexShape.ROWID) {
                value = integerDigest(rowid);
            } else if (field >= row.count()) {
                return 0;
            } else if (table.stored().get(field).rowidAlias()) {
                value = integerDigest(rowid);
            } else {
                value = valueDigest(row, field);
            }
            digest = mix(digest, value);
        }
        return known(digest);
    }

    /** The digest of each value of an entry. */
    static long[] fieldDigests(RecordCursor entry) {
        long[] digests = new long[entry.count()];
        for (int i = 0; i < digests.length; i++) {
            digests[i] = valueDigest(entry, i);
        }
        return digests;
    }

    /** The digest of each value that the entry for a row would have; none for a field that the record leaves out. */
    static long[] fieldDigests(IndexShape index, TableShape table, long rowid, RecordCursor row) {
        long[] digests = new long[index.fields().size()];
        for (int i = 0; i < digests.length; i++) {
            int field = index.fields().get(i);
            boolean isRowid =
                    field == IndexShape.ROWID || table.stored().get(field).rowidAlias();
            digests[i] = isRowid ? integerDigest(rowid) : field < row.count() ? valueDigest(row, field) : 0;
        }
        return digests;
    }

    /** A digest that says that it is known: another than 0. */
    private static long known(long digest) {
        return digest == 0 ? 1 : digest;
    }

    private static long mix(long digest, long value) {
        // Not symmetric: small numbers in another order, or of another kind of value, are to give another digest.
        long mixed = (digest * 0xBF58476D1CE4E5B9L ^ value) * 0x9E3779B97F4A7C15L;
        mixed ^= mixed >>> 32;
        mixed *= 0xD6E8FEB86659FD93L;
        return mixed ^ (mixed >>> 29);
    }

    private static long integerDigest(long value) {
        return mix(1, value);
    }

    /** A whole number is one value, stored as INTEGER or as REAL. */
    private static long valueDigest(RecordCursor record, int field) {
        return switch (record.kind(field)) {
            case NULL -> 3;
            case INTEGER -> integerDigest(record.integer(field));
            case REAL -> {
                double real = record.real(field);
                yield real == (long) real ? integerDigest((long) real) : mix(5, Double.doubleToLongBits(real));
            }
            case TEXT ->
                mix(7, Bytes.digest(record.bytes(), record.offset(field), record.offset(field) + record.size(field)));
            case BLOB ->
                mix(9, Bytes.digest(record.bytes(), record.offset(field), record.offset(field) + record.size(field)));
        };
    }

    /** Whether every entry of an index can be read, so that a row without one contradicts it. */
    private static boolean isComplete(IndexTree index) {
        return index.tree().rootPage() != 0
                && index.tree().holes().isEmpty()
                && !index.tree().hasUnsoundPages();
    }

    /**
     * Whether something else lies where an index was, though it reads as a whole one: an older page, or that of another index. It knows hardly any of the table's
     * rows then, while another index of the table does, or the entries for them lie elsewhere. Without such a witness the rows may be the other table's.
     */
    private boolean isReplaced(TableTree table, IndexTree index) throws IOException {
        TableShape shape = table.shape();
        if (shape == null || shape.withoutRowid()) {
            return false;
        }
        Boolean known = replaced.get(index.shape().name());
        if (known == null) {
            Asked asked = sampled(table, shape, index.shape(), filter(index));
            known = knowsFew(asked) && hasWitnessAgainst(table, shape, index);
            if (asked.rows() > 2) {
                replaced.put(index.shape().name(), known);
            }
        }
        return known;
    }

    private boolean hasWitnessAgainst(TableTree table, TableShape shape, IndexTree index) throws IOException {
        if (straysAreIts(table, index)) {
            long expected = (strayIndexPages().size() + 1L) * store.geometry().usable() / 12;
            Filter elsewhere = new Filter(expected);
            addStrayEntries(index, elsewhere);
            if (knowsMost(sampled(table, shape, index.shape(), elsewhere))) {
                return true;
            }
        }
        for (IndexTree other : of(table)) {
            if (!other.equals(index) && isComplete(other)) {
                if (knowsMost(sampled(table, shape, other.shape(), filter(other)))) {
                    return true;
                }
                Filter entries = new Filter(pages(other) * store.geometry().usable() / 12);
                addEntries(other, index.shape().fields().size(), entries);
                if (knowsMost(sampled(table, shape, index.shape(), entries))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether stray entries can be those of one index only: all tables are known, and all indexes of others with as many fields are whole. */
    private boolean straysAreIts(TableTree table, IndexTree index) {
        int fields = index.shape().fields().size();
        return schemaWhole
                && indexes.entrySet().stream()
                        .filter(others -> !others.getKey().equals(table.object().name()))
                        .flatMap(others -> others.getValue().stream())
                        .noneMatch(other -> other.shape().fields().size() == fields && !isComplete(other));
    }

    private static boolean knowsFew(Asked asked) {
        return asked.rows() > 2 && asked.known() * 2 < asked.rows();
    }

    private static boolean knowsMost(Asked asked) {
        return asked.rows() > 2 && asked.known() * 10 >= asked.rows() * 9;
    }

    /** How many rows on some leaves of a table's tree a filter knows. */
    private Asked sampled(TableTree table, TableShape shape, IndexShape index, Filter filter) throws IOException {
        int rows = 0;
        int known = 0;
        List<Integer> leaves = new ArrayList<>(table.tree().sample());
        List<TableTree.Stray> strays = table.strays();
        strays.subList(0, Math.min(MOST_SAMPLED_STRAYS, strays.size())).forEach(stray -> leaves.add(stray.page()));
        for (int page : leaves) {
            if (ownership.owner(page) == table.tree().number()) {
                Asked asked = ask(index, filter, shape, page, 0);
                rows += asked.rows();
                known += asked.known();
            }
        }
        return new Asked(rows, known, false, 0);
    }

    /** What the indexes of a table say about its rows while they pass. */
    RowCheck check(TableTree table) throws IOException {
        return new RowCheck(table);
    }

    /**
     * Rows that an index knows and nobody found.
     *
     * @param counted false where there are too many rows for the heap to compare them with the indexes
     */
    record LostRows(long count, List<String> keys, boolean counted) {
        static final LostRows NONE = new LostRows(0, List.of(), true);
        static final LostRows UNCOUNTED = new LostRows(0, List.of(), false);
    }

    /**
     * Looks at every row of a table. A row of which a whole index knows nothing may have been altered, or deleted, or be another table's; an entry whose
     * row did not pass is a lost row.
     */
    final class RowCheck {
        private final TableTree table;
        private final @Nullable TableShape shape;
        private final List<IndexTree> complete = new ArrayList<>();
        private final List<Filter> known = new ArrayList<>();
        private final boolean damaged;
        private @Nullable Filter seen;
        private long passed;
        private long unconfirmed;
        private String unconfirmedBy = "";

        RowCheck(TableTree table) throws IOException {
            this.table = table;
            this.shape = table.shape();
            boolean byRowid = shape != null && !shape.withoutRowid();
            damaged = table.hasHoles() || !table.tree().damagedPages().isEmpty();
            seen = shape != null && !witnesses().isEmpty()
                    ? new Filter(table.tree().pages() * (long) store.geometry().usable() / 12)
                    : null;
            for (IndexTree index : of(table)) {
                if (byRowid
                        && complete.size() < MOST_FILTERS
                        && isComplete(index)
                        && filter(index).isSized()
                        && !isReplaced(table, index)) {
                    complete.add(index);
                    known.add(filter(index));
                }
            }
        }

        /** The indexes of the table whose entries name the row that they are for. */
        private List<IndexTree> witnesses() {
            List<IndexTree> witnesses = new ArrayList<>(of(table));
            witnesses.addAll(partialIndexes.getOrDefault(table.object().name(), List.of()));
            witnesses.removeIf(index -> keyOf(index).length == 0);
            return witnesses;
        }

        /** Where in an entry of an index the rowid or the key of its row is; empty if it is not all there. */
        private int[] keyOf(IndexTree index) {
            TableShape rows = shape;
            List<Integer> fields = index.shape().fields();
            int[] key = rows == null
                    ? new int[0]
                    : rows.withoutRowid()
                            ? IntStream.range(0, rows.keyFields())
                                    .map(fields::indexOf)
                                    .toArray()
                            : new int[] {fields.indexOf(IndexShape.ROWID)};
            return Arrays.stream(key).allMatch(place -> place >= 0) ? key : new int[0];
        }

        /** Why the row cannot be one of the table; empty if nothing speaks against it. */
        String contradiction(long rowid, RecordCursor row) throws IOException {
            return contradiction(rowid, row, null);
        }

        private String contradiction(long rowid, RecordCursor row, @Nullable IndexTree but) throws IOException {
            TableShape rows = shape;
            for (int i = 0; rows != null && i < known.size(); i++) {
                if (complete.get(i).equals(but)) {
                    continue;
                }
                long digest = rowDigest(complete.get(i).shape(), rows, rowid, row);
                if (digest != 0
                        && !known.get(i).mayContain(digest)
                        && !isMixed(complete.get(i))
                        && !spoilt(complete.get(i)).mayBeOf(complete.get(i).shape(), rows, rowid, row)) {
                    return "index " + complete.get(i).shape().name() + " has no entry for the row";
                }
            }
            return "";
        }

        /** A row is in the table. */
        void pass(long rowid, RecordCursor row) {
            TableShape rows = shape;
            Filter filter = seen;
            if (rows != null && filter != null) {
                passed++;
                filter.add(rows.withoutRowid() ? keyDigest(row, 0, rows.keyFields()) : integerDigest(rowid));
            }
        }

        /** A row is in the table, though an index does not know it as it is. */
        void passUnconfirmed(String contradiction, long rowid, RecordCursor row) {
            unconfirmed++;
            unconfirmedBy = unconfirmedBy.isEmpty() ? contradiction : unconfirmedBy;
            pass(rowid, row);
        }

        /** What indexes say of rows that are in the table all the same; empty where they say nothing. */
        Optional<String> disagreement() {
            return unconfirmed == 0
                    ? Optional.empty()
                    : Optional.of(
                            unconfirmed + " rows of table " + table.object().name()
                                    + " are kept as they are, though " + unconfirmedBy
                                    + (unconfirmed > 1 ? " and for others" : ""));
        }

        private long keyDigest(RecordCursor record, int from, int count) {
            long digest = 19;
            for (int i = from; i < from + count; i++) {
                digest = mix(digest, valueDigest(record, i));
            }
            return known(digest);
        }

        /** The digest of what an entry says of its row's rowid or key; 0 if that is none. */
        private long keyDigest(RecordCursor entry, int[] key) {
            TableShape rows = shape;
            if (rows != null && !rows.withoutRowid()) {
                return entry.kind(key[0]) == RecordCursor.Kind.INTEGER ? integerDigest(entry.integer(key[0])) : 0;
            }
            long digest = 19;
            for (int place : key) {
                digest = mix(digest, valueDigest(entry, place));
            }
            return known(digest);
        }

        /** Whether an index that knows of every row has confirmed a field of those that passed. */
        boolean vouchesFor(int field) {
            return complete.stream().anyMatch(index -> index.shape().fields().contains(field));
        }

        /** Whether entries may be there without their rows; where none can be, what was noted of the rows is let go. */
        private boolean mayKnowMore() {
            if (witnesses().stream().noneMatch(this::mayKnowMore)) {
                seen = null;
            }
            return seen != null;
        }

        /** Whether an index may have entries without their rows: not where each row has its entry, and there are no more entries than rows. */
        private boolean mayKnowMore(IndexTree index) {
            return damaged
                    || unconfirmed > 0
                    || !complete.contains(index)
                    || passed != entries.getOrDefault(index.shape().name(), -1L);
        }

        /** Whether nothing speaks for an entry without its row, as far as entries were counted. */
        private boolean isBalanced() {
            return !damaged && unconfirmed == 0 && complete.stream().noneMatch(this::mayKnowMore);
        }

        /**
         * Hands out rows that an index has all values of, and that did not pass: a write to their page was lost. Not those that another index, of which every entry is
         * at hand, does not know: they were deleted.
         *
         * @param lost takes the rows
         * @param doubtful takes those that the other index denies
         * @return how many rows came back
         */
        long rowsOnlyIndexesHave(RowSink lost, RowSink doubtful) throws IOException {
            TableShape rows = shape;
            if (rows == null || !mayKnowMore()) {
                return 0;
            }
            long[] count = {0};
            for (IndexTree index : witnesses()) {
                int[] picked = coveredFields(index, rows);
                if (picked.length > 0 && mayKnowMore(index) && isTrusted(index)) {
                    RecordCursor row = new RecordCursor();
                    eachWithoutRow(index, (rowid, entry, page) -> {
                        byte[] payload = entry.pick(picked);
                        if (row.moveTo(payload, 0, payload.length) && rows.fits(row)) {
                            String denied = contradiction(rowid, row, index);
                            if (denied.isEmpty()) {
                                lost.row(rowid, row, page);
                                pass(rowid, row);
                                count[0]++;
                            } else {
                                doubtful.row(rowid, row, page);
                            }
                        }
                    });
                }
            }
            return count[0];
        }

        /** Whether the entries of an index are its own. */
        private boolean isTrusted(IndexTree index) throws IOException {
            return !isMixed(index) && (!of(table).contains(index) || !isReplaced(table, index));
        }

        /** For each stored column where in an entry its value is, -1 for the rowid's alias; empty if one is not there. */
        private int[] coveredFields(IndexTree index, TableShape rows) {
            int[] picked = new int[rows.stored().size()];
            for (int i = 0; i < picked.length; i++) {
                boolean isAlias = rows.stored().get(i).rowidAlias();
                picked[i] = isAlias ? -1 : index.shape().fields().indexOf(i);
                if (picked[i] < 0 && !isAlias) {
                    return new int[0];
                }
            }
            return picked;
        }

        /** Hands out the entries of an index whose row did not pass. */
        private void eachWithoutRow(IndexTree index, RowSink sink) throws IOException {
            Filter rows = seen;
            int[] key = keyOf(index);
            if (rows == null) {
                return;
            }
            int rowidField = index.shape().fields().indexOf(IndexShape.ROWID);
            RowReader reader = RowReader.again(store, ownership, (rowid, entry, page) -> {});
            walk.visit(
                    index.tree(),
                    image -> reader.rows(
                            image,
                            index.tree(),
                            entry -> entry.count() == index.shape().fields().size(),
                            (none, entry, page) -> {
                                long digest = keyDigest(entry, key);
                                if (digest != 0 && !rows.mayContain(digest)) {
                                    sink.row(rowidField < 0 ? 0 : entry.integer(rowidField), entry, page);
                                }
                            }));
        }

        /** A lower bound: the filter of rows that passed may hide one in a hundred. */
        LostRows lostRows() throws IOException {
            if (!mayKnowMore()) {
                return LostRows.NONE;
            }
            Filter rows = seen;
            if (rows != null && !rows.isSized()) {
                return isBalanced() ? LostRows.NONE : LostRows.UNCOUNTED;
            }
            long most = 0;
            List<String> keys = List.of();
            for (IndexTree index : witnesses()) {
                if (!mayKnowMore(index) || (!damaged && !isTrusted(index))) {
                    continue;
                }
                long[] count = {0};
                List<String> first = new ArrayList<>();
                eachWithoutRow(index, (rowid, entry, page) -> {
                    count[0]++;
                    if (first.size() < MOST_KEYS) {
                        first.add(describe(index, entry, rowid));
                    }
                });
                if (count[0] > most) {
                    most = count[0];
                    keys = first;
                }
            }
            return new LostRows(most, keys, true);
        }

        private String describe(IndexTree index, RecordCursor entry, long rowid) {
            TableShape rows = shape;
            StringBuilder key = new StringBuilder(rows != null && rows.withoutRowid() ? "key" : "rowid " + rowid);
            for (int i = 0; rows != null && Disclosure.showsValues() && i < entry.count(); i++) {
                int field = index.shape().fields().get(i);
                if (field >= 0) {
                    key.append(", ")
                            .append(rows.stored().get(field).name())
                            .append(' ')
                            .append(shown(entry, i));
                }
            }
            return key.toString();
        }

        private String shown(RecordCursor entry, int field) {
            return switch (entry.kind(field)) {
                case NULL -> "NULL";
                case INTEGER -> Long.toString(entry.integer(field));
                case REAL -> Double.toString(entry.real(field));
                case BLOB -> "a blob of " + entry.size(field) + " bytes";
                case TEXT -> {
                    String text = new String(entry.copy(field), store.encoding().charset());
                    yield "'" + (text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "..." : text) + "'";
                }
            };
        }
    }

    /** The one table of several whose indexes know the rows of a page; null if that is none or more. */
    @Nullable
    TableTree tableOf(int page, int versionIndex, List<TableTree> claimants) throws IOException {
        TableTree winner = null;
        for (TableTree table : claimants) {
            if (knows(table, page, versionIndex)) {
                if (winner != null) {
                    return null;
                }
                winner = table;
            }
        }
        return winner;
    }

    /**
     * What an index knows of the rows of a leaf.
     *
     * @param rows how many rows could be asked for
     * @param known for how many of them there is an entry
     * @param entryBytes how many bytes entries for the rows would take, at the least
     */
    record Knowledge(int rows, int known, long entryBytes) {}

    /** What an index, whole or not, knows of the rows of a leaf. */
    Knowledge knowledge(TableTree table, IndexTree index, int page, int versionIndex) throws IOException {
        TableShape shape = table.shape();
        if (shape == null || shape.withoutRowid()) {
            return new Knowledge(0, 0, 0);
        }
        Asked asked = ask(index, shape, page, versionIndex);
        return new Knowledge(asked.rows(), asked.known(), asked.entryBytes());
    }

    /** Whether all entries of an index are at hand. */
    static boolean knowsAll(IndexTree index) {
        return isComplete(index);
    }

    /** Whether a whole index of a table has an entry for at most a quarter of the rows of a leaf. */
    boolean denies(TableTree table, int page) throws IOException {
        TableShape shape = table.shape();
        if (shape == null || shape.withoutRowid()) {
            return false;
        }
        for (IndexTree index : of(table)) {
            if (isComplete(index) && !isReplaced(table, index)) {
                Asked asked = ask(index, shape, page, 0);
                if (asked.rows() > 2 && asked.known() * 4 <= asked.rows() && !isMixed(index)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether an index of a table knows the rows of the newest version of a leaf. */
    boolean knows(TableTree table, int page) throws IOException {
        return knows(table, page, 0);
    }

    private boolean knows(TableTree table, int page, int versionIndex) throws IOException {
        TableShape shape = table.shape();
        if (shape == null || shape.withoutRowid()) {
            return false;
        }
        for (IndexTree index : of(table)) {
            Asked asked = ask(index, shape, page, versionIndex);
            // A whole index knows every row.
            boolean rooted = index.tree().pages() > 0;
            boolean enough = isWhole(index.tree()) && asked.exact()
                    ? asked.known() == asked.rows()
                    // Of an index without a root only what is left lying about is known, and of whose it is nothing.
                    : rooted ? asked.known() * 2 > asked.rows() : asked.known() * 10 >= asked.rows() * 9;
            if (asked.rows() > 0 && enough) {
                return true;
            }
        }
        return false;
    }

    /** Of how many rows of a leaf an index was asked, and how many it knows. */
    private record Asked(int rows, int known, boolean exact, long entryBytes) {}

    private Asked ask(IndexTree index, TableShape shape, int page, int versionIndex) throws IOException {
        return ask(index.shape(), filter(index), shape, page, versionIndex);
    }

    private Asked ask(IndexShape index, Filter filter, TableShape shape, int page, int versionIndex)
            throws IOException {
        byte[] bytes = store.read(page, store.versions(page).get(versionIndex));
        BtreePage btree = BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
        int known = 0;
        int asked = 0;
        long entryBytes = 0;
        for (int i = 0; i < btree.pointers(); i++) {
            if (btree.cell(i) < 0
                    || !cursor.moveTo(bytes, btree.cell(i), btree.kind())
                    || cursor.overflowPage() != 0
                    || !record.moveTo(bytes, cursor.payloadOffset(), cursor.localSize())
                    || !shape.fits(record)) {
                continue;
            }
            long digest = rowDigest(index, shape, cursor.rowid(), record);
            if (digest != 0) {
                asked++;
                known += filter.mayContain(digest) ? 1 : 0;
                for (int field : index.fields()) {
                    entryBytes += field == IndexShape.ROWID ? 0 : record.size(field);
                }
            }
        }
        return new Asked(asked, known, btree.exact(), entryBytes);
    }

    private static boolean isWhole(Tree tree) {
        return tree.holes().isEmpty() && !tree.hasUnsoundPages();
    }
}
