package org.healingsqlite.completeness;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.healingsqlite.completeness.TreeCursor.Event;
import org.healingsqlite.format.RecordCursor;
import org.jspecify.annotations.Nullable;

/**
 * One table: what its pages have, what the new content has of it, and where pages are missing. Rows with a rowid are compared one by one, in order;
 * those without by digests, which need none. For one judgement.
 */
final class TableProof {
    private static final int MOST_NOTED = 1000;

    /** Behind so many rows it is quicker to begin at the root. */
    private static final int MOST_STEPS = 100;

    private final String name;
    private final Pages old;
    private final Pages fresh;
    private final long oldRoot;
    private final long freshRoot;
    private final boolean rowids;
    private final List<Gap> gaps = new ArrayList<>();
    private final List<Long> orphans = new ArrayList<>();
    private final List<String> keys = new ArrayList<>();
    private final List<Long> extras = new ArrayList<>();
    private final RecordCursor record = new RecordCursor();
    private long missing;
    private long altered;
    private long extra;
    private long broken;
    private int fields = Integer.MAX_VALUE;
    private boolean verified;
    private @Nullable TreeCursor beside;
    private long sought = Long.MAX_VALUE;
    private long @Nullable [] known;

    // What indexes say.
    private long least;
    private long doubted;
    private OptionalLong most = OptionalLong.empty();
    private boolean vouched;

    /**
     * A proof.
     *
     * @param oldRoot the root in the damaged files; 0 where nothing tells it
     * @param freshRoot the root in the new content; 0 where the table is not there
     */
    TableProof(String name, Pages old, Pages fresh, long oldRoot, long freshRoot, boolean rowids) {
        this.name = name;
        this.old = old;
        this.fresh = fresh;
        this.oldRoot = oldRoot;
        this.freshRoot = freshRoot;
        this.rowids = rowids;
    }

    String name() {
        return name;
    }

    boolean hasRowids() {
        return rowids;
    }

    long freshRoot() {
        return freshRoot;
    }

    List<Gap> gaps() {
        return gaps;
    }

    /** Reads both sides; notes the pages of the damaged one. */
    void run(Uses uses) throws IOException {
        if (rowids) {
            compareInOrder(uses);
        } else {
            compareDigests(uses);
        }
    }

    // ---- Tables with rowids

    private void compareInOrder(Uses uses) throws IOException {
        TreeCursor there = freshRoot == 0 ? null : new TreeCursor(fresh, null, freshRoot, true);
        boolean has = there != null && there.next() == Event.ROW;
        if (oldRoot == 0) {
            Gap everything = new Gap(Long.MIN_VALUE, Long.MAX_VALUE, 0, false, Gap.Level.UNKNOWN);
            gaps.add(everything);
            while (has && there != null) {
                everything.add(there.cell().size() + 2L);
                has = there.next() == Event.ROW;
            }
            return;
        }
        TreeCursor here = new TreeCursor(old, uses, oldRoot, true);
        for (Event event = here.next(); event != Event.END; event = here.next()) {
            if (event == Event.GAP) {
                Gap gap = here.gap();
                gaps.add(gap);
                while (has && there != null && there.cell().rowid() <= gap.upTo()) {
                    if (gap.holds(there.cell().rowid()) || gap.above() == Long.MIN_VALUE) {
                        gap.add(there.cell().size() + 2L);
                    } else {
                        extra(there.cell().rowid());
                    }
                    has = there.next() == Event.ROW;
                }
                continue;
            }
            long rowid = here.cell().rowid();
            while (has && there != null && there.cell().rowid() < rowid) {
                extra(there.cell().rowid());
                has = there.next() == Event.ROW;
            }
            boolean sound = Payload.isWhole(here, uses) && Payload.isRecord(here, record);
            if (has && there != null && there.cell().rowid() == rowid) {
                if (!sound) {
                    broken++;
                } else if (!Payload.of(here).isSame(Payload.of(there))) {
                    altered++;
                    key(rowid);
                }
                has = there.next() == Event.ROW;
            } else {
                missing++;
                key(rowid);
            }
        }
        while (has && there != null) {
            extra(there.cell().rowid());
            has = there.next() == Event.ROW;
        }
        verified = here.isProven() && broken == 0;
    }

    private void key(long rowid) {
        if (keys.size() < Completeness.MOST_KEYS) {
            keys.add("rowid " + rowid);
        }
    }

    private void extra(long rowid) {
        extra++;
        if (extras.size() < MOST_NOTED) {
            extras.add(rowid);
        }
    }

    /** Whether the new content has just this row. Asked for rows in about their order. */
    boolean has(TreeCursor row) throws IOException {
        TreeCursor there = freshRoot == 0 ? null : seek(row.cell().rowid());
        return there != null && Payload.of(row).isSame(Payload.of(there));
    }

    /** The row of the new content with a rowid; null where it has none. Rowids that ascend cost little. */
    private @Nullable TreeCursor seek(long rowid) throws IOException {
        TreeCursor there = beside;
        for (int i = 0; there != null && i < MOST_STEPS && there.cell().rowid() < rowid; i++) {
            there = there.next() == Event.ROW ? there : null;
        }
        // It is the first behind the one that was sought last: between the two there is none.
        boolean isNone = there != null && there.cell().rowid() > rowid && rowid >= sought;
        sought = rowid;
        if (isNone) {
            beside = there;
            return null;
        }
        if (there == null || there.cell().rowid() != rowid) {
            there = TreeCursor.from(fresh, freshRoot, rowid);
            there = there.next() == Event.ROW ? there : null;
        }
        beside = there;
        return there != null && there.cell().rowid() == rowid ? there : null;
    }

    /** Whether a row with this rowid would be where a page is missing. */
    boolean misses(long rowid) {
        int low = 0;
        int high = gaps.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (gaps.get(middle).upTo() < rowid) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < gaps.size() && (gaps.get(low).holds(rowid) || gaps.get(low).above() == Long.MIN_VALUE);
    }

    /** Whether a rowid is in the new content. */
    boolean hasRowid(long rowid) throws IOException {
        return freshRoot != 0 && seek(rowid) != null;
    }

    /** Whether the table's own tree has a row with this rowid, on a page that closes in its place. */
    boolean hasInPlace(long rowid) throws IOException {
        if (oldRoot == 0 || misses(rowid)) {
            return false;
        }
        TreeCursor here = TreeCursor.from(old, oldRoot, rowid);
        return here.next() == Event.ROW && here.cell().rowid() == rowid;
    }

    /** Pages that nothing leads to hold rows of this table, all of which are in the new content. */
    void adopt(long page, boolean leaf, long first, long last) {
        orphans.add(page);
        extras.removeIf(rowid -> {
            boolean explained = rowid >= first && rowid <= last;
            extra -= explained ? 1 : 0;
            return explained;
        });
        for (Gap gap : gaps) {
            boolean within = gap.holds(first) && gap.holds(last);
            if (gap.page() == page && gap.isOutOfOrder()
                    || leaf && within && !gap.exists() && gap.level() == Gap.Level.LEAF) {
                gap.fill();
            }
        }
    }

    /** Whether pages that nothing leads to are its. */
    boolean hasAdopted() {
        return !orphans.isEmpty();
    }

    // ---- Tables without rowids

    private void compareDigests(Uses uses) throws IOException {
        if (oldRoot == 0) {
            gaps.add(new Gap(Long.MIN_VALUE, Long.MAX_VALUE, 0, false, Gap.Level.UNKNOWN));
        } else {
            TreeCursor here = new TreeCursor(old, uses, oldRoot, false);
            for (Event event = here.next(); event != Event.END; event = here.next()) {
                if (event == Event.GAP) {
                    gaps.add(here.gap());
                } else if (!Payload.isWhole(here, uses) || !Payload.isRecord(here, record)) {
                    broken++;
                } else {
                    fields = Math.min(fields, Math.max(1, record.count()));
                }
            }
            verified = here.isProven() && broken == 0;
        }
        count();
    }

    /** Counts anew, with the pages that were adopted. */
    void count() throws IOException {
        Digests.Sums here = new Digests.Sums();
        Digests.Sums there = new Digests.Sums();
        giveOld(here);
        giveFresh(there);
        missing = 0;
        extra = 0;
        if (!here.isSame(there)) {
            Digests.Difference difference =
                    Digests.compare(this::giveOld, here.count(), this::giveFresh, there.count());
            missing = difference.onlyFirst();
            extra = difference.onlySecond();
        }
    }

    private void giveOld(Digests.Sink sink) throws IOException {
        Uses own = new Uses(old.count());
        List<Long> roots = new ArrayList<>(orphans);
        if (oldRoot != 0) {
            roots.add(0, oldRoot);
        }
        for (long root : roots) {
            TreeCursor rows = new TreeCursor(old, own, root, false);
            for (Event event = rows.next(); event != Event.END; event = rows.next()) {
                if (event == Event.ROW && Payload.isRecord(rows, record) && Payload.isWhole(rows, own)) {
                    sink.take(Payload.of(rows).digest(fields, record));
                }
            }
        }
    }

    private void giveFresh(Digests.Sink sink) throws IOException {
        if (freshRoot != 0) {
            TreeCursor rows = new TreeCursor(fresh, null, freshRoot, false);
            while (rows.next() == Event.ROW) {
                sink.take(Payload.of(rows).digest(fields, record));
            }
        }
    }

    /** Takes a subtree that nothing leads to if all its rows are rows of the new content, as far as there is room to ask; {@link #count} comes after the last. */
    boolean takesSubtree(long page) throws IOException {
        long[] rows = known;
        if (rows == null) {
            rows = Digests.all(this::giveFresh);
            known = rows;
        }
        Uses own = new Uses(old.count());
        TreeCursor subtree = new TreeCursor(old, own, page, false);
        for (Event event = subtree.next(); event != Event.END; event = subtree.next()) {
            if (event == Event.GAP
                    || !Payload.isRecord(subtree, record)
                    || !Payload.isWhole(subtree, own)
                    || Arrays.binarySearch(rows, Payload.of(subtree).digest(fields, record)) < 0) {
                return false;
            }
        }
        orphans.add(page);
        return true;
    }

    // ---- What indexes say

    /** An index that is whole, and has an entry for each row. */
    void hear(IndexProof index) throws IOException {
        if (!index.isComparable()) {
            return;
        }
        boolean treeClosed = gaps.isEmpty() && missing == 0 && broken == 0;
        if (!index.isWhole()) {
            least = Math.max(least, index.absent(this));
            return;
        }
        long net = index.onlyOld() - index.onlyFresh();
        if (treeClosed && index.onlyFresh() > 0) {
            doubted = Math.max(doubted, index.contradicting());
        } else {
            least = Math.max(least, net);
        }
        if (index.hasAllRows()) {
            most = OptionalLong.of(Math.min(most.orElse(Long.MAX_VALUE), index.onlyOld() + altered));
            vouched |= index.onlyOld() == 0 && index.onlyFresh() == 0;
        }
    }

    // ---- The verdict

    /**
     * What is to be said.
     *
     * @param pagesLeft pages of the file that nothing accounts for
     * @param rowsLeft rows on pages that close and that nothing accounts for
     */
    Verdict.OfTable verdict(long pagesLeft, long rowsLeft) {
        long pool = pagesLeft * ClosedPage.mostRows(old.geometry()) + rowsLeft;
        long lost = missing + altered + (rowids ? 0 : Math.max(0, broken - extra));
        long upper = lost;
        List<String> where = new ArrayList<>();
        long unexplained = extra;
        long counted = 0;
        for (Gap gap : gaps) {
            if (gap.isFilled()) {
                continue;
            }
            long open = rowids ? openRows(gap, pool) : openEntries(gap, pool);
            if (open > 0) {
                // A root that has children has a row, in a tree whose interior pages have some.
                long least = Math.max(gap.leastRows(), rowids || !gap.exists() || orphans.isEmpty() ? 0 : 1);
                counted += least;
                lost += rowids ? Math.max(0, least - gap.rows()) : 0;
            }
            if (open > 0) {
                where.add(gap.page() == 0 ? "its root" : "page " + gap.page());
            }
            upper = add(upper, open);
        }
        if (!rowids && !gaps.isEmpty()) {
            // They are rows of the pages that are missing.
            lost += Math.max(0, counted - extra);
            upper = Math.max(lost, upper - extra);
            unexplained = 0;
        }
        if (vouched) {
            lost = altered;
            upper = add(altered, doubted);
            unexplained = 0;
        } else {
            lost = Math.max(lost, least);
            upper = Math.max(lost, Math.min(add(upper, doubted), most.orElse(Long.MAX_VALUE)));
        }
        if (doubted > 0) {
            where.add("an index disagrees");
        }
        if (unexplained > 0) {
            where.add(unexplained + " rows are there that no page has"
                    + (extras.isEmpty() ? "" : ": rowid " + extras.get(0)));
            upper = add(upper, unexplained);
        }
        Completeness said = Completeness.of(
                lost,
                upper == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(upper),
                keys,
                "table " + name + ", " + String.join(", ", where.subList(0, Math.min(where.size(), 5))));
        Content content = verified && altered == 0 && extra == 0 ? Content.VERIFIED : Content.UNVERIFIED;
        return new Verdict.OfTable(name, said, content, unexplained);
    }

    private static long add(long one, long two) {
        long sum = one + two;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    private long openRows(Gap gap, long pool) {
        long keysLeft = gap.keysLeft().orElse(Long.MAX_VALUE);
        return switch (gap.level()) {
            case LEAF -> gap.mostOfLeaf(old.geometry());
            case INTERIOR -> Math.min(keysLeft, pool);
            case UNKNOWN ->
                Math.min(keysLeft, add(pool, gap.exists() && orphans.isEmpty() ? gap.roomLeft(old.geometry()) : 0));
        };
    }

    /** Interior pages of these trees hold rows too. */
    private long openEntries(Gap gap, long pool) {
        long own = ClosedPage.mostRows(old.geometry());
        return gap.page() == 0 ? pool : gap.level() == Gap.Level.LEAF ? own : add(own, pool);
    }
}
