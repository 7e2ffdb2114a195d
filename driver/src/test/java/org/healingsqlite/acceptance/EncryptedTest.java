package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Planted;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Encrypted databases, read by a build of sqlite-jdbc that encrypts, in a process of its own: no byte of them reaches a disk in plain text, and nothing takes their
 * place that their key does not open.
 */
class EncryptedTest {
    private static final String SECRET = "TOP-SECRET-";

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void name() {
        database = directory.resolve("app.db");
    }

    /** A process with the encrypting build in place of the other one. */
    private static OtherJvm encrypting() throws IOException {
        Path module = Path.of("").toAbsolutePath().resolveSibling("driver");
        Path build = module.resolve("target/encrypting/sqlite-jdbc-3.40.1.0.jar");
        assertThat(build).exists();
        List<String> path = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> entry.matches(".*sqlite-jdbc-[0-9.]+jar") ? build.toString() : entry)
                .toList();
        return OtherJvm.start(System.getProperty("java.home"), List.of(), String.join(File.pathSeparator, path));
    }

    private String url(String parameters) {
        return "jdbc:healing:sqlite:" + database + "?" + parameters;
    }

    private static void fill(OtherJvm other) throws IOException {
        assertThat(other.ask("run a CREATE TABLE secret(id INTEGER PRIMARY KEY, t TEXT)"))
                .startsWith("ok");
        assertThat(other.ask("run a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
                        + " INSERT INTO secret SELECT i, '" + SECRET + "' || i FROM n"))
                .startsWith("ok");
    }

    /** All files, temporary ones and those of the side directory included. */
    private List<String> inPlainText() throws IOException {
        return Planted.all(directory).stream()
                .filter(Files::isRegularFile)
                .filter(EncryptedTest::holdsSecret)
                .map(Path::toString)
                .toList();
    }

    private static boolean holdsSecret(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(SECRET);
        } catch (IOException goneMeanwhile) {
            return false;
        }
    }

    private void delete() throws IOException {
        for (String end : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(database + end));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "WAL, cipher=sqlcipher&key=secret",
        "DELETE, cipher=sqlcipher&key=secret",
        "WAL, cipher=chacha20&key=secret",
        "DELETE, cipher=aes256cbc&key=secret"
    })
    void aDeletedOneComesBackAsNoPlainText(String mode, String key) throws Exception {
        try (OtherJvm other = encrypting()) {
            assertThat(other.ask("open a " + url(key + "&journal_mode=" + mode)))
                    .startsWith("ok");
            fill(other);
            delete();
            other.ask("rows a SELECT count(*) FROM secret");
            other.ask("run a INSERT INTO secret VALUES (5000, '" + SECRET + "')");
            other.ask("close a");
            assertThat(inPlainText()).isEmpty();
            // What the application makes next is its own, with its key.
            assertThat(other.ask("open a " + url(key))).startsWith("ok");
            other.ask("run a CREATE TABLE IF NOT EXISTS secret(id INTEGER PRIMARY KEY, t TEXT)");
            assertThat(other.ask("run a INSERT INTO secret VALUES (6000, '" + SECRET + "')"))
                    .startsWith("ok");
            assertThat(other.ask("rows a SELECT count(*) FROM secret WHERE id = 6000"))
                    .isEqualTo("ok [[1]]");
            other.ask("close a");
        }
        assertThat(inPlainText()).isEmpty();
    }

    @Test
    void aKeyThatAPragmaGivesIsSeenBeforeAnythingIsCopied() throws Exception {
        try (OtherJvm other = encrypting()) {
            assertThat(other.ask("open a " + url("journal_mode=DELETE&healing.wait=1s")))
                    .startsWith("ok");
            other.ask("run a PRAGMA key = 'secret'");
            fill(other);
            assertThat(inPlainText()).isEmpty();
            delete();
            other.ask("rows a SELECT count(*) FROM secret");
            other.ask("run a INSERT INTO secret VALUES (5000, '" + SECRET + "')");
            other.ask("close a");
        }
        assertThat(inPlainText()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"WAL", "DELETE"})
    void aDamagedOneIsLeftToItsApplication(String mode) throws Exception {
        String key = "cipher=sqlcipher&key=secret&journal_mode=" + mode;
        try (OtherJvm other = encrypting()) {
            assertThat(other.ask("open a " + url(key))).startsWith("ok");
            fill(other);
            other.ask("close a");
            byte[] bytes = Files.readAllBytes(database);
            Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 8192, (byte) 7);
            Files.write(database, bytes);
            assertThat(other.ask("open a " + url(key))).startsWith("ok");
            assertThat(other.ask("rows a SELECT sum(length(t)) FROM secret")).startsWith("error");
            other.ask("close a");
            assertThat(Files.readAllBytes(database)).isEqualTo(bytes);
        }
        assertThat(inPlainText()).isEmpty();
    }

    @Test
    void withoutItsKeyItStaysAsItIs() throws Exception {
        try (OtherJvm other = encrypting()) {
            assertThat(other.ask("open a " + url("cipher=sqlcipher&key=secret")))
                    .startsWith("ok");
            fill(other);
            other.ask("close a");
            byte[] bytes = Files.readAllBytes(database);
            // The side directory of a plain database that was here earlier makes it a known place.
            Files.createDirectory(Path.of(database + ".healing"));
            for (String parameters : List.of("", "cipher=sqlcipher&key=wrong", "healing.onForeign=rebuild")) {
                String opened = other.ask("open a " + url(parameters));
                if (opened.startsWith("ok")) {
                    assertThat(other.ask("rows a SELECT count(*) FROM secret")).startsWith("error");
                    other.ask("close a");
                }
                assertThat(Files.readAllBytes(database)).as(parameters).isEqualTo(bytes);
            }
            assertThat(other.ask("open a " + url("cipher=sqlcipher&key=secret")))
                    .startsWith("ok");
            assertThat(other.ask("rows a SELECT count(*) FROM secret")).isEqualTo("ok [[3000]]");
        }
        assertThat(inPlainText()).isEmpty();
    }

    @Test
    void aPlainOneIsHealedByTheSameBuild() throws Exception {
        try (OtherJvm other = encrypting()) {
            assertThat(other.ask("open a " + url("journal_mode=WAL"))).startsWith("ok");
            fill(other);
            delete();
            assertThat(other.ask("rows a SELECT count(*) FROM secret")).isEqualTo("ok [[3000]]");
            other.ask("close a");
            assertThat(database).exists();
        }
    }
}
