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

/** Roots with pages under them lie where the roots of other tables were. */
class ExchangedRootsTest {

    private static final int PAGE = 512;

    @TempDir
    private Path directory;

    private Path damaged;

    @BeforeEach
    void makeDatabase() throws Exception {
        damaged = directory.resolve("damaged.db");
        String rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO ";
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE pair(a TEXT, b INT)",
                "CREATE TABLE many(a, b, c, d)",
                "CREATE TABLE other(a, b, c, d)",
                rows + "pair SELECT 'pair ' || i, i FROM n",
                rows + "many SELECT 'many ' || i, i, i, i FROM n",
                rows + "other SELECT 'other ' || i, i, i, i FROM n");
    }

    private int offsetOf(String table) throws Exception {
        List<List<Object>> root =
                Sql.rowsElsewhere(damaged, "SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'");
        return (((Number) root.get(0).get(0)).intValue() - 1) * PAGE;
    }

    /** Copies one root over another, and back if they are to change places. */
    private void overwrite(String table, String with, boolean exchange) throws Exception {
        int to = offsetOf(table);
        int from = offsetOf(with);
        byte[] bytes = Files.readAllBytes(damaged);
        assertThat(bytes[from]).as("an interior page").isEqualTo((byte) 5);
        byte[] before = Arrays.copyOfRange(bytes, to, to + PAGE);
        System.arraycopy(bytes, from, bytes, to, PAGE);
        if (exchange) {
            System.arraycopy(before, 0, bytes, from, PAGE);
        }
        Files.write(damaged, bytes);
        Salvage.of(damaged).into(directory.resolve("output.db"));
    }

    private List<List<Object>> found(String table) throws Exception {
        return Sql.rowsElsewhere(
                directory.resolve("output.db"),
                "SELECT count(*), coalesce(sum(a <> '" + table + " ' || rowid), 0) FROM " + table);
    }

    @Test
    void eachTableGetsTheRowsThatItIsMadeFor() throws Exception {
        overwrite("pair", "many", true);

        assertThat(found("pair")).containsExactly(List.of(200, 0));
        assertThat(found("many")).containsExactly(List.of(200, 0));
        assertThat(found("other")).containsExactly(List.of(200, 0));
    }

    @Test
    void aRootThatChangedPlacesWithALeafOfItsOwnIsFoundThere() throws Exception {
        byte[] bytes = Files.readAllBytes(damaged);
        int root = offsetOf("many");
        int cell = ByteBuffer.wrap(bytes).getShort(root + 12 + 2 * 2) + root;
        int leaf = (ByteBuffer.wrap(bytes).getInt(cell) - 1) * PAGE;
        assertThat(bytes[leaf]).as("a leaf").isEqualTo((byte) 13);
        byte[] before = Arrays.copyOfRange(bytes, leaf, leaf + PAGE);
        System.arraycopy(bytes, root, bytes, leaf, PAGE);
        System.arraycopy(before, 0, bytes, root, PAGE);
        Files.write(damaged, bytes);
        Salvage.of(damaged).into(directory.resolve("output.db"));

        assertThat(found("pair")).containsExactly(List.of(200, 0));
        assertThat(found("many")).containsExactly(List.of(200, 0));
        assertThat(found("other")).containsExactly(List.of(200, 0));
    }

    @Test
    void aRootThatWasOverwrittenChangesPlacesWithNone() throws Exception {
        overwrite("pair", "many", false);

        assertThat(found("many")).containsExactly(List.of(200, 0));
        assertThat(found("other")).containsExactly(List.of(200, 0));
        assertThat(found("pair").get(0).get(1)).isEqualTo(0);
    }
}
