package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.util.OSInfo;

/**
 * S3-22: a heal whose writes fail. Files may grow to n blocks only, for every n from nothing to more than enough, so that the failure strikes
 * the quarantine, the salvage, the copy, SQLite's journal and the database in turn. The database is as it was or healed; with room, it heals.
 */
class DamageWriteFailureTest {
    private static final int ROWS = 600;
    private static final int STEP = 20;
    private static final int MOST_BLOCKS = 320;

    /** A run of the tests takes one limit in so many between the lowest and the highest. */
    private static final int PART = 4;

    @TempDir
    Path directory;

    /** sqlite-jdbc's native library: a process whose files cannot grow could not unpack it. */
    private Path library = Path.of("");

    @BeforeEach
    void unpackTheLibrary() throws IOException {
        assumeThat(Files.isExecutable(Path.of("/bin/bash"))).isTrue();
        String name = System.mapLibraryName("sqlitejdbc");
        library = directory.resolve(name);
        String resource = "/org/sqlite/native/" + OSInfo.getNativeLibFolderPathForCurrentOS() + "/" + name;
        try (InputStream packed = OSInfo.class.getResourceAsStream(resource)) {
            assumeThat(packed).as(resource).isNotNull();
            Files.copy(packed, library);
        }
    }

    @Test
    void aFileThatCannotGrowLeavesTheDatabaseAsItWasOrHealed() throws Exception {
        sweep(Damage.LEAVES, "failed [SQLITE_CORRUPT]", PART);
    }

    @Test
    @Tag("campaign")
    void aFileThatCannotGrowAtAnyOfItsBlocksLeavesTheDatabaseAsItWasOrHealed() throws Exception {
        sweep(Damage.LEAVES, "failed [SQLITE_CORRUPT]", 1);
    }

    /** The header is mended before the lock can be taken; where the heal fails after that, the old bytes go back. */
    @Test
    void aHeaderThatWasMendedIsPutBackWhereTheHealFails() throws Exception {
        sweep(Damage.HEADER, "failed [SQLITE_NOTADB]", PART);
    }

    @Test
    @Tag("campaign")
    void aHeaderThatWasMendedIsPutBackWhereverTheHealFails() throws Exception {
        sweep(Damage.HEADER, "failed [SQLITE_NOTADB]", 1);
    }

    private void sweep(Damage damage, String expected, int parts) throws Exception {
        List<String> said = new ArrayList<>();
        for (int blocks = 0; blocks <= MOST_BLOCKS; blocks += STEP) {
            if (blocks > 0 && blocks < MOST_BLOCKS && !Rotation.takes(blocks / STEP, parts)) {
                continue;
            }
            Path database = create(damage + "limit" + blocks + ".db");
            damage.on(database, new Random(blocks));
            byte[] damaged = Files.readAllBytes(database);

            String answer = healWithFilesUpTo(blocks, database);

            said.add(blocks + ": " + answer);
            if (answer.startsWith("healed")) {
                assertHealed(database);
            } else {
                assertThat(answer).as("blocks %d", blocks).startsWith(expected);
                assertThat(Files.readAllBytes(database)).as("blocks %d", blocks).isEqualTo(damaged);
                assertHealed(database);
            }
        }
        // The sweep went from one end to the other.
        assertThat(said.get(0)).contains("failed");
        assertThat(said.get(said.size() - 1)).contains("healed");
    }

    /** Another process, with a limit of blocks of 1024 bytes for each file it writes. */
    private String healWithFilesUpTo(int blocks, Path database) throws Exception {
        Process process = new ProcessBuilder(
                        "/bin/bash",
                        "-c",
                        "ulimit -f " + blocks + "; exec \"$0\" \"$@\"",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-XX:-UsePerfData",
                        "-Dorg.sqlite.lib.path=" + library.getParent(),
                        "-Dorg.sqlite.lib.name=" + library.getFileName(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        DamageWriteFailureTest.class.getName(),
                        database.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String last = "nothing";
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("healed") || line.startsWith("failed")) {
                    last = line;
                }
            }
            process.waitFor();
            return last;
        }
    }

    public static void main(String[] arguments) {
        String answer;
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + arguments[0])) {
            Sql.rows(connection, "SELECT sum(length(v)) FROM t NOT INDEXED");
            answer = "healed";
        } catch (SQLException e) {
            answer = "failed " + e.getMessage();
        }
        System.out.println();
        System.out.println(answer);
    }

    private Path create(String name) throws SQLException {
        Path database = directory.resolve(name);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(
                    connection,
                    "PRAGMA page_size = " + Damage.PAGE,
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                            + ") INSERT INTO t SELECT i, i || hex(randomblob(60)) FROM n");
        }
        return database;
    }

    private static void assertHealed(Path database) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Outcome outcome = Healing.of(connection).heal();
            assertThat(outcome.allowsRetry()).as(outcome.toString()).isTrue();
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            assertThat(((Number) Sql.value(connection, "SELECT count(*) FROM t")).intValue())
                    .isBetween(ROWS / 2, ROWS);
        }
    }

    @Test
    void aDirectoryThatCannotBeWrittenToLeavesTheDatabaseAsItWas() throws Exception {
        assumeThat(System.getProperty("user.name")).isNotEqualTo("root");
        Path inside = Files.createDirectory(directory.resolve("read-only"));
        Path database = create("read-only/app.db");
        Damage.LEAVES.on(database, new Random(1));
        byte[] damaged = Files.readAllBytes(database);
        Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("r-xr-xr-x"));
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            assertThat(org.assertj.core.api.Assertions.catchThrowable(
                            () -> Sql.rows(connection, "SELECT sum(length(v)) FROM t NOT INDEXED")))
                    .hasMessageContaining("[SQLITE_CORRUPT]");
        } finally {
            Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        assertThat(Files.readAllBytes(database)).isEqualTo(damaged);
        assertHealed(database);
    }
}
