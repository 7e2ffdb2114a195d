package org.healingsqlite.cli.suggest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveException;
import org.healingsqlite.archive.ArchiveImport;
import org.healingsqlite.archive.MergePolicy;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.PrayerWall;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is proposed for text that was never described. */
class ManifestSuggestionTest {
    private static final long SEED = 27;

    @TempDir
    Path directory;

    private Path archive;

    @BeforeEach
    void create() throws Exception {
        archive = Files.createDirectory(directory.resolve("text_archives"));
    }

    private void file(String name, String text) throws Exception {
        Path file = archive.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Map<String, String> files() throws Exception {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(archive)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(archive.relativize(file).toString(), Files.readString(file));
            }
        }
        return files;
    }

    private Connection filled(String schema, String manifest) throws Exception {
        Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(schema);
        }
        Path file = Files.writeString(directory.resolve("draft.properties"), manifest);
        ArchiveImport.of(Archive.open(archive, file))
                .into(connection, MergePolicy.DATABASE_WINS, ProgressListener.NONE);
        return connection;
    }

    @Test
    @DisplayName(
            "S2-06: a draft for a wall of eleven tables has nine of them, row by row, and says what it does not know")
    void s2_06_aDraftHasMostOfAWallAndSaysWhatItDoesNotKnow() throws Exception {
        PrayerWall wall = new PrayerWall(SEED, 200);
        wall.write(archive);
        Files.delete(archive.resolve("archive.properties"));
        Map<String, String> before = files();

        ManifestSuggestion suggestion = ManifestSuggestion.of(archive, PrayerWall.SCHEMA);

        assertThat(files()).as("nothing is written there").isEqualTo(before);
        assertThat(suggestion.complete()).isFalse();
        assertThat(suggestion.manifest())
                .contains(
                        "source.prayers.files=prayers/[0-9]*/*.txt",
                        "source.prayers.line.1=Prayer {id} by {author}",
                        "source.prayers.head.1=Submitted {created_at}",
                        "source.prayers.text.generated_prayer=Generated Prayer:",
                        "section.activity.line.1={created_at} - {user_name} prayed this prayer",
                        "section.activity.inherit=prayer_id=id",
                        "source.users.line.1={created_at} - {display_name} joined on invitation from {invited_by}",
                        "source.users.skip.1=User Registrations for {} {}",
                        "source.sessions.skip.1=Total active sessions: {}",
                        "row.session.map.authenticated=no:0, yes:1",
                        "row.user_role.lookup.role_id=role.name",
                        "row.prayer_attribute.set.name=answered",
                        "source.attributes.escape=\\\\",
                        "create=user")
                .as("what has no table stands there for a person to complete")
                .contains("# source.prayers.section.activity.line.3={other1} - {other2} added testimony: {other3}")
                .contains("# source.prayers.section.activity.more=other3");
        assertThat(suggestion.unplaced())
                .contains(
                        "README.txt: is in no form that is known here",
                        "table wall_event: no file seems to tell of it",
                        "source activity: the field other4 has no column in table activity_log")
                .anyMatch(line -> line.contains("section.activity.line.3 below, no table fits"));
        assertThat(suggestion.guesses())
                .contains(
                        "timeAs: how the database stores times", "row activity_log: action is a constant of this draft")
                .anyMatch(line -> line.startsWith("source activity: its table") && line.contains("wall_event"));
        assertThat(suggestion.check().report().problems())
                .anyMatch(problem -> problem.toString().contains("matches no pattern"));
        String timed = suggestion.manifest().replace("HH:mm:ss\n", "HH:mm:ss.SSSSSS\n");
        try (Connection found = filled(PrayerWall.SCHEMA, timed);
                Connection wanted = DriverManager.getConnection("jdbc:sqlite::memory:")) {
            try (Statement statement = wanted.createStatement()) {
                statement.executeUpdate(PrayerWall.SCHEMA);
                statement.executeUpdate("DROP TRIGGER mark_logs");
            }
            wall.fill(wanted);
            for (Connection each : List.of(found, wanted)) {
                Sql.run(each, "UPDATE prayer SET text_file_path = NULL");
                Sql.run(each, "UPDATE user SET text_file_path = NULL");
                Sql.run(each, "UPDATE user_role SET granted_by = NULL WHERE granted_by = 'system'");
                Sql.run(each, "DELETE FROM prayer_attribute WHERE name = 'answer_testimony'");
                Sql.run(each, "DELETE FROM activity_log");
                Sql.run(each, "DELETE FROM wall_event");
            }
            assertThat(PrayerWall.content(found)).isEqualTo(PrayerWall.content(wanted));
        }
    }

    @Test
    void anArchiveThatExplainsItselfNeedsNoMore() throws Exception {
        file("note.csv", "id,body,Created at\n1,one,2026-01-02\n2,two,2026-01-03");
        file("tag.jsonl", "{\"note\": 1, \"tag\": \"a\"}\n{\"note\": 2, \"tag\": \"b\"}\n");
        file(
                "people/people.txt",
                "Format: person_name|member|joined\n\nanna|yes|2026-01-02T10:00:00\nbob|no|January 3 2026 at 11:00\n\nTotal: 2\n");
        ManifestSuggestion suggestion = ManifestSuggestion.of(archive, """
                CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT NOT NULL, created_at TIMESTAMP);
                CREATE TABLE tag (note INTEGER NOT NULL, tag TEXT NOT NULL);
                CREATE TABLE person (name TEXT PRIMARY KEY, member BOOLEAN NOT NULL, joined TIMESTAMP);
                INSERT INTO tag VALUES (1, 'none of this is run');
                """);

        assertThat(suggestion.unplaced()).isEmpty();
        assertThat(suggestion.check().report().problems()).isEmpty();
        assertThat(suggestion.complete()).isTrue();
        try (Connection found = filled(
                "CREATE TABLE note (id, body, created_at); CREATE TABLE tag (note, tag); CREATE TABLE person (name, member, joined);",
                suggestion.manifest())) {
            assertThat(Sql.rows(found, "SELECT * FROM person"))
                    .containsExactly(
                            List.of("anna", "1", "2026-01-02 10:00:00"), List.of("bob", "0", "2026-01-03 11:00:00"));
            assertThat(Sql.rows(found, "SELECT tag FROM tag")).hasSize(2);
        }
    }

    @Test
    void linesHaveTheirPhrasesFoundAndNamesOfSeveralWordsStayWhole() throws Exception {
        file("users.txt", """
                anna joined in 2026
                Joe of the Hill joined in 2025
                bob the elder joined in 2024
                carol joined in 2024
                dave left without a word
                """);
        ManifestSuggestion suggestion =
                ManifestSuggestion.of(archive, "CREATE TABLE user (name TEXT PRIMARY KEY, joined INTEGER);");

        assertThat(suggestion.manifest()).contains("source.users.line.1={name} joined in {joined:number}");
        assertThat(suggestion.check().report().rowCounts())
                .hasEntrySatisfying("user", count -> assertThat(count.after()).isEqualTo(4));
        assertThat(suggestion.check().report().problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.line()).isEqualTo(5));
        assertThat(suggestion.complete()).isFalse();
    }

    @Test
    void whateverTheFilesAreTheDraftCanBeTriedAndNothingIsPassedOver() throws Exception {
        file("essay.txt", "I went to the sea.\nIt was cold: very.\n");
        file("empty.txt", "");
        Files.write(archive.resolve("noise.txt"), new byte[] {(byte) 0xc3, 0x28, 0, (byte) 0xff});
        file("odd, name [1] {2}.txt", "Format: a|{b}|c d\n\n1|2|3\n");
        file("crlf.csv", "a,b\r\n1,2\r\n");
        file(
                "brackets.txt",
                "2026-01-01 - x [did] {that} to y\n2026-01-02 - z [did] {that} to w\n2026-01-03 - q [did] {that} to r\n");
        file(".hidden", "x");
        ManifestSuggestion suggestion =
                ManifestSuggestion.of(archive, "CREATE TABLE unlike (any_thing TEXT, \"odd name\" TEXT);");

        assertThat(suggestion.complete()).isFalse();
        assertThat(suggestion.unplaced())
                .contains(
                        "essay.txt: is in no form that is known here",
                        "empty.txt: is empty",
                        "noise.txt: is not text in UTF-8");
        for (String name :
                List.of("essay.txt", "empty.txt", "noise.txt", "crlf.csv", "odd, name [1] {2}.txt", "brackets.txt")) {
            assertThat(Stream.concat(
                            suggestion.unplaced().stream(),
                            suggestion.check().report().problems().stream().map(Object::toString)))
                    .as(name)
                    .anyMatch(line -> line.startsWith(name) || line.startsWith(name.replaceAll("[,\\[\\]{}]", "?")));
        }
        assertThat(suggestion.manifest()).doesNotContain(".hidden");
    }

    @Test
    void whatIsNoDirectoryOrNoSchemaIsSaid() {
        assertThatThrownBy(() -> ManifestSuggestion.of(directory.resolve("none"), "CREATE TABLE t (x);"))
                .isInstanceOf(ArchiveException.class)
                .hasMessageContaining("no such directory");
        assertThatThrownBy(() -> ManifestSuggestion.of(archive, "CREATE TABLE t (x"))
                .isInstanceOf(ArchiveException.class)
                .hasMessageContaining("creates no table");
    }
}
