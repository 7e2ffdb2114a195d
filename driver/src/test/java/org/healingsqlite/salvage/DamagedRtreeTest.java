package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Noise lies over entries of an R-tree's node. */
class DamagedRtreeTest {

    private static final int ENTRY = 8 + 4 * 4;

    @TempDir
    private Path directory;

    @Test
    void noiseIsNoEntry() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=1024",
                "CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1, y0, y1)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)"
                        + " INSERT INTO boxes SELECT i, i, i + 1, 2 * i, 2 * i + 1 FROM n");
        byte[] bytes = Files.readAllBytes(damaged);
        int fifth = placeOfEntry(bytes, 5);
        byte[] noise = new byte[20 * ENTRY];
        new Random(1).nextBytes(noise);
        System.arraycopy(noise, 0, bytes, fifth, noise.length);
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");
        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), min(id), max(id), rtreecheck('boxes') FROM boxes"))
                .containsExactly(List.of(10, 1, 30, "ok"));
    }

    @Test
    void entriesThatTheRowidTableHasLostAreEntries() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=1024",
                "CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1, y0, y1)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)"
                        + " INSERT INTO boxes SELECT i, i, i + 1, 2 * i, 2 * i + 1 FROM n",
                "DELETE FROM boxes_rowid WHERE rowid > 20");
        Path output = directory.resolve("output.db");
        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), rtreecheck('boxes') FROM boxes"))
                .containsExactly(List.of(30, "ok"));
    }

    private static int placeOfEntry(byte[] bytes, long id) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int at = 0;
        while (buffer.getLong(at) != id || buffer.getFloat(at + 8) != id || buffer.getFloat(at + 12) != id + 1) {
            at++;
        }
        return at;
    }
}
