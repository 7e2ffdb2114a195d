package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows that break a constraint were there before the damage: they stay in their table, as they are. */
class BrokenConstraintsTest {

    private static final int PAGE = 1024;

    private static final String NUMBERS =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO ";

    /** How rows come to break a constraint; the rows are the 5th, 6th and 7th. */
    enum Constraint {
        NOT_NULL("a TEXT, b INTEGER", "", "UPDATE t SET a = NULL WHERE id IN (5, 6, 7)", "a TEXT", "a TEXT NOT NULL"),
        NOT_NULL_WITH_CONFLICT(
                "a TEXT, b INTEGER",
                "",
                "UPDATE t SET a = NULL WHERE id IN (5, 6, 7)",
                "a TEXT",
                "a TEXT CONSTRAINT given NOT NULL ON CONFLICT REPLACE DEFAULT 'x'"),
        CHECK(
                "a TEXT CHECK (length(a) = 11), b INTEGER",
                "",
                "UPDATE t SET a = 'short' WHERE id IN (5, 6, 7)",
                "a TEXT CHECK",
                "a TEXT CHECK"),
        TABLE_CHECK("a TEXT, b INTEGER", "", "SELECT 1", "b INTEGER", "b INTEGER, CHECK (id NOT IN (5, 6, 7))"),
        STRICT(
                "a TEXT, b INTEGER, c ANY",
                "",
                "UPDATE t SET b = CASE id WHEN 5 THEN 'no number' WHEN 6 THEN 2.5 ELSE x'00ff' END, c = '17' WHERE id IN (5, 6, 7)",
                "c ANY)",
                "c ANY) STRICT"),
        STORED_GENERATED(
                "a TEXT, b INTEGER, g AS (b * 2) STORED",
                "",
                "SELECT 1",
                "(b * 2)",
                "(iif(id IN (5, 6, 7), b * 3, b * 2))"),
        UNIQUE_INDEX(
                "a TEXT, b INTEGER",
                "CREATE INDEX t_a ON t(a)",
                "UPDATE t SET a = 'text 000005' WHERE id IN (5, 6, 7)",
                "CREATE INDEX t_a",
                "CREATE UNIQUE INDEX t_a"),
        UNIQUE_PARTIAL_INDEX(
                "a TEXT, b INTEGER",
                "CREATE INDEX t_a ON t(a) WHERE id < 100",
                "UPDATE t SET a = 'text 000005' WHERE id IN (5, 6, 7)",
                "CREATE INDEX t_a",
                "CREATE UNIQUE INDEX t_a"),
        FOREIGN_KEY(
                "a TEXT, b INTEGER REFERENCES other(id)",
                "",
                "UPDATE t SET b = 999 WHERE id IN (5, 6, 7)",
                "b INTEGER",
                "b INTEGER"),
        INVALID_UTF_8(
                "a TEXT, b INTEGER",
                "",
                "UPDATE t SET a = CAST(x'636166e9ff00' || id AS TEXT) WHERE id IN (5, 6, 7)",
                "a TEXT",
                "a TEXT");

        private final String columns;
        private final String index;
        private final String breach;
        private final String before;
        private final String after;

        Constraint(String columns, String index, String breach, String before, String after) {
            this.columns = columns;
            this.index = index;
            this.breach = breach;
            this.before = before;
            this.after = after;
        }
    }

    enum Damaged {
        NOTHING(""),
        THE_TABLE("text 000250"),
        ANOTHER_TABLE("other 000150"),
        AN_INDEX("word 000150");

        /** A text that only the page to be wiped has. */
        private final String text;

        Damaged(String text) {
            this.text = text;
        }
    }

    @TempDir
    private Path directory;

    private static Stream<Arguments> cases() {
        return Stream.of(Constraint.values())
                .flatMap(constraint -> Stream.of(Damaged.values()).map(damaged -> Arguments.of(constraint, damaged)));
    }

    private Path make(Constraint constraint) throws Exception {
        Path database = directory.resolve("damaged.db");
        List<String> statements = new ArrayList<>(List.of(
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE other(id INTEGER PRIMARY KEY, v TEXT)",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, " + constraint.columns + ")",
                "CREATE TABLE words(w TEXT)",
                "CREATE INDEX words_w ON words(w DESC)",
                NUMBERS + "t(id, a, b) SELECT i, printf('text %06d', i), i % 101 + 1 FROM n",
                NUMBERS + "other SELECT i, printf('other %06d', i) FROM n",
                NUMBERS + "words SELECT printf('word %06d', i) FROM n"));
        if (!constraint.index.isEmpty()) {
            statements.add(constraint.index);
        }
        statements.addAll(List.of(
                "PRAGMA ignore_check_constraints=ON",
                constraint.breach,
                "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET sql = replace(sql, '" + constraint.before.replace("'", "''") + "', '"
                        + constraint.after.replace("'", "''") + "') WHERE tbl_name = 't'"));
        Sql.runElsewhere(database, statements.toArray(String[]::new));
        return database;
    }

    private static void wipePageOf(String text, Path database) throws Exception {
        byte[] bytes = Files.readAllBytes(database);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).lastIndexOf(text);
        assertThat(at).isPositive();
        Arrays.fill(bytes, at / PAGE * PAGE, at / PAGE * PAGE + PAGE, (byte) 0);
        Files.write(database, bytes);
    }

    private static final String ROWS =
            "SELECT id, typeof(a), hex(CAST(a AS BLOB)), typeof(b), quote(b), * FROM t NOT INDEXED";

    private static Set<String> rows(Path database) throws Exception {
        Set<String> rows = new HashSet<>();
        for (List<Object> row : Sql.rowsElsewhere(database, ROWS)) {
            row.replaceAll(value -> value instanceof byte[] bytes ? Arrays.toString(bytes) : value);
            rows.add(row.toString());
        }
        return rows;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theRowsStay(Constraint constraint, Damaged where) throws Exception {
        Path damaged = make(constraint);
        Set<String> truth = rows(damaged);
        List<List<Object>> schema =
                Sql.rowsElsewhere(damaged, "SELECT sql FROM sqlite_schema WHERE tbl_name = 't' AND type = 'table'");
        if (where != Damaged.NOTHING) {
            wipePageOf(where.text, damaged);
        }
        Path output = directory.resolve("output.db");

        SalvageReport report =
                Salvage.of(damaged).lostAndFound(directory.resolve("lost.db")).into(output);

        Set<String> found = rows(output);
        assertThat(truth).containsAll(found);
        assertThat(found).hasSizeGreaterThan(where == Damaged.THE_TABLE ? 250 : 299);
        assertThat(found.stream().filter(row -> row.matches("\\[[567],.*"))).hasSize(3);
        assertThat(report.lostAndFoundRows()).isZero();
        assertThat(Sql.rowsElsewhere(output, "SELECT sql FROM sqlite_schema WHERE tbl_name = 't' AND type = 'table'"))
                .isEqualTo(schema);
        if (where == Damaged.NOTHING) {
            assertThat(report.outcome()).as(report.toText()).isEqualTo(SalvageReport.Outcome.WHOLE);
        }
    }

    @Test
    void aUniqueIndexThatRowsBreakIsLeftOutAndNamed() throws Exception {
        Path damaged = make(Constraint.UNIQUE_INDEX);
        Path output = directory.resolve("output.db");

        SalvageReport report = Salvage.of(damaged).into(output);

        assertThat(report.toText()).contains("index t_a").contains("UNIQUE constraint failed");
        assertThat(Sql.rowsElsewhere(output, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }
}
