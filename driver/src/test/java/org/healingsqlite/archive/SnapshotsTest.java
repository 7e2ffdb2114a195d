package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotsTest {
    private static final Instant START = Instant.parse("2026-11-21T10:11:12.123Z");

    @TempDir
    Path directory;

    private Path file;
    private Connection database;

    @BeforeEach
    void create() throws Exception {
        file = directory.resolve("app.db");
        database = DriverManager.getConnection("jdbc:sqlite:" + file);
        Sql.run(database, "PRAGMA journal_mode = WAL", "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)");
    }

    @AfterEach
    void close() throws Exception {
        database.close();
    }

    private Path copies() {
        return directory.resolve("snapshots");
    }

    @Test
    void theNewestFromBeforeALossIsKeptBesideTheOthers() throws Exception {
        Snapshots snapshots = Snapshots.in(copies(), 2);
        for (int i = 0; i < 6; i++) {
            snapshots.take(database, START.plusSeconds(i), Optional.of(START.plusSeconds(2)));
        }

        assertThat(snapshots.list().stream().map(Snapshots::momentOf))
                .containsExactly(START.plusSeconds(5), START.plusSeconds(4), START.plusSeconds(1));
    }

    @Test
    void aDirectoryHasTheSnapshotsOfOneDatabase() throws Exception {
        Path mine = Snapshots.in(copies(), 1).take(database, START);
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("other.db"))) {
            Sql.run(other, "CREATE TABLE t (x)", "INSERT INTO t VALUES ('evil')");

            assertThatThrownBy(() -> Snapshots.in(copies(), 1).take(other, START.plusSeconds(1)))
                    .isInstanceOf(ArchiveException.class)
                    .hasMessageContaining(file.toRealPath().toString())
                    .hasMessageContaining("other.db")
                    .hasMessageContaining(".database");
        }

        assertThat(Snapshots.in(copies(), 1).list()).containsExactly(mine);
        Path next = Snapshots.in(copies(), 1).take(database, START.plusSeconds(2));
        assertThat(Snapshots.in(copies(), 1).list()).as("its own goes on").containsExactly(next);
    }

    /** As {@code cp snapshots/* elsewhere} brings them: without the hidden file that says whose they are. */
    private Path copiesOfAnother(Path to) throws Exception {
        Files.createDirectories(to);
        Path other = directory.resolve("other.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + other)) {
            Sql.run(connection, "CREATE TABLE mine (x)");
            for (int i = 0; i < 3; i++) {
                Path taken =
                        Snapshots.in(directory.resolve("of-another"), 3).take(connection, START.plusSeconds(2L * i));
                Files.copy(taken, to.resolve(taken.getFileName()));
            }
        }
        return to;
    }

    @Test
    void copiesThatWereThereBeforeAreAnothersAndNeverPushedOut() throws Exception {
        copiesOfAnother(copies());
        List<Path> before = Snapshots.in(copies(), 1).list();

        // One before them, one between, one after, and one at the very moment of one of them.
        for (long seconds : new long[] {-1, 1, 2, 9, 10, 11}) {
            Snapshots.in(copies(), 1).take(database, START.plusSeconds(seconds));
        }

        assertThat(before)
                .hasSize(3)
                .allSatisfy(copy -> assertThat(Sql.rowsElsewhere(copy, "SELECT name FROM sqlite_schema"))
                        .containsExactly(List.of("mine")));
        List<Path> own = new ArrayList<>(Snapshots.in(copies(), 1).list());
        own.removeAll(before);
        assertThat(own.stream().map(Snapshots::momentOf))
                .as("its own are bounded as ever")
                .containsExactly(START.plusSeconds(11));
    }

    @Test
    void whatHasNoFilePushesNothingOutEither() throws Exception {
        Path mine = Snapshots.in(copies(), 1).take(database, START);
        try (Connection memory = DriverManager.getConnection("jdbc:sqlite::memory:")) {
            Sql.run(memory, "CREATE TABLE t (x)");
            assertThatThrownBy(() -> Snapshots.in(copies(), 1).take(memory, START.plusSeconds(1)))
                    .isInstanceOf(ArchiveException.class)
                    .hasMessageContaining(file.toRealPath().toString())
                    .hasMessageContaining(":memory:");
        }
        assertThat(Snapshots.in(copies(), 1).list()).containsExactly(mine);
    }

    @Test
    void aDatabaseThatHasTheNameOfACopyIsNotPushedOut() throws Exception {
        Path named = Files.createDirectories(copies()).resolve("snapshot_20200101T000000.000Z.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + named)) {
            Sql.run(connection, "CREATE TABLE t (x)");
            Snapshots.in(copies(), 1).take(connection, START);
            Snapshots.in(copies(), 1).take(connection, START.plusSeconds(1));
        }
        assertThat(named).exists();
    }

    @Test
    void noDirectoryTakesTheNameOfALogOrAJournal() throws Exception {
        Path journal = Path.of(file + "-journal");
        assertThatThrownBy(() -> Snapshots.in(journal, 1).take(database, START))
                .hasMessageContaining(journal.toString())
                .hasMessageContaining(file.toString());
        assertThat(journal).doesNotExist();
    }

    @Test
    void aConnectionOfTheDriverWillDo() throws Exception {
        Path database = directory.resolve("driver.db");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Sql.run(connection, "CREATE TABLE t(x)", "INSERT INTO t VALUES (1)");
            Path taken = Snapshots.in(directory.resolve("driver"), 3).take(connection, Instant.now());
            assertThat(Sql.rowsElsewhere(taken, "SELECT x FROM t")).containsExactly(List.of(1));
        }
    }

    @Test
    void aConnectionThatLeadsNowhereIsAnError() {
        Connection stranger = (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> method.getName().equals("isWrapperFor") ? false : null);
        assertThatThrownBy(() -> Snapshots.in(directory.resolve("nowhere"), 3).take(stranger, Instant.now()))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("Expected a connection that leads to one of sqlite-jdbc's, found");
    }

    @Test
    void theNewestOnesAreKept() throws Exception {
        Snapshots snapshots = Snapshots.in(copies(), 2);
        for (int i = 2; i <= 5; i++) {
            Sql.run(database, "INSERT INTO t VALUES (" + i + ")");
            snapshots.take(database, START.plusSeconds(i));
        }

        assertThat(snapshots.list())
                .extracting(path -> path.getFileName().toString())
                .containsExactly("snapshot_20261121T101117.123Z.db", "snapshot_20261121T101116.123Z.db");
        assertThat(Sql.rowsElsewhere(snapshots.list().get(1), "SELECT max(x) FROM t"))
                .containsExactly(List.of(4));
    }

    @Test
    void anApplicationInTheMiddleOfATransactionIsNotDisturbed() throws Exception {
        try (Connection writer = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            writer.setAutoCommit(false);
            Sql.run(writer, "INSERT INTO t VALUES (2)");

            Path snapshot = Snapshots.in(copies(), 2).take(database, START);

            writer.commit();
            assertThat(Sql.rowsElsewhere(snapshot, "SELECT count(*) FROM t")).containsExactly(List.of(1));
        }
        assertThat(Sql.value(database, "SELECT count(*) FROM t")).isEqualTo(2);
    }

    @Test
    void aDamagedDatabaseDoesNotPushAGoodSnapshotOut() throws Exception {
        Sql.run(
                database,
                "PRAGMA journal_mode = DELETE",
                "INSERT INTO t SELECT randomblob(500) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) SELECT i FROM n)");
        Snapshots snapshots = Snapshots.in(copies(), 1);
        Path good = snapshots.take(database, START);
        database.close();
        byte[] bytes = Files.readAllBytes(file);
        Arrays.fill(bytes, 8 * 4096, 12 * 4096, (byte) 0x5a);
        Files.write(file, bytes);
        database = DriverManager.getConnection("jdbc:sqlite:" + file);

        assertThatThrownBy(() -> snapshots.take(database, START.plusSeconds(1)))
                .isInstanceOf(ArchiveException.class)
                .hasMessageContaining("damaged");

        assertThat(snapshots.list()).containsExactly(good);
        assertThat(copies()).isDirectoryNotContaining("glob:**.part*");
    }

    @Test
    void anEmptiedDatabaseDoesNotPushAGoodSnapshotOut() throws Exception {
        Snapshots snapshots = Snapshots.in(copies(), 1);
        Path good = snapshots.take(database, START);
        Sql.run(database, "DROP TABLE t");

        assertThatThrownBy(() -> snapshots.take(database, START.plusSeconds(1))).hasMessageContaining("is empty");

        assertThat(snapshots.newestSound()).contains(good);
    }

    @Test
    void aSnapshotThatWasDamagedLaterIsPassedOver() throws Exception {
        Snapshots snapshots = Snapshots.in(copies(), 2);
        Path older = snapshots.take(database, START);
        Path newer = snapshots.take(database, START.plusSeconds(1));
        Files.write(newer, new byte[5000]);

        assertThat(snapshots.newestSound()).contains(older);
    }

    @Test
    void whatADeadProcessLeftIsRemoved() throws Exception {
        Files.createDirectories(copies());
        Path left = Files.writeString(copies().resolve("snapshot_20261121T101112.123Z.db.part-0badcafe"), "x");
        Path foreign = Files.writeString(copies().resolve("notes.txt"), "x");

        Snapshots.in(copies(), 2).take(database, START);

        assertThat(left).doesNotExist();
        assertThat(foreign).exists();
    }

    /** With real processes. */
    @Nested
    class RestoreCommands {
        private Path fetch(String command) throws Exception {
            return RestoreCommand.of(command, Duration.ofSeconds(20)).fetch(file, directory.resolve("fetched"));
        }

        @Test
        void aCommandPutsACopyWhereItIsTold() throws Exception {
            Path copy = Snapshots.in(copies(), 1).take(database, START);

            Path fetched = fetch("cp '" + copy + "' \"$HEALING_TARGET\" && test -f \"$HEALING_DATABASE\"");

            assertThat(Sql.rowsElsewhere(fetched, "SELECT x FROM t")).containsExactly(List.of(1));
        }

        @Test
        void aCommandThatFailsSaysWhy() {
            String command = "TOKEN=secret echo no such bucket >&2; exit 7";
            assertThatThrownBy(() -> fetch(command))
                    .isInstanceOf(ArchiveException.class)
                    .hasMessage("The restore command echo ended with status 7");
            try (Disclosure.Scope ignored = Disclosure.ofValues(true)) {
                assertThatThrownBy(() -> fetch(command))
                        .hasMessageContaining("no such bucket")
                        .hasMessageContaining(command);
            }
        }

        @Test
        void aDamagedOrEmptyOrMissingCopyIsRefused() throws Exception {
            assertThatThrownBy(() -> fetch("printf 'no database at all, and long enough' > \"$HEALING_TARGET\""))
                    .hasMessageContaining("gave a damaged database");
            assertThatThrownBy(() -> fetch(": > \"$HEALING_TARGET\"")).hasMessageContaining("gave an empty database");
            assertThatThrownBy(() -> fetch("true")).hasMessageContaining("left nothing");
            assertThat(directory.resolve("fetched")).isEmptyDirectory();
        }

        @Test
        void aCommandThatDoesNotEndIsEnded() {
            assertThatThrownBy(() -> RestoreCommand.of("sleep 60 & wait", Duration.ofMillis(300))
                            .fetch(file, directory.resolve("fetched")))
                    .hasMessageContaining("did not end within");
        }
    }
}
