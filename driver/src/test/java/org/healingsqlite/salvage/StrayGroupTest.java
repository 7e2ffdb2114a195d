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

/** The root of a table is gone, the pointer map says which leaves were under it, and one of them holds another table's rows now. */
class StrayGroupTest {

    private static final int PAGE = 512;

    @TempDir
    private Path directory;

    @Test
    void oneForeignLeafDoesNotCostTheOthers() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        String numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) ";
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "PRAGMA auto_vacuum=FULL",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b INT)",
                "CREATE TABLE other(id INTEGER PRIMARY KEY, a TEXT, b INT, c INT, d INT)",
                numbers + "INSERT INTO t SELECT i, 'a text ' || i, i FROM n",
                numbers + "INSERT INTO other SELECT i, 'the other text', i, i, i FROM n");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(damaged));
        int leaf = child(bytes, root(damaged, "t"), 2);
        int foreign = child(bytes, root(damaged, "other"), 2);
        bytes.put((leaf - 1) * PAGE, bytes.array(), (foreign - 1) * PAGE, PAGE);
        // Not the very copy of what is elsewhere: from before an update.
        bytes.put(leaf * PAGE - 1, (byte) (bytes.get(leaf * PAGE - 1) + 1));
        int root = (root(damaged, "t") - 1) * PAGE;
        Arrays.fill(bytes.array(), root, root + PAGE, (byte) 0);
        Files.write(damaged, bytes.array());
        Path output = directory.resolve("output.db");

        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*) > 150, sum(a <> 'a text ' || id) FROM t"))
                .containsExactly(List.of(1, 0));
    }

    private static int root(Path database, String table) throws Exception {
        Object page = Sql.rowsElsewhere(database, "SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'")
                .get(0)
                .get(0);
        return ((Number) page).intValue();
    }

    private static int child(ByteBuffer bytes, int page, int cell) {
        int at = (page - 1) * PAGE;
        return bytes.getInt(at + bytes.getShort(at + 12 + 2 * cell));
    }
}
