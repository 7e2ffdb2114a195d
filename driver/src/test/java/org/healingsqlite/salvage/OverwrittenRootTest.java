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

/** The root of a table with children is hit: what lies there now are not the table's rows. */
class OverwrittenRootTest {

    private static final int PAGE = 512;

    @TempDir
    private Path directory;

    private Path damaged;

    @BeforeEach
    void makeDatabase() throws Exception {
        damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b INT)",
                "CREATE TABLE u(id INTEGER PRIMARY KEY, a TEXT, b INT)",
                "CREATE TABLE wide(a, b, c)",
                "CREATE TABLE narrow(a)",
                "INSERT INTO narrow VALUES(1), (2), (3)");
        for (int i = 1; i <= 40; i++) {
            String row = " VALUES(" + i + ", '%s row " + i + " with some words in it', " + 7 * i + ")";
            Sql.runElsewhere(
                    damaged,
                    "INSERT INTO t" + String.format(row, "t"),
                    "INSERT INTO u" + String.format(row, "u"),
                    "INSERT INTO wide" + String.format(row, "wide"));
        }
    }

    private int offsetOf(String table) throws Exception {
        List<List<Object>> root =
                Sql.rowsElsewhere(damaged, "SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'");
        return (((Number) root.get(0).get(0)).intValue() - 1) * PAGE;
    }

    private List<List<Object>> output(String query) throws Exception {
        return Sql.rowsElsewhere(directory.resolve("output.db"), query);
    }

    @Test
    void rowsThatWereMovedToItsChildrenAreNotReadFromWhatIsLeftOfThem() throws Exception {
        int root = offsetOf("t");
        byte[] bytes = Files.readAllBytes(damaged);
        Arrays.fill(bytes, root, root + 40, (byte) 0);
        Files.write(damaged, bytes);

        Salvage.of(damaged).into(directory.resolve("output.db"));

        assertThat(output("SELECT count(*) FROM t WHERE a = 't row ' || id || ' with some words in it' AND b = 7 * id"))
                .containsExactly(List.of(40));
        assertThat(output("SELECT count(*) FROM t")).containsExactly(List.of(40));
    }

    @Test
    void rowsOfATableWithFewerColumnsStayThere() throws Exception {
        int root = offsetOf("wide");
        int copy = offsetOf("narrow");
        byte[] bytes = Files.readAllBytes(damaged);
        System.arraycopy(bytes, copy, bytes, root, PAGE);
        Files.write(damaged, bytes);

        Salvage.of(damaged).into(directory.resolve("output.db"));

        assertThat(output("SELECT count(*) FROM wide WHERE b = 'wide row ' || a || ' with some words in it'"))
                .containsExactly(List.of(40));
        assertThat(output("SELECT count(*), (SELECT count(*) FROM narrow) FROM wide"))
                .containsExactly(List.of(40, 3));
    }
}
