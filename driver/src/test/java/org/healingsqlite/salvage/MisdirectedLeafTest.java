package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A leaf that begins behind a gap was written over the last leaf of another table as well. */
class MisdirectedLeafTest {

    private static final int PAGE = 512;

    @TempDir
    private Path directory;

    private Path damaged = Path.of("");

    @BeforeEach
    void makeDatabase() throws Exception {
        damaged = directory.resolve("damaged.db");
        String rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO ";
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE big(id INTEGER PRIMARY KEY, a TEXT)",
                "CREATE TABLE small(id INTEGER PRIMARY KEY, a TEXT)",
                String.format(rows, 300) + "big SELECT i, 'a text of big ' || i FROM n",
                String.format(rows, 100) + "small SELECT i, 'a text of small ' || i FROM n");
    }

    private int rootOf(String table) throws Exception {
        List<List<Object>> root =
                Sql.rowsElsewhere(damaged, "SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'");
        return (((Number) root.get(0).get(0)).intValue() - 1) * PAGE;
    }

    /** Where the cell of a child of the big table's root is that holds rows which the small table does not reach. */
    private int cell(ByteBuffer bytes) throws Exception {
        int root = rootOf("big");
        int count = bytes.getShort(root + 3);
        return root + bytes.getShort(root + 12 + 2 * (count - 2));
    }

    @Test
    void itStaysWhereAKeySaysThatItEnds() throws Exception {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(damaged));
        int leaf = (bytes.getInt(cell(bytes)) - 1) * PAGE;
        int first = leaf + bytes.getShort(leaf + 8);
        int rowid = (bytes.get(first + 1) & 0x7f) << 7 | bytes.get(first + 2);
        assertThat(rowid).isBetween(200, 300);
        Sql.runElsewhere(damaged, "DELETE FROM big WHERE id = " + rowid);
        bytes = ByteBuffer.wrap(Files.readAllBytes(damaged));
        int last = (bytes.getInt(rootOf("small") + 8) - 1) * PAGE;
        bytes.put(last, bytes.array(), leaf, PAGE);
        Files.write(damaged, bytes.array());
        Path output = directory.resolve("output.db");

        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), sum(a LIKE '% big %') FROM big"))
                .containsExactly(List.of(299, 299));
        assertThat(Sql.rowsElsewhere(output, "SELECT max(id) <= 100, sum(a LIKE '% small %') = count(*) FROM small"))
                .containsExactly(List.of(1, 1));
    }
}
