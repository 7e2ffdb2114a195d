package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.healingsqlite.salvage.SalvageReport.Outcome;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A write to one page was lost, so that an index and its table disagree although every page is whole: no row that is at hand goes, and none that only the index has. */
class IndexesAndRowsTest {

    private static final int PAGE = 1024;

    @TempDir
    private Path directory;

    private Path damaged;
    private Path output;

    @BeforeEach
    void name() {
        damaged = directory.resolve("damaged.db");
        output = directory.resolve("output.db");
    }

    private static String rowsOf(int first, int last) {
        return "WITH RECURSIVE n(i) AS (SELECT " + first + " UNION ALL SELECT i + 1 FROM n WHERE i < " + last
                + ") INSERT INTO t SELECT i, printf('row %05d', i), i % 97 FROM n";
    }

    /** Makes a table with 407 rows, and room on its pages for seven more. */
    private void make(String table, String... indexes) throws Exception {
        Sql.runElsewhere(damaged, "PRAGMA page_size=" + PAGE, "CREATE TABLE t(" + table, "CREATE TABLE other(x)");
        Sql.runElsewhere(damaged, indexes);
        Sql.runElsewhere(damaged, rowsOf(1, 414), "DELETE FROM t WHERE id > 407");
    }

    /** Leaves the pages of a table or an index as they were before a change. */
    private void loseWritesTo(String name, String... change) throws Exception {
        byte[] before = Files.readAllBytes(damaged);
        Sql.runElsewhere(damaged, change);
        byte[] bytes = Files.readAllBytes(damaged);
        assertThat(bytes.length).as("no page was added").isEqualTo(before.length);
        for (List<Object> page : Sql.rowsElsewhere(
                damaged, "SELECT pageno FROM dbstat WHERE pagetype <> 'overflow' AND name = '" + name + "'")) {
            int at = (((Number) page.get(0)).intValue() - 1) * PAGE;
            System.arraycopy(before, at, bytes, at, PAGE);
        }
        Files.write(damaged, bytes);
    }

    private SalvageReport salvage() throws Exception {
        return Salvage.of(damaged).lostAndFound(directory.resolve("lost.db")).into(output);
    }

    private static Set<List<Object>> rows(Path database) throws Exception {
        return new HashSet<>(Sql.rowsElsewhere(database, "SELECT * FROM t NOT INDEXED"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE INDEX i ON t(a, b)",
                "CREATE UNIQUE INDEX i ON t(a, b)",
                "CREATE INDEX i ON t(b DESC, a COLLATE NOCASE)",
                "CREATE INDEX i ON t(a, b) WHERE id > 300",
                "CREATE INDEX i ON t(length(a), a, b)"
            })
    void rowsThatOnlyACoveringIndexHasComeBack(String index) throws Exception {
        make("id INTEGER PRIMARY KEY, a TEXT, b INTEGER)", index);
        loseWritesTo("t", rowsOf(408, 414));

        SalvageReport report = salvage();

        assertThat(rows(output)).hasSize(414).contains(List.of(410, "row 00410", 410 % 97));
        assertThat(report.toText()).contains("7 rows of table t came back from an index");
        assertThat(Sql.rowsElsewhere(output, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE INDEX i ON t(b)",
                "CREATE UNIQUE INDEX i ON t(a)",
                "CREATE INDEX i ON t(b) WHERE id > 300",
                "CREATE INDEX i ON t(length(a), b)"
            })
    void rowsOfWhichOnlyAnIndexKnowsAreToldAsLost(String index) throws Exception {
        make("id INTEGER PRIMARY KEY, a TEXT, b INTEGER)", index);
        loseWritesTo("t", rowsOf(408, 414));

        SalvageReport report = salvage();

        assertThat(rows(output)).hasSize(407);
        assertThat(report.outcome()).isEqualTo(Outcome.LOSSES);
        assertThat(report.lostRows()).isEqualTo(7);
        assertThat(report.toText()).contains("rowid 408");
    }

    @ParameterizedTest
    @CsvSource({
        "'CREATE INDEX i ON t(b)', 407",
        "'CREATE INDEX i ON t(a, b)', 414",
        "'CREATE UNIQUE INDEX i ON t(a)', 407"
    })
    void theSameOfATableWithoutRowids(String index, int rows) throws Exception {
        make("id INTEGER PRIMARY KEY, a TEXT, b INTEGER) WITHOUT ROWID", index);
        loseWritesTo("t", rowsOf(408, 414));

        SalvageReport report = salvage();

        assertThat(rows(output)).hasSize(rows);
        assertThat(report.lostRows()).as(report.toText()).isEqualTo(414 - rows);
    }

    @Test
    void rowsOfATableWithoutRowidsThatAnIndexDoesNotKnowStay() throws Exception {
        make("id INTEGER PRIMARY KEY, a TEXT, b INTEGER) WITHOUT ROWID", "CREATE INDEX i ON t(b)");
        loseWritesTo("i", rowsOf(408, 414));

        assertThat(salvage().lostRows()).isZero();

        assertThat(rows(output)).hasSize(414);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE INDEX i ON t(b)",
                "CREATE INDEX i ON t(a, b)",
                "CREATE UNIQUE INDEX i ON t(a)",
                "CREATE INDEX i ON t(b) WHERE id > 300",
                "CREATE INDEX i ON t(length(a), b)"
            })
    void rowsThatAnIndexDoesNotKnowStay(String index) throws Exception {
        make("id INTEGER PRIMARY KEY, a TEXT, b INTEGER)", index);
        loseWritesTo("i", rowsOf(408, 414));
        Set<List<Object>> truth = rows(damaged);

        SalvageReport report = salvage();

        assertThat(truth).hasSize(414);
        assertThat(rows(output)).isEqualTo(truth);
        assertThat(report.lostRows()).isZero();
        assertThat(Sql.rowsElsewhere(output, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    @Test
    void rowsThatAnIndexKnowsWithOtherValuesStayAndThatIsTold() throws Exception {
        make("id INTEGER PRIMARY KEY, a TEXT, b INTEGER)", "CREATE INDEX i ON t(b)");
        loseWritesTo("i", "UPDATE t SET b = 50 WHERE id IN (17, 18)");
        Set<List<Object>> truth = rows(damaged);

        SalvageReport report = salvage();

        assertThat(rows(output)).isEqualTo(truth).contains(List.of(17, "row 00017", 50));
        assertThat(report.outcome()).isEqualTo(Outcome.LOSSES);
        assertThat(report.toText()).contains("2 rows of table t are kept as they are, though index i has no entry");
    }

    @Test
    void aRowThatWasDeletedDoesNotComeBackWhereAnotherIndexDeniesIt() throws Exception {
        make("id INTEGER PRIMARY KEY, a TEXT, b INTEGER)", "CREATE INDEX i ON t(a, b)", "CREATE INDEX other_i ON t(b)");
        loseWritesTo("i", "DELETE FROM t WHERE id = 200");

        SalvageReport report = salvage();

        assertThat(rows(output)).hasSize(406);
        assertThat(report.outcome()).isEqualTo(Outcome.LOSSES);
    }

    @Test
    void aSoundTableWithManyKindsOfIndexesIsWhole() throws Exception {
        make("id INTEGER PRIMARY KEY, a TEXT UNIQUE, b INTEGER)", "CREATE INDEX i ON t(a, b)");
        Sql.runElsewhere(
                damaged,
                "CREATE INDEX i1 ON t(b) WHERE b > 50",
                "CREATE INDEX i2 ON t(abs(b))",
                "CREATE INDEX i3 ON t(b, a DESC)",
                "DELETE FROM t WHERE id % 3 = 0");

        assertThat(salvage().outcome()).isEqualTo(Outcome.WHOLE);
        assertThat(rows(output)).isEqualTo(rows(damaged));
    }
}
