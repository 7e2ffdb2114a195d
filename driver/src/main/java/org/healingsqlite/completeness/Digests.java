package org.healingsqlite.completeness;

import java.io.IOException;
import java.util.Arrays;

/**
 * Compares two multisets of digests without an order: what one has and the other has not. Large ones are compared in several passes, so that memory is
 * bounded.
 */
final class Digests {
    /** Of each side in a pass, as numbers of 64 bits. */
    private static final int LEAST_A_PASS = 1 << 18;

    /** Both sides of a pass together. */
    private static final int SHARE_OF_HEAP = 8;

    /** Of those that only one side has, so many are kept. */
    static final int MOST_KEPT = 10_000;

    /** Gives out digests, each time the same ones. */
    @FunctionalInterface
    interface Source {
        void give(Sink sink) throws IOException;
    }

    /** Takes digests. */
    @FunctionalInterface
    interface Sink {
        void take(long digest) throws IOException;
    }

    /** How two multisets differ. */
    static final class Difference {
        static final Difference NONE = new Difference(0, 0, new long[0]);

        private final long onlyFirst;
        private final long onlySecond;
        private final long[] first;

        Difference(long onlyFirst, long onlySecond, long[] first) {
            this.onlyFirst = onlyFirst;
            this.onlySecond = onlySecond;
            this.first = first;
        }

        /** How many are in the first and not in the second. */
        long onlyFirst() {
            return onlyFirst;
        }

        /** How many are in the second and not in the first. */
        long onlySecond() {
            return onlySecond;
        }

        /** Whether a digest is one of those that only the first has, as far as they were kept. */
        boolean isFirst(long digest) {
            return Arrays.binarySearch(first, digest) >= 0;
        }
    }

    private Digests() {}

    /** What a multiset adds up to: two that are equal have the same sums. */
    static final class Sums implements Sink {
        private long count;
        private long sum;
        private long mixed;

        @Override
        public void take(long digest) {
            count++;
            sum += digest;
            long mix = (digest ^ digest >>> 31) * 0xD6E8FEB86659FD93L;
            mixed += mix ^ mix >>> 29;
        }

        long count() {
            return count;
        }

        boolean isSame(Sums other) {
            return count == other.count && sum == other.sum && mixed == other.mixed;
        }
    }

    /** Compares two multisets of known sizes. */
    static Difference compare(Source first, long firstCount, Source second, long secondCount) throws IOException {
        int passes = (int) (Math.max(firstCount, secondCount) / room() + 1);
        long onlyFirst = 0;
        long onlySecond = 0;
        long[] kept = new long[MOST_KEPT];
        int keeps = 0;
        for (int pass = 0; pass < passes; pass++) {
            long[] one = sorted(first, pass, passes);
            long[] two = sorted(second, pass, passes);
            int i = 0;
            int j = 0;
            while (i < one.length || j < two.length) {
                int order = i == one.length ? 1 : j == two.length ? -1 : Long.compare(one[i], two[j]);
                if (order < 0) {
                    onlyFirst++;
                    if (keeps < MOST_KEPT) {
                        kept[keeps++] = one[i];
                    }
                    i++;
                } else if (order > 0) {
                    onlySecond++;
                    j++;
                } else {
                    i++;
                    j++;
                }
            }
        }
        long[] firsts = Arrays.copyOf(kept, keeps);
        Arrays.sort(firsts);
        return new Difference(onlyFirst, onlySecond, firsts);
    }

    /** All digests of a source, ascending; none where there is no room for them. */
    static long[] all(Source source) throws IOException {
        Sums sums = new Sums();
        source.give(sums);
        return sums.count() > room() ? new long[0] : sorted(source, 0, 1);
    }

    /** How many digests there is room for. */
    static long room() {
        return Math.max(LEAST_A_PASS, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP / Long.BYTES / 2);
    }

    private static long[] sorted(Source source, int pass, int passes) throws IOException {
        long[][] held = {new long[1024]};
        int[] count = {0};
        source.give(digest -> {
            if (passes > 1 && Long.remainderUnsigned(digest, passes) != pass) {
                return;
            }
            if (count[0] == held[0].length) {
                held[0] = Arrays.copyOf(held[0], count[0] * 2);
            }
            held[0][count[0]++] = digest;
        });
        long[] digests = Arrays.copyOf(held[0], count[0]);
        Arrays.sort(digests);
        return digests;
    }
}
