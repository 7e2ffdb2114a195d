package org.healingsqlite.completeness;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.healingsqlite.format.CellCursor;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a tree in its order, and the gaps where its pages do not close or do not fit. A row is where the cell is that {@link #cell} stands on.
 * For one thread.
 */
final class TreeCursor {
    /** What comes next. */
    enum Event {
        ROW,
        GAP,
        END
    }

    /** SQLite's own limit on the depth of a tree. */
    private static final int DEEPEST = 20;

    private final Pages pages;
    private final @Nullable Uses uses;
    private final boolean table;
    private final CellCursor cell;
    private final CellCursor scratch;
    private final Deque<Level> path = new ArrayDeque<>();
    private final List<Gap> unsure = new ArrayList<>();
    private int leafDepth = -1;
    private @Nullable Gap gap;
    private boolean proven = true;
    private @Nullable ClosedPage at;
    private @Nullable Gap given;

    /** An interior page, or a leaf, and where it is read. */
    private static final class Level {
        final ClosedPage page;
        final long above;
        final long upTo;
        int next;

        Level(ClosedPage page, long above, long upTo) {
            this.page = page;
            this.above = above;
            this.upTo = upTo;
        }
    }

    /**
     * A tree from its root on.
     *
     * @param uses where the pages of the tree are noted, and those that are in use already are refused; null for a sound file
     * @param table whether its rows have rowids
     */
    TreeCursor(Pages pages, @Nullable Uses uses, long root, boolean table) throws IOException {
        this.pages = pages;
        this.uses = uses;
        this.table = table;
        this.cell = pages.cursor();
        this.scratch = pages.cursor();
        descend(root, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    /** The next row or gap. */
    Event next() throws IOException {
        while (true) {
            Gap found = gap;
            if (found != null && !found.equals(given)) {
                given = found;
                return Event.GAP;
            }
            Level level = path.peek();
            if (level == null) {
                settleLevels();
                return Event.END;
            }
            ClosedPage page = level.page;
            if (page.kind().isLeaf()) {
                if (level.next < page.count()) {
                    stand(page, level.next++);
                    return Event.ROW;
                }
                path.pop();
            } else if (level.next > 2 * page.count()) {
                path.pop();
            } else if (level.next % 2 == 0) {
                // A child, then the cell behind it.
                int child = level.next++ / 2;
                descendTo(level, child);
            } else {
                int own = level.next++ / 2;
                if (!table) {
                    stand(page, own);
                    return Event.ROW;
                }
            }
        }
    }

    private void descendTo(Level level, int child) throws IOException {
        ClosedPage page = level.page;
        long above = child == 0 ? level.above : key(page, child - 1);
        long upTo = child == page.count() ? level.upTo : key(page, child);
        long number;
        if (child == page.count()) {
            number = page.rightChild();
        } else {
            move(scratch, page, child);
            number = scratch.leftChild();
        }
        descend(number, above, upTo);
    }

    /** Of a page that closes every cell can be read; of one that was just written it is taken as given. */
    private static void move(CellCursor cursor, ClosedPage page, int index) throws IOException {
        if (!cursor.moveTo(page.bytes(), page.cell(index), page.kind())) {
            throw new IOException("page " + page.number() + " of the new content: cell " + index + " cannot be read");
        }
    }

    private long key(ClosedPage page, int index) throws IOException {
        if (!table) {
            return 0;
        }
        move(scratch, page, index);
        return scratch.rowid();
    }

    private void descend(long number, long above, long upTo) throws IOException {
        long low = table ? above : Long.MIN_VALUE;
        long high = table ? upTo : Long.MAX_VALUE;
        boolean isFree = uses == null || uses.take(number, Uses.TREE);
        ClosedPage page = isFree && path.size() < DEEPEST ? pages.closed(number, scratch) : null;
        int depth = path.size();
        if (page == null || page.kind().isTable() != table) {
            if (isFree && uses != null && uses.exists(number)) {
                uses.release((int) number);
                if (page == null) {
                    uses.take(number, Uses.DAMAGED);
                }
            }
            boolean unreadable = isFree && page == null;
            int cells = unreadable && number > 1 && number <= pages.count()
                    ? ClosedPage.confirmedCount(pages.read((int) number), table, pages.geometry())
                    : 0;
            miss(new Gap(low, high, number, unreadable, levelAt(depth)).counting(cells));
            return;
        }
        if (page.kind().isLeaf() && leafDepth < 0) {
            leafDepth = depth;
        }
        boolean fits = page.kind().isLeaf() == (depth == leafDepth) || leafDepth < 0;
        if (!fits || page.count() == 0 && depth > 0 || !isInOrder(page, low, high)) {
            if (uses != null) {
                uses.release((int) number);
            }
            miss(new Gap(low, high, number, true, levelAt(depth)).outOfOrder());
            return;
        }
        proven &= pages.isProven((int) number);
        path.push(new Level(page, low, high));
    }

    private Gap.Level levelAt(int depth) {
        return leafDepth < 0 ? Gap.Level.UNKNOWN : depth == leafDepth ? Gap.Level.LEAF : Gap.Level.INTERIOR;
    }

    private void miss(Gap found) {
        gap = found;
        proven = false;
        if (found.level() == Gap.Level.UNKNOWN) {
            found.depth(path.size());
            unsure.add(found);
        }
    }

    /** A gap before the first leaf is known for what it is once a leaf was seen. */
    private void settleLevels() {
        for (Gap early : unsure) {
            if (leafDepth >= 0) {
                early.level(early.depth() == leafDepth ? Gap.Level.LEAF : Gap.Level.INTERIOR);
            }
        }
        unsure.clear();
    }

    /** Whether keys ascend, and lie between those of the parent. */
    private boolean isInOrder(ClosedPage page, long above, long upTo) throws IOException {
        if (!table) {
            return true;
        }
        long last = above;
        for (int i = 0; i < page.count(); i++) {
            long rowid = key(page, i);
            boolean first = i == 0 && above == Long.MIN_VALUE;
            if (rowid > upTo || (!first && rowid <= last)) {
                return false;
            }
            last = rowid;
        }
        return true;
    }

    private void stand(ClosedPage page, int index) throws IOException {
        at = page;
        move(cell, page, index);
    }

    /** Moves a table's cursor so that the next row is the first with this rowid or a greater one. */
    static TreeCursor from(Pages pages, long root, long rowid) throws IOException {
        TreeCursor cursor = new TreeCursor(pages, null, root, true);
        Level level = cursor.path.peek();
        while (level != null) {
            ClosedPage page = level.page;
            int low = 0;
            int high = page.count();
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (cursor.key(page, middle) < rowid) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            if (page.kind().isLeaf()) {
                level.next = low;
                break;
            }
            level.next = 2 * low + 1;
            int depth = cursor.path.size();
            cursor.descendTo(level, low);
            level = cursor.path.size() > depth ? cursor.path.peek() : null;
        }
        return cursor;
    }

    /** The gap that was met. */
    Gap gap() {
        Gap found = gap;
        if (found == null) {
            throw new IllegalStateException("no gap was met");
        }
        return found;
    }

    /** The row's cell. */
    CellCursor cell() {
        return cell;
    }

    /** The page that the row is on. */
    ClosedPage page() {
        ClosedPage page = at;
        if (page == null) {
            throw new IllegalStateException("on no row");
        }
        return page;
    }

    /** Whether each page of the tree that was read is proven by a checksum. */
    boolean isProven() {
        return proven;
    }

    Pages pages() {
        return pages;
    }

    boolean isTable() {
        return table;
    }
}
