package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** S0-24: whoever closes last saves what was deleted, however many close at once, and whatever part of the files was deleted when. */
class ClosingTest {
    private static final long SEED = Long.getLong("test.seed", 20261130);

    @TempDir
    Path directory;

    @Test
    void ofSeveralThatCloseAtOnceOneSavesTheFile() throws Exception {
        assertThat(lostIn(8, "jdbc:healing:sqlite:")).as("seed %d", SEED).isEmpty();
    }

    @Test
    @Tag("campaign")
    void ofSeveralThatCloseAtOnceOneSavesTheFileIn500Rounds() throws Exception {
        assertThat(lostIn(500, "jdbc:healing:sqlite:")).as("seed %d", SEED).isEmpty();
    }

    /** The negative control: plain sqlite-jdbc saves nothing. */
    @Test
    void plainSqliteJdbcLosesTheFile() throws Exception {
        assertThat(lostIn(4, "jdbc:sqlite:")).hasSizeGreaterThanOrEqualTo(3);
    }

    private List<String> lostIn(int rounds, String scheme) throws Exception {
        Random random = new Random(SEED);
        List<String> lost = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            String mode = round % 2 == 0 ? "WAL" : "DELETE";
            boolean all = round % 4 < 2;
            int connections = 2 + random.nextInt(3);
            Path database = directory.resolve("round" + round + ".db");
            close(scheme + database, database, mode, all, connections);
            Object there = Files.exists(database) ? rowsOf(database) : "no file";
            if (!there.equals(List.of(List.of(3)))) {
                lost.add("round " + round + ", " + mode + (all ? ", all files" : ", main file") + ", " + connections
                        + " connections: " + there);
            }
        }
        return lost;
    }

    private static Object rowsOf(Path database) {
        try {
            return Sql.rowsElsewhere(database, "SELECT count(*) FROM t");
        } catch (SQLException e) {
            return e.getMessage();
        }
    }

    /** All of them have the file open, one has written, and they close in the moment in which it is deleted. */
    private static void close(String url, Path database, String mode, boolean all, int count) throws Exception {
        List<Connection> connections = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            connections.add(DriverManager.getConnection(url));
        }
        Sql.run(
                connections.get(0),
                "PRAGMA journal_mode = " + mode,
                "CREATE TABLE t(k)",
                "INSERT INTO t VALUES (1), (2), (3)");
        CyclicBarrier together = new CyclicBarrier(count, () -> delete(database, all));
        List<Callable<Void>> closers = new ArrayList<>();
        for (Connection each : connections) {
            closers.add(() -> {
                together.await();
                each.close();
                return null;
            });
        }
        ExecutorService threads = Executors.newFixedThreadPool(count);
        try {
            for (Future<Void> each : threads.invokeAll(closers)) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static void delete(Path database, boolean all) {
        try {
            for (String suffix : all ? List.of("", "-wal", "-shm", "-journal") : List.of("")) {
                Files.deleteIfExists(Path.of(database + suffix));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A pool's idle connections have often been opened before the log was begun: they hold the file, and not what is in its log. */
    @ParameterizedTest
    @CsvSource({"WAL, true", "WAL, false", "DELETE, true", "DELETE, false"})
    void oneThatHasNeverReadIsNotReliedOnForWhatAnotherHasWritten(String mode, boolean all) throws Exception {
        Path database = directory.resolve("idle.db");
        String url = "jdbc:healing:sqlite:" + database;
        try (Connection idle = DriverManager.getConnection(url)) {
            try (Connection writer = DriverManager.getConnection(url)) {
                Sql.run(
                        writer,
                        "PRAGMA journal_mode = " + mode,
                        "CREATE TABLE t(k)",
                        "INSERT INTO t VALUES (1), (2), (3)");
                delete(database, all);
            }
            assertThat(idle.isClosed()).isFalse();
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t")).containsExactly(List.of(3));
    }
}
