package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sector of the disk came back as zeros: in the middle of a row, whose page is as it was to its last count. */
class WipedSectorsTest {

    private static final int SECTOR = 512;

    @TempDir
    private Path directory;

    private Path make(String value) throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=4096",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a)",
                "INSERT INTO t VALUES(1, " + value + ")",
                "INSERT INTO t VALUES(2, zeroblob(900))");
        return damaged;
    }

    /** Wipes the sector that begins behind the first bytes of the first row. */
    private static void wipeASector(Path damaged) throws Exception {
        byte[] bytes = Files.readAllBytes(damaged);
        int row = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("abab");
        int sector = (row / SECTOR + 1) * SECTOR;
        Arrays.fill(bytes, sector, sector + SECTOR, (byte) 0);
        Files.write(damaged, bytes);
    }

    private static final String TEXT = "replace(hex(zeroblob(1500)), '00', 'ab')";

    @Test
    void aTextWithAWipedSectorDoesNotComeBackChanged() throws Exception {
        Path damaged = make(TEXT);
        wipeASector(damaged);
        Path output = directory.resolve("output.db");

        SalvageReport report = Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT id FROM t")).containsExactly(List.of(2));
        assertThat(report.lostAndFoundRows()).isEqualTo(1);
    }

    @Test
    void aBlobOnAPageThatClosesStaysAndIsNotVerified() throws Exception {
        Path damaged = make("CAST(" + TEXT + " AS BLOB)");
        wipeASector(damaged);
        Path output = directory.resolve("output.db");

        SalvageReport report = Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT id FROM t")).containsExactly(List.of(1), List.of(2));
        assertThat(report.content()).isEqualTo(Content.UNVERIFIED);
    }

    @Test
    void aBlobOnAPageThatWasHitElsewhereDoesNotComeBackChanged() throws Exception {
        Path damaged = make("CAST(" + TEXT + " AS BLOB)");
        wipeASector(damaged);
        byte[] bytes = Files.readAllBytes(damaged);
        bytes[4096 + 7] = 9;
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");

        SalvageReport report = Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT id FROM t")).containsExactly(List.of(2));
        assertThat(report.lostAndFoundRows()).isEqualTo(1);
    }

    @Test
    void zerosThatBeginOrEndElsewhereAreAValue() {
        byte[] page = new byte[4 * SECTOR];
        Arrays.fill(page, (byte) 7);
        Arrays.fill(page, SECTOR - 1, 2 * SECTOR, (byte) 0);
        assertThat(WipedSectors.isAmong(page, 0, page.length)).isFalse();
        page[SECTOR - 1] = 7;
        assertThat(WipedSectors.isAmong(page, 0, page.length)).isTrue();
        assertThat(WipedSectors.isAmong(page, SECTOR, page.length)).isFalse();
        page[2 * SECTOR] = 0;
        assertThat(WipedSectors.isAmong(page, 0, page.length)).isFalse();
        Arrays.fill(page, 2 * SECTOR, 3 * SECTOR, (byte) 0);
        assertThat(WipedSectors.isAmong(page, 0, page.length)).isTrue();
        // What lies behind the cell is of the sector, too.
        assertThat(WipedSectors.isAmong(page, 0, SECTOR + 200)).isTrue();
        page[2 * SECTOR - 1] = 7;
        assertThat(WipedSectors.isAmong(page, 0, SECTOR + 200)).isFalse();
    }
}
