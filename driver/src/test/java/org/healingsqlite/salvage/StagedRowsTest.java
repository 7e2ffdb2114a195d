package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StagedRowsTest {

    @TempDir
    private Path directory;

    private final StagedRows rows = new StagedRows();

    /** A record of one blob. */
    private static RecordCursor record(int blobSize, int fill) {
        int type = 12 + 2 * blobSize;
        byte[] payload = new byte[4 + blobSize];
        Arrays.fill(payload, (byte) fill);
        payload[0] = 4;
        payload[1] = (byte) (0x80 | type >>> 14);
        payload[2] = (byte) (0x80 | type >>> 7);
        payload[3] = (byte) (type & 0x7f);
        RecordCursor record = new RecordCursor();
        assertThat(record.moveTo(payload, 0, payload.length)).isTrue();
        return record;
    }

    private List<List<Object>> read(int columns, TextEncoding encoding, String query) throws Exception {
        Path file = directory.resolve("staged.db");
        Files.write(file, Arrays.copyOf(rows.image(), rows.imageSize(columns, 1, encoding)));
        assertThat(Sql.rowsElsewhere(file, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
        return Sql.rowsElsewhere(file, query);
    }

    @ParameterizedTest
    @EnumSource
    void sqliteReadsThemInEachEncoding(TextEncoding encoding) throws Exception {
        rows.clear(false);
        for (int i = 0; i < 100; i++) {
            assertThat(rows.add(i * 1000L - 7, record(i, i), 2)).isTrue();
        }

        assertThat(read(3, encoding, "SELECT count(*), min(rowid), max(rowid), sum(length(c0)), count(c2) FROM s"))
                .containsExactly(List.of(100, -7, 98993, 4950, 0));
    }

    @ParameterizedTest
    @CsvSource({"0", "100", "5000", "65000"})
    void sqliteReadsAsManyAsThereIsRoomFor(int size) throws Exception {
        for (int round = 0; round < 2; round++) {
            rows.clear(false);
            long rowid = Long.MAX_VALUE - 1_000_000;
            while (rows.add(rowid, record(size, 1), 2)) {
                rowid++;
            }
            assertThat(rows.count()).isGreaterThan(14);
            assertThat(read(1, TextEncoding.UTF_8, "SELECT count(*), max(rowid), min(length(c0)) FROM s"))
                    .containsExactly(List.of(rows.count(), rowid - 1, size));
        }
    }

    @Test
    void rowsComeOutAsTheyWentIn() throws Exception {
        rows.clear(false);
        for (int i = 1; i < 3000; i++) {
            rows.add(i, record(i % 200, i), i);
        }
        List<Long> rowids = new ArrayList<>();
        rows.each((rowid, record, page) -> {
            rowids.add(rowid);
            assertThat(page).isEqualTo((int) rowid);
            assertThat(record.payload())
                    .isEqualTo(record((int) (rowid % 200), (int) rowid).payload());
        });
        assertThat(rowids).hasSize(2999).isSorted();
    }

    @Test
    void refusesRowidsThatDoNotAscendAndRecordsWithOtherFields() {
        rows.clear(false);
        RecordCursor empty = new RecordCursor();
        assertThat(empty.moveTo(new byte[] {3, 0, 0}, 0, 3)).isTrue();

        assertThat(rows.add(5, record(1, 1), 2)).isTrue();
        assertThat(rows.add(5, record(1, 1), 2)).isFalse();
        assertThat(rows.add(4, record(1, 1), 2)).isFalse();
        assertThat(rows.add(6, empty, 2)).isFalse();
        assertThat(rows.count()).isEqualTo(1);
    }

    @Test
    void numbersRowsWithoutRowid() throws Exception {
        rows.clear(true);
        rows.add(0, record(1, 1), 2);
        rows.add(0, record(2, 1), 2);

        assertThat(read(1, TextEncoding.UTF_8, "SELECT rowid, length(c0) FROM s"))
                .containsExactly(List.of(1, 1), List.of(2, 2));
    }
}
