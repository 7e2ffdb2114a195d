package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is learned by name is what a look at the whole schema tells. */
class KnownSchemaTest {
    private Connection connection;
    private KnownSchema known;
    private long version;

    @BeforeEach
    void see() throws Exception {
        connection = Sqlite.openInMemory();
        Sql.run(connection, "CREATE TABLE base (id INTEGER PRIMARY KEY, x)", "CREATE INDEX base_x ON base (x)");
        known = new KnownSchema();
        known.set(seen());
        version = SchemaSnapshot.version(connection);
    }

    @AfterEach
    void close() throws Exception {
        connection.close();
    }

    private ExpectedSchema seen() throws SQLException {
        return LearnedSchema.learn(LearnedSchema.look(connection), ExpectedSchema.NONE, List.of());
    }

    /** Runs statements, and gives what a look at their objects tells. */
    private Optional<NamedLook> run(String sql) throws SQLException {
        List<SqlStatement> statements = SqlStatement.split(sql);
        Sql.run(connection, statements.stream().map(SqlStatement::text).toArray(String[]::new));
        return NamedLook.look(connection, NamedChanges.of(statements), version);
    }

    private boolean learn(String sql) throws SQLException {
        Optional<NamedLook> look = run(sql).filter(found -> known.isAllThatChanged(found, version));
        look.filter(found -> found.version() != version).ifPresent(found -> {
            known.add(found);
            version = found.version();
        });
        return look.isPresent();
    }

    private void isAsSeen() throws SQLException {
        ExpectedSchema whole = seen();
        assertThat(known.now().snapshot().objects())
                .containsExactlyElementsOf(whole.snapshot().objects());
        assertThat(known.now().snapshot().tables()).isEqualTo(whole.snapshot().tables());
        assertThat(known.now().rows()).isEqualTo(whole.rows());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE t (a TEXT NOT NULL DEFAULT 'x', b INT, PRIMARY KEY (a, b)) WITHOUT ROWID",
                "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT UNIQUE, c GENERATED ALWAYS AS (b || 'x'))",
                "CREATE TABLE t (a INT) STRICT",
                "CREATE TABLE \"we\"\"ird 'name'\" (\"without\" INT)",
                "CREATE TABLE t AS SELECT * FROM base",
                "CREATE VIEW v AS SELECT x FROM base",
                "CREATE TRIGGER r AFTER INSERT ON base BEGIN SELECT 1; END",
                "CREATE UNIQUE INDEX i ON base (x, id)",
                "DROP INDEX base_x",
                "DROP TABLE base",
                "DROP TABLE base; CREATE TABLE base (other)",
                "CREATE TABLE t (a, b); CREATE INDEX t_a ON t (a); CREATE INDEX t_b ON t (b); DROP INDEX t_a",
                "CREATE TABLE t (a); DROP TABLE t"
            })
    void statementsThatNameTheirObjects(String sql) throws Exception {
        assertThat(learn(sql)).isTrue();
        isAsSeen();
    }

    @Test
    void longSequencesFromAFixedSeed() throws Exception {
        Random random = new Random(26);
        for (int i = 0; i < 400; i++) {
            String name = "t" + random.nextInt(12);
            boolean isThere = known.has(name);
            String sql = isThere
                    ? random.nextBoolean() ? "DROP TABLE " + name : "CREATE TABLE IF NOT EXISTS " + name + " (other)"
                    : "CREATE TABLE " + name + " (a" + i + ", b); CREATE INDEX " + name + "_b ON " + name + " (b)";
            assertThat(learn(sql)).as("seed 26, statement %d: %s", i, sql).isTrue();
            if (i % 37 == 0) {
                isAsSeen();
            }
        }
        isAsSeen();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE base ADD COLUMN y",
                "CREATE VIRTUAL TABLE f USING fts5(x)",
                "CREATE TABLE t (a); CREATE INDEX t_a ON t (a); DROP TABLE t; CREATE TABLE t (b)",
                "CREATE TABLE IF NOT EXISTS t (x); CREATE TABLE IF NOT EXISTS base (x)"
            })
    void whatTheNamesDoNotTellNeedsALookAtAll(String sql) throws Exception {
        assertThat(learn(sql)).isFalse();
    }

    @Test
    void whatSomebodyElseHasChangedBesideNeedsALookAtAll() throws Exception {
        Sql.run(connection, "CREATE TABLE of_another (x)");
        assertThat(learn("CREATE TABLE t (x)")).isFalse();
    }

    @Test
    void aChangeOfSomebodyElseIsNotTakenForThatOfAStatementWithoutEffect() throws Exception {
        Sql.run(connection, "CREATE TABLE of_another (x)");
        assertThat(learn("CREATE TABLE IF NOT EXISTS base (x)")).isFalse();
        assertThat(learn("DROP TABLE IF EXISTS never_there")).isFalse();
    }

    @Test
    void aTemporaryTableThatHidesOneOfMainIsDroppedAlone() throws Exception {
        Sql.run(connection, "CREATE TEMP TABLE base (x)");
        assertThat(learn("DROP TABLE base")).isTrue();
        assertThat(known.has("base")).isTrue();
        isAsSeen();
    }

    @Test
    void statementsWithoutEffectChangeNothing() throws Exception {
        assertThat(learn("CREATE TABLE IF NOT EXISTS base (y)")).isTrue();
        assertThat(learn("DROP TABLE IF EXISTS never_there")).isTrue();
        isAsSeen();
    }

    @Test
    void anIndexOfItsOwnThatSQLiteMakesStandsBehindItsTable() throws Exception {
        assertThat(learn("CREATE TABLE t (a UNIQUE, b UNIQUE, c UNIQUE, d UNIQUE, e UNIQUE)"))
                .isTrue();
        isAsSeen();
    }
}
