package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.healingsqlite.Healing;
import org.healingsqlite.HealingDataSource;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** S1: file metadata of conversations, initialised by several processes at once. */
class ConversationsAcceptanceTest {
    private static final String SCHEMA = "healing.schema=classpath:schemas/conversations";

    @TempDir
    Path directory;

    private Path database;
    private String url;

    @BeforeEach
    void nameTheDatabase() {
        database = directory.resolve("data").resolve("custom name.db");
        url = "jdbc:healing:sqlite:" + database + "?" + SCHEMA + "&foreign_keys=on";
    }

    private Connection open() throws SQLException {
        return DriverManager.getConnection(url);
    }

    private static void assertComplete(Connection connection) throws SQLException {
        assertThat(Sql.names(connection, "table"))
                .containsExactly(
                        "conversation_files",
                        "file_access_log",
                        "file_cleanup_queue",
                        "file_metadata",
                        "schema_migrations",
                        "session_file_associations");
        assertThat(Sql.names(connection, "view")).hasSize(3);
        assertThat(Sql.names(connection, "index")).hasSize(8);
        assertThat(Sql.names(connection, "trigger")).hasSize(3);
        assertThat(Sql.rows(connection, "SELECT version, status FROM schema_migrations"))
                .containsExactly(List.of("001", "completed"));
    }

    @Nested
    class Initialisation {
        @Test
        void s1_01_constructingAndConfiguringCreatesNoFile() {
            HealingDataSource source = new HealingDataSource(url);
            source.setSchema("classpath:schemas/conversations");
            source.setMode("heal");

            assertThat(database.getParent()).doesNotExist();
        }

        @Test
        void s1_12_s1_13_s1_15_s1_17_firstTimeInACustomPathWhoseDirectoryIsMissing() throws Exception {
            try (Connection connection = open()) {
                assertComplete(connection);
            }
            assertThat(database).exists();
        }

        @Test
        void s1_02_theSchemaIsAppliedOnceAndNotAgainAtTheFirstStatement() throws Exception {
            try (LogCapture log = new LogCapture();
                    Connection connection = open()) {
                Sql.rows(connection, "SELECT * FROM live_files");
                Sql.rows(connection, "SELECT * FROM conversation_files");

                assertThat(log.at(Level.INFO))
                        .filteredOn(line -> line.startsWith("Running migration 001"))
                        .hasSize(1);
                assertThat(Healing.of(connection).statistics().initialisations())
                        .isEqualTo(1);
            }
        }

        @Test
        void s1_03_s1_15_s1_21_initialisingThreeTimesLeavesOneVersionRowAndTheSameObjects() throws Exception {
            for (int i = 0; i < 3; i++) {
                try (Connection connection = open()) {
                    assertComplete(connection);
                }
            }
        }

        @Test
        void s1_07_theVersionBeforeInitialisationIsUnknownAndNoError() throws Exception {
            try (LogCapture log = new LogCapture();
                    Connection connection =
                            DriverManager.getConnection("jdbc:healing:sqlite:" + directory.resolve("plain.db"))) {
                assertThat(Healing.of(connection).schemaVersion()).isEqualTo("unknown");
                assertThat(log.aboveDebug()).isEmpty();
            }
        }

        @Test
        void s1_08_theCurrentVersionIsTheOneRecordedLastNotTheOneWithTheLatestTime() throws Exception {
            try (Connection connection = open()) {
                Sql.run(
                        connection,
                        "INSERT INTO schema_migrations (version, description, applied_at, status) VALUES ('002', 'x', '2000-01-01', 'completed')");
                assertThat(Healing.of(connection).schemaVersion()).isEqualTo("002");
            }
        }

        @Test
        void s1_16_theVersionRowHasDescriptionStatusAndTime() throws Exception {
            try (Connection connection = open()) {
                assertThat(Sql.rows(
                                connection,
                                "SELECT version, description, status, applied_at IS NOT NULL FROM schema_migrations"))
                        .containsExactly(List.of("001", "conversation files", "completed", 1));
            }
        }

        @Test
        void s1_23_theLogTellsOfStartSizeSuccessTimeAndPath() throws Exception {
            try (LogCapture log = new LogCapture();
                    Connection connection = open()) {
                List<String> lines = log.at(Level.INFO);
                assertThat(lines)
                        .anyMatch(line -> line.matches("Running migration 001 .* schema of \\d{4} characters"));
                assertThat(lines).contains("Recorded migration 001 in schema_migrations table");
                assertThat(lines)
                        .anyMatch(line ->
                                line.matches("Migration 001 completed successfully in \\d+\\.\\d{3} s, database .*"
                                        + database.getFileName()));
            }
        }

        @Test
        void s1_22_anExistingDatabaseWithoutHistoryKeepsItsDataAndIsNotRebuilt() throws Exception {
            try (Connection connection = open()) {
                Sql.run(
                        connection,
                        "INSERT INTO conversation_files (file_id, conversation_id, file_name) VALUES ('f', 'c', 'n')");
            }
            Sql.runElsewhere(database, "DROP TABLE schema_migrations", "DROP INDEX idx_files_created");
            Path copy = Files.copy(database, directory.resolve("old.db"));

            try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + copy + "?" + SCHEMA)) {
                assertComplete(connection);
                assertThat(Sql.value(connection, "SELECT file_name FROM conversation_files"))
                        .isEqualTo("n");
                assertThat(Sql.value(connection, "SELECT count(*) FROM file_access_log"))
                        .isEqualTo(1);
            }
        }

        @Test
        void s1_24_countsOfInitialisations() throws Exception {
            try (Connection connection = open()) {
                assertThat(Healing.of(connection).statistics().initialisationSuccessRate())
                        .isEqualTo(1.0);
            }
        }
    }

    @Nested
    class ForeignKeys {
        @Test
        void s1_09_areOnForEveryConnectionAlsoAfterAHeal() throws Exception {
            try (Connection connection = open()) {
                assertThat(Sql.value(connection, "PRAGMA foreign_keys")).isEqualTo(1);
                Sql.runElsewhere(database, "DROP TABLE file_cleanup_queue");
                Sql.rows(connection, "SELECT * FROM file_cleanup_queue");

                assertThat(Sql.value(connection, "PRAGMA foreign_keys")).isEqualTo(1);
            }
        }

        @Test
        void s1_10_thePragmaAtTheTopOfAScriptIsInForceAfterInitialisation() throws Exception {
            try (Connection connection =
                    DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?" + SCHEMA)) {
                assertThat(Sql.value(connection, "PRAGMA foreign_keys")).isEqualTo(1);
            }
        }

        @Test
        void s1_11_orphansAreRejectedAndDeletesCascade() throws Exception {
            try (Connection connection = open()) {
                assertThatThrownBy(() ->
                                Sql.run(connection, "INSERT INTO file_metadata (file_id, name) VALUES ('nobody', 'x')"))
                        .hasMessageContaining("FOREIGN KEY");
                Sql.run(
                        connection,
                        "INSERT INTO conversation_files (file_id, conversation_id, file_name) VALUES ('f', 'c', 'n')",
                        "INSERT INTO file_metadata (file_id, name) VALUES ('f', 'x')",
                        "DELETE FROM conversation_files");
                assertThat(Sql.value(connection, "SELECT count(*) FROM file_metadata"))
                        .isEqualTo(0);
            }
        }
    }

    @Nested
    class Repair {
        @ParameterizedTest(name = "S1-14: {0} {1}")
        @CsvSource({
            "TABLE, file_cleanup_queue",
            "VIEW, recent_access",
            "INDEX, idx_files_live",
            "TRIGGER, log_insert",
        })
        void whateverIsMissingIsFoundAndComesBack(String type, String name) throws Exception {
            try (Connection connection = open()) {
                Sql.runElsewhere(database, "DROP " + type + " " + name);

                assertThat(Healing.of(connection).verify()).isTrue();
                assertComplete(connection);
            }
        }

        @Test
        void s1_14_missingObjectsAreFoundWhenAConnectionOpens() throws Exception {
            open().close();
            Sql.runElsewhere(database, "DROP INDEX idx_files_live", "DROP TRIGGER stamp_delete");

            try (Connection connection = open()) {
                assertComplete(connection);
            }
        }

        @Test
        void s1_31_anInsertWhoseTriggerWritesToAMissingTableHeals() throws Exception {
            try (Connection connection = open()) {
                Sql.runElsewhere(database, "DROP TABLE file_access_log");

                Sql.run(
                        connection,
                        "INSERT INTO conversation_files (file_id, conversation_id, file_name) VALUES ('f', 'c', 'n')");

                assertThat(Sql.value(connection, "SELECT action FROM file_access_log"))
                        .isEqualTo("created empty; no content");
            }
        }

        @Test
        void s1_32_aSelectOnAViewOverAMissingTableHeals() throws Exception {
            try (Connection connection = open()) {
                Sql.runElsewhere(database, "PRAGMA legacy_alter_table = ON", "DROP TABLE conversation_files");

                assertThat(Sql.rows(connection, "SELECT * FROM file_sizes")).isEmpty();
                assertComplete(connection);
            }
        }

        @Test
        void s1_33_healingFiresNoDataTrigger() throws Exception {
            try (Connection connection = open()) {
                Sql.run(
                        connection,
                        "INSERT INTO conversation_files (file_id, conversation_id, file_name) VALUES ('f', 'c', 'n')");
                Sql.runElsewhere(database, "ALTER TABLE conversation_files RENAME TO moved", "DROP TABLE moved");

                Sql.rows(connection, "SELECT * FROM conversation_files");

                assertThat(Sql.value(connection, "SELECT count(*) FROM file_access_log"))
                        .isEqualTo(1);
            }
        }
    }

    @Nested
    class Failure {
        @Test
        void s1_18_aBrokenScriptLeavesNothingAndCanBeMended() throws Exception {
            Path script = directory.resolve("schema.sql");
            Files.writeString(script, "CREATE TABLE a (x);\nCREATE TABLE b (y);\n\nCREATE INDEX i ON missing (x);\n");
            String broken = "jdbc:healing:sqlite:" + directory.resolve("broken.db") + "?healing.schema=" + script;

            assertThatThrownBy(() -> DriverManager.getConnection(broken))
                    .hasMessageContaining("schema.sql")
                    .hasMessageContaining("line 4: CREATE INDEX: ")
                    .hasMessageContaining("no such table")
                    .satisfies(e -> assertThat(e.getMessage())
                            .as("a URL may name any file of the machine: its text is not shown")
                            .doesNotContain("main.missing", "ON missing"));
            assertThat(directory.resolve("broken.db")).doesNotExist();

            HealingDataSource byCode = new HealingDataSource("jdbc:healing:sqlite:" + directory.resolve("broken.db"));
            byCode.setSchema(script.toString());
            assertThatThrownBy(byCode::getConnection)
                    .hasMessageContaining("line 4")
                    .hasMessageContaining("CREATE INDEX i ON missing (x)")
                    .hasMessageContaining("no such table: main.missing");
            assertThat(directory.resolve("broken.db")).doesNotExist();

            Files.writeString(script, "CREATE TABLE a (x);\n");
            try (Connection connection = DriverManager.getConnection(broken)) {
                assertThat(Sql.names(connection, "table")).containsExactly("a");
            }
        }

        @Test
        void s1_18_whatAnExistingObjectOfTheNameKeepsFromComingBackIsExplained() throws Exception {
            Path file = directory.resolve("used.db");
            Sql.runElsewhere(file, "CREATE TABLE other (x)", "CREATE VIEW b AS SELECT 1");
            Path script =
                    Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE a (x);\nCREATE TABLE b (y);\n");

            try (LogCapture log = new LogCapture();
                    Connection connection =
                            DriverManager.getConnection("jdbc:healing:sqlite:" + file + "?healing.schema=" + script)) {
                assertThat(log.at(Level.WARN))
                        .anyMatch(line -> line.contains("table b is missing, and its name belongs to a view"));
                assertThat(Sql.names(connection, "table")).containsExactly("a", "other");
            }
        }

        @Test
        void s1_19_aMissingSchemaPathIsNamed() {
            assertThatThrownBy(() -> DriverManager.getConnection(
                            "jdbc:healing:sqlite:" + database + "?healing.schema=/no/such/schema.sql"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("healing.schema")
                    .hasMessageContaining("/no/such/schema.sql")
                    .hasMessageContaining("expected");
            assertThat(database).doesNotExist();
        }
    }

    @Nested
    class Concurrency {
        @Test
        void s1_04_threeThreadsAtOnceAllSucceed() throws Exception {
            ExecutorService pool = Executors.newFixedThreadPool(3);
            CyclicBarrier start = new CyclicBarrier(3);
            try {
                List<Future<Connection>> opened = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    opened.add(pool.submit(() -> {
                        start.await();
                        return open();
                    }));
                }
                for (Future<Connection> each : opened) {
                    try (Connection connection = each.get()) {
                        assertComplete(connection);
                    }
                }
            } finally {
                pool.shutdownNow();
            }
        }

        @Test
        void s1_05_s1_06_s1_27_sixProcessesAtOnceTwentyRoundsAndASeventhJoins() throws Exception {
            List<OtherJvm> processes = new ArrayList<>();
            try {
                for (int i = 0; i < 6; i++) {
                    processes.add(OtherJvm.start());
                }
                for (int round = 0; round < 20; round++) {
                    String shared = "jdbc:healing:sqlite:" + directory.resolve("round" + round + ".db") + "?" + SCHEMA
                            + "&foreign_keys=on" + (round % 2 == 0 ? "&journal_mode=WAL" : "");
                    for (OtherJvm process : processes) {
                        process.send("open c " + shared);
                        process.send("rows c SELECT count(*) FROM live_files");
                        process.send("run c INSERT INTO file_access_log (file_id, action) VALUES ('f', 'x')");
                        process.send("rows c SELECT version FROM schema_migrations");
                        process.send("close c");
                    }
                    for (OtherJvm process : processes) {
                        assertThat(process.answer()).isEqualTo("ok ");
                        assertThat(process.answer()).isEqualTo("ok [[0]]");
                        assertThat(process.answer()).isEqualTo("ok ");
                        assertThat(process.answer()).isEqualTo("ok [[001]]");
                        assertThat(process.answer()).isEqualTo("ok ");
                    }
                    try (Connection seventh = DriverManager.getConnection(shared)) {
                        assertComplete(seventh);
                        assertThat(Sql.value(seventh, "SELECT count(*) FROM file_access_log"))
                                .isEqualTo(6);
                    }
                }
            } finally {
                for (OtherJvm process : processes) {
                    process.close();
                }
            }
        }
    }
}
