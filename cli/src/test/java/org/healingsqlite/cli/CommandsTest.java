package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandsTest {
    @TempDir
    Path directory;

    private Path database;
    private Path migrations;
    private final StringWriter out = new StringWriter();

    @BeforeEach
    void writeMigrations() throws Exception {
        database = directory.resolve("my app.db");
        migrations = Files.createDirectory(directory.resolve("migrations"));
        Files.writeString(
                migrations.resolve("V1__runs.sql"),
                "CREATE TABLE runs (id INTEGER PRIMARY KEY); INSERT INTO runs VALUES (1), (2);");
        Files.writeString(migrations.resolve("V2__slots.sql"), "CREATE TABLE slots (id INTEGER PRIMARY KEY);");
        Files.writeString(migrations.resolve("U2__slots.sql"), "DROP TABLE slots;");
    }

    private int run(String... arguments) {
        CommandLine command = HealingCommand.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(out, true));
        return command.execute(arguments);
    }

    private void drop(String table) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE " + table);
        }
    }

    @Test
    void s0_07_verifyRecoversAndFindsValidAndCreatesNoFileUnlessAsked() throws Exception {
        assertThat(run("verify", database.toString(), "--schema", migrations.toString()))
                .isEqualTo(3);
        assertThat(out.toString()).contains("expected a database, found no file; --create makes one");
        assertThat(database).doesNotExist();
        assertThat(run("verify", directory.toString(), "--schema", migrations.toString(), "--observe"))
                .isEqualTo(3);
        assertThat(run("verify", database.toString(), "--schema", migrations.toString(), "--create"))
                .isZero();
        drop("slots");
        assertThat(run("verify", database.toString(), "--schema", migrations.toString(), "--observe"))
                .isEqualTo(1);
        assertThat(run("verify", database.toString(), "--schema", migrations.toString()))
                .isZero();
        assertThat(out.toString()).contains("not valid").contains("recovered");
        assertThat(run("verify", database.toString(), "--schema", "/no/such/path"))
                .isEqualTo(1);
        assertThat(out.toString()).contains("/no/such/path");
    }

    @Test
    void s4_18_statusPrintsPathTablesRowsVersionAndIncidents() throws Exception {
        run("verify", database.toString(), "--schema", migrations.toString(), "--create");
        drop("slots");
        run("verify", database.toString(), "--schema", migrations.toString(), "--create");

        assertThat(run("status", database.toString())).isZero();

        assertThat(out.toString())
                .contains("my app.db")
                .contains("table     runs, 2 rows")
                .contains("version   2")
                .contains("created table slots");
        assertThat(run("status", directory.resolve("missing.db").toString())).isEqualTo(1);
        assertThat(directory.resolve("missing.db")).doesNotExist();
    }

    @Test
    void s1_26_downUndoesInReverseOrderAndOnlyWithItsFlag() throws Exception {
        run("verify", database.toString(), "--schema", migrations.toString(), "--create");

        assertThat(run("down", database.toString(), "--schema", migrations.toString(), "--to", "1"))
                .isEqualTo(3);
        assertThat(run("down", database.toString(), "--schema", migrations.toString(), "--to", "1", "--lose-data"))
                .isZero();
        assertThat(out.toString()).contains("undid migration 2");
        assertThat(run("down", database.toString(), "--schema", migrations.toString(), "--to", "0", "--lose-data"))
                .isEqualTo(1);
        assertThat(out.toString()).contains("U1__");
        assertThat(run("status", database.toString())).isZero();
        assertThat(out.toString()).contains("table     runs, 2 rows");
    }

    @Test
    void checkFindsDamageHealRepairsItInPlaceAndIncidentsTellsOfIt() throws Exception {
        run("verify", database.toString(), "--schema", migrations.toString(), "--create");
        assertThat(run("check", database.toString())).isZero();
        byte[] bytes = Files.readAllBytes(database);
        java.util.Arrays.fill(bytes, 0, 100, (byte) 'x');
        Files.write(database, bytes);

        assertThat(run("check", database.toString())).isEqualTo(1);
        assertThat(Files.readAllBytes(database)).isEqualTo(bytes);
        assertThat(run("heal", database.toString(), "--schema", migrations.toString()))
                .isBetween(0, 1);
        assertThat(run("check", database.toString())).isZero();
        assertThat(run("incidents", database.toString())).isZero();

        assertThat(out.toString())
                .contains("file is not a database")
                .contains("kept the damaged database in")
                .contains("restored the content in place");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement();
                var row = statement.executeQuery("SELECT count(*) FROM runs")) {
            assertThat(row.getInt(1)).isEqualTo(2);
        }
    }

    @Test
    void healRefusesALossWhenAsked() throws Exception {
        run("verify", database.toString(), "--schema", migrations.toString(), "--create");
        byte[] noise = new byte[(int) Files.size(database)];
        new java.util.Random(1).nextBytes(noise);
        Files.write(database, noise);

        assertThat(run("heal", database.toString(), "--schema", migrations.toString(), "--refuse-loss"))
                .isEqualTo(2);

        assertThat(Files.readAllBytes(database)).isEqualTo(noise);
        assertThat(run("heal", database.toString(), "--schema", migrations.toString()))
                .as(out.toString())
                .isEqualTo(1);
        assertThat(out.toString()).contains("lost: whatever was in the damaged file");
        assertThat(run("heal", directory.resolve("missing.db").toString())).isEqualTo(3);
    }

    @Test
    void anArchiveIsTriedWithoutADatabase() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("text"));
        Files.writeString(archive.resolve("users.txt"), "anna joined in 2026\nnonsense\n");
        Path manifest = Files.writeString(directory.resolve("draft.properties"), """
                version=2
                source.users.files=users.txt
                source.users.format=lines
                source.users.table=user
                source.users.line.1={name} joined in {year}
                """);
        Path schema = Files.writeString(
                directory.resolve("schema.sql"), "CREATE TABLE user (name TEXT PRIMARY KEY, year INTEGER NOT NULL);");
        String[] tried = {
            "archive", "check", archive.toString(), "--schema", schema.toString(), "--manifest", manifest.toString()
        };

        assertThat(run(tried)).isEqualTo(1);
        assertThat(out.toString())
                .contains("user: 1 archived, 1 there")
                .contains("users.txt:2: matches no pattern")
                .doesNotContain("anna", "nonsense");
        List<String> withValues = new ArrayList<>(List.of(tried));
        withValues.add("--log-values");
        assertThat(run(withValues.toArray(String[]::new))).isEqualTo(1);
        assertThat(out.toString()).contains("'anna' | 2026", "matches no pattern: nonsense");

        List<String> asJson = new ArrayList<>(List.of(tried));
        asJson.add("--json");
        assertThat(run(asJson.toArray(String[]::new))).isEqualTo(1);
        assertThat(out.toString()).contains("\"line\":2").contains("\"clean\":false");
        Files.writeString(archive.resolve("users.txt"), "anna joined in 2026\n");
        assertThat(run(tried)).isZero();
        Files.writeString(manifest, "version=3\n");
        assertThat(run(tried)).isEqualTo(3);
    }

    @Test
    void aManifestIsProposedAndItsTextIsOneToTry() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("text"));
        Files.writeString(archive.resolve("users.txt"), """
                Users

                June 01 2026 at 10:15 - anna joined directly
                June 03 2026 at 09:00 - Joe of the Hill joined directly
                June 04 2026 at 09:00 - bob joined directly
                """);
        Files.writeString(archive.resolve("essay.txt"), "I went to the sea.\nIt was cold.\n");
        Path schema = Files.writeString(
                directory.resolve("schema.sql"), "CREATE TABLE user (name TEXT PRIMARY KEY, joined_at TIMESTAMP);");

        assertThat(run("archive", "suggest", archive.toString(), "--schema", schema.toString()))
                .as(out.toString())
                .isEqualTo(1);
        assertThat(out.toString())
                .contains("source.users.line.1={joined_at} - {name} joined directly")
                .contains("#   essay.txt: is in no form that is known here")
                .contains("#   user: 3 archived, 3 there")
                .doesNotContain("anna");
        Path draft = Files.writeString(directory.resolve("draft.properties"), out.toString());
        Files.delete(archive.resolve("essay.txt"));
        assertThat(run(
                        "archive",
                        "check",
                        archive.toString(),
                        "--schema",
                        schema.toString(),
                        "--manifest",
                        draft.toString()))
                .as(out.toString())
                .isZero();
        assertThat(run("archive", "suggest", archive.toString(), "--schema", schema.toString()))
                .isZero();
        assertThat(out.toString()).contains("# Without a place: nothing");
        assertThat(run("archive", "suggest", archive.toString())).isEqualTo(3);
        assertThat(run("archive", "suggest", directory + "/none", "--schema", schema.toString()))
                .isEqualTo(3);
    }

    @Test
    void whatWasThereAtATimeIsExportedFromAnArchiveThatIsKept() throws Exception {
        Path kept = directory.resolve("kept");
        Path app = directory.resolve("kept.db");
        String url = "jdbc:healing:sqlite:" + app + "?healing.archive=" + kept + "&healing.archiveKeep=commit";
        Instant monday;
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE t (v TEXT)");
            statement.executeUpdate("INSERT INTO t VALUES ('monday')");
            monday = Instant.now();
            while (!Instant.now().isAfter(monday)) {
                Thread.onSpinWait();
            }
            statement.executeUpdate("UPDATE t SET v = 'tuesday'");
        }
        Path then = directory.resolve("then");
        assertThat(run("archive", "export", "--at", monday.toString(), kept.toString(), then.toString()))
                .as(out.toString())
                .isZero();
        assertThat(out.toString()).contains("t: 1 rows", "As of " + monday);
        Path restored = directory.resolve("restored.db");
        assertThat(run("archive", "import", then.toString(), restored.toString()))
                .isZero();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + restored);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT v FROM t")) {
            assertThat(row.getString(1)).isEqualTo("monday");
        }
        assertThat(run(
                        "archive",
                        "export",
                        "--at",
                        "2001-01-01T00:00:00",
                        kept.toString(),
                        directory.resolve("never").toString()))
                .isEqualTo(3);
        assertThat(out.toString()).contains("keeps nothing from before");
        assertThat(run("archive", "export", "--at", "monday", kept.toString(), then.toString()))
                .isEqualTo(3);
        assertThat(run("archive", "export", "--at", monday.toString(), kept.toString(), kept.toString()))
                .as("into the archive itself")
                .isEqualTo(3);
        assertThat(out.toString()).contains("is kept for");
        try (Stream<Path> files = Files.list(kept)) {
            Path log = files.filter(path -> path.getFileName().toString().startsWith("changes-"))
                    .findFirst()
                    .orElseThrow();
            Files.writeString(log, Files.readString(log).replace("monday", "friday"));
        }
        assertThat(run(
                        "archive",
                        "export",
                        "--at",
                        monday.toString(),
                        kept.toString(),
                        directory.resolve("less").toString()))
                .as("of a damaged log")
                .isEqualTo(1);
        assertThat(out.toString()).contains("Not all of what there was could be read", "a commit is damaged");
    }

    @Test
    void archivesAreWrittenCheckedAndBroughtBack() throws Exception {
        run("verify", database.toString(), "--schema", migrations.toString(), "--create");
        String archive = directory.resolve("archive").toString();

        assertThat(run("archive", "export", database.toString(), archive)).isZero();
        assertThat(run("archive", "verify", archive)).isZero();
        assertThat(run("archive", "import", archive, directory.resolve("new.db").toString()))
                .isZero();
        assertThat(out.toString()).contains("runs: 2 rows").contains("sound").contains("runs: 2 inserted");
        assertThat(run("archive", "import", archive, directory.resolve("new.db").toString()))
                .isZero();
        assertThat(run("archive", "export", directory.resolve("missing.db").toString(), archive))
                .isEqualTo(3);
        assertThat(run("archive", "verify", directory.toString() + "/none")).isEqualTo(3);
        assertThat(directory.resolve("missing.db")).doesNotExist();
    }
}
