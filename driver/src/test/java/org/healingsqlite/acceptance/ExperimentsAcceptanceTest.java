package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.healingsqlite.testkit.Waiting.await;

import ch.qos.logback.classic.Level;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.IncidentNotice;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** S4: the state of scheduled experiments, with BLOBs, many workers and generated keys. */
class ExperimentsAcceptanceTest {
    @TempDir
    Path directory;

    private Path database;
    private String url;

    @BeforeEach
    void nameTheDatabase() {
        database = directory.resolve("rapidfire.db");
        url = "jdbc:healing:sqlite:" + database + "?healing.schema=classpath:schemas/experiments.sql";
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection(url);
    }

    @Test
    void s4_01_deletedToForceRecreationAllTablesComeBack() throws Exception {
        try (Connection connection = DriverManager.getConnection(url + "&healing.onDeleted=recreate")) {
            Sql.run(connection, "INSERT INTO experiments (name) VALUES ('old')");
            Files.delete(database);
            await().until(() ->
                    Sql.rows(connection, "SELECT * FROM experiments").isEmpty());

            assertThat(Sql.names(connection, "table"))
                    .containsExactly(
                            "controller_progress",
                            "experiments",
                            "interactive_control",
                            "runs",
                            "worker_progress",
                            "worker_task");
        }
    }

    @ParameterizedTest(name = "S4-02: {0}")
    @ValueSource(strings = {"runs", "worker_task", "controller_progress", "worker_progress", "interactive_control"})
    void losingOneTableIsHealedAndTheOthersKeepTheirRows(String table) throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO experiments (name) VALUES ('kept')");
            Sql.runElsewhere(database, "DROP TABLE " + table);

            assertThat(Sql.maps(connection, "SELECT * FROM " + table)).isEmpty();
            assertThat(Sql.value(connection, "SELECT name FROM experiments")).isEqualTo("kept");
        }
    }

    @Test
    void s4_03_s4_04_everyKindOfParameterSurvivesTheHeal() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "CREATE TABLE everything (id INTEGER PRIMARY KEY, " + columns(16) + ")");
            byte[] blob = new byte[20 * 1024 * 1024];
            new Random(4).nextBytes(blob);
            try (PreparedStatement plain = insertEverything(connection, blob);
                    PreparedStatement healed = insertEverything(connection, blob)) {
                plain.executeUpdate();
                Sql.run(connection, "CREATE TABLE kept AS SELECT * FROM everything");
                Sql.runElsewhere(database, "DROP TABLE everything");
                healed.executeUpdate();
            }
            for (int column = 1; column <= 16; column++) {
                assertThat(Sql.value(connection, "SELECT typeof(c" + column + ") FROM everything"))
                        .isEqualTo(Sql.value(connection, "SELECT typeof(c" + column + ") FROM kept"));
                assertThat(Sql.value(
                                connection,
                                "SELECT everything.c" + column + " IS kept.c" + column + " FROM everything, kept"))
                        .as("column %d", column)
                        .isEqualTo(1);
            }
        }
    }

    private static String columns(int count) {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            names.add("c" + i);
        }
        return String.join(", ", names);
    }

    private static PreparedStatement insertEverything(Connection connection, byte[] blob) throws SQLException {
        PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO everything (" + columns(16) + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        insert.setInt(1, 42);
        insert.setLong(2, Long.MIN_VALUE);
        insert.setDouble(3, -0.0);
        insert.setString(4, "text: with 'quotes', \u00e4\u00f6\u00fc and \uD83D\uDE00");
        insert.setNull(5, Types.VARCHAR);
        insert.setBytes(6, blob);
        insert.setDate(7, new Date(1_700_000_000_000L));
        insert.setTimestamp(8, new Timestamp(1_700_000_000_123L));
        insert.setObject(9, "object");
        insert.setObject(10, 12, Types.INTEGER);
        insert.setBoolean(11, true);
        insert.setFloat(12, 1.5f);
        insert.setBinaryStream(13, new ByteArrayInputStream(new byte[] {1, 2, 3}), 3);
        insert.setCharacterStream(14, new StringReader("characters"), 10);
        insert.setAsciiStream(
                15, new ByteArrayInputStream("ascii".getBytes(java.nio.charset.StandardCharsets.US_ASCII)), 5);
        insert.setBigDecimal(16, new java.math.BigDecimal("3.141592653589793238462643"));
        return insert;
    }

    @Test
    void s4_05_aMissingTableInsideATransactionHealsAndNothingOfTheTransactionIsLost() throws Exception {
        try (Connection connection = open()) {
            Sql.runElsewhere(database, "DROP TABLE IF EXISTS worker_task");
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO experiments (name) VALUES ('first')");
            Sql.run(connection, "INSERT INTO worker_task (worker_id) VALUES (7)");
            Sql.run(connection, "INSERT INTO experiments (name) VALUES ('second')");
            connection.commit();

            assertThat(Sql.rowsElsewhere(database, "SELECT name FROM experiments"))
                    .containsExactly(List.of("first"), List.of("second"));
            assertThat(Sql.rowsElsewhere(database, "SELECT worker_id FROM worker_task"))
                    .containsExactly(List.of(7));
        }
    }

    @Test
    void s4_05_theHealOutlivesTheRollbackOfATransactionThatHadNotBegunToWork() throws Exception {
        try (Connection connection = open()) {
            Sql.runElsewhere(database, "DROP TABLE IF EXISTS worker_task");
            connection.setAutoCommit(false);
            assertThat(Sql.rows(connection, "SELECT * FROM worker_task")).isEmpty();
            connection.rollback();

            assertThat(Sql.rowsElsewhere(database, "SELECT * FROM worker_task")).isEmpty();
        }
    }

    @Test
    void s4_06_generatedKeysLastInsertRowidReturningAndChangesRightAfterAHeal() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO experiments (name) VALUES ('x'), ('y'), ('z')");
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO runs (experiment_id, seed) VALUES (?, ?)", Statement.RETURN_GENERATED_KEYS)) {
                insert.setInt(1, 2);
                insert.setInt(2, 9);
                Sql.runElsewhere(database, "DROP TABLE runs");

                assertThat(insert.executeUpdate()).isEqualTo(1);
                try (ResultSet keys = insert.getGeneratedKeys()) {
                    assertThat(keys.next()).isTrue();
                    assertThat(keys.getLong(1)).isEqualTo(1);
                    assertThat(keys.getStatement().getConnection()).isSameAs(connection);
                }
            }
            assertThat(Sql.value(connection, "SELECT last_insert_rowid()")).isEqualTo(1);
            Sql.runElsewhere(database, "DROP TABLE runs");
            assertThat(Sql.rows(connection, "INSERT INTO runs (seed) VALUES (3), (4) RETURNING run_id"))
                    .containsExactly(List.of(1), List.of(2));
            assertThat(Sql.value(connection, "SELECT changes()")).isEqualTo(2);
        }
    }

    @Test
    void s4_07_statusesAndCountersAreExactAfterAHealOfAnotherTable() throws Exception {
        try (Connection connection = open()) {
            Sql.run(
                    connection,
                    "INSERT INTO runs (current_chunk, current_epoch, status) VALUES (9007199254740993, 2147483648, 'ONGOING')");
            Sql.runElsewhere(database, "DROP TABLE worker_progress");
            Sql.rows(connection, "SELECT * FROM worker_progress");

            assertThat(Sql.rows(connection, "SELECT current_chunk, current_epoch, status FROM runs"))
                    .containsExactly(List.of(9007199254740993L, 2147483648L, "ONGOING"));
            assertThatThrownBy(() -> Sql.run(connection, "UPDATE runs SET status = 'LOST'"))
                    .hasMessageContaining("CHECK");
        }
    }

    @Test
    void s4_09_aMassDeleteIsNoLoss() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "INSERT INTO worker_task (worker_id) VALUES (1), (2)", "DELETE FROM worker_task");
            assertThat(Sql.rows(connection, "SELECT * FROM worker_task")).isEmpty();
            assertThat(Healing.of(connection).verify()).isTrue();
            assertThat(Healing.of(connection).statistics().healed()).isZero();
        }
    }

    @Test
    void s4_10_severalWorkersPollWithoutSeeingTheDatabaseBusy() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try (Connection controller = DriverManager.getConnection(url + "&busy_timeout=20000")) {
            for (int i = 0; i < 200; i++) {
                Sql.run(controller, "INSERT INTO worker_task (worker_id) VALUES (" + i % 4 + ")");
            }
            List<Future<Integer>> workers = new ArrayList<>();
            for (int worker = 0; worker < 4; worker++) {
                int id = worker;
                workers.add(pool.submit(() -> work(id)));
            }
            int done = 0;
            for (Future<Integer> each : workers) {
                done += each.get();
            }
            assertThat(done).isEqualTo(200);
        } finally {
            pool.shutdownNow();
        }
    }

    private int work(int worker) throws SQLException {
        int done = 0;
        try (Connection connection =
                DriverManager.getConnection(url + "&busy_timeout=20000&transaction_mode=IMMEDIATE")) {
            while (true) {
                List<List<Object>> task = Sql.rows(
                        connection,
                        "UPDATE worker_task SET status = 'COMPLETED' WHERE task_id ="
                                + " (SELECT max(task_id) FROM worker_task WHERE worker_id = ? AND status = 'NEW') RETURNING task_id",
                        worker);
                if (task.isEmpty()) {
                    return done;
                }
                done++;
            }
        }
    }

    /** Stop is asked for, seen by the controller and done, while the table goes, pages are damaged and the file is deleted in between. */
    @ParameterizedTest(name = "S4-11: {0}")
    @EnumSource(Fault.class)
    void s4_11_aRequestToStopIsSeenAndCompletedWhateverStrikesInBetween(Fault fault) throws Exception {
        try (Connection operator = open();
                Connection controller = open()) {
            // The first pages hold the request, those that are damaged something else.
            Sql.run(
                    operator,
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                            + " INSERT INTO experiments (name) SELECT hex(randomblob(400)) FROM n");
            fault.strike(database, operator);
            Number request = (Number) Sql.value(
                    operator, "INSERT INTO interactive_control (run_id, operation) VALUES (7, 'STOP') RETURNING ic_id");

            fault.strikeAgain(database, controller);
            assertThat(
                            Sql.rows(
                                    controller,
                                    "SELECT ic_id, run_id FROM interactive_control WHERE operation = 'STOP' AND status = 'NEW'"))
                    .isEqualTo(List.of(List.of(request, 7)));
            assertThat(Sql.value(
                            controller,
                            "UPDATE interactive_control SET status = 'COMPLETED' WHERE ic_id = ? RETURNING run_id",
                            request))
                    .isEqualTo(7);

            fault.strikeAgain(database, operator);
            assertThat(Sql.value(operator, "SELECT status FROM interactive_control WHERE ic_id = ?", request))
                    .isEqualTo("COMPLETED");
            assertThat(Sql.rows(operator, "SELECT * FROM interactive_control WHERE status = 'NEW'"))
                    .isEmpty();
        }
    }

    /** What strikes while a run is being stopped. */
    enum Fault {
        TABLE_DROPPED {
            @Override
            void strike(Path database, Connection connection) throws Exception {
                Sql.runElsewhere(database, "DROP TABLE interactive_control");
            }

            @Override
            void strikeAgain(Path database, Connection connection) throws Exception {
                Sql.runElsewhere(database, "DROP TABLE IF EXISTS worker_task");
            }
        },
        PAGES_DAMAGED {
            @Override
            void strike(Path database, Connection connection) throws Exception {
                Damage.LEAVES.on(database, new Random(11));
                Sql.run(connection, "PRAGMA shrink_memory");
                assertThat(Sql.value(connection, "SELECT count(*) FROM (SELECT max(name) FROM experiments)"))
                        .isEqualTo(1);
            }

            @Override
            void strikeAgain(Path database, Connection connection) throws Exception {
                strike(database, connection);
            }
        },
        FILE_DELETED {
            @Override
            void strike(Path database, Connection connection) throws Exception {
                Files.delete(database);
            }

            @Override
            void strikeAgain(Path database, Connection connection) throws Exception {
                strike(database, connection);
            }
        };

        abstract void strike(Path database, Connection connection) throws Exception;

        abstract void strikeAgain(Path database, Connection connection) throws Exception;
    }

    @Test
    void s4_12_theUpsertOfTheSingleRowTableHeals() throws Exception {
        try (Connection connection = open();
                PreparedStatement upsert = connection.prepareStatement(
                        "INSERT INTO controller_progress (id, progress) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET progress = excluded.progress")) {
            upsert.setDouble(1, 0.25);
            upsert.executeUpdate();
            Sql.runElsewhere(database, "DROP TABLE controller_progress");
            upsert.setDouble(1, 0.5);
            upsert.executeUpdate();

            assertThat(Sql.rows(connection, "SELECT id, progress FROM controller_progress"))
                    .containsExactly(List.of(1, 0.5));
        }
    }

    @Test
    void s4_13_anErrorThatRemainsIsSqlitesOwnWithTheIncidentOnIt() throws Exception {
        try (Connection connection = DriverManager.getConnection(url + "&healing.mode=observe")) {
            Sql.runElsewhere(database, "CREATE TABLE x (y)");
        }
        try (Connection connection = open()) {
            Sql.run(connection, "SELECT 1");
        }
        try (Connection connection = DriverManager.getConnection(url + "&healing.mode=observe")) {
            Sql.runElsewhere(database, "DROP TABLE runs");
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT * FROM runs"))
                    .isInstanceOf(SQLException.class)
                    .hasMessage("[SQLITE_ERROR] SQL error or missing database (no such table: runs)")
                    .satisfies(thrown -> {
                        assertThat(thrown.getClass().getName()).isEqualTo("org.sqlite.SQLiteException");
                        assertThat(((SQLException) thrown).getErrorCode()).isEqualTo(1);
                        assertThat(thrown.getSuppressed()).hasSize(1);
                        assertThat(thrown.getSuppressed()[0]).isInstanceOf(IncidentNotice.class);
                    });
        }
    }

    @Test
    void s4_14_aNewerSchemaIsCompletedByAddingOnly() throws Exception {
        Sql.runElsewhere(
                database,
                "CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL)",
                "INSERT INTO experiments (experiment_id, name) VALUES (10, 'old'), (40, 'older')",
                "DELETE FROM experiments WHERE experiment_id = 40",
                "CREATE TABLE own (x)");

        try (Connection connection = open()) {
            assertThat(Sql.rows(connection, "SELECT experiment_id, name, status, current_task FROM experiments"))
                    .containsExactly(Arrays.asList(10, "old", "NEW", null));
            Sql.run(connection, "INSERT INTO experiments (name) VALUES ('next')");
            assertThat(Sql.value(connection, "SELECT max(experiment_id) FROM experiments"))
                    .isEqualTo(41);
            assertThat(Sql.names(connection, "table")).contains("own", "runs");
        }
    }

    @Test
    void s4_14_aBreakingChangeIsRefusedAndExplained() throws Exception {
        Sql.runElsewhere(
                database,
                "CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name TEXT NOT NULL, status TEXT, current_task TEXT)",
                "CREATE TABLE runs (old_key TEXT PRIMARY KEY, experiment_id INTEGER)",
                "INSERT INTO runs VALUES ('k', 1)");
        Path script = Files.writeString(
                directory.resolve("breaking.sql"),
                "CREATE TABLE runs (run_id INTEGER PRIMARY KEY, experiment_id INTEGER, CHECK (run_id > 10));");

        try (LogCapture log = new LogCapture();
                Connection connection =
                        DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?healing.schema=" + script)) {
            assertThat(log.at(Level.WARN))
                    .anyMatch(line -> line.contains("table runs has the primary key [old_key], expected [run_id]"));
            assertThatThrownBy(() -> Sql.rows(connection, "SELECT run_id FROM runs"))
                    .hasMessageContaining("no such column: run_id");
            assertThat(Sql.rows(connection, "SELECT * FROM runs")).containsExactly(List.of("k", 1));
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT * FROM runs")).containsExactly(List.of("k", 1));
    }

    @Test
    void s4_15_versionedScriptsAreAppliedInOrderOnceEach() throws Exception {
        Path scripts = Files.createDirectory(directory.resolve("migrations"));
        Files.writeString(scripts.resolve("V1__first.sql"), "CREATE TABLE a (x);\n");
        try (Connection connection =
                DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?healing.schema=" + scripts)) {
            Sql.run(connection, "INSERT INTO a VALUES (1)");
        }
        Files.writeString(scripts.resolve("V10__third.sql"), "UPDATE a SET y = y * 10;\n");
        Files.writeString(
                scripts.resolve("V2__second.sql"),
                "ALTER TABLE a ADD COLUMN y DEFAULT 5;\nINSERT INTO a VALUES (2, 6);\n");
        OtherJvm other = OtherJvm.start();
        try (other) {
            for (int i = 0; i < 2; i++) {
                assertThat(other.ask("open c jdbc:healing:sqlite:" + database + "?healing.schema=" + scripts))
                        .startsWith("ok");
                assertThat(other.ask("rows c SELECT x, y FROM a")).isEqualTo("ok [[1, 50], [2, 60]]");
                assertThat(other.ask("rows c SELECT version FROM schema_migrations ORDER BY migration_id"))
                        .isEqualTo("ok [[1], [2], [10]]");
            }
        }
    }

    @Test
    void s4_16_oneConnectionSharedByThreadsHealsSafely() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try (Connection shared = open()) {
            Sql.run(shared, "INSERT INTO experiments (name) VALUES ('kept')");
            for (int round = 0; round < 10; round++) {
                Sql.runElsewhere(database, "DROP TABLE IF EXISTS worker_task");
                List<Future<Object>> answers = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    answers.add(pool.submit(() -> Sql.value(shared, "SELECT count(*) FROM worker_task")));
                }
                for (Future<Object> each : answers) {
                    assertThat(each.get()).isEqualTo(0);
                }
            }
            assertThat(Sql.value(shared, "SELECT name FROM experiments")).isEqualTo("kept");
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void s4_16_anOpenResultSetOfASharedConnectionReadsOnWhileAnotherStatementMoves() throws Exception {
        try (Connection shared = DriverManager.getConnection(url + "&healing.onDeleted=recreate");
                Statement statement = shared.createStatement()) {
            Sql.run(shared, "INSERT INTO experiments (name) VALUES ('a'), ('b'), ('c')");
            ResultSet open = statement.executeQuery("SELECT name FROM experiments ORDER BY name");
            open.next();
            Files.delete(database);
            await().until(() -> Sql.rows(shared, "SELECT * FROM experiments").isEmpty());

            assertThat(open.getString(1)).isEqualTo("a");
            assertThat(Sql.rows(open)).containsExactly(List.of("b"), List.of("c"));
        }
    }

    @Test
    void s4_17_nothingIsAddedThatTheSchemaDoesNotHave() throws Exception {
        try (Connection connection = open()) {
            Sql.runElsewhere(database, "DROP TABLE runs");
            Sql.rows(connection, "SELECT * FROM runs");

            assertThat(Sql.names(connection, "index")).isEmpty();
            assertThat(Sql.names(connection, "trigger")).isEmpty();
            assertThat(Sql.names(connection, "table")).noneMatch(name -> name.contains("healing"));
        }
    }

    @Test
    void s4_19_tablesThatPointToEachOtherComeBackInAnyOrder() throws Exception {
        try (Connection connection = DriverManager.getConnection(url + "&foreign_keys=on")) {
            Sql.run(connection, "INSERT INTO experiments (name) VALUES ('kept')");
            Sql.runElsewhere(database, "DROP TABLE worker_task", "DROP TABLE runs");

            Sql.run(
                    connection,
                    "INSERT INTO runs (experiment_id) VALUES (1)",
                    "INSERT INTO worker_task (worker_id, run_id) VALUES (1, 1)");

            assertThat(Sql.rows(connection, "PRAGMA foreign_key_check")).isEmpty();
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO runs (experiment_id) VALUES (99)"))
                    .hasMessageContaining("FOREIGN KEY");
        }
    }
}
