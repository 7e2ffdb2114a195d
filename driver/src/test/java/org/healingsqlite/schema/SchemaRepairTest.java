package org.healingsqlite.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaRepairTest {

    @TempDir
    Path directory;

    private Path database() {
        return directory.resolve("test.db");
    }

    private static ExpectedSchema expected(Path directory, String... script) throws Exception {
        return Schemas.load(Schemas.write(directory.resolve("expected.sql"), script))
                .expected();
    }

    private static SchemaChange repair(Connection connection, ExpectedSchema expected) throws SQLException {
        return SchemaApplier.repair(connection, expected, "test.db", false);
    }

    private static String sql(Connection connection, String name) throws SQLException {
        return String.valueOf(Sql.value(connection, "SELECT sql FROM sqlite_schema WHERE name = ?", name));
    }

    /** Every object of the torture schema is taken away alone, and comes back without anything else changing. */
    @TestFactory
    @DisplayName("S1-14, S0-05: each missing table, view, index and trigger comes back")
    Stream<DynamicTest> eachObjectComesBackAlone() throws Exception {
        RegisteredSchema schema = Schemas.load(Schemas.TORTURE);
        return schema.expected().snapshot().objects().stream()
                .map(lost -> DynamicTest.dynamicTest(lost.type() + " " + lost.name(), () -> comesBack(schema, lost)));
    }

    private static void comesBack(RegisteredSchema schema, SchemaObject lost) throws SQLException {
        try (Connection connection = Schemas.memory()) {
            Schemas.apply(connection, schema);
            List<String> before = Schemas.objects(connection);
            List<List<Object>> log = Sql.rows(connection, "SELECT * FROM log");
            Sql.run(connection, "PRAGMA foreign_keys = OFF", "DROP " + lost.type() + " " + SqlText.name(lost.name()));
            assertThat(Schemas.objects(connection)).as("something was lost").isNotEqualTo(before);

            SchemaChange change = repair(connection, schema.expected());

            assertThat(change.recovered()).isTrue();
            assertThat(change.steps()).anyMatch(step -> step.contains(lost.name()));
            assertThat(Schemas.objects(connection)).isEqualTo(before);
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            assertThat(Sql.rows(connection, "SELECT id, name FROM author ORDER BY id"))
                    .containsExactly(List.of(3, "O'Brien"), List.of(7, "Zola; Émile"));
            assertThat(Sql.rows(connection, "SELECT isbn, title_length FROM book ORDER BY isbn"))
                    .containsExactly(List.of("978-1", 8), List.of("978-2", 10));
            assertThat(Sql.value(connection, "SELECT count(*) FROM search WHERE search MATCH 'germinal'"))
                    .isEqualTo(1);
            assertThat(Sql.value(connection, "SELECT count(*) FROM box")).isEqualTo(1);
            if (!lost.name().equals("log")) {
                assertThat(Sql.rows(connection, "SELECT * FROM log"))
                        .as("S1-33: no trigger fired")
                        .isEqualTo(log);
            }
            assertThat(repair(connection, schema.expected()).isEmpty()).isTrue();
        }
    }

    @Test
    void everythingLostAtOnceComesBackWithSeedsSequenceAndNumbers() throws Exception {
        ExpectedSchema expected = Schemas.load(Schemas.TORTURE).expected();
        try (Connection connection = Schemas.memory()) {
            SchemaChange change = repair(connection, expected);

            assertThat(change.recovered()).isFalse();
            assertThat(Schemas.objects(connection))
                    .hasSameSizeAs(expected.snapshot().objects());
            assertThat(Sql.value(connection, "PRAGMA user_version")).isEqualTo(42);
            assertThat(Sql.value(connection, "PRAGMA application_id")).isEqualTo(0x1234);
            assertThat(Sql.rows(
                            connection,
                            "SELECT typeof(payload), typeof(anything), typeof(amount) FROM exact ORDER BY id"))
                    .containsExactly(List.of("blob", "integer", "real"), List.of("null", "text", "real"));
            Sql.run(connection, "INSERT INTO author (name) VALUES ('next')");
            assertThat(Sql.value(connection, "SELECT max(id) FROM author"))
                    .as("AUTOINCREMENT goes on behind the seeds")
                    .isEqualTo(8);
        }
    }

    @Test
    void seededRowsKeepTheirRowids() throws Exception {
        ExpectedSchema expected = expected(
                directory,
                "CREATE TABLE slot (name TEXT, rowid TEXT);",
                "INSERT INTO slot (_rowid_, name) VALUES (5, 'five'), (90, 'ninety');");
        try (Connection connection = Schemas.memory()) {
            Sql.run(connection, "CREATE TABLE other (x)");
            repair(connection, expected);

            assertThat(Sql.rows(connection, "SELECT _rowid_, name FROM slot"))
                    .containsExactly(List.of(5, "five"), List.of(90, "ninety"));
        }
    }

    @Nested
    @DisplayName("S0-06, S4-14: a missing column is added, never by dropping data")
    class MissingColumn {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "c TEXT",
                    "c",
                    "\"c\" INTEGER NOT NULL DEFAULT -1",
                    "c TEXT NOT NULL DEFAULT 'a, b) ;' COLLATE NOCASE",
                    "c TEXT DEFAULT CURRENT_TIMESTAMP",
                    "c INTEGER DEFAULT (1 + 2)",
                    "c TEXT UNIQUE",
                    "c TEXT CHECK (c <> ',')",
                    "c INTEGER REFERENCES parent (id)",
                    "c INTEGER DEFAULT 1 REFERENCES parent (id)",
                    "c TEXT GENERATED ALWAYS AS (a || ')') VIRTUAL",
                    "c TEXT AS (a || 'x') STORED",
                })
        void lastOrInTheMiddle(String definition) throws Exception {
            String parent = "CREATE TABLE parent (id INTEGER PRIMARY KEY);";
            for (String columns : List.of("a TEXT, " + definition, "a TEXT, " + definition + ", z BLOB")) {
                ExpectedSchema expected = expected(
                        directory,
                        parent,
                        "CREATE TABLE t (" + columns + ");",
                        "CREATE INDEX i ON t (a);",
                        "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;",
                        "CREATE VIEW v AS SELECT * FROM t;");
                try (Connection connection = Schemas.memory()) {
                    Sql.run(
                            connection,
                            "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
                            "INSERT INTO parent VALUES (1)",
                            columns.endsWith("BLOB") ? "CREATE TABLE t (a TEXT, z BLOB)" : "CREATE TABLE t (a TEXT)",
                            "CREATE VIEW v AS SELECT * FROM t",
                            "CREATE INDEX own ON t (a DESC)",
                            "INSERT INTO t (rowid, a) VALUES (3, 'x'), (8, 'y'), (9, NULL)");

                    repair(connection, expected);

                    assertThat(Sql.rows(connection, "SELECT rowid, a FROM t ORDER BY rowid"))
                            .hasToString("[[3, x], [8, y], [9, null]]");
                    assertThat(SchemaSnapshot.read(connection).columns("t"))
                            .isEqualTo(expected.snapshot().columns("t"));
                    assertThat(Sql.names(connection, "index")).containsExactly("i", "own");
                    assertThat(Sql.names(connection, "trigger")).containsExactly("g");
                    assertThat(Sql.names(connection, "table")).containsExactly("parent", "t");
                    assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
                }
            }
        }

        @Test
        void theColumnOfTheDatabaseThatNobodyExpectsIsKept() throws Exception {
            ExpectedSchema expected = expected(directory, "CREATE TABLE t (a TEXT UNIQUE, b TEXT UNIQUE);");
            try (Connection connection = Schemas.memory()) {
                Sql.run(
                        connection,
                        "CREATE TABLE t (a TEXT UNIQUE, own TEXT NOT NULL DEFAULT 'd')",
                        "INSERT INTO t VALUES ('x', 'y')");

                repair(connection, expected);

                assertThat(Sql.rows(connection, "SELECT a, own FROM t")).containsExactly(List.of("x", "y"));
                assertThat(Schemas.objects(connection)).anyMatch(table -> table.contains("a, b, own"));
            }
        }

        @Test
        void whereNobodyKnowsTheValueTheColumnComesWithoutItsNotNull() throws Exception {
            ExpectedSchema expected = expected(directory, "CREATE TABLE t (a TEXT, b TEXT NOT NULL);");
            try (Connection connection = Schemas.memory()) {
                Sql.run(connection, "CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x')");

                SchemaChange change = repair(connection, expected);

                assertThat(Sql.rows(connection, "SELECT a, b FROM t")).hasToString("[[x, null]]");
                assertThat(change.steps()).anyMatch(step -> step.contains("NOT NULL"));
            }
        }

        @Test
        @DisplayName("S1-34: AUTOINCREMENT goes on behind the largest id ever, also in an emptied table")
        void theSequenceSurvivesARebuild() throws Exception {
            ExpectedSchema expected = expected(
                    directory, "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b TEXT UNIQUE);");
            for (String delete : List.of("DELETE FROM t", "DELETE FROM t WHERE id > 2")) {
                try (Connection connection = Schemas.memory()) {
                    Sql.run(
                            connection,
                            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)",
                            "INSERT INTO t (a) VALUES ('1'), ('2'), ('3'), ('4')",
                            delete);

                    repair(connection, expected);
                    Sql.run(connection, "INSERT INTO t (a) VALUES ('next')");

                    assertThat(Sql.value(connection, "SELECT max(id) FROM t")).isEqualTo(5);
                }
            }
        }

        @Test
        void aRebuildKeepsRowsThatPointHereAndThatPointAway() throws Exception {
            String parent =
                    "CREATE TABLE parent (id INTEGER PRIMARY KEY, up INTEGER REFERENCES parent (id) ON DELETE CASCADE";
            String child = "CREATE TABLE child (p INTEGER NOT NULL REFERENCES parent (id) ON DELETE CASCADE)";
            ExpectedSchema expected = expected(directory, parent + ", code TEXT UNIQUE);", child + ";");
            try (Connection connection = Schemas.memory()) {
                Sql.run(
                        connection,
                        "PRAGMA foreign_keys = ON",
                        parent + ")",
                        child,
                        "INSERT INTO parent VALUES (1, NULL), (2, 1)",
                        "INSERT INTO child VALUES (2), (1)");

                repair(connection, expected);

                assertThat(Sql.rows(connection, "SELECT id FROM parent")).hasSize(2);
                assertThat(Sql.rows(connection, "SELECT p FROM child")).hasSize(2);
                assertThat(Sql.value(connection, "PRAGMA foreign_keys")).isEqualTo(1);
                assertThat(Sql.rows(connection, "PRAGMA foreign_key_check")).isEmpty();
                assertThat(sql(connection, "child")).contains("REFERENCES parent");
                assertThat(sql(connection, "parent")).contains("REFERENCES parent");
                Sql.run(connection, "DELETE FROM parent WHERE id = 1");
                assertThat(Sql.rows(connection, "SELECT * FROM child")).isEmpty();
            }
        }

        @Test
        void valuesThatTheExpectedColumnTypesWouldChangeAreLeftAlone() throws Exception {
            ExpectedSchema expected = expected(directory, "CREATE TABLE t (a INTEGER, b TEXT UNIQUE);");
            try (Connection connection = Schemas.memory()) {
                Sql.run(connection, "CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('007')");

                assertThatThrownBy(() -> repair(connection, expected))
                        .isInstanceOf(SchemaException.class)
                        .hasMessageContaining("t");

                assertThat(Sql.value(connection, "SELECT a FROM t")).isEqualTo("007");
            }
        }

        @Test
        void aConflictClauseNeverSwallowsOrChangesARow() throws Exception {
            ExpectedSchema expected = expected(
                    directory,
                    "CREATE TABLE t (a TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'd', b TEXT UNIQUE, UNIQUE (a) ON CONFLICT IGNORE);");
            try (Connection connection = Schemas.memory()) {
                Sql.run(connection, "CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x'), ('x'), (NULL)");

                assertThatThrownBy(() -> repair(connection, expected)).isInstanceOf(SchemaException.class);

                assertThat(Sql.rows(connection, "SELECT a FROM t")).hasToString("[[x], [x], [null]]");
            }
        }
    }

    @Test
    void objectsNamedAlikeButForTheCaseOfAsciiLettersAreOne() throws Exception {
        ExpectedSchema expected = expected(
                directory,
                "CREATE TABLE \"Runs\" (Id INTEGER PRIMARY KEY); CREATE TABLE \"É\" (x); CREATE TABLE \"é\" (x);");
        try (Connection connection = Schemas.memory()) {
            Sql.run(connection, "CREATE TABLE rUNS (iD INTEGER PRIMARY KEY)", "CREATE TABLE \"é\" (x)");

            SchemaChange change = repair(connection, expected);

            assertThat(change.steps()).containsExactly("created table É");
        }
    }

    @Test
    void theHealthyCaseTakesNoWriteLock() throws Exception {
        ExpectedSchema expected = expected(directory, "CREATE TABLE t (a);");
        try (Connection connection = Schemas.open(database());
                Connection other = Schemas.open(database())) {
            repair(connection, expected);
            Sql.run(other, "BEGIN IMMEDIATE");

            assertThat(repair(connection, expected).isEmpty()).isTrue();
        }
    }

    @Nested
    class InATransactionOfTheApplication {

        @Test
        void missingObjectsComeBackAndTheTransactionGoesOn() throws Exception {
            ExpectedSchema expected =
                    expected(directory, "CREATE TABLE a (x); CREATE TABLE b (x); CREATE INDEX i ON b (x);");
            try (Connection connection = Schemas.open(database())) {
                repair(connection, expected);
                Sql.runElsewhere(database(), "DROP TABLE b");
                connection.setAutoCommit(false);
                Sql.run(connection, "INSERT INTO a VALUES (1)");

                SchemaApplier.repair(connection, expected, "test.db", true);
                Sql.run(connection, "INSERT INTO b VALUES (2)");
                assertThat(connection.getAutoCommit()).isFalse();
                connection.rollback();

                assertThat(Sql.rowsElsewhere(database(), "SELECT name FROM sqlite_schema"))
                        .hasToString("[[a]]");
                assertThat(Sql.rowsElsewhere(database(), "SELECT * FROM a")).isEmpty();
            }
        }

        @Test
        void aFailureLeavesWhatTheApplicationDid() throws Exception {
            ExpectedSchema expected =
                    expected(directory, "CREATE TABLE a (x); CREATE TABLE b (x); CREATE INDEX i ON a (json(x));");
            try (Connection connection = Schemas.open(database())) {
                Sql.run(connection, "CREATE TABLE a (x)", "BEGIN", "INSERT INTO a VALUES ('{'), ('{')");

                assertThatThrownBy(() -> SchemaApplier.repair(connection, expected, "test.db", true))
                        .hasMessageContaining("CREATE INDEX i");
                Sql.run(connection, "COMMIT");

                assertThat(Schemas.objects(connection)).containsExactly("table a[x]");
                assertThat(Sql.rows(connection, "SELECT * FROM a")).hasSize(2);
            }
        }
    }

    @Test
    void aFailureOutsideATransactionLeavesNothingAndForeignKeysAsTheyWere() throws Exception {
        ExpectedSchema expected =
                expected(directory, "CREATE TABLE a (x); CREATE TABLE b (x); CREATE INDEX i ON a (json(x));");
        try (Connection connection = Schemas.open(database())) {
            Sql.run(connection, "PRAGMA foreign_keys = ON", "CREATE TABLE a (x)", "INSERT INTO a VALUES ('{')");

            assertThatThrownBy(() -> repair(connection, expected)).hasMessageContaining("malformed JSON");

            assertThat(Schemas.objects(connection)).containsExactly("table a[x]");
            assertThat(Sql.value(connection, "PRAGMA foreign_keys")).isEqualTo(1);
            assertThat(connection.getAutoCommit()).isTrue();
            Sql.run(connection, "BEGIN", "COMMIT");
        }
    }

    @Test
    void anIndexThatRowsBreakIsLeftOutAndNamed() throws Exception {
        ExpectedSchema expected =
                expected(directory, "CREATE TABLE a (x); CREATE TABLE b (x); CREATE UNIQUE INDEX i ON a (x);");
        try (Connection connection = Schemas.open(database())) {
            Sql.run(connection, "CREATE TABLE a (x)", "INSERT INTO a VALUES (1), (1)");

            assertThat(repair(connection, expected).steps())
                    .containsExactly("created table b", "left out index i, which rows break");

            assertThat(Sql.rows(connection, "SELECT * FROM a")).hasSize(2);
        }
    }

    @Test
    void rowsLeftPointingToNothingAreReported() throws Exception {
        ExpectedSchema expected = expected(
                directory, "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p (id));");
        try (Connection connection = Schemas.memory()) {
            repair(connection, expected);
            Sql.run(connection, "INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)", "DROP TABLE p");

            assertThat(repair(connection, expected).steps())
                    .anyMatch(step -> step.contains("foreign keys that point to nothing") && step.contains("c row 1"));
            assertThat(Sql.rows(connection, "SELECT * FROM c")).hasSize(1);
        }
    }

    @Test
    void theNameOfAMissingTableThatSomethingElseHasIsExplained() throws Exception {
        ExpectedSchema expected = expected(directory, "CREATE TABLE t (a); CREATE TABLE u (a);");
        try (Connection connection = Schemas.memory()) {
            Sql.run(connection, "CREATE VIEW t AS SELECT 1 AS a");

            SchemaChange change = repair(connection, expected);

            assertThat(change.steps()).containsExactly("created table u");
            SchemaDifference rest = SchemaDifference.between(expected.snapshot(), SchemaSnapshot.read(connection));
            assertThat(rest.isEmpty()).isTrue();
            assertThat(rest.blocked()).singleElement().asString().contains("t").contains("view");
        }
    }

    @Test
    @DisplayName("S0-22: a constraint of the table over a missing column comes with the column")
    void constraintsOfTheTableAreNotForgotten() throws Exception {
        ExpectedSchema expected = expected(directory, "CREATE TABLE t (a TEXT, b TEXT, UNIQUE (a, b));");
        try (Connection connection = Schemas.memory()) {
            Sql.run(connection, "CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x')");

            repair(connection, expected);

            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t VALUES ('y', 'z'), ('y', 'z')"))
                    .hasMessageContaining("UNIQUE constraint failed: t.a, t.b");
        }
    }

    @Test
    void constraintsThatOnlyTheDatabaseHasAreNotLostInARebuild() throws Exception {
        ExpectedSchema expected = expected(directory, "CREATE TABLE t (a TEXT, b TEXT UNIQUE);");
        try (Connection connection = Schemas.memory()) {
            Sql.run(connection, "CREATE TABLE t (a TEXT, CHECK (a <> 'bad'))", "INSERT INTO t VALUES ('x')");

            assertThatThrownBy(() -> repair(connection, expected)).hasMessageContaining("'bad'");

            assertThat(Sql.rows(connection, "SELECT * FROM t")).hasToString("[[x]]");
        }
    }

    @Test
    @DisplayName("S4-17: nothing is added that is not in the schema")
    void nothingElseIsAdded() throws Exception {
        ExpectedSchema expected = expected(directory, "CREATE TABLE t (id INTEGER PRIMARY KEY, a REFERENCES t);");
        try (Connection connection = Schemas.memory()) {
            repair(connection, expected);

            assertThat(Sql.rows(connection, "SELECT name FROM sqlite_schema")).hasToString("[[t]]");
        }
    }

    @Test
    void manyTablesComeBackInATransactionOfTheirOwn() throws Exception {
        List<String> script = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            script.add("CREATE TABLE t" + i + " (id INTEGER PRIMARY KEY, a TEXT, b TEXT);");
            script.add("CREATE INDEX i" + i + " ON t" + i + " (a);");
            script.add("CREATE TRIGGER g" + i + " AFTER INSERT ON t" + i + " BEGIN SELECT 1; END;");
        }
        ExpectedSchema expected = expected(directory, script.toArray(String[]::new));
        try (Connection connection = Schemas.open(database())) {
            SchemaChange change = repair(connection, expected);

            assertThat(change.steps()).hasSize(60);
        }
    }
}
