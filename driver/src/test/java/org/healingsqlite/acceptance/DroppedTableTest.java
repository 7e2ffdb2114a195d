package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;
import org.healingsqlite.Healing;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Somebody else drops a table. The heal keeps the files before it writes to them, gives back what rows are left, and says what it does not know. The oracle is the table
 * before the drop.
 */
class DroppedTableTest {
    private static final int ROWS = 1500;
    private static final String TABLE =
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, n, body BLOB)";

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void name() {
        database = directory.resolve("app.db");
    }

    private static String rows(int first, int last, int bytes) {
        return "WITH RECURSIVE n(i) AS (SELECT " + first + " UNION ALL SELECT i + 1 FROM n WHERE i < " + last
                + ") INSERT INTO t SELECT i, 'name ' || i, iif(i % 3, i * 1.5, i), zeroblob(" + bytes
                + " + i % 50) FROM n";
    }

    private void make(String journal, int autoVacuum) throws SQLException {
        Sql.runElsewhere(
                database,
                "PRAGMA auto_vacuum = " + autoVacuum,
                "PRAGMA journal_mode = " + journal,
                "CREATE TABLE other (id INTEGER PRIMARY KEY, v TEXT)",
                "INSERT INTO other VALUES (1, 'one'), (2, 'two')",
                TABLE,
                "CREATE INDEX t_name ON t (name)",
                "CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT)",
                "CREATE TRIGGER t_added AFTER INSERT ON t BEGIN INSERT INTO audit (what) VALUES (new.name); END",
                "DROP TRIGGER t_added",
                rows(1, ROWS, 20),
                // Values that go on on other pages.
                rows(ROWS + 1, ROWS + 5, 9000),
                "UPDATE t SET body = randomblob(length(body)) WHERE id > " + ROWS,
                "CREATE TRIGGER t_added AFTER INSERT ON t BEGIN INSERT INTO audit (what) VALUES (new.name); END");
    }

    private static Set<List<Object>> oracle(List<List<Object>> rows) {
        Set<List<Object>> set = new HashSet<>();
        for (List<Object> row : rows) {
            set.add(comparable(row));
        }
        return set;
    }

    private static List<Object> comparable(List<Object> row) {
        List<Object> values = new ArrayList<>();
        for (Object value : row) {
            values.add(value instanceof byte[] bytes ? ByteBuffer.wrap(bytes) : value);
        }
        return values;
    }

    private Connection open(boolean registered, String onDropped) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("healing.onDropped", onDropped);
        if (registered) {
            Path script = directory.resolve("schema.sql");
            Files.writeString(
                    script,
                    "CREATE TABLE IF NOT EXISTS other (id INTEGER PRIMARY KEY, v TEXT);\n"
                            + TABLE.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS") + ";\n"
                            + "CREATE INDEX IF NOT EXISTS t_name ON t (name);\n");
            properties.setProperty("healing.schema", script.toString());
        }
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database, properties);
    }

    static Stream<Arguments> situations() {
        List<Arguments> all = new ArrayList<>();
        for (String journal : List.of("delete", "wal")) {
            for (int autoVacuum = 0; autoVacuum <= 2; autoVacuum++) {
                for (boolean secure : List.of(false, true)) {
                    for (int overwritten : List.of(0, 1, 600)) {
                        for (boolean registered : List.of(false, true)) {
                            all.add(Arguments.of(journal, autoVacuum, secure, overwritten, registered));
                        }
                    }
                }
            }
        }
        // A part of it a day.
        return Rotation.part(all, 3).stream();
    }

    @ParameterizedTest(name = "{0}, auto_vacuum {1}, secure_delete {2}, overwritten {3}, registered {4}")
    @MethodSource("situations")
    void whatIsLeftComesBackAndWhatIsNotKnownIsTold(
            String journal, int autoVacuum, boolean secure, int overwritten, boolean registered) throws Exception {
        make(journal, autoVacuum);
        Set<List<Object>> before = oracle(Sql.rowsElsewhere(database, "SELECT * FROM t"));
        List<List<Object>> audit = Sql.rowsElsewhere(database, "SELECT * FROM audit");
        try (Connection connection = open(registered, "restore")) {
            Sql.value(connection, "SELECT count(*) FROM t");
            Sql.runElsewhere(database, "PRAGMA secure_delete = " + secure, "DROP TABLE t");
            if (overwritten > 0) {
                Sql.runElsewhere(
                        database,
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + overwritten + ")"
                                + " INSERT INTO other SELECT i + 10, hex(randomblob(2200)) FROM n",
                        "PRAGMA wal_checkpoint(TRUNCATE)");
            }
            List<List<Object>> after = Sql.rows(connection, "SELECT * FROM t");
            Loss loss = loss(connection);
            Set<List<Object>> wrong = oracle(after);
            wrong.removeAll(before);
            assertThat(wrong).as("wrong rows, " + Rotation.option()).isEmpty();
            long missing = (long) before.size() - after.size();
            assertThat(loss.completeness().atLeast()).isLessThanOrEqualTo(missing);
            OptionalLong most = loss.completeness().atMost();
            assertThat(most.isEmpty() || most.getAsLong() >= missing)
                    .as(loss.toString())
                    .isTrue();
            if (secure && journal.equals("delete") || autoVacuum == 1 && journal.equals("delete")) {
                assertThat(loss.completeness()).isInstanceOf(Completeness.Unknown.class);
            }
            if (journal.equals("wal") && overwritten == 0) {
                assertThat(missing).isZero();
            }
            if (journal.equals("delete") && !secure && overwritten == 0 && autoVacuum == 0) {
                assertThat(missing).isLessThan(ROWS / 20);
            }
            assertThat(Sql.rows(connection, "SELECT * FROM audit"))
                    .as("no trigger was told")
                    .isEqualTo(audit);
            assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            assertThat(Sql.value(connection, "SELECT count(*) FROM t INDEXED BY t_name WHERE name > ''"))
                    .isEqualTo(after.size());
        }
    }

    private static Loss loss(Connection connection) throws SQLException {
        Loss loss = Loss.NONE;
        for (Incident incident : Healing.of(connection).history(5)) {
            loss = loss.and(incident.outcome().loss());
        }
        return loss;
    }

    @Test
    void theFilesAreKeptBeforeAnythingIsWritten() throws Exception {
        make("delete", 0);
        try (Connection connection = open(false, "keep")) {
            Sql.value(connection, "SELECT count(*) FROM t");
            Sql.runElsewhere(database, "DROP TABLE t");
            byte[] dropped = Files.readAllBytes(database);
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(0);
            assertThat(loss(connection).completeness()).isInstanceOf(Completeness.Unknown.class);
            assertThat(loss(connection).explanation()).contains("healing-sqlite undrop");
            assertThat(copies()).hasSize(1);
            assertThat(copies().get(0)).hasBinaryContent(dropped);
        }
    }

    @Test
    void whatTheApplicationDropsItselfIsLeftAlone() throws Exception {
        make("delete", 0);
        try (Connection connection = open(false, "restore")) {
            Sql.value(connection, "SELECT count(*) FROM t");
            Sql.run(connection, "DROP TABLE t");
            assertThat(catchThrowable(() -> Sql.value(connection, "SELECT count(*) FROM t")))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("no such table: t");
            assertThat(copies()).isEmpty();
        }
    }

    @Test
    void tablesOfEveryFormComeBack() throws Exception {
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = 1024",
                "PRAGMA encoding = 'UTF-16le'",
                "CREATE TABLE spare (v)",
                "CREATE TABLE small (k TEXT, v)",
                "INSERT INTO small (rowid, k, v) VALUES (7, 'sieben', 7.5), (9, 'neun', NULL), (-3, 'kälter', x'00ff')",
                "CREATE TABLE keyed (a TEXT, b INTEGER, c, PRIMARY KEY (b, a)) WITHOUT ROWID",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
                        + " INSERT INTO keyed SELECT 'a' || i, i * 7, hex(zeroblob(i % 90)) FROM n",
                "CREATE TABLE computed (a INTEGER, twice AS (a * 2), thrice AS (a * 3) STORED)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)"
                        + " INSERT INTO computed (a) SELECT i FROM n");
        List<String> tables = List.of("small", "keyed", "computed");
        List<Set<List<Object>>> before = new ArrayList<>();
        for (String table : tables) {
            before.add(oracle(Sql.rowsElsewhere(database, all(table))));
        }
        try (Connection connection = open(false, "restore")) {
            Sql.value(connection, "SELECT count(*) FROM small");
            Sql.runElsewhere(
                    database,
                    "PRAGMA secure_delete = off",
                    "DROP TABLE keyed",
                    "DROP TABLE small",
                    "DROP TABLE computed");
            for (int i = 0; i < tables.size(); i++) {
                Set<List<Object>> after = oracle(Sql.rows(connection, all(tables.get(i))));
                assertThat(before.get(i)).as(tables.get(i)).containsAll(after);
                assertThat(after)
                        .as(tables.get(i))
                        .hasSizeGreaterThanOrEqualTo(before.get(i).size() * 9 / 10);
            }
            assertThat(loss(connection).completeness().isWhole()).isFalse();
        }
    }

    private static String all(String table) {
        return table.equals("small") ? "SELECT rowid, k, v FROM small" : "SELECT * FROM " + table;
    }

    @Test
    void inATransactionOfTheApplicationTheRowsComeBackWithIt() throws Exception {
        make("delete", 0);
        Set<List<Object>> before = oracle(Sql.rowsElsewhere(database, "SELECT * FROM t"));
        try (Connection connection = open(false, "restore")) {
            Sql.value(connection, "SELECT count(*) FROM t");
            Sql.runElsewhere(database, "PRAGMA secure_delete = off", "DROP TABLE t");
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO other VALUES (99, 'mine')", "INSERT INTO t (name) VALUES ('new')");
            connection.commit();
            Set<List<Object>> after = oracle(Sql.rows(connection, "SELECT * FROM t WHERE name <> 'new'"));
            assertThat(before).containsAll(after);
            assertThat(after).hasSizeGreaterThan(ROWS * 9 / 10);
            assertThat(Sql.value(connection, "SELECT id FROM t WHERE name = 'new'"))
                    .isEqualTo(ROWS + 6);
        }
    }

    @Test
    void rowsThatWereDeletedBeforeDoNotComeBackIntoTheTable() throws Exception {
        make("delete", 0);
        Sql.runElsewhere(database, "DELETE FROM t WHERE id < 900");
        Set<List<Object>> before = oracle(Sql.rowsElsewhere(database, "SELECT * FROM t"));
        try (Connection connection = open(false, "restore")) {
            Sql.value(connection, "SELECT count(*) FROM t");
            Sql.runElsewhere(database, "PRAGMA secure_delete = off", "DROP TABLE t");
            assertThat(before).containsAll(oracle(Sql.rows(connection, "SELECT * FROM t")));
        }
    }

    @Test
    void whatWasDroppedWhileNobodyHadTheFileOpenComesBackAtOpen() throws Exception {
        make("delete", 0);
        Set<List<Object>> before = oracle(Sql.rowsElsewhere(database, "SELECT * FROM t"));
        Sql.runElsewhere(database, "PRAGMA secure_delete = off", "DROP TABLE t");
        try (Connection connection = open(true, "restore")) {
            Set<List<Object>> after = oracle(Sql.rows(connection, "SELECT * FROM t"));
            assertThat(before).containsAll(after);
            assertThat(after).hasSizeGreaterThan(ROWS * 9 / 10);
            assertThat(loss(connection).completeness()).isInstanceOf(Completeness.Unknown.class);
        }
        assertThat(copies()).hasSize(1);
    }

    @Test
    void aNewTableOfANewReleaseHasLostNothing() throws Exception {
        Sql.runElsewhere(
                database,
                "CREATE TABLE other (id INTEGER PRIMARY KEY, v TEXT)",
                "INSERT INTO other VALUES (1, hex(zeroblob(50000)))",
                "DELETE FROM other");
        try (Connection connection = open(true, "keep")) {
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(0);
            assertThat(loss(connection).isNone()).isTrue();
        }
        assertThat(copies()).isEmpty();
    }

    @Test
    void theSameContentIsKeptOnce() throws Exception {
        make("delete", 0);
        try (Connection connection = open(false, "keep")) {
            Sql.value(connection, "SELECT count(*) FROM t");
            Sql.runElsewhere(database, "DROP TABLE t");
            byte[] dropped = Files.readAllBytes(database);
            Sql.value(connection, "SELECT count(*) FROM t");
            connection.close();
            Files.write(database, dropped);
        }
        try (Connection connection = open(true, "keep")) {
            Sql.value(connection, "SELECT count(*) FROM t");
        }
        assertThat(copies()).hasSize(1);
    }

    @Test
    void whatIsBroughtBackByHandTakesNoRowThatIsThere() throws Exception {
        make("delete", 0);
        Set<List<Object>> before = oracle(Sql.rowsElsewhere(database, "SELECT * FROM t"));
        try (Connection connection = open(false, "keep")) {
            Sql.value(connection, "SELECT count(*) FROM t");
            Sql.runElsewhere(database, "PRAGMA secure_delete = off", "DROP TABLE t");
            Sql.run(connection, "INSERT INTO t (id, name) VALUES (800, 'meanwhile')");
            var outcome = Healing.of(connection).undrop("t");
            assertThat(outcome.allowsRetry()).as(outcome.toString()).isTrue();
            assertThat(Sql.value(connection, "SELECT name FROM t WHERE id = 800"))
                    .isEqualTo("meanwhile");
            assertThat(outcome.loss().completeness().atLeast())
                    .as("the row of that key")
                    .isGreaterThanOrEqualTo(1);
            Set<List<Object>> after = oracle(Sql.rows(connection, "SELECT * FROM t WHERE id <> 800"));
            assertThat(before).containsAll(after);
            assertThat(after).hasSizeGreaterThan(ROWS * 9 / 10);
        }
    }

    private List<Path> copies() throws Exception {
        Path quarantine = directory.resolve("app.db.healing/quarantine");
        if (Files.notExists(quarantine)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(quarantine)) {
            return files.filter(path -> path.toString().matches(".*_dropped_[0-9_]+\\.db"))
                    .sorted()
                    .toList();
        }
    }
}
