package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Planted;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A path that leads to a file that is no database: where none was ever known there, it is refused; where one was, it is damage. */
class ForeignFileTest {
    @TempDir
    Path directory;

    private Path database;
    private Path schema;

    @BeforeEach
    void name() throws IOException {
        database = directory.resolve("app.db");
        schema = Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);");
    }

    enum Foreign {
        ZIP("a zip archive") {
            @Override
            byte[] bytes() throws IOException {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
                    zip.putNextEntry(new ZipEntry("letters.txt"));
                    zip.write("words ".repeat(2000).getBytes(StandardCharsets.UTF_8));
                }
                return bytes.toByteArray();
            }
        },
        GZIP("a gzip file") {
            @Override
            byte[] bytes() throws IOException {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
                    zip.write(noise(20_000));
                }
                return bytes.toByteArray();
            }
        },
        TEXT("text") {
            @Override
            byte[] bytes() {
                return "\r\nThe quick brown fox jumps over the lazy dog, again.\r\n"
                        .repeat(1000)
                        .getBytes(StandardCharsets.UTF_8);
            }
        },
        LETTERS_OF_OTHERS("text") {
            @Override
            byte[] bytes() {
                return "Größe, длина, 長さ; ".repeat(800).getBytes(StandardCharsets.UTF_8);
            }
        },
        SHORT_TEXT("text") {
            @Override
            byte[] bytes() {
                return "hello\n".getBytes(StandardCharsets.UTF_8);
            }
        },
        PDF("a PDF document") {
            @Override
            byte[] bytes() {
                return begins("%PDF-1.7\n");
            }
        },
        H2("an H2 database") {
            @Override
            byte[] bytes() {
                return begins("H:2,block:3,blockSize:1000,chunk:1,");
            }
        },
        LEVELDB("a table of a LevelDB database") {
            @Override
            byte[] bytes() {
                byte[] end = {0x57, (byte) 0xfb, (byte) 0x80, (byte) 0x8b, 0x24, 0x75, 0x47, (byte) 0xdb};
                byte[] bytes = noise(9000);
                System.arraycopy(end, 0, bytes, bytes.length - end.length, end.length);
                return bytes;
            }
        },
        SQLITE_2("an SQLite 2 database") {
            @Override
            byte[] bytes() {
                return begins("** This file contains an SQLite 2.1 database **");
            }
        },
        ENCRYPTED("encrypted, compressed or random bytes") {
            @Override
            byte[] bytes() {
                return noise(4096 * 20);
            }
        },
        ZEROS("nothing but zeros") {
            @Override
            byte[] bytes() {
                return new byte[16_384];
            }
        };

        private final String kind;

        Foreign(String kind) {
            this.kind = kind;
        }

        abstract byte[] bytes() throws IOException;

        private static byte[] noise(int length) {
            byte[] noise = new byte[length];
            new Random(1).nextBytes(noise);
            return noise;
        }

        private static byte[] begins(String text) {
            byte[] bytes = noise(12_000);
            byte[] head = text.getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(head, 0, bytes, 0, head.length);
            return bytes;
        }
    }

    private Connection open(String options) throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database + options);
    }

    private List<String> names() throws IOException {
        return Planted.all(directory).stream()
                .map(path -> directory.relativize(path).toString())
                .sorted()
                .toList();
    }

    private void query(String options) throws SQLException {
        try (Connection connection = open(options)) {
            Sql.rows(connection, "SELECT * FROM t");
        }
    }

    @ParameterizedTest
    @EnumSource(Foreign.class)
    void aFileThatNeverWasADatabaseIsRefusedAndStaysAsItIs(Foreign foreign) throws Exception {
        byte[] bytes = foreign.bytes();
        Files.write(database, bytes);
        List<String> before = names();
        for (String options :
                new String[] {"", "?healing.schema=" + schema, "?journal_mode=DELETE&healing.schema=" + schema}) {
            try (LogCapture log = new LogCapture()) {
                assertThatThrownBy(() -> query(options))
                        .as("%s %s", foreign, options)
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("SQLITE_NOTADB");
                assertThat(log.at(Level.WARN).stream().filter(line -> line.contains("not healed")))
                        .as("one line says what it is, if it was not said before")
                        .hasSizeLessThanOrEqualTo(1)
                        .allMatch(line -> line.contains(foreign.kind) && line.contains("healing.onForeign=rebuild"));
            }
            assertThat(Files.readAllBytes(database))
                    .as("%s %s", foreign, options)
                    .isEqualTo(bytes);
            assertThat(names()).as("%s %s", foreign, options).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource(Foreign.class)
    void itIsReplacedAndKeptWhereThatIsAskedFor(Foreign foreign) throws Exception {
        byte[] bytes = foreign.bytes();
        Files.write(database, bytes);
        query("?healing.onForeign=rebuild&healing.schema=" + schema);
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t").toString())
                .isEqualTo("[[0]]");
        assertThat(quarantined()).anyMatch(copy -> Arrays.equals(copy, bytes));
    }

    private List<byte[]> quarantined() throws IOException {
        try (Stream<Path> all = Files.walk(Path.of(database + ".healing").resolve("quarantine"))) {
            return all.filter(Files::isRegularFile)
                    .map(path -> {
                        try {
                            return Files.readAllBytes(path);
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    })
                    .toList();
        }
    }

    @ParameterizedTest
    @EnumSource(Foreign.class)
    void whereADatabaseWasItIsDamage(Foreign foreign) throws Exception {
        query("?healing.schema=" + schema);
        byte[] bytes = foreign.bytes();
        Files.write(database, bytes);
        query("?healing.schema=" + schema);
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t").toString())
                .isEqualTo("[[0]]");
        assertThat(quarantined()).anyMatch(copy -> Arrays.equals(copy, bytes));
    }

    @ParameterizedTest
    @EnumSource(
            value = Damage.class,
            names = {"HEADER", "MAGIC", "PAGE_1"})
    void aDatabaseThatHasLostItsBeginningIsNoForeignFile(Damage damage) throws Exception {
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + Damage.PAGE,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                        + " INSERT INTO t SELECT i, 'v' || i FROM n");
        damage.on(database, new Random(3));
        try (Connection connection = open("?healing.schema=" + schema)) {
            assertThat(Sql.rows(connection, "SELECT count(*) FROM t").toString())
                    .isEqualTo("[[500]]");
        }
    }
}
