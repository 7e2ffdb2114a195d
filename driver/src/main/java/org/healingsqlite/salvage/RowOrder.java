package org.healingsqlite.salvage;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.RecordCursor;

/**
 * Finds the cells of a page whose key breaks the order of the others: the key is damaged, and may have become that of another row. Of cells of which
 * one is damaged and nothing tells which, each breaks the order. One thread at a time.
 */
final class RowOrder {

    /** Whether the cell at one position of the page can stand before the one at a later position. */
    @FunctionalInterface
    private interface Before {
        boolean test(int earlier, int later);
    }

    private final CellCursor cursor;
    private int[] positions = {};
    private long[] rowids = {};
    private final RecordCursor one = new RecordCursor();
    private final RecordCursor other = new RecordCursor();

    RowOrder(CellCursor cursor) {
        this.cursor = cursor;
    }

    /**
     * Positions of the cells that are out of order; cells that cannot be read are not among them.
     *
     * @param asked whether the cell at a position is one: what a wrong pointer leads to says nothing of the others
     */
    BitSet broken(PageImage image, Tree tree, IntPredicate asked) {
        BtreePage page = image.btree();
        BitSet broken = new BitSet();
        int count = page.pointers();
        if (positions.length < count) {
            positions = new int[count];
            rowids = new long[count];
        }
        int read = 0;
        boolean ascends = true;
        if (tree.ofTable()) {
            for (int i = 0; i < count; i++) {
                if (page.cell(i) >= 0 && asked.test(i) && cursor.moveTo(page.bytes(), page.cell(i), page.kind())) {
                    positions[read] = i;
                    rowids[read] = cursor.rowid();
                    ascends &= read == 0 || leavesRoom(read - 1, read);
                    read++;
                }
            }
            if (!ascends) {
                mark(read, broken, this::leavesRoom);
            }
            return broken;
        }
        KeyOrder order = tree.keyOrder();
        if (order == null) {
            return broken;
        }
        if (ascends(page, order)) {
            return broken;
        }
        RecordCursor[] keys = new RecordCursor[count];
        for (int i = 0; i < count; i++) {
            RecordCursor key = new RecordCursor();
            if (page.cell(i) >= 0 && asked.test(i) && readKey(page, i, key, order)) {
                positions[read] = i;
                keys[read] = key;
                read++;
            }
        }
        mark(read, broken, (i, j) -> order.compare(keys[i], keys[j]) < 0);
        return broken;
    }

    /** Whether one rowid lies above another, with room for those of the cells between them, be they readable or not. */
    private boolean leavesRoom(int earlier, int later) {
        long distance = rowids[later] - rowids[earlier];
        return rowids[later] > rowids[earlier] && (distance < 0 || distance >= positions[later] - positions[earlier]);
    }

    /** Whether the keys that can be read ascend, as nearly always. */
    private boolean ascends(BtreePage page, KeyOrder order) {
        RecordCursor key = one;
        RecordCursor previous = other;
        boolean first = true;
        for (int i = 0; i < page.pointers(); i++) {
            if (readKey(page, i, key, order)) {
                if (!first && order.compare(previous, key) >= 0) {
                    return false;
                }
                first = false;
                RecordCursor read = key;
                key = previous;
                previous = read;
            }
        }
        return true;
    }

    private boolean readKey(BtreePage page, int cell, RecordCursor key, KeyOrder order) {
        return page.cell(cell) >= 0
                && cursor.moveTo(page.bytes(), page.cell(cell), page.kind())
                && key.readHeader(page.bytes(), cursor.payloadOffset(), cursor.localSize(), cursor.payloadSize())
                && order.isAtHand(key, cursor.payloadOffset() + cursor.localSize());
    }

    /** Marks what is not in every longest sequence in order; nothing if no sequence holds most of the cells. */
    private void mark(int count, BitSet broken, Before before) {
        int[] upTo = lengths(count, i -> i, before);
        int[] from = lengths(count, i -> count - 1 - i, (i, j) -> before.test(j, i));
        int longest = Arrays.stream(upTo).max().orElse(0);
        if (longest * 2 <= count) {
            return;
        }
        int[] choices = new int[longest + 1];
        for (int i = 0; i < count; i++) {
            if (upTo[i] + from[i] - 1 == longest) {
                choices[upTo[i]]++;
            }
        }
        for (int i = 0; i < count; i++) {
            if (upTo[i] + from[i] - 1 != longest || choices[upTo[i]] > 1) {
                broken.set(positions[i]);
            }
        }
    }

    /** For each cell how long a sequence in order can be that ends with it, with cells taken in a given order. */
    private static int[] lengths(int count, IntUnaryOperator taken, Before before) {
        int[] lengths = new int[count];
        int[] ends = new int[count];
        int longest = 0;
        for (int step = 0; step < count; step++) {
            int cell = taken.applyAsInt(step);
            int low = 0;
            int high = longest;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (before.test(ends[middle], cell)) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            ends[low] = cell;
            lengths[cell] = low + 1;
            longest = Math.max(longest, low + 1);
        }
        return lengths;
    }
}
