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
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SqlScriptTest {

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
        assertThat(SqlStatement.split(script)).extracting(SqlStatement::text).containsExactlyElementsOf(statements);
    }

    @Test
    void theLineIsThatOfTheFirstWordAfterBlanksCommentsAndQuotedLineEnds() {
        List<SqlStatement> statements =
                SqlStatement.split("-- one\r\nSELECT 'two\nthree';\n/* four\nfive */ SELECT\n6;\n\n\nSELECT 7");

        assertThat(statements).extracting(SqlStatement::line).containsExactly(2, 5, 9);
    }

    /** SQLite itself is the oracle: its own splitting of the whole script must make the same schema and rows. */
    @Test
    void aScriptRunStatementByStatementDoesWhatSqliteDoesWithTheWholeText() throws Exception {
        List<String> pieces;
        try (var stream = SqlScriptTest.class.getResourceAsStream("/schemas/torture.sql")) {
            pieces = SqlStatement.split(new String(stream.readAllBytes(), StandardCharsets.UTF_8)).stream()
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
            for (SqlStatement sql : SqlStatement.split(script)) {
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
}
