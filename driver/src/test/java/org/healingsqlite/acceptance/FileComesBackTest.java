package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A file that was moved away, and whose content has gone to a new one, is moved back: it is what is at the path now, nobody stands in its way, and what was written
 * to the other one meanwhile is kept and told.
 */
class FileComesBackTest {
    @TempDir
    Path directory;

    private Path database;
    private Path away;
    private String url;
    private final List<Incident> incidents = new CopyOnWriteArrayList<>();

    @BeforeEach
    void nameTheDatabase() {
        database = directory.resolve("app.db");
        away = directory.resolve("away.db");
        // Whoever waits for itself waits until then, and fails.
        url = "jdbc:healing:sqlite:" + database + "?healing.wait=3s&journal_mode=";
    }

    private Connection open(String mode) throws SQLException {
        Connection connection = DriverManager.getConnection(url + mode);
        Sql.run(connection, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY)");
        Healing.of(connection).addListener(incidents::add);
        return connection;
    }

    private static List<Object> ids(Connection connection) throws SQLException {
        return Sql.rows(connection, "SELECT id FROM t ORDER BY id").stream()
                .map(row -> row.get(0))
                .toList();
    }

    private List<Path> rescued() throws Exception {
        try (Stream<Path> kept = Files.list(Path.of(database + ".healing", "quarantine"))) {
            return kept.filter(path -> path.getFileName().toString().startsWith("app_rescued_")
                            && path.toString().endsWith(".db"))
                    .toList();
        }
    }

    private void assertNoneGaveUp() {
        assertThat(incidents).isNotEmpty().noneMatch(incident -> incident.outcome() instanceof Outcome.GaveUp);
    }

    @ParameterizedTest(name = "journal_mode={0}, {1} connections")
    @CsvSource({"WAL, 1", "WAL, 2", "DELETE, 1"})
    void itIsTheDatabaseAgain(String mode, int connections) throws Exception {
        try (Connection connection = open(mode);
                Connection second = connections > 1 ? open(mode) : null) {
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            Files.move(database, away);
            assertThat(Healing.of(connection).verify()).isTrue();
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            if (second != null) {
                // By then it has moved, too.
                assertThat(ids(second)).containsExactly(1, 2);
            }

            Files.move(away, database, StandardCopyOption.REPLACE_EXISTING);
            assertThat(Healing.of(connection).verify()).isTrue();
            Sql.run(connection, "INSERT INTO t VALUES (3)");

            assertThat(ids(connection)).containsExactly(1, 3);
            if (second != null) {
                assertThat(ids(second)).containsExactly(1, 3);
            }
            assertNoneGaveUp();
            assertThat(rescued())
                    .singleElement()
                    .satisfies(copy -> assertThat(Sql.rowsElsewhere(copy, "SELECT id FROM t ORDER BY id"))
                            .containsExactly(List.of(1), List.of(2)));
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t ORDER BY id")).containsExactly(List.of(1), List.of(3));
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    /** A connection that has not moved meanwhile has open what is at the path again. */
    @ParameterizedTest(name = "journal_mode={0}, {1}")
    @CsvSource({"WAL, idle", "WAL, begun", "WAL, reading", "DELETE, idle", "DELETE, begun", "DELETE, reading"})
    void whoStillHoldsItGoesOn(String mode, String state) throws Exception {
        try (Connection connection = open(mode);
                Connection second = open(mode)) {
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            second.setAutoCommit(state.equals("idle"));
            if (state.equals("reading")) {
                assertThat(ids(second)).containsExactly(1);
            }
            Files.move(database, away);
            assertThat(Healing.of(connection).verify()).isTrue();
            Sql.run(connection, "INSERT INTO t VALUES (2)");

            Files.move(away, database, StandardCopyOption.REPLACE_EXISTING);
            if (!state.equals("idle")) {
                // SQLite waits for nobody where a transaction that has read begins to write.
                assertThat(Healing.of(connection).verify()).isTrue();
            }

            assertThat(ids(second)).containsExactly(1);
            if (state.equals("reading")) {
                second.commit();
            }
            Sql.run(second, "INSERT INTO t VALUES (3)");
            if (!second.getAutoCommit()) {
                second.commit();
            }
            assertThat(Healing.of(connection).verify()).isTrue();
            Sql.run(connection, "INSERT INTO t VALUES (4)");
            assertThat(ids(second)).containsExactly(1, 3, 4);
            assertThat(ids(connection)).containsExactly(1, 3, 4);
            assertNoneGaveUp();
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t ORDER BY id"))
                .containsExactly(List.of(1), List.of(3), List.of(4));
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    /** The one that has moved is closed meanwhile: nobody is kept from writing by what it has left. */
    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"WAL", "DELETE"})
    void whoIsLeftAloneWithItWrites(String mode) throws Exception {
        try (Connection second = open(mode)) {
            second.setAutoCommit(false);
            try (Connection connection = open(mode)) {
                Sql.run(connection, "INSERT INTO t VALUES (1)");
                assertThat(ids(second)).containsExactly(1);
                Files.move(database, away);
                assertThat(Healing.of(connection).verify()).isTrue();
            }
            Files.move(away, database, StandardCopyOption.REPLACE_EXISTING);

            assertThat(ids(second)).containsExactly(1);
            second.commit();
            Sql.run(second, "INSERT INTO t VALUES (2)");
            second.commit();
            assertNoneGaveUp();
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM t ORDER BY id")).containsExactly(List.of(1), List.of(2));
    }

    /** What was once safe elsewhere is not taken for safe when it has been written to again. */
    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"WAL", "DELETE"})
    void itIsRescuedAgain(String mode) throws Exception {
        try (Connection connection = open(mode)) {
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            Files.move(database, away);
            assertThat(Healing.of(connection).verify()).isTrue();
            Files.move(away, database, StandardCopyOption.REPLACE_EXISTING);
            assertThat(Healing.of(connection).verify()).isTrue();
            Sql.run(connection, "INSERT INTO t VALUES (2)");

            Files.move(database, away);
            assertThat(Healing.of(connection).verify()).isTrue();

            assertThat(ids(connection)).containsExactly(1, 2);
            assertNoneGaveUp();
        }
    }

    /** Whoever moves to a file that is damaged heals it on the way, with the locks that the move has taken. */
    @ParameterizedTest(name = "journal_mode={0}")
    @ValueSource(strings = {"WAL", "DELETE"})
    void aDamagedFileInItsPlaceIsHealedByWhoMovesThere(String mode) throws Exception {
        try (Connection connection = open(mode)) {
            Sql.run(connection, "CREATE TABLE u (x)", "INSERT INTO t VALUES (1)");
            Path other = directory.resolve("other.db");
            Sql.runElsewhere(
                    other,
                    "CREATE TABLE t (id INTEGER PRIMARY KEY)",
                    "CREATE TABLE u (x)",
                    "INSERT INTO t VALUES (7)",
                    "PRAGMA writable_schema = ON",
                    "UPDATE sqlite_schema SET sql = 'CREATE TABLE u (' WHERE name = 'u'");

            Files.move(other, database, StandardCopyOption.REPLACE_EXISTING);
            await().until(() -> Healing.of(connection).verify());

            assertThat(ids(connection)).containsExactly(7);
            assertThat(incidents)
                    .extracting(Incident::outcome)
                    .noneMatch(outcome -> outcome instanceof Outcome.GaveUp gaveUp
                            && gaveUp.explanation().contains("longer than"));
        }
    }
}
