package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What a command reads is not what it writes, whichever option names it, and by whatever name: it is refused before anything is written. */
class OutputsTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();

    @BeforeEach
    void create() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path("d.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t(a)");
            statement.execute("INSERT INTO t VALUES ('precious')");
        }
        Files.createLink(directory.resolve("second.db"), directory.resolve("d.db"));
        Files.writeString(directory.resolve("s.sql"), "CREATE TABLE t(a);");
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private int run(String command) {
        CommandLine line = HealingCommand.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(out, true));
        String[] words = command.split(" ");
        for (int i = 0; i < words.length; i++) {
            words[i] = words[i].startsWith("=") ? path(words[i].substring(1)) : words[i];
        }
        return line.execute(words);
    }

    private void refused(String command, String name) throws IOException {
        Map<String, String> before = files();
        assertThat(run(command)).as(command + ": " + out).isEqualTo(HealingCommand.USAGE);
        assertThat(out.toString()).as(command).contains(path(name));
        assertThat(files()).as(command).isEqualTo(before);
    }

    @ParameterizedTest(name = "salvage =d.db {0}")
    @CsvSource({
        "-o =d.db, d.db",
        "-o =d.db-wal, d.db-wal",
        "-o =d.db-journal, d.db-journal",
        "-o =out.db --report =d.db, d.db",
        "-o =out.db --report =second.db, d.db",
        "-o =out.db --report =./d.db, d.db",
        "-o =out.db --report =d.db-wal, d.db-wal",
        "-o =out.db --report =d.db-journal, d.db-journal",
        "-o =out.db --report =d.db-shm, d.db-shm",
        "-o =out.db --report =out.db, out.db",
        "-o =out.db --report =out.db.lost-and-found.db, out.db.lost-and-found.db",
        "-o =out.db --schema =s.sql --report =s.sql, s.sql",
        "-o =out.db --lost-and-found =d.db-wal, d.db-wal",
        "-o =out.db --lost-and-found =d.db-journal, d.db-journal",
        "-o =out.db --lost-and-found =out.db, out.db",
        "-o =out.db --main-file-only --report =d.db-wal, d.db-wal"
    })
    void salvageWritesOverNothingItReads(String options, String name) throws Exception {
        refused("salvage =d.db " + options, name);
    }

    @Test
    void anArchiveIsWrittenOverNothingOfItsDatabase() throws Exception {
        for (String name : List.of("d.db", "d.db-wal", "d.db-shm", "d.db-journal")) {
            refused("archive export =d.db =" + name, name);
        }
        Path archive = Files.createDirectory(directory.resolve("archive"));
        for (String name : List.of("archive.properties", ".lock", ".database")) {
            Files.copy(directory.resolve("d.db"), archive.resolve(name));
            refused("archive export =archive/" + name + " =archive", "archive/" + name);
            Files.delete(archive.resolve(name));
        }
    }

    @Test
    void incidentsAreExportedToNothingOfTheirDatabase() throws Exception {
        for (String name : List.of("d.db", "d.db-wal", "d.db-shm", "d.db-journal")) {
            refused("incidents export =d.db -o =" + name, name);
        }
    }

    @Test
    void anArchiveIsImportedIntoNothingThatItIsReadFrom() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("people"));
        Files.writeString(
                archive.resolve("archive.properties"), "source.n.files=*.csv\nsource.n.table=t\nsource.n.format=csv\n");
        Files.writeString(archive.resolve("empty.csv"), "");
        Files.writeString(archive.resolve("n.csv"), "a\n1\n");
        for (String name :
                List.of("people/empty.csv", "people/n.csv", "people/n.csv-wal", "people/archive.properties")) {
            refused("archive import =people =" + name, name);
        }
        refused("archive import =people =s.sql-journal --schema =s.sql", "s.sql");
    }

    @Test
    void aManifestThatPeopleHaveWrittenIsNotReplaced() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("people"));
        Files.writeString(
                archive.resolve("archive.properties"), "source.n.files=n.csv\nsource.n.table=t\nsource.n.format=csv\n");
        Files.writeString(archive.resolve("n.csv"), "a\n1\n");
        refused("archive export =d.db =people", "people/archive.properties");
        refused("archive export =d.db =people --even-empty", "people/archive.properties");
    }

    /** Negative control. */
    @Test
    void otherNamesAreWritten() throws Exception {
        assertThat(run("salvage =d.db -o =out.db --schema =s.sql --report =r.json --lost-and-found =apart.db"))
                .as(out.toString())
                .isZero();
        assertThat(run("archive export =d.db =archive")).as(out.toString()).isZero();
        assertThat(run("archive export =d.db =archive")).as(out.toString()).isZero();
        assertThat(run("archive import =archive =archive/new.db"))
                .as(out.toString())
                .isZero();
        assertThat(files()).containsKeys("out.db", "r.json", "archive/archive.properties", "archive/new.db");
    }

    private Map<String, String> files() throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.toList()) {
                files.put(
                        directory.relativize(each).toString(),
                        Files.isDirectory(each) ? "a directory" : HexFormat.of().formatHex(Files.readAllBytes(each)));
            }
        }
        return files;
    }
}
