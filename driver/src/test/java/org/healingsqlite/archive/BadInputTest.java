package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives that are made to fill the memory, to take for ever, or to lead elsewhere. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BadInputTest {
    @TempDir
    Path directory;

    @Test
    void aHostileArchiveIsImportedIn64MegabytesWithEveryHarmlessRowAndEveryFaultNamed() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        new BadArchive(archive).write();

        List<String> said = importedIn("-Xmx64m", archive);

        assertThat(said.stream().filter(line -> line.startsWith("row ")))
                .containsExactly(
                        "row [100, 6]",
                        "row [102, 6]",
                        "row [111, 6]",
                        "row [116, 6]",
                        "row [121, 6]",
                        "row [131, 6]",
                        "row [140, 6]",
                        "row [150, 6]",
                        "row [152, 6]",
                        "row [160, 6]",
                        "row [162, 6]",
                        "row [166, 6]",
                        "row [170, 6]",
                        "row [174, 1048577]",
                        "row [176, 6]",
                        "row [190, 4]");
        String piece = "longer than \\d+ bytes, the most that is read in one piece with a heap of 6\\d MB";
        for (String expected : List.of(
                "deep.jsonl:2: nested deeper than 1000 at character .*",
                "wide.jsonl:1: more than 100000 values at character .*",
                "names.jsonl:1: more than 32767 columns",
                "long.jsonl:1: is " + piece,
                "number.jsonl:1: a number of more than 1000 digits .*",
                "quote.csv:2: cannot be read behind this line: .*",
                "columns.csv:1: cannot be read behind this line: .*",
                "bars.txt:3: more than 32767 fields",
                "endless.txt:4: the block is " + piece,
                "keys.txt:1: more than 32767 keys in a block",
                "empty.rec:1: the record is " + piece,
                "dump.sql:2: not a plain INSERT: a value is longer than .*",
                "dump.sql:3: not a plain INSERT: nested deeper than 100",
                "dump.sql:4: not a plain INSERT: a value is longer than .*",
                "dump.sql:6: not a plain INSERT: more than 32767 columns",
                "pattern.log: is not read further: the pattern .* takes too long .*",
                "stack.log: is not read further: the pattern .* takes too long .*",
                "link.csv: left out: is a link, expected a file",
                "zero.csv: left out: is a link, expected a file",
                "up: left out: is a link, expected a file",
                "pipe.csv: left out: is a pipe, a socket or a device, expected a file",
                "(d/)+d: left out: more than 32 directories deep",
                "\\.\\./outside.csv: no such file, named by source plain",
                "/etc/passwd: no such file, named by source plain")) {
            assertThat(said).as(expected).anyMatch(line -> line.matches("problem " + expected));
        }
    }

    /** A terabyte that takes no room on the disk, nor in an archive. */
    private static void addHole(Path file, String before) throws IOException {
        Files.writeString(file, before);
        try (RandomAccessFile holes = new RandomAccessFile(file.toFile(), "rw")) {
            holes.setLength(1L << 40);
        } catch (IOException e) {
            assumeTrue(false, "no file of that size here: " + e.getMessage());
        }
    }

    @Test
    void aLineWithoutAnEndIsToldAndEndsItsFile() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        addHole(archive.resolve("t.jsonl"), "{\"id\":1,\"text\":\"before\"}\n");
        Files.writeString(archive.resolve("u.csv"), "id,text\n2,other\n");
        Path database = directory.resolve("holes.db");
        Sql.runElsewhere(database, "CREATE TABLE t(id INTEGER, text)", "CREATE TABLE u(id INTEGER, text)");

        ImportReport report;
        try (Connection connection = Sqlite.open(database, Access.EXISTING)) {
            report = ArchiveImport.of(Archive.open(archive))
                    .into(connection, MergePolicy.DATABASE_WINS, ProgressListener.NONE);
        }

        assertThat(report.problems()).anySatisfy(problem -> {
            assertThat(problem.file()).isEqualTo("t.jsonl");
            assertThat(problem.line()).isEqualTo(2);
            assertThat(problem.reason()).contains("nothing behind it was read");
        });
        assertThat((List<?>) Sql.rowsElsewhere(database, "SELECT id FROM t UNION ALL SELECT id FROM u"))
                .isEqualTo(List.of(List.of(1), List.of(2)));
    }

    @Tag("campaign")
    @ParameterizedTest
    @ValueSource(strings = {"", "INSERT INTO t(id, text) VALUES(2, '", "/* ", "-- "})
    void whatHasNoEndInADumpIsToldAndEndsIt(String begun) throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        addHole(archive.resolve("dump.sql"), "INSERT INTO t(id, text) VALUES(1, 'before');\n" + begun);
        Path database = directory.resolve("holes.db");
        Sql.runElsewhere(database, "CREATE TABLE t(id, text)");

        ImportReport report;
        try (Connection connection = Sqlite.open(database, Access.EXISTING)) {
            report = ArchiveImport.of(Archive.open(archive))
                    .into(connection, MergePolicy.DATABASE_WINS, ProgressListener.NONE);
        }

        assertThat(report.problems())
                .anySatisfy(problem -> assertThat(problem.reason()).contains("nothing behind it was read"));
        assertThat((List<?>) Sql.rowsElsewhere(database, "SELECT id FROM t")).isEqualTo(List.of(List.of(1)));
    }

    private static List<String> importedIn(String heap, Path archive) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        heap,
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BadArchive.class.getName(),
                        archive.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said.lines().toList();
    }

    @Test
    void jsonIsReadUpToEachBoundAndNoFurther() throws Exception {
        Json.any("[".repeat(Bounds.JSON_DEPTH) + "]".repeat(Bounds.JSON_DEPTH));
        Json.any("[" + "1,".repeat(Bounds.JSON_VALUES - 2) + "1]");
        Json.any("[" + "1".repeat(Bounds.NUMBER_CHARS) + "]");
        Json.any("[\"" + "[9,".repeat(Bounds.JSON_VALUES) + "\\\"]\"]");

        for (String beyond : List.of(
                "[".repeat(Bounds.JSON_DEPTH + 1) + "]".repeat(Bounds.JSON_DEPTH + 1),
                "[" + "1,".repeat(Bounds.JSON_VALUES) + "1]",
                "[" + "1".repeat(Bounds.NUMBER_CHARS + 1) + "]")) {
            assertThatThrownBy(() -> Json.any(beyond))
                    .isInstanceOf(Json.NotRead.class)
                    .hasMessageContaining("at character");
        }
    }

    @Test
    void aManifestThatIsAPipeOrALinkIsRefusedByName() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        Path manifest = archive.resolve(Manifest.FILE);
        BadArchive.pipe(manifest);
        assertThatThrownBy(() -> Archive.open(archive))
                .isInstanceOf(ArchiveException.class)
                .hasMessage(manifest + ": is a pipe, a socket or a device: expected a file");

        Files.delete(manifest);
        Path outside = Files.writeString(directory.resolve("outside"), "source.a.files=*.csv\n");
        Files.createSymbolicLink(manifest, outside);
        assertThatThrownBy(() -> Archive.open(archive))
                .isInstanceOf(ArchiveException.class)
                .hasMessage(manifest + ": is a link: expected a file");
    }

    @Test
    void aManifestHasNoMoreEntriesThanThereIsRoomFor() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        List<String> lines = new ArrayList<>(List.of("source.a.files=*.csv"));
        for (int i = 0; i < Bounds.entries(); i++) {
            lines.add("k" + i + "=");
        }
        Files.write(archive.resolve(Manifest.FILE), lines);

        assertThatThrownBy(() -> Archive.open(archive))
                .isInstanceOf(ArchiveException.class)
                .hasMessageContaining(archive.resolve(Manifest.FILE).toString())
                .hasMessageContaining("more than " + Bounds.entries() + " entries");
    }

    @Test
    void aGlobThatIsWrongOrTakesForEverIsAnErrorThatNamesIt() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        for (String glob : List.of("*.{csv", "*a*a*a*a*a")) {
            Files.writeString(archive.resolve(Manifest.FILE), "source.a.files=" + glob + "\n");

            assertThatThrownBy(() -> Archive.open(archive))
                    .isInstanceOf(ArchiveException.class)
                    .hasMessageStartingWith(archive.resolve(Manifest.FILE) + ": source.a.files is " + glob);
        }
    }

    @Test
    void namesInAManifestLeadNowhereButIntoTheArchive() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        Files.writeString(directory.resolve("outside.jsonl"), "{\"name\":\"t\",\"sql\":\"CREATE TABLE t(x)\"}\n");
        for (String name :
                List.of("../outside.jsonl", directory.resolve("outside.jsonl").toString())) {
            Files.writeString(
                    archive.resolve(Manifest.FILE),
                    "source.a.files=" + name + "\nschema=" + name + "\nchanges=" + name + "\nsha256." + name + "=00\n");

            Archive opened = Archive.open(archive);

            assertThat(opened.files()).isEmpty();
            assertThat(opened.schema()).isEmpty();
            assertThat(opened.changes()).isEmpty();
            assertThat(opened.problems()).extracting(Problem::file).containsOnly(name);
        }
    }

    @Test
    void aSnapshotThatIsALinkOrAPipeIsNone() throws Exception {
        Path copies = Files.createDirectory(directory.resolve("copies"));
        BadArchive.pipe(copies.resolve("snapshot_20260101T000000.000Z.db"));
        Files.createSymbolicLink(copies.resolve("snapshot_20260102T000000.000Z.db"), Path.of("/dev/zero"));

        assertThat(Snapshots.in(copies, 3).newestSound()).isEmpty();
    }
}
