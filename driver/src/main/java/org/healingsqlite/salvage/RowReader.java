package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.CellSearch;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.RecordCursor;
import org.jspecify.annotations.Nullable;

/** Reads the rows off a page, cell by cell: a cell that cannot be read costs that cell. One thread at a time. */
final class RowReader {

    private final CellCursor cursor;
    private final RecordCursor record = new RecordCursor();
    private final CellSearch search;
    private final PayloadReader payloads;
    private final Geometry geometry;
    private final TornCells tornCells;
    private final RowOrder order;
    private final RowSink doubtful;
    private long lostCells;

    RowReader(PageStore store, Ownership ownership) {
        this(store, ownership, (rowid, record, page) -> {});
    }

    /** @param doubtful takes rows whose key breaks the order of their page, and those with numbers that SQLite writes otherwise: some of their bytes are damaged */
    RowReader(PageStore store, Ownership ownership, RowSink doubtful) {
        this.doubtful = doubtful;
        this.geometry = store.geometry();
        this.tornCells = new TornCells(store.encoding(), geometry.usable());
        this.cursor = new CellCursor(store.geometry(), store.largestPayload());
        this.search = new CellSearch(store.geometry(), cursor);
        this.order = new RowOrder(cursor);
        this.payloads = new PayloadReader(store, ownership);
    }

    /** Cells that were there and could not be read. */
    long lostCells() {
        return lostCells;
    }

    /** Says whether a record can be a row of the tree. */
    @FunctionalInterface
    interface Acceptance {
        boolean accepts(RecordCursor record);
    }

    /** Whether a cell can be a row: by its whole record, or by as much of it as is on the page. */
    static CellSearch.Check check(int pageCount, Acceptance acceptance) {
        RecordCursor probe = new RecordCursor();
        return (page, cell) -> {
            if (cell.overflowPage() == 0) {
                return probe.moveTo(page, cell.payloadOffset(), cell.localSize()) && acceptance.accepts(probe);
            }
            return cell.overflowPage() >= 2
                    && cell.overflowPage() <= pageCount
                    && probe.readHeader(page, cell.payloadOffset(), cell.localSize(), cell.payloadSize())
                    && acceptance.accepts(probe);
        };
    }

    /** Hands out the rows of a page of a tree. */
    void rows(PageImage image, Tree tree, Acceptance acceptance, RowSink sink) throws IOException {
        BtreePage btree = image.btree();
        BitSet outOfOrder = order.broken(image, tree);
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
        int[] offsets = known.stream().mapToInt(Integer::intValue).toArray();
        boolean trusted =
                btree.contentStart() <= Arrays.stream(offsets).min().orElse(-1) || btree.pointersConfirmContentStart();
        int[] found = search.find(
                btree,
                offsets,
                trusted,
                (bytes, cell) -> belongs(image, tree) && tree.check().accepts(bytes, cell));
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

    private boolean belongs(PageImage image, Tree tree) {
        return !tree.ofTable() || (cursor.rowid() > image.above() && cursor.rowid() <= image.upTo());
    }

    private void row(PageImage image, int at, Tree tree, Acceptance acceptance, RowSink sink, @Nullable BitSet covered)
            throws IOException {
        byte[] bytes = image.btree().bytes();
        if (at < 0 || !cursor.moveTo(bytes, at, image.btree().kind())) {
            lostCells++;
            return;
        }
        boolean whole;
        if (cursor.overflowPage() == 0) {
            whole = record.moveTo(bytes, cursor.payloadOffset(), cursor.localSize())
                    && (covered == null || !tornCells.isTorn(record, at, cursor.end(), covered));
        } else {
            byte[] payload = payloads.read(bytes, cursor);
            whole = payload != null && record.moveTo(payload, 0, payload.length);
        }
        if (!whole || !acceptance.accepts(record) || cursor.end() > image.available()) {
            lostCells++;
            return;
        }
        boolean sound = belongs(image, tree) && cursor.asWritten() && record.asWritten();
        RowSink taker = sound ? sink : doubtful;
        taker.row(tree.ofTable() ? cursor.rowid() : 0, record, image.page());
    }
}
