package org.healingsqlite.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Page 2 of a file that SQLite wrote: the leaf of a table with twelve rows of which rows 5 and 6 were deleted. */
class BtreePageTest {

    private static final Geometry GEOMETRY = new Geometry(1024, 0);
    private static final int CELLS = 10;

    @TempDir
    private Path directory;

    private byte[] page = {};
    private final CellCursor cursor = new CellCursor(GEOMETRY, 10_000);

    @BeforeEach
    void writePage() throws SQLException, IOException {
        Path file = directory.resolve("a.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("PRAGMA page_size=1024");
            statement.executeUpdate("CREATE TABLE t(a TEXT, n INT)");
            for (int i = 1; i <= 12; i++) {
                statement.executeUpdate("INSERT INTO t VALUES('row number " + i + "', " + 1000 * i + ")");
            }
            statement.executeUpdate("DELETE FROM t WHERE rowid IN (5, 6)");
        }
        page = Arrays.copyOfRange(Files.readAllBytes(file), 1024, 2048);
    }

    private BtreePage read() {
        return BtreePage.read(page, 2, PageKind.TABLE_LEAF, GEOMETRY, cursor);
    }

    private long rowid(BtreePage read, int cell) {
        assertThat(cursor.moveTo(page, read.cell(cell), PageKind.TABLE_LEAF)).isTrue();
        return cursor.rowid();
    }

    @Test
    void isExactAsSqliteWroteIt() {
        BtreePage read = read();

        assertThat(read.exact()).isTrue();
        assertThat(read.count()).isEqualTo(CELLS);
        assertThat(rowid(read, 0)).isEqualTo(1);
        assertThat(rowid(read, CELLS - 1)).isEqualTo(12);
    }

    @Test
    void isNotExactAsAnotherKind() {
        for (PageKind kind : new PageKind[] {PageKind.INDEX_LEAF, PageKind.INDEX_INTERIOR, PageKind.TABLE_INTERIOR}) {
            assertThat(BtreePage.read(page, 2, kind, GEOMETRY, cursor).exact())
                    .as(kind.name())
                    .isFalse();
        }
    }

    @Test
    void findsTheCountForWhichTheAccountingCloses() {
        page[4] = 3;

        BtreePage read = read();

        assertThat(read.exact()).isTrue();
        assertThat(read.count()).isEqualTo(CELLS);
    }

    @Test
    void findsWhereCellsBeginIfTheAccountingClosesWithIt() {
        page[5] = 4;
        page[6] = 1;

        BtreePage read = read();

        assertThat(read.exact()).isTrue();
        assertThat(read.count()).isEqualTo(CELLS);
    }

    @Nested
    class WithABadPointer {

        @BeforeEach
        void damagePointer() {
            page[8 + 2 * 3] = 0;
            page[8 + 2 * 3 + 1] = 1;
        }

        @Test
        void losesThatCellOnly() {
            BtreePage read = read();

            assertThat(read.exact()).isFalse();
            assertThat(read.readable()).isEqualTo(CELLS - 1);
            assertThat(read.cell(3)).isNegative();
        }

        @Test
        void findsTheCellBetweenTheOthersAndNoDeletedOne() {
            BtreePage read = read();
            int[] known = java.util.stream.IntStream.range(0, CELLS)
                    .map(read::cell)
                    .filter(at -> at >= 0)
                    .toArray();
            RecordCursor record = new RecordCursor();

            int[] found = new CellSearch(GEOMETRY, cursor)
                    .find(
                            read,
                            known,
                            true,
                            (bytes, cell) -> record.moveTo(bytes, cell.payloadOffset(), cell.localSize())
                                    && record.count() == 2);

            assertThat(found).hasSize(1);
            cursor.moveTo(page, found[0], PageKind.TABLE_LEAF);
            assertThat(cursor.rowid()).isEqualTo(4);
        }
    }

    @Test
    void neverReadsOutsideThePageWhateverTheBytes() {
        java.util.Random random = new java.util.Random(11);
        CellSearch search = new CellSearch(GEOMETRY, cursor);
        for (int run = 0; run < 2000; run++) {
            random.nextBytes(page);
            for (PageKind kind : PageKind.values()) {
                page[0] = (byte) kind.flag();
                BtreePage read = BtreePage.read(page, 2, kind, GEOMETRY, cursor);
                assertThat(read.readable()).isLessThanOrEqualTo(1024 / 6);
                if (run < 50) {
                    search.find(read.asDamaged(), new int[0], false, (bytes, cell) -> true);
                }
            }
        }
    }
}
