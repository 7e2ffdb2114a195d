package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveExport;
import org.healingsqlite.archive.ArchiveImport;
import org.healingsqlite.archive.MergePolicy;
import org.healingsqlite.archive.PrayerArchive;
import org.healingsqlite.archive.Snapshots;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the driver does with an archive, snapshots and a restore command when the database's own rows are gone. */
class ArchivesAcceptanceTest {
    private static final int PRAYERS = 300;

    @TempDir
    Path directory;

    private Path database;
    private Path schema;
    private Path archive;
    private Properties options;

    @BeforeEach
    void create() throws Exception {
        database = directory.resolve("app.db");
        schema = Files.writeString(directory.resolve("schema.sql"), PrayerArchive.SCHEMA);
        archive = PrayerArchive.write(directory, PRAYERS);
        options = new Properties();
        options.setProperty("healing.schema", schema.toString());
        options.setProperty("healing.archive", archive.toString());
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(connection, "PRAGMA page_size = " + Damage.PAGE);
            connection.createStatement().executeUpdate(PrayerArchive.SCHEMA);
            ArchiveImport.of(Archive.open(archive)).into(connection, MergePolicy.DATABASE_WINS, ProgressListener.NONE);
        }
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database, options);
    }

    /** Every row of every table. */
    private static Map<String, List<List<Object>>> content(Path file) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            return content(connection);
        }
    }

    /** The archive of people's text has no ids of marks: those that come back get new ones, never one that was given before. */
    private static Map<String, List<List<Object>>> withoutIdsOfMarks(Map<String, List<List<Object>>> content) {
        Map<String, List<List<Object>>> all = new LinkedHashMap<>(content);
        all.computeIfPresent(
                "prayer_mark",
                (table, rows) ->
                        rows.stream().map(row -> row.subList(1, row.size())).toList());
        return all;
    }

    private static Map<String, List<List<Object>>> content(Connection connection) throws SQLException {
        Map<String, List<List<Object>>> all = new LinkedHashMap<>();
        for (String table : Sql.names(connection, "table")) {
            List<List<Object>> rows = new ArrayList<>(Sql.rows(connection, "SELECT * FROM \"" + table + "\""));
            rows.sort((a, b) -> a.toString().compareTo(b.toString()));
            all.put(table, rows);
        }
        return all;
    }

    /** Compares row by row; tells the first differences only. */
    private static void assertSame(Map<String, List<List<Object>>> after, Map<String, List<List<Object>>> before) {
        List<String> differences = new ArrayList<>();
        assertThat(after.keySet()).isEqualTo(before.keySet());
        before.forEach((table, rows) -> {
            rows.stream()
                    .filter(row -> !after.get(table).contains(row))
                    .forEach(row -> differences.add("missing in " + table + ": " + row));
            after.get(table).stream()
                    .filter(row -> !rows.contains(row))
                    .forEach(row -> differences.add("invented in " + table + ": " + row));
            if (after.get(table).size() != rows.size()) {
                differences.add(table + ": " + after.get(table).size() + " rows, before " + rows.size());
            }
        });
        assertThat(differences.subList(0, Math.min(5, differences.size()))).isEmpty();
    }

    private void deleteAll() throws Exception {
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(database + suffix));
        }
    }

    private static Incident newest(Connection connection) throws SQLException {
        return Healing.of(connection).history(1).get(0);
    }

    private static void read(Connection connection) throws SQLException {
        Sql.value(connection, "SELECT sum(length(text)) FROM prayer NOT INDEXED");
        Sql.value(connection, "SELECT sum(length(created_at)) FROM prayer_mark NOT INDEXED");
    }

    // ---- Total loss

    @Test
    @DisplayName(
            "S2-06, S2-08, S2-10, S2-23: the file is gone; every row comes back from complete archives, free text unchanged, and is counted")
    void everyRowOfALostFileComesBack() throws Exception {
        Map<String, List<List<Object>>> before = content(database);
        assertThat(before.get("prayer")).hasSize(PRAYERS);
        deleteAll();

        try (Connection connection = open()) {
            assertSame(content(connection), before);
            assertThat(Sql.value(connection, "SELECT text FROM prayer WHERE id = 7"))
                    .isEqualTo(PrayerArchive.TEXT + 7);
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            Incident incident = newest(connection);
            assertThat(incident.outcome()).isInstanceOf(Outcome.Healed.class);
            assertThat(incident.outcome().explanation()).contains("rows of the archive " + archive, "prayer 300");
            assertThat(incident.outcome().explanation())
                    .contains(
                            "[row counts verified: ",
                            "prayer 300 archived, 300 there",
                            "prayer_mark 900 archived, 600 there (300 there already)",
                            "user 3 archived, 5 there (2 only mentioned)",
                            "session 2 archived, 2 there");
            assertThat(incident.outcome().loss().explanation()).contains("whatever the archive does not have");
        }
        assertSame(content(database), before);
    }

    @Test
    @DisplayName(
            "S2-08, negative control: a row of the archive that did not arrive is found out by the count of rows, and told")
    void aRowThatDidNotArriveIsTold() throws Exception {
        Path manifest = archive.resolve("archive.properties");
        Files.writeString(manifest, Files.readString(manifest) + "source.sessions.rows=3\n");
        deleteAll();

        try (Connection connection = open()) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM session")).isEqualTo(2);
            Incident incident = newest(connection);
            assertThat(incident.outcome().explanation()).contains("[row counts DIFFER: ");
            assertThat(incident.outcome().loss().explanation())
                    .contains("row counts differ: promises 3 rows of session, found 2");
        }
    }

    @Test
    @DisplayName("S2-05: a first start without any archive creates the schema and reports no incident")
    void aFirstStartIsNoIncident() throws Exception {
        deleteAll();
        options.setProperty(
                "healing.archive", directory.resolve("not there yet").toString());
        try (Connection connection = open()) {
            assertThat(Sql.names(connection, "table")).contains("prayer");
            assertThat(Healing.of(connection).history(10)).isEmpty();
        }
    }

    @Test
    void theArchiveIsRightWhereTheSchemaBringsRowsOfItsOwn() throws Exception {
        deleteAll();
        Files.writeString(
                schema, PrayerArchive.SCHEMA + "INSERT INTO user (id, name, joined) VALUES (1, 'anna', 'seeded');");
        try (Connection connection = open()) {
            assertThat(Sql.value(connection, "SELECT joined FROM user WHERE name = 'anna'"))
                    .isEqualTo("2026-05-02 09:15:00");
        }
    }

    @Test
    void aTableThatSomebodyDroppedComesBackWithTheRowsOfTheArchive() throws Exception {
        Map<String, List<List<Object>>> before = content(database);
        try (Connection connection = open()) {
            Sql.runElsewhere(database, "DROP TABLE prayer");
            read(connection);

            assertSame(content(connection), before);
            assertThat(newest(connection).outcome().loss().explanation())
                    .contains("what the archive does not have of these tables: prayer");
        }
    }

    @Test
    @DisplayName(
            "The file is deleted while the application runs: the new one has the rows, the lost one is in the quarantine")
    void aFileThatIsDeletedUnderneathComesBackWithItsRows() throws Exception {
        Map<String, List<List<Object>>> before = content(database);
        options.setProperty("healing.onDeleted", "recreate");
        try (Connection connection = open()) {
            read(connection);
            deleteAll();
            Healing.of(connection).verify();

            assertSame(content(connection), before);
            assertSame(content(database), before);
            List<Incident> incidents = Healing.of(connection).history(5);
            assertThat(incidents)
                    .anySatisfy(incident -> assertThat(incident.outcome().loss().explanation())
                            .contains("what the other sources do not have", "quarantine"));
        }
    }

    @Test
    void inObserveModeNothingIsFilledIn() throws Exception {
        deleteAll();
        options.setProperty("healing.mode", "observe");
        try (Connection connection = open()) {
            assertThat(Sql.names(connection, "table")).isEmpty();
        }
    }

    @Test
    @DisplayName(
            "A whole archive as archive export writes it gives its schema, its numbers and its sequences, with no schema registered")
    void anExactArchiveNeedsNoSchema() throws Exception {
        Path exact = directory.resolve("exact");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(connection, "PRAGMA user_version = 7", "DELETE FROM prayer_mark WHERE id > 10");
            ArchiveExport.of(connection).into(exact, ProgressListener.NONE);
        }
        Map<String, List<List<Object>>> before = content(database);
        deleteAll();
        options.remove("healing.schema");
        options.setProperty("healing.archive", exact.toString());
        try (Connection connection = open()) {
            assertSame(content(connection), before);
            assertThat(Sql.value(connection, "PRAGMA user_version")).isEqualTo(7);
            assertThat(((Number) Sql.value(connection, "SELECT seq FROM sqlite_sequence")).intValue())
                    .isGreaterThan(10);
        }
    }

    @Test
    @DisplayName("A process that is killed while it fills the file leaves nothing, or everything")
    void aProcessThatDiesWhileItFillsTheFileLeavesNoHalf() throws Exception {
        fillAndDie(3);
    }

    @Test
    @Tag("campaign")
    @DisplayName("S2-10: a process dies at 50 moments while it fills the file: no half is ever seen")
    void aProcessThatDiesAtManyMomentsWhileItFillsTheFileLeavesNoHalf() throws Exception {
        fillAndDie(50);
    }

    private void fillAndDie(int kills) throws Exception {
        Map<String, List<List<Object>>> before = content(database);
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int kill = 0; kill < kills; kill++) {
            deleteAll();
            try (OtherJvm other = OtherJvm.start()) {
                other.ask("open ready jdbc:sqlite:");
                other.send("open c jdbc:healing:sqlite:" + database + "?healing.schema=" + schema + "&healing.archive="
                        + archive);
                Path beside = Path.of(database + ".healing");
                await().until(() -> Files.exists(beside.resolve("lock")));
                LockSupport.parkNanos(random.nextInt(400) * 1_000_000L);
                other.kill();
            }
            if (Files.exists(database) && Files.size(database) > 0) {
                try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database)) {
                    if (!Sql.names(plain, "table").isEmpty()) {
                        assertSame(content(plain), before);
                    }
                }
            }
            try (Connection connection = open()) {
                assertSame(content(connection), before);
            }
        }
    }

    // ---- Damage

    @ParameterizedTest
    @EnumSource(
            value = Damage.class,
            names = {"NOISE", "ZEROED", "HEADER", "LEAVES", "ROOTS", "HALF", "EMPTIED", "PAGE_1"})
    @DisplayName(
            "S2-09, S2-10: damage while the application runs; every row is there, and the statement that failed has run")
    void everyRowOfADamagedFileComesBack(Damage damage) throws Exception {
        Map<String, List<List<Object>>> before = content(database);
        try (Connection connection = open()) {
            damage.on(database, new Random(11));
            Sql.run(connection, "PRAGMA shrink_memory");
            read(connection);

            assertSame(withoutIdsOfMarks(content(connection)), withoutIdsOfMarks(before));
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
        }
    }

    @Test
    @DisplayName(
            "S2-08, S2-13: readable rows of the corrupt file are kept where the archive is older; the account says what came from where")
    void aSalvagedRowBeatsAnOlderArchivedOne() throws Exception {
        Sql.runElsewhere(
                database,
                "UPDATE prayer SET text = 'newer ' || id || ' ' || hex(randomblob(400)) WHERE id % 2 = 0",
                "INSERT INTO prayer (id, author_id, created_at, text) SELECT 1000 + id, 1, 'later', 'later' FROM prayer");
        Map<String, List<List<Object>>> before = content(database);
        try (Connection connection = open()) {
            Damage.LEAVES.on(database, new Random(3));
            Sql.run(connection, "PRAGMA shrink_memory");
            read(connection);

            List<List<Object>> after = content(connection).get("prayer");
            long newer = after.stream()
                    .filter(row -> before.get("prayer").contains(row))
                    .count();
            assertThat(newer).isGreaterThan(PRAYERS);
            // Whatever is not as it was is as the archive has it.
            assertThat(after)
                    .allSatisfy(row -> assertThat(before.get("prayer").contains(row)
                                    || row.get(5).equals(PrayerArchive.TEXT + row.get(0)))
                            .isTrue());
            assertThat(Sql.value(connection, "SELECT count(*) FROM prayer WHERE id <= " + PRAYERS))
                    .isEqualTo(PRAYERS);
            Incident incident = newest(connection);
            assertThat(incident.outcome().explanation())
                    .contains(
                            "salvage of ",
                            " rows of the archive ",
                            "conflicts in which what was recovered was right",
                            "[row counts verified: ",
                            "prayer 300 archived, 600 there (");
            assertThat(incident.outcome().loss().isNone()).isFalse();
        }
    }

    @Test
    @DisplayName("S2-12: with onConflict=archive the archive is right, and the conflicts are counted")
    void theOptionTurnsItRound() throws Exception {
        Sql.runElsewhere(
                database, "UPDATE prayer SET text = 'newer ' || id || ' ' || hex(randomblob(400)) WHERE id % 2 = 0");
        options.setProperty("healing.onConflict", "archive");
        try (Connection connection = open()) {
            Damage.LEAVES.on(database, new Random(3));
            Sql.run(connection, "PRAGMA shrink_memory");
            read(connection);

            assertThat(Sql.value(connection, "SELECT count(*) FROM prayer WHERE text LIKE 'newer%'"))
                    .isEqualTo(0);
            assertThat(newest(connection).outcome().explanation()).contains("conflicts in which the archive was right");
        }
    }

    @Test
    @DisplayName("A table that lost nothing takes nothing: a row deleted since the archive was written stays deleted")
    void whatWasDeletedSinceStaysDeletedInATableThatIsWhole() throws Exception {
        Sql.runElsewhere(database, "DELETE FROM session WHERE token = 't-2'");
        try (Connection connection = open()) {
            Damage.LEAVES.on(database, new Random(3));
            Sql.run(connection, "PRAGMA shrink_memory");
            read(connection);

            assertThat(newest(connection).outcome().explanation()).contains("rows of the archive");
            assertThat(Sql.rows(connection, "SELECT token FROM session")).containsExactly(List.of("t-1"));
        }
    }

    @Test
    @DisplayName("S2-11, S2-22: files that are missing, cut or changed are named in the account; the rest is healed")
    void partialArchivesHealWhatTheyHave() throws Exception {
        Files.delete(archive.resolve("metadata/sessions.txt"));
        Path cut = archive.resolve("prayers/prayer_5.txt");
        Files.writeString(cut, "Prayer 5 by an");
        Files.writeString(archive.resolve("prayers/prayer_6.txt"), PrayerArchive.prayer(6) + "tampered");
        Files.writeString(archive.resolve("SHA256SUMS"), "0".repeat(64) + "  prayers/prayer_6.txt\n");
        deleteAll();

        try (Connection connection = open()) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM prayer")).isEqualTo(PRAYERS - 2);
            assertThat(newest(connection).outcome().loss().explanation())
                    .contains("metadata/sessions.txt", "prayers/prayer_6.txt", "prayers/prayer_5.txt");
        }
    }

    // ---- Whole copies

    private void snapshot(Path snapshots) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Snapshots.in(snapshots, 3).take(connection, java.time.Instant.now());
        }
    }

    @Test
    void theNewestSnapshotStandsForAFileThatIsGoneAndTheArchiveAddsNothingThatIsOlder() throws Exception {
        Path snapshots = directory.resolve("snapshots");
        Sql.runElsewhere(database, "DELETE FROM session");
        Map<String, List<List<Object>>> before = content(database);
        snapshot(snapshots);
        deleteAll();
        options.setProperty("healing.snapshots", snapshots.toString());

        try (Connection connection = open()) {
            assertSame(content(connection), before);
            assertThat(newest(connection).outcome().explanation()).contains("the snapshot " + snapshots);
            assertThat(newest(connection).outcome().loss().explanation()).contains("what was committed after 20");
        }
    }

    @Test
    void theArchiveAddsWhatIsNewerThanTheSnapshot() throws Exception {
        Path snapshots = directory.resolve("snapshots");
        Map<String, List<List<Object>>> before = content(database);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(connection, "DELETE FROM prayer WHERE id > 100");
            Snapshots.in(snapshots, 3).take(connection, java.time.Instant.now().minusSeconds(3600));
        }
        deleteAll();
        options.setProperty("healing.snapshots", snapshots.toString());

        try (Connection connection = open()) {
            assertThat(content(connection).get("prayer")).isEqualTo(before.get("prayer"));
        }
    }

    @AfterEach
    void noCommandIsLeft() {
        System.clearProperty("healing.restoreCommand");
    }

    @Test
    @DisplayName(
            "A restore command, run as a process, gives the copy; one that fails or gives garbage is told and left out")
    void aRestoreCommandGivesACopy() throws Exception {
        Path elsewhere = directory.resolve("elsewhere.db");
        Map<String, List<List<Object>>> before = content(database);
        Files.copy(database, elsewhere);
        System.setProperty("healing.restoreCommand", "cp '" + elsewhere + "' \"$HEALING_TARGET\"");
        options.remove("healing.archive");
        try (Connection connection = open()) {
            Damage.NOISE.on(database, new Random(5));
            Sql.run(connection, "PRAGMA shrink_memory");
            read(connection);
            assertSame(content(connection), before);
            assertThat(newest(connection).outcome().explanation()).contains("the restore command fetched");
        }

        deleteAll();
        System.setProperty("healing.restoreCommand", "REGION=north echo no such replica >&2; exit 3");
        options.setProperty("healing.archive", archive.toString());
        try (Connection connection = open()) {
            assertSame(content(connection), before);
            assertThat(newest(connection).outcome().loss().explanation())
                    .contains("The restore command echo ended with status 3")
                    .doesNotContain("no such replica", "north");
        }

        deleteAll();
        options.setProperty("healing.logValues", "true");
        try (Connection connection = open()) {
            assertThat(newest(connection).outcome().loss().explanation()).contains("no such replica", "north");
        }
    }

    @Test
    @DisplayName("Nothing is left beside the database but the incident and the evidence")
    void nothingIsLeftBeside() throws Exception {
        deleteAll();
        open().close();
        try (Stream<Path> beside = Files.list(Path.of(database + ".healing"))) {
            assertThat(beside.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.startsWith("healing.tmp"));
        }
    }
}
