package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.PrayerWall;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The wall of eleven tables, with files that are gone, cut, contradict one another, or were written to do harm: what is there comes back, the rest is told. */
class HostileWallTest {
    private static final long SEED = 27;
    private static final int PRAYERS = 40;

    @TempDir
    Path directory;

    private final PrayerWall wall = new PrayerWall(SEED, PRAYERS);
    private Map<String, List<String>> whole = Map.of();
    private int round;

    @BeforeEach
    void expect() throws Exception {
        try (Connection connection = database()) {
            Sql.run(connection, "DROP TRIGGER mark_logs");
            wall.fill(connection);
            whole = PrayerWall.content(connection);
        }
    }

    private Connection database() throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(PrayerWall.SCHEMA);
        }
        return connection;
    }

    private Path written() throws Exception {
        return wall.write(directory.resolve("text" + round++));
    }

    /**
     * An import.
     *
     * @param content the rows by table
     */
    private record Imported(ImportReport report, Map<String, List<String>> content, List<List<Object>> schema) {
        List<String> told() {
            return report.problems().stream().map(Problem::toString).toList();
        }
    }

    private Imported load(Path archive) throws Exception {
        try (Connection connection = database()) {
            ImportReport report = ArchiveImport.of(Archive.open(archive))
                    .into(connection, MergePolicy.DATABASE_WINS, ProgressListener.NONE);
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            assertThat(report.countsAgree()).isTrue();
            return new Imported(
                    report,
                    PrayerWall.content(connection),
                    Sql.rows(connection, "SELECT type, name, sql FROM sqlite_schema ORDER BY name"));
        }
    }

    /** Rows of one that the other has not, by table. */
    private static Map<String, List<String>> without(Map<String, List<String>> one, Map<String, List<String>> other) {
        Map<String, List<String>> left = new LinkedHashMap<>();
        one.forEach((table, rows) -> {
            List<String> rest = new ArrayList<>(rows);
            Map<String, Integer> counts = new HashMap<>();
            other.getOrDefault(table, List.of()).forEach(row -> counts.merge(row, 1, Integer::sum));
            rest.removeIf(row -> {
                int count = counts.getOrDefault(row, 0);
                counts.put(row, count - 1);
                return count > 0;
            });
            if (!rest.isEmpty()) {
                left.put(table, rest);
            }
        });
        return left;
    }

    @Test
    @DisplayName("S2-11: any one file gone: what only it told is missing, nothing else, and nothing is made up")
    void s2_11_aFileThatIsGoneCostsWhatOnlyItTold() throws Exception {
        List<String> names = new ArrayList<>(wall.files().keySet());
        names.removeIf(name -> name.startsWith("prayers/2026/") && name.hashCode() % 8 != 0);
        for (String name : names) {
            Path archive = written();
            Files.delete(archive.resolve(name));

            Imported found = load(archive);

            Map<String, List<String>> invented = without(found.content(), whole);
            // Who joined in a file that is gone, and is mentioned elsewhere, is there with his name.
            invented.keySet().removeIf(table -> table.equals("user"));
            assertThat(invented).as("%s gone", name).isEmpty();
            assertThat(without(whole, found.content()).keySet())
                    .as("%s gone", name)
                    .isSubsetOf(touched(name));
        }
    }

    /** The tables that a file of the wall tells of. */
    private static List<String> touched(String file) {
        if (file.startsWith("users/")) {
            return List.of("user");
        }
        if (file.startsWith("activity/")) {
            return List.of("wall_event");
        }
        if (file.startsWith("prayers/marks/")) {
            return List.of("prayer_mark");
        }
        if (file.startsWith("prayers/attributes/")) {
            return List.of("prayer_attribute");
        }
        if (file.startsWith("prayers/")) {
            return List.of("prayer", "prayer_mark", "prayer_attribute", "activity_log", "user");
        }
        return file.startsWith("roles/role_def")
                ? List.of("role", "user_role")
                : file.startsWith("roles/")
                        ? List.of("user_role")
                        : file.contains("sessions")
                                ? List.of("session")
                                : file.contains("security")
                                        ? List.of("security_log")
                                        : file.startsWith("system/") ? List.of("invite_token") : List.of();
    }

    @Test
    @DisplayName(
            "S2-11, S2-22: a file that is cut anywhere costs what was behind the cut; a row that is not as it was is told with its file and line")
    void s2_11_22_aCutFileIsToldWhereverARowIsNotAsItWas() throws Exception {
        Random random = new Random(SEED);
        List<String> names = new ArrayList<>(wall.files().keySet());
        names.remove("README.txt");
        int cutRows = 0;
        for (int i = 0; i < 60; i++) {
            String name = names.get(random.nextInt(names.size()));
            Path archive = written();
            byte[] bytes = Objects.requireNonNull(wall.files().get(name)).getBytes(StandardCharsets.UTF_8);
            int kept = random.nextInt(bytes.length);
            Files.write(archive.resolve(name), Arrays.copyOf(bytes, kept));

            Imported found = load(archive);

            String where = "seed " + SEED + ", " + name + " cut at " + kept + ": " + found.told();
            assertThat(without(whole, found.content()).keySet()).as(where).isSubsetOf(touched(name));
            Map<String, List<String>> changed = without(found.content(), whole);
            List<String> strangers = changed.remove("user");
            boolean atAnEnd = kept == 0 || bytes[kept - 1] == '\n';
            if (!changed.isEmpty() && !atAnEnd || strangers != null && name.startsWith("users/") && !atAnEnd) {
                cutRows++;
                assertThat(found.told()).as(where).anyMatch(line -> line.startsWith(name + ":"));
            }
            assertThat(changed.keySet()).as(where).isSubsetOf(touched(name));
        }
        Path unended = written();
        Files.writeString(
                unended.resolve(Manifest.FILE),
                PrayerWall.MANIFEST + "source.users.unended=true\nsource.prayers.unended=true\n");
        for (String name : names) {
            if (name.startsWith("users/") || name.startsWith("prayers/2026/")) {
                Files.writeString(
                        unended.resolve(name),
                        Objects.requireNonNull(wall.files().get(name)).stripTrailing());
            }
        }
        Imported said = load(unended);
        assertThat(said.content()).isEqualTo(whole);
        assertThat(said.told()).as("the manifest says that its files are so").isEmpty();
        assertThat(cutRows).as("negative control: some cuts change a row").isPositive();
    }

    @Test
    @DisplayName(
            "S2-12: two files that contradict one another: the first in order is taken, both places are told, and no third row comes of them")
    void s2_12_contradictionsAreToldAndDecided() throws Exception {
        Path archive = written();
        Files.writeString(archive.resolve("prayers/2026/zz_copy.txt"), """
                Prayer p3x by user_0
                Submitted June 01 2026 at 10:00

                Another text.

                Activity:
                """);
        Files.writeString(
                archive.resolve("system/invite_tokens.txt"),
                wall.files().get("system/invite_tokens.txt") + "t3|user_5|2030-01-01T00:00:00|true|user_5\n");
        Imported found = load(archive);

        assertThat(found.content()).isEqualTo(whole);
        assertThat(found.told())
                .anyMatch(line -> line.startsWith("prayers/2026/zz_copy.txt:1: conflicts with prayer"))
                .anyMatch(line ->
                        line.startsWith("system/invite_tokens.txt:") && line.contains("conflicts with invite_token"))
                .hasSize(2);
    }

    @Test
    @DisplayName(
            "S2-23: text that looks like SQL, patterns, headings or rows of the archive stays text, and what could be meant otherwise is told")
    void s2_23_textThatLooksLikeSomethingElseStaysText() throws Exception {
        String text = """
                '); DROP TABLE prayer; DELETE FROM user;--
                Prayer p1x by somebody else
                Submitted June 01 2026 at 10:00
                Format: timestamp|prayer_id|user_id
                {#file} {id} [x] $1 \\1 %s ${jndi:ldap://x} \u202e\u001b[31m

                Activity:
                June 01 2026 at 10:00 - nobody prayed this prayer
                June 01 2026 at 11:00 - nobody marked this prayer as answered""";
        Path archive = written();
        Files.writeString(
                archive.resolve("prayers/2026/zz.txt"),
                "Prayer zz by user_0\nSubmitted June 01 2026 at 10:00\nProject: x', (SELECT 1)) --\n\n" + text
                        + "\n\nActivity:\nJune 02 2026 at 10:00 - user_1 prayed this prayer\n");
        Imported found = load(archive);

        Map<String, List<String>> more = without(found.content(), whole);
        assertThat(more.keySet()).containsExactlyInAnyOrder("prayer", "prayer_mark");
        assertThat(more.get("prayer_mark")).singleElement().asString().contains("'zz'", "'user_1'");
        assertThat(more.get("prayer"))
                .singleElement()
                .asString()
                .contains("'" + text.replace("'", "''") + "'", "'x'', (SELECT 1)) --'");
        assertThat(without(whole, found.content())).isEmpty();
        assertThat(found.told())
                .containsExactly(
                        "prayers/2026/zz.txt:11: taken as text, although what follows looks like rows; the last such"
                                + " section is the record's");
        assertThat(found.schema()).isEqualTo(load(written()).schema());
    }

    @Test
    @DisplayName(
            "S2-22: what is no text, no file, or too much of one is left out with its name; all other rows are there")
    @DisabledOnOs(OS.WINDOWS)
    void s2_22_whatIsNoTextIsLeftOutWithItsName() throws Exception {
        Path archive = written();
        Path elsewhere = Files.writeString(
                directory.resolve("elsewhere.txt"), "January 01 2027 at 10:00 - spy joined directly\n");
        Files.createSymbolicLink(archive.resolve("users/2027_02_users.txt"), elsewhere);
        Files.createSymbolicLink(archive.resolve("up"), directory);
        assertThat(new ProcessBuilder(
                                "mkfifo",
                                archive.resolve("users/2027_03_users.txt").toString())
                        .start()
                        .waitFor())
                .isZero();
        Files.write(
                archive.resolve("users/2027_04_users.txt"),
                new byte[] {(byte) 0xff, (byte) 0xfe, 0, 10, (byte) 0xc3, 10});
        Files.writeString(archive.resolve("users/2027_05_users.txt"), "x".repeat(1 << 20) + " - y joined\n");
        Files.writeString(
                archive.resolve("auth/2027_01_sessions.txt"),
                "Format: " + "a|".repeat(40_000) + "b\n\n" + "1|".repeat(40_000) + "2\n");
        Path deep = archive;
        for (int i = 0; i < 40; i++) {
            deep = deep.resolve("d");
        }
        Files.createDirectories(deep);
        Files.writeString(deep.resolve("deep.txt"), "x");

        Imported found = load(archive);

        assertThat(found.content()).isEqualTo(whole);
        assertThat(found.told())
                .contains(
                        "users/2027_02_users.txt: left out: is a link, expected a file",
                        "up: left out: is a link, expected a file")
                .anyMatch(line -> line.startsWith("users/2027_03_users.txt: left out"))
                .anyMatch(line -> line.startsWith("users/2027_04_users.txt:1"))
                .anyMatch(line -> line.startsWith("users/2027_05_users.txt:1: matches no pattern"))
                .anyMatch(line -> line.startsWith("auth/2027_01_sessions.txt:3"))
                .anyMatch(line -> line.contains("directories deep"))
                .noneMatch(line -> line.contains("spy"));
    }

    @Test
    @DisplayName("S2-22: names that no file system of people's has do not keep the others from coming back")
    @DisabledOnOs(OS.WINDOWS)
    void s2_22_oddNamesKeepNothingBack() throws Exception {
        Path archive = written();
        for (String name :
                List.of("a\nb.txt", "\u001b[31mred.txt", "', 'x.txt", "{a,b}.txt", "[!a].txt", "..txt", "🙏.txt")) {
            Files.writeString(archive.resolve("users").resolve(name), "nonsense\n");
        }
        Imported found = load(archive);

        assertThat(found.content()).isEqualTo(whole);
        assertThat(found.told())
                .hasSize(7)
                .allMatch(line -> line.startsWith("users/") && line.contains(":1: matches no pattern"))
                .noneMatch(line -> line.contains("\n") || line.contains("\u001b"));
    }
}
