package org.healingsqlite.completeness;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.completeness.TreeCursor.Event;
import org.healingsqlite.format.RecordCursor;
import org.jspecify.annotations.Nullable;

/**
 * One index: its entries in the damaged files against those of the index of the same name that SQLite has built over the new content. So entries of a
 * partial index, or one over expressions, count without anybody evaluating anything. For one judgement.
 */
final class IndexProof {
    private final SchemaRows.Row index;
    private final Pages old;
    private final Pages fresh;
    private final long freshRoot;
    private boolean whole = true;
    private long spoilt;
    private long @Nullable [] rowids;
    private Digests.Difference difference = Digests.Difference.NONE;

    /**
     * A proof.
     *
     * @param index as in the damaged files
     * @param freshRoot the root of the index in the new content; 0 where it is not there
     */
    IndexProof(SchemaRows.Row index, Pages old, Pages fresh, long freshRoot) {
        this.index = index;
        this.old = old;
        this.fresh = fresh;
        this.freshRoot = freshRoot;
    }

    /** Reads both sides; notes the pages of the damaged one. */
    void run(Uses uses) throws IOException {
        Old here = new Old(uses);
        if (freshRoot == 0) {
            while (here.next()) {
                // Its pages are noted.
            }
            return;
        }
        Lockstep both = new Lockstep(here, new Fresh(), (int) Math.min(Digests.room(), Integer.MAX_VALUE));
        if (both.run()) {
            difference = both.difference();
            rowids = both.rowidsOfOld();
        } else {
            while (here.next()) {
                // All of its pages are noted.
            }
            Digests.Sums there = new Digests.Sums();
            giveFresh(there);
            difference = Digests.compare(this::giveOld, here.count, this::giveFresh, there.count());
        }
        if (whole && difference.onlyFirst() > 0 && difference.onlySecond() > 0) {
            spoilt = countSpoilt();
        }
    }

    /** The entries of the damaged index that can be read. */
    private final class Old implements Lockstep.Entries {
        private final Uses uses;
        private final TreeCursor entries;
        private final RecordCursor record = new RecordCursor();
        private long count;

        Old(Uses uses) throws IOException {
            this.uses = uses;
            this.entries = new TreeCursor(old, uses, index.root(), false);
        }

        @Override
        public boolean next() throws IOException {
            for (Event event = entries.next(); event != Event.END; event = entries.next()) {
                if (event == Event.ROW && Payload.isWhole(entries, uses) && Payload.isRecord(entries, record)) {
                    count++;
                    return true;
                }
                whole = false;
            }
            return false;
        }

        @Override
        public Payload payload() {
            return Payload.of(entries);
        }

        @Override
        public long digest() throws IOException {
            return payload().digest(Integer.MAX_VALUE, record);
        }

        @Override
        public long rowid() {
            int last = record.count() - 1;
            return last >= 0 && record.isAtHand(last) && record.kind(last) == RecordCursor.Kind.INTEGER
                    ? record.integer(last)
                    : Lockstep.NO_ROWID;
        }
    }

    /** The entries of the index that SQLite has built. */
    private final class Fresh implements Lockstep.Entries {
        private final TreeCursor entries;
        private final RecordCursor record = new RecordCursor();

        Fresh() throws IOException {
            this.entries = new TreeCursor(fresh, null, freshRoot, false);
        }

        @Override
        public boolean next() throws IOException {
            return entries.next() == Event.ROW;
        }

        @Override
        public Payload payload() {
            return Payload.of(entries);
        }

        @Override
        public long digest() throws IOException {
            return payload().digest(Integer.MAX_VALUE, record);
        }

        @Override
        public long rowid() {
            return Lockstep.NO_ROWID;
        }
    }

    /**
     * Entries that only the damaged index has, and that are not where they should be, while those around them are: they, and no row, are what is damaged. Entries
     * are where they were put, whatever became of their values.
     */
    private long countSpoilt() throws IOException {
        EntryOrder order = new EntryOrder();
        TreeCursor sound = new TreeCursor(fresh, null, freshRoot, false);
        while (sound.next() == Event.ROW) {
            order.learn(Payload.of(sound).bytes());
        }
        Run run = new Run(order);
        eachOld((entry, digest) -> run.take(Payload.of(entry).bytes(), difference.isFirst(digest)));
        run.end();
        return run.spoilt;
    }

    /** Entries that only the damaged index has, between two that both have. */
    private static final class Run {
        /** What hit more entries in a row hit the page, too. */
        private static final int LONGEST_RUN = 100;

        private final EntryOrder order;
        private final List<byte[]> within = new ArrayList<>();
        private byte[] before = {};
        private long spoilt;

        Run(EntryOrder order) {
            this.order = order;
        }

        void take(byte[] entry, boolean onlyOld) {
            if (onlyOld) {
                if (within.size() < LONGEST_RUN) {
                    within.add(entry);
                }
                return;
            }
            judge(entry);
            before = entry;
        }

        void end() {
            judge(new byte[0]);
        }

        private void judge(byte[] after) {
            for (byte[] entry : within) {
                if (order.isBefore(entry, before) || order.isBehind(entry, after)) {
                    spoilt++;
                }
            }
            within.clear();
        }
    }

    private void giveOld(Digests.Sink sink) throws IOException {
        eachOld((entry, digest) -> sink.take(digest));
    }

    @FunctionalInterface
    private interface Entries {
        void take(TreeCursor entry, long digest) throws IOException;
    }

    private void eachOld(Entries sink) throws IOException {
        Uses own = new Uses(old.count());
        RecordCursor record = new RecordCursor();
        TreeCursor entries = new TreeCursor(old, own, index.root(), false);
        for (Event event = entries.next(); event != Event.END; event = entries.next()) {
            if (event == Event.ROW && Payload.isWhole(entries, own) && Payload.isRecord(entries, record)) {
                sink.take(entries, Payload.of(entries).digest(Integer.MAX_VALUE, record));
            }
        }
    }

    /** Digests of values, the same however they are stored: an older release may have stored them otherwise. */
    private void giveFresh(Digests.Sink sink) throws IOException {
        RecordCursor record = new RecordCursor();
        TreeCursor entries = new TreeCursor(fresh, null, freshRoot, false);
        while (entries.next() == Event.ROW) {
            sink.take(Payload.of(entries).digest(Integer.MAX_VALUE, record));
        }
    }

    /** The table that it is of. */
    String table() {
        return index.table();
    }

    /** Whether the new content has such an index. */
    boolean isComparable() {
        return freshRoot != 0;
    }

    /** Whether every page of the index closes, so that it knows of all its rows. */
    boolean isWhole() {
        return whole;
    }

    /** Whether each row of the table has an entry. */
    boolean hasAllRows() {
        return !index.mayBePartial();
    }

    /** Entries of rows that the new content has not, or not as the index knows them. */
    long onlyOld() {
        return difference.onlyFirst();
    }

    /** Entries that only the damaged index has, and that are where the values of a row of the new content should be: one of the two is damaged. */
    long contradicting() {
        return Math.max(0, difference.onlyFirst() - spoilt);
    }

    /** Entries that only the new content has. */
    long onlyFresh() {
        return difference.onlySecond();
    }

    /** How many rows that the index knows are not in the new content, as far as they were looked up; by rowid, where the table has them. */
    long absent(TableProof table) throws IOException {
        if (difference.onlyFirst() == 0) {
            return 0;
        }
        if (!table.hasRowids()) {
            return Math.max(0, difference.onlyFirst() - difference.onlySecond());
        }
        long[] absent = {0};
        long[] known = rowids;
        if (known != null) {
            for (long rowid : known) {
                absent[0] += rowid != Lockstep.NO_ROWID && !table.hasRowid(rowid) ? 1 : 0;
            }
            return absent[0];
        }
        RecordCursor record = new RecordCursor();
        eachOld((entry, digest) -> {
            if (difference.isFirst(digest)) {
                byte[] bytes = Payload.of(entry).bytes();
                if (record.moveTo(bytes, 0, bytes.length)
                        && record.kind(record.count() - 1) == RecordCursor.Kind.INTEGER
                        && !table.hasRowid(record.integer(record.count() - 1))) {
                    absent[0]++;
                }
            }
        });
        return absent[0];
    }
}
