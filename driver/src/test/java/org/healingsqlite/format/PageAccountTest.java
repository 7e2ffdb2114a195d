package org.healingsqlite.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A page is exact where header, pointers, cells, freeblocks and fragments account for every byte; each of them is moved by one here. */
class PageAccountTest {
    private static final int USABLE = 512;
    private static final CellCursor CURSOR = new CellCursor(HandMadePage.GEOMETRY, 10_000);

    // ---- What closes

    @Test
    void cellsFromTheirBeginningToTheEndOfThePageCloseIt() {
        BtreePage page = HandMadePage.filled(4, 20).read();
        assertThat(page.exact()).isTrue();
        assertThat(page.count()).isEqualTo(4);
        assertThat(page.readable()).isEqualTo(4);
        assertThat(page.pointers()).isEqualTo(4);
        assertThat(page.contentStart()).isEqualTo(432);
        assertThat(page.pointersEnd()).isEqualTo(16);
        assertThat(page.cell(3)).isEqualTo(432);
        assertThat(page.pointer(3)).isEqualTo(432);
        assertThat(page.toString()).contains("4 of 4 cells, exact");
    }

    @Test
    void onPageOneTheHeaderLiesBehindTheDatabases() {
        HandMadePage made = new HandMadePage(1).cell(492, 20).cell(472, 20);
        BtreePage page = made.header(472, 0, 0).read();
        assertThat(page.exact()).isTrue();
        assertThat(page.headerAt()).isEqualTo(100);
        assertThat(page.pointersEnd()).isEqualTo(112);
        assertThat(BtreePage.headerOffset(1)).isEqualTo(100);
        assertThat(BtreePage.headerOffset(2)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 60})
    void fragmentsCountUpToSixty(int fragments) {
        HandMadePage made = new HandMadePage(2).cell(492, 20).cell(472 - fragments, 20);
        assertThat(made.header(472 - fragments, 0, fragments).read().exact()).isTrue();
        assertThat(made.header(472 - fragments, 0, fragments - 1).read().exact())
                .isFalse();
        assertThat(made.header(472 - fragments, 0, fragments + 1).read().exact())
                .isFalse();
    }

    @Test
    void moreFragmentsThanSixtyAreNeverWritten() {
        HandMadePage made = new HandMadePage(2).cell(492, 20).cell(472 - 61, 20);
        assertThat(made.header(472 - 61, 0, 61).read().exact()).isFalse();
    }

    @Test
    void aFreeblockCountsByItsSize() {
        HandMadePage made = new HandMadePage(2).cell(492, 20).cell(432, 20);
        assertThat(made.freeblock(452, 0, 40).header(432, 452, 0).read().exact())
                .isTrue();
        assertThat(made.freeblock(452, 0, 39).read().exact()).isFalse();
        assertThat(made.header(432, 452, 1).read().exact()).isTrue();
    }

    @Test
    void theBytesOfFreeblocksAreKnownWhereTheirChainHolds() {
        HandMadePage made = new HandMadePage(2).cell(492, 20).cell(400, 20);
        BtreePage page = made.freeblock(420, 440, 10)
                .freeblock(440, 0, 52)
                .header(400, 420, 10)
                .read();
        assertThat(page.exact()).isTrue();
        BitSet expected = new BitSet();
        expected.set(420, 430);
        expected.set(440, 492);
        assertThat(page.freeblocks(USABLE)).isEqualTo(expected);
        assertThat(made.freeblock(440, 420, 52).read().freeblocks(USABLE).isEmpty())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        // First, its size: what SQLite allows, and one beyond.
        "8, 4, true",
        "7, 4, false",
        "508, 4, true",
        "509, 4, false",
        "100, 3, false",
        "100, 4, true",
        "500, 12, true",
        "500, 13, false"
    })
    void aFreeblockLiesBehindTheHeaderAndBeforeTheEndAndHasFourBytes(int at, int size, boolean sound) {
        HandMadePage made = new HandMadePage(2).header(400, at, 0);
        if (at + 4 <= USABLE) {
            made.freeblock(at, 0, size);
        }
        assertThat(made.read().freeblocks(USABLE).isEmpty()).isEqualTo(!sound);
    }

    @ParameterizedTest
    @CsvSource({"120, true", "119, false", "121, true", "100, false"})
    void freeblocksAscend(int second, boolean sound) {
        HandMadePage made = new HandMadePage(2)
                .freeblock(second, 0, 8)
                .freeblock(100, second, 20)
                .header(400, 100, 0);
        assertThat(made.read().freeblocks(USABLE).isEmpty()).isEqualTo(!sound);
    }

    // ---- What is empty

    @ParameterizedTest
    @CsvSource({
        "0, 512, 0, 0, true",
        "3, 512, 0, 0, true",
        "0, 512, 100, 0, true",
        "0, 512, 0, 5, true",
        "3, 512, 100, 0, false",
        "3, 512, 0, 5, false",
        "0, 512, 100, 5, false",
        "0, 600, 0, 0, true",
        "1, 600, 0, 0, false",
        "0, 600, 100, 0, false",
        "0, 600, 0, 1, false",
        "0, 511, 0, 0, false"
    })
    void aPageWithoutCellsIsToldByItsHeaderThoughOneFieldOfItIsWrong(
            int count, int contentStart, int freeblock, int fragments, boolean empty) {
        HandMadePage made = new HandMadePage(2).count(count).header(contentStart, freeblock, fragments);
        BtreePage page = made.read();
        assertThat(page.exact() && page.count() == 0 && page.pointers() == 0).isEqualTo(empty);
    }

    @Test
    void anInteriorPageIsNeverEmpty() {
        HandMadePage made = new HandMadePage(2).header(512, 0, 0);
        made.bytes[0] = 5;
        BtreePage page = BtreePage.read(made.bytes, 2, PageKind.TABLE_INTERIOR, HandMadePage.GEOMETRY, CURSOR);
        assertThat(page.pointersEnd()).isEqualTo(12);
        Bytes.put32(made.bytes, 8, 0x81020304);
        assertThat(page.rightChild()).isEqualTo(0x81020304L);
    }

    // ---- Cells

    @Test
    void cellsThatShareAByteAreNotBothRead() {
        for (int other : new int[] {472, 473, 491}) {
            BtreePage page = new HandMadePage(2)
                    .cell(492, 20)
                    .cell(other, 20)
                    .header(other, 0, 0)
                    .read();
            boolean shares = other > 472;
            assertThat(page.readable()).as("at %s", other).isEqualTo(shares ? 1 : 2);
            assertThat(page.cell(1)).isEqualTo(shares ? -1 : other);
            assertThat(page.exact()).isEqualTo(!shares);
        }
    }

    /** Bytes are marked 64 at a time: cells that begin, end, meet and overlap at the edges of such words. */
    @ParameterizedTest
    @CsvSource({
        "128, 64, 192, 64, 2",
        "128, 65, 192, 64, 1",
        "127, 65, 192, 64, 2",
        "128, 64, 191, 64, 1",
        "100, 20, 119, 20, 1",
        "100, 20, 120, 20, 2",
        "100, 100, 130, 5, 1",
        "100, 100, 195, 5, 1",
        "100, 100, 200, 5, 2",
        "130, 5, 100, 100, 1",
        "195, 5, 100, 100, 1",
        "200, 5, 100, 100, 2"
    })
    void cellsAreTakenByteByByte(int first, int sizeOfFirst, int second, int sizeOfSecond, int readable) {
        BtreePage page = new HandMadePage(2)
                .cell(first, sizeOfFirst)
                .cell(second, sizeOfSecond)
                .header(Math.min(first, second), 0, 0)
                .read();
        // The one that comes first may have lost its bytes to the other here: it is the pointers that count.
        assertThat(page.pointers()).isEqualTo(2);
        if (readable == 2) {
            assertThat(page.readable()).isEqualTo(2);
        } else {
            assertThat(page.readable()).isLessThan(2);
        }
    }

    @Test
    void aCellLiesBehindThePointers() {
        HandMadePage floor = new HandMadePage(2).cell(10, 20);
        assertThat(floor.header(10, 0, 0).read().readable()).isEqualTo(1);
        assertThat(floor.count(2).read().readable()).isZero();
    }

    @Test
    void cellsMayReachDownToThePointers() {
        // Ten of 48 and one of 12, which begins just behind eleven pointers.
        HandMadePage made = new HandMadePage(2);
        int at = 512;
        for (int i = 0; i < 10; i++) {
            at -= 47;
            made.cell(at, 47);
        }
        made.cell(30, 12);
        BtreePage page = made.header(30, 0, 0).read();
        assertThat(page.exact()).isTrue();
        assertThat(page.pointersEnd()).isEqualTo(30);
    }

    // ---- A header that is wrong

    @Test
    void aWrongBeginningOfCellsIsFoundWhereTheAccountClosesWithThem() {
        assertThat(HandMadePage.filled(4, 20).header(433, 0, 0).read().exact()).isTrue();
        assertThat(HandMadePage.filled(4, 20).header(500, 0, 0).read().exact()).isTrue();
        assertThat(HandMadePage.filled(4, 20).header(431, 0, 0).read().exact()).isFalse();
        assertThat(HandMadePage.filled(4, 20).header(433, 0, 1).read().exact()).isFalse();
        // More than sixty fragments: nothing of the account is known.
        assertThat(HandMadePage.filled(4, 20).header(433, 0, 61).read().exact()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 5, 6, 84, 200, 65535})
    void aWrongCountIsFoundWhereTheAccountClosesWithAnother(int wrong) {
        BtreePage page = HandMadePage.filled(4, 20).count(wrong).read();
        assertThat(page.exact()).isTrue();
        assertThat(page.count()).isEqualTo(4);
        assertThat(page.readable()).isEqualTo(4);
        assertThat(page.cell(3)).isEqualTo(432);
    }

    @Test
    void noCountIsFoundWhereACellIsMissingOrLiesBeforeTheOthers() {
        HandMadePage bad = HandMadePage.filled(4, 20).count(3);
        Bytes.put16(bad.bytes, 10, 3);
        assertThat(bad.read().exact()).isFalse();
        HandMadePage before = new HandMadePage(2).cell(492, 20).cell(400, 20).count(3);
        assertThat(before.header(472, 0, 0).read().exact()).isFalse();
        HandMadePage none = new HandMadePage(2).count(3).header(8, 0, 0);
        assertThat(none.read().exact()).isFalse();
        assertThat(new HandMadePage(2).count(3).header(9, 0, 0).read().exact()).isFalse();
    }

    @Test
    void aCountThatIsImpossibleLeavesAsManyPointersAsFit() {
        HandMadePage made = HandMadePage.filled(4, 20).count(200);
        made.bytes[432] = 0;
        BtreePage page = made.read();
        assertThat(page.exact()).isFalse();
        assertThat(page.count()).isEqualTo(200);
        assertThat(page.pointers()).isEqualTo((512 - 8) / 6);
    }

    // ---- What of it is believed

    @Test
    void ofADamagedPageNothingIsBelieved() {
        BtreePage page = HandMadePage.filled(4, 20).read().asDamaged();
        assertThat(page.headerLost()).isTrue();
        assertThat(page.pointersLost()).isFalse();
        assertThat(page.count()).isZero();
        assertThat(page.pointers()).isZero();
        assertThat(page.exact()).isFalse();
        assertThat(page.pointersEnd()).isEqualTo(8);
        assertThat(page.freeblocks(USABLE).isEmpty()).isTrue();
        assertThat(page.headerMayHold(USABLE)).isFalse();
        assertThat(page.kind()).isEqualTo(PageKind.TABLE_LEAF);
        assertThat(page.bytes()).hasSize(512);
    }

    @Test
    void withoutItsPointersThePageStillHasTheRoomOfThem() {
        HandMadePage made = HandMadePage.filled(4, 20);
        BtreePage page = made.read().withoutPointers();
        assertThat(page.headerLost()).isFalse();
        assertThat(page.pointersLost()).isTrue();
        assertThat(page.count()).isEqualTo(4);
        assertThat(page.pointers()).isZero();
        assertThat(page.pointersEnd()).isEqualTo(16);
        assertThat(made.read().pointersLost()).isFalse();
        assertThat(new HandMadePage(2).header(512, 0, 0).read().pointersLost()).isFalse();
    }

    @Test
    void cellsThatWereFoundOtherwiseTakeThePlaceOfThePointers() {
        BtreePage read = HandMadePage.filled(4, 20).read();
        int[] found = {472, 492};
        BtreePage believed = read.withCells(found, true);
        found[0] = 0;
        assertThat(believed.count()).isEqualTo(4);
        assertThat(believed.readable()).isEqualTo(2);
        assertThat(believed.cell(0)).isEqualTo(472);
        assertThat(believed.exact()).isFalse();
        assertThat(believed.pointersEnd()).isEqualTo(12);
        assertThat(read.withCells(new int[5], true).count()).isEqualTo(5);
        BtreePage lost = read.withCells(new int[] {472}, false);
        assertThat(lost.headerLost()).isTrue();
        assertThat(lost.count()).isZero();
        assertThat(lost.toString()).contains("1 of -1 cells [472]");
    }

    @Test
    void aHeaderMayHoldWhoseCellsBeginBehindItsPointersAndBeforeTheEnd() {
        assertThat(HandMadePage.filled(4, 20).read().headerMayHold(USABLE)).isTrue();
        assertThat(HandMadePage.filled(4, 20).header(16, 0, 3).read().headerMayHold(USABLE))
                .isTrue();
        assertThat(HandMadePage.filled(4, 20).header(15, 0, 3).read().headerMayHold(USABLE))
                .isFalse();
        assertThat(HandMadePage.filled(4, 20).header(511, 0, 3).read().headerMayHold(USABLE))
                .isTrue();
        assertThat(HandMadePage.filled(4, 20).header(513, 0, 3).read().headerMayHold(USABLE))
                .isFalse();
        assertThat(HandMadePage.filled(4, 20).header(432, 7, 0).read().headerMayHold(USABLE))
                .isFalse();
        assertThat(new HandMadePage(2).count(0).header(400, 0, 3).read().headerMayHold(USABLE))
                .isFalse();
        assertThat(HandMadePage.filled(4, 20).header(432, 0, 0).read().headerMayHold(432))
                .isFalse();
    }

    @Test
    void offsetsAreConfirmedByTheBeginningOfCellsAndTheCount() {
        BtreePage page = HandMadePage.filled(3, 20).read();
        assertThat(page.headerConfirms(new int[] {452, 472, 492})).isTrue();
        assertThat(page.headerConfirms(new int[] {452})).isTrue();
        assertThat(page.headerConfirms(new int[] {453, 472, 492})).isFalse();
        assertThat(page.headerConfirms(new int[] {452, 460, 472, 492})).isFalse();
        assertThat(page.headerConfirms(new int[0])).isFalse();
    }

    @Test
    void pointersHoldWhereTheyLeadBehindThemAndTheFirstToTheBeginningOfCells() {
        assertThat(HandMadePage.filled(3, 20).read().pointersHold(USABLE)).isTrue();
        assertThat(HandMadePage.filled(3, 20).read().pointersConfirmContentStart())
                .isTrue();
        // The cell is spoilt, the pointer is not.
        HandMadePage spoilt = HandMadePage.filled(3, 20);
        spoilt.bytes[452] = 0;
        assertThat(spoilt.read().readable()).isEqualTo(2);
        assertThat(spoilt.read().pointersHold(USABLE)).isTrue();
        HandMadePage before = HandMadePage.filled(3, 20);
        Bytes.put16(before.bytes, 8, 451);
        assertThat(before.read().pointersHold(USABLE)).isFalse();
        HandMadePage beyond = HandMadePage.filled(3, 20);
        Bytes.put16(beyond.bytes, 8, 512);
        assertThat(beyond.read().pointersHold(USABLE)).isFalse();
        Bytes.put16(beyond.bytes, 8, 511);
        assertThat(beyond.read().pointersHold(USABLE)).isTrue();
        HandMadePage unconfirmed = HandMadePage.filled(3, 20).header(440, 0, 3);
        assertThat(unconfirmed.read().pointersHold(USABLE)).isFalse();
        assertThat(unconfirmed.read().pointersConfirmContentStart()).isFalse();
        HandMadePage brokenChain = HandMadePage.filled(3, 20).header(452, 7, 0);
        assertThat(brokenChain.read().pointersHold(USABLE)).isFalse();
        assertThat(new HandMadePage(2).header(512, 0, 0).read().pointersHold(USABLE))
                .isFalse();
        assertThat(HandMadePage.filled(3, 20).read().withoutPointers().pointersHold(USABLE))
                .isFalse();
    }

    @Test
    void whereTheHeaderSaysNothingPointersAreFollowedUpToTheFirstThatLeadsToNoCell() {
        HandMadePage made = HandMadePage.filled(3, 20).count(77).header(0, 9, 99);
        BtreePage page = made.read().asDamaged();
        assertThat(page.cellsWhilePointersHold(USABLE, CURSOR, (bytes, cell) -> true))
                .containsExactly(492, 472, 452);
        assertThat(page.cellsWhilePointersHold(USABLE, CURSOR, (bytes, cell) -> cell.rowid() < 3))
                .containsExactly(492, 472);
        Bytes.put16(made.bytes, 10, 5);
        assertThat(page.cellsWhilePointersHold(USABLE, CURSOR, (bytes, cell) -> true))
                .containsExactly(492);
    }

    @Test
    void aCellThatLiesAmongThePointersEndsThem() {
        // The second pointer is a cell's first bytes as well.
        HandMadePage made = new HandMadePage(2).cell(492, 20);
        made.cell(10, 20);
        BtreePage page = made.read().asDamaged();
        assertThat(page.cellsWhilePointersHold(USABLE, CURSOR, (bytes, cell) -> true))
                .hasSizeLessThan(2);
    }
}
