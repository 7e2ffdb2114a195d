package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.Healing;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveExport;
import org.healingsqlite.archive.ArchiveRestore;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A file chooses the names of its objects. None that it can choose has its own object run, or read, in the place of what this library means. */
class HostileNamesTest {
    private static final String ROWS =
            "INSERT INTO good SELECT value, 'row ' || value FROM json_each('[' || (WITH RECURSIVE n(i) AS (SELECT 1"
                    + " UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT group_concat(i) FROM n) || ']')";

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void makeDatabase() throws Exception {
        database = directory.resolve("app.db");
        Sql.runElsewhere(database, "CREATE TABLE good (id INTEGER PRIMARY KEY, v TEXT)", ROWS);
    }

    private String url() {
        return "jdbc:healing:sqlite:" + database;
    }

    private List<List<Object>> good(Path file) throws Exception {
        return Sql.rowsElsewhere(file, "SELECT count(*), sum(id) FROM good");
    }

    private void assertGood(Path file) throws Exception {
        assertThat((List<?>) good(file)).isEqualTo(List.of(List.of(1000, 500_500)));
    }

    // ---- Triggers on tables that only a virtual table writes

    /** The full-text table's index is damaged, its texts are whole. */
    private void makeFullText(String module, String shadow) throws Exception {
        String damage = module.equals("fts5")
                ? "UPDATE ft_data SET block = x'0102030405' WHERE id > 10"
                : "UPDATE ft_segdir SET root = x'00'";
        Sql.runElsewhere(
                database,
                "CREATE VIRTUAL TABLE ft USING " + module + "(v)",
                "INSERT INTO ft (v) SELECT v FROM good",
                damage,
                "PRAGMA writable_schema = ON",
                "INSERT INTO sqlite_schema VALUES ('trigger', 'onInsert', '" + shadow + "', 0,"
                        + " 'CREATE TRIGGER onInsert AFTER INSERT ON " + shadow + " BEGIN DELETE FROM good; END')",
                "INSERT INTO sqlite_schema VALUES ('trigger', 'onDelete', '" + shadow + "', 0,"
                        + " 'CREATE TRIGGER onDelete AFTER DELETE ON " + shadow + " BEGIN DELETE FROM good; END')");
    }

    @ParameterizedTest
    @CsvSource({
        "fts5, ft_docsize",
        "fts5, ft_idx",
        "fts5, ft_config",
        "fts5, FT_data",
        "fts4, ft_segdir",
        "fts4, ft_segments",
        "fts4, ft_stat",
        "fts4, ft_docsize",
        "fts3, ft_segdir"
    })
    void triggersOnShadowTablesDoNotRun(String module, String shadow) throws Exception {
        makeFullText(module, shadow);
        try (Connection connection = DriverManager.getConnection(url())) {
            Healing.of(connection).heal();
        }
        assertGood(database);
    }

    /** The application's own index is built anew as before where nothing of the file runs. */
    @Test
    void aFullTextIndexWithoutSuchTriggersIsBuiltAnew() throws Exception {
        makeFullText("fts5", "ft_docsize");
        Sql.runElsewhere(
                database,
                "DROP TRIGGER onInsert",
                "DROP TRIGGER onDelete",
                "CREATE TABLE noted (id)",
                "CREATE TRIGGER onGood AFTER INSERT ON good BEGIN INSERT INTO noted VALUES (new.id); END");
        try (Connection connection = DriverManager.getConnection(url())) {
            assertThat(Healing.of(connection).heal())
                    .isInstanceOfSatisfying(
                            Outcome.Healed.class,
                            healed -> assertThat(healed.explanation()).contains("built full-text indexes anew: ft"));
            assertThat(Sql.value(connection, "SELECT count(*) FROM ft WHERE ft MATCH 'row'"))
                    .isEqualTo(1000);
        }
        assertGood(database);
    }

    // ---- Views and tables that have the name of a PRAGMA read as a table

    /** Without the table {@code good}. */
    private void makeView(String name, String query) throws Exception {
        Sql.runElsewhere(
                database,
                "PRAGMA writable_schema = ON",
                "INSERT INTO sqlite_schema VALUES ('view', '" + name + "', '" + name + "', 0, 'CREATE VIEW " + name
                        + " AS " + query.replace("'", "''") + "')");
    }

    private Path export() throws Exception {
        Path archive = directory.resolve("archive");
        Properties inner = new Properties();
        inner.setProperty("healing.inner", "true");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database, inner)) {
            ArchiveExport.of(connection).into(archive, ProgressListener.NONE);
        }
        return archive;
    }

    @Test
    void aViewNamedAsATableOfPragmaHidesNoTableFromAnArchive() throws Exception {
        makeView(
                "pragma_table_list",
                "SELECT 'main' AS schema, 'other' AS name, 'table' AS type, 1 AS ncol, 0 AS wr, 0 AS strict");
        Path copy = directory.resolve("copy.db");
        ArchiveRestore.of(Archive.open(export())).into(copy, ProgressListener.NONE);
        assertGood(copy);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pragma_table_list",
                "pragma_table_xinfo",
                "pragma_table_info",
                "pragma_index_list",
                "pragma_index_info",
                "pragma_index_xinfo",
                "pragma_foreign_key_list",
                "pragma_foreign_key_check",
                "pragma_function_list",
                "pragma_database_list"
            })
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aViewWithoutAnEndThatHasTheNameOfAPragmaIsNotRun(String name) throws Exception {
        makeView(
                name,
                "WITH RECURSIVE n(name) AS (SELECT 1 UNION ALL SELECT name + 1 FROM n) SELECT name, name AS type, 0 AS wr, 0 AS strict,"
                        + " 'main' AS schema FROM n");
        try (Connection connection = DriverManager.getConnection(url())) {
            Sql.run(connection, "INSERT INTO good VALUES (5000, 'later')", "DELETE FROM good WHERE id = 5000");
            Healing.of(connection).check();
        }
        assertGood(database);
        Path output = directory.resolve("salvaged.db");
        Salvage.of(database).into(output);
        assertGood(output);
        export();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pragma_table_list",
                "pragma_table_xinfo",
                "pragma_index_list",
                "pragma_index_xinfo",
                "pragma_database_list",
                "dbstat",
                "json_each"
            })
    void aTableWithSuchANameIsATableLikeAnyOther(String name) throws Exception {
        Sql.runElsewhere(
                database,
                "CREATE TABLE " + name + " (id INTEGER PRIMARY KEY, note TEXT UNIQUE)",
                "INSERT INTO " + name + " VALUES (1, 'a note'), (2, 'another')",
                "CREATE INDEX byNote ON " + name + " (note)");
        List<List<Object>> before = Sql.rowsElsewhere(database, "SELECT * FROM " + name);

        try (Connection connection = DriverManager.getConnection(url())) {
            assertThat((List<?>) Sql.rows(connection, "SELECT * FROM " + name)).isEqualTo(before);
        }
        Path output = directory.resolve("salvaged.db");
        Salvage.of(database).into(output);
        Path copy = directory.resolve("copy.db");
        ArchiveRestore.of(Archive.open(export())).into(copy, ProgressListener.NONE);
        List<Path> files = new ArrayList<>(List.of(output, copy));
        for (Path file : files) {
            assertGood(file);
            assertThat((List<?>) Sql.rowsElsewhere(file, "SELECT * FROM " + name))
                    .as("%s", file)
                    .isEqualTo(before);
        }
        assertThat(Files.exists(Path.of(database + ".healing"))).as("healthy").isFalse();
    }
}
