package org.healingsqlite.completeness;

import java.io.IOException;
import java.util.Arrays;

/**
 * Compares two indexes in the order that both have: where they agree nothing is kept, and each is read once. What one has and the other has not is kept by a
 * digest of its values, which is the same however they are stored: an older release may have stored them otherwise. For one comparison.
 */
final class Lockstep {

    /** The entries of one side, in their order. */
    interface Entries {
        /** Moves to the next one; false where there is none. */
        boolean next() throws IOException;

        Payload payload() throws IOException;

        /** Of the values of the entry. */
        long digest() throws IOException;

        /** The rowid that the entry of {@link #digest} leads to; {@link #NO_ROWID} where it has none. */
        long rowid();
    }

    static final long NO_ROWID = Long.MIN_VALUE;

    private final Entries old;
    private final Entries fresh;
    private final Pending onlyOld;
    private final Pending onlyFresh;

    /** @param most digests that are kept of each side */
    Lockstep(Entries old, Entries fresh, int most) {
        this.old = old;
        this.fresh = fresh;
        this.onlyOld = new Pending(most);
        this.onlyFresh = new Pending(most);
    }

    /** Compares; false where there was no room for the difference. */
    boolean run() throws IOException {
        boolean hasOld = old.next();
        boolean hasFresh = fresh.next();
        while (hasOld || hasFresh) {
            if (hasOld && hasFresh && old.payload().isEqual(fresh.payload())) {
                hasOld = old.next();
                hasFresh = fresh.next();
                continue;
            }
            // Whoever meets what the other has met already is behind, and catches up alone.
            boolean oldBehind = false;
            if (hasOld) {
                long digest = old.digest();
                oldBehind = onlyFresh.remove(digest);
                if (!oldBehind && !onlyOld.add(digest, old.rowid())) {
                    return false;
                }
                hasOld = old.next();
            }
            while (oldBehind && hasOld && onlyFresh.remove(old.digest())) {
                hasOld = old.next();
            }
            boolean freshBehind = false;
            if (hasFresh && !oldBehind) {
                long digest = fresh.digest();
                freshBehind = onlyOld.remove(digest);
                if (!freshBehind && !onlyFresh.add(digest, NO_ROWID)) {
                    return false;
                }
                hasFresh = fresh.next();
            }
            while (freshBehind && hasFresh && onlyOld.remove(fresh.digest())) {
                hasFresh = fresh.next();
            }
        }
        return true;
    }

    /** How they differ. */
    Digests.Difference difference() {
        return new Digests.Difference(onlyOld.count, onlyFresh.count, onlyOld.all(Digests.MOST_KEPT, onlyOld.digests));
    }

    /** The rowids to which entries lead that only the old index has: some of them where there are many. */
    long[] rowidsOfOld() {
        return onlyOld.all(Digests.MOST_KEPT, onlyOld.rowids);
    }

    /** Digests, each as often as it was added. */
    private static final class Pending {
        private static final int FIRST_SIZE = 1 << 8;

        private final int most;
        private long[] digests = new long[FIRST_SIZE];
        private int[] counts = new int[FIRST_SIZE];
        private long[] rowids = new long[FIRST_SIZE];
        private int used;
        private long count;

        Pending(int most) {
            this.most = most;
        }

        /** False where there is no room. */
        boolean add(long digest, long rowid) {
            if (2 * used >= digests.length) {
                grow();
            }
            int at = find(digest);
            if (counts[at] == 0 && digests[at] != digest) {
                used++;
            }
            digests[at] = digest;
            rowids[at] = rowid;
            counts[at]++;
            count++;
            return used <= most;
        }

        boolean remove(long digest) {
            int at = count == 0 ? 0 : find(digest);
            if (count == 0 || digests[at] != digest || counts[at] == 0) {
                return false;
            }
            counts[at]--;
            count--;
            return true;
        }

        /** Where a digest is, or may be put. What was removed keeps its place. */
        private int find(long digest) {
            int mask = digests.length - 1;
            int at = (int) (digest ^ digest >>> 32) & mask;
            while (digests[at] != digest && (digests[at] != 0 || counts[at] != 0)) {
                at = at + 1 & mask;
            }
            return at;
        }

        private void grow() {
            long[] before = digests;
            int[] countsBefore = counts;
            long[] rowidsBefore = rowids;
            boolean mostlyGone = count * 4 < used;
            digests = new long[mostlyGone ? before.length : before.length * 2];
            counts = new int[digests.length];
            rowids = new long[digests.length];
            used = 0;
            for (int i = 0; i < before.length; i++) {
                if (countsBefore[i] > 0) {
                    int at = find(before[i]);
                    digests[at] = before[i];
                    counts[at] = countsBefore[i];
                    rowids[at] = rowidsBefore[i];
                    used++;
                }
            }
        }

        /** Ascending, each as often as it is there. */
        long[] all(int atMost, long[] what) {
            long[] all = new long[(int) Math.min(count, atMost)];
            int to = 0;
            for (int i = 0; i < digests.length; i++) {
                for (int n = 0; n < counts[i] && to < all.length; n++) {
                    all[to++] = what[i];
                }
            }
            Arrays.sort(all);
            return all;
        }
    }
}
