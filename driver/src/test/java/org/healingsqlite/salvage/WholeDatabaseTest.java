package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.healingsqlite.salvage.SalvageReport.Outcome;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing is damaged: whatever SQLite may have written, every row comes back, and nothing is said to be lost. */
class WholeDatabaseTest {

    private static final int PAGE = 512;
    private static final String NUMBERS =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) ";

    @TempDir
    private Path directory;

    private Path make(String... statements) throws Exception {
        Path database = directory.resolve("whole.db");
        Sql.runElsewhere(database, "PRAGMA page_size=" + PAGE);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(connection, "PRAGMA page_size=" + PAGE);
            Sql.run(connection, statements);
        }
        return database;
    }

    private SalvageReport salvage(Path database) throws Exception {
        return Salvage.of(database).into(directory.resolve("output.db"));
    }

    private List<List<Object>> output(String query) throws Exception {
        return Sql.rowsElsewhere(directory.resolve("output.db"), query);
    }

    @Test
    void rowsOfATableWithoutRowidMayBeFromBeforeAColumnWasAdded() throws Exception {
        Path database = make(
                "CREATE TABLE t(k TEXT PRIMARY KEY, a INT) WITHOUT ROWID",
                NUMBERS + "INSERT INTO t SELECT 'key ' || i, i FROM n",
                "ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'later'",
                "INSERT INTO t VALUES('last', 0, 'now')");

        assertThat(salvage(database).outcome()).isEqualTo(Outcome.WHOLE);
        assertThat(output("SELECT b, count(*) FROM t GROUP BY b"))
                .containsExactly(List.of("later", 100), List.of("now", 1));
    }

    @Test
    void anIndexMayHaveNullForAnyRowid() throws Exception {
        Path database = make(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                "CREATE INDEX t_a ON t(a)",
                NUMBERS + "INSERT INTO t SELECT i, NULL FROM n");

        assertThat(salvage(database).outcome()).isEqualTo(Outcome.WHOLE);
        assertThat(output("SELECT count(*) FROM t")).containsExactly(List.of(100));
    }

    @Test
    void theSmallestNumberIsARowidToo() throws Exception {
        Path database = make(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                "INSERT INTO t VALUES(-9223372036854775808, 'lowest'), (9223372036854775807, 'highest')");

        assertThat(salvage(database).outcome()).isEqualTo(Outcome.WHOLE);
        assertThat(output("SELECT a FROM t ORDER BY id")).containsExactly(List.of("lowest"), List.of("highest"));
    }

    @Test
    void aRecordMayHaveMoreFieldsThanItsPageHasRoomFor() throws Exception {
        String columns = IntStream.range(0, 60).mapToObj(i -> "c" + i + " TEXT").collect(Collectors.joining(","));
        Path database = make(
                "CREATE TABLE t(id INTEGER PRIMARY KEY," + columns + ")",
                "INSERT INTO t(id, c0, c59) VALUES(1, 'first', replace(hex(zeroblob(2000)), '0', 'x'))");

        assertThat(salvage(database).outcome()).isEqualTo(Outcome.WHOLE);
        assertThat(output("SELECT c0, length(c59) FROM t")).containsExactly(List.of("first", 4000));
    }

    @Test
    void theFirstPageMayHaveNoCellsButAChild() throws Exception {
        Path database = make("CREATE TABLE t(a DEFAULT '" + "x".repeat(380) + "')", "INSERT INTO t VALUES(1)");
        byte[] bytes = Files.readAllBytes(database);
        assertThat(bytes[100]).as("an interior page").isEqualTo((byte) 5);
        assertThat(bytes[104]).as("cells").isZero();

        assertThat(salvage(database).outcome()).isEqualTo(Outcome.WHOLE);
        assertThat(output("SELECT a FROM t")).containsExactly(List.of(1));
    }

    /** Pages that were freed come back in any order. */
    @Test
    void aChainMayRunInAnyOrder() throws Exception {
        Path database =
                make("CREATE TABLE t(id INTEGER PRIMARY KEY, a BLOB)", "INSERT INTO t VALUES(1, randomblob(2300))");
        List<List<Object>> before = Sql.rowsElsewhere(database, "SELECT hex(a) FROM t");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(database));
        int root = PAGE;
        int first = bytes.getInt(2 * PAGE - 4);
        int[] order = {2, 1, 0, 3};
        byte[][] content = new byte[order.length][PAGE];
        for (int i = 0; i < order.length; i++) {
            bytes.get((first - 1 + i) * PAGE, content[i]);
        }
        int after = bytes.getInt((first - 1 + 3) * PAGE);
        for (int i = 0; i < order.length; i++) {
            int place = (first - 1 + order[i]) * PAGE;
            bytes.put(place, content[i]);
            bytes.putInt(place, i + 1 < order.length ? first + order[i + 1] : after);
        }
        bytes.putInt(root + PAGE - 4, first + order[0]);
        Files.write(database, bytes.array());
        assertThat(Sql.rowsElsewhere(database, "SELECT hex(a) FROM t")).isEqualTo(before);

        assertThat(salvage(database).outcome()).isEqualTo(Outcome.WHOLE);
        assertThat(output("SELECT hex(a) FROM t")).isEqualTo(before);
    }
}
