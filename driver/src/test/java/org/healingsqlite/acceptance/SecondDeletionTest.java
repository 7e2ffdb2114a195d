package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What has just been put back is deleted again: at no moment is a lost file given up whose content nobody else has. */
class SecondDeletionTest {
    @TempDir
    Path directory;

    private Path database;
    private String url;

    @BeforeEach
    void nameTheDatabase() {
        database = directory.resolve("data").resolve("app.db");
        url = "jdbc:healing:sqlite:" + database + "?healing.wait=5s&journal_mode=";
    }

    private Connection open(String mode) throws Exception {
        Files.createDirectories(database.getParent());
        Connection connection = DriverManager.getConnection(url + mode);
        Sql.run(connection, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY)");
        return connection;
    }

    private void delete() throws IOException {
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(database + suffix));
        }
    }

    private static List<Object> ids(Connection connection) throws SQLException {
        return Sql.rows(connection, "SELECT id FROM t ORDER BY id").stream()
                .map(row -> row.get(0))
                .toList();
    }

    @FunctionalInterface
    private interface Blow {
        void strike() throws IOException;
    }

    /** Strikes when a rescue comes to a step, a number of times. */
    private static final class Striker implements IncidentListener {
        private final String step;
        private final AtomicInteger left;
        private final Blow blow;

        Striker(String step, int times, Blow blow) {
            this.step = step;
            this.left = new AtomicInteger(times);
            this.blow = blow;
        }

        @Override
        public void ended(Incident incident) {
            // Only the steps are of interest.
        }

        @Override
        public void progressed(Path database, String at) {
            if (at.equals(step) && left.getAndDecrement() > 0) {
                try {
                    blow.strike();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        boolean hasStruck() {
            return left.get() <= 0;
        }
    }

    @ParameterizedTest(name = "S0-24: {0}, journal_mode={1}")
    @CsvSource({"publish, DELETE", "publish, WAL", "move, DELETE", "move, WAL"})
    void whatIsDeletedAgainComesBackAgain(String step, String mode) throws Exception {
        comesBackThreeTimes(step, mode);
    }

    @ParameterizedTest(name = "S0-24: journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void whatIsDeletedAgainBeforeTheRescueHasEndedComesBackAgain(String mode) throws Exception {
        comesBackThreeTimes("seal", mode);
    }

    private void comesBackThreeTimes(String step, String mode) throws Exception {
        try (Connection connection = open(mode);
                Connection idle = open(mode)) {
            Sql.run(connection, "INSERT INTO t VALUES (1), (2), (3)");
            Striker striker = new Striker(step, 3, this::delete);
            Healing.of(connection).addListener(striker);

            for (int round = 0; round < 3; round++) {
                delete();
                assertThat(Healing.of(connection).verify()).isTrue();
                assertThat(ids(connection)).containsExactly(1, 2, 3);
            }

            assertThat(striker.hasStruck()).isTrue();
            assertThat(ids(idle)).containsExactly(1, 2, 3);
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t")).containsExactly(List.of(3));
    }

    private List<Path> rescued() throws IOException {
        try (Stream<Path> kept = Files.list(Path.of(database + ".healing", "quarantine"))) {
            return kept.filter(path -> path.getFileName().toString().startsWith("app_rescued_")
                            && path.toString().endsWith(".db"))
                    .toList();
        }
    }

    /** The process may be killed next. */
    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void aCopyThatCannotGoBackStays(String mode) throws Exception {
        try (Connection connection = open(mode)) {
            Sql.run(connection, "INSERT INTO t VALUES (1), (2), (3)");
            Striker striker = new Striker("publish", 1, () -> Files.createDirectory(database));
            Healing.of(connection).addListener(striker);
            delete();

            assertThat(Healing.of(connection).verify()).isFalse();

            assertThat(striker.hasStruck()).isTrue();
            // It is tried again in the background meanwhile: the older copy goes when the newer one is whole.
            await().untilAsserted(() -> assertThat(rescued())
                    .singleElement()
                    .satisfies(copy -> assertThat(Sql.rowsElsewhere(copy, "SELECT count(*) FROM t"))
                            .containsExactly(List.of(3))));
            Files.delete(database);
            Healing.of(connection).resetBreakers();
            assertThat(ids(connection)).containsExactly(1, 2, 3);
        }
    }

    /** The lost file stays what it was, open to whoever holds it, until its content has arrived somewhere. */
    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void aMoveThatFailsLeavesNoFence(String mode) throws Exception {
        try (Connection connection = open(mode);
                Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database + "?busy_timeout=5000")) {
            Sql.run(connection, "INSERT INTO t VALUES (1), (2), (3)");
            assertThat(ids(plain)).containsExactly(1, 2, 3);
            Striker striker = new Striker("move", 1, () -> {
                delete();
                Files.createDirectory(database);
            });
            Healing.of(connection).addListener(striker);
            delete();

            assertThat(Healing.of(connection).verify()).isFalse();

            assertThat(striker.hasStruck()).isTrue();
            Sql.run(plain, "BEGIN IMMEDIATE", "ROLLBACK");
            assertThat(ids(plain)).containsExactly(1, 2, 3);
            Files.delete(database);
            Healing.of(connection).resetBreakers();
            assertThat(ids(connection)).containsExactly(1, 2, 3);
        }
    }

    /** A connection that stayed behind, and whose own file's content is long safe, must not put an empty file in the way. */
    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void whoStayedBehindWaitsForWhoHasTheNewerContent(String mode) throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try (Connection behind = open(mode);
                Connection ahead = open(mode)) {
            Sql.run(ahead, "INSERT INTO t VALUES (1)");
            behind.setAutoCommit(false);
            assertThat(ids(behind)).containsExactly(1);
            delete();
            assertThat(Healing.of(ahead).verify()).isTrue();
            Sql.run(ahead, "INSERT INTO t VALUES (2)");
            Sql.run(ahead, "BEGIN", "INSERT INTO t VALUES (3)");
            delete();

            behind.commit();
            Future<List<Object>> seen = other.submit(() -> ids(behind));
            Sql.run(ahead, "COMMIT");

            assertThat(seen.get()).containsExactly(1, 2, 3);
            assertThat(ids(ahead)).containsExactly(1, 2, 3);
        } finally {
            other.shutdownNow();
        }
    }
}
