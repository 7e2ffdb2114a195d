package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.PrayerWall;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An archive of eleven tables that an application writes for people: whole, in part, contradicting itself, cut, and hostile. */
class PrayerWallTest {
    private static final long SEED = 27;
    private static final int PRAYERS = 1000;

    @TempDir
    Path directory;

    private Connection database(String name) throws Exception {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve(name));
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous = OFF");
            statement.executeUpdate(PrayerWall.SCHEMA);
        }
        return connection;
    }

    private Map<String, List<String>> expected(PrayerWall wall) throws Exception {
        try (Connection connection = database("expected.db")) {
            Sql.run(connection, "DROP TRIGGER mark_logs");
            connection.setAutoCommit(false);
            wall.fill(connection);
            connection.commit();
            return PrayerWall.content(connection);
        }
    }

    private static ImportReport load(Path archive, Connection connection) throws Exception {
        return ArchiveImport.of(Archive.open(archive))
                .into(connection, MergePolicy.DATABASE_WINS, ProgressListener.NONE);
    }

    /** What is in one and not in the other; the first of it. */
    private static List<String> differences(Map<String, List<String>> found, Map<String, List<String>> expected) {
        List<String> differences = new ArrayList<>();
        expected.forEach((table, rows) -> {
            List<String> there = found.getOrDefault(table, List.of());
            Set<String> known = new HashSet<>(there);
            Set<String> wanted = new HashSet<>(rows);
            List<String> missing =
                    rows.stream().filter(row -> !known.contains(row)).toList();
            List<String> invented =
                    there.stream().filter(row -> !wanted.contains(row)).toList();
            if (there.size() != rows.size()) {
                differences.add(table + " has " + there.size() + " rows, expected " + rows.size());
            }
            missing.stream().limit(3).forEach(row -> differences.add("missing in " + table + ": " + row));
            invented.stream().limit(3).forEach(row -> differences.add("invented in " + table + ": " + row));
        });
        return differences;
    }

    @Test
    @DisplayName("S2-10: every row of a whole archive is back, by type and NULL, and nothing is told")
    void s2_10_everyRowOfAWholeArchiveIsBack() throws Exception {
        PrayerWall wall = new PrayerWall(SEED, PRAYERS);
        Path archive = wall.write(directory.resolve("text_archives"));
        try (Connection connection = database("app.db")) {
            ImportReport report = load(archive, connection);

            assertThat(report.problems()).isEmpty();
            assertThat(report.countsAgree()).isTrue();
            assertThat(report.danglingReferences()).isZero();
            Map<String, List<String>> expected = expected(wall);
            assertThat(expected)
                    .hasSize(11)
                    .allSatisfy((table, rows) -> assertThat(rows).isNotEmpty());
            assertThat(differences(PrayerWall.content(connection), expected)).isEmpty();
        }
    }

    @Test
    @DisplayName("S2-11: where files are gone or cut, what is there comes back, and the rest is told by file and line")
    void s2_11_whatIsThereComesBackAndTheRestIsTold() throws Exception {
        PrayerWall wall = new PrayerWall(SEED, 60);
        Path archive = wall.write(directory.resolve("text_archives"));
        Map<String, List<String>> expected = expected(wall);
        Files.delete(archive.resolve("auth/2026_06_30_sessions.txt"));
        Random random = new Random(SEED);
        List<String> cut = new ArrayList<>();
        for (Map.Entry<String, String> file : wall.files().entrySet()) {
            if (file.getKey().startsWith("prayers/2026/") && random.nextInt(4) == 0) {
                cut.add(file.getKey());
                byte[] bytes = file.getValue().getBytes(StandardCharsets.UTF_8);
                // Within the first line: nothing of it is a record.
                Files.write(archive.resolve(file.getKey()), Arrays.copyOf(bytes, 3));
            }
        }
        try (Connection connection = database("app.db")) {
            ImportReport report = load(archive, connection);
            Map<String, List<String>> found = PrayerWall.content(connection);

            assertThat(report.problems().stream().map(Problem::toString).toList())
                    .contains("auth/*_sessions.txt: no such file, named by source sessions")
                    .containsAll(cut.stream()
                            .map(file ->
                                    file + ":1: expected a line that matches " + "Prayer {id} by {author}, found ?")
                            .toList());
            assertThat(found.get("session")).isEmpty();
            assertThat(found.get("prayer")).hasSize(60 - cut.size());
            assertThat(found.get("invite_token")).isEqualTo(expected.get("invite_token"));
            found.forEach((table, rows) -> {
                if (!table.equals("user")) {
                    assertThat(expected.get(table)).containsAll(rows);
                }
            });
        }
    }

    @Test
    @DisplayName("S2-12: two places that contradict one another are decided by the rule of their row, and told")
    void s2_12_contradictionsAreDecidedByTheRuleOfTheRow() throws Exception {
        PrayerWall wall = new PrayerWall(SEED, 20);
        Path archive = wall.write(directory.resolve("text_archives"));
        Files.writeString(
                archive.resolve("users/2027_01_users.txt"), "January 01 2027 at 10:00 - user_0 joined directly\n");
        try (Connection connection = database("app.db")) {
            ImportReport report = load(archive, connection);

            assertThat(Sql.value(connection, "SELECT created_at FROM user WHERE display_name = 'user_0'"))
                    .isEqualTo("2026-01-03 06:55:00.000000");
            assertThat(report.problems())
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.toString())
                            .startsWith("users/2027_01_users.txt:1: conflicts with user")
                            .endsWith("which stayed"));
        }
        Files.writeString(archive.resolve(Manifest.FILE), PrayerWall.MANIFEST + "row.user.conflict=last\n");
        try (Connection connection = database("last.db")) {
            assertThat(load(archive, connection).table("user").replaced()).isEqualTo(1);
            assertThat(Sql.value(connection, "SELECT created_at FROM user WHERE display_name = 'user_0'"))
                    .isEqualTo("2027-01-01 10:00:00.000000");
        }
    }

    @Test
    @DisplayName(
            "S2-23: whatever bytes the files have, the import ends, runs nothing, and tells each place it does not take")
    void s2_23_whateverBytesTheFilesHaveTheImportEnds() throws Exception {
        PrayerWall wall = new PrayerWall(SEED, 12);
        Random random = new Random(SEED);
        for (int round = 0; round < 4; round++) {
            Path archive = wall.write(directory.resolve("hostile" + round));
            for (Map.Entry<String, String> file : wall.files().entrySet()) {
                byte[] bytes = file.getValue().getBytes(StandardCharsets.UTF_8);
                for (int i = 0; i < 3; i++) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
                Files.write(archive.resolve(file.getKey()), bytes);
            }
            try (Connection connection = database("hostile" + round + ".db")) {
                ImportReport report = load(archive, connection);

                assertThat(report.problemCount())
                        .as("seed %s, round %s", SEED, round)
                        .isPositive();
                assertThat(report.countsAgree()).isTrue();
                assertThat(Sql.names(connection, "table")).containsAll(PrayerWall.COLUMNS.keySet());
                assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            }
        }
    }

    @Test
    void aLookalikeOfAHeadingIsToldAndTheLastOneCounts() throws Exception {
        PrayerWall wall = new PrayerWall(SEED, 20);
        Path archive = wall.write(directory.resolve("text_archives"));
        Files.writeString(archive.resolve("prayers/2026/x.txt"), """
                        Prayer x by user_0
                        Submitted June 01 2026 at 10:00

                        Mine:

                        Generated Prayer:
                        is not this

                        Generated Prayer:
                        Amen

                        Activity:
                        """);
        try (Connection connection = database("app.db")) {
            ImportReport report = load(archive, connection);

            assertThat(Sql.rows(connection, "SELECT text, generated_prayer FROM prayer WHERE id = 'x'"))
                    .containsExactly(List.of("Mine:\n\nGenerated Prayer:\nis not this", "Amen"));
            assertThat(report.problems())
                    .extracting(Problem::toString)
                    .containsExactly("prayers/2026/x.txt:6: taken as text, although it looks like the heading of "
                            + "generated_prayer; that is the last such line");
        }
    }

    @Test
    void keysOfAManifestThatMeanNothingAreSaid() throws Exception {
        PrayerWall wall = new PrayerWall(SEED, 1);
        Path archive = wall.write(directory.resolve("text_archives"));
        Map<String, String> wrong = new LinkedHashMap<>();
        wrong.put("source.users.lines.1=x", "keys that mean nothing: source.users.lines.1");
        wrong.put("row.usr.key=name", "row.usr.key is of a row that no source gives");
        wrong.put("version=2", "keys that stand there twice: [version]");
        wrong.put("row.session.set.ip={#who}", "expected the name of a field, or one of");
        wrong.put("row.session.key=nobody", "names nobody: table session has the columns");
        wrong.put("source.users.line.9={a", "expected {name}, {name:number}");
        wrong.put("row.session.type.ip=house", "expected any, text, integer, real or number");
        wrong.put("row.session.set.phone=1", "row.session.set.phone names no column: table session has the columns");
        wrong.put("row.session.map.ip=house", "expected text:value");
        for (Map.Entry<String, String> entry : wrong.entrySet()) {
            Files.writeString(archive.resolve(Manifest.FILE), PrayerWall.MANIFEST + entry.getKey() + "\n");
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:")) {
                try (Statement statement = connection.createStatement()) {
                    statement.executeUpdate(PrayerWall.SCHEMA);
                }
                assertThatThrownBy(() -> load(archive, connection))
                        .as(entry.getKey())
                        .isInstanceOf(ArchiveException.class)
                        .hasMessageContaining(entry.getValue());
            }
        }
    }

    @Test
    void aDryRunShowsRowsProblemsAndKeysWithoutAPartner() throws Exception {
        PrayerWall wall = new PrayerWall(SEED, 20);
        Path archive = wall.write(directory.resolve("text_archives"));
        Files.writeString(archive.resolve("prayers/marks/2027_01_marks.txt"), """
                Format: timestamp|prayer_id|user_id

                2027-01-01T10:00:00|no prayer|user_0
                nonsense
                """);

        ArchiveCheck check = ArchiveCheck.of(Archive.open(archive), "PRAGMA foreign_keys = ON;\n" + PrayerWall.SCHEMA);

        assertThat(check.clean()).isFalse();
        assertThat(check.leftOut()).isEqualTo(1);
        assertThat(check.toText())
                .contains("role: 3 archived, 3 there")
                .contains("    id | name | description | permissions | is_system")
                .doesNotContain("admin")
                .contains("prayers/marks/2027_01_marks.txt:4: expected 3 fields, found 1")
                .contains("a row of prayer_mark")
                .contains("leads to no row of prayer");
        try (Disclosure.Scope shown = Disclosure.ofValues(true)) {
            assertThat(shown).isNotNull();
            assertThat(check.toText()).contains("    1 | 'admin' | 'Rules: all' | '[\"*\"]' | 1");
        }
        assertThat(Json.object(check.toJson()).getArray("problems").getObject(0).getInt("line"))
                .isEqualTo(4);
        assertThat(Json.object(check.toJson())
                        .getObject("tables")
                        .getObject("role")
                        .getInt("there"))
                .isEqualTo(3);
    }
}
