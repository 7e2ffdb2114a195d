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
}
