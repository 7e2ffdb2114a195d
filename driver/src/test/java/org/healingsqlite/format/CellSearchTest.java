package org.healingsqlite.format;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Cells that no pointer leads to, in the gaps between those that are known: where they are believed, and where bytes may only look like one. */
class CellSearchTest {
    private static final Geometry GEOMETRY = HandMadePage.GEOMETRY;

    private final CellCursor cursor = new CellCursor(GEOMETRY, 10_000);
    private final RecordCursor record = new RecordCursor();

    private boolean isRecordOfOneBlob(byte[] page, CellCursor cell) {
        return record.moveTo(page, cell.payloadOffset(), cell.localSize())
                && record.count() == 1
                && record.kind(0) == RecordCursor.Kind.BLOB;
    }

    private int[] find(BtreePage page, boolean trusted, int... known) {
        return new CellSearch(GEOMETRY, cursor).find(page, known, trusted, this::isRecordOfOneBlob);
    }

    @Test
    void aCellBetweenKnownOnesIsFound() {
        BtreePage page = HandMadePage.filled(4, 20).read();
        assertThat(find(page, true, 492, 432)).containsExactly(452, 472);
        assertThat(find(page, true, 492, 472, 452, 432)).isEmpty();
        assertThat(find(page, true)).containsExactly(432, 452, 472, 492);
        assertThat(find(page, false)).containsExactly(432, 452, 472, 492);
    }

    @Test
    void whatTheCheckRefusesIsNotFound() {
        BtreePage page = HandMadePage.filled(4, 20).read();
        int[] found = new CellSearch(GEOMETRY, cursor)
                .find(page, new int[0], true, (bytes, cell) -> isRecordOfOneBlob(bytes, cell) && cell.rowid() != 2);
        assertThat(found).containsExactly(432, 452, 492);
    }

    @Test
    void beforeTheBeginningOfCellsNothingIsSoughtWhereThatIsTrusted() {
        HandMadePage made = HandMadePage.filled(3, 20);
        made.cell(432, 20).count(3);
        assertThat(find(made.read(), true, 452, 472, 492)).isEmpty();
        assertThat(find(made.read(), false, 452, 472, 492)).containsExactly(432);
        // A beginning beyond the page, or among the pointers, is that of the page or of the cells' room.
        assertThat(find(made.header(0, 0, 0).read(), true, 452, 472, 492)).isEmpty();
        assertThat(find(made.header(2, 0, 0).read(), true, 452, 472, 492)).containsExactly(432);
    }

    @ParameterizedTest
    @CsvSource({"432, true", "431, true", "430, true", "429, true", "428, false", "300, false", "8, false"})
    void aCellTouchesWhatComesBehindItWithThreeBytesBetweenAtMost(int at, boolean found) {
        HandMadePage made = HandMadePage.filled(3, 20);
        made.cell(at, 20).count(3);
        assertThat(find(made.read(), false, 452, 472, 492)).isEqualTo(found ? new int[] {at} : new int[0]);
    }

    @ParameterizedTest
    @CsvSource({"220, true", "223, true", "224, false", "250, false", "276, false", "277, true", "280, true"})
    void aCellTouchesAnEndOfItsGap(int at, boolean found) {
        HandMadePage made = new HandMadePage(2).cell(200, 20).cell(300, 20);
        made.cell(at, 20).count(2);
        assertThat(find(made.header(200, 0, 0).read(), true, 200, 300)).isEqualTo(found ? new int[] {at} : new int[0]);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void cellsInTheMiddleOfAGapHoldEachOther(int between) {
        HandMadePage made = new HandMadePage(2).cell(200, 20).cell(400, 20);
        made.cell(280, 20).cell(300 + between, 20).count(2);
        assertThat(find(made.header(200, 0, 0).read(), true, 200, 400))
                .isEqualTo(between <= 3 ? new int[] {280, 300 + between} : new int[0]);
    }

    @Test
    void ofCellsThatOverlapThoseAreTakenThatCoverMost() {
        HandMadePage made = new HandMadePage(2).cell(200, 20).cell(300, 20);
        // 220 to 240, and one of 30 within it that reaches to 255.
        made.cell(220, 20).cell(225, 30).count(2);
        assertThat(find(made.header(200, 0, 0).read(), true, 200, 300)).isEmpty();
        HandMadePage full = new HandMadePage(2).cell(200, 20).cell(255, 20);
        full.cell(220, 20).cell(225, 30).count(2);
        assertThat(find(full.header(200, 0, 0).read(), true, 200, 255)).containsExactly(225);
    }

    @Test
    void ofTwoThatCoverAsMuchTheLaterIsTaken() {
        HandMadePage made = new HandMadePage(2).cell(200, 20).cell(245, 20);
        made.cell(220, 20).cell(225, 20).count(2);
        assertThat(find(made.header(200, 0, 0).read(), true, 200, 245)).containsExactly(225);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5, 6, 7, 20})
    void aGapOfFourBytesOrMoreMayHoldACell(int size) {
        HandMadePage made = new HandMadePage(2).cell(200, 20).cell(220 + size, 20);
        made.cell(220, size).count(2);
        // The smallest cell has a blob of no bytes.
        assertThat(find(made.header(200, 0, 0).read(), true, 200, 220 + size)).containsExactly(220);
    }

    @Test
    void whatIsDeletedLiesInAFreeblockAndIsNotFound() {
        HandMadePage made = new HandMadePage(2).cell(200, 20).cell(300, 20);
        made.cell(224, 20).count(2).freeblock(220, 0, 80);
        assertThat(find(made.header(200, 220, 0).read(), true, 200, 300)).isEmpty();
        // Whose chain is broken.
        assertThat(find(made.header(200, 7, 0).read(), true, 200, 300)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        // What is read as the follower and the size of a freeblock, in a gap from 220 to 244 that a deleted cell ends.
        "0, 24, false",
        "0, 23, false",
        "0, 21, false",
        "0, 20, true",
        "0, 25, true",
        "244, 24, false",
        "243, 24, true",
        "511, 24, false",
        "512, 24, true",
        "100, 24, true"
    })
    void whereTheHeaderIsLostAGapThatIsLikeAFreeblockIsTakenForOne(int follower, int size, boolean found) {
        HandMadePage made = new HandMadePage(2).cell(200, 20).cell(244, 20);
        made.cell(224, 20).count(2).freeblock(220, follower, size);
        assertThat(find(made.read().asDamaged(), false, 200, 244)).isEqualTo(found ? new int[] {224} : new int[0]);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void aFreeblockMayHaveFragmentsBeforeIt(int fragments) {
        HandMadePage made = new HandMadePage(2).cell(200, 20).cell(254, 20);
        made.cell(220 + fragments + 4, 20).count(2).freeblock(220 + fragments, 0, 34 - fragments);
        assertThat(find(made.read().asDamaged(), false, 200, 254)).isEmpty();
        made.freeblock(220 + fragments, 0, 35 - fragments);
        // Not as long as its gap: what lies in it may be a row.
        assertThat(find(made.read().asDamaged(), false, 200, 254)).isNotNull();
    }

    @Test
    void whereNoCellIsKnownNothingIsTakenForAFreeblock() {
        HandMadePage made = new HandMadePage(2);
        made.cell(492, 20).count(0);
        assertThat(find(made.read().asDamaged(), false)).containsExactly(492);
    }
}
