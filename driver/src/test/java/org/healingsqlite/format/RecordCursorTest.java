package org.healingsqlite.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordCursorTest {

    private final RecordCursor record = new RecordCursor();

    @Test
    void readsEveryKindOfValue() {
        // NULL, 1, 0, -2 (one byte), 1.5, "ab", x'00'
        byte[] payload =
                hex("08" + "00" + "09" + "08" + "01" + "07" + "11" + "0e" + "fe" + "3ff8000000000000" + "6162" + "00");

        assertThat(record.moveTo(payload, 0, payload.length)).isTrue();
        assertThat(record.count()).isEqualTo(7);
        assertThat(record.kind(0)).isEqualTo(RecordCursor.Kind.NULL);
        assertThat(record.integer(1)).isEqualTo(1);
        assertThat(record.integer(2)).isZero();
        assertThat(record.integer(3)).isEqualTo(-2);
        assertThat(record.real(4)).isEqualTo(1.5);
        assertThat(record.isText(5)).isTrue();
        assertThat(record.copy(5)).asString().isEqualTo("ab");
        assertThat(record.kind(6)).isEqualTo(RecordCursor.Kind.BLOB);
        assertThat(record.copy(6)).containsExactly(0);
    }

    @Test
    void aValueBehindTheBytesAtHandIsNotAtHandThoughOtherBytesFollow() {
        // A blob of three bytes and a real number; nine of the fourteen bytes are at hand.
        byte[] page = hex("03" + "12" + "07" + "616263" + "3ff800" + "0000000000000000");

        assertThat(record.readHeader(page, 0, 9, 14)).isTrue();
        assertThat(record.isAtHand(0)).isTrue();
        assertThat(record.isAtHand(1)).isFalse();
    }

    @Test
    void aHeaderMayContinueElsewhere() {
        // A header of four bytes, of which two are at hand: a blob of three bytes.
        byte[] page = hex("04" + "12" + "0b");

        assertThat(RecordCursor.headerContinues(page, 0, 2, 20)).isTrue();
        assertThat(RecordCursor.headerContinues(page, 0, 2, 6))
                .as("no room for the blob")
                .isFalse();
        assertThat(RecordCursor.headerContinues(page, 0, 3, 20))
                .as("a serial type that is none")
                .isFalse();
        assertThat(RecordCursor.headerContinues(hex("03" + "12" + "07"), 0, 3, 14))
                .as("a header that is whole")
                .isFalse();
    }

    @Test
    void readsIntegersOfEveryWidth() {
        byte[] payload = hex("06" + "02" + "03" + "04" + "05" + "06" + "8000" + "ffffff" + "7fffffff" + "800000000000"
                + "8000000000000000");

        assertThat(record.moveTo(payload, 0, payload.length)).isTrue();
        assertThat(record.integer(0)).isEqualTo(-32768);
        assertThat(record.integer(1)).isEqualTo(-1);
        assertThat(record.integer(2)).isEqualTo(Integer.MAX_VALUE);
        assertThat(record.integer(3)).isEqualTo(-140737488355328L);
        assertThat(record.integer(4)).isEqualTo(Long.MIN_VALUE);
    }

    @ParameterizedTest
    @CsvSource({
        "02, 0080, true",
        "02, ff7f, true",
        "02, 007f, false",
        "02, ff80, false",
        "03, 008000, true",
        "03, 007fff, false",
        "03, ff7fff, true",
        "03, ff8000, false",
        "04, 00800000, true",
        "04, 007fffff, false",
        "04, ff7fffff, true",
        "04, ff800000, false",
        "05, 000080000000, true",
        "05, 00007fffffff, false",
        "05, ffff80000000, false",
        "05, 0001ffffffff, true",
        "06, 0000800000000000, true",
        "06, 00007fffffffffff, false",
        "06, ffff800000000000, false",
        "06, fffeffffffffffff, true"
    })
    void knowsIntegersInMoreBytesThanTheyTake(String type, String value, boolean asWritten) {
        byte[] payload = hex("02" + type + value);

        assertThat(record.moveTo(payload, 0, payload.length)).isTrue();
        assertThat(record.asWritten()).isEqualTo(asWritten);
    }

    @Nested
    class Refuses {

        @Test
        void aSerialTypeThatIsNone() {
            assertThat(record.moveTo(hex("020a"), 0, 2)).isFalse();
            assertThat(record.moveTo(hex("020b"), 0, 2)).isFalse();
        }

        @Test
        void valuesThatDoNotFillThePayload() {
            assertThat(record.moveTo(hex("0201ff00"), 0, 4)).isFalse();
        }

        @Test
        void valuesThatNeedMoreThanThePayload() {
            assertThat(record.moveTo(hex("0206ff"), 0, 3)).isFalse();
        }

        @Test
        void aHeaderThatEndsWithinAType() {
            assertThat(record.moveTo(hex("0281"), 0, 2)).isFalse();
        }

        @Test
        void aHeaderLongerThanThePayload() {
            assertThat(record.moveTo(hex("7f00"), 0, 2)).isFalse();
        }
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }
}
