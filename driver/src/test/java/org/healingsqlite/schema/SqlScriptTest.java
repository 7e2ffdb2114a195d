package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.healingsqlite.schema.SqlStatement.Removal;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqlScriptTest {

    private static List<String> texts(String script) {
        return SqlScript.split(script).stream().map(SqlStatement::text).toList();
    }

    static Stream<Arguments> scripts() {
        return Stream.of(
                Arguments.of("SELECT 1; SELECT 2", List.of("SELECT 1", "SELECT 2")),
                Arguments.of("\uFEFFSELECT 1;\r\nSELECT 2;\r\n", List.of("SELECT 1", "SELECT 2")),
                Arguments.of(";;; -- nothing\n ; /* ; */ ;", List.of()),
                Arguments.of("", List.of()),
                Arguments.of(
                        "SELECT ';', \";\", `;`, [;]; SELECT 2", List.of("SELECT ';', \";\", `;`, [;]", "SELECT 2")),
                Arguments.of("SELECT 'it''s;', \"a\"\";\"; x", List.of("SELECT 'it''s;', \"a\"\";\"", "x")),
                Arguments.of("SELECT 1 -- ; '\n; SELECT 2", List.of("SELECT 1", "SELECT 2")),
                Arguments.of("SELECT 1 /* ; */ + 2; SELECT 3", List.of("SELECT 1 /* ; */ + 2", "SELECT 3")),
                Arguments.of("SELECT 5 - -1; SELECT 4 / 2", List.of("SELECT 5 - -1", "SELECT 4 / 2")),
                Arguments.of("SELECT 'open; and never closed", List.of("SELECT 'open; and never closed")),
                Arguments.of("SELECT 1; /* never closed ; SELECT 2", List.of("SELECT 1")),
                Arguments.of(
                        "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; SELECT CASE 1 WHEN 1 THEN 2 END; END; SELECT 3",
                        List.of(
                                "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; SELECT CASE 1 WHEN 1 THEN 2 END; END",
                                "SELECT 3")),
                Arguments.of(
                        "create /**/ temporary -- x\n trigger t after insert on x begin select ';end;'; end;select 3",
                        List.of(
                                "create /**/ temporary -- x\n trigger t after insert on x begin select ';end;'; end",
                                "select 3")),
                Arguments.of(
                        "CREATE TABLE trigger_log (x); CREATE TABLE t (\"trigger\"); SELECT 1",
                        List.of("CREATE TABLE trigger_log (x)", "CREATE TABLE t (\"trigger\")", "SELECT 1")),
                Arguments.of(
                        "BEGIN; INSERT INTO t VALUES (1); END; SELECT 1",
                        List.of("BEGIN", "INSERT INTO t VALUES (1)", "END", "SELECT 1")));
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void statementsEndWhereSqliteEndsThem(String script, List<String> statements) {
        assertThat(SqlScript.split(script)).extracting(SqlStatement::text).containsExactlyElementsOf(statements);
    }

    /** SQLite itself is the oracle: its own splitting of the whole script must make the same schema and rows. */
    @Test
    void aScriptRunStatementByStatementDoesWhatSqliteDoesWithTheWholeText() throws Exception {
        List<String> pieces;
        try (var stream = SqlScriptTest.class.getResourceAsStream("/schemas/torture.sql")) {
            pieces = SqlScript.split(new String(stream.readAllBytes(), StandardCharsets.UTF_8)).stream()
                    .map(SqlStatement::text)
                    .toList();
        }
        assertThat(pieces).hasSizeGreaterThan(20);
        List<String> fillers = List.of(
                ";",
                ";\n",
                ";\r\n\t",
                "; -- a ; comment '\n",
                ";/* ; \" */",
                ";;",
                ";\n-- END;\n",
                "; /**/;",
                ";/* ' */ -- \"\n");
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            StringBuilder script = new StringBuilder();
            for (String piece : pieces) {
                if (!piece.startsWith("PRAGMA")) {
                    script.append(piece).append(fillers.get(random.nextInt(fillers.size())));
                }
            }
            assertThat(ours(script.toString())).as("seed %s", seed).isEqualTo(sqlites(script.toString()));
        }
    }

    private static List<List<Object>> ours(String script) throws SQLException {
        try (Connection connection = Schemas.memory();
                Statement statement = connection.createStatement()) {
            for (SqlStatement sql : SqlScript.split(script)) {
                statement.execute(sql.text());
            }
            return content(connection);
        }
    }

    private static List<List<Object>> sqlites(String script) throws SQLException {
        try (Connection connection = Schemas.memory();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(script);
            return content(connection);
        }
    }

    private static List<List<Object>> content(Connection connection) throws SQLException {
        List<List<Object>> content = new ArrayList<>();
        content.addAll(Sql.rows(connection, "SELECT type, name, tbl_name, sql FROM sqlite_schema"));
        content.addAll(Sql.rows(connection, "SELECT id, name FROM author"));
        content.addAll(Sql.rows(connection, "SELECT isbn, title FROM book"));
        content.addAll(Sql.rows(connection, "SELECT what FROM log"));
        return content;
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
                SqlScript.split("\uFEFF-- head\n\nSELECT\n 1;\r\n/* two\n lines */ SELECT '\n';\nSELECT 3");
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

    @ParameterizedTest
    @ValueSource(
            strings = {"BEGIN", "begin immediate", "COMMIT", "END TRANSACTION", "ROLLBACK", "ROLLBACK TRANSACTION"})
    void controlsTheTransaction(String sql) {
        assertThat(new SqlStatement(sql, 1).controlsTransaction()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"SAVEPOINT s", "ROLLBACK TO s", "ROLLBACK TRANSACTION TO SAVEPOINT s", "RELEASE s", "SELECT 1"})
    void doesNotControlTheTransaction(String sql) {
        assertThat(new SqlStatement(sql, 1).controlsTransaction()).isFalse();
    }
}
