package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.healingsqlite.testkit.LogCapture;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaApplierTest {

    @TempDir
    Path directory;

    private Path database() {
        return directory.resolve("test.db");
    }

    private Connection open() throws SQLException {
        return Schemas.open(database());
    }

    private Path script(String name, String... lines) throws Exception {
        return Schemas.write(directory.resolve("scripts").resolve(name), lines);
    }

    private RegisteredSchema scripts() throws SQLException {
        return Schemas.load(directory.resolve("scripts"));
    }

    private static List<List<Object>> history(Connection connection) throws SQLException {
        return Sql.rows(connection, "SELECT version, description, status FROM schema_migrations ORDER BY migration_id");
    }

    @Nested
    class PlainScripts {

        @Test
        @DisplayName("S1-02, S0-12: an empty database gets the scripts once, seeds, PRAGMAs and all")
        void fresh() throws Exception {
            RegisteredSchema schema = Schemas.load(Schemas.TORTURE);
            try (Connection connection = open()) {
                SchemaChange change = Schemas.apply(connection, schema);

                assertThat(change.recovered()).isFalse();
                assertThat(change.steps()).containsExactly("ran classpath:schemas/torture.sql");
                assertThat(Sql.value(connection, "SELECT count(*) FROM author")).isEqualTo(2);
                assertThat(Sql.value(connection, "PRAGMA journal_mode")).isEqualTo("wal");
                assertThat(Sql.value(connection, "PRAGMA user_version")).isEqualTo(42);
                assertThat(Sql.rows(connection, "SELECT what FROM log")).hasSize(2);
                assertThat(Schemas.apply(connection, schema).isEmpty()).isTrue();
                assertThat(Sql.rows(connection, "SELECT what FROM log")).hasSize(2);
            }
        }

        /** Each statement of the script in turn is spoilt; what was tried in memory is passed by, so that the file itself meets the error. */
        @Test
        @DisplayName("S1-18: a script that breaks at any statement leaves nothing behind, and a good one works later")
        void brokenAtEveryStatement() throws Exception {
            RegisteredSchema good = Schemas.load(Schemas.TORTURE);
            SqlScript script = good.scripts().get(0);
            List<SqlStatement> statements = script.statements();
            for (int broken = 0; broken < statements.size(); broken++) {
                List<String> texts = new ArrayList<>(
                        statements.stream().map(SqlStatement::text).toList());
                texts.add(broken, "INSERT INTO nowhere VALUES (1)");
                Path file = Schemas.write(directory.resolve("broken.sql"), String.join(";\n", texts));

                assertThatThrownBy(() -> Schemas.load(file))
                        .isInstanceOf(SchemaException.class)
                        .hasMessageContaining("broken.sql, line ")
                        .hasMessageContaining("no such table: nowhere");
            }
            Path late = script("late.sql", "CREATE TABLE t (x);", "", "INSERT INTO t SELECT error_in_file();");
            try (Connection connection = open()) {
                org.sqlite.Function.create(connection, "error_in_file", new org.sqlite.Function() {
                    @Override
                    protected void xFunc() throws SQLException {
                        error("only here");
                    }
                });
                RegisteredSchema schema = RegisteredSchema.load(Scripts.trusted(List.of(late.toString())), () -> {
                    Connection memory = Schemas.memory();
                    org.sqlite.Function.create(memory, "error_in_file", new org.sqlite.Function() {
                        @Override
                        protected void xFunc() throws SQLException {
                            result(1);
                        }
                    });
                    return memory;
                });
                try (LogCapture log = new LogCapture()) {
                    assertThatThrownBy(() -> Schemas.apply(connection, schema))
                            .hasMessageContaining("late.sql, line 3")
                            .as("a function may put a row's values into its message; SQLite's own is the cause")
                            .hasMessageNotContaining("only here")
                            .rootCause()
                            .hasMessageContaining("only here");
                    assertThat(log.at(Level.ERROR))
                            .as("S0-10, S1-25")
                            .singleElement()
                            .asString()
                            .contains("Database migration failed");
                }
                assertThat(Sql.rows(connection, "SELECT * FROM sqlite_schema")).isEmpty();
                assertThat(connection.getAutoCommit()).isTrue();
                Schemas.apply(connection, good);
                assertThat(Schemas.objects(connection))
                        .hasSameSizeAs(good.expected().snapshot().objects());
            }
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "BEGIN; CREATE TABLE t (x); INSERT INTO t VALUES (1); COMMIT;",
                    "PRAGMA foreign_keys=OFF; BEGIN TRANSACTION; CREATE TABLE t (x); INSERT INTO t VALUES (1); END;",
                    "BEGIN; CREATE TABLE t (x); COMMIT; BEGIN; INSERT INTO t VALUES (1); COMMIT;",
                    "SAVEPOINT s; CREATE TABLE t (x); INSERT INTO t VALUES (2); ROLLBACK TO s; CREATE TABLE t (x); INSERT INTO t VALUES (1); RELEASE s;",
                })
        void aScriptMayBringItsOwnTransaction(String text) throws Exception {
            Path file = script("own.sql", text);
            try (Connection connection = open()) {
                Schemas.apply(connection, Schemas.load(file));

                assertThat(Sql.rows(connection, "SELECT * FROM t")).hasToString("[[1]]");
            }
        }

        @Test
        void aScriptThatRollsBackIsRefusedAtOnce() throws Exception {
            Path file = script("own.sql", "BEGIN;", "CREATE TABLE t (x);", "ROLLBACK;");

            assertThatThrownBy(() -> Schemas.load(file))
                    .hasMessageContaining("line 3")
                    .hasMessageContaining("roll back");
        }

        @Test
        void whatCannotRunInATransactionIsFoundBeforeTheFileIsTouched() throws Exception {
            Path file = script("own.sql", "CREATE TABLE t (x);", "VACUUM;");

            assertThatThrownBy(() -> Schemas.load(file))
                    .hasMessageContaining("line 2")
                    .hasMessageContaining("VACUUM");
        }

        @Test
        @DisplayName(
                "S1-10: PRAGMA foreign_keys at the top is obeyed while the script runs, and the connection keeps its own")
        void foreignKeysAtTheTop() throws Exception {
            Path strict = script(
                    "strict.sql",
                    "PRAGMA foreign_keys = ON;",
                    "CREATE TABLE p (id INTEGER PRIMARY KEY);",
                    "CREATE TABLE c (p INTEGER REFERENCES p (id));",
                    "INSERT INTO c VALUES (1);");
            assertThatThrownBy(() -> Schemas.load(strict)).hasMessageContaining("FOREIGN KEY constraint failed");

            Path lax = script(
                    "lax.sql",
                    "PRAGMA foreign_keys = OFF;",
                    "CREATE TABLE c (p INTEGER REFERENCES p (id));",
                    "INSERT INTO c VALUES (1);",
                    "CREATE TABLE p (id INTEGER PRIMARY KEY);",
                    "INSERT INTO p VALUES (1);");
            try (Connection connection = open()) {
                Sql.run(connection, "PRAGMA foreign_keys = ON");
                Schemas.apply(connection, Schemas.load(lax));

                assertThat(Sql.value(connection, "PRAGMA foreign_keys")).isEqualTo(1);
                assertThat(Sql.rows(connection, "SELECT * FROM c")).hasSize(1);
            }
        }

        @Test
        @DisplayName("S4-19: rows in any order, and a foreign_key_check afterwards")
        void seedsThatPointToNothing() throws Exception {
            Path file = script(
                    "orphan.sql",
                    "CREATE TABLE c (p INTEGER REFERENCES p (id));",
                    "INSERT INTO c VALUES (1);",
                    "CREATE TABLE p (id INTEGER PRIMARY KEY);");
            try (Connection connection = open()) {
                Sql.run(connection, "PRAGMA foreign_keys = ON");

                assertThatThrownBy(() -> Schemas.apply(connection, Schemas.load(file)))
                        .hasMessageContaining("c row 1 -> p");
                assertThat(Sql.rows(connection, "SELECT * FROM sqlite_schema")).isEmpty();
            }
        }

        @Test
        void whatTheApplicationMadeBesideTheScriptsComesBackToo() throws Exception {
            RegisteredSchema schema = Schemas.load(script("own.sql", "CREATE TABLE t (x);"));
            ExpectedSchema expected;
            try (Connection before = Schemas.memory()) {
                Schemas.apply(before, schema);
                Sql.run(before, "CREATE TABLE own (y)", "PRAGMA user_version = 3");
                expected = schema.expected()
                        .and(LearnedSchema.learn(LearnedSchema.look(before), ExpectedSchema.NONE, List.of()));
            }
            try (Connection connection = open()) {
                SchemaApplier.apply(connection, schema, expected, "test.db", false);

                assertThat(Sql.names(connection, "table")).containsExactly("own", "t");
                assertThat(Sql.value(connection, "PRAGMA user_version")).isEqualTo(3);
            }
        }

        @Test
        void theHistoryThatAPlainScriptSeedsComesBackWithItsTable() throws Exception {
            RegisteredSchema schema = Schemas.load(script(
                    "own.sql",
                    "CREATE TABLE schema_migrations (migration_id INTEGER PRIMARY KEY, version TEXT UNIQUE, status TEXT);",
                    "INSERT OR IGNORE INTO schema_migrations (version, status) VALUES ('001', 'completed');",
                    "CREATE TABLE t (x);"));
            try (Connection connection = open()) {
                Schemas.apply(connection, schema);
                Sql.run(connection, "DROP TABLE schema_migrations");
                Schemas.apply(connection, schema);

                assertThat(MigrationHistory.currentVersion(connection)).isEqualTo("001");
            }
        }
    }

    @Nested
    class VersionedScripts {

        private void threeVersions() throws Exception {
            script("V001__create_runs.sql", "PRAGMA foreign_keys = ON;", "CREATE TABLE runs (id INTEGER PRIMARY KEY);");
            script(
                    "V002__add_status.sql",
                    "ALTER TABLE runs ADD COLUMN status TEXT;",
                    "CREATE INDEX runs_status ON runs (status);");
            script("V003__seed_slots.sql", "CREATE TABLE slots (n INTEGER);", "INSERT INTO slots VALUES (1), (2);");
        }

        @Test
        @DisplayName("S1-15, S1-16, S1-21: each version once, however often it is initialised")
        void eachVersionOnce() throws Exception {
            threeVersions();
            try (Connection connection = open()) {
                for (int i = 0; i < 3; i++) {
                    Schemas.apply(connection, scripts());
                }

                assertThat(history(connection))
                        .containsExactly(
                                List.of("001", "create runs", "completed"),
                                List.of("002", "add status", "completed"),
                                List.of("003", "seed slots", "completed"));
                assertThat(Sql.rows(connection, "SELECT n FROM slots")).hasSize(2);
                assertThat(Sql.value(connection, "SELECT count(*) FROM schema_migrations WHERE applied_at IS NULL"))
                        .isEqualTo(0);
            }
        }

        @Test
        void onlyTheNewOnesRunLater() throws Exception {
            threeVersions();
            try (Connection connection = open()) {
                Schemas.apply(connection, scripts());
                script("V4__more_slots.sql", "INSERT INTO slots VALUES (3);");

                assertThat(SchemaApplier.isComplete(
                                connection, scripts(), scripts().expected()))
                        .isFalse();
                assertThat(Schemas.apply(connection, scripts()).steps()).containsExactly("ran migration 4");
                assertThat(SchemaApplier.isComplete(
                                connection, scripts(), scripts().expected()))
                        .isTrue();
                assertThat(Sql.rows(connection, "SELECT n FROM slots")).hasSize(3);
            }
        }

        @Test
        @DisplayName("S1-07: before the first migration the version is unknown, and that is no error")
        void unknownVersion() throws Exception {
            try (Connection connection = open();
                    LogCapture log = new LogCapture()) {
                assertThat(MigrationHistory.currentVersion(connection)).isEqualTo("unknown");
                assertThat(log.aboveDebug()).isEmpty();
            }
        }

        @Test
        @DisplayName("S1-08: the current version is the one recorded last, also within one second")
        void currentVersion() throws Exception {
            threeVersions();
            try (Connection connection = open()) {
                Schemas.apply(connection, scripts());
                Sql.run(connection, "UPDATE schema_migrations SET applied_at = '2026-01-01 00:00:00'");

                assertThat(MigrationHistory.currentVersion(connection)).isEqualTo("003");
            }
        }

        @Test
        @DisplayName("S1-03: a version that somebody else recorded meanwhile is no UNIQUE violation")
        void recordingTwice() throws Exception {
            threeVersions();
            try (Connection connection = open()) {
                for (int i = 0; i < 2; i++) {
                    for (Migration migration : scripts().migrations()) {
                        MigrationHistory.record(connection, migration);
                    }
                }

                assertThat(history(connection)).hasSize(3);
            }
        }

        @Test
        void theHistoryTableOfAScriptIsUsedAsItIs() throws Exception {
            script(
                    "V001__own_history.sql",
                    "CREATE TABLE schema_migrations (migration_id INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT NOT NULL UNIQUE,",
                    "  description TEXT, applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, status TEXT NOT NULL);",
                    "INSERT INTO schema_migrations (version, description, status) VALUES ('001', 'by the script', 'completed');");
            try (Connection connection = open()) {
                Schemas.apply(connection, scripts());
                Schemas.apply(connection, scripts());

                assertThat(history(connection)).containsExactly(List.of("001", "by the script", "completed"));
                assertThat(SchemaSnapshot.read(connection).columns("schema_migrations"))
                        .extracting(SchemaSnapshot.Column::name)
                        .doesNotContain("checksum");
            }
        }

        @Test
        void theTableOfAnotherToolIsLeftAlone() throws Exception {
            threeVersions();
            try (Connection connection = open()) {
                Sql.run(connection, "CREATE TABLE schema_migrations (id INTEGER, dirty BOOLEAN)");

                assertThatThrownBy(() -> Schemas.apply(connection, scripts()))
                        .hasMessageContaining("belongs to another migration tool")
                        .hasMessageContaining("dirty");
                assertThat(MigrationHistory.currentVersion(connection)).isEqualTo("unknown");
                assertThat(Sql.names(connection, "table")).containsExactly("schema_migrations");
            }
        }

        @Test
        void aMigrationThatFailedBeforeRunsAndIsThenCompleted() throws Exception {
            threeVersions();
            try (Connection connection = open()) {
                Schemas.apply(connection, scripts());
                script("V4__more_slots.sql", "INSERT INTO slots VALUES (3);");
                Sql.run(connection, "INSERT INTO schema_migrations (version, status) VALUES ('4', 'failed')");
                Schemas.apply(connection, scripts());
                Schemas.apply(connection, scripts());

                assertThat(Sql.rows(connection, "SELECT n FROM slots")).hasSize(3);
                assertThat(history(connection))
                        .hasSize(4)
                        .anyMatch(row -> row.equals(java.util.Arrays.asList("4", null, "completed")));
            }
        }

        @Test
        void aRenumberedFileIsStillTheSameVersion() throws Exception {
            threeVersions();
            try (Connection connection = open()) {
                Schemas.apply(connection, scripts());
                Files.move(
                        directory.resolve("scripts/V003__seed_slots.sql"),
                        directory.resolve("scripts/V3__seed_slots.sql"));

                assertThat(Schemas.apply(connection, scripts()).isEmpty()).isTrue();
            }
        }

        @Test
        void aChangedMigrationIsToldAndNotRunAgain() throws Exception {
            threeVersions();
            try (Connection connection = open();
                    LogCapture log = new LogCapture()) {
                Schemas.apply(connection, scripts());
                script("V003__seed_slots.sql", "CREATE TABLE slots (n INTEGER);", "INSERT INTO slots VALUES (7);");
                Schemas.apply(connection, scripts());

                assertThat(Sql.rows(connection, "SELECT n FROM slots")).hasSize(2);
                assertThat(log.at(Level.WARN)).singleElement().asString().contains("V003__seed_slots.sql has changed");
            }
        }

        @Test
        void aVersionThatANewerApplicationMadeIsLeftAlone() throws Exception {
            threeVersions();
            try (Connection connection = open()) {
                Schemas.apply(connection, scripts());
                Sql.run(
                        connection,
                        "INSERT INTO schema_migrations (version, status) VALUES ('099', 'completed')",
                        "CREATE TABLE newer (x)");

                assertThat(Schemas.apply(connection, scripts()).isEmpty()).isTrue();
                assertThat(Sql.names(connection, "table")).contains("newer");
                assertThat(MigrationHistory.currentVersion(connection)).isEqualTo("099");
            }
        }

        @Test
        void aFailingMigrationTakesTheOthersOfItsRunWithIt() throws Exception {
            threeVersions();
            try (Connection connection = open()) {
                Schemas.apply(connection, scripts());
                Sql.run(connection, "INSERT INTO slots VALUES (1)");
                script("V4__a.sql", "CREATE TABLE a (x);");
                script("V5__b.sql", "CREATE TABLE b (x);", "CREATE UNIQUE INDEX one ON slots (n);");

                assertThatThrownBy(() -> Schemas.apply(connection, scripts()))
                        .hasMessageContaining("V5__b.sql, line 2")
                        .hasMessageContaining("UNIQUE constraint failed");
                assertThat(Sql.names(connection, "table")).doesNotContain("a", "b");
                assertThat(MigrationHistory.currentVersion(connection)).isEqualTo("003");

                Sql.run(connection, "DELETE FROM slots WHERE rowid = 3");
                Schemas.apply(connection, scripts());
                assertThat(MigrationHistory.currentVersion(connection)).isEqualTo("5");
            }
        }

        /** Inside a transaction SQLite ignores PRAGMA foreign_keys; DROP TABLE would then delete the children by cascade. */
        @Test
        void aMigrationThatRebuildsATableWithForeignKeysOffDeletesNoChildren() throws Exception {
            script(
                    "V1__families.sql",
                    "CREATE TABLE p (id INTEGER PRIMARY KEY);",
                    "CREATE TABLE c (p INTEGER REFERENCES p (id) ON DELETE CASCADE);");
            try (Connection connection = open()) {
                Sql.run(connection, "PRAGMA foreign_keys = ON");
                Schemas.apply(connection, scripts());
                Sql.run(connection, "INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)");
                script(
                        "V2__rebuild.sql",
                        "PRAGMA foreign_keys = OFF;",
                        "CREATE TABLE new_p (id INTEGER PRIMARY KEY, name TEXT);",
                        "INSERT INTO new_p (id) SELECT id FROM p;",
                        "DROP TABLE p;",
                        "ALTER TABLE new_p RENAME TO p;",
                        "PRAGMA foreign_keys = ON;");

                Sql.run(connection, "BEGIN");
                assertThatThrownBy(() -> SchemaApplier.apply(
                                connection, scripts(), scripts().expected(), "test.db", true))
                        .hasMessageContaining("foreign_keys = OFF");
                Sql.run(connection, "ROLLBACK");
                Schemas.apply(connection, scripts());

                assertThat(Sql.rows(connection, "SELECT * FROM c")).hasSize(1);
                assertThat(Sql.value(connection, "PRAGMA foreign_keys")).isEqualTo(1);
            }
        }

        @Test
        void aMigrationThatReliesOnCascadesHasThem() throws Exception {
            script(
                    "V1__families.sql",
                    "CREATE TABLE p (id INTEGER PRIMARY KEY);",
                    "CREATE TABLE c (p INTEGER REFERENCES p (id) ON DELETE CASCADE);");
            try (Connection connection = open()) {
                Sql.run(connection, "PRAGMA foreign_keys = ON");
                Schemas.apply(connection, scripts());
                Sql.run(connection, "INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)");
                script("V2__clean.sql", "DELETE FROM p;");
                Schemas.apply(connection, scripts());

                assertThat(Sql.rows(connection, "SELECT * FROM c")).isEmpty();
            }
        }

        @Test
        void aLateChangeOfTheJournalModeIsPossible() throws Exception {
            threeVersions();
            try (Connection connection = open()) {
                Schemas.apply(connection, scripts());
                script(
                        "V4__wal.sql",
                        "PRAGMA journal_mode = WAL;",
                        "PRAGMA synchronous = NORMAL;",
                        "INSERT INTO slots VALUES (3);");
                Schemas.apply(connection, scripts());

                assertThat(Sql.value(connection, "PRAGMA journal_mode")).isEqualTo("wal");
            }
        }

        @Test
        @DisplayName("S1-23, S0-11: what is logged of a migration")
        void logs() throws Exception {
            script("V001__create_runs.sql", "CREATE TABLE runs (id);");
            try (Connection connection = open();
                    LogCapture log = new LogCapture()) {
                Schemas.apply(connection, scripts());

                assertThat(log.at(Level.INFO))
                        .satisfiesExactly(
                                line -> assertThat(line)
                                        .contains("Running migration 001", "test.db", "schema of 23 characters"),
                                line -> assertThat(line).isEqualTo("Recorded migration 001 in schema_migrations table"),
                                line -> assertThat(line)
                                        .matches(
                                                "Migration 001 completed successfully in \\d+\\.\\d{3} s, database test.db"));
                assertThat(log.at(Level.DEBUG)).anyMatch(line -> line.contains("schema initialized successfully"));
                assertThat(log.at(Level.WARN)).isEmpty();
                int before = log.aboveDebug().size();
                Schemas.apply(connection, scripts());
                assertThat(log.aboveDebug()).hasSize(before);

                Sql.run(connection, "DROP TABLE runs");
                Schemas.apply(connection, scripts());
                assertThat(log.at(Level.WARN)).containsExactly("test.db: runs table missing, reinitializing");
            }
        }

        @Nested
        @DisplayName("S1-22: a database without a history keeps its data and is not rebuilt")
        class WithoutHistory {

            @Test
            void atTheLastVersion() throws Exception {
                threeVersions();
                try (Connection connection = open()) {
                    Schemas.apply(connection, scripts());
                    Sql.run(connection, "DROP TABLE schema_migrations", "INSERT INTO runs VALUES (1, 'DONE')");
                    Schemas.apply(connection, scripts());

                    assertThat(history(connection)).hasSize(3);
                    assertThat(Sql.rows(connection, "SELECT * FROM runs")).hasSize(1);
                    assertThat(Sql.rows(connection, "SELECT * FROM slots")).hasSize(2);
                }
            }

            @Test
            void atAnEarlierVersion() throws Exception {
                threeVersions();
                try (Connection connection = open()) {
                    Sql.run(connection, "CREATE TABLE runs (id INTEGER PRIMARY KEY)", "INSERT INTO runs VALUES (5)");

                    assertThat(Schemas.apply(connection, scripts()).steps())
                            .satisfiesExactly(
                                    step -> assertThat(step).contains("recorded migration 001"),
                                    step -> assertThat(step).isEqualTo("ran migration 002"),
                                    step -> assertThat(step).isEqualTo("ran migration 003"));
                    assertThat(Sql.rows(connection, "SELECT id FROM runs")).hasToString("[[5]]");
                    assertThat(Sql.rows(connection, "SELECT * FROM slots")).hasSize(2);
                }
            }

            @Test
            void withATableOfTheFirstVersionLost() throws Exception {
                threeVersions();
                try (Connection connection = open()) {
                    Schemas.apply(connection, scripts());
                    Sql.run(connection, "DROP TABLE schema_migrations", "DROP TABLE runs");
                    Schemas.apply(connection, scripts());

                    assertThat(history(connection)).hasSize(3);
                    assertThat(Schemas.objects(connection)).contains("index runs_status[]", "table runs[id, status]");
                    assertThat(Sql.rows(connection, "SELECT * FROM slots")).hasSize(2);
                }
            }

            @Test
            void withPartOfTheFirstVersion() throws Exception {
                script("V1__two.sql", "CREATE TABLE a (x);", "CREATE TABLE b (x, y);");
                script("V2__more.sql", "ALTER TABLE b ADD COLUMN z;", "UPDATE b SET z = 1;");
                try (Connection connection = open()) {
                    Sql.run(connection, "CREATE TABLE b (x)", "INSERT INTO b VALUES (1)");
                    Schemas.apply(connection, scripts());

                    assertThat(Sql.rows(connection, "SELECT * FROM b")).hasToString("[[1, null, 1]]");
                    assertThat(Sql.names(connection, "table")).contains("a", "b");
                    assertThat(history(connection)).hasSize(2);
                }
            }

            @Test
            void ofAnotherApplication() throws Exception {
                threeVersions();
                try (Connection connection = open()) {
                    Sql.run(connection, "CREATE TABLE other (x)");
                    Schemas.apply(connection, scripts());

                    assertThat(Sql.names(connection, "table"))
                            .containsExactly("other", "runs", "schema_migrations", "slots");
                    assertThat(Sql.rows(connection, "SELECT * FROM slots")).hasSize(2);
                }
            }

            @Test
            void thatThisJvmRemembers() throws Exception {
                threeVersions();
                try (Connection connection = open()) {
                    Schemas.apply(connection, scripts());
                    ExpectedSchema expected = scripts()
                            .expected()
                            .and(LearnedSchema.learn(LearnedSchema.look(connection), ExpectedSchema.NONE, List.of()));
                    List<List<Object>> before = Sql.rows(connection, "SELECT * FROM schema_migrations");
                    Sql.run(connection, "DROP TABLE schema_migrations", "DROP TABLE slots");
                    SchemaApplier.apply(connection, scripts(), expected, "test.db", false);

                    assertThat(Sql.rows(connection, "SELECT * FROM schema_migrations"))
                            .isEqualTo(before);
                    assertThat(Sql.rows(connection, "SELECT * FROM slots"))
                            .as("seeds come back with their table")
                            .hasSize(2);
                }
            }
        }

        @Test
        void aPendingMigrationFindsWhatItBuildsUponAlthoughItWasLost() throws Exception {
            threeVersions();
            try (Connection connection = open()) {
                Schemas.apply(connection, scripts());
                Sql.run(connection, "DROP TABLE runs");
                script("V004__rank.sql", "ALTER TABLE runs ADD COLUMN rank INTEGER;");
                Schemas.apply(connection, scripts());

                assertThat(Schemas.objects(connection)).contains("table runs[id, status, rank]", "index runs_status[]");
                assertThat(history(connection)).hasSize(4);
            }
        }

        @Nested
        @DisplayName("S1-26: down, in reverse order, only when called")
        class Down {

            private void undoScripts() throws Exception {
                script("U001__create_runs.sql", "DROP TABLE runs;");
                script("U2__add_status.sql", "DROP INDEX runs_status;", "ALTER TABLE runs DROP COLUMN status;");
                script("U003__seed_slots.sql", "DROP TABLE slots;");
            }

            @Test
            void toAVersion() throws Exception {
                threeVersions();
                undoScripts();
                try (Connection connection = open()) {
                    Schemas.apply(connection, scripts());
                    Sql.run(connection, "INSERT INTO runs VALUES (1, 'DONE')");

                    assertThat(SchemaApplier.down(connection, scripts(), "1", "test.db")
                                    .steps())
                            .containsExactly("undid migration 003", "undid migration 002");
                    assertThat(Sql.rows(connection, "SELECT * FROM runs")).hasToString("[[1]]");
                    assertThat(MigrationHistory.currentVersion(connection)).isEqualTo("001");
                    Schemas.apply(connection, scripts());
                    assertThat(history(connection)).hasSize(3);
                }
            }

            @Test
            void toNothing() throws Exception {
                threeVersions();
                undoScripts();
                try (Connection connection = open()) {
                    Schemas.apply(connection, scripts());
                    SchemaApplier.down(connection, scripts(), "0", "test.db");

                    assertThat(Sql.names(connection, "table")).containsExactly("schema_migrations");
                }
            }

            @Test
            void wholeOrNotAtAll() throws Exception {
                threeVersions();
                undoScripts();
                Files.delete(directory.resolve("scripts/U001__create_runs.sql"));
                try (Connection connection = open()) {
                    Schemas.apply(connection, scripts());

                    assertThatThrownBy(() -> SchemaApplier.down(connection, scripts(), "0", "test.db"))
                            .hasMessageContaining("U001__");
                    assertThat(history(connection)).hasSize(3);
                    assertThat(Sql.names(connection, "table")).contains("slots");
                    assertThatThrownBy(() -> SchemaApplier.down(connection, scripts(), "latest", "test.db"))
                            .hasMessageContaining("'latest' is not a version");
                }
            }
        }
    }

    @Test
    @DisplayName("S4-02: any subset of the tables may be lost")
    void anySubsetOfTheTables() throws Exception {
        RegisteredSchema schema = Schemas.load("classpath:schemas/experiments.sql");
        List<String> tables = schema.expected().snapshot().objects().stream()
                .filter(object -> object.type() == SchemaObject.Type.TABLE)
                .map(SchemaObject::name)
                .toList();
        assertThat(tables).hasSizeGreaterThan(4);
        for (int subset = 1; subset < 1 << tables.size(); subset++) {
            int lost = subset;
            try (Connection connection = Schemas.memory()) {
                Schemas.apply(connection, schema);
                List<String> before = Schemas.objects(connection);
                for (int i : IntStream.range(0, tables.size())
                        .filter(i -> (lost >> i & 1) == 1)
                        .toArray()) {
                    Sql.run(connection, "DROP TABLE " + SqlText.name(tables.get(i)));
                }
                Schemas.apply(connection, schema);

                assertThat(Schemas.objects(connection)).isEqualTo(before);
            }
        }
    }
}
