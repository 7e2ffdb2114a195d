package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.DefaultAcl;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.OtherUser;
import org.healingsqlite.testkit.Planted;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real processes of several users on one database. Needs an administrator, who can start them. */
@EnabledOnOs(OS.LINUX)
class SecondUserTest {
    private static final OtherUser ANN = new OtherUser(20001, 20000);
    private static final OtherUser BOB = new OtherUser(20002, 20000);
    private static final OtherUser STRANGER = new OtherUser(20003, 20003);

    @TempDir
    static Path programs;

    @TempDir
    Path temporary;

    private Path directory;
    private Path database;
    private Path side;

    @BeforeAll
    static void requireOtherUsers() throws Exception {
        String obstacle = OtherUser.obstacle();
        assumeTrue(obstacle.isEmpty(), obstacle);
        OtherUser.programs(programs);
    }

    @BeforeEach
    void makeDirectory() throws IOException {
        Planted.chmod(temporary, "rwxr-xr-x");
        directory = Files.createDirectory(temporary.resolve("data"));
        database = directory.resolve("app.db");
        side = Path.of(database + ".healing");
    }

    private String url() {
        return "jdbc:healing:sqlite:" + database + "?journal_mode=WAL";
    }

    private static void ok(OtherJvm jvm, String command) throws IOException {
        assertThat(jvm.ask(command)).as(command).startsWith("ok");
    }

    private void create(OtherJvm jvm) throws IOException {
        ok(jvm, "open c " + url());
        ok(jvm, "run c CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
        ok(
                jvm,
                "run c WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
                        + " INSERT INTO t SELECT i, hex(randomblob(200)) FROM n");
    }

    private void heal(OtherJvm jvm, int seed) throws IOException {
        // Where a heal is still being written into the file, the log has the content, and no damage of the file is met.
        await().until(() -> jvm.ask("rows c PRAGMA wal_checkpoint(TRUNCATE)").equals("ok [[0, 0, 0]]"));
        Damage.LEAVES.on(database, new Random(seed));
        ok(jvm, "run c PRAGMA shrink_memory");
        ok(jvm, "rows c SELECT count(v) FROM t");
    }

    private void delete() throws IOException {
        for (String suffix : List.of("", "-wal", "-shm")) {
            Files.deleteIfExists(Path.of(database + suffix));
        }
    }

    private long quarantined(String kind) throws IOException {
        return Planted.all(side.resolve("quarantine")).stream()
                .filter(path -> path.getFileName().toString().matches("app_" + kind + "_.*\\.db"))
                .count();
    }

    @Test
    void aGroupsDatabaseIsHealedByEachOfItsUsers() throws Exception {
        ANN.own(directory, "rwxrwx---");
        try (OtherJvm ann = ANN.start(programs);
                OtherJvm bob = BOB.start(programs)) {
            create(ann);
            for (String suffix : List.of("", "-wal", "-shm")) {
                Planted.chmod(Path.of(database + suffix), "rw-rw-r--");
            }
            ok(bob, "open c " + url());
            heal(ann, 7);
            assertShared(ANN);
            assertThat(quarantined("corrupted")).isEqualTo(1);
            heal(bob, 8);
            assertShared(ANN);
            assertThat(quarantined("corrupted")).isEqualTo(2);

            ok(ann, "run c INSERT INTO t VALUES (1000, 'ann')");
            ok(bob, "run c INSERT INTO t VALUES (1001, 'bob')");
            delete();
            ok(bob, "run c INSERT INTO t VALUES (1002, 'bob')");
            ok(ann, "run c INSERT INTO t VALUES (1003, 'ann')");
            // What was acknowledged before anybody noticed goes back in the background.
            await().until(() -> Files.exists(database));
            for (OtherJvm each : List.of(ann, bob)) {
                assertThat(each.ask("rows c SELECT count(*) FROM t WHERE id >= 1000"))
                        .isEqualTo("ok [[4]]");
            }
            assertThat(Planted.mode(database)).isEqualTo("rw-rw-r--");
            assertThat(Files.getAttribute(database, "unix:gid")).isEqualTo(20000);
            assertShared(ANN, BOB);
        }
    }

    private void assertShared(OtherUser... owners) throws IOException {
        List<Object> uids = new ArrayList<>();
        for (OtherUser owner : owners) {
            uids.add(owner.uid());
        }
        uids.add(BOB.uid());
        // SQLite gives a journal away once it has made it.
        await().untilAsserted(() -> Planted.each(side, each -> {
            boolean isDirectory = Files.isDirectory(each);
            assertThat(Files.getAttribute(each, "unix:gid"))
                    .as("group of %s", each)
                    .isEqualTo(20000);
            assertThat(uids).as("owner of %s", each).contains(Files.getAttribute(each, "unix:uid"));
            assertThat(Planted.mode(each)).as("%s", each).isEqualTo(isDirectory ? "rwxrwx---" : "rw-rw----");
        }));
    }

    /** The database is of a group that its owner is no member of: nobody of the group that would stand in its place gets in. */
    @ParameterizedTest(name = "{0} comes back as {1}")
    @CsvSource({"rw-rw----,rw-------", "rw-rw-r--,rw-r--r--", "rw-r-----,rw-------"})
    void whereTheGroupCannotBeGivenItsMembersGetNoMoreThanEverybody(String mode, String expected) throws Exception {
        ANN.own(directory, "rwxr-xr-x");
        try (OtherJvm ann = ANN.start(programs)) {
            create(ann);
            for (String suffix : List.of("", "-wal", "-shm")) {
                Files.setAttribute(Path.of(database + suffix), "unix:gid", STRANGER.gid());
                Planted.chmod(Path.of(database + suffix), mode);
            }
            delete();
            ok(ann, "run c INSERT INTO t VALUES (1000, 'after')");
            assertThat(ann.ask("rows c SELECT count(*) FROM t")).isEqualTo("ok [[401]]");
            ann.end();
        }
        assertThat(Files.getAttribute(database, "unix:gid"))
                .as("the group that stands in")
                .isEqualTo(BOB.gid());
        assertThat(Planted.mode(database)).isEqualTo(expected);
        assertThat(BOB.run("touch", database.toString())).as("writes").isNotZero();
        assertThat(BOB.run("cat", database.toString()) == 0).as("reads").isEqualTo(expected.endsWith("r--"));
        for (Path each : Planted.all(side)) {
            assertThat(BOB.run(Files.isDirectory(each) ? "ls" : "cat", each.toString()))
                    .as("reads %s", each)
                    .isNotZero();
        }
        assertThat(ANN.run("cat", side.resolve("rescues").toString()))
                .as("the check can see")
                .isZero();
    }

    @Test
    void nobodyElseReadsOrChangesAnyFileOfASideDirectory() throws Exception {
        ANN.own(directory, "rwxr-xr-x");
        try (OtherJvm ann = ANN.start(programs)) {
            create(ann);
            heal(ann, 7);
            delete();
            ok(ann, "run c INSERT INTO t VALUES (1002, 'bob')");
            // Its incidents are written when it has ended.
            ann.end();
            List<Path> all = Planted.all(side);
            assertThat(all.stream().map(path -> path.getFileName().toString()))
                    .contains("version", "lock", "incidents.db", "rescues", "quarantine");
            for (Path each : all) {
                boolean isDirectory = Files.isDirectory(each);
                assertThat(Planted.mode(each)).as("%s", each).isEqualTo(isDirectory ? "rwx------" : "rw-------");
                assertThat(STRANGER.run(isDirectory ? "ls" : "cat", each.toString()))
                        .as("reads %s", each)
                        .isNotZero();
                assertThat(STRANGER.run("touch", (isDirectory ? each.resolve("new") : each).toString()))
                        .as("writes %s", each)
                        .isNotZero();
            }
            assertThat(ANN.run("cat", side.resolve("rescues").toString()))
                    .as("the check can see")
                    .isZero();
        }
    }

    /** Everything that is made in the directory is for Bob, too, as far as its permissions allow: the database is, and nothing beside it. */
    @Test
    void whatIsPutBackHasTheAccessControlListOfTheDirectoryAndTheSideDirectoryLetsNobodyIn() throws Exception {
        ANN.own(directory, "rwxr-xr-x");
        String obstacle = DefaultAcl.give(directory, BOB.uid());
        assumeTrue(obstacle.isEmpty(), obstacle);
        try (OtherJvm ann = ANN.start(programs)) {
            create(ann);
            // The group's permissions are the most that a user named in a list has.
            Planted.chmod(database, "rw-rw----");
            assertThat(BOB.run("cat", database.toString())).as("before").isZero();
            assertThat(STRANGER.run("cat", database.toString())).isNotZero();
            Planted.chmod(database, "rw-r-----");
            delete();
            ok(ann, "run c INSERT INTO t VALUES (1000, 'after')");
            ann.end();
        }
        assertThat(Planted.mode(database)).isEqualTo("rw-r-----");
        assertThat(BOB.run("cat", database.toString())).as("reads").isZero();
        assertThat(BOB.run("touch", database.toString())).as("writes").isNotZero();
        assertThat(STRANGER.run("cat", database.toString())).isNotZero();
        for (Path each : Planted.all(side)) {
            assertThat(BOB.run(Files.isDirectory(each) ? "ls" : "cat", each.toString()))
                    .as("reads %s", each)
                    .isNotZero();
        }
    }

    /** In a directory for everybody, as /tmp is: the stranger comes first. */
    @Test
    void aStrangersSideDirectoryIsNotBelievedAndHarmsNobody() throws Exception {
        STRANGER.own(directory, "rwxrwxrwx");
        Files.setAttribute(directory, "unix:mode", 01777);
        try (OtherJvm stranger = STRANGER.start(programs)) {
            Path copy = side.resolve("quarantine").resolve("app_rescued_0123ab_20261121_101112.db");
            assertThat(STRANGER.run("mkdir", "-p", "-m", "777", copy.getParent().toString()))
                    .isZero();
            ok(stranger, "open c jdbc:sqlite:" + copy);
            ok(stranger, "run c CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
            ok(stranger, "run c INSERT INTO t VALUES (666, 'intruder')");
            ok(stranger, "close c");
            Files.writeString(side.resolve("rescues"), "1:2\t2030-01-01T00:00:00Z\ttrue\t" + copy.getFileName() + "\n");
            for (Path each : Planted.all(side)) {
                STRANGER.own(each, "rwxrwxrwx");
            }
            try (OtherJvm ann = ANN.start(programs)) {
                ok(ann, "open c " + url());
                ok(ann, "run c CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v TEXT)");
                assertThat(ann.ask("rows c SELECT count(*) FROM t")).isEqualTo("ok [[0]]");
                ok(ann, "run c INSERT INTO t VALUES (1, 'ann')");
                delete();
                ok(ann, "run c INSERT INTO t VALUES (2, 'ann')");
                ok(ann, "close c");
            }
            assertThat(database).doesNotExist();
            List<Path> copies = Planted.all(directory).stream()
                    .filter(path -> path.getFileName().toString().startsWith("copy-"))
                    .toList();
            assertThat(copies).hasSize(1);
            Path saved = copies.get(0);
            assertThat(Planted.mode(saved)).isEqualTo("rw-------");
            assertThat(Files.getAttribute(saved, "unix:uid")).isEqualTo(ANN.uid());
            assertThat(STRANGER.run("cat", saved.toString())).isNotZero();
            assertThat(org.healingsqlite.testkit.Sql.rowsElsewhere(saved, "SELECT id FROM t"))
                    .containsExactly(List.of(1), List.of(2));
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "version",
                "lock",
                "rescues",
                "heal.journal",
                "incidents.db",
                "incidents.db-journal",
                "incidents.db-wal",
                "incidents.db-shm",
                "quarantine"
            })
    void whateverAStrangerOwnsInItMakesItNotBelieved(String name) throws Exception {
        ANN.own(directory, "rwxr-xr-x");
        try (OtherJvm ann = ANN.start(programs)) {
            create(ann);
            Path planted = name.equals("quarantine")
                    ? Files.createDirectories(side.resolve(name))
                    : Files.createFile(Files.createDirectories(side).resolve(name));
            ANN.own(side, "rwx------");
            STRANGER.own(planted, Files.isDirectory(planted) ? "rwx------" : "rw-------");
            ok(ann, "run c PRAGMA wal_checkpoint(TRUNCATE)");
            Damage.LEAVES.on(database, new Random(7));
            byte[] damaged = Files.readAllBytes(database);
            ok(ann, "run c PRAGMA shrink_memory");
            assertThat(ann.ask("rows c SELECT count(v) FROM t")).contains("error", "malformed");
            assertThat(Files.readAllBytes(database)).isEqualTo(damaged);
            assertThat(Planted.all(side)).containsExactlyInAnyOrder(side, planted);
        }
    }
}
