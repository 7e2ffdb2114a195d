package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Planted;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A side directory that somebody else can have made or changed is not believed; one that is ours is private; and what comes back belongs to whom it belonged. */
@DisabledOnOs(OS.WINDOWS)
class SideDirectoryAcceptanceTest {
    private static final Pattern SAVED = Pattern.compile("was copied to (\\S+),");

    @TempDir
    Path directory;

    private Path database;
    private Path side;

    @BeforeEach
    void nameTheDatabase() {
        database = directory.resolve("app.db");
        side = Path.of(database + ".healing");
    }

    private Connection open(String options) throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database + options);
    }

    /** Ways in which a side directory is not this database's own. */
    enum Foreign {
        EVERYBODY_MAY_WRITE {
            @Override
            void plant(Path side, Path elsewhere) throws IOException {
                Files.createDirectory(side);
                Planted.chmod(side, "rwxrwxrwx");
            }
        },
        ITS_GROUP_MAY_WRITE {
            @Override
            void plant(Path side, Path elsewhere) throws IOException {
                Files.createDirectory(side);
                Planted.chmod(side, "rwxrwx---");
            }
        },
        ANOTHER_USERS {
            @Override
            void plant(Path side, Path elsewhere) throws IOException {
                Files.createDirectory(side);
                Planted.chmod(side, "rwx------");
                Planted.give(side, Planted.STRANGER);
            }
        },
        A_LINK {
            @Override
            void plant(Path side, Path elsewhere) throws IOException {
                Planted.chmod(Files.createDirectory(elsewhere), "rwx------");
                Files.createSymbolicLink(side, elsewhere);
            }
        },
        A_FILE {
            @Override
            void plant(Path side, Path elsewhere) throws IOException {
                Files.createFile(side);
            }
        },
        A_LINK_INSIDE {
            @Override
            void plant(Path side, Path elsewhere) throws IOException {
                Planted.chmod(Files.createDirectory(side), "rwx------");
                Files.createSymbolicLink(side.resolve("incidents.db"), elsewhere);
            }
        },
        OF_A_NEWER_RELEASE {
            @Override
            void plant(Path side, Path elsewhere) throws IOException {
                Planted.chmod(Files.createDirectory(side), "rwx------");
                Files.writeString(side.resolve("version"), "2\n");
            }
        };

        abstract void plant(Path side, Path elsewhere) throws IOException;
    }

    private void plant(Foreign foreign) throws IOException {
        assumeTrue(
                foreign != Foreign.ANOTHER_USERS || Planted.isAdministrator(),
                "only the administrator can make another user's directory");
        foreign.plant(side, directory.resolve("elsewhere"));
    }

    private List<String> sideAsItIs() throws IOException {
        List<String> all = new ArrayList<>();
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path each : walk.sorted().toList()) {
                if (each.startsWith(side) || each.startsWith(directory.resolve("elsewhere"))) {
                    all.add(each + " " + Planted.mode(each) + " "
                            + Files.getLastModifiedTime(each, LinkOption.NOFOLLOW_LINKS));
                }
            }
        }
        return all;
    }

    private void create(Connection connection) throws SQLException {
        Sql.run(
                connection,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
                        + " INSERT INTO t SELECT i, hex(randomblob(200)) FROM n");
    }

    /** Such that the connection meets it. */
    private void damage(Connection connection) throws Exception {
        Sql.run(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        Damage.LEAVES.on(database, new Random(7));
        Sql.run(connection, "PRAGMA shrink_memory");
    }

    private static List<String> warnings(LogCapture log) {
        return log.at(Level.WARN).stream()
                .filter(line -> line.contains("side directory"))
                .toList();
    }

    @ParameterizedTest
    @EnumSource(Foreign.class)
    void aHealthyApplicationRunsAndDamageIsLeftToSqlite(Foreign foreign) throws Exception {
        plant(foreign);
        List<String> before = sideAsItIs();
        try (LogCapture log = new LogCapture()) {
            try (Connection connection = open("")) {
                create(connection);
                Sql.run(connection, "DELETE FROM t WHERE id = 1");
                assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(399);
            }
            Damage.LEAVES.on(database, new Random(7));
            byte[] damaged = Files.readAllBytes(database);
            for (int attempt = 1; attempt <= 2; attempt++) {
                try (Connection connection = open("")) {
                    assertThatThrownBy(() -> Sql.rows(connection, "SELECT v FROM t"))
                            .isInstanceOf(SQLException.class)
                            .hasMessageContaining("malformed");
                }
            }
            assertThat(Arrays.equals(Files.readAllBytes(database), damaged))
                    .as("nothing is written to the database")
                    .isTrue();
            assertThat(sideAsItIs()).as("nothing is touched").isEqualTo(before);
            assertThat(warnings(log)).singleElement().asString().contains(database.toString(), side.toString());
        }
    }

    @ParameterizedTest
    @EnumSource(Foreign.class)
    void theLastCopyOfADeletedFileIsSavedElsewhere(Foreign foreign) throws Exception {
        try (LogCapture log = new LogCapture()) {
            try (Connection connection = open("?journal_mode=WAL")) {
                create(connection);
                plant(foreign);
                List<String> before = sideAsItIs();
                for (String suffix : List.of("", "-wal", "-shm")) {
                    Files.deleteIfExists(Path.of(database + suffix));
                }
                await().until(() -> saved(log).isPresent());
                Sql.run(connection, "INSERT INTO t VALUES (1000, 'after')");
                connection.close();
                assertThat(database).as("nothing is put to the path").doesNotExist();
                assertThat(sideAsItIs()).as("nothing is touched").isEqualTo(before);
            }
            Path copy = saved(log).orElseThrow();
            assertThat(Sql.rowsElsewhere(copy, "SELECT count(*), max(id) FROM t"))
                    .containsExactly(List.of(401, 1000));
            assertThat(Planted.mode(copy)).isEqualTo("rw-------");
            assertThat(Planted.mode(copy.getParent())).isEqualTo("rwx------");
            assertThat(warnings(log)).hasSize(1);
        }
    }

    /** A file system gives the number of a deleted file to the next one: two lost files must not share a last copy. */
    @Test
    void eachOfSeveralLostFilesHasALastCopyOfItsOwn() throws Exception {
        plant(Foreign.values()[0]);
        List<Path> copies = new ArrayList<>();
        for (int round = 1; round <= 4; round++) {
            try (LogCapture log = new LogCapture();
                    Connection connection = open("?journal_mode=WAL")) {
                create(connection);
                Sql.run(connection, "DELETE FROM t WHERE id > " + round);
                for (String suffix : List.of("", "-wal", "-shm")) {
                    Files.deleteIfExists(Path.of(database + suffix));
                }
                await().until(() -> saved(log).isPresent());
                connection.close();
                copies.add(saved(log).orElseThrow());
            }
        }
        for (int round = 1; round <= copies.size(); round++) {
            assertThat(Sql.rowsElsewhere(copies.get(round - 1), "SELECT max(id) FROM t"))
                    .as("loss %d of %s", round, copies)
                    .containsExactly(List.of(round));
        }
    }

    /** The newest one that the log names. */
    private static Optional<Path> saved(LogCapture log) {
        return log.at(Level.ERROR).stream()
                .map(SAVED::matcher)
                .filter(Matcher::find)
                .map(found -> Path.of(found.group(1)))
                .reduce((earlier, later) -> later);
    }

    @Test
    void aDatabaseThatWasPlantedDoesNotComeToThePath() throws Exception {
        Path quarantine = Files.createDirectories(side.resolve("quarantine"));
        Path copy = quarantine.resolve("app_rescued_0123ab_20261121_101112.db");
        Sql.runElsewhere(
                copy, "CREATE TABLE users (name, role)", "INSERT INTO users VALUES ('intruder', 'administrator')");
        Files.writeString(side.resolve("rescues"), "1:2\t2030-01-01T00:00:00Z\ttrue\t" + copy.getFileName() + "\n");
        Planted.chmod(side, "rwxrwxrwx");
        try (Connection connection = open("")) {
            Sql.run(connection, "CREATE TABLE IF NOT EXISTS users (name, role)");
            assertThat(Sql.value(connection, "SELECT count(*) FROM users")).isEqualTo(0);
        }
        assertThat(copy).exists();
    }

    /** Somebody who may write to the directory at some time has named a file of ours in the log of rescues. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"../../secret.db", "app_rescued_0123ab_20261121_101112.db"})
    void aFileFromElsewhereDoesNotComeToThePath(String name) throws Exception {
        Path secret = directory.resolve("secret.db");
        Sql.runElsewhere(secret, "CREATE TABLE secrets (x)");
        Path quarantine = Files.createDirectories(side.resolve("quarantine"));
        Planted.chmod(quarantine, "rwx------");
        Planted.chmod(side, "rwx------");
        if (!name.contains("/")) {
            Files.createSymbolicLink(quarantine.resolve(name), secret);
        }
        Files.writeString(side.resolve("rescues"), "1:2\t2030-01-01T00:00:00Z\ttrue\t" + name + "\n");
        Planted.chmod(side.resolve("rescues"), "rw-------");
        try (Connection connection = open("")) {
            Sql.run(connection, "CREATE TABLE own (x)");
            assertThat(Sql.rows(connection, "SELECT name FROM sqlite_master")).containsExactly(List.of("own"));
        }
        assertThat(Sql.rowsElsewhere(secret, "SELECT name FROM sqlite_master")).containsExactly(List.of("secrets"));
    }

    @Test
    void aLogOfIncidentsThatRunsCodeIsPutAsideAndNotRun() throws Exception {
        Files.createDirectory(side);
        Planted.chmod(side, "rwx------");
        Path log = side.resolve("incidents.db");
        Sql.runElsewhere(
                log,
                "CREATE TABLE incidents (id TEXT PRIMARY KEY, started_at, elapsed_ms, process, database, fault, diagnosis, steps, outcome, explanation,"
                        + " rows_lost, loss)",
                "CREATE TABLE proof (x)",
                "CREATE TRIGGER run AFTER INSERT ON incidents BEGIN INSERT INTO proof VALUES ('run'); END");
        try (Connection connection = open("")) {
            create(connection);
            assertThatThrownBy(() -> Healing.of(connection).history(1))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining(
                            "expected the table incidents, its indexes and the view error_events, found another");
            damage(connection);
            assertThat(Sql.value(connection, "SELECT count(v) FROM t")).isNotNull();
            assertThat(Healing.of(connection).history(9)).hasSize(1);
        }
        try (Stream<Path> kept = Files.list(side.resolve("quarantine"))) {
            Path aside = kept.filter(path -> path.getFileName().toString().startsWith("incidents_corrupted"))
                    .findFirst()
                    .orElseThrow();
            assertThat(Sql.rowsElsewhere(aside, "SELECT * FROM proof")).isEmpty();
            assertThat(Planted.mode(aside)).isEqualTo("rw-------");
        }
    }

    @Test
    void everythingInTheSideDirectoryIsItsOwnersAlone() throws Exception {
        List<String> open = new ArrayList<>();
        try (Connection connection = open("?journal_mode=WAL")) {
            create(connection);
            Healing.of(connection).addListener(new org.healingsqlite.incident.IncidentListener() {
                @Override
                public void ended(org.healingsqlite.incident.Incident incident) {
                    look();
                }

                @Override
                public void progressed(Path of, String step) {
                    look();
                }

                private void look() {
                    try {
                        open.addAll(notPrivate());
                    } catch (IOException vanishing) {
                        open.add(vanishing.toString());
                    }
                }
            });
            damage(connection);
            assertThat(Sql.value(connection, "SELECT count(v) FROM t")).isNotNull();
            for (String suffix : List.of("", "-wal", "-shm")) {
                Files.deleteIfExists(Path.of(database + suffix));
            }
            await().until(() -> Files.exists(database));
            assertThat(Sql.rows(connection, "SELECT v FROM t")).isNotEmpty();
            await().until(() -> Healing.of(connection).history(9).size() == 2);
        }
        assertThat(open).isEmpty();
        assertThat(notPrivate()).isEmpty();
        assertThat(side.resolve("version")).hasContent("1\n");
    }

    private List<String> notPrivate() throws IOException {
        List<String> found = new ArrayList<>();
        if (Files.exists(side)) {
            Planted.each(side, each -> {
                String mode = Planted.mode(each);
                if (!mode.endsWith("------")) {
                    found.add(each + " " + mode);
                }
            });
        }
        return found;
    }

    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void whatComesBackBelongsToWhomItBelongedWhenItWent(String mode) throws Exception {
        assumeTrue(Planted.isAdministrator(), "only the administrator can give files to another user");
        try (Connection connection = open("?journal_mode=" + mode)) {
            create(connection);
            // After it was opened, and nobody has looked since.
            Files.setAttribute(database, "unix:uid", 4321);
            Files.setAttribute(database, "unix:gid", 1234);
            Planted.chmod(database, "rw-rw-r--");
            for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
                Files.deleteIfExists(Path.of(database + suffix));
            }
            await().until(() -> Files.exists(database) && Files.size(database) > 0);
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(400);
            assertOwned(database);
            Sql.run(connection, "INSERT INTO t VALUES (1000, 'after')");
            for (String suffix : List.of("-wal", "-shm")) {
                if (Files.exists(Path.of(database + suffix))) {
                    assertOwned(Path.of(database + suffix));
                }
            }
            // SQLite gives a journal away once it has made it.
            await().untilAsserted(() -> Planted.each(side, each -> {
                assertThat(Files.getAttribute(each, "unix:gid"))
                        .as("group of %s", each)
                        .isEqualTo(1234);
                assertThat(Files.getAttribute(each, "unix:uid"))
                        .as("owner of %s", each)
                        .isEqualTo(4321);
                boolean isDirectory = Files.isDirectory(each);
                assertThat(Planted.mode(each)).as("%s", each).isEqualTo(isDirectory ? "rwxrwx---" : "rw-rw----");
            }));
        }
    }

    private static void assertOwned(Path file) throws IOException {
        assertThat(Files.getAttribute(file, "unix:uid")).as("owner of %s", file).isEqualTo(4321);
        assertThat(Files.getAttribute(file, "unix:gid")).as("group of %s", file).isEqualTo(1234);
        assertThat(Planted.mode(file)).as("permissions of %s", file).isEqualTo("rw-rw-r--");
    }

    @Test
    void whatIsRestoredInPlaceBelongsToWhomItBelonged() throws Exception {
        assumeTrue(Planted.isAdministrator(), "only the administrator can give files to another user");
        try (Connection connection = open("?journal_mode=WAL")) {
            create(connection);
            Files.setAttribute(database, "unix:uid", 4321);
            Files.setAttribute(database, "unix:gid", 1234);
            Planted.chmod(database, "rw-rw-r--");
            damage(connection);
            assertThat(Sql.value(connection, "SELECT count(v) FROM t")).isNotNull();
            assertOwned(database);
        }
        assertOwned(database);
    }

    /** Nobody had it open when it went: what is created in its place is as private as it was. */
    @Test
    void aDatabaseThatIsCreatedAnewIsAsPrivateAsTheOneThatWent() throws Exception {
        try (Connection connection = open("")) {
            create(connection);
            Planted.chmod(database, "rw-------");
        }
        try (Connection connection = open("")) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(400);
        }
        Files.delete(database);
        try (Connection connection = open("")) {
            Sql.run(connection, "INSERT INTO t VALUES (1, 'new')");
        }
        assertThat(Planted.mode(database)).isEqualTo("rw-------");
    }

    @Test
    void aProcessThatDiesBeforeItHasPutTheContentBackLeavesItsOwnershipToTheNext() throws Exception {
        Path quarantine = side.resolve("quarantine");
        try (OtherJvm other = OtherJvm.start()) {
            assertThat(other.ask("open c jdbc:healing:sqlite:" + database + "?journal_mode=WAL"))
                    .startsWith("ok");
            assertThat(other.ask("run c CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"))
                    .startsWith("ok");
            assertThat(other.ask("run c INSERT INTO t VALUES (1, 'a')")).startsWith("ok");
            Planted.chmod(database, "rw-r--r--");
            for (String suffix : List.of("", "-wal", "-shm")) {
                Files.deleteIfExists(Path.of(database + suffix));
            }
            await().pollInterval(java.time.Duration.ofMillis(1))
                    .until(() -> Files.exists(database)
                            || Files.exists(side.resolve("rescues"))
                                    && Files.readString(side.resolve("rescues")).contains("true"));
            other.kill();
        }
        try (Connection connection = open("")) {
            assertThat(Sql.rows(connection, "SELECT id FROM t")).containsExactly(List.of(1));
        }
        assertThat(Planted.mode(database)).isEqualTo("rw-r--r--");
        assertThat(quarantine).isDirectory();
    }
}
