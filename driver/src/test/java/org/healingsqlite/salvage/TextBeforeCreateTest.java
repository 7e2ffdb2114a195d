package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * SQLite takes a row of sqlite_schema for damaged where something stands before its CREATE. What a salvage puts there as a row, instead of having SQLite create it, begins
 * with CREATE, whatever the file had.
 */
class TextBeforeCreateTest {

    @TempDir
    private Path directory;

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "INDEX_WITH_UNKNOWN_FUNCTION, CREATE INDEX o ON good(n) WHERE abs(v) > 0, abs, own",
        "INDEX_WITH_UNKNOWN_COLLATION, CREATE INDEX o ON good(v COLLATE nocase), nocase, own",
        "TABLE_WITH_UNKNOWN_COLLATION, CREATE TABLE o(v TEXT COLLATE nocase), nocase, own",
        "TABLE_WITH_UNKNOWN_CHECK, CREATE TABLE o(v TEXT CHECK(abs(v) > 0)), abs, own",
        "STRICT_TABLE, CREATE TABLE o(v TEXT NOT NULL) STRICT, o, o",
        "TABLE_OF_UNKNOWN_MODULE, CREATE VIRTUAL TABLE o USING fts5(v), fts5, own",
        "TABLE_WITH_UNKNOWN_TOKENIZER, CREATE VIRTUAL TABLE o USING fts4(v), fts4(v), 'fts4(v, tokenize=own)'",
        "FULL_TEXT, CREATE VIRTUAL TABLE o USING fts5(v), o, o"
    })
    void costsNoRow(String kind, String create, String known, String unknown) throws Exception {
        for (String before : List.of("/* a ; ' comment */ ", "-- a line\n", "\n\t ")) {
            Path damaged = directory.resolve("damaged.db");
            java.nio.file.Files.deleteIfExists(damaged);
            Sql.runElsewhere(
                    damaged,
                    "CREATE TABLE good(id INTEGER PRIMARY KEY, n, v)",
                    "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 100)"
                            + " INSERT INTO good SELECT n, n, 'value ' || n FROM i",
                    create,
                    "PRAGMA writable_schema=ON",
                    "UPDATE sqlite_schema SET sql = '" + before.replace("'", "''") + "' || replace(sql, '" + known
                            + "', '" + unknown + "') WHERE name = 'o'");
            Path output = directory.resolve("output.db");
            java.nio.file.Files.deleteIfExists(output);

            Salvage.of(damaged).into(output);

            assertThat(Sql.rowsElsewhere(output, "SELECT count(*), sum(n), max(v) FROM good"))
                    .as("behind %s", before)
                    .containsExactly(List.of(100, 5050, "value 99"));
            assertThat(Sql.rowsElsewhere(output, "SELECT substr(sql, 1, 7) FROM sqlite_schema WHERE name = 'o'"))
                    .as("behind %s", before)
                    .containsExactly(List.of("CREATE "));
        }
    }
}
