package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damage that SQLite does not call by its name: a plain error, a database that is read-only, or nothing at all. And mistakes that give the same codes. */
class UnnamedDamageTest {
    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void make() throws SQLException {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "CREATE INDEX t_v ON t (v)",
                "INSERT INTO t VALUES (1, 'one'), (2, 'two')",
                "CREATE VIRTUAL TABLE f USING fts5 (x)",
                "INSERT INTO f VALUES ('alpha beta'), ('gamma')");
    }

    private void overwrite(int at, int... values) throws Exception {
        byte[] bytes = Files.readAllBytes(database);
        for (int i = 0; i < values.length; i++) {
            bytes[at + i] = (byte) values[i];
        }
        Files.write(database, bytes);
    }

    private void usesEverything(String... urls) throws SQLException {
        for (String url : urls) {
            try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database + url)) {
                assertThat(Sql.rows(connection, "SELECT rowid FROM f WHERE f MATCH 'alpha'"))
                        .hasSize(1);
                Sql.run(connection, "INSERT OR REPLACE INTO t VALUES (3, 'three')");
                assertThat(Sql.value(connection, "SELECT count(*) FROM t WHERE v IN ('one', 'two', 'three')"))
                        .isEqualTo(3);
                assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            }
        }
    }

    @ParameterizedTest(name = "byte {0} is {1}")
    @CsvSource({"19, 3", "19, 255", "18, 0", "19, 0", "21, 0", "22, 99", "44, 9", "47, 9", "56, 7", "59, 9"})
    void aByteOfTheHeaderIsHealed(int at, int value) throws Exception {
        overwrite(at, value);
        usesEverything("?healing.checkAtOpen=off", "");
    }

    /** A connection goes by the write version that it has read first: it gets SQLite's exception, and the next one writes. */
    @ParameterizedTest
    @ValueSource(ints = {3, 255})
    void aWriteVersionThatIsNoneIsHealedForTheNextConnection(int version) throws Exception {
        overwrite(18, version);
        try (Connection connection =
                DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?healing.checkAtOpen=off")) {
            Throwable first = catchThrowable(() -> Sql.run(connection, "INSERT INTO t VALUES (3, 'three')"));
            assertThat(first == null || first.getMessage().contains("SQLITE_READONLY"))
                    .isTrue();
        }
        usesEverything("");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE f_config SET v = 99 WHERE k = 'version'",
                "DELETE FROM f_config",
                "DELETE FROM f_data",
                "DELETE FROM f_idx"
            })
    void aFullTextIndexWhoseOwnTablesAreDamagedIsHealed(String damage) throws Exception {
        Sql.runElsewhere(database, "PRAGMA writable_schema = on", damage);
        usesEverything("?healing.checkAtOpen=off", "");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE VIRTUAL TABLE g USING fts5 ()",
                "CREATE VIRTUAL TABLE g USING fts5 (a, nothing = 1)",
                "CREATE VIRTUAL TABLE g USING rtree (a)",
                "INSERT INTO f (f) VALUES ('nothing')",
                "SELECT * FROM f WHERE f MATCH 'AND'",
                "CREATE TABLE u (",
                "SELEC 1"
            })
    void aMistakeOfTheApplicationsStaysItsOwn(String mistake) throws Exception {
        Throwable plain = catchThrowable(() -> Sql.runElsewhere(database, mistake));
        assertThat(plain).isNotNull();
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Throwable here = catchThrowable(() -> Sql.run(connection, mistake));
            assertThat(here).hasMessage(plain.getMessage());
            assertThat(here.getSuppressed()).isEmpty();
            assertThat(Healing.of(connection).history(5)).isEmpty();
        }
        assertThat(directory.resolve("app.db.healing")).doesNotExist();
    }
}
