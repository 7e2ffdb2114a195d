package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A heal costs no row that is at hand: rows that break a constraint are no damage, and what only an index or the log knows is brought back. */
class RowsAtHandTest {
    private static final int PAGE = 1024;

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void name() {
        database = directory.resolve("app.db");
    }

    private static String rows(int first, int last) {
        return "WITH RECURSIVE n(i) AS (SELECT " + first + " UNION ALL SELECT i + 1 FROM n WHERE i < " + last
                + ") INSERT INTO t SELECT i, printf('text %06d', i), i % 101 FROM n";
    }

    private Outcome heal() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            return Healing.of(connection).heal();
        }
    }

    private void wipeLeafOf(String name) throws Exception {
        List<List<Object>> leaves = Sql.rowsElsewhere(
                database, "SELECT pageno FROM dbstat WHERE name = '" + name + "' AND pagetype = 'leaf' ORDER BY path");
        int at = (((Number) leaves.get(2).get(0)).intValue() - 1) * PAGE;
        byte[] bytes = Files.readAllBytes(database);
        Arrays.fill(bytes, at, at + PAGE, (byte) 0);
        Files.write(database, bytes);
    }

    /** Rows 5 to 7 break a constraint that was added behind SQLite's back. */
    private void make(String breach, String before, String after) throws Exception {
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + PAGE,
                "CREATE TABLE other (id INTEGER PRIMARY KEY, v TEXT)",
                "CREATE TABLE words (w TEXT)",
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER)",
                "CREATE INDEX t_b ON t (b)",
                "CREATE INDEX words_w ON words (w DESC)",
                rows(1, 300),
                "INSERT INTO other SELECT id, 'other ' || a FROM t",
                "INSERT INTO words SELECT 'word ' || a FROM t",
                breach,
                "PRAGMA writable_schema = on",
                "UPDATE sqlite_schema SET sql = replace(sql, '" + before + "', '" + after + "') WHERE tbl_name = 't'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "UPDATE t SET a = NULL WHERE id IN (5, 6, 7)      | a TEXT     | a TEXT NOT NULL",
                "UPDATE t SET a = 'x' WHERE id IN (5, 6, 7)       | a TEXT     | a TEXT CHECK (length(a) > 5)",
                "UPDATE t SET b = 'none' WHERE id IN (5, 6, 7)    | b INTEGER) | b INTEGER) STRICT",
                "UPDATE t SET b = 4711 WHERE id IN (5, 6, 7)      | b INTEGER  | b INTEGER REFERENCES other (id)",
                "UPDATE t SET a = CAST(x'E9FF' AS TEXT) WHERE id IN (5, 6, 7) | a TEXT | a TEXT"
            })
    void rowsThatBreakAConstraintStay(String breach, String before, String after) throws Exception {
        make(breach, before, after);
        byte[] sound = Files.readAllBytes(database);
        String query = "SELECT id, typeof(a), hex(CAST(a AS BLOB)), typeof(b), b FROM t NOT INDEXED";
        List<List<Object>> truth = Sql.rowsElsewhere(database, query);

        assertThat(heal()).isInstanceOf(Outcome.Healthy.class);
        assertThat(Files.readAllBytes(database)).as("nothing was damaged").isEqualTo(sound);

        for (String damaged : List.of("words_w", "other")) {
            wipeLeafOf(damaged);
            Outcome outcome = heal();
            assertThat(outcome).as(damaged).isInstanceOf(Outcome.Healed.class);
            assertThat(outcome.loss().isNone()).as(outcome.loss().toString()).isEqualTo(damaged.equals("words_w"));
            assertThat(Sql.rowsElsewhere(database, query)).isEqualTo(truth);
        }
    }

    @Test
    void aUniqueIndexThatRowsBreakIsNoDamage() throws Exception {
        make("SELECT 1", "CREATE INDEX t_b", "CREATE UNIQUE INDEX t_b");
        byte[] sound = Files.readAllBytes(database);

        assertThat(heal()).isInstanceOf(Outcome.Healthy.class);

        assertThat(Files.readAllBytes(database)).isEqualTo(sound);
    }

    /** An index that SQLite made for a constraint, and that rows break: the table keeps them. */
    @Test
    void aConstraintsOwnIndexThatRowsBreakIsNoDamage() throws Exception {
        make("SELECT 1", "b INTEGER", "b INTEGER UNIQUE");
        Sql.runElsewhere(
                database,
                "PRAGMA writable_schema = on",
                "UPDATE sqlite_schema SET name = 'sqlite_autoindex_t_1', sql = NULL WHERE name = 't_b'");
        byte[] sound = Files.readAllBytes(database);

        assertThat(heal()).isInstanceOf(Outcome.Healthy.class);

        assertThat(Files.readAllBytes(database)).isEqualTo(sound);
    }

    @Test
    void aUniqueIndexThatAHealHasLeftOutIsNotMissed() throws Exception {
        make("SELECT 1", "CREATE INDEX t_b", "CREATE UNIQUE INDEX t_b");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            assertThat(Sql.names(connection, "index")).contains("t_b");
            wipeLeafOf("other");
            assertThat(Healing.of(connection).heal()).isInstanceOf(Outcome.Healed.class);
            assertThat(Sql.names(connection, "index")).doesNotContain("t_b");

            assertThat(Healing.of(connection).verify()).isTrue();
            assertThat(Healing.of(connection).verify()).isTrue();

            assertThat(Healing.of(connection).heal()).isInstanceOf(Outcome.Healthy.class);
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(300);
        }
    }

    /** Leaves the pages of a table or an index as they were before a change. */
    private void loseWritesTo(String name, String change) throws Exception {
        byte[] before = Files.readAllBytes(database);
        Sql.runElsewhere(database, change);
        byte[] bytes = Files.readAllBytes(database);
        assertThat(bytes.length).isEqualTo(before.length);
        for (List<Object> page : Sql.rowsElsewhere(database, "SELECT pageno FROM dbstat WHERE name = '" + name + "'")) {
            int at = (((Number) page.get(0)).intValue() - 1) * PAGE;
            System.arraycopy(before, at, bytes, at, PAGE);
        }
        Files.write(database, bytes);
    }

    private void makeWithIndex(String index) throws Exception {
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + PAGE,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER)",
                index,
                rows(1, 414),
                "DELETE FROM t WHERE id > 407");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CREATE INDEX i ON t (a, b)                | 414",
                "CREATE UNIQUE INDEX i ON t (a, b)         | 414",
                "CREATE INDEX i ON t (b)                   | 407"
            })
    void whatOnlyAnIndexKnowsComesBackOrIsToldAsLost(String index, int there) throws Exception {
        makeWithIndex(index);
        loseWritesTo("t", rows(408, 414));

        Outcome outcome = heal();

        assertThat(outcome).isInstanceOf(Outcome.Healed.class);
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t NOT INDEXED"))
                .containsExactly(List.of(there));
        assertThat(outcome.loss().isNone()).as(outcome.loss().toString()).isEqualTo(there == 414);
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).containsExactly(List.of("ok"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"CREATE INDEX i ON t (b)", "CREATE UNIQUE INDEX i ON t (a)", "CREATE INDEX i ON t (a, b)"})
    void whatAnIndexDoesNotKnowStays(String index) throws Exception {
        makeWithIndex(index);
        loseWritesTo("i", rows(408, 414));

        Outcome outcome = heal();

        assertThat(outcome.explanation()).isEqualTo("built indexes anew: i");
        assertThat(outcome.loss().isNone()).isTrue();
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t NOT INDEXED"))
                .containsExactly(List.of(414));
    }

    /** The sums of a log's frame over some bytes. */
    private static int[] sums(byte[] bytes, int from, int to, int[] start, ByteOrder order) {
        ByteBuffer words = ByteBuffer.wrap(bytes).order(order);
        int[] sums = start.clone();
        for (int at = from; at < to; at += 8) {
            sums[0] += words.getInt(at) + sums[1];
            sums[1] += words.getInt(at + 4) + sums[0];
        }
        return sums;
    }

    @Test
    void aLogThatCommitsRubbishAsPageOneLosesNoRow() throws Exception {
        Path live = directory.resolve("live.db");
        byte[] main;
        byte[] log;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + live)) {
            Sql.run(
                    connection,
                    "PRAGMA page_size = " + PAGE,
                    "PRAGMA journal_mode = wal",
                    "PRAGMA wal_autocheckpoint = 0",
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER)",
                    rows(1, 300),
                    "PRAGMA wal_checkpoint(TRUNCATE)",
                    rows(301, 400),
                    rows(401, 500));
            main = Files.readAllBytes(live);
            log = Files.readAllBytes(directory.resolve("live.db-wal"));
        }
        int size = 24 + PAGE;
        byte[] frame = Arrays.copyOfRange(log, log.length - size, log.length);
        ByteBuffer fields = ByteBuffer.wrap(frame);
        int[] before = {fields.getInt(16), fields.getInt(20)};
        fields.putInt(0, 1).put(24, (byte) 13);
        ByteOrder order = (log[3] & 1) == 1 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        int[] sums = sums(frame, 24, size, sums(frame, 0, 8, before, order), order);
        fields.putInt(16, sums[0]).putInt(20, sums[1]);
        byte[] damaged = Arrays.copyOf(log, log.length + size);
        System.arraycopy(frame, 0, damaged, log.length, size);
        Files.write(database, main);
        Files.write(directory.resolve("app.db-wal"), damaged);

        Outcome outcome = Healing.of(database, new Properties()).heal();

        assertThat(outcome).isInstanceOf(Outcome.Healed.class);
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*), sum(id) FROM t"))
                .containsExactly(List.of(500, 125_250));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void theValuesOfAColumnThatSomebodyDroppedAreToldAsLostWhereThereWereRows(int rows) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Sql.run(connection, "CREATE TABLE runs (run_id INTEGER PRIMARY KEY, status TEXT)");
            for (int i = 0; i < rows; i++) {
                Sql.run(connection, "INSERT INTO runs (status) VALUES ('a')");
            }
            Sql.value(connection, "SELECT count(status) FROM runs");
            Sql.runElsewhere(database, "ALTER TABLE runs DROP COLUMN status");

            assertThat(Sql.value(connection, "SELECT count(status) FROM runs")).isEqualTo(0);

            Outcome outcome = Healing.of(connection).history(1).get(0).outcome();
            assertThat(outcome.explanation()).contains("runs.status");
            assertThat(outcome.loss().isNone()).isEqualTo(rows == 0);
        }
    }
}
