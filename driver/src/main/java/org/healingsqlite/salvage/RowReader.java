package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.CellSearch;
import org.healingsqlite.format.RecordCursor;

/** Reads the rows off a page, cell by cell: a cell that cannot be read costs that cell. One thread at a time. */
final class RowReader {

    private final CellCursor cursor;
    private final RecordCursor record = new RecordCursor();
    private final CellSearch search;
    private final PayloadReader payloads;
    private long lostCells;

    RowReader(PageStore store, Ownership ownership) {
        this.cursor = new CellCursor(store.geometry(), store.largestPayload());
        this.search = new CellSearch(store.geometry(), cursor);
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

    /** A check of cells by what their records look like; a record that is not at hand whole is judged by what is. */
    static CellSearch.Check check(Acceptance acceptance) {
        RecordCursor probe = new RecordCursor();
        return (page, cell) -> cell.overflowPage() == 0
                ? probe.moveTo(page, cell.payloadOffset(), cell.localSize()) && acceptance.accepts(probe)
                : probe.readHeader(page, cell.payloadOffset(), cell.localSize(), cell.payloadSize())
                        || RecordCursor.headerSize(page, cell.payloadOffset(), cell.payloadOffset() + cell.localSize())
                                > cell.localSize();
    }

    /** Hands out the rows of a page of a tree. */
    void rows(PageImage image, Tree tree, Acceptance acceptance, RowSink sink) throws IOException {
        BtreePage btree = image.btree();
        if (btree.exact()) {
            for (int i = 0; i < btree.count(); i++) {
                row(image, btree.cell(i), tree, acceptance, sink);
            }
            return;
        }
        List<Integer> known = new ArrayList<>();
        for (int i = 0; i < btree.pointers(); i++) {
            int at = btree.cell(i);
            if (at >= 0 && cursor.moveTo(btree.bytes(), at, btree.kind()) && belongs(image, tree)) {
                known.add(at);
            }
        }
        int[] offsets = known.stream().mapToInt(Integer::intValue).toArray();
        boolean trusted = offsets.length > 0
                && btree.contentStart() <= Arrays.stream(offsets).min().orElse(0);
        int[] found = search.find(
                btree,
                offsets,
                trusted,
                (bytes, cell) -> belongs(image, tree) && tree.check().accepts(bytes, cell));
        for (int at : offsets) {
            row(image, at, tree, acceptance, sink);
        }
        for (int at : found) {
            row(image, at, tree, acceptance, sink);
        }
        lostCells += Math.max(0, Math.min(btree.count(), btree.pointers()) - offsets.length - found.length);
    }

    private boolean belongs(PageImage image, Tree tree) {
        return !tree.ofTable() || (cursor.rowid() > image.above() && cursor.rowid() <= image.upTo());
    }

    private void row(PageImage image, int at, Tree tree, Acceptance acceptance, RowSink sink) throws IOException {
        byte[] bytes = image.btree().bytes();
        if (at < 0 || !cursor.moveTo(bytes, at, image.btree().kind())) {
            lostCells++;
            return;
        }
        boolean whole;
        if (cursor.overflowPage() == 0) {
            whole = record.moveTo(bytes, cursor.payloadOffset(), cursor.localSize());
        } else {
            byte[] payload = payloads.read(bytes, cursor);
            whole = payload != null && record.moveTo(payload, 0, payload.length);
        }
        if (!whole || !acceptance.accepts(record)) {
            lostCells++;
            return;
        }
        sink.row(tree.ofTable() ? cursor.rowid() : 0, record, image.page());
    }
}
