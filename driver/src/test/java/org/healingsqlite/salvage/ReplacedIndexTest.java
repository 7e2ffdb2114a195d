package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The root of an index was overwritten by a whole page without entries. */
class ReplacedIndexTest {

    private static final int PAGE = 512;

    @TempDir
    private Path directory;

    private Path damaged = Path.of("");
    private byte[] bytes = {};

    @BeforeEach
    void makeDatabase() throws Exception {
        damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                "CREATE INDEX t_a ON t(a)",
                "CREATE TABLE settings(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO t SELECT i, 'a text ' || i FROM n",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT INTO settings SELECT 'the key ' || i, i FROM n");
        bytes = Files.readAllBytes(damaged);
    }

    private int root(String name) throws Exception {
        Object page = Sql.rowsElsewhere(damaged, "SELECT rootpage FROM sqlite_schema WHERE name = '" + name + "'")
                .get(0)
                .get(0);
        return ((Number) page).intValue();
    }

    private List<List<Object>> salvaged(String query) throws Exception {
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");
        Salvage.of(damaged).into(output);
        return Sql.rowsElsewhere(output, query);
    }

    private void wipe(String root) throws Exception {
        int at = (root(root) - 1) * PAGE;
        Arrays.fill(bytes, at, at + PAGE, (byte) 0);
    }

    @Test
    void itDoesNotDenyTheRowsOfItsTable() throws Exception {
        int at = (root("t_a") - 1) * PAGE;
        Arrays.fill(bytes, at, at + PAGE, (byte) 0);
        bytes[at] = 10;
        bytes[at + 5] = PAGE >> 8;

        assertThat(salvaged("SELECT count(*) FROM t")).containsExactly(List.of(200));
    }

    @Test
    void itsEntriesAreNoRowsOfATableThatCouldHaveStoredThem() throws Exception {
        wipe("t_a");
        wipe("settings");

        // The root had the rows between its leaves.
        assertThat(salvaged("SELECT count(*) > 45, sum(key NOT LIKE 'the key %') FROM settings"))
                .containsExactly(List.of(1, 0));
    }

    /** Entries that are next to one another are often those of rows that are next to one another: no sample of pages tells. */
    @Test
    void rowsAreToldFromItsEntriesThoughMostLeavesOfItsTableHaveNoneOfTheirs() throws Exception {
        Sql.runElsewhere(
                damaged,
                "WITH RECURSIVE n(i) AS (SELECT 201 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t SELECT i, 'a text ' || (i + 10000) FROM n");
        bytes = Files.readAllBytes(damaged);
        wipe("t");
        wipe("t_a");
        wipe("settings");

        assertThat(salvaged("SELECT count(*) > 25, sum(key NOT LIKE 'the key %') FROM settings"))
                .containsExactly(List.of(1, 0));
    }

    /** A row of the table may have fewer fields, from before a column was added; but not other values than its columns are made for. */
    @Test
    void aLeafOfAnotherTableIsNoneOfRowsWithFewerFields() throws Exception {
        Sql.runElsewhere(
                damaged,
                "CREATE TABLE edge(a INT, b INT, c INT, label TEXT, PRIMARY KEY(a, b)) WITHOUT ROWID",
                "INSERT INTO edge VALUES(1, 2, 3, 'a label')");
        bytes = Files.readAllBytes(damaged);
        int settings = (root("settings") - 1) * PAGE;
        int leaf = (java.nio.ByteBuffer.wrap(bytes).getInt(settings + 8) - 1) * PAGE;
        System.arraycopy(bytes, leaf, bytes, (root("edge") - 1) * PAGE, PAGE);

        assertThat(salvaged("SELECT count(*) FROM edge")).containsExactly(List.of(0));
    }
}
