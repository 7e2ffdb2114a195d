package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.testkit.Sql;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The steps from text to a database, each on its own, and the count of rows at their end. */
class ArchiveStepsTest {
    private static final int PRAYERS = 12;

    @TempDir
    Path directory;

    private Path root;

    @BeforeEach
    void writeArchive() throws Exception {
        root = PrayerArchive.write(directory, PRAYERS);
    }

    private Connection database(String name) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + directory.resolve(name));
    }

    /** A row as a parser gave it. */
    private record Row(String table, List<String> columns, List<@Nullable Object> values, long line) {
        @Nullable
        Object value(String column) {
            return values.get(columns.indexOf(column));
        }
    }

    /** Keeps what a parser gives. */
    private static final class Rows implements RowConsumer {
        private final List<Row> rows = new ArrayList<>();
        private final List<String> problems = new ArrayList<>();

        @Override
        public void row(String table, List<String> columns, List<@Nullable Object> values, long line) {
            rows.add(new Row(table, columns, new ArrayList<>(values), line));
        }

        @Override
        public void problem(long line, String reason) {
            problems.add(line + ": " + reason);
        }
    }

    /** The files of one kind, parsed, by name. */
    private static Map<String, Rows> parsed(Archive archive, String table) throws IOException {
        Map<String, Rows> parsed = new LinkedHashMap<>();
        for (ArchiveFile file : archive.files()) {
            if (file.table().equals(table)) {
                Rows rows = new Rows();
                archive.parse(file, rows);
                parsed.put(file.name(), rows);
            }
        }
        return parsed;
    }

    private static List<Row> rows(Map<String, Rows> parsed, String table) {
        return parsed.values().stream()
                .flatMap(file -> file.rows.stream())
                .filter(row -> row.table().equals(table))
                .toList();
    }

    // ---- S2-07

    @Test
    @DisplayName("S2-07: the archives of prayers are parsed on their own; no database is there")
    void prayersAreParsedOnTheirOwn() throws Exception {
        Map<String, Rows> prayers = parsed(Archive.open(root), "prayer");

        assertThat(prayers).hasSize(PRAYERS);
        assertThat(prayers.values())
                .allSatisfy(file -> assertThat(file.problems).isEmpty());
        List<Row> rows = rows(prayers, "prayer");
        assertThat(rows).hasSize(PRAYERS);
        assertThat(rows.get(6).value("text")).isEqualTo(PrayerArchive.TEXT + 7);
        assertThat(rows.get(6).value("author")).isEqualTo("only mentioned");
        assertThat(rows(prayers, "prayer_mark")).hasSize(PRAYERS);
    }

    @Test
    @DisplayName("S2-07: the archives of users are parsed on their own; what is no row is told with its line")
    void usersAreParsedOnTheirOwn() throws Exception {
        Files.writeString(root.resolve("users/2026_07.txt"), "nonsense\nJuly 01 2026 at 00:00 - carl joined\n");

        Map<String, Rows> users = parsed(Archive.open(root), "user");

        assertThat(rows(users, "user"))
                .extracting(row -> row.value("name"))
                .containsExactly("anna", "joão: the | second", "bob", "carl");
        assertThat(users.getOrDefault("users/2026_07.txt", new Rows()).problems)
                .singleElement()
                .satisfies(problem -> assertThat(problem).startsWith("1: "));
    }

    @Test
    @DisplayName("S2-07: the schema is rebuilt on its own, from a script or from an exact archive, without any row")
    void theSchemaIsRebuiltOnItsOwn() throws Exception {
        try (Connection first = database("first.db");
                Connection second = database("second.db")) {
            ArchiveRestore.of(Archive.open(root), PrayerArchive.SCHEMA).schemaInto(first);
            assertThat(Sql.names(first, "table")).contains("user", "prayer", "prayer_mark", "session");
            assertThat(Sql.names(first, "trigger")).containsExactly("mark_touches");
            assertThat(Sql.value(first, "SELECT count(*) FROM user")).isEqualTo(0);

            Sql.run(
                    first,
                    "CREATE VIRTUAL TABLE found USING fts5(text)",
                    "INSERT INTO found VALUES ('words')",
                    "INSERT INTO user (name) VALUES ('anna')");
            Path exact = directory.resolve("exact");
            ArchiveExport.of(first).into(exact, ProgressListener.NONE);
            ArchiveRestore.of(Archive.open(exact)).schemaInto(second);
            String schema = "SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2";
            assertThat(Sql.rows(second, schema)).isEqualTo(Sql.rows(first, schema));
            assertThat(Sql.value(second, "SELECT (SELECT count(*) FROM user) + (SELECT count(*) FROM found)"))
                    .isEqualTo(0);
            assertThat(Sql.value(second, "PRAGMA integrity_check")).isEqualTo("ok");
        }
    }

    @Test
    void aSchemaThatCannotBeCreatedLeavesTheDatabaseAsItWas() throws Exception {
        try (Connection database = database("app.db")) {
            Sql.run(database, "CREATE TABLE session (x)");
            ArchiveRestore restore = ArchiveRestore.of(Archive.open(root), PrayerArchive.SCHEMA);

            assertThatThrownBy(() -> restore.schemaInto(database)).hasMessageContaining("session");
            assertThat(Sql.names(database, "table")).containsExactly("session");
            assertThat(database.getAutoCommit()).isTrue();
        }
    }

    @Test
    @DisplayName("S2-07: the database is populated from rows that were parsed before, and looked at by the application")
    void aDatabaseIsPopulatedFromParsedRows() throws Exception {
        Archive archive = Archive.open(root);
        Map<String, Rows> parsed = new LinkedHashMap<>(parsed(archive, "user"));
        parsed.putAll(parsed(archive, "prayer"));
        // Nothing of the text is read again.
        for (ArchiveFile file : archive.files()) {
            Files.delete(file.path());
        }
        parsed.remove("prayers/prayer_5.txt");
        try (Connection database = database("app.db")) {
            ArchiveRestore.of(archive, PrayerArchive.SCHEMA).schemaInto(database);

            ImportReport report = ArchiveImport.of(archive)
                    .parsed((file, rows) -> {
                        for (Row row : parsed.getOrDefault(file.name(), new Rows()).rows) {
                            rows.row(row.table(), row.columns(), row.values(), row.line());
                        }
                    })
                    .into(database, MergePolicy.DATABASE_WINS, ProgressListener.NONE);

            assertThat(report.problems()).isEmpty();
            assertThat(report.countsAgree()).isTrue();
            assertThat(Sql.value(database, "SELECT group_concat(id) FROM prayer"))
                    .isEqualTo("1,2,3,4,6,7,8,9,10,11,12");
            assertThat(Sql.rows(
                            database,
                            "SELECT name, p.text FROM prayer p JOIN user u ON u.id = author_id WHERE p.id = 7"))
                    .containsExactly(List.of("only mentioned", PrayerArchive.TEXT + 7));
            assertThat(Sql.value(database, "SELECT count(*) FROM session")).isEqualTo(0);
        }
    }

    @Test
    void rowsParsedBeforeDoNotStandForAnArchiveThatGoesOnInALog() throws Exception {
        Path kept = directory.resolve("kept");
        try (Connection database = database("app.db")) {
            Sql.run(database, "CREATE TABLE a (x)");
            try (ArchiveKeeper keeper = ArchiveKeeper.open(directory.resolve("app.db"), kept)) {
                ArchiveKeeper.Watch watch = keeper.watch(database);
                keeper.commit(watch, () -> Sql.run(database, "INSERT INTO a VALUES (1)"));
            }
            ArchiveImport parsed = ArchiveImport.of(Archive.open(kept)).parsed((file, rows) -> {});
            assertThatThrownBy(() -> parsed.into(database, MergePolicy.DATABASE_WINS, ProgressListener.NONE))
                    .hasMessageContaining("log of changes");
        }
    }

    // ---- S2-08

    private ImportReport load(Connection database) throws Exception {
        return ArchiveImport.of(Archive.open(root)).into(database, MergePolicy.DATABASE_WINS, ProgressListener.NONE);
    }

    @Test
    @DisplayName("S2-08: row counts are compared with the archive's; conflicts and references explain what differs")
    void rowCountsAreComparedWithTheArchives() throws Exception {
        try (Connection database = database("app.db")) {
            database.createStatement().executeUpdate(PrayerArchive.SCHEMA);
            Sql.run(
                    database,
                    "INSERT INTO user VALUES (77, 'anna', '2026-05-02 09:15:00', 'newer')",
                    "INSERT INTO prayer VALUES (500, 77, '2026-11-01 00:00:00', NULL, 'salvaged', 'not archived yet')");

            ImportReport report = load(database);

            assertThat(report.countsAgree()).isTrue();
            // Users: 3 archived, of which anna is there in conflict; "only mentioned" and "stranger" are mentioned.
            assertThat(report.rowCounts().get("user"))
                    .hasToString("3 archived, 5 there (1 there before, 1 in conflict, 2 only mentioned)")
                    .satisfies(count -> assertThat(count.after()).isEqualTo(count.expected()));
            assertThat(report.rowCounts().get("prayer"))
                    .hasToString(PRAYERS + " archived, " + (PRAYERS + 1) + " there (1 there before)");
            assertThat(report.rowCounts().get("prayer_mark"))
                    .hasToString(3 * PRAYERS + " archived, " + 2 * PRAYERS + " there (" + PRAYERS + " there already)");
            assertThat(report.rowCounts().get("session")).hasToString("2 archived, 2 there");
        }
    }

    @Test
    @DisplayName("S2-08, negative control: a row that was inserted and did not stay is found out")
    void aRowThatDidNotArriveIsFoundOut() throws Exception {
        try (Connection database = database("app.db")) {
            database.createStatement().executeUpdate(PrayerArchive.SCHEMA);
            Sql.run(
                    database,
                    "CREATE TEMP TRIGGER thief AFTER INSERT ON main.prayer WHEN NEW.id = 9 BEGIN DELETE FROM prayer WHERE id = 3; END");

            ImportReport report = load(database);

            assertThat(report.countsAgree()).isFalse();
            assertThat(report.complete()).isFalse();
            assertThat(report.problems())
                    .extracting(Problem::toString)
                    .containsExactly("text_archives: row counts differ: prayer has " + (PRAYERS - 1)
                            + " rows in the database, expected " + PRAYERS + ": " + PRAYERS + " archived, "
                            + (PRAYERS - 1) + " there");
        }
    }

    @Test
    @DisplayName("S2-08, negative control: a row that is missing from a file whose manifest promises it is found out")
    void aRowThatTheManifestPromisesIsMissed() throws Exception {
        Files.writeString(
                root.resolve(Manifest.FILE), PrayerArchive.MANIFEST + "source.sessions.rows=3\nsource.users.rows=3\n");
        try (Connection database = database("app.db")) {
            database.createStatement().executeUpdate(PrayerArchive.SCHEMA);

            ImportReport report = load(database);

            assertThat(report.countsAgree()).isFalse();
            assertThat(report.problems())
                    .extracting(Problem::toString)
                    .containsExactly("archive.properties: row counts differ: promises 3 rows of session, found 2");
        }
    }

    @Test
    @DisplayName("S2-08: a row that the schema drops without a word is refused, and no conflict")
    void aRowThatTheSchemaDropsIsRefused() throws Exception {
        Path csv = Files.createDirectory(directory.resolve("csv"));
        Files.writeString(csv.resolve("t.csv"), "id,v,w\n1,a,x\n2,-,z\n3,b,X\n4,c,y\n");
        Files.writeString(
                csv.resolve(Manifest.FILE),
                "source.t.files=t.csv\nsource.t.format=csv\nsource.t.table=t\nsource.t.null=-\n");
        try (Connection database = database("app.db")) {
            Sql.run(
                    database,
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL ON CONFLICT IGNORE, w TEXT)",
                    "CREATE UNIQUE INDEX t_w ON t (lower(w))");

            ImportReport report = ArchiveImport.of(Archive.open(csv))
                    .into(database, MergePolicy.DATABASE_WINS, ProgressListener.NONE);

            assertThat(report.countsAgree()).isTrue();
            assertThat(report.rowCounts().get("t")).hasToString("4 archived, 2 there (1 in conflict, 1 refused)");
            assertThat(report.problems()).extracting(Problem::conflict).containsExactly(false, true);
        }
    }

    @Test
    void aConflictThatIsDecidedForTheArchiveNeverRemovesAThirdRow() throws Exception {
        Path csv = Files.createDirectory(directory.resolve("csv"));
        Files.writeString(csv.resolve("t.csv"), "id,v\n1,two\n");
        try (Connection database = database("app.db")) {
            Sql.run(
                    database,
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT COLLATE NOCASE UNIQUE ON CONFLICT REPLACE)",
                    "INSERT INTO t VALUES (1, 'one'), (2, 'TWO')");

            ImportReport report =
                    ArchiveImport.of(Archive.open(csv)).into(database, MergePolicy.ARCHIVE_WINS, ProgressListener.NONE);

            assertThat(report.countsAgree()).isTrue();
            assertThat(Sql.rows(database, "SELECT * FROM t")).containsExactly(List.of(1, "one"), List.of(2, "TWO"));
        }
    }
}
