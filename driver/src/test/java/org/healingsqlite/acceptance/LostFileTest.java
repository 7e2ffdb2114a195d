package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A deleted file while others work: nobody's journal is touched, nobody stays behind, one deletion is one incident. */
class LostFileTest {
    @TempDir
    Path directory;

    private Path database;
    private String url;

    @BeforeEach
    void register() throws Exception {
        database = directory.resolve("app.db");
        Path script = Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE IF NOT EXISTS t (x);");
        url = "jdbc:healing:sqlite:" + database + "?healing.schema=" + script + "&healing.wait=2s";
    }

    /** SQLite finds a journal by name: a read of the lost file would roll the new file's journal back into it. */
    @Test
    void readingTheLostFileLeavesTheJournalOfTheNewFileAlone() throws Exception {
        try (Connection held = DriverManager.getConnection(url)) {
            Sql.run(held, "INSERT INTO t VALUES (1), (2), (4)");
            Files.delete(database);
            Sql.runElsewhere(database, "CREATE TABLE t (x)", "INSERT INTO t VALUES (16)");
            try (Connection writer = DriverManager.getConnection("jdbc:sqlite:" + database)) {
                writer.setAutoCommit(false);
                Sql.run(
                        writer,
                        "PRAGMA cache_size = 5",
                        "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT zeroblob(100) FROM n");
                assertThat(Path.of(database + "-journal")).exists();
                try {
                    Healing.of(held).verify();
                } finally {
                    assertThat(Path.of(database + "-journal")).exists();
                    writer.commit();
                }
            }
            assertThat(Sql.rows(held, "SELECT count(*) FROM t")).containsExactly(List.of(20001));
        }
        assertThat(Sql.rowsElsewhere(rescued(), "SELECT count(*), sum(x) FROM t"))
                .containsExactly(List.of(3, 7));
    }

    private Path rescued() throws Exception {
        try (Stream<Path> kept = Files.list(Path.of(database + ".healing").resolve("quarantine"))) {
            return kept.filter(path -> path.toString().endsWith(".db"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void writersThatAreInTheMiddleOfAStatementSeeNoError() throws Exception {
        List<Incident> healed = new ArrayList<>();
        AtomicBoolean running = new AtomicBoolean(true);
        AtomicInteger writes = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        String busy = url.replace("healing.wait=2s", "healing.wait=30s") + "&busy_timeout=20000&journal_mode=WAL";
        try (Connection first = DriverManager.getConnection(busy)) {
            Healing.of(first).addListener(healed::add);
            List<Future<Void>> writers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                writers.add(threads.submit(() -> write(busy, running, writes)));
            }
            for (int deletion = 1; deletion <= 5; deletion++) {
                awaitWrites(writes, 100);
                for (String suffix : List.of("", "-wal", "-shm")) {
                    Files.deleteIfExists(Path.of(database + suffix));
                }
                awaitWrites(writes, 100);
            }
            running.set(false);
            for (Future<Void> each : writers) {
                each.get();
            }
        } finally {
            running.set(false);
            threads.shutdownNow();
        }
        assertThat(healed).hasSizeLessThanOrEqualTo(5);
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    private static Void write(String url, AtomicBoolean running, AtomicInteger writes) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url)) {
            while (running.get()) {
                Sql.run(connection, "INSERT INTO t VALUES (1)");
                writes.incrementAndGet();
            }
            return null;
        }
    }

    private static void awaitWrites(AtomicInteger writes, int more) {
        int until = writes.get() + more;
        org.healingsqlite.testkit.Waiting.await().until(() -> writes.get() >= until);
    }
}
