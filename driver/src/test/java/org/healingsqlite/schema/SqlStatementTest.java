package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.healingsqlite.schema.SqlStatement.Removal;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqlStatementTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE t (x)",
                "\t\n create\ntemp table t (x)",
                "-- why\nDROP TABLE t",
                "/* why */ /* and */ Alter table t add x",
                "; ; CREATE INDEX i ON t (x)",
                "\uFEFFCREATE TABLE t (x)",
                "INSERT INTO t VALUES (1); DROP TABLE t",
                "INSERT INTO t VALUES (';'); -- x\n drop table t",
                "CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; END",
            })
    void whatChangesTheSchemaIsSeen(String sql) {
        assertThat(SqlStatement.mayChangeSchema(sql)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "   ",
                "SELECT 1",
                "SELECT 1;",
                "SELECT 1; -- CREATE TABLE t (x)",
                "INSERT INTO t VALUES ('; DROP TABLE t')",
                "-- DROP TABLE t",
                "/* DROP TABLE t; */ SELECT 1",
                "EXPLAIN DROP TABLE t",
                "UPDATE t SET x = 'a;b' WHERE y = \"; drop\"; SELECT 2",
                "DELETE FROM t",
            })
    @DisplayName("S4-09: a mass DELETE is no change of the schema")
    void whatDoesNotChangeTheSchemaCostsNothing(String sql) {
        assertThat(SqlStatement.mayChangeSchema(sql)).isFalse();
    }

    static Stream<Arguments> removals() {
        return Stream.of(
                Arguments.of("DROP TABLE runs", List.of(new Removal("runs", ""))),
                Arguments.of("drop table if exists main . \"No Pe\";", List.of(new Removal("No Pe", ""))),
                Arguments.of("/* a */ DROP -- b\n VIEW [a.b]", List.of(new Removal("a.b", ""))),
                Arguments.of("DROP INDEX `i``j`", List.of(new Removal("i`j", ""))),
                Arguments.of("DROP TRIGGER 'main'.'t'", List.of(new Removal("t", ""))),
                Arguments.of("DROP TABLE temp.runs", List.of()),
                Arguments.of("DROP TABLE other.runs", List.of()),
                Arguments.of("EXPLAIN DROP TABLE runs", List.of()),
                Arguments.of("ALTER TABLE runs RENAME TO jobs", List.of(new Removal("runs", ""))),
                Arguments.of("ALTER TABLE main.runs RENAME COLUMN a TO b", List.of(new Removal("runs", "a"))),
                Arguments.of("ALTER TABLE runs RENAME \"a b\" TO b", List.of(new Removal("runs", "a b"))),
                Arguments.of("alter table runs drop column a", List.of(new Removal("runs", "a"))),
                Arguments.of("ALTER TABLE runs DROP a", List.of(new Removal("runs", "a"))),
                Arguments.of("ALTER TABLE runs ADD COLUMN a", List.of()),
                Arguments.of(
                        "CREATE TABLE a (x); DROP TABLE a; DROP VIEW b",
                        List.of(new Removal("a", ""), new Removal("b", ""))),
                Arguments.of("DELETE FROM runs", List.of()),
                Arguments.of("DROP", List.of()),
                Arguments.of("ALTER TABLE", List.of()));
    }

    @ParameterizedTest
    @MethodSource("removals")
    @DisplayName("C-06: what the application drops or renames is known")
    void removalsAreReadFromTheStatement(String sql, List<Removal> removals) {
        assertThat(SqlStatement.removals(sql)).containsExactlyElementsOf(removals);
    }
}
