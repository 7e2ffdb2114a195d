package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Predicate;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.OwnerCode;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteConnection;

/**
 * Collations, functions, tokenizers and modules that only the application knows: no sound row goes, no row is wrong, and only indexes that depend on one may be left
 * out, named with the statement that brings them back. The oracle is the undamaged file; the judge is the application, which knows everything.
 */
class UnknownNamesTest {
    private static final int PAGE = 1024;
    private static final int ROWS = 300;

    /** A run of the tests takes one case in so many. */
    private static final int PART = 14;

    private static final String LEFT = "left to the application, on a connection with its collations and functions: ";

    @TempDir
    Path directory;

    /** Where a name stands. The table {@code t} has a text {@code x}. */
    enum Place {
        COLUMN("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT COLLATE app_text)"),
        COLUMN_INDEX("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT COLLATE app_text)", "CREATE INDEX i ON t(x)"),
        INDEX("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)", "CREATE INDEX i ON t(x COLLATE app_text)"),
        INDEX_DESCENDING(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)", "CREATE INDEX i ON t(x COLLATE app_text DESC, id)"),
        UNIQUE("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT COLLATE app_text UNIQUE)"),
        UNIQUE_INDEX(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)", "CREATE UNIQUE INDEX i ON t(x COLLATE app_text)"),
        PRIMARY_KEY("CREATE TABLE t(id INTEGER, x TEXT COLLATE app_text PRIMARY KEY)"),
        WITHOUT_ROWID("CREATE TABLE t(id INTEGER, x TEXT COLLATE app_text PRIMARY KEY) WITHOUT ROWID"),
        WITHOUT_ROWID_DESCENDING(
                "CREATE TABLE t(id INTEGER, x TEXT COLLATE app_text, PRIMARY KEY(x DESC, id)) WITHOUT ROWID"),
        WITHOUT_ROWID_INDEX(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT) WITHOUT ROWID",
                "CREATE INDEX i ON t(x COLLATE app_text)"),
        PARTIAL_INDEX(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT COLLATE app_text)",
                "CREATE INDEX i ON t(id) WHERE x > 'm5'"),
        CHECK("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, CHECK (x > '' COLLATE app_text))"),
        STORED("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, g INT AS (x > 'm5' COLLATE app_text) STORED)"),
        VIRTUAL("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, g INT AS (x > 'm5' COLLATE app_text))"),
        VIEW(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)",
                "CREATE VIEW v AS SELECT * FROM t ORDER BY x COLLATE app_text"),
        TRIGGER(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)",
                "CREATE TRIGGER g AFTER DELETE ON t WHEN old.x > 'm5' COLLATE app_text BEGIN DELETE FROM plain; END"),
        FUNCTION_INDEX("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)", "CREATE INDEX i ON t(weight(x))"),
        FUNCTION_INDEX_UNIQUE(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)", "CREATE UNIQUE INDEX i ON t(weight(x), id)"),
        FUNCTION_PARTIAL_INDEX(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)", "CREATE INDEX i ON t(x) WHERE weight(x) > 40"),
        FUNCTION_WITHOUT_ROWID(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT CHECK (weight(x) > 0)) WITHOUT ROWID",
                "CREATE INDEX i ON t(weight(x))"),
        FUNCTION_CHECK("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, CHECK (weight(x) > 0))"),
        FUNCTION_STORED("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, g INT NOT NULL AS (weight(x)) STORED)"),
        FUNCTION_VIRTUAL("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, g INT NOT NULL AS (weight(x)))"),
        FUNCTION_VIRTUAL_INDEX(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, g INT AS (weight(x)))", "CREATE INDEX i ON t(g)"),
        FUNCTION_VIEW(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)", "CREATE VIEW v AS SELECT id, weight(x) AS w FROM t"),
        FUNCTION_TRIGGER(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)",
                "CREATE TRIGGER g AFTER DELETE ON t WHEN weight(old.x) > 200 BEGIN DELETE FROM plain; END"),
        /** SQLite's own function with a number of arguments that it does not know. */
        OTHER_ARGUMENTS("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, CHECK (coalesce(weight(x), upper(x)) > 0))"),
        RTREE(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)",
                "CREATE VIRTUAL TABLE r USING rtree(id, low, high)",
                "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO r VALUES(new.id, weight(new.x), weight(new.x) + 1); END");

        final List<String> statements;

        Place(String... statements) {
            this.statements = List.of(statements);
        }

        boolean hasIndex() {
            return statements.stream().anyMatch(statement -> statement.contains("INDEX i "));
        }
    }

    /** What is damaged. */
    enum Struck {
        NOTHING,
        OTHER_TABLE,
        THIS_TABLE,
        ITS_INDEX,
        HEADER
    }

    /** How the damage is met. */
    enum Way {
        HEAL,
        QUERY
    }

    record Case(Place place, Struck struck, Way way) {
        boolean isPossible() {
            return (struck != Struck.ITS_INDEX || place.hasIndex()) && (struck != Struck.NOTHING || way == Way.HEAL);
        }
    }

    private static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (Place place : Place.values()) {
            for (Struck struck : Struck.values()) {
                for (Way way : Way.values()) {
                    Case each = new Case(place, struck, way);
                    if (each.isPossible()) {
                        cases.add(each);
                    }
                }
            }
        }
        return cases;
    }

    @Test
    void noSoundRowGoesInAPartOfTheCases() throws Exception {
        List<Case> part = Rotation.part(cases(), PART);
        play(part::contains);
    }

    @Test
    @Tag("campaign")
    void noSoundRowGoes() throws Exception {
        play(each -> true);
    }

    private void play(Predicate<Case> choice) throws Exception {
        List<String> failures = new ArrayList<>();
        int run = 0;
        for (Case each : cases()) {
            if (choice.test(each)) {
                try {
                    new Round(directory.resolve("case" + run++ + ".db"), each).play();
                } catch (SQLException | IOException | RuntimeException | AssertionError e) {
                    failures.add(each + ": " + e);
                }
            }
        }
        assertThat(failures).as("%d cases, %s", run, Rotation.option()).isEmpty();
    }

    /** One case. */
    private static final class Round {
        private final Path database;
        private final Case each;

        Round(Path database, Case each) {
            this.database = database;
            this.each = each;
        }

        void play() throws Exception {
            create();
            Map<String, List<List<Object>>> truth = content();
            strike();
            Outcome outcome = meet();
            if (each.struck() == Struck.NOTHING) {
                assertThat(outcome).as("nothing is damaged").isInstanceOf(Outcome.Healthy.class);
            }
            List<String> left = left();
            try (Connection owner = OwnerCode.open(database)) {
                for (String statement : left) {
                    assertThat(statement).as("left to the application").containsPattern("INDEX i |REINDEX ");
                    Sql.run(owner, statement);
                }
                assertThat(Sql.rows(owner, "PRAGMA integrity_check"))
                        .as("after %s", left)
                        .containsExactly(List.of("ok"));
            }
            Map<String, List<List<Object>>> after = content();
            assertThat(after.get("schema")).containsExactlyElementsOf(truth.get("schema"));
            assertThat(after.get("plain")).isSubsetOf(truth.get("plain"));
            assertThat(after.get("t")).isSubsetOf(truth.get("t"));
            if (each.struck() != Struck.OTHER_TABLE) {
                assertThat(after.get("plain")).isEqualTo(truth.get("plain"));
            }
            if (each.struck() != Struck.THIS_TABLE) {
                assertThat(after.get("t")).isEqualTo(truth.get("t"));
                assertThat(after.get("r")).isEqualTo(truth.get("r"));
                assertThat(after.get("by index")).isEqualTo(truth.get("by index"));
            }
        }

        private void create() throws SQLException {
            try (Connection owner = OwnerCode.open(database)) {
                Sql.run(
                        owner,
                        "PRAGMA page_size = " + PAGE,
                        "CREATE TABLE plain(id INTEGER PRIMARY KEY, a TEXT)",
                        "BEGIN");
                for (String statement : each.place().statements) {
                    Sql.run(owner, statement);
                }
                try (PreparedStatement plain = owner.prepareStatement("INSERT INTO plain VALUES(?, ?)");
                        PreparedStatement t = owner.prepareStatement("INSERT INTO t(id, x) VALUES(?, ?)")) {
                    for (int i = 1; i <= ROWS; i++) {
                        plain.setInt(1, i);
                        plain.setString(2, "plain text number " + i);
                        plain.execute();
                        t.setInt(1, i);
                        t.setString(2, (i % 2 == 0 ? "m" : "M") + i * 7919L % 1000 + " title of row \u00e9 " + i);
                        t.execute();
                    }
                }
                Sql.run(owner, "COMMIT");
            }
        }

        /** As the application reads it. */
        private Map<String, List<List<Object>>> content() throws SQLException {
            Map<String, List<List<Object>>> content = new LinkedHashMap<>();
            try (Connection owner = OwnerCode.open(database)) {
                content.put(
                        "schema",
                        Sql.rows(owner, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"));
                content.put("plain", Sql.rows(owner, "SELECT * FROM plain ORDER BY id"));
                content.put("t", Sql.rows(owner, "SELECT * FROM t ORDER BY id"));
                content.put(
                        "by index",
                        Sql.rows(owner, "SELECT x FROM t WHERE x > 'm5' COLLATE app_text ORDER BY x COLLATE app_text"));
                content.put(
                        "r", each.place() == Place.RTREE ? Sql.rows(owner, "SELECT * FROM r ORDER BY id") : List.of());
            }
            return content;
        }

        private void strike() throws SQLException, IOException {
            byte[] bytes = Files.readAllBytes(database);
            int at = 0;
            int length = 100;
            if (each.struck() == Struck.NOTHING) {
                return;
            }
            if (each.struck() != Struck.HEADER) {
                String tree =
                        each.struck() == Struck.OTHER_TABLE ? "plain" : each.struck() == Struck.THIS_TABLE ? "t" : "i";
                at = (leaf(tree) - 1) * PAGE;
                length = PAGE;
            }
            Arrays.fill(bytes, at, at + length, (byte) 0);
            Files.write(database, bytes);
        }

        /** One in the middle. */
        private int leaf(String tree) throws SQLException {
            try (Connection owner = OwnerCode.open(database)) {
                List<List<Object>> leaves = Sql.rows(
                        owner, "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path", tree);
                return ((Number) leaves.get(leaves.size() / 2).get(0)).intValue();
            }
        }

        private Outcome meet() throws SQLException {
            if (each.way() == Way.QUERY) {
                try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
                    OwnerCode.register(connection.unwrap(SQLiteConnection.class));
                    Sql.rows(connection, "SELECT sum(length(a)) FROM plain");
                    Sql.rows(connection, "SELECT sum(length(x)) FROM t NOT INDEXED");
                    if (each.struck() == Struck.ITS_INDEX) {
                        return Healing.of(connection).heal();
                    }
                }
            }
            return Healing.of(database, new Properties()).heal();
        }

        private List<String> left() throws SQLException {
            List<String> left = new ArrayList<>();
            for (Incident incident : Healing.of(database, new Properties()).history(10)) {
                incident.steps().stream()
                        .filter(step -> step.startsWith(LEFT))
                        .map(step -> step.substring(LEFT.length()))
                        .forEach(left::add);
            }
            return left;
        }
    }
}
