package org.healingsqlite.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.healingsqlite.format.RecordCursor.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Records by their bytes: what is one, what of it is at hand, and whether it is as SQLite writes it. */
class RecordHeaderTest {
    private final RecordCursor record = new RecordCursor();

    private boolean moveTo(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        return record.moveTo(bytes, 0, bytes.length);
    }

    @Test
    void everySerialTypeHasItsKindAndSize() {
        assertThat(moveTo("0e 00 01 02 03 04 05 06 07 08 09 0c 0d 0f" + " 81" + " 8001" + " 800002" + " 80000003"
                        + " 800000000004" + " 8000000000000005" + " 3ff8000000000000" + " 41"))
                .isTrue();
        assertThat(record.count()).isEqualTo(13);
        int[] sizes = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0, 1};
        for (int i = 0; i < sizes.length; i++) {
            assertThat(record.size(i)).as("size of %s", i).isEqualTo(sizes[i]);
            Kind kind =
                    i == 0 ? Kind.NULL : i == 7 ? Kind.REAL : i <= 9 ? Kind.INTEGER : i == 10 ? Kind.BLOB : Kind.TEXT;
            assertThat(record.kind(i)).as("kind of %s", i).isEqualTo(kind);
            assertThat(record.isNull(i)).isEqualTo(i == 0);
            assertThat(record.isText(i)).isEqualTo(i >= 11);
            assertThat(record.isAtHand(i)).isTrue();
        }
        assertThat(record.integer(1)).isEqualTo(-127);
        assertThat(record.integer(2)).isEqualTo(-32767);
        assertThat(record.integer(3)).isEqualTo(-8388606);
        assertThat(record.integer(4)).isEqualTo(-2147483645);
        assertThat(record.integer(5)).isEqualTo(-140737488355324L);
        assertThat(record.integer(6)).isEqualTo(-9223372036854775803L);
        assertThat(record.real(7)).isEqualTo(1.5);
        assertThat(record.integer(8)).isZero();
        assertThat(record.integer(9)).isEqualTo(1);
        assertThat(record.copy(12)).containsExactly(0x41);
    }

    @ParameterizedTest
    @CsvSource({
        "'', false",
        // The header says its length: its own byte is counted, and a type.
        "00, false",
        "01, false",
        "02, false",
        "0200, true",
        "0208, true",
        // Types that are none.
        "020a, false",
        "020b, false",
        "0209, true",
        // More, or less, than there is.
        "0201, false",
        "020105, true",
        "02010505, false",
        "0300, false",
        // A type that runs past the header.
        "0281, false",
        "038100, false"
    })
    void aRecordIsWhatItsHeaderSaysToTheByte(String hex, boolean sound) {
        assertThat(moveTo(hex)).isEqualTo(sound);
    }

    @ParameterizedTest
    @CsvSource({
        "02 01 7f, true",
        "02 02 0080, true",
        "02 02 007f, false",
        "02 02 ff7f, true",
        "02 02 ff80, false",
        "02 03 008000, true",
        "02 03 007fff, false",
        "02 03 ff7fff, true",
        "02 03 ff8000, false",
        "02 04 00800000, true",
        "02 04 007fffff, false",
        "02 05 000080000000, true",
        "02 05 00007fffffff, false",
        "02 05 ffff7fffffff, true",
        "02 05 ffff80000000, false",
        "02 05 00ff80000000, true",
        "02 06 0000800000000000, true",
        "02 06 00007fffffffffff, false",
        "02 06 ffff800000000000, false",
        "02 06 0001000000000000, true",
        // A header or a type in more bytes than it takes.
        "8003 00, false",
        "03 8001 05, false",
        "03 810c 00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, true"
    })
    void integersAndNumbersOfTheHeaderTakeAsFewBytesAsTheyCan(String hex, boolean asWritten) {
        assertThat(moveTo(hex)).isTrue();
        assertThat(record.asWritten()).isEqualTo(asWritten);
    }

    @Test
    void ofARecordThatContinuesElsewhereTheBeginningIsRead() {
        // An integer of one byte, and a text of ten of which four are at hand.
        byte[] bytes = HexFormat.of().parseHex("0301210561626364");
        assertThat(record.readHeader(bytes, 0, 8, 14)).isTrue();
        assertThat(record.isAtHand(0)).isTrue();
        assertThat(record.isAtHand(1)).isFalse();
        assertThat(record.integer(0)).isEqualTo(5);
        assertThat(record.readHeader(bytes, 0, 8, 13)).isFalse();
        assertThat(record.readHeader(bytes, 0, 8, 15)).isFalse();
        assertThat(record.readHeader(bytes, 0, 2, 14)).isFalse();
        assertThat(record.readHeader(bytes, 0, 3, 14)).isTrue();
        assertThat(record.isAtHand(0)).isFalse();
        byte[] whole = HexFormat.of().parseHex("030121056162636465666768696a");
        assertThat(record.readHeader(whole, 0, 14, 14)).isTrue();
        assertThat(record.isAtHand(1)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        // Header of ten bytes, of which six are at hand.
        "0a 01 01 01 01 01, 6, 20, true",
        "0a 01 01 01 01 01, 6, 14, false",
        "0a 01 01 01 01 01, 6, 15, true",
        "0a 01 01 01 01 01, 6, 9, false",
        "0a 01 01 01 01 0a, 6, 20, false",
        "0a 01 01 01 01 81, 6, 20, true",
        "0a 01 01 01 01 81, 6, 13, false",
        "0a 01 01 01 01 81, 6, 14, true",
        // Whole at hand.
        "06 01 01 01 01 01, 6, 20, false",
        "07 01 01 01 01 01, 6, 20, true",
        "81, 1, 20, false"
    })
    void aHeaderOfManyFieldsMayContinueElsewhere(String hex, int local, long payloadSize, boolean may) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThat(RecordCursor.headerContinues(bytes, 0, local, payloadSize)).isEqualTo(may);
    }

    @Test
    void aRecordHasNoMoreFieldsThanSqliteHasColumns() {
        for (int fields : new int[] {100, 32767, 32768}) {
            int header = fields + 3;
            byte[] bytes = new byte[header];
            Varint.put(bytes, 0, header);
            assertThat(Varint.size(bytes, 0, header)).isEqualTo(fields < 16000 ? 1 : 3);
            if (fields == 100) {
                bytes = new byte[fields + 1];
                Varint.put(bytes, 0, fields + 1L);
            }
            assertThat(record.moveTo(bytes, 0, bytes.length))
                    .as("%s", fields)
                    .isEqualTo(fields <= RecordCursor.MOST_FIELDS);
        }
        assertThat(record.count()).isEqualTo(32767);
    }

    // ---- Cells

    private static final Geometry GEOMETRY = HandMadePage.GEOMETRY;
    private final CellCursor cell = new CellCursor(GEOMETRY, 1000);

    private boolean moveTo(PageKind kind, int at, String hex) {
        byte[] page = new byte[512];
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        System.arraycopy(bytes, 0, page, at, Math.min(bytes.length, 512 - at));
        return cell.moveTo(page, at, kind);
    }

    @Test
    void aCellOfEachKindIsReadFieldByField() {
        assertThat(moveTo(PageKind.TABLE_LEAF, 100, "05 81 01 02 0c")).isTrue();
        assertThat(cell.rowid()).isEqualTo(129);
        assertThat(cell.payloadSize()).isEqualTo(5);
        assertThat(cell.payloadOffset()).isEqualTo(103);
        assertThat(cell.localSize()).isEqualTo(5);
        assertThat(cell.offset()).isEqualTo(100);
        assertThat(cell.size()).isEqualTo(8);
        assertThat(cell.end()).isEqualTo(108);
        assertThat(cell.overflowPage()).isZero();
        assertThat(cell.leftChild()).isZero();
        assertThat(cell.asWritten()).isTrue();

        assertThat(moveTo(PageKind.TABLE_INTERIOR, 100, "81 02 03 04 81 01")).isTrue();
        assertThat(cell.leftChild()).isEqualTo(0x81020304L);
        assertThat(cell.rowid()).isEqualTo(129);
        assertThat(cell.payloadSize()).isZero();
        assertThat(cell.size()).isEqualTo(6);

        assertThat(moveTo(PageKind.INDEX_LEAF, 100, "03 02 01 05")).isTrue();
        assertThat(cell.payloadOffset()).isEqualTo(101);
        assertThat(cell.size()).isEqualTo(4);
        assertThat(cell.rowid()).isZero();

        assertThat(moveTo(PageKind.INDEX_INTERIOR, 100, "00 00 00 09 03 02 01 05"))
                .isTrue();
        assertThat(cell.leftChild()).isEqualTo(9);
        assertThat(cell.payloadOffset()).isEqualTo(105);
        assertThat(cell.size()).isEqualTo(8);
    }

    @Test
    void aCellThatIsShorterTakesFourBytes() {
        assertThat(moveTo(PageKind.INDEX_LEAF, 508, "02 02 00")).isTrue();
        assertThat(cell.size()).isEqualTo(4);
        assertThat(cell.end()).isEqualTo(512);
        assertThat(moveTo(PageKind.INDEX_LEAF, 509, "02 02 00")).isFalse();
        assertThat(cell.moveTo(new byte[512], -1, PageKind.INDEX_LEAF)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"01, false", "02, true", "03, true", "00, false", "8768, true", "8769, false"})
    void aPayloadHasTwoBytesAndIsNoLargerThanTheFile(String size, boolean possible) {
        assertThat(moveTo(PageKind.TABLE_LEAF, 20, size + "01")).isEqualTo(possible);
    }

    @Test
    void aLargePayloadGoesOnOnAnotherPage() {
        // 500 bytes: of a page of 512, 39 stay, and the page that goes on follows.
        String cellBytes = "8374 01" + "00".repeat(GEOMETRY.localSize(500, PageKind.TABLE_LEAF)) + "00000007";
        int size = 3 + GEOMETRY.localSize(500, PageKind.TABLE_LEAF) + 4;
        assertThat(moveTo(PageKind.TABLE_LEAF, 512 - size, cellBytes)).isTrue();
        assertThat(cell.overflowPage()).isEqualTo(7);
        assertThat(cell.localSize()).isEqualTo(GEOMETRY.localSize(500, PageKind.TABLE_LEAF));
        assertThat(cell.size()).isEqualTo(size);
        assertThat(cell.end()).isEqualTo(512);
        assertThat(moveTo(PageKind.TABLE_LEAF, 513 - size, cellBytes)).isFalse();
        assertThat(moveTo(PageKind.TABLE_LEAF, 512 - 10, "14 01")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"05 01, true", "8005 01, false", "05 8001, false", "8005 8001, false", "05 ffffffffffffffffff, true"})
    void numbersTakeAsFewBytesAsTheyCan(String hex, boolean asWritten) {
        assertThat(moveTo(PageKind.TABLE_LEAF, 100, hex)).isTrue();
        assertThat(cell.asWritten()).isEqualTo(asWritten);
    }

    @Test
    void aNumberThatRunsPastThePageIsNone() {
        assertThat(moveTo(PageKind.TABLE_LEAF, 508, "81818181")).isFalse();
        assertThat(moveTo(PageKind.TABLE_LEAF, 508, "05818181")).isFalse();
        assertThat(moveTo(PageKind.TABLE_INTERIOR, 508, "00000001")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "00, true",
        "7f, true",
        "80 01, false",
        "81 00, true",
        "80 80 80 80 80 80 80 80 ff, false",
        "80 c0 80 80 80 80 80 80 00, true",
        "80 bf ff ff ff ff ff ff ff, false",
        "80 40, false"
    })
    void aVarintIsShortestWhereItsFirstByteSaysSomething(String hex, boolean shortest) {
        assertThat(Varint.isShortest(HexFormat.of().parseHex(hex.replace(" ", "")), 0))
                .isEqualTo(shortest);
    }
}
