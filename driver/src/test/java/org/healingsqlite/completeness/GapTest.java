package org.healingsqlite.completeness;

import static org.assertj.core.api.Assertions.assertThat;

import org.healingsqlite.completeness.Gap.Level;
import org.healingsqlite.format.Geometry;
import org.junit.jupiter.api.Test;

/** What can be lost where a page is missing. */
class GapTest {
    private static final Geometry GEOMETRY = new Geometry(1024, 24);

    private static Gap leaf(long above, long upTo) {
        return new Gap(above, upTo, 7, true, Level.LEAF);
    }

    @Test
    void keysBetweenThoseOfTheParentBelongHere() {
        Gap gap = leaf(10, 20);
        assertThat(gap.holds(10)).isFalse();
        assertThat(gap.holds(11)).isTrue();
        assertThat(gap.holds(20)).isTrue();
        assertThat(gap.holds(21)).isFalse();
        assertThat(gap.keysLeft()).hasValue(10);
        gap.add(30);
        assertThat(gap.rows()).isEqualTo(1);
        assertThat(gap.keysLeft()).hasValue(9);
    }

    @Test
    void whereThereIsNoEndNothingIsKnownOfKeys() {
        assertThat(leaf(Long.MIN_VALUE, 20).keysLeft()).isEmpty();
        assertThat(leaf(10, Long.MAX_VALUE).keysLeft()).isEmpty();
        assertThat(leaf(-(1L << 62), 1L << 62).keysLeft()).isEmpty();
        assertThat(leaf(-(1L << 61), (1L << 61) - 1).keysLeft()).hasValue((1L << 62) - 1);
        Gap full = leaf(10, 11);
        full.add(6);
        full.add(6);
        assertThat(full.keysLeft()).hasValue(0);
    }

    @Test
    void thePageHasRoomForSoManyRows() {
        Gap gap = leaf(10, Long.MAX_VALUE);
        assertThat(gap.mostOfLeaf(GEOMETRY)).isEqualTo((1000 - 8) / 6);
        gap.add(492);
        assertThat(gap.mostOfLeaf(GEOMETRY)).isEqualTo(500 / 6);
        gap.add(600);
        assertThat(gap.mostOfLeaf(GEOMETRY)).isZero();
        assertThat(leaf(10, 13).mostOfLeaf(GEOMETRY)).isEqualTo(3);
    }

    @Test
    void aLeafHasARowAtLeast() {
        assertThat(leaf(1, 9).leastRows()).isEqualTo(1);
        assertThat(leaf(1, 9).counting(5).leastRows()).isEqualTo(5);
        assertThat(new Gap(1, 9, 7, true, Level.UNKNOWN).leastRows()).isZero();
        assertThat(new Gap(1, 9, 7, true, Level.UNKNOWN).counting(4).leastRows())
                .isEqualTo(4);
        assertThat(new Gap(1, 9, 7, true, Level.INTERIOR).leastRows()).isEqualTo(1);
    }

    @Test
    void whatItIsCanBeLearntLater() {
        Gap gap = new Gap(1, 9, 7, false, Level.UNKNOWN);
        gap.level(Level.INTERIOR);
        gap.depth(3);
        gap.fill();
        assertThat(gap.level()).isEqualTo(Level.INTERIOR);
        assertThat(gap.depth()).isEqualTo(3);
        assertThat(gap.isFilled()).isTrue();
        assertThat(gap.exists()).isFalse();
        assertThat(gap.isOutOfOrder()).isFalse();
        assertThat(gap.outOfOrder().isOutOfOrder()).isTrue();
        assertThat(leaf(1, 9).isFilled()).isFalse();
        assertThat(leaf(1, 9).exists()).isTrue();
        assertThat(gap).hasToString("page 7 between 1 and 9");
        assertThat(gap.page()).isEqualTo(7);
        assertThat(gap.above()).isEqualTo(1);
        assertThat(gap.upTo()).isEqualTo(9);
    }

    @Test
    void aPageHasOneUse() {
        Uses uses = new Uses(5);
        assertThat(uses.take(0, Uses.TREE)).isFalse();
        assertThat(uses.take(6, Uses.TREE)).isFalse();
        assertThat(uses.take(5, Uses.TREE)).isTrue();
        assertThat(uses.take(5, Uses.FREE)).isFalse();
        assertThat(uses.of(5)).isEqualTo(Uses.TREE);
        uses.release(5);
        assertThat(uses.of(5)).isEqualTo(Uses.NONE);
        assertThat(uses.take(1, Uses.MAP)).isTrue();
        assertThat(uses.of(0) + uses.of(6)).isZero();
        assertThat(uses.exists(1) && uses.exists(5)).isTrue();
        assertThat(uses.exists(0) || uses.exists(6)).isFalse();
    }
}
