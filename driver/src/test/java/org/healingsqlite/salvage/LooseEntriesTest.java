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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page of the schema is lost: rows of tables without rowid, which lie where an index's entries would, are kept and counted; entries of indexes are not. */
class LooseEntriesTest {
    private static final int PAGE = 4096;
    private static final String COUNT =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO ";

    @TempDir
    private Path directory;

    private Path damaged;
    private Path lost;

    @BeforeEach
    void nameTheFiles() {
        damaged = directory.resolve("damaged.db");
        lost = directory.resolve("lost.db");
    }

    private void make(String... statements) throws Exception {
        Sql.runElsewhere(damaged, statements);
        byte[] bytes = Files.readAllBytes(damaged);
        Arrays.fill(bytes, 0, PAGE, (byte) 0);
        Files.write(damaged, bytes);
    }

    private SalvageReport salvage() throws Exception {
        return Salvage.of(damaged).lostAndFound(lost).into(directory.resolve("output.db"));
    }

    private List<List<Object>> lost(String query) throws Exception {
        return Sql.rowsElsewhere(lost, query);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = ';',
            value = {
                // Its last column is a text,
                "w(a TEXT PRIMARY KEY, b INT, d TEXT) ; SELECT printf('key%06d', i), i, 'data ' || i FROM n ; c2 = 'data ' || c1",
                // or a number, as that of an index's entry is, of which some are rowids of another table,
                "w(a TEXT PRIMARY KEY, b INT) ; SELECT printf('key%06d', i), i FROM n ; c0 = printf('key%06d', c1)",
                // or one of few that are all rowids there.
                "w(a INT, b INT, PRIMARY KEY (a, b)) ; SELECT i, i % 100 + 1 FROM n ; c1 = c0 % 100 + 1"
            })
    void rowsOfATableWithoutRowidAreKept(String table, String rows, String isRight) throws Exception {
        make(
                "CREATE TABLE " + table + " WITHOUT ROWID",
                "CREATE TABLE r(a, b)",
                COUNT + "w " + rows,
                COUNT + "r SELECT i, 'x' || i FROM n WHERE i <= 1000");

        SalvageReport report = salvage();

        assertThat(lost("SELECT count(*) FROM lost_and_found WHERE id IS NULL")).containsExactly(List.of(3000));
        assertThat(lost("SELECT count(DISTINCT c0) FROM lost_and_found WHERE id IS NULL AND " + isRight))
                .containsExactly(List.of(3000));
        assertThat(lost("SELECT count(DISTINCT rootpgno) FROM lost_and_found WHERE id IS NULL"))
                .containsExactly(List.of(1));
        assertThat(lost("SELECT count(*) FROM lost_and_found WHERE id IS NOT NULL"))
                .containsExactly(List.of(1000));
        assertThat(report.lostAndFoundRows()).isEqualTo(4000);
    }

    /** Their rows are elsewhere: they are not counted twice. */
    @Test
    void entriesOfIndexesAreNotKept() throws Exception {
        make(
                "CREATE TABLE r(id INTEGER PRIMARY KEY, a, b REAL, d)",
                "CREATE INDEX one ON r(a)",
                "CREATE INDEX two ON r(b, d DESC)",
                "CREATE UNIQUE INDEX three ON r(a) WHERE a > 'x2'",
                COUNT + "r SELECT i * 7, 'x' || i, i / 2.0, CASE i % 3 WHEN 0 THEN NULL ELSE i END FROM n");

        SalvageReport report = salvage();

        assertThat(report.lostAndFoundRows()).isEqualTo(3000);
        assertThat(lost("SELECT count(*) FROM lost_and_found WHERE id IS NULL")).containsExactly(List.of(0));
    }

    @Test
    void theyGoToTheirTableWhereItsStatementIsGiven() throws Exception {
        make(
                "CREATE TABLE w(a TEXT PRIMARY KEY, b INT, d TEXT) WITHOUT ROWID",
                COUNT + "w SELECT printf('key%06d', i), i, 'data ' || i FROM n");

        SalvageReport report = Salvage.of(damaged)
                .schema("CREATE TABLE w(a TEXT PRIMARY KEY, b INT, d TEXT) WITHOUT ROWID")
                .lostAndFound(lost)
                .into(directory.resolve("output.db"));

        assertThat(report.recoveredRows()).isEqualTo(3000);
        assertThat(report.lostAndFoundRows()).isZero();
        assertThat(Sql.rowsElsewhere(directory.resolve("output.db"), "SELECT count(*) FROM w WHERE d = 'data ' || b"))
                .containsExactly(List.of(3000));
    }
}
