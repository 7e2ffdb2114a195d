package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveExport;
import org.healingsqlite.archive.ArchiveRestore;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.testkit.HostileSchema;
import org.healingsqlite.testkit.HostileSchema.Text;
import org.healingsqlite.testkit.Planted;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is in {@code sqlite_schema} of a file, an archive, a copy or a side directory is data until it is proven to be the CREATE of its object. */
class HostileSchemaTest {
    @TempDir
    Path directory;

    private HostileSchema hostile;

    @BeforeEach
    void canaries() throws Exception {
        hostile = new HostileSchema(directory);
    }

    static Stream<Arguments> texts() {
        return Stream.of(
                Arguments.of("load_extension", new Text("table", "SELECT load_extension('$made')")),
                Arguments.of("ATTACH", new Text("table", "ATTACH '$made' AS v")),
                Arguments.of("ATTACH behind a CREATE", new Text("table", "CREATE TABLE $name(x); ATTACH '$made' AS v")),
                Arguments.of("VACUUM INTO", new Text("view", "VACUUM INTO '$made'")),
                Arguments.of(
                        "VACUUM INTO behind a CREATE",
                        new Text("view", "CREATE VIEW $name AS SELECT 1; VACUUM INTO '$made'")),
                Arguments.of("writefile", new Text("table", "SELECT writefile('$made', 'x')")),
                Arguments.of(
                        "a default that loads an extension",
                        new Text("table", "CREATE TABLE $name(x DEFAULT (load_extension('$made')))")),
                Arguments.of(
                        "a check that writes a file",
                        new Text("table", "CREATE TABLE $name(x CHECK (writefile('$made', x)))")),
                Arguments.of(
                        "a generated column that reads a file",
                        new Text("table", "CREATE TABLE $name(x, y AS (readfile('$made')))")),
                Arguments.of(
                        "a stored column that calls an editor",
                        new Text("table", "CREATE TABLE $name(x AS (edit('$made')) STORED)")),
                Arguments.of(
                        "an index on an unknown function", new Text("index", "CREATE INDEX $name ON good(nosuch(v))")),
                Arguments.of(
                        "an index on a function that loads",
                        new Text("index", "CREATE INDEX $name ON good(load_extension(v))")),
                Arguments.of(
                        "CREATE TABLE AS SELECT",
                        new Text("table", "CREATE TABLE $name AS SELECT load_extension('$made')")),
                Arguments.of("another table", new Text("table", "CREATE TABLE other(x)")),
                Arguments.of(
                        "a view of an unknown function",
                        new Text("view", "CREATE VIEW $name AS SELECT writefile('$made', v) FROM good")),
                Arguments.of(
                        "a trigger",
                        new Text("trigger", "CREATE TRIGGER $name AFTER INSERT ON good BEGIN DELETE FROM good; END")),
                Arguments.of(
                        "a trigger with an unknown function",
                        new Text(
                                "trigger",
                                "CREATE TRIGGER $name AFTER INSERT ON good BEGIN SELECT writefile('$made', 1); END")),
                Arguments.of(
                        "a module that writes",
                        new Text("table", "CREATE VIRTUAL TABLE $name USING zipfile('$made')")));
    }

    private List<List<Object>> lostTexts(Path apart) throws SQLException {
        return Sql.rowsElsewhere(apart, "SELECT c1, c4 FROM lost_and_found WHERE tbl = 'sqlite_schema'");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("texts")
    void salvageRunsNoneOfIt(String what, Text text) throws Exception {
        hostile.make(List.of(text), true);
        Path output = directory.resolve("work/out.db");
        Path apart = directory.resolve("work/apart.db");

        Salvage.of(hostile.database()).lostAndFound(apart).into(output);

        hostile.assertNothingRan(what, output, apart);
        hostile.assertTheRestIsWhole(what, output);
        if (text.type().equals("table")) {
            int there = 0;
            if (!Sql.rowsElsewhere(output, "SELECT 1 FROM sqlite_schema WHERE name = 'a0' AND rootpage > 0")
                    .isEmpty()) {
                there += ((Number) Sql.rowsElsewhere(output, "SELECT count(*) FROM a0")
                                .get(0)
                                .get(0))
                        .intValue();
            }
            if (Files.exists(apart)) {
                there += Sql.rowsElsewhere(apart, "SELECT c0 FROM lost_and_found WHERE tbl = 'a0'")
                        .size();
            }
            assertThat(there).as("rows of the table itself").isEqualTo(2);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("texts")
    void healRunsNoneOfIt(String what, Text text) throws Exception {
        hostile.make(List.of(text), true);

        Outcome outcome = Healing.of(hostile.database(), new Properties()).heal();

        assertThat(outcome).as(what).isInstanceOf(Outcome.Healed.class);
        hostile.assertNothingRan(what);
        hostile.assertTheRestIsWhole(what, hostile.database());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("texts")
    void aConnectionThatMeetsItHealsAndRunsNoneOfIt(String what, Text text) throws Exception {
        hostile.make(List.of(text), true);

        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + hostile.database())) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM good NOT INDEXED"))
                    .isEqualTo(40);
            Healing.of(connection).heal();
        }

        hostile.assertNothingRan(what);
        hostile.assertTheRestIsWhole(what, hostile.database());
    }

    @Test
    void whatIsNotRunIsKeptAsTextAndTold() throws Exception {
        String attach = "ATTACH 'x' AS v";
        String twice = "CREATE TABLE $name(x); DROP TABLE good";
        hostile.make(List.of(new Text("view", attach), new Text("table", twice)), true);
        Path apart = directory.resolve("work/apart.db");

        String told = Salvage.of(hostile.database())
                .lostAndFound(apart)
                .into(directory.resolve("work/out.db"))
                .toText();

        assertThat((List<?>) lostTexts(apart))
                .isEqualTo(List.of(List.of("a0", attach), List.of("a1", twice.replace("$name", "a1"))));
        assertThat(told)
                .contains("view a0 from the schema table, not kept: not run")
                .contains("table a1");
    }

    @Test
    void theCheckSeesWhatRan() throws Exception {
        hostile.make(List.of(new Text("table", "CREATE TABLE $name(x)")), true);
        hostile.assertNothingRan("nothing");
        Path bank = directory.resolve("canaries/bank.db");
        Sql.runElsewhere(bank, "UPDATE accounts SET balance = balance - 100");
        assertThatThrownBy(() -> hostile.assertNothingRan("another database was changed"))
                .isInstanceOf(AssertionError.class);
        Sql.runElsewhere(hostile.database(), "DELETE FROM good WHERE id = 1");
        assertThatThrownBy(() -> hostile.assertTheRestIsWhole("a row is gone", hostile.database()))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void anOrdinaryDatabaseComesBackWithItsTriggersAndViewsAsTheyWere() throws Exception {
        hostile.make(
                List.of(
                        new Text(
                                "view",
                                "CREATE VIEW $name(a, \"b;\") AS WITH q(x) AS (SELECT ';') SELECT CASE x WHEN ';' THEN 1 ELSE 2 END, x FROM q -- why"),
                        new Text(
                                "trigger",
                                "CREATE TRIGGER $name AFTER UPDATE OF v ON good WHEN new.v <> 'END;' BEGIN"
                                        + " UPDATE noted SET id = CASE WHEN 1 THEN 2 END; INSERT INTO noted VALUES (';'); END"),
                        new Text("index", "CREATE INDEX $name ON good(lower(v), n DESC) WHERE v <> ';'"),
                        new Text(
                                "table",
                                "CREATE TABLE $name([a b] INTEGER /* ; */ DEFAULT (1 + 1) CHECK (`a b` > ';'), \"c\"\"d\" AS (abs(\"a b\")))")),
                true);
        List<List<Object>> before = schemaOfFile();

        Healing.of(hostile.database(), new Properties()).heal();

        assertThat((List<?>) schemaOfFile()).isEqualTo(before);
    }

    private List<List<Object>> schemaOfFile() throws SQLException {
        return Sql.rowsElsewhere(hostile.database(), "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name");
    }

    // ---- What is remembered

    @Test
    void whatIsLearnedIsNotRunEither() throws Exception {
        Path database = directory.resolve("learned.db");
        // SQLite before 3.51 reads the first statement and nothing more.
        Sql.runElsewhere(
                database,
                "CREATE TABLE a0(x)",
                "CREATE TABLE plain(x)",
                "PRAGMA writable_schema = ON",
                "UPDATE sqlite_schema SET sql = 'CREATE TABLE a0(x); CREATE TABLE other(x)' WHERE name = 'a0'");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Sql.run(connection, "INSERT INTO plain VALUES (1)");
            Sql.runElsewhere(database, "DROP TABLE plain", "DROP TABLE IF EXISTS a0");
            Sql.run(connection, "INSERT INTO plain VALUES (2)");

            assertThat(Sql.names(connection, "table")).isEqualTo(List.of("plain"));
        }
    }

    /** A heal that a process has left unfinished, with what it knew of the schema. */
    private void leaveHeal(Path database, String schema) throws Exception {
        Path side = Files.createDirectories(Path.of(database + ".healing"));
        Properties journal = new Properties();
        journal.setProperty("id", "../../id\n\u001b[31m");
        journal.setProperty("started", "2026-11-21T10:11:12Z");
        journal.setProperty("step", "started");
        journal.setProperty("schema", schema);
        try (Writer writer = Files.newBufferedWriter(side.resolve("heal.journal"))) {
            journal.store(writer, null);
        }
        if (database.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Planted.chmod(side.resolve("heal.journal"), "rw-------");
            Planted.chmod(side, "rwx------");
        }
    }

    @Test
    void theSchemaOfAHealThatWasLeftIsData() throws Exception {
        Path made = directory.resolve("canaries/made");
        Path bank = directory.resolve("canaries/bank.db");
        List<List<Object>> before = Sql.rowsElsewhere(bank, "SELECT name, sql FROM sqlite_schema");
        int number = 0;
        for (String sql : List.of(
                "ATTACH '" + bank + "' AS v; CREATE TABLE v.other(x)",
                "ATTACH '" + made + "' AS v",
                "VACUUM INTO '" + made + "'",
                "CREATE TABLE a0 AS SELECT load_extension('" + made + "')",
                "SELECT writefile('" + made + "', 'x')",
                "PRAGMA writable_schema = ON",
                "PRAGMA user_version = 1; ATTACH '" + made + "' AS v",
                "CREATE VIRTUAL TABLE a0 USING zipfile('" + made + "')")) {
            Path database = directory.resolve("work/left" + number++ + ".db");
            Sql.runElsewhere(database, "CREATE TABLE kept(x)");
            leaveHeal(database, "CREATE TABLE remembered(x);\n" + sql + ";\n");
            try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
                assertThat(Sql.names(connection, "table")).as(sql).isEqualTo(List.of("kept"));
                assertThat(Healing.of(connection).history(9))
                        .singleElement()
                        .extracting(Incident::id)
                        .asString()
                        .matches("[0-9A-Za-z_.:-]+")
                        .doesNotContain("..");
            }
            assertThat(Path.of(database + ".healing/heal.journal")).as(sql).doesNotExist();
            hostileDirectoryIsUntouched();
            assertThat((List<?>) Sql.rowsElsewhere(bank, "SELECT name, sql FROM sqlite_schema"))
                    .as(sql)
                    .isEqualTo(before);
        }
    }

    /** The other way round: what is a schema and nothing else is believed. */
    @Test
    void theSchemaOfAHealThatWasLeftIsRemembered() throws Exception {
        Path database = directory.resolve("work/left.db");
        Sql.runElsewhere(database, "CREATE TABLE kept(x)");
        leaveHeal(database, "CREATE TABLE kept(x);\nCREATE TABLE remembered(x);\nPRAGMA user_version = 0;\n");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Sql.run(connection, "INSERT INTO remembered VALUES (1)");
        }
    }

    // ---- Other sources

    /** An archive whose schema file somebody has changed, checksum and all. */
    private Path archive(String find, String replace) throws Exception {
        Path database = directory.resolve("archived.db");
        Sql.runElsewhere(
                database,
                "CREATE TABLE good(id INTEGER PRIMARY KEY, v)",
                "INSERT INTO good VALUES (1, 'one'), (2, 'two')",
                "CREATE VIEW seen AS SELECT v FROM good");
        Path archive = directory.resolve("archive");
        Properties inner = new Properties();
        inner.setProperty("healing.inner", "true");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database, inner)) {
            ArchiveExport.of(connection).into(archive, ProgressListener.NONE);
        }
        try (Stream<Path> files = Files.walk(archive)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String text = Files.readString(file, StandardCharsets.UTF_8);
                if (text.contains(find)) {
                    Files.writeString(file, text.replace(find, replace));
                } else if (text.contains("sha256")) {
                    // The checksum of the changed file would be the attacker's as well.
                    Files.writeString(
                            file,
                            text.lines()
                                    .filter(line -> !(line.startsWith("sha256") && line.contains("schema")))
                                    .reduce("", (all, line) -> all + line + "\n"));
                }
            }
        }
        return archive;
    }

    @Test
    void theSchemaOfAnArchiveIsData() throws Exception {
        Path made = directory.resolve("canaries/made");
        for (String sql : List.of(
                "ATTACH '" + made + "' AS v",
                "VACUUM INTO '" + made + "'",
                "CREATE VIEW seen AS SELECT v FROM good; VACUUM INTO '" + made + "'",
                "CREATE TABLE seen AS SELECT load_extension('" + made + "')")) {
            Path archive = archive("CREATE VIEW seen AS SELECT v FROM good", sql);
            List<Throwable> refused = new ArrayList<>();
            try {
                ArchiveRestore.of(Archive.open(archive)).into(directory.resolve("restored.db"), ProgressListener.NONE);
            } catch (Exception e) {
                refused.add(e);
            }
            assertThat(refused).as(sql).hasSize(1);
            assertThat(refused.get(0)).hasMessageContaining("seen").hasMessageNotContaining(made.toString());
            hostileDirectoryIsUntouched();
            for (String name : List.of("archive", "archived.db")) {
                delete(directory.resolve(name));
            }
        }
    }

    private void hostileDirectoryIsUntouched() throws Exception {
        try (Stream<Path> files = Files.list(directory.resolve("canaries"))) {
            assertThat(files.map(file -> file.getFileName().toString()).sorted())
                    .containsExactly("bank.db", "notes.txt");
        }
        assertThat(directory.resolve("restored.db")).doesNotExist();
    }

    private static void delete(Path path) throws Exception {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    /** A copy with a trigger and a view that do harm where they run. */
    private Path copy(Path at) throws SQLException {
        Sql.runElsewhere(
                at,
                "CREATE TABLE good(id INTEGER PRIMARY KEY, v)",
                "INSERT INTO good VALUES (1, 'one'), (2, 'two')",
                "CREATE TRIGGER a1 AFTER INSERT ON good BEGIN DELETE FROM good; END",
                "CREATE VIEW a2 AS SELECT load_extension('" + directory.resolve("canaries/made") + "')");
        return at;
    }

    private void restoredRunsNothing(Properties options) throws Exception {
        Path database = directory.resolve("work/app.db");
        byte[] noise = new byte[8192];
        Arrays.fill(noise, (byte) 0xa5);
        System.arraycopy("SQLite format 3\0".getBytes(StandardCharsets.US_ASCII), 0, noise, 0, 16);
        Files.write(database, noise);

        Outcome outcome = Healing.of(database, options).heal();

        assertThat(outcome).isInstanceOf(Outcome.Healed.class);
        hostileDirectoryIsUntouched();
        assertThat((List<?>) Sql.rowsElsewhere(database, "SELECT id, v FROM good"))
                .isEqualTo(List.of(List.of(1, "one"), List.of(2, "two")));
    }

    @Test
    void nothingOfASnapshotRuns() throws Exception {
        Path snapshots = Files.createDirectory(directory.resolve("snapshots"));
        copy(snapshots.resolve("snapshot_20261101T000000.000Z.db"));
        Properties options = new Properties();
        options.setProperty("healing.snapshots", snapshots.toString());
        // None is taken while the test cleans up.
        options.setProperty("healing.snapshotEvery", "10000d");
        restoredRunsNothing(options);
    }

    @Test
    void nothingOfACopyThatACommandFetchedRuns() throws Exception {
        Path source = copy(directory.resolve("elsewhere.db"));
        System.setProperty("healing.restoreCommand", "cp '" + source + "' \"$HEALING_TARGET\"");
        try {
            restoredRunsNothing(new Properties());
        } finally {
            System.clearProperty("healing.restoreCommand");
        }
    }
}
