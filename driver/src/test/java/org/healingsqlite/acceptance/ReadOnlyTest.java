package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Read-only in every spelling that SQLite, sqlite-jdbc and the file system have: nothing is written, neither to the database nor beside it. */
class ReadOnlyTest {
    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void create() throws SQLException {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + Damage.PAGE,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
                        + " INSERT INTO t SELECT i, hex(randomblob(30)) FROM n");
    }

    private String url(String query) {
        return "jdbc:healing:sqlite:file:" + database.toAbsolutePath() + "?" + query;
    }

    private Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(directory.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return files;
    }

    private void assertUntouched(Map<String, byte[]> before, String as) throws IOException {
        Map<String, byte[]> after = files();
        assertThat(after.keySet()).as(as).isEqualTo(before.keySet());
        before.forEach((name, bytes) ->
                assertThat(after.get(name)).as(as + ": " + name).isEqualTo(bytes));
    }

    private static void meetDamage(Connection connection) {
        assertThatThrownBy(() -> Sql.value(connection, "SELECT sum(length(v)) FROM t"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("SQLITE_CORRUPT");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mode=ro",
                "immutable=1",
                "mode=ro&immutable=1",
                "cache=private&mode=r%6f",
                "immutable=true",
                "%69mmutable=on",
                "open_mode=1",
                "OPEN_MODE=65",
                "busy_timeout=100&mode=ro"
            })
    void damageIsLeftToSqliteThroughAUrlThatIsReadOnly(String query) throws Exception {
        Damage.LEAVES.on(database, new Random(1));
        Map<String, byte[]> before = files();
        try (Connection connection = DriverManager.getConnection(url(query))) {
            meetDamage(connection);
        }
        assertUntouched(before, query);
    }

    @Test
    void damageIsLeftToSqliteThroughPropertiesThatAreReadOnly() throws Exception {
        Damage.LEAVES.on(database, new Random(2));
        Map<String, byte[]> before = files();
        Properties properties = new Properties();
        properties.setProperty("open_mode", "1");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database, properties)) {
            meetDamage(connection);
        }
        assertUntouched(before, "open_mode");
    }

    @Test
    void damageIsLeftToSqliteWhereTheConnectionWasToldNotToWrite() throws Exception {
        Damage.LEAVES.on(database, new Random(3));
        Map<String, byte[]> before = files();
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Sql.run(connection, "PRAGMA query_only = 1");
            meetDamage(connection);
        }
        assertUntouched(before, "query_only");
    }

    @Test
    void aFileThatNobodyMayWriteToIsNotHealedAlthoughAnAdministratorCould() throws Exception {
        Damage.LEAVES.on(database, new Random(4));
        Map<String, byte[]> before = files();
        assertThat(database.toFile().setReadOnly()).isTrue();
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            meetDamage(connection);
        }
        assertUntouched(before, "write-protected");
    }

    @Test
    void whatIsMissingIsNotAddedThroughAReadOnlyConnection() throws Exception {
        Path schema =
                Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE missing (id INTEGER PRIMARY KEY);");
        Map<String, byte[]> before = files();
        for (String query : new String[] {"mode=ro", "immutable=1", "open_mode=1"}) {
            try (Connection connection = DriverManager.getConnection(
                    url(query + "&healing.schema=" + schema.toString().replace('\\', '/')))) {
                assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM missing"))
                        .hasMessageContaining("no such table: missing");
            }
            assertUntouched(before, query);
        }
    }

    @Test
    void aNameThatOnlyLooksReadOnlyIsHealed() throws Exception {
        Path odd = directory.resolve("mode=ro.db");
        Files.move(database, odd);
        Damage.LEAVES.on(odd, new Random(5));
        byte[] before = Files.readAllBytes(odd);
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + odd)) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isNotNull();
        }
        assertThat(Files.readAllBytes(odd)).isNotEqualTo(before);
    }
}
