package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.healingsqlite.testkit.Waiting.await;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Removal;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** S0: a run registry polled by a UI, whose database is deleted while it runs. */
class TrainerAcceptanceTest {
    private static final String ALL_RUNS =
            "SELECT run_id, status, config_json, digest, created_at, updated_at FROM runs";

    @TempDir
    Path directory;

    private Path database;
    private String url;

    @BeforeEach
    void nameTheDatabase() {
        database = directory.resolve("var").resolve("trainer.sqlite");
        url = "jdbc:healing:sqlite:" + database + "?healing.schema=classpath:schemas/trainer.sql";
    }

    /** The operator who deletes the file means it. */
    private void recreate() {
        url += "&healing.onDeleted=recreate";
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection(url);
    }

    private void delete() throws IOException {
        for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
            Files.deleteIfExists(Path.of(database + suffix));
        }
    }

    private static void insertRun(Connection connection, String id) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO runs (run_id, status, digest) VALUES (?, 'PENDING', ?)")) {
            insert.setString(1, id);
            insert.setString(2, "digest of " + id);
            insert.executeUpdate();
        }
    }

    /** The watch tells of a deletion a moment later; the next statement after that moves. */
    private static void awaitEmpty(Connection connection) {
        await().until(() -> Sql.rows(connection, ALL_RUNS).isEmpty());
    }

    @ParameterizedTest(name = "S0-01, S0-04: journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL", "TRUNCATE", "PERSIST"})
    void deletedUnderAConnection_selectIsEmptyAndInsertsGoToTheNewFile(String journalMode) throws Exception {
        url += "&journal_mode=" + journalMode;
        recreate();
        try (Connection held = open()) {
            insertRun(held, "before");
            delete();

            awaitEmpty(held);
            insertRun(held, "after");

            assertThat(Sql.rows(held, "SELECT run_id FROM runs")).containsExactly(List.of("after"));
            try (Connection fresh = open()) {
                assertThat(Sql.rows(fresh, "SELECT run_id FROM runs")).containsExactly(List.of("after"));
                assertThat(Sql.value(fresh, "SELECT count(*) FROM gpu_slots")).isEqualTo(8);
                assertThat(Sql.value(fresh, "PRAGMA journal_mode"))
                        .isEqualTo(journalMode.toLowerCase(java.util.Locale.ROOT));
            }
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT run_id FROM runs")).containsExactly(List.of("after"));
    }

    @Test
    void s0_02_deletedBetweenTwoAccesses() throws Exception {
        try (Connection first = open()) {
            insertRun(first, "before");
        }
        delete();
        try (Connection second = open()) {
            assertThat(Sql.rows(second, ALL_RUNS)).isEmpty();
        }
    }

    @Test
    void s0_03_missingBeforeStart() throws Exception {
        try (Connection connection = open()) {
            assertThat(Sql.rows(connection, ALL_RUNS)).isEmpty();
        }
    }

    @Test
    void s0_05_onlyTheTableIsMissing() throws Exception {
        try (Connection connection = open()) {
            insertRun(connection, "before");
            Sql.runElsewhere(database, "DROP TABLE runs", "UPDATE gpu_slots SET run_id = 'kept' WHERE slot = 3");

            assertThat(Sql.rows(connection, ALL_RUNS)).isEmpty();
            assertThat(Sql.rows(connection, ALL_RUNS + " WHERE run_id = ?", "before"))
                    .isEmpty();
            assertThat(Sql.value(connection, "SELECT run_id FROM gpu_slots WHERE slot = 3"))
                    .isEqualTo("kept");
        }
    }

    @ParameterizedTest(name = "S0-06: column {0}")
    @ValueSource(strings = {"status", "config_json", "digest", "created_at", "updated_at"})
    void aMissingColumnIsFoundByVerificationAndAddedWithAllRowsKept(String column) throws Exception {
        createWithout(column);

        try (Connection connection = open()) {
            assertThat(Healing.of(connection).verify()).isTrue();
            assertThat(Sql.rows(connection, ALL_RUNS)).hasSize(3);
            assertThat(Sql.rows(connection, "SELECT rowid, run_id FROM runs ORDER BY rowid"))
                    .containsExactly(List.of(1, "a"), List.of(5, "b"), List.of(9, "c"));
        }
    }

    private void createWithout(String column) throws SQLException, IOException {
        Files.createDirectories(database.getParent());
        List<String> definitions = new ArrayList<>(List.of(
                "run_id TEXT PRIMARY KEY",
                "status TEXT NOT NULL",
                "config_json TEXT NOT NULL DEFAULT '{}'",
                "digest TEXT UNIQUE",
                "created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP",
                "updated_at TEXT"));
        definitions.removeIf(definition -> definition.startsWith(column));
        boolean status = !column.equals("status");
        Sql.runElsewhere(
                database,
                "CREATE TABLE runs (" + String.join(", ", definitions) + ")",
                status
                        ? "INSERT INTO runs (rowid, run_id, status) VALUES (1, 'a', 'DONE'), (5, 'b', 'DONE'), (9, 'c', 'RUNNING')"
                        : "INSERT INTO runs (rowid, run_id) VALUES (1, 'a'), (5, 'b'), (9, 'c')");
    }

    @Test
    void s0_06_aColumnThatVanishesWhileRunningHealsTheStatementThatMissesIt() throws Exception {
        try (Connection connection = open()) {
            insertRun(connection, "kept");
            Sql.runElsewhere(database, "ALTER TABLE runs DROP COLUMN updated_at");

            assertThat(Sql.maps(connection, "SELECT run_id, updated_at FROM runs"))
                    .hasSize(1)
                    .first()
                    .satisfies(row ->
                            assertThat(row).containsEntry("run_id", "kept").containsEntry("updated_at", null));
        }
    }

    @Test
    void s0_07_s0_08_verifyIsTrueWhenValidAndWhenRecovered() throws Exception {
        try (Connection connection = open()) {
            assertThat(Healing.of(connection).verify()).isTrue();
            Sql.runElsewhere(database, "DROP TABLE runs");

            assertThat(Healing.of(connection).verify()).isTrue();
            assertThat(Sql.names(connection, "table")).contains("runs");
            assertThat(Sql.value(connection, "PRAGMA healing_verify")).isEqualTo(1);
        }
    }

    @Test
    void s0_09_verifyIsFalseAndLogsAnErrorWhenReinitialisationFails() throws Exception {
        try (Connection connection = open();
                LogCapture log = new LogCapture()) {
            Sql.runElsewhere(database, "DROP TABLE runs", "CREATE VIEW runs AS SELECT 1 AS run_id");

            assertThat(Healing.of(connection).verify()).isFalse();
            assertThat(log.at(Level.ERROR)).anyMatch(line -> line.contains("runs"));
        }
    }

    @Test
    void s0_10_anErrorOfInitialisationIsLoggedAndThrown() throws Exception {
        Path script = Files.writeString(directory.resolve("broken.sql"), "CREATE TABLE a (x);\nCREATE TABLE b (x;\n");
        try (LogCapture log = new LogCapture()) {
            assertThatThrownBy(() -> DriverManager.getConnection(
                            "jdbc:healing:sqlite:" + database + "?healing.schema=" + script))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("broken.sql")
                    .hasMessageContaining("line 2");
            assertThat(log.at(Level.ERROR)).anyMatch(line -> line.contains("broken.sql"));
        }
        assertThat(database).doesNotExist();
    }

    @Test
    void s0_11_levelsOfTheLog() throws Exception {
        try (LogCapture log = new LogCapture();
                Connection connection = open()) {
            assertThat(log.at(Level.DEBUG)).anyMatch(line -> line.endsWith("schema initialized successfully"));
            assertThat(log.aboveDebug()).isEmpty();
            Sql.runElsewhere(database, "DROP TABLE runs");

            Sql.rows(connection, ALL_RUNS);

            assertThat(log.at(Level.WARN)).anyMatch(line -> line.endsWith("runs table missing, reinitializing"));
            assertThat(log.at(Level.ERROR)).isEmpty();
        }
    }

    @Test
    void s0_12_seededRowsAreInsertedOnceAndNotAgain() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "DELETE FROM gpu_slots WHERE slot = 7");
        }
        try (Connection connection = open()) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM gpu_slots")).isEqualTo(7);
        }
    }

    @Test
    void s0_13_aPollingClientSeesNoErrorAndOneHealForEachDeletion() throws Exception {
        recreate();
        List<Incident> heals = new CopyOnWriteArrayList<>();
        try (Connection connection = open()) {
            Healing.of(connection).addListener(heals::add);
            for (int deletion = 1; deletion <= 5; deletion++) {
                insertRun(connection, "run");
                delete();
                awaitEmpty(connection);
                for (int poll = 0; poll < 20; poll++) {
                    assertThat(Sql.rows(connection, ALL_RUNS)).isEmpty();
                }
                int expected = deletion;
                await().until(() -> heals.size() == expected);
            }
        }
    }

    @Test
    void s0_15_boundParametersSurviveTheHeal() throws Exception {
        try (Connection connection = open();
                PreparedStatement select =
                        connection.prepareStatement("SELECT count(*) FROM gpu_slots WHERE slot IN (?, ?)")) {
            select.setInt(1, 2);
            select.setInt(2, 5);
            Sql.runElsewhere(database, "DROP TABLE gpu_slots");

            try (ResultSet count = select.executeQuery()) {
                assertThat(count.next()).isTrue();
                assertThat(count.getInt(1)).isEqualTo(2);
            }
        }
    }

    @Test
    void s0_17_manyThreadsThatMissATableCauseOneHeal() throws Exception {
        int threads = 16;
        List<Incident> heals = new CopyOnWriteArrayList<>();
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try (Connection first = open()) {
            Healing.of(first).addListener(heals::add);
            for (int round = 0; round < 5; round++) {
                Sql.runElsewhere(database, "DROP TABLE runs");
                CyclicBarrier start = new CyclicBarrier(threads);
                Callable<Integer> poll = () -> {
                    try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
                        start.await();
                        return Sql.rows(connection, ALL_RUNS).size();
                    }
                };
                List<Future<Integer>> polls = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    polls.add(pool.submit(poll));
                }
                for (Future<Integer> each : polls) {
                    assertThat(each.get()).isZero();
                }
                assertThat(heals).hasSize(round + 1);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void s0_20_everyExceptionIsLoggedWithStatementAndPath() throws Exception {
        try (Connection connection = open();
                LogCapture log = new LogCapture();
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.executeQuery("SELECT * FROM no_such_thing"))
                    .isInstanceOf(SQLException.class);

            assertThat(log.at(Level.DEBUG))
                    .anyMatch(
                            line -> line.contains(database.toString()) && line.contains("SELECT * FROM no_such_thing"));
            assertThat(log.aboveDebug()).isEmpty();
        }
    }

    @Test
    void s0_22_constraintsAreThereAfterTheHeal() throws Exception {
        try (Connection connection = open()) {
            Sql.runElsewhere(database, "DROP TABLE runs");
            insertRun(connection, "a");

            assertThatThrownBy(() -> Sql.run(
                            connection,
                            "INSERT INTO runs (run_id, status, digest) VALUES ('b', 'PENDING', 'digest of a')"))
                    .hasMessageContaining("UNIQUE");
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO runs (run_id, status) VALUES ('c', 'WRONG')"))
                    .hasMessageContaining("CHECK");
            assertThat(Sql.names(connection, "index")).contains("idx_runs_status");
        }
    }

    @Test
    void s0_23_lossIsHonestAndTheLostContentIsInQuarantine() throws Exception {
        recreate();
        List<Incident> incidents = new CopyOnWriteArrayList<>();
        try (Connection connection = open()) {
            Healing.of(connection).addListener(incidents::add);
            insertRun(connection, "lost");
            delete();
            awaitEmpty(connection);
            await().until(() -> !incidents.isEmpty());
        }

        assertThat(incidents).hasSize(1);
        assertThat(incidents.get(0).outcome().loss().rows()).isEqualTo(1 + 8);
        try (Stream<Path> kept = Files.list(Path.of(database + ".healing").resolve("quarantine"))) {
            Path copy = kept.filter(path -> path.toString().endsWith(".sqlite"))
                    .findFirst()
                    .orElseThrow();
            assertThat(Sql.rowsElsewhere(copy, "SELECT run_id FROM runs")).containsExactly(List.of("lost"));
            assertThat(Files.getPosixFilePermissions(copy)).hasSize(2);
        }
    }

    @ParameterizedTest(name = "S0-25: only {0} is deleted")
    @ValueSource(strings = {"-wal", "-shm"})
    void onlyASideFileIsDeleted(String suffix) throws Exception {
        url += "&journal_mode=WAL";
        try (Connection connection = open()) {
            insertRun(connection, "a");
            Files.delete(Path.of(database + suffix));

            insertRun(connection, "b");
            assertThat(Sql.rows(connection, "SELECT run_id FROM runs ORDER BY 1"))
                    .containsExactly(List.of("a"), List.of("b"));
        }
    }

    @ParameterizedTest(name = "S0-26: journal_mode={0}")
    @ValueSource(strings = {"DELETE", "WAL"})
    void theParentDirectoryIsDeletedToo(String journalMode) throws Exception {
        url += "&journal_mode=" + journalMode;
        recreate();
        try (Connection connection = open()) {
            insertRun(connection, "before");
            Removal.tree(database.getParent());

            awaitEmpty(connection);
            insertRun(connection, "after");
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT run_id FROM runs")).containsExactly(List.of("after"));
    }

    @Test
    void withoutConfigurationTheLearnedSchemaComesBack() throws Exception {
        String plainUrl = "jdbc:healing:sqlite:" + directory.resolve("learned.db") + "?healing.onDeleted=recreate";
        try (Connection connection = DriverManager.getConnection(plainUrl)) {
            Sql.run(
                    connection,
                    "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL)",
                    "CREATE TABLE schema_migrations (version TEXT PRIMARY KEY)",
                    "INSERT INTO schema_migrations VALUES ('7')",
                    "PRAGMA user_version = 42",
                    "CREATE VIEW short_notes AS SELECT * FROM notes WHERE length(text) < 10",
                    "INSERT INTO notes (text) VALUES ('x')");
            Files.delete(directory.resolve("learned.db"));
            await().until(() -> Sql.rows(connection, "SELECT * FROM notes").isEmpty());

            assertThat(Sql.names(connection, "view")).containsExactly("short_notes");
            assertThat(Sql.value(connection, "SELECT version FROM schema_migrations"))
                    .isEqualTo("7");
            assertThat(Sql.value(connection, "PRAGMA user_version")).isEqualTo(42);
        }
    }
}
