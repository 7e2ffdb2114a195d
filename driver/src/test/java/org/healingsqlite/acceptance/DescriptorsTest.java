package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.IndexDamage;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What heals leave open: a process that lives for months must not run out of descriptors, nor of disk space that deleted files take. */
@EnabledOnOs(OS.LINUX)
class DescriptorsTest {
    /** The file, its log and its index, of the one that was lost last. */
    private static final int MOST_OF_ONE_LOST_FILE = 3;

    /** A damaged file is held open once, and a heal has files of its own; each strike of the test leaves a channel open itself. */
    private static final int MOST_OF_A_HEAL = 4;

    @TempDir
    Path directory;

    private Path database() {
        return directory.resolve("app.db");
    }

    @ParameterizedTest
    @ValueSource(strings = {"WAL", "DELETE"})
    void lostFilesAreLetGo(String mode) throws Exception {
        loseAgainAndAgain(mode, 6);
    }

    @ParameterizedTest
    @ValueSource(strings = {"WAL", "DELETE"})
    @Tag("campaign")
    void lostFilesAreLetGoAfter300Deletions(String mode) throws Exception {
        loseAgainAndAgain(mode, 300);
    }

    private void loseAgainAndAgain(String mode, int times) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database());
                Connection idle = DriverManager.getConnection("jdbc:healing:sqlite:" + database())) {
            Sql.run(connection, "PRAGMA journal_mode = " + mode, "CREATE TABLE t(k)", "INSERT INTO t VALUES (0)");
            int before = descriptors();
            for (int i = 1; i <= times; i++) {
                for (String suffix : List.of("", "-wal", "-shm")) {
                    Files.deleteIfExists(Path.of(database() + suffix));
                }
                await().until(() -> Files.exists(database()));
                Sql.run(connection, "INSERT INTO t VALUES (" + i + ")");
                assertThat(Sql.rows(idle, "SELECT count(*) FROM t")).containsExactly(List.of(i + 1));
            }
            await().untilAsserted(() -> assertThat(descriptors()).isLessThanOrEqualTo(before + MOST_OF_ONE_LOST_FILE));
        }
    }

    @Test
    void damagedFilesAreLetGo() throws Exception {
        damageAgainAndAgain(5);
    }

    /** In DELETE and WAL mode, one database after the other: a tool that opens what users bring. */
    @ParameterizedTest
    @ValueSource(strings = {"WAL", "DELETE"})
    void databasesThatWereHealedAndDeletedAreLetGo(String mode) throws Exception {
        int before = descriptors();
        for (int i = 0; i < 6; i++) {
            Path each = database().resolveSibling("each" + i + ".db");
            Sql.runElsewhere(
                    each,
                    "PRAGMA journal_mode = " + mode,
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v)",
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
                            + " INSERT INTO t SELECT i, hex(randomblob(200)) FROM n");
            byte[] bytes = Files.readAllBytes(each);
            Arrays.fill(bytes, 5 * 4096, 6 * 4096, (byte) 0x5A);
            Files.write(each, bytes);
            try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + each)) {
                assertThat(Sql.rows(connection, "SELECT count(v) FROM t")).hasSize(1);
            }
            Files.delete(each);
        }
        // What was held of the last one goes with the next heal.
        assertThat(descriptors()).isLessThanOrEqualTo(before + MOST_OF_A_HEAL);
    }

    @Test
    @Tag("campaign")
    void damagedFilesAreLetGoAfter1000Heals() throws Exception {
        damageAgainAndAgain(1000);
    }

    private void damageAgainAndAgain(int times) throws Exception {
        org.healingsqlite.testkit.Bank.create(database(), "DELETE");
        try (Connection connection = DriverManager.getConnection(
                "jdbc:healing:sqlite:" + database() + "?healing.breakerFailures=1000000&healing.recurring=off")) {
            int before = descriptors();
            AtomicInteger heals = new AtomicInteger();
            Healing.of(connection).addListener(incident -> heals.incrementAndGet());
            for (int i = 0; i < times; i++) {
                IndexDamage.of(database()).strike("by_owner");
                // Else what the connection has read before is all that it sees.
                Sql.run(connection, "PRAGMA shrink_memory");
                assertThat(Sql.rows(connection, "SELECT count(*) FROM account INDEXED BY by_owner WHERE owner > ''"))
                        .containsExactly(List.of(20));
            }
            assertThat(heals).hasValueGreaterThanOrEqualTo(times);
            await().untilAsserted(() -> assertThat(descriptors()).isLessThanOrEqualTo(before + times + MOST_OF_A_HEAL));
        }
    }

    /** Descriptors of this process that lead to files of this test, with a name or without. */
    private int descriptors() throws IOException {
        int found = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path each : all) {
                try {
                    if (Files.readSymbolicLink(each).toString().startsWith(directory.toString())) {
                        found++;
                    }
                } catch (IOException closedMeanwhile) {
                    // The listing's own.
                }
            }
        }
        return found;
    }
}
