package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Virtual tables with a tokenizer or of a module that only the application knows, beside a table that is damaged: their rows in the schema and all that they keep in
 * tables of their own stay, byte for byte.
 */
class UnknownModulesTest {
    private static final int PAGE = 1024;
    private static final int ROWS = 300;

    @TempDir
    Path directory;

    /** A virtual table {@code f}, made with what SQLite knows; then the name in its statement is changed. */
    enum Kind {
        FTS5("CREATE VIRTUAL TABLE f USING fts5(x, tokenize='porter unicode61')", "unicode61", "own_words"),
        FTS5_CONTENTLESS("CREATE VIRTUAL TABLE f USING fts5(x, content='', tokenize='unicode61')", "unicode61", "own"),
        FTS5_EXTERNAL(
                "CREATE VIRTUAL TABLE f USING fts5(a, content='plain', content_rowid='id', tokenize='unicode61')",
                "unicode61",
                "own"),
        FTS4("CREATE VIRTUAL TABLE f USING fts4(x, tokenize=porter)", "porter", "mozporter"),
        FTS3("CREATE VIRTUAL TABLE f USING fts3(x, tokenize=simple)", "simple", "icu"),
        FTS4_WITHOUT_ITS_CONTENT(
                "CREATE VIRTUAL TABLE f USING fts4(a, content=plain)", "content=plain", "content=gone"),
        FTS5_WITHOUT_ITS_CONTENT(
                "CREATE VIRTUAL TABLE f USING fts5(a, content='plain', content_rowid='id')",
                "content='plain'",
                "content='gone'"),
        MODULE("CREATE VIRTUAL TABLE f USING fts5(x)", "fts5", "own_module"),
        MODULE_OF_RTREE("CREATE VIRTUAL TABLE f USING rtree(id, low, high)", "rtree", "geometry_index");

        final String statement;
        final String known;
        final String unknown;

        Kind(String statement, String known, String unknown) {
            this.statement = statement;
            this.known = known;
            this.unknown = unknown;
        }

        String insertion() {
            return switch (this) {
                case MODULE_OF_RTREE -> "INSERT INTO f SELECT id, id, id + 1 FROM plain";
                case FTS5_EXTERNAL, FTS4_WITHOUT_ITS_CONTENT, FTS5_WITHOUT_ITS_CONTENT ->
                    "INSERT INTO f(rowid, a) SELECT id, a FROM plain";
                case FTS5, FTS5_CONTENTLESS, FTS4, FTS3, MODULE ->
                    "INSERT INTO f(rowid, x) SELECT id, 'title ' || id FROM plain";
            };
        }
    }

    private Path make(Kind kind) throws SQLException {
        Path database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + PAGE,
                "CREATE TABLE plain(id INTEGER PRIMARY KEY, a TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                        + ") INSERT INTO plain SELECT i, 'plain text number ' || i FROM n",
                kind.statement,
                kind.insertion(),
                "PRAGMA writable_schema = on",
                "UPDATE sqlite_schema SET sql = replace(sql, '" + kind.known.replace("'", "''") + "', '"
                        + kind.unknown.replace("'", "''") + "') WHERE name = 'f'");
        return database;
    }

    private static List<List<Object>> kept(Path database) throws SQLException {
        List<List<Object>> all = new ArrayList<>(
                Sql.rowsElsewhere(database, "SELECT type, name, sql FROM sqlite_schema ORDER BY rootpage = 0, name"));
        for (List<Object> table : Sql.rowsElsewhere(
                database, "SELECT name FROM sqlite_schema WHERE name LIKE 'f!_%' ESCAPE '!' AND type = 'table'")) {
            String columns = String.join(
                    ", ",
                    Sql.rowsElsewhere(
                                    database,
                                    "SELECT 'hex(\"' || name || '\")' FROM pragma_table_info('" + table.get(0) + "')")
                            .stream()
                            .map(row -> (String) row.get(0))
                            .toList());
            all.addAll(Sql.rowsElsewhere(database, "SELECT " + columns + " FROM \"" + table.get(0) + "\""));
        }
        return all;
    }

    private static void wipeLeafOf(Path database, String table) throws Exception {
        List<List<Object>> leaves = Sql.rowsElsewhere(
                database, "SELECT pageno FROM dbstat WHERE name = '" + table + "' AND pagetype = 'leaf' ORDER BY path");
        int at = (((Number) leaves.get(leaves.size() / 2).get(0)).intValue() - 1) * PAGE;
        byte[] bytes = Files.readAllBytes(database);
        Arrays.fill(bytes, at, at + PAGE, (byte) 0);
        Files.write(database, bytes);
    }

    @ParameterizedTest
    @EnumSource
    void aHealOfAnotherTableLeavesThemAsTheyAre(Kind kind) throws Exception {
        Path database = make(kind);
        List<List<Object>> before = kept(database);
        wipeLeafOf(database, "plain");

        Outcome outcome = Healing.of(database, new Properties()).heal();

        assertThat(outcome).isInstanceOf(Outcome.Healed.class);
        assertThat(kept(database)).containsExactlyElementsOf(before);
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM plain")
                        .get(0)
                        .get(0))
                .isEqualTo(265);
        assertThat(Healing.of(database, new Properties()).heal()).isInstanceOf(Outcome.Healthy.class);
    }

    /** The connection has learned their statements, none of which it can run. */
    @ParameterizedTest
    @EnumSource
    void aConnectionThatMeetsTheDamageLeavesThemAsTheyAre(Kind kind) throws Exception {
        Path database = make(kind);
        List<List<Object>> before = kept(database);
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM sqlite_schema"))
                    .isNotNull();
            wipeLeafOf(database, "plain");
            assertThat(Sql.value(connection, "SELECT count(a) FROM plain")).isEqualTo(265);
        }
        assertThat(kept(database)).containsExactlyElementsOf(before);
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsFoundWhereNothingIsDamaged(Kind kind) throws Exception {
        Path database = make(kind);
        byte[] before = Files.readAllBytes(database);

        assertThat(Healing.of(database, new Properties()).heal()).isInstanceOf(Outcome.Healthy.class);
        try (Connection connection =
                DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?healing.checkAtOpen=full")) {
            assertThat(Sql.rows(connection, "SELECT count(*) FROM plain")).containsExactly(List.of(ROWS));
        }
        assertThat(Files.readAllBytes(database)).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource(names = "MODULE_OF_RTREE", mode = EnumSource.Mode.EXCLUDE)
    void damageInTheirOwnTablesIsToldAndCostsNoOther(Kind kind) throws Exception {
        Path database = make(kind);
        List<List<Object>> plain = Sql.rowsElsewhere(database, "SELECT * FROM plain");
        wipeLeafOf(database, kind == Kind.FTS4 || kind == Kind.FTS3 ? "f_segments" : "f_docsize");

        Outcome outcome = Healing.of(database, new Properties()).heal();

        assertThat(outcome).isInstanceOf(Outcome.Healed.class);
        assertThat(Sql.rowsElsewhere(database, "SELECT * FROM plain")).isEqualTo(plain);
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'f'"))
                .containsExactly(List.of(1));
        String told = Healing.of(database, new Properties()).history(1).get(0).steps()
                + outcome.loss().explanation();
        assertThat(told).containsAnyOf("VALUES ('rebuild')", "virtual table f keeps what it has in f_");
    }
}
