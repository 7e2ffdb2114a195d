package org.healingsqlite.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes by the formulas of the file format, worked out by hand for a usual page and for the smallest. */
class GeometryTest {
    private static final Geometry USUAL = new Geometry(4096, 0);
    private static final Geometry SMALLEST = new Geometry(512, 32);

    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 4096, 32768, 65536})
    void aPageSizeIsAPowerOfTwoFrom512To65536(int size) {
        assertThat(Geometry.isPageSize(size)).isTrue();
        assertThat(new Geometry(size, 0).usable()).isEqualTo(size);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 256, 511, 513, 1000, 65535, 131072, -4096, Integer.MIN_VALUE})
    void everythingElseIsNone(int size) {
        assertThat(Geometry.isPageSize(size)).isFalse();
        assertThatThrownBy(() -> new Geometry(size, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("page size " + size);
    }

    @ParameterizedTest
    @CsvSource({"4096, -1", "4096, 256", "512, 33"})
    void reservedBytesFitAByteAndLeave480(int size, int reserved) {
        assertThatThrownBy(() -> new Geometry(size, reserved))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reserved + " reserved bytes");
    }

    @Test
    void asManyReservedBytesAsFitAreTaken() {
        assertThat(SMALLEST.usable()).isEqualTo(480);
        assertThat(new Geometry(1024, 255).usable()).isEqualTo(769);
        assertThat(new Geometry(1024, 0).reservedBytes()).isZero();
    }

    @Test
    void theLargestPayloadThatStaysWholeGoesByTheKindOfPage() {
        assertThat(USUAL.largestLocal(PageKind.TABLE_LEAF)).isEqualTo(4061);
        assertThat(USUAL.largestLocal(PageKind.INDEX_LEAF)).isEqualTo(1002);
        assertThat(USUAL.largestLocal(PageKind.INDEX_INTERIOR)).isEqualTo(1002);
        assertThat(SMALLEST.largestLocal(PageKind.TABLE_LEAF)).isEqualTo(445);
        assertThat(SMALLEST.largestLocal(PageKind.INDEX_LEAF)).isEqualTo(94);
    }

    @ParameterizedTest
    @CsvSource({
        "4061, 4061",
        "4062, 489",
        "4581, 489",
        "4582, 490",
        "5000, 908",
        "8153, 4061",
        "8154, 489",
        "100000, 1792",
    })
    void ofALargerPayloadSoMuchStaysThatTheRestFillsItsPages(long payload, int local) {
        assertThat(USUAL.localSize(payload, PageKind.TABLE_LEAF)).isEqualTo(local);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1002, 1002", "1003, 489", "4581, 489", "5000, 908", "5094, 1002", "5095, 489"})
    void ofAnIndexLessStays(long payload, int local) {
        assertThat(USUAL.localSize(payload, PageKind.INDEX_LEAF)).isEqualTo(local);
    }

    @Test
    void overflowPagesHoldAllButTheNumberOfTheNext() {
        assertThat(USUAL.overflowCapacity()).isEqualTo(4092);
        assertThat(USUAL.overflowPages(5000, 908)).isEqualTo(1);
        assertThat(USUAL.overflowPages(5001, 908)).isEqualTo(2);
        assertThat(USUAL.overflowPages(908, 908)).isZero();
        assertThat(USUAL.overflowPages(909, 908)).isEqualTo(1);
    }

    @Test
    void thePageOverTheLockBytesIsTheOneThatHoldsTheFirstOfThem() {
        assertThat(USUAL.lockBytePage()).isEqualTo(262145);
        assertThat(new Geometry(65536, 0).lockBytePage()).isEqualTo(16385);
        assertThat(new Geometry(512, 0).lockBytePage()).isEqualTo(2097153);
    }
}
