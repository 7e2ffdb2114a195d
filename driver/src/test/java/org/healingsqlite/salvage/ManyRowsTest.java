package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables long enough that their rows are written many at a time. */
class ManyRowsTest {

    private static final String NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ";

    @TempDir
    private Path directory;

    private void make(String... statements) throws Exception {
        Sql.runElsewhere(directory.resolve("damaged.db"), statements);
    }

    private void replace(String text, String other) throws Exception {
        Path file = directory.resolve("damaged.db");
        String content = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertThat(content).contains(text);
        Files.writeString(file, content.replace(text, other), StandardCharsets.ISO_8859_1);
    }

    private SalvageReport salvage() throws Exception {
        SalvageReport report = Salvage.of(directory.resolve("damaged.db"))
                .lostAndFound(directory.resolve("lost.db"))
                .into(directory.resolve("output.db"));
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("output.db"))) {
            Sql.run(connection, "PRAGMA ignore_check_constraints=ON");
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .isSubsetOf("damaged.db", "output.db", "lost.db");
        }
        return report;
    }

    private List<List<Object>> output(String query) throws Exception {
        return Sql.rowsElsewhere(directory.resolve("output.db"), query);
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16le", "UTF-16be"})
    void comeBackWithEveryValueAsItWas(String encoding) throws Exception {
        make(
                "PRAGMA encoding='" + encoding + "'",
                "CREATE TABLE a(id INTEGER PRIMARY KEY, i INT, r REAL, t TEXT, b BLOB, n NUMERIC, x)",
                "CREATE TABLE k(x, y TEXT, z, PRIMARY KEY(y, x)) WITHOUT ROWID",
                "CREATE TABLE p(rowid TEXT, v)",
                "CREATE TABLE g(v, w AS (v + 1), s AS (v * 2) STORED, t)",
                NUMBERS
                        + "9000) INSERT INTO a SELECT i * 3 - 5000, iif(i % 7, i * i * i, NULL), iif(i % 3, i, i / 8.0),"
                        + " iif(i % 11, 'tëxt ' || i, 'nul' || char(0) || i), randomblob(i % 300), i || '',"
                        + " iif(i % 2, i, CAST(i AS TEXT)) FROM n",
                "INSERT INTO a VALUES(6, 1, 2, 'long', zeroblob(200000), 3, 4)",
                NUMBERS + "5000) INSERT INTO k SELECT i % 50, 'key' || (i / 50), i / 4.0 FROM n",
                NUMBERS + "3000) INSERT INTO p SELECT 'row' || i, i FROM n",
                NUMBERS + "3000) INSERT INTO g SELECT i, 't' || i FROM n",
                "ALTER TABLE g ADD COLUMN late DEFAULT 'late'",
                "INSERT INTO g(v, late) VALUES(1, 2)",
                "CREATE INDEX a_t ON a(t)");

        SalvageReport report = salvage();

        assertThat(report.outcome()).isEqualTo(SalvageReport.Outcome.WHOLE);
        for (String query : List.of(
                "SELECT id, quote(i), quote(r), typeof(t), hex(t), quote(b), quote(n), quote(x) FROM a ORDER BY id",
                "SELECT x, y, quote(z) FROM k ORDER BY y, x",
                "SELECT _rowid_, * FROM p ORDER BY 1",
                "SELECT rowid, *, quote(late) FROM g ORDER BY 1")) {
            assertThat(output(query).toString())
                    .isEqualTo(Sql.rowsElsewhere(directory.resolve("damaged.db"), query)
                            .toString());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "t(id INTEGER PRIMARY KEY, a TEXT CHECK(a LIKE 'value%'))",
                "t(id INT, a TEXT CHECK(a LIKE 'value%'), PRIMARY KEY(id)) WITHOUT ROWID",
                "t(id INTEGER PRIMARY KEY, a TEXT CHECK(json_extract(a, '$.n') > 0 OR a LIKE 'value%'))"
            })
    void oneThatBreaksACheckOrOfWhichItCannotBeComputedStays(String table) throws Exception {
        make(
                "CREATE TABLE " + table,
                "PRAGMA ignore_check_constraints=ON",
                NUMBERS + "500) INSERT INTO t SELECT i, printf('value%03d', i) FROM n");
        replace("value250", "walue250");

        assertThat(salvage().toText()).contains("500 rows").doesNotContain("in doubt");
        assertThat(output("SELECT a FROM t WHERE id = 250")).containsExactly(List.of("walue250"));
    }

    @Test
    void twoWithTheSameUniqueValueCostTheIndexAndNoRow() throws Exception {
        make(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                NUMBERS + "500) INSERT INTO t SELECT i, printf('value%03d', i) FROM n",
                "CREATE UNIQUE INDEX t_a ON t(a)",
                "CREATE INDEX t_after ON t(a, id)");
        replace("value250", "value249");

        SalvageReport report = salvage();

        assertThat(report.toText()).contains("t_a");
        assertThat(output("SELECT count(*) FROM t")).containsExactly(List.of(500));
        assertThat(output("SELECT name FROM sqlite_schema WHERE type = 'index'"))
                .containsExactly(List.of("t_after"));
    }

    @Test
    void aStrictTableLosesNone() throws Exception {
        make(
                "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b INT, c ANY, d REAL) STRICT",
                NUMBERS + "500) INSERT INTO t SELECT i, 'a' || i, i, iif(i % 2, i, 'c'), i FROM n",
                "DELETE FROM t WHERE id > 490");

        assertThat(salvage().outcome()).isEqualTo(SalvageReport.Outcome.WHOLE);
        assertThat(output("SELECT count(*), sum(d), (SELECT seq FROM sqlite_sequence) FROM t"))
                .containsExactly(List.of(490, 120_295.0, 500));
    }
}
