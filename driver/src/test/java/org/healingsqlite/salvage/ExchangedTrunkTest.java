package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The one page of the freelist has changed places with a leaf. */
class ExchangedTrunkTest {

    private static final int PAGE = 512;

    @TempDir
    private Path directory;

    @Test
    void deletedRowsDoNotReturnAndTheLeafIsFound() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(damaged, "PRAGMA page_size=" + PAGE, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)");
        for (int i = 1; i <= 60; i++) {
            Sql.runElsewhere(damaged, "INSERT INTO t VALUES(" + i + ", 'row " + i + ", with a few more words')");
        }
        int last = 60;
        while (Files.readAllBytes(damaged)[39] == 0) {
            Sql.runElsewhere(damaged, "DELETE FROM t WHERE id = " + last);
            last--;
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(damaged));
        int trunk = (bytes.getInt(32) - 1) * PAGE;
        int leaf = (bytes.getInt(PAGE + 8) - 1) * PAGE;
        byte[] rows = Arrays.copyOfRange(bytes.array(), leaf, leaf + PAGE);
        bytes.put(leaf, bytes.array(), trunk, PAGE);
        bytes.put(trunk, rows);
        Files.write(damaged, bytes.array());
        Path output = directory.resolve("output.db");

        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), max(id) FROM t")).containsExactly(List.of(last, last));
    }

    private byte[] withOverflowPages() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                "INSERT INTO t VALUES(1, printf('%.2000c', 'x')), (2, printf('%.2000c', 'y'))",
                "DELETE FROM t WHERE id = 2");
        return Files.readAllBytes(damaged);
    }

    private List<List<Object>> salvaged(byte[] bytes) throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");
        Salvage.of(damaged).into(output);
        return Sql.rowsElsewhere(output, "SELECT id, a = printf('%.2000c', 'x') FROM t");
    }

    @Test
    void aRowThatContinuesInThePlaceOfTheTrunkIsNotRead() throws Exception {
        ByteBuffer bytes = ByteBuffer.wrap(withOverflowPages());
        int trunk = (bytes.getInt(32) - 1) * PAGE;
        int last = 5 * PAGE;
        assertThat(bytes.getInt(last - PAGE))
                .as("the page after the one before")
                .isEqualTo(6);
        assertThat(bytes.getInt(last)).as("the page after the last").isEqualTo(0);
        byte[] content = Arrays.copyOfRange(bytes.array(), last, last + PAGE);
        bytes.put(last, bytes.array(), trunk, PAGE);
        bytes.put(trunk, content);

        assertThat(salvaged(bytes.array())).isEmpty();
    }

    @Test
    void aRowThatContinuesBesideADamagedTrunkIsRead() throws Exception {
        ByteBuffer bytes = ByteBuffer.wrap(withOverflowPages());
        int trunk = (bytes.getInt(32) - 1) * PAGE;
        Arrays.fill(bytes.array(), trunk, trunk + PAGE, (byte) 0x5a);

        assertThat(salvaged(bytes.array())).containsExactly(List.of(1, 1));
    }
}
