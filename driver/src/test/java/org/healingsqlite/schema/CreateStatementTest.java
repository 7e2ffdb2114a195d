package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CreateStatementTest {
    private static final int COUNT = Integer.getInteger("fuzz.count", 3_000);

    /** What applications create; SQLite itself stores the texts. */
    static final List<String> ORDINARY = List.of(
            "CREATE TABLE t(a, b TEXT NOT NULL DEFAULT 'x;y', c INT CHECK (c > 0))",
            "create table if not exists main . \"a \"\"quoted\"\" table\" (x /* ; */, -- ; '\n y)",
            "CREATE TABLE [in brackets]([a b] INTEGER PRIMARY KEY AUTOINCREMENT)",
            "CREATE TABLE `in ticks`(`a``b`)",
            "CREATE TABLE 'in apostrophes'('a''b' TEXT)",
            "CREATE TABLE \"if\"(x)",
            "CREATE TABLE w(k INT PRIMARY KEY, v ANY) WITHOUT ROWID, STRICT",
            "CREATE TABLE g(a, b AS (a + 1) STORED, c GENERATED ALWAYS AS (abs(a)) VIRTUAL, CONSTRAINT \"x\" CHECK (a))",
            "CREATE TABLE ünïcode(größe REAL, \"\uD83D\uDE00\")",
            "CREATE TABLE d(a DEFAULT (date('now')), b DEFAULT CURRENT_TIMESTAMP, c DEFAULT -1.5e-3, d DEFAULT x'00ff')",
            "CREATE TABLE f(a REFERENCES t(a) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, UNIQUE(a) ON CONFLICT IGNORE)",
            "CREATE INDEX i ON t(a, b COLLATE NOCASE DESC)",
            "CREATE UNIQUE INDEX IF NOT EXISTS main.u ON t(lower(b)) WHERE c IS NOT NULL AND b <> ';'",
            "CREATE VIEW v AS SELECT a, b || ';' FROM t WHERE c IN (SELECT 1 UNION VALUES (2))",
            "CREATE VIEW v2(x, y) AS WITH q AS (SELECT 1) SELECT 1, CASE WHEN 1 THEN 2 ELSE 3 END FROM q -- why",
            "CREATE TRIGGER tr AFTER UPDATE OF a ON main.t FOR EACH ROW WHEN new.a <> 'BEGIN' BEGIN"
                    + " UPDATE t SET b = CASE WHEN c THEN ';' ELSE 'END' END; INSERT INTO t(a) SELECT 1; END",
            "CREATE TRIGGER tr2 BEFORE DELETE ON t BEGIN SELECT CASE WHEN old.a THEN raise(ABORT, '; END') END; END",
            "CREATE TRIGGER tr3 INSTEAD OF INSERT ON v BEGIN DELETE FROM t; REPLACE INTO t(a) VALUES (1);"
                    + " WITH x AS (SELECT 1) SELECT * FROM x; END",
            "CREATE TABLE begin(end, \"case\")",
            "CREATE TRIGGER tr4 AFTER INSERT ON begin WHEN new.end BEGIN SELECT end FROM begin; END",
            "CREATE VIRTUAL TABLE ft USING fts5(a, b UNINDEXED, tokenize = \"unicode61 tokenchars '-;'\")",
            "CREATE VIRTUAL TABLE ft4 USING fts4(a, tokenize=porter)",
            "CREATE VIRTUAL TABLE rt USING rtree(id, x0, x1, +label TEXT)");

    @Test
    void everyStatementThatSqliteStoresIsOne() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:")) {
            for (String sql : ORDINARY) {
                Sql.run(connection, sql);
            }
            Sql.run(connection, "ALTER TABLE t RENAME TO renamed", "ALTER TABLE renamed ADD COLUMN later DEFAULT ';'");
            List<List<Object>> rows = Sql.rows(
                    connection,
                    "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'");
            assertThat(rows).hasSizeGreaterThan(ORDINARY.size());
            for (List<Object> row : rows) {
                SchemaObject.Type type =
                        SchemaObject.Type.valueOf(row.get(0).toString().toUpperCase(Locale.ROOT));
                CreateStatement statement = CreateStatement.stored(type, (String) row.get(1), (String) row.get(2));
                assertThat(statement.sql()).isEqualTo(row.get(2));
                assertThat(statement.withoutFunctions(name -> true)).isEqualTo(row.get(2));
            }
        }
    }

    static Stream<Arguments> hostile() {
        return Stream.of(
                Arguments.of(SchemaObject.Type.TABLE, ""),
                Arguments.of(SchemaObject.Type.TABLE, "ATTACH 'x.db' AS v"),
                Arguments.of(SchemaObject.Type.TABLE, "VACUUM INTO 'x.db'"),
                Arguments.of(SchemaObject.Type.TABLE, "PRAGMA writable_schema = ON"),
                Arguments.of(SchemaObject.Type.TABLE, "SELECT load_extension('x')"),
                Arguments.of(SchemaObject.Type.TABLE, "INSERT INTO a VALUES (1)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE b(x)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE v.a(x)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE main.a(x)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE temp.a(x)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TEMP TABLE a(x)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE IF NOT EXISTS a(x)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a AS SELECT load_extension('x')"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a(x) AS SELECT 1"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a(x); ATTACH 'x.db' AS v"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a(x);;/* */ DROP TABLE good"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a(x; ATTACH 'x.db' AS v)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a(x"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a(x 'y)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a(x) /* "),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a(x)\0; ATTACH 'x.db' AS v"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a(x)\u0001"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a(x \ud800)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a(x DEFAULT ?1)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE TABLE a(x DEFAULT $b('))"),
                Arguments.of(SchemaObject.Type.TABLE, "EXPLAIN CREATE TABLE a(x)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE VIEW a AS SELECT 1"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE INDEX a ON b(x)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE UNIQUE TABLE a(x)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE VIRTUAL TABLE a USING fts5(x); ATTACH 'x.db' AS v"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE VIRTUAL TABLE a USING fts5(x; ATTACH 'x.db' AS v)"),
                Arguments.of(SchemaObject.Type.TABLE, "CREATE VIRTUAL TABLE v.a USING fts5(x)"),
                Arguments.of(SchemaObject.Type.INDEX, "CREATE INDEX a ON b(x); DROP TABLE good"),
                Arguments.of(SchemaObject.Type.INDEX, "CREATE INDEX v.a ON b(x)"),
                Arguments.of(SchemaObject.Type.INDEX, "CREATE INDEX a ON v.b(x)"),
                Arguments.of(SchemaObject.Type.INDEX, "CREATE INDEX c ON b(x)"),
                Arguments.of(SchemaObject.Type.INDEX, "CREATE TABLE a(x)"),
                Arguments.of(SchemaObject.Type.VIEW, "CREATE VIEW a AS DELETE FROM good"),
                Arguments.of(SchemaObject.Type.VIEW, "CREATE VIEW a AS SELECT 1; DELETE FROM good"),
                Arguments.of(SchemaObject.Type.VIEW, "CREATE TEMP VIEW a AS SELECT 1"),
                Arguments.of(
                        SchemaObject.Type.TRIGGER,
                        "CREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT 1; END; DELETE FROM good"),
                Arguments.of(
                        SchemaObject.Type.TRIGGER,
                        "CREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT 1; END; DELETE FROM good; END"),
                Arguments.of(
                        SchemaObject.Type.TRIGGER, "CREATE TRIGGER a AFTER INSERT ON b BEGIN ATTACH 'x.db' AS v; END"),
                Arguments.of(
                        SchemaObject.Type.TRIGGER, "CREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT 1; VACUUM; END"),
                Arguments.of(
                        SchemaObject.Type.TRIGGER,
                        "CREATE TRIGGER a AFTER INSERT ON b WHEN begin; DELETE FROM good; END"),
                Arguments.of(SchemaObject.Type.TRIGGER, "CREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT 1;"),
                Arguments.of(SchemaObject.Type.TRIGGER, "CREATE TRIGGER v.a AFTER INSERT ON b BEGIN SELECT 1; END"),
                Arguments.of(SchemaObject.Type.TRIGGER, "CREATE TEMP TRIGGER a AFTER INSERT ON b BEGIN SELECT 1; END"));
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void everythingElseIsNone(SchemaObject.Type type, String sql) {
        assertThatThrownBy(() -> CreateStatement.stored(type, "a", sql))
                .isInstanceOf(SchemaException.class)
                .hasMessageNotContainingAny("x.db", "good", "load_extension");
    }

    @Test
    void modulesThatMayDoMoreThanCreateAreNotAsked() throws SchemaException {
        for (String module : List.of("csv", "fsdir", "zipfile", "dbstat", "sqlite_dbpage", "unknown", "\"fts5 \"")) {
            assertThat(CreateStatement.of("CREATE VIRTUAL TABLE a USING " + module)
                            .isHarmless())
                    .as(module)
                    .isFalse();
        }
        assertThat(CreateStatement.of("CREATE VIRTUAL TABLE a USING fts4(x, compress=writefile)")
                        .isHarmless())
                .isFalse();
        assertThat(CreateStatement.of("CREATE VIRTUAL TABLE a USING 'FTS5'(x)").isHarmless())
                .isTrue();
    }

    @Test
    void whatCallsFunctionsIsLeftOutAndTheRestStays() throws SchemaException {
        CreateStatement statement =
                CreateStatement.of("CREATE TABLE t(a INT CONSTRAINT k CHECK (\"writefile\"('x', a)) NOT NULL,"
                        + " b DEFAULT (load_extension('x')) UNIQUE, c DEFAULT (1 + abs(2)), d TEXT AS (edit(a)) STORED, e AS (edit(a)),"
                        + " f CHECK (f IN ('(', 1)) CHECK(readfile(f)), CONSTRAINT z CHECK (unknown(a)) UNIQUE (b),"
                        + " CHECK (nosuch(a)), \"check\" VARCHAR(10)) STRICT");
        assertThat(statement.withoutFunctions(Set.of("abs")::contains).replaceAll(" +", " "))
                .isEqualTo("CREATE TABLE t(a INT NOT NULL, b UNIQUE, c DEFAULT (1 + abs(2)), d TEXT ,"
                        + " f CHECK (f IN ('(', 1)) , UNIQUE (b), \"check\" VARCHAR(10)) STRICT");
    }

    /**
     * Whatever the wall lets through SQLite reads as one statement of that object: texts are cut, doubled and mixed, and those that pass run as a
     * script, to the end, beside a table that has to stay as it is.
     */
    @Test
    void whatPassesIsOneStatementToSqliteAsWell() throws SQLException {
        long seed = Long.getLong("fuzz.seed", System.nanoTime());
        Random random = new Random(seed);
        List<String> pieces = new ArrayList<>(ORDINARY);
        hostile().forEach(arguments -> pieces.add((String) arguments.get()[1]));
        pieces.addAll(List.of(
                ";",
                "'",
                "\"",
                "`",
                "[",
                "]",
                "/*",
                "*/",
                "--",
                "\n",
                "(",
                ")",
                " END ",
                " BEGIN ",
                ", ",
                " CASE ",
                "$a('",
                "x'",
                " DELETE FROM witness ",
                ";DROP TABLE witness;",
                "''",
                "\"\"",
                "\ufeff",
                " AS SELECT 1",
                "\r",
                "\f"));
        int passed = 0;
        for (int i = 0; i < COUNT; i++) {
            String sql = mixed(pieces, random);
            CreateStatement statement;
            try {
                statement = CreateStatement.of(sql);
            } catch (SchemaException refused) {
                continue;
            }
            passed++;
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
                    Statement script = connection.createStatement()) {
                script.executeUpdate("CREATE TABLE witness(x); INSERT INTO witness VALUES (1)");
                tryTo(script, statement.sql());
                assertThat((List<?>) Sql.rows(connection, "SELECT x FROM witness"))
                        .as("seed %d: %s", seed, sql)
                        .hasSize(1);
                assertThat((List<?>) Sql.rows(connection, "SELECT name FROM pragma_database_list"))
                        .as("seed %d: %s", seed, sql)
                        .hasSizeLessThanOrEqualTo(2);
                if (statement.isHarmless() && statement.kind() != CreateKind.VIRTUAL_TABLE) {
                    List<String> made = new ArrayList<>();
                    Sql.rows(connection, "SELECT name FROM sqlite_schema WHERE sql IS NOT NULL")
                            .forEach(row -> made.add((String) row.get(0)));
                    assertThat(made)
                            .as("seed %d: %s", seed, sql)
                            .isSubsetOf(List.of(statement.name(), "witness", "sqlite_sequence"));
                }
            }
        }
        assertThat(passed).as("seed %d", seed).isGreaterThan(COUNT / 100);
    }

    /** Not everything that is one statement to the wall is one to SQLite. */
    private static boolean tryTo(Statement script, String sql) {
        try {
            script.executeUpdate(sql);
            return true;
        } catch (SQLException refused) {
            return false;
        }
    }

    private static String mixed(List<String> pieces, Random random) {
        StringBuilder sql = new StringBuilder(ORDINARY.get(random.nextInt(ORDINARY.size())));
        for (int i = random.nextInt(4); i > 0; i--) {
            int at = random.nextInt(sql.length() + 1);
            if (random.nextInt(3) == 0) {
                sql.delete(at, Math.min(sql.length(), at + 1 + random.nextInt(6)));
            } else {
                sql.insert(at, pieces.get(random.nextInt(pieces.size())));
            }
        }
        return sql.toString();
    }
}
