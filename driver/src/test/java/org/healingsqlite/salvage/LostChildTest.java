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

/** Damage hit what an interior page says of its children, or the first byte of a child; the rows of the children are whole. */
class LostChildTest {

    private static final int PAGE = 512;
    private static final int ROOT = PAGE;
    private static final byte TABLE_INTERIOR = 5;

    @TempDir
    private Path directory;

    private Path damaged = Path.of("");
    private ByteBuffer bytes = ByteBuffer.allocate(0);

    @BeforeEach
    void makeDatabase() throws Exception {
        damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b INT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO t SELECT i, 'a text ' || i, i FROM n");
        bytes = ByteBuffer.wrap(Files.readAllBytes(damaged));
        assertThat(bytes.get(ROOT)).isEqualTo(TABLE_INTERIOR);
    }

    private int cell(int index) {
        return ROOT + bytes.getShort(ROOT + 12 + 2 * index);
    }

    private void assertAllRowsComeBack() throws Exception {
        Files.write(damaged, bytes.array());
        Path output = directory.resolve("output.db");
        Salvage.of(damaged).into(output);
        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), sum(a = 'a text ' || id) FROM t"))
                .containsExactly(List.of(200, 200));
    }

    @Test
    void theLastChildIsNamedByAWrongNumber() throws Exception {
        bytes.putInt(ROOT + 8, 1);

        assertAllRowsComeBack();
    }

    @Test
    void aChildIsNamedByTheNumberOfAPageBehindTheEnd() throws Exception {
        bytes.putInt(cell(3), 0x00ffffff);

        assertAllRowsComeBack();
    }

    @Test
    void thePointersToChildrenLeadNowhere() throws Exception {
        bytes.putShort(ROOT + 12 + 2 * 3, (short) 400);
        bytes.putShort(ROOT + 12 + 2 * 4, (short) -1);

        assertAllRowsComeBack();
    }

    @Test
    void aLeafAndItsParentHaveLostTheirHeaders() throws Exception {
        int leaf = (bytes.getInt(cell(3)) - 1) * PAGE;
        Arrays.fill(bytes.array(), leaf, leaf + 8, (byte) 0x20);
        Arrays.fill(bytes.array(), ROOT, ROOT + 8, (byte) 0x20);

        assertAllRowsComeBack();
    }

    @Test
    void aLeafSaysThatItIsAnInteriorPage() throws Exception {
        int leaf = bytes.getInt(cell(3));
        bytes.put((leaf - 1) * PAGE, TABLE_INTERIOR);

        assertAllRowsComeBack();
    }
}
