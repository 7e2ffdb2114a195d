package org.healingsqlite.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VarintTest {

    @ParameterizedTest
    @CsvSource({
        "00, 0, 1",
        "7f, 127, 1",
        "8100, 128, 2",
        "ff7f, 16383, 2",
        "818000, 16384, 3",
        "ffffffffffffffffff, -1, 9",
        "8080808080808080ff, 255, 9",
        "c08080808080808080, -9223372036854775680, 9"
    })
    void readsWhatSqliteWrites(String hex, long value, int size) {
        byte[] bytes = bytes(hex);

        assertThat(Varint.size(bytes, 0, bytes.length)).isEqualTo(size);
        assertThat(Varint.value(bytes, 0)).isEqualTo(value);
    }

    @Test
    void hasNoSizeWhenItRunsPastTheLimit() {
        assertThat(Varint.size(bytes("8180"), 0, 2)).isZero();
        assertThat(Varint.size(bytes("00"), 0, 0)).isZero();
    }

    @Test
    void writesWhatItReads() {
        byte[] bytes = new byte[10];
        for (int bit = 0; bit < Long.SIZE; bit++) {
            for (long value : new long[] {(1L << bit) - 1, 1L << bit, -(1L << bit)}) {
                int end = Varint.put(bytes, 1, value);

                assertThat(end - 1).isEqualTo(Varint.length(value)).isEqualTo(Varint.size(bytes, 1, end));
                assertThat(Varint.value(bytes, 1)).isEqualTo(value);
                assertThat(Varint.isShortest(bytes, 1)).isTrue();
            }
        }
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}
