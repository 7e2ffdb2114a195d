package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.healingsqlite.schema.SqlStatement.Removal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqlSplitTest {

    private static List<String> texts(String script) {
        return SqlStatement.split(script).stream().map(SqlStatement::text).toList();
    }

    @Test
    void semicolonsInStringsNamesAndCommentsDoNotEndAStatement() {
        assertThat(texts("SELECT ';', \"a;b\", `c;d`, [e;f] -- ;\n/* ; */ FROM t; SELECT 2"))
                .containsExactly("SELECT ';', \"a;b\", `c;d`, [e;f] -- ;\n/* ; */ FROM t", "SELECT 2");
    }

    @Test
    void doubledQuotesStayInside() {
        assertThat(texts("SELECT 'it''s; fine'; SELECT \"a\"\"b;c\";"))
                .containsExactly("SELECT 'it''s; fine'", "SELECT \"a\"\"b;c\"");
    }

    @Test
    void aTriggerEndsAtItsOwnEnd() {
        String trigger =
                "CREATE TRIGGER IF NOT EXISTS t AFTER INSERT ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; UPDATE b SET c = 1; END";
        assertThat(texts(trigger + ";\nSELECT 1;")).containsExactly(trigger, "SELECT 1");
        String temporary = "create temp trigger t after insert on a begin select 1; end";
        assertThat(texts(temporary + " ; SELECT 1")).containsExactly(temporary, "SELECT 1");
    }

    @Test
    void aTableCalledTriggerIsNoTrigger() {
        assertThat(texts("CREATE TABLE x (trigger INT); SELECT 1")).hasSize(2);
    }

    @Test
    void linesAreThoseOfTheFirstWord() {
        List<SqlStatement> statements =
                SqlStatement.split("\uFEFF-- head\n\nSELECT\n 1;\r\n/* two\n lines */ SELECT '\n';\nSELECT 3");
        assertThat(statements).extracting(SqlStatement::line).containsExactly(3, 6, 8);
    }

    @Test
    void emptyStatementsAreNone() {
        assertThat(texts(" ;; -- nothing\n ; ")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE a (b)",
                "  drop index i",
                "\nAlter TABLE a ADD b",
                "-- comment\nCREATE VIEW v AS SELECT 1",
                "/* c */ DROP TABLE a",
                "INSERT INTO a VALUES (1); DROP TABLE a",
                ";CREATE TABLE a (b)",
            })
    void mayChangeTheSchema(String sql) {
        assertThat(SqlStatement.mayChangeSchema(sql)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "INSERT INTO a VALUES ('; DROP TABLE a')",
                "COMMIT",
                "ANALYZE",
                "DELETE FROM a",
                "ATTACH 'x' AS y",
                "SELECT 1; SELECT 2",
                "",
                "   ",
                "-- DROP TABLE a",
            })
    void doesNotChangeTheSchema(String sql) {
        assertThat(SqlStatement.mayChangeSchema(sql)).isFalse();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "DROP TABLE a                              | a         |",
                "DROP TABLE IF EXISTS main.\"my table\"    | my table  |",
                "drop view /* c */ [v w]                   | v w       |",
                "DROP TRIGGER `t`                          | t         |",
                "ALTER TABLE a RENAME TO b                 | a         |",
                "ALTER TABLE main.a RENAME COLUMN x TO y   | a         | x",
                "ALTER TABLE a RENAME x TO y               | a         | x",
                "ALTER TABLE a DROP COLUMN \"x y\"         | a         | x y",
                "ALTER TABLE a DROP x                      | a         | x",
            })
    void whatIsTakenAwayIsKnown(String sql, String object, String column) {
        assertThat(SqlStatement.removals(sql)).containsExactly(new Removal(object, column == null ? "" : column));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DROP TABLE temp.a",
                "ALTER TABLE a ADD COLUMN b",
                "CREATE TABLE a (b)",
                "SELECT 'DROP TABLE a'",
                "DROP TABLE other.a"
            })
    void nothingIsTakenAwayFromMain(String sql) {
        assertThat(SqlStatement.removals(sql)).isEmpty();
    }
}
