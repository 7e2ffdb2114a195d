package org.healingsqlite.completeness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Multisets are compared without an order, in as many passes as memory asks for. */
class DigestsTest {

    private static Digests.Source of(long... digests) {
        return sink -> {
            for (long digest : digests) {
                sink.take(digest);
            }
        };
    }

    private static Digests.Difference compare(long[] first, long[] second, long told) throws IOException {
        return Digests.compare(of(first), told, of(second), told);
    }

    @Test
    void theOrderIsNothing() throws IOException {
        Digests.Difference difference = compare(new long[] {3, 1, 2}, new long[] {1, 2, 3}, 3);
        assertThat(difference.onlyFirst()).isZero();
        assertThat(difference.onlySecond()).isZero();
    }

    @Test
    void eachSideIsCountedWithItsDoubles() throws IOException {
        Digests.Difference difference = compare(new long[] {5, 5, 7, -9}, new long[] {5, 8, 11, 12}, 4);
        assertThat(difference.onlyFirst()).isEqualTo(3);
        assertThat(difference.onlySecond()).isEqualTo(3);
        assertThat(LongStream.of(5, 7, -9)).allMatch(difference::isFirst);
        assertThat(LongStream.of(8, 11, 12)).noneMatch(difference::isFirst);
        assertThat(Digests.Difference.NONE.onlyFirst() + Digests.Difference.NONE.onlySecond())
                .isZero();
    }

    @Test
    void manyPassesSayTheSame() throws IOException {
        long[] first = new Random(1).longs(5000).toArray();
        long[] second = LongStream.concat(LongStream.of(first).skip(40), new Random(2).longs(30))
                .toArray();
        Digests.Difference difference = compare(first, second, Digests.room() * 4);
        assertThat(difference.onlyFirst()).isEqualTo(40);
        assertThat(difference.onlySecond()).isEqualTo(30);
        assertThat(LongStream.of(first).limit(40)).allMatch(difference::isFirst);
        assertThat(LongStream.of(first).skip(40)).noneMatch(difference::isFirst);
    }

    @Test
    void onlySomeAreKept() throws IOException {
        long[] first = LongStream.range(0, Digests.MOST_KEPT + 50L).toArray();
        Digests.Difference difference = compare(first, new long[0], first.length);
        assertThat(difference.onlyFirst()).isEqualTo(first.length);
        assertThat(LongStream.of(first).filter(difference::isFirst).count()).isEqualTo(Digests.MOST_KEPT);
    }

    @Test
    void allAreAscending() throws IOException {
        assertThat(Digests.all(of(3, -1, 2))).containsExactly(-1, 2, 3);
        assertThat(Digests.all(of(new Random(3).longs(3000).toArray())))
                .hasSize(3000)
                .isSorted();
    }

    @Test
    void sumsTellMultisetsApart() {
        assertThat(sums(1, 2, 3).isSame(sums(3, 2, 1))).isTrue();
        assertThat(sums(1, 2, 3).count()).isEqualTo(3);
        assertThat(sums(1, 2, 3).isSame(sums(1, 2))).isFalse();
        assertThat(sums(1, 2, 3).isSame(sums(1, 1, 4))).isFalse();
        assertThat(sums(0, 6).isSame(sums(3, 3))).isFalse();
        assertThat(sums(5).isSame(sums(5, 0))).isFalse();
        long high = 1L << 40;
        assertThat(sums(high, -high).isSame(sums(high + 1, -high - 1))).isFalse();
    }

    private static Digests.Sums sums(long... digests) {
        Digests.Sums sums = new Digests.Sums();
        LongStream.of(digests).forEach(sums::take);
        return sums;
    }
}
