package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No cell of a leaf can be read any more, and before them lies a row that was deleted. */
class LostCellsTest {

    private static final int PAGE = 512;

    @TempDir
    private Path directory;

    private Path damaged;
    private ByteBuffer bytes = ByteBuffer.allocate(0);

    @BeforeEach
    void makeDatabase() throws Exception {
        damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                "INSERT INTO t VALUES(1, 'the first row, with a few more words'), (2, 'the second row, with some words')",
                "INSERT INTO t VALUES(3, 'the third row, which was deleted')",
                "DELETE FROM t WHERE id = 3");
        bytes = ByteBuffer.wrap(Files.readAllBytes(damaged));
        assertThat(bytes.getShort(PAGE + 1)).as("freeblocks").isEqualTo((short) 0);
    }

    private List<List<Object>> salvaged() throws Exception {
        Files.write(damaged, bytes.array());
        Path output = directory.resolve("output.db");
        Salvage.of(damaged).into(output);
        return Sql.rowsElsewhere(output, "SELECT id FROM t ORDER BY id");
    }

    @Test
    void theDeletedRowDoesNotReturnWhereHeaderAndPointersAgree() throws Exception {
        for (int i = 0; i < 2; i++) {
            int cell = PAGE + bytes.getShort(PAGE + 8 + 2 * i);
            Arrays.fill(bytes.array(), cell, cell + 4, (byte) 0xff);
        }

        assertThat(salvaged()).isEmpty();
    }

    @Test
    void aCellThatCanBeReadIsARow() throws Exception {
        int cell = PAGE + bytes.getShort(PAGE + 10);
        Arrays.fill(bytes.array(), cell, cell + 4, (byte) 0xff);

        assertThat(salvaged()).containsExactly(List.of(1));
    }
}
