package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that look alike have lost their roots: what is left of an index tells them apart. */
class LostRootsTest {

    private static final int PAGE = 512;

    @TempDir
    private Path directory;

    private void make() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        String rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO ";
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE known(id INTEGER PRIMARY KEY, a TEXT, b INT)",
                "CREATE TABLE unknown(id INTEGER PRIMARY KEY, a TEXT, b INT)",
                "CREATE INDEX known_a ON known(a)",
                rows + "known SELECT i, 'a text of the first ' || i, i FROM n",
                rows + "unknown SELECT i, 'a text of the second table ' || i, i FROM n");
        byte[] bytes = Files.readAllBytes(damaged);
        for (List<Object> root : Sql.rowsElsewhere(damaged, "SELECT rootpage FROM sqlite_schema")) {
            int from = (((Number) root.get(0)).intValue() - 1) * PAGE;
            Arrays.fill(bytes, from, from + PAGE, (byte) 0);
        }
        Files.write(damaged, bytes);
    }

    private List<List<Object>> output(String query) throws Exception {
        return Sql.rowsElsewhere(directory.resolve("output.db"), query);
    }

    @Test
    void whatIsLeftOfAnIndexTellsTablesApart() throws Exception {
        make();

        Salvage.of(directory.resolve("damaged.db")).into(directory.resolve("output.db"));

        assertThat(output("SELECT count(*) FROM known WHERE a = 'a text of the first ' || id"))
                .containsExactly(List.of(200));
        assertThat(output("SELECT count(*) FROM known")).containsExactly(List.of(200));
        assertThat(output("SELECT count(*) FROM unknown WHERE a = 'a text of the second table ' || id"))
                .containsExactly(List.of(200));
    }

    @Test
    void nothingTellsWhereFreePagesAreNotKnown() throws Exception {
        make();
        Path damaged = directory.resolve("damaged.db");
        byte[] bytes = Files.readAllBytes(damaged);
        // The header counts a free page that it does not name.
        bytes[39] = 1;
        Files.write(damaged, bytes);

        Salvage.of(damaged).into(directory.resolve("output.db"));

        assertThat(output("SELECT count(*) FROM known WHERE a NOT LIKE '% first %'"))
                .containsExactly(List.of(0));
        assertThat(output("SELECT count(*) FROM unknown WHERE a NOT LIKE '% second %'"))
                .containsExactly(List.of(0));
    }
}
