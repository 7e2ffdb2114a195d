package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Virtual tables are told by the module that their statement names, and by nothing else in it; what their shadow tables keep is not lost. */
class VirtualTablesTest {

    private static final String NUMBERS =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO ";

    @TempDir
    private Path directory;

    private Path damaged;
    private Path output;

    @BeforeEach
    void name() {
        damaged = directory.resolve("damaged.db");
        output = directory.resolve("output.db");
    }

    /** Wipes the one page that has a text. */
    private void wipePageOf(String text) throws Exception {
        byte[] bytes = Files.readAllBytes(damaged);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).lastIndexOf(text);
        assertThat(at).isPositive();
        Arrays.fill(bytes, at / 1024 * 1024, at / 1024 * 1024 + 1024, (byte) 0);
        Files.write(damaged, bytes);
    }

    private SalvageReport salvage() throws Exception {
        return Salvage.of(damaged).lostAndFound(directory.resolve("lost.db")).into(output);
    }

    private Object value(String query) throws Exception {
        return Sql.rowsElsewhere(output, query).get(0).get(0);
    }

    @ParameterizedTest
    @CsvSource({
        "fts5, 'x, rtree_id UNINDEXED'",
        "fts5, 'x, rtree'",
        "FTS5, 'x, fts3 UNINDEXED, rtree_i32'",
        "\"fts5\", 'x, \"using rtree\"'",
        "fts4, 'x, rtree_i32, fts5'",
        "fts3, 'x, rtree, fts4'"
    })
    void aSoundFullTextTableStaysWhateverItsColumnsAreCalled(String module, String columns) throws Exception {
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=1024",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                "CREATE VIRTUAL TABLE \"rtree fts\" USING " + module + "(" + columns + ")",
                NUMBERS + "\"rtree fts\"(rowid, x) SELECT i, 'word common' FROM n",
                NUMBERS + "t SELECT i, printf('text %06d', i) FROM n");
        wipePageOf("text 000100");

        salvage();

        assertThat(value("SELECT count(*) FROM \"rtree fts\" WHERE \"rtree fts\" MATCH 'common'"))
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"rtree, 'id, fts5_from, fts5_to, rtree_i32_from, rtree_i32_to'", "rtree_i32, 'fts4, a, b, c, d'"})
    void anRtreeIsBuiltAnewWithItsOwnKindOfCoordinates(String module, String columns) throws Exception {
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=1024",
                "CREATE VIRTUAL TABLE r USING " + module + "(" + columns + ")",
                NUMBERS + "r SELECT i, i, i + 1, 2 * i, 2 * i + 1 FROM n",
                "DELETE FROM r_parent");
        assertThat(salvage().lostAndFoundRows()).isZero();

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), rtreecheck('r') FROM r"))
                .containsExactly(List.of(200, "ok"));
        List<Object> row = Sql.rowsElsewhere(output, "SELECT * FROM r ORDER BY 1 LIMIT 1 OFFSET 6")
                .get(0);
        assertThat(row.stream().map(v -> ((Number) v).intValue())).containsExactly(7, 7, 8, 14, 15);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fts5vocab(f, 'row')", "fts5vocab(f, instance)", "fts4aux(g)"})
    void aTableThatShowsAnIndexIsNoIndexItself(String module) throws Exception {
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=1024",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                "CREATE VIRTUAL TABLE f USING fts5(x)",
                "CREATE VIRTUAL TABLE g USING fts4(x)",
                "CREATE VIRTUAL TABLE words USING " + module,
                NUMBERS + "f(x) SELECT 'common' FROM n",
                NUMBERS + "g(x) SELECT 'common' FROM n",
                NUMBERS + "t SELECT i, printf('text %06d', i) FROM n");
        wipePageOf("text 000100");

        salvage();

        assertThat(value("SELECT term FROM words LIMIT 1")).isEqualTo("common");
    }

    @Test
    void theFormatOfAFullTextTableComesBackWhereItIsNone() throws Exception {
        Sql.runElsewhere(
                damaged,
                "CREATE VIRTUAL TABLE f USING fts5(x)",
                NUMBERS + "f(x) SELECT 'common' FROM n",
                "UPDATE f_config SET v = 99 WHERE k = 'version'");

        salvage();

        assertThat(value("SELECT count(*) FROM f WHERE f MATCH 'common'")).isEqualTo(200);
    }

    private void makeBoxes(String damage) throws Exception {
        Sql.runElsewhere(
                damaged,
                "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, y0, y1, +label TEXT, +rtree_i32)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12) INSERT INTO r SELECT i, i, i + 1,"
                        + " i, i + 1, CASE i % 3 WHEN 0 THEN CAST(x'636166e920' || i AS TEXT)"
                        + " WHEN 1 THEN CAST(x'610062ff' || i AS TEXT) ELSE CAST(x'00ff' || i AS BLOB) END,"
                        + " CASE i % 3 WHEN 0 THEN i / 7.0 WHEN 1 THEN NULL ELSE 9007199254740993 END FROM n",
                "PRAGMA writable_schema=ON",
                damage);
    }

    private static final String BYTES =
            "SELECT id, typeof(label), hex(CAST(label AS BLOB)), typeof(rtree_i32), quote(rtree_i32) FROM r";

    @Test
    void auxiliaryColumnsKeepTheirBytesWhereATreeIsBuiltAnew() throws Exception {
        makeBoxes("DELETE FROM r_rowid WHERE rowid = 5");

        SalvageReport report = salvage();

        assertThat(Sql.rowsElsewhere(output, BYTES + " WHERE id <> 5"))
                .containsExactlyElementsOf(Sql.rowsElsewhere(damaged, BYTES + " WHERE id <> 5"));
        assertThat(Sql.rowsElsewhere(output, "SELECT x0, label FROM r WHERE id = 5"))
                .containsExactly(Arrays.asList(5.0, null));
        assertThat(report.outcome()).isEqualTo(SalvageReport.Outcome.LOSSES);
        assertThat(report.toText()).contains("1 entries of the R-tree r came back without the values");
    }

    @Test
    void auxiliaryColumnsOfEntriesThatAreLostAreInLostAndFound() throws Exception {
        String bytes = "SELECT typeof(a0), hex(CAST(a0 AS BLOB)), quote(a1) FROM r_rowid ORDER BY rowid";
        makeBoxes("UPDATE r_node SET data = CAST(substr(data, 1, 2) || x'0000' || substr(data, 5) AS BLOB)");

        SalvageReport report = salvage();

        assertThat(report.outcome()).isEqualTo(SalvageReport.Outcome.LOSSES);
        assertThat(report.lostAndFoundRows()).isEqualTo(12);
        assertThat(Sql.rowsElsewhere(
                        directory.resolve("lost.db"),
                        "SELECT typeof(c0), hex(CAST(c0 AS BLOB)), quote(c1) FROM lost_and_found ORDER BY id"))
                .containsExactlyElementsOf(Sql.rowsElsewhere(damaged, bytes));
    }

    @Test
    void aSoundRtreeKeepsEverything() throws Exception {
        makeBoxes("CREATE TABLE other(x)");

        assertThat(salvage().outcome()).isEqualTo(SalvageReport.Outcome.WHOLE);

        assertThat(Sql.rowsElsewhere(output, BYTES)).containsExactlyElementsOf(Sql.rowsElsewhere(damaged, BYTES));
    }

    @Test
    void leavesToWhichOnlyTheRootLeadsAreRead() throws Exception {
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=1024",
                "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, y0, y1)",
                NUMBERS + "r SELECT i, i, i + 1, 2 * i, 2 * i + 1 FROM n",
                "DELETE FROM r_rowid WHERE rowid < 150");

        salvage();

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), rtreecheck('r') FROM r"))
                .containsExactly(List.of(200, "ok"));
    }
}
