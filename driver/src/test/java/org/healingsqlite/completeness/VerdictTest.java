package org.healingsqlite.completeness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.healingsqlite.completeness.Completeness.AtLeast;
import org.healingsqlite.completeness.Completeness.Unknown;
import org.junit.jupiter.api.Test;

/** What is said, and how parts of it add up. */
class VerdictTest {
    private static final Completeness WHOLE = Completeness.whole();
    private static final Completeness THREE = Completeness.of(3, OptionalLong.of(5), List.of("rowid 1"), "t");
    private static final Completeness OPEN = Completeness.unknown("page 7");
    private static final Completeness BOUNDED = Completeness.of(0, OptionalLong.of(4), List.of(), "page 9");

    @Test
    void nothingOpenIsWhole() {
        assertThat(Completeness.of(0, OptionalLong.of(0), List.of(), "t")).isEqualTo(WHOLE);
        assertThat(WHOLE.isWhole()).isTrue();
        assertThat(WHOLE.atLeast()).isZero();
        assertThat(WHOLE.atMost()).hasValue(0);
        assertThat(WHOLE).hasToString("whole");
    }

    @Test
    void noBoundIsNeverWhole() {
        assertThat(Completeness.of(0, OptionalLong.empty(), List.of(), "t")).isInstanceOf(Unknown.class);
        assertThat(OPEN.isWhole()).isFalse();
        assertThat(OPEN.atLeast()).isZero();
        assertThat(OPEN.atMost()).isEmpty();
        assertThat(OPEN).hasToString("unknown whether rows are lost: page 7");
        assertThat(BOUNDED).hasToString("unknown whether rows are lost, at most 4: page 9");
    }

    @Test
    void lossesHaveBoundsThatAgree() {
        assertThat(THREE).hasToString("3 to 5 rows lost [rowid 1 and 2 more]");
        assertThat(new AtLeast(2, OptionalLong.of(2), List.of("rowid 1", "rowid 2")))
                .hasToString("2 rows lost [rowid 1, rowid 2]");
        assertThat(THREE.isWhole()).isFalse();
        assertThat(new AtLeast(2, OptionalLong.empty(), List.of())).hasToString("at least 2 rows lost");
        assertThat(new AtLeast(2, OptionalLong.of(2), List.of())).hasToString("2 rows lost");
        assertThat(new AtLeast(2, OptionalLong.of(1), List.of()).atMost()).hasValue(2);
        assertThatThrownBy(() -> new AtLeast(0, OptionalLong.empty(), List.of()))
                .hasMessage("rows: expected 1 or more, found 0");
    }

    @Test
    void onlySomeKeysAreNamed() {
        List<String> keys = IntStream.range(0, 50).mapToObj(i -> "rowid " + i).toList();
        assertThat(new AtLeast(50, OptionalLong.empty(), keys).keys()).isEqualTo(keys.subList(0, 20));
        assertThat(new AtLeast(50, OptionalLong.empty(), keys.subList(0, 3)).keys())
                .hasSize(3);
    }

    @Test
    void partsAddUp() {
        assertThat(WHOLE.and(THREE)).isSameAs(THREE);
        assertThat(THREE.and(WHOLE)).isSameAs(THREE);
        assertThat(WHOLE.and(WHOLE)).isEqualTo(WHOLE);
        assertThat(THREE.and(THREE)).isEqualTo(new AtLeast(6, OptionalLong.of(10), List.of("rowid 1", "rowid 1")));
        assertThat(THREE.and(BOUNDED)).isEqualTo(new AtLeast(3, OptionalLong.of(9), List.of("rowid 1")));
        assertThat(BOUNDED.and(THREE)).isEqualTo(new AtLeast(3, OptionalLong.of(9), List.of("rowid 1")));
        assertThat(THREE.and(OPEN)).isEqualTo(new AtLeast(3, OptionalLong.empty(), List.of("rowid 1")));
        assertThat(OPEN.and(THREE)).isEqualTo(new AtLeast(3, OptionalLong.empty(), List.of("rowid 1")));
        assertThat(BOUNDED.and(BOUNDED)).isEqualTo(new Unknown("page 9", OptionalLong.of(8)));
        assertThat(BOUNDED.and(OPEN)).isEqualTo(new Unknown("page 9; page 7", OptionalLong.empty()));
    }

    @Test
    void contentIsVerifiedOnlyWhereEveryTableIs() {
        assertThat(Content.VERIFIED.and(Content.VERIFIED)).isEqualTo(Content.VERIFIED);
        assertThat(Content.VERIFIED.and(Content.UNVERIFIED)).isEqualTo(Content.UNVERIFIED);
        assertThat(Content.UNVERIFIED.and(Content.VERIFIED)).isEqualTo(Content.UNVERIFIED);
        Verdict.OfTable sure = new Verdict.OfTable("a", WHOLE, Content.VERIFIED, 0);
        Verdict.OfTable unsure = new Verdict.OfTable("b", THREE, Content.UNVERIFIED, 1);
        assertThat(new Verdict(List.of(sure), WHOLE, List.of()).content()).isEqualTo(Content.VERIFIED);
        assertThat(new Verdict(List.of(sure, unsure), WHOLE, List.of()).content())
                .isEqualTo(Content.UNVERIFIED);
    }

    @Test
    void everythingTogetherIsTablesAndWhatLiesElsewhere() {
        Verdict.OfTable table = new Verdict.OfTable("b", THREE, Content.UNVERIFIED, 1);
        Verdict verdict = new Verdict(List.of(table), BOUNDED, List.of("a fact"));
        assertThat(verdict.completeness()).isEqualTo(THREE.and(BOUNDED));
        assertThat(verdict.and(THREE).completeness().atLeast()).isEqualTo(6);
        assertThat(verdict.and(THREE).facts()).containsExactly("a fact");
        assertThat(Verdict.unknown("nobody knows").completeness()).isEqualTo(Completeness.unknown("nobody knows"));
        assertThat(Verdict.unknown("nobody knows").tables()).isEmpty();
    }
}
