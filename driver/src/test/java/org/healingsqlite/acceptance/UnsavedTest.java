package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.healingsqlite.testkit.Waiting.await;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.testkit.Planted;
import org.healingsqlite.testkit.Removal;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** S0-24, C-01: the file is lost, and something keeps its content from being saved: here a directory in its place. Nothing is acknowledged that may be lost, and nothing that was is lost. */
class UnsavedTest {
    private static final Duration LONGEST_AFTER_THE_OBSTACLE = Duration.ofSeconds(5);

    /** More failures than the breaker takes. */
    private static final int MANY_CALLS = 3;

    @TempDir
    Path directory;

    private Connection open(String mode, String options) throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database() + options);
        Sql.run(connection, "PRAGMA journal_mode = " + mode, "CREATE TABLE t(k)", "INSERT INTO t VALUES (1)");
        return connection;
    }

    private Path database() {
        return directory.resolve("app.db");
    }

    private void loseBehindAnObstacle() throws IOException {
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(database() + suffix));
        }
        Files.createDirectories(database().resolve("in the way"));
    }

    private void removeObstacle() {
        try {
            Files.deleteIfExists(database().resolve("in the way"));
            Files.deleteIfExists(database());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"WAL", "DELETE"})
    void writersAreRefusedAndReadersGoOnUntilTheObstacleIsGone(String mode) throws Exception {
        List<Incident> critical = new CopyOnWriteArrayList<>();
        List<List<Object>> acknowledged = new ArrayList<>(List.of(List.of(1)));
        try (Connection connection = open(mode, "?healing.wait=2s&healing.breakerFailures=1")) {
            Healing.of(connection).addListener(incident -> {
                if (incident.isCritical()) {
                    critical.add(incident);
                }
            });
            loseBehindAnObstacle();
            // What comes before anybody has noticed is acknowledged, and saved.
            while (isWritten(connection, 1 + acknowledged.size())) {
                acknowledged.add(List.of(1 + acknowledged.size()));
            }
            for (int call = 0; call < MANY_CALLS; call++) {
                assertThat(isWritten(connection, 1 + acknowledged.size())).isFalse();
                assertThat(Sql.rows(connection, "SELECT k FROM t ORDER BY k")).isEqualTo(acknowledged);
            }
            removeObstacle();
            await().atMost(LONGEST_AFTER_THE_OBSTACLE).until(() -> isWritten(connection, 1 + acknowledged.size()));
            acknowledged.add(List.of(1 + acknowledged.size()));
        }
        assertThat(Sql.rowsElsewhere(database(), "SELECT k FROM t ORDER BY k")).isEqualTo(acknowledged);
        assertThat(critical).hasSize(1);
    }

    private static boolean isWritten(Connection connection, int row) {
        try {
            Sql.run(connection, "INSERT INTO t VALUES (" + row + ")");
            return true;
        } catch (SQLException refused) {
            return false;
        }
    }

    @Test
    void aWriterWaitsForTheObstacleToGoAway() throws Exception {
        ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
        try (Connection connection = open("WAL", "")) {
            loseBehindAnObstacle();
            var unused = later.schedule(this::removeObstacle, 1500, TimeUnit.MILLISECONDS);
            Sql.run(connection, "INSERT INTO t VALUES (2)");
        } finally {
            later.shutdownNow();
        }
        assertThat(Sql.rowsElsewhere(database(), "SELECT count(*) FROM t")).containsExactly(List.of(2));
    }

    @Test
    void aTransactionOnTheLostFileIsSavedOrNotCommitted() throws Exception {
        boolean committed = true;
        try (Connection connection = open("WAL", "?healing.wait=2s&healing.breakerFailures=1");
                Connection idle = DriverManager.getConnection(
                        "jdbc:healing:sqlite:" + database() + "?healing.wait=2s&healing.breakerFailures=1")) {
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            loseBehindAnObstacle();
            assertThatThrownBy(() -> Sql.run(idle, "INSERT INTO t VALUES (3)")).isInstanceOf(SQLException.class);
            try {
                connection.commit();
            } catch (SQLException refused) {
                committed = false;
                connection.rollback();
            }
            removeObstacle();
        }
        assertThat(Sql.rowsElsewhere(database(), "SELECT k FROM t ORDER BY k"))
                .isEqualTo(committed ? List.of(List.of(1), List.of(2)) : List.of(List.of(1)));
    }

    @Test
    void whoWantsItGoesOnWriting() throws Exception {
        try (Connection connection =
                open("WAL", "?healing.wait=2s&healing.breakerFailures=1&healing.onUnsaved=acknowledge")) {
            loseBehindAnObstacle();
            for (int row = 2; row <= MANY_CALLS; row++) {
                Sql.run(connection, "INSERT INTO t VALUES (" + row + ")");
            }
            removeObstacle();
        }
        assertThat(Sql.rowsElsewhere(database(), "SELECT count(*) FROM t")).containsExactly(List.of(MANY_CALLS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"WAL", "DELETE"})
    void theLastCopyLiesElsewhereWhereItCannotGoBack(String mode) throws Exception {
        try (Connection connection = open(mode, "?healing.wait=200ms")) {
            loseBehindAnObstacle();
            Path side = directory.resolve("app.db.healing");
            putInTheWay(side);
            assertThat(connection.isClosed()).isFalse();
        }
        // Of a copy that the rescue in the background has begun as well, nothing stays.
        await().untilAsserted(() -> assertThat(copies()).hasSize(1));
        assertThat(Sql.rowsElsewhere(copies().get(0), "SELECT k FROM t")).containsExactly(List.of(1));
    }

    @Test
    void aCopyThatNobodyNeedsIsDeleted() throws Exception {
        ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
        try (Connection connection = open("WAL", "")) {
            loseBehindAnObstacle();
            later.execute(() -> {
                await().until(() -> !copies().isEmpty());
                removeObstacle();
            });
            assertThat(connection.isClosed()).isFalse();
        } finally {
            later.shutdown();
        }
        assertThat(Sql.rowsElsewhere(database(), "SELECT k FROM t")).containsExactly(List.of(1));
        assertThat(copies()).isEmpty();
    }

    /** A file in the place of the side directory, which a rescue may make again meanwhile. */
    private static void putInTheWay(Path side) {
        await().ignoreExceptionsInstanceOf(FileSystemException.class).until(() -> {
            Removal.tree(side);
            Files.writeString(side, "in the way, too", StandardOpenOption.CREATE_NEW);
            return true;
        });
    }

    private List<Path> copies() throws IOException {
        return Planted.all(directory).stream()
                .filter(path -> String.valueOf(path.getFileName()).startsWith("copy-"))
                .toList();
    }
}
