package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.CellSearch;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.RecordCursor;
import org.jspecify.annotations.Nullable;

/** Reads the rows off a page, cell by cell: a cell that cannot be read costs that cell. One thread at a time. */
final class RowReader {

    /** Sizes, rowid and most of the types of a row take no more bytes. */
    private static final int LONGEST_FRONT = 24;

    private static final int MOST_FRAGMENT = 3;

    /** So many bytes alike are no chance. */
    private static final int FILLED = 3;

    /** A value's type takes no more bytes of a header, and its own length neither. */
    private static final int LONGEST_TYPE = 5;

    /** Of how many more cells it is asked whether one byte of them was hit, which takes a tenth of a millisecond each. */
    private int triesLeft = 2000;

    /** Where on the page cells begin that damage hit. */
    private final BitSet hits = new BitSet();

    private final CellCursor cursor;
    private final RecordCursor record = new RecordCursor();
    private final CellSearch search;
    private final PayloadReader payloads;
    private final Geometry geometry;
    private final TornCells tornCells;
    private final RowOrder order;
    private final OddTexts texts;
    private final WipedSectors wipedSectors = new WipedSectors();
    private final RowSink doubtful;
    private final @Nullable EarlierRows earlier;

    /** Where cells begin that differ from an earlier copy on a page of which some byte is wrong. */
    private BitSet suspects = new BitSet();

    private long lostCells;
    private boolean onDamagedPage;

    RowReader(PageStore store, Ownership ownership) {
        this(store, ownership, (rowid, record, page) -> {}, null, false);
    }

    /** @param doubtful takes rows whose key breaks the order of their page, and those with numbers that SQLite writes otherwise: some of their bytes are damaged */
    RowReader(PageStore store, Ownership ownership, RowSink doubtful) {
        this(store, ownership, doubtful, new EarlierRows(store), false);
    }

    /** Reads rows, or entries, that were read before, when the pages were taken on which they continue. */
    static RowReader again(PageStore store, Ownership ownership, RowSink doubtful) {
        return new RowReader(store, ownership, doubtful, null, true);
    }

    private RowReader(
            PageStore store, Ownership ownership, RowSink doubtful, @Nullable EarlierRows earlier, boolean again) {
        this.doubtful = doubtful;
        this.geometry = store.geometry();
        this.tornCells = new TornCells(store.encoding(), geometry.usable());
        this.cursor = new CellCursor(store.geometry(), store.largestPayload());
        this.search = new CellSearch(store.geometry(), cursor);
        this.order = new RowOrder(cursor);
        this.texts = new OddTexts(store.encoding());
        this.earlier = earlier;
        this.payloads = new PayloadReader(store, ownership, again);
    }

    /** Cells that were there and could not be read. */
    long lostCells() {
        return lostCells;
    }

    /** Rows that were left out because they are larger than the memory at hand. */
    long tooLarge() {
        return payloads.tooLarge();
    }

    /** Whether a checksum says that some byte of the page of the row that is being handed out is wrong. */
    boolean onDamagedPage() {
        return onDamagedPage;
    }

    /** Says whether a record can be a row of the tree. */
    @FunctionalInterface
    interface Acceptance {
        boolean accepts(RecordCursor record);
    }

    /** Whether a cell can be a row: by its whole record, or by as much of it as is on the page. */
    static CellSearch.Check check(int pageCount, Acceptance acceptance) {
        return check(pageCount, 0, acceptance);
    }

    /**
     * The same for rows of so many fields that their header itself may continue elsewhere.
     *
     * @param fields how many fields a row has at most; 0 if its header is always on the page
     */
    static CellSearch.Check check(int pageCount, int fields, Acceptance acceptance) {
        RecordCursor probe = new RecordCursor();
        return (page, cell) -> {
            if (cell.overflowPage() == 0) {
                return probe.moveTo(page, cell.payloadOffset(), cell.localSize()) && acceptance.accepts(probe);
            }
            if (cell.overflowPage() < 2 || cell.overflowPage() > pageCount) {
                return false;
            }
            int at = cell.payloadOffset();
            int local = cell.localSize();
            if ((long) fields * LONGEST_TYPE >= local
                    && RecordCursor.headerSize(page, at, at + local) <= (long) fields * LONGEST_TYPE
                    && RecordCursor.headerContinues(page, at, local, cell.payloadSize())) {
                return true;
            }
            return probe.readHeader(page, at, local, cell.payloadSize()) && acceptance.accepts(probe);
        };
    }

    /** Hands out the rows of a page of a tree. */
    void rows(PageImage image, Tree tree, Acceptance acceptance, RowSink sink) throws IOException {
        BtreePage btree = image.btree();
        onDamagedPage = image.version().source().isDamaged();
        BitSet outOfOrder = tree.rowidsMatter()
                ? order.broken(image, tree, i -> btree.exact() || accepts(image, btree.cell(i), tree))
                : new BitSet();
        hits.clear();
        suspects = earlier != null && onDamagedPage && tree.ofTable() ? earlier.suspects(image) : new BitSet();
        if (btree.exact()) {
            for (int i = 0; i < btree.count(); i++) {
                row(image, btree.cell(i), tree, acceptance, outOfOrder.get(i) ? doubtful : sink, null);
            }
            return;
        }
        List<Integer> known = new ArrayList<>();
        Set<Integer> brokenCells = new HashSet<>();
        for (int i = 0; i < btree.pointers(); i++) {
            int at = btree.cell(i);
            if (outOfOrder.get(i)) {
                brokenCells.add(at);
            } else if (at >= 0 && cursor.moveTo(btree.bytes(), at, btree.kind()) && belongs(image, tree)) {
                known.add(at);
            }
        }
        dropAstray(image, tree, known);
        int[] offsets = known.stream().mapToInt(Integer::intValue).toArray();
        boolean trusted = btree.pointersLost()
                || btree.contentStart() <= Arrays.stream(offsets).min().orElse(-1)
                || btree.pointersConfirmContentStart();
        CellSearch.Check check =
                (bytes, cell) -> belongs(image, tree) && tree.check().accepts(bytes, cell);
        int[] found = btree.headerLost()
                ? withoutOlder(btree, offsets, findLost(btree, offsets, check))
                : search.find(btree, offsets, trusted, check);
        markHits(image, tree, known);
        BitSet covered = btree.freeblocks(geometry.usable());
        for (int[] cells : new int[][] {offsets, found}) {
            for (int at : cells) {
                if (cursor.moveTo(btree.bytes(), at, btree.kind())) {
                    covered.set(at, cursor.end());
                }
            }
        }
        for (int at : offsets) {
            row(image, at, tree, acceptance, sink, covered);
        }
        // Where a page was compacted, older copies of its rows lie before the newer ones.
        Set<Long> rowids = new HashSet<>();
        for (int i = found.length - 1; i >= 0; i--) {
            if (brokenCells.contains(found[i])) {
                row(image, found[i], tree, acceptance, doubtful, covered);
            } else if (!tree.ofTable()
                    || (cursor.moveTo(btree.bytes(), found[i], btree.kind()) && rowids.add(cursor.rowid()))) {
                row(image, found[i], tree, acceptance, sink, covered);
            }
        }
        lostCells += Math.max(0, Math.min(btree.count(), btree.pointers()) - offsets.length - found.length);
    }

    /** Cells of a page of which nothing tells where they begin: those whose texts are texts go before what overlaps them. */
    private int[] findLost(BtreePage page, int[] known, CellSearch.Check check) {
        int[] first = search.find(
                page,
                known,
                false,
                (bytes, cell) -> check.accepts(bytes, cell)
                        && (cell.overflowPage() != 0
                                || (record.moveTo(bytes, cell.payloadOffset(), cell.localSize())
                                        && texts.isText(record))));
        int[] sure = IntStream.concat(IntStream.of(known), IntStream.of(first)).toArray();
        int[] rest = search.find(page, sure, false, check);
        return IntStream.concat(IntStream.of(first), IntStream.of(rest))
                .sorted()
                .toArray();
    }

    /**
     * Leaves out cells of before the page was written anew: together with others that they touch they lie before newer ones, and some of these have the same
     * rowids.
     *
     * @param found ascending
     */
    private int[] withoutOlder(BtreePage page, int[] known, int[] found) {
        if (!page.kind().isTable()) {
            return found;
        }
        Set<Long> rowids = new HashSet<>();
        for (int at : known) {
            cursor.moveTo(page.bytes(), at, page.kind());
            rowids.add(cursor.rowid());
        }
        int end = found.length;
        while (end > 0) {
            int start = end;
            int twice = 0;
            Set<Long> run = new HashSet<>();
            int next = Integer.MAX_VALUE;
            while (start > 0 && cursor.moveTo(page.bytes(), found[start - 1], page.kind())) {
                if (next != Integer.MAX_VALUE && next - cursor.end() > MOST_FRAGMENT) {
                    break;
                }
                next = cursor.offset();
                twice += rowids.contains(cursor.rowid()) ? 1 : 0;
                run.add(cursor.rowid());
                start--;
            }
            if (twice > 1 || start == end) {
                return Arrays.copyOfRange(found, end, found.length);
            }
            rowids.addAll(run);
            end = start;
        }
        return found;
    }

    /**
     * Leaves out what pointers lead to that is no row, unless it lies between what begins where it ends and what ends where it begins: then the cell is
     * damaged, else its pointer, and the cell lies elsewhere.
     *
     * @param known offsets of cells that can be read
     */
    private void dropAstray(PageImage image, Tree tree, List<Integer> known) {
        BtreePage btree = image.btree();
        BitSet starts = btree.freeblocks(geometry.usable());
        starts.set(geometry.usable());
        BitSet ends = (BitSet) starts.clone();
        ends.set(btree.contentStart());
        for (int at : known) {
            cursor.moveTo(btree.bytes(), at, btree.kind());
            starts.set(at);
            ends.set(cursor.end());
        }
        known.removeIf(at -> !accepts(image, at, tree)
                && cursor.moveTo(btree.bytes(), at, btree.kind())
                && !(isNear(starts, cursor.end(), 1) && isNear(ends, at, -1)));
    }

    /** Whether a place is among others, or a fragment away from one. */
    private static boolean isNear(BitSet places, int at, int direction) {
        for (int fragment = 0; fragment <= MOST_FRAGMENT; fragment++) {
            int place = at + direction * fragment;
            if (place >= 0 && places.get(place)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Notes where cells begin of which more than one byte is wrong: what hit them may have begun in the cell before.
     *
     * @param known offsets of cells that can be read
     */
    private void markHits(PageImage image, Tree tree, List<Integer> known) {
        BtreePage btree = image.btree();
        if (btree.headerLost() || known.size() * 2 < btree.pointers()) {
            // Pointers of which few lead to cells say nothing of the others.
            return;
        }
        BitSet ends = btree.freeblocks(geometry.usable());
        ends.set(geometry.usable());
        for (int i = 0; i < btree.pointers(); i++) {
            ends.set(btree.pointer(i));
        }
        for (int i = 0; i < btree.pointers() && triesLeft > 0; i++) {
            int at = btree.pointer(i);
            if (at >= btree.pointersEnd()
                    && at < geometry.usable()
                    && !accepts(image, at, tree)
                    && !isWholeInFront(image, at, ends)
                    && !isFilledFrom(btree.bytes(), at)
                    && !isOneByteHit(image, at, tree, ends)) {
                hits.set(at);
            }
        }
    }

    /** Whether a cell that cannot be read is as long as there is room for it: its first bytes are right, and what hit it began behind them. */
    private boolean isWholeInFront(PageImage image, int at, BitSet ends) {
        return cursor.moveTo(image.btree().bytes(), at, image.btree().kind()) && ends.get(cursor.end());
    }

    /** Whether a cell begins with one byte again and again, which the row before does not end with: then what wrote these began with the cell. */
    private boolean isFilledFrom(byte[] bytes, int at) {
        return at + FILLED <= geometry.usable()
                && bytes[at - 1] != bytes[at]
                && IntStream.range(1, FILLED).allMatch(i -> bytes[at + i] == bytes[at]);
    }

    private boolean accepts(PageImage image, int at, Tree tree) {
        byte[] bytes = image.btree().bytes();
        return cursor.moveTo(bytes, at, image.btree().kind())
                && belongs(image, tree)
                && tree.check().accepts(bytes, cursor);
    }

    /** Whether a cell is one if one byte at its front is another. */
    private boolean isOneByteHit(PageImage image, int at, Tree tree, BitSet ends) {
        byte[] bytes = image.btree().bytes();
        triesLeft--;
        for (int i = at; i < Math.min(at + LONGEST_FRONT, geometry.usable()); i++) {
            byte now = bytes[i];
            for (int value = 0; value < 256; value++) {
                bytes[i] = (byte) value;
                if (accepts(image, at, tree) && ends.get(cursor.end())) {
                    bytes[i] = now;
                    return true;
                }
            }
            bytes[i] = now;
        }
        return false;
    }

    private boolean belongs(PageImage image, Tree tree) {
        return !tree.ofTable()
                || !tree.rowidsMatter()
                || (Hole.isAbove(cursor.rowid(), image.above()) && cursor.rowid() <= image.upTo());
    }

    private void row(PageImage image, int at, Tree tree, Acceptance acceptance, RowSink sink, @Nullable BitSet covered)
            throws IOException {
        byte[] bytes = image.btree().bytes();
        if (at < 0 || !cursor.moveTo(bytes, at, image.btree().kind())) {
            lostCells++;
            return;
        }
        boolean whole;
        boolean runsIntoDamage = hits.get(cursor.end());
        boolean wiped;
        if (cursor.overflowPage() == 0) {
            whole = record.moveTo(bytes, cursor.payloadOffset(), cursor.localSize())
                    && (covered == null || !tornCells.isTorn(record, at, cursor.end(), covered));
            wiped = whole && isWiped(image, at);
        } else {
            byte[] payload = payloads.read(bytes, cursor);
            whole = payload != null && record.moveTo(payload, 0, payload.length);
            wiped = whole && (wipedSectors.standOut(record, payloads.zeros()) || isWiped(image, at));
        }
        if (!whole || cursor.end() > image.available()) {
            lostCells++;
            return;
        }
        if (!acceptance.accepts(record)) {
            if (image.sound()) {
                // Whatever it is, nothing of it is damaged.
                doubtful.row(tree.ofTable() ? cursor.rowid() : 0, record, image.page());
            } else {
                lostCells++;
            }
            return;
        }
        boolean sound = !runsIntoDamage
                && !wiped
                && !suspects.get(at)
                && belongs(image, tree)
                && cursor.asWritten()
                && record.asWritten();
        RowSink taker = sound ? sink : doubtful;
        taker.row(tree.ofTable() ? cursor.rowid() : 0, record, image.page());
    }

    /** Whether a sector within the cell was wiped. A page whose accounting closes shows no damage: there only zeros within texts tell. */
    private boolean isWiped(PageImage image, int at) {
        byte[] bytes = image.btree().bytes();
        if (image.sound()) {
            return cursor.overflowPage() == 0 && WipedSectors.isAmongTexts(bytes, record);
        }
        return WipedSectors.isAmong(bytes, at, at + cursor.size());
    }
}
