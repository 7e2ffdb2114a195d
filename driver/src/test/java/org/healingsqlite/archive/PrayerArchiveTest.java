package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrayerArchiveTest {
    private static final int PRAYERS = 12;

    @TempDir
    Path directory;

    private Path root;
    private Connection database;

    @BeforeEach
    void writeArchive() throws Exception {
        root = PrayerArchive.write(directory, PRAYERS);
        database = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("app.db"));
        try (var statement = database.createStatement()) {
            statement.executeUpdate(PrayerArchive.SCHEMA);
        }
    }

    @AfterEach
    void close() throws Exception {
        database.close();
    }

    private ImportReport load() throws Exception {
        return load(MergePolicy.DATABASE_WINS);
    }

    private ImportReport load(MergePolicy policy) throws Exception {
        return ArchiveImport.of(Archive.open(root)).into(database, policy, ProgressListener.NONE);
    }

    @Test
    @DisplayName("S2-06, S2-10: a complete archive brings every row to its table")
    void s2_06_10_aCompleteArchiveBringsEveryRowToItsTable() throws Exception {
        ImportReport report = load();

        assertThat(report.problems()).isEmpty();
        assertThat(report.danglingReferences()).isZero();
        assertThat(Sql.rows(database, "SELECT name, ifnull(joined, '-'), ifnull(inviter, '-') FROM user ORDER BY name"))
                .containsExactly(
                        List.of("anna", "2026-05-02 09:15:00", "-"),
                        List.of("bob", "2026-06-01 00:00:00", "anna"),
                        List.of("joão: the | second", "2026-05-03 10:00:00", "anna"),
                        List.of("only mentioned", "-", "-"),
                        List.of("stranger", "-", "-"));
        for (int i = 1; i <= PRAYERS; i++) {
            assertThat(Sql.rows(
                            database,
                            "SELECT u.name, p.created_at, ifnull(p.answered_at, '-'), p.tag, p.text FROM prayer p JOIN user u ON u.id = author_id WHERE p.id = ?",
                            i))
                    .containsExactly(List.of(
                            i % 2 == 0 ? "anna" : "only mentioned",
                            "2026-06-01 12:30:00",
                            i % 3 == 0 ? "2026-07-04 20:00:00" : "-",
                            "a: b",
                            PrayerArchive.TEXT + i));
        }
        assertThat(
                        Sql.rows(
                                database,
                                "SELECT prayer_id, u.name, m.created_at FROM prayer_mark m JOIN user u ON u.id = user_id WHERE prayer_id = 7 ORDER BY 3"))
                .containsExactly(
                        List.of(7, "bob", "2026-06-02 08:30:00"),
                        List.of(7, "joão: the | second", "2026-06-03 07:00:00"));
        assertThat(Sql.rows(
                        database,
                        "SELECT s.token, u.name, agent FROM session s JOIN user u ON u.id = user_id ORDER BY 1"))
                .containsExactly(
                        List.of("t-1", "anna", "Mozilla/5.0 (X11; | Linux)"), List.of("t-2", "stranger", "curl"));
    }

    @Test
    void theSameFactInTwoFilesIsOneRow() throws Exception {
        ImportReport report = load();

        assertThat(report.table("prayer_mark").duplicates()).isEqualTo(PRAYERS);
        assertThat(Sql.value(database, "SELECT count(*) FROM prayer_mark")).isEqualTo(2 * PRAYERS);
    }

    @Test
    void triggersDoNotFireAndAreThereAfterwards() throws Exception {
        load();

        assertThat(Sql.names(database, "trigger")).containsExactly("mark_touches");
        assertThat(Sql.value(database, "SELECT count(*) FROM prayer WHERE tag = 'touched'"))
                .isEqualTo(0);
        assertThat(Sql.rows(database, "SELECT name FROM sqlite_schema WHERE name LIKE 'healing%'"))
                .isEmpty();
    }

    @Test
    @DisplayName("S2-11: a partial archive heals what is there, and the rest is listed")
    void s2_11_aPartialArchiveHealsWhatIsThereAndListsTheRest() throws Exception {
        Files.delete(root.resolve("metadata/sessions.txt"));
        String whole = PrayerArchive.prayer(3);
        Files.writeString(root.resolve("prayers/prayer_3.txt"), whole.substring(0, 30));
        Files.write(root.resolve("prayers/prayer_4.txt"), new byte[] {'P', (byte) 0xff});
        Files.writeString(
                root.resolve("metadata/prayer_marks.txt"),
                "Marks\nFormat: timestamp|prayer_id|user\n\n2026-06-02T08:30:00|1|bob\nnonsense\n2026-06-02T25:99:00|1|bob\n2026-06-02T");

        ImportReport report = load();

        assertThat(Sql.value(database, "SELECT count(*) FROM prayer")).isEqualTo(PRAYERS - 2);
        assertThat(report.problems().stream().map(Problem::toString).toList())
                .containsExactlyInAnyOrder(
                        "metadata/sessions.txt: no such file, named by source sessions",
                        "prayers/prayer_3.txt:2: expected a line that matches Submitted (?<createdAt>.+), found ?",
                        "prayers/prayer_4.txt:1: not UTF-8",
                        "metadata/prayer_marks.txt:5: expected 3 fields, found 1",
                        "metadata/prayer_marks.txt:6: cannot read created_at: ?",
                        "metadata/prayer_marks.txt:7: expected 3 fields, found 1");
    }

    @Test
    @DisplayName("S2-12: contradicting files are decided by one rule, and reported")
    void s2_12_contradictingFilesAreDecidedByOneRuleAndReported() throws Exception {
        Files.writeString(root.resolve("users/2026_07.txt"), "July 01 2026 at 00:00 - bob joined\n");

        ImportReport first = load();

        assertThat(Sql.value(database, "SELECT joined FROM user WHERE name = 'bob'"))
                .isEqualTo("2026-06-01 00:00:00");
        assertThat(first.table("user").kept()).isEqualTo(1);
        assertThat(first.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.toString())
                        .startsWith("users/2026_07.txt:1: conflicts with user")
                        .contains("an earlier place in the archive, which stayed"));

        Sql.run(database, "DELETE FROM prayer_mark", "DELETE FROM session", "DELETE FROM prayer", "DELETE FROM user");
        Files.writeString(root.resolve(Manifest.FILE), "conflict=last\n" + PrayerArchive.MANIFEST);
        assertThat(load().table("user").replaced()).isEqualTo(1);
        assertThat(Sql.value(database, "SELECT joined FROM user WHERE name = 'bob'"))
                .isEqualTo("2026-07-01 00:00:00");
    }

    @Test
    @DisplayName("S2-13: a salvaged row beats the archive's, and the option turns that round")
    void s2_13_aSalvagedRowBeatsTheArchivesAndTheOptionTurnsThatRound() throws Exception {
        Sql.run(
                database,
                "INSERT INTO user VALUES (77, 'anna', '2026-05-02 09:15:00', 'newer')",
                "INSERT INTO prayer VALUES (1, 77, '2026-06-01 12:30:00', NULL, 'salvaged', 'edited yesterday')",
                "INSERT INTO prayer VALUES (500, 77, '2026-11-01 00:00:00', NULL, 'salvaged', 'not archived yet')");

        ImportReport report = load();

        assertThat(Sql.value(database, "SELECT text FROM prayer WHERE id = 1")).isEqualTo("edited yesterday");
        assertThat(Sql.value(database, "SELECT count(*) FROM prayer")).isEqualTo(PRAYERS + 1);
        assertThat(Sql.value(database, "SELECT inviter FROM user WHERE name = 'anna'"))
                .isEqualTo("newer");
        assertThat(report.table("prayer").kept()).isEqualTo(1);
        assertThat(report.problems())
                .anySatisfy(
                        problem -> assertThat(problem.toString())
                                .contains(
                                        "prayers/prayer_1.txt:1: conflicts with prayer [id] = [1] from the database, which stayed"));

        assertThat(load(MergePolicy.ARCHIVE_WINS).table("prayer").replaced()).isEqualTo(1);
        assertThat(Sql.value(database, "SELECT text FROM prayer WHERE id = 1")).isEqualTo(PrayerArchive.TEXT + 1);
    }

    @Test
    void importingTwiceChangesNothing() throws Exception {
        load();
        List<List<Object>> before = Sql.rows(database, "SELECT * FROM prayer_mark ORDER BY id");

        ImportReport again = load();

        assertThat(again.problems()).isEmpty();
        assertThat(again.insertedRows()).isZero();
        assertThat(Sql.rows(database, "SELECT * FROM prayer_mark ORDER BY id")).isEqualTo(before);
    }

    @Test
    @DisplayName("S2-22: a file with a wrong checksum is skipped before it is parsed, and reported")
    void s2_22_aFileWithAWrongChecksumIsSkippedAndReported() throws Exception {
        StringBuilder sums = new StringBuilder();
        for (int i = 1; i <= PRAYERS; i++) {
            String name = "prayers/prayer_" + i + ".txt";
            sums.append(Checksum.of(root.resolve(name)))
                    .append("  ")
                    .append(name)
                    .append('\n');
        }
        Files.writeString(root.resolve("SHA256SUMS"), sums.toString());
        byte[] changed = Files.readAllBytes(root.resolve("prayers/prayer_5.txt"));
        changed[changed.length / 2] ^= 1;
        Files.write(root.resolve("prayers/prayer_5.txt"), changed);

        ImportReport report = load();

        assertThat(Sql.value(database, "SELECT count(*) FROM prayer WHERE id = 5"))
                .isEqualTo(0);
        assertThat(Sql.value(database, "SELECT count(*) FROM prayer")).isEqualTo(PRAYERS - 1);
        assertThat(report.problems())
                .anySatisfy(problem ->
                        assertThat(problem.toString()).startsWith("prayers/prayer_5.txt: skipped: its checksum is"));
    }

    @Test
    @DisplayName("S2-23: SQL in the text is text")
    void s2_23_sqlInTheTextIsText() throws Exception {
        Files.write(
                root.resolve("users/2026_08.txt"),
                "August 01 2026 at 00:00 - '); DROP TABLE prayer;-- joined\n".getBytes(StandardCharsets.UTF_8));

        load();

        assertThat(Sql.value(database, "SELECT count(*) FROM user WHERE name = ?", "'); DROP TABLE prayer;--"))
                .isEqualTo(1);
        assertThat(Sql.value(database, "SELECT count(*) FROM prayer")).isEqualTo(PRAYERS);
    }
}
