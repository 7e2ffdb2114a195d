package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaDifferenceTest {

    private static SchemaSnapshot snapshot(String script) throws SQLException {
        try (Connection connection = Schemas.memory()) {
            Sql.run(
                    connection,
                    SqlStatement.split(script).stream().map(SqlStatement::text).toArray(String[]::new));
            return SchemaSnapshot.read(connection);
        }
    }

    private static SchemaDifference between(String expected, String actual) throws SQLException {
        return SchemaDifference.between(snapshot(expected), snapshot(actual));
    }

    static Stream<Arguments> missing() {
        return Stream.of(
                Arguments.of("CREATE TABLE t (a)", "", "table t"),
                Arguments.of("CREATE TABLE t (a, b, c)", "CREATE TABLE t (b)", "column t.a, column t.c"),
                Arguments.of(
                        "CREATE TABLE t (a); CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT 1; CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
                        "CREATE TABLE t (a)",
                        "index i, view v, trigger g"),
                Arguments.of("CREATE TABLE \"No Pe\" (\"a.b\")", "CREATE TABLE \"no pe\" (x)", "column No Pe.a.b"),
                Arguments.of("CREATE VIRTUAL TABLE f USING fts5(a)", "", "table f"),
                Arguments.of("CREATE VIRTUAL TABLE f USING fts5(a)", "CREATE VIRTUAL TABLE f USING fts5(a, b)", ""),
                Arguments.of("CREATE TABLE t (a)", "CREATE TABLE t (a, b); CREATE TABLE u (x)", ""),
                Arguments.of("CREATE TABLE T (\"A\" TEXT)", "create table 't' ( [a] text )", ""));
    }

    @ParameterizedTest
    @MethodSource("missing")
    @DisplayName("S1-13, S1-14, C-03: what is missing is told by type and name")
    void missingObjectsAndColumns(String expected, String actual, String difference) throws SQLException {
        assertThat(between(expected, actual)).hasToString(difference);
        assertThat(between(expected, actual).isEmpty()).isEqualTo(difference.isEmpty());
        assertThat(between(expected, actual).incompatible()).isEmpty();
    }

    static Stream<Arguments> breakingChanges() {
        return Stream.of(
                Arguments.of("CREATE TABLE t (a INTEGER)", "CREATE TABLE t (a TEXT)", "t.a is TEXT, expected INTEGER"),
                Arguments.of("CREATE TABLE t (a INTEGER)", "CREATE TABLE t (a)", "t.a is without a type"),
                Arguments.of(
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, a)",
                        "CREATE TABLE t (a)",
                        "primary key [], expected [id]"),
                Arguments.of(
                        "CREATE TABLE t (a, b, PRIMARY KEY (a, b))",
                        "CREATE TABLE t (a, b, PRIMARY KEY (b, a))",
                        "primary key [b, a], expected [a, b]"),
                Arguments.of("CREATE TABLE t (a UNIQUE)", "CREATE TABLE t (a)", "unique ( a )"),
                Arguments.of("CREATE TABLE t (a, b, UNIQUE (a, b))", "CREATE TABLE t (a, b)", "unique ( a , b )"),
                Arguments.of("CREATE TABLE t (a CHECK (a > 0))", "CREATE TABLE t (a)", "check ( a > 0 )"),
                Arguments.of("CREATE TABLE t (a COLLATE NOCASE)", "CREATE TABLE t (a)", "collate ( a ) nocase"),
                Arguments.of(
                        "CREATE TABLE t (a REFERENCES t ON DELETE CASCADE)",
                        "CREATE TABLE t (a REFERENCES t ON DELETE SET NULL)",
                        "foreign key ( a ) references t on delete cascade"),
                Arguments.of(
                        "CREATE TABLE t (a) STRICT".replace("(a)", "(a TEXT)"),
                        "CREATE TABLE t (a TEXT)",
                        "not STRICT"),
                Arguments.of(
                        "CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID",
                        "CREATE TABLE t (a PRIMARY KEY)",
                        "not WITHOUT ROWID"),
                Arguments.of("CREATE TABLE t (a, b AS (a))", "CREATE TABLE t (a, b)", "generated"),
                Arguments.of("CREATE VIRTUAL TABLE t USING fts5(a)", "CREATE TABLE t (a)", "table t is not virtual"),
                Arguments.of("CREATE TABLE t (a)", "CREATE VIRTUAL TABLE t USING fts5(a)", "table t is virtual"),
                Arguments.of("CREATE TABLE t (a)", "CREATE VIEW t AS SELECT 1", "its name belongs to a view"),
                Arguments.of(
                        "CREATE TABLE t (a); CREATE INDEX x ON t (a)",
                        "CREATE TABLE t (a); CREATE TABLE x (a)",
                        "its name belongs to a table"),
                Arguments.of(
                        "CREATE TABLE t (a); CREATE TABLE u (a); CREATE INDEX x ON t (a)",
                        "CREATE TABLE t (a); CREATE TABLE u (a); CREATE INDEX x ON u (a)",
                        "index x is on table u, expected on t"));
    }

    @ParameterizedTest
    @MethodSource("breakingChanges")
    @DisplayName("S4-14, S0-22: a breaking change is explained, and nothing is added for it")
    void breakingChange(String expected, String actual, String explanation) throws SQLException {
        SchemaDifference difference = between(expected, actual);

        assertThat(difference.isEmpty()).isTrue();
        assertThat(difference.leftAlone()).anyMatch(line -> line.contains(explanation));
    }

    @Test
    void whatBelongsToAnObjectThatCannotBeAddedCannotEither() throws SQLException {
        SchemaDifference difference = between(
                "CREATE TABLE t (a); CREATE INDEX i ON t (a); CREATE TRIGGER t AFTER INSERT ON t BEGIN SELECT 1; END; "
                        + "CREATE TABLE u (id INTEGER PRIMARY KEY, b); CREATE INDEX j ON u (id, b); CREATE INDEX k ON u (b)",
                "CREATE VIEW t AS SELECT 1 AS a; CREATE TABLE u (b)");

        assertThat(difference).hasToString("index k");
        assertThat(difference.leftAlone())
                .containsExactly(
                        "table t is missing, and its name belongs to a view",
                        "index i is missing, and t is a view",
                        "trigger t is missing, and t is a view",
                        "column u.id is missing, and a column of the primary key cannot be added",
                        "index j is missing, and u has no column id",
                        "table u has the primary key [], expected [id]");
    }

    static Stream<Arguments> sameMeaning() {
        return Stream.of(
                Arguments.of("CREATE TABLE t (a UNIQUE)", "CREATE TABLE t (a, UNIQUE (\"A\"))"),
                Arguments.of(
                        "CREATE TABLE t (a CHECK (a > 0))",
                        "CREATE TABLE t (a, CONSTRAINT positive CHECK(\n[A] > 0 /* x */))"),
                Arguments.of(
                        "CREATE TABLE t (a REFERENCES u (x) ON DELETE SET DEFAULT NOT DEFERRABLE DEFAULT 1, b NOT NULL)",
                        "CREATE TABLE t (a DEFAULT 1, b NOT NULL, FOREIGN KEY (a) REFERENCES u(x) ON DELETE SET DEFAULT NOT DEFERRABLE)"),
                Arguments.of("CREATE TABLE t (a VARCHAR(20), b INT)", "CREATE TABLE t (a TEXT, b BIGINT)"),
                Arguments.of("CREATE TABLE t (a, b UNIQUE)", "CREATE TABLE t (a)"),
                Arguments.of("CREATE TABLE t (a, b, UNIQUE (a, b))", "CREATE TABLE t (a)"));
    }

    @ParameterizedTest
    @MethodSource("sameMeaning")
    void anotherSpellingIsNoBreakingChange(String expected, String actual) throws SQLException {
        assertThat(between(expected, actual).incompatible()).isEmpty();
    }

    @Test
    void anotherTextOfAViewIsToldAndNoReasonToHeal() throws SQLException {
        SchemaDifference difference = between("CREATE VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 2");

        assertThat(difference.isEmpty()).isTrue();
        assertThat(difference.incompatible()).isEmpty();
        assertThat(difference.changed()).singleElement().asString().contains("view v", "SELECT 2", "SELECT 1");
        assertThat(between("CREATE VIEW v AS SELECT 1", "create view [V] as /* one */ select 1")
                        .changed())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"CREATE VIRTUAL TABLE f USING fts5(a)", "CREATE VIRTUAL TABLE f USING rtree(id, a, b)"})
    void shadowTablesBelongToTheirVirtualTable(String virtual) throws SQLException {
        assertThat(snapshot(virtual).objects()).extracting(SchemaObject::name).containsExactly("f");
        assertThat(snapshot(virtual).knows("block")).isFalse();
    }

    @Test
    void internalObjectsAreLeftOut() throws SQLException {
        SchemaSnapshot snapshot = snapshot(
                "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a UNIQUE); INSERT INTO t (a) VALUES (1); ANALYZE");

        assertThat(snapshot.objects()).extracting(SchemaObject::name).containsExactly("t");
        assertThat(List.of("seq", "stat", "sqlite_sequence")).noneMatch(snapshot::knows);
        assertThat(List.of("T", "A", "id")).allMatch(snapshot::knows);
    }
}
