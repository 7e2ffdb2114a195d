package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import ch.qos.logback.classic.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveHistory;
import org.healingsqlite.archive.PrayerArchive;
import org.healingsqlite.archive.Snapshots;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Planted;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done while the application runs, so that there is something to heal from. */
class UpkeepTest {

    @TempDir
    Path directory;

    private Path database;
    private Properties options;

    @BeforeEach
    void create() throws Exception {
        database = directory.resolve("app.db");
        options = new Properties();
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + Damage.PAGE,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
                        + " INSERT INTO t SELECT i, hex(zeroblob(400)) || i FROM n");
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database, options);
    }

    @Test
    @DisplayName(
            "Snapshots are taken while the application works, the newest are kept, and a damaged file pushes no good one out")
    void snapshotsAreTakenAndADamagedFilePushesNoGoodOneOut() throws Exception {
        Path snapshots = directory.resolve("snapshots");
        options.setProperty("healing.snapshots", snapshots.toString());
        options.setProperty("healing.snapshotEvery", "300ms");
        options.setProperty("healing.snapshotsKept", "2");
        try (LogCapture log = new LogCapture();
                Connection connection = open()) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO t VALUES (1000, 'not committed')");
            await().until(() -> Snapshots.in(snapshots, 2).list().size() == 2);
            List<Path> first = Snapshots.in(snapshots, 2).list();
            await().until(() -> !Snapshots.in(snapshots, 2).list().contains(first.get(1)));
            assertThat(Snapshots.in(snapshots, 2).list()).hasSizeLessThanOrEqualTo(3);
            connection.rollback();

            Damage.LEAVES.on(database, new Random(3));
            await().until(() -> log.at(Level.WARN).stream()
                    .anyMatch(line -> line.contains("no snapshot: The database is damaged")));
        }
        for (Path snapshot : Snapshots.in(snapshots, 2).list()) {
            assertThat(Sql.rowsElsewhere(snapshot, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
            assertThat(Sql.rowsElsewhere(snapshot, "SELECT count(*) FROM t")).containsExactly(List.of(400));
        }
    }

    @Test
    @DisplayName("S2-36: an archive that rots is told before it is needed")
    void anArchiveThatRotsIsTold() throws Exception {
        Path archive = PrayerArchive.write(directory, 3);
        Files.writeString(archive.resolve("SHA256SUMS"), "0".repeat(64) + "  prayers/prayer_2.txt\n");
        options.setProperty("healing.archive", archive.toString());
        options.setProperty("healing.archiveVerify", "200ms");
        try (LogCapture log = new LogCapture();
                Connection connection = open()) {
            await().until(() -> log.at(Level.ERROR).stream()
                    .anyMatch(line ->
                            line.contains("cannot be read as it should") && line.contains("prayers/prayer_2.txt")));
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(400);
        }
    }

    @Test
    @DisplayName("S2-36: an archive that the driver keeps is written anew where its files were damaged")
    void aKeptArchiveIsMendedFromTheDatabase() throws Exception {
        Path archive = directory.resolve("archive");
        options.setProperty("healing.archive", archive.toString());
        options.setProperty("healing.archiveKeep", "commit");
        options.setProperty("healing.archiveVerify", "200ms");
        try (LogCapture log = new LogCapture();
                Connection connection = open()) {
            Path rows = Planted.all(archive).stream()
                    .filter(path -> path.toString().endsWith("_t.jsonl"))
                    .findFirst()
                    .orElseThrow();
            Files.writeString(rows, "rot");
            await().until(() -> Archive.open(archive).verify().isEmpty());
            assertThat(log.at(Level.ERROR)).anyMatch(line -> line.contains("cannot be read as it should"));
        }
    }

    @Test
    @DisplayName("Loss with an archive that is kept: the archive as it was before is in the quarantine, and put aside")
    void theArchiveFromBeforeALossIsEvidence() throws Exception {
        Path archive = directory.resolve("archive");
        options.setProperty("healing.archive", archive.toString());
        options.setProperty("healing.archiveKeep", "1h");
        Instant before;
        try (Connection connection = open()) {
            await().until(() -> Files.exists(archive.resolve("archive.properties")));
            before = Instant.now();
            Damage.LEAVES.on(database, new Random(3));
            Sql.run(connection, "PRAGMA shrink_memory");
            assertThat(Sql.value(connection, "SELECT count(v) FROM t NOT INDEXED"))
                    .isEqualTo(400);
            assertThat(Healing.of(connection).history(1).get(0).steps())
                    .anyMatch(step -> step.startsWith("kept the archive as it was in "));
        }
        try (Stream<Path> kept = Files.list(Path.of(database + ".healing").resolve("quarantine"))) {
            assertThat(kept).anyMatch(path -> path.toString().endsWith("-archive.zip"));
        }
        try (Stream<Path> kept = Files.list(archive)) {
            assertThat(kept).anyMatch(path -> path.toString().endsWith(".held"));
        }
        Path then = directory.resolve("then.db");
        ArchiveHistory.of(archive).restore(before, then);
        assertThat(Sql.rowsElsewhere(then, "SELECT count(v) FROM t")).containsExactly(List.of(400));
    }

    @Test
    void inObserveModeNothingIsWritten() throws Exception {
        Path archive = directory.resolve("archive");
        options.setProperty("healing.mode", "observe");
        options.setProperty("healing.archive", archive.toString());
        options.setProperty("healing.archiveKeep", "commit");
        options.setProperty("healing.snapshots", directory.resolve("snapshots").toString());
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO t (v) VALUES ('x')");
            assertThat(Sql.names(connection, "table")).containsExactly("t");
        }
        assertThat(archive).doesNotExist();
        assertThat(directory.resolve("snapshots")).doesNotExist();
    }
}
