package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pointers of a leaf lead elsewhere than to its cells, or nowhere, or count none. */
class LostPointersTest {

    private static final int PAGE = 1024;
    private static final int HEADER = 8;

    @TempDir
    private Path directory;

    private ByteBuffer bytes = ByteBuffer.allocate(0);

    private void make(String... statements) throws Exception {
        Path made = directory.resolve("made.db");
        Sql.runElsewhere(made, statements);
        bytes = ByteBuffer.wrap(Files.readAllBytes(made));
    }

    private Path salvaged() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Files.write(damaged, bytes.array());
        Path output = directory.resolve("output.db");
        Salvage.of(damaged).into(output);
        return output;
    }

    private static String numbers(int upTo) {
        return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + upTo + ") ";
    }

    @Test
    void pointersBesideTheirCellsHideNoRow() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID",
                numbers(12) + "INSERT INTO t SELECT 'key ' || (100 + i), 'the value of the key ' || i FROM n");
        int[] away = {-3, 1, 7, -1, 2};
        for (int i = 0; i < away.length; i++) {
            int pointer = PAGE + HEADER + 2 * (2 * i + 1);
            bytes.putShort(pointer, (short) (bytes.getShort(pointer) + away[i]));
        }

        assertThat(Sql.rowsElsewhere(salvaged(), "SELECT count(*) FROM t")).containsExactly(List.of(12));
    }

    @Test
    void deletedRowsStayDeletedWhereTheHeaderTellsOfTheirPlace() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID",
                numbers(12) + "INSERT INTO t SELECT 'key ' || (100 + i), 'the value of the key ' || i FROM n",
                "DELETE FROM t WHERE k = 'key 107'",
                "DELETE FROM t WHERE k = 'key 106'",
                "DELETE FROM t WHERE k = 'key 105'",
                "DELETE FROM t WHERE k = 'key 104'");
        Arrays.fill(bytes.array(), PAGE + HEADER, PAGE + HEADER + 2 * 8, (byte) 0);

        assertThat(Sql.rowsElsewhere(salvaged(), "SELECT substr(k, 5) + 0 FROM t ORDER BY k"))
                .isEqualTo(IntStream.rangeClosed(101, 112)
                        .filter(i -> i < 104 || i > 107)
                        .mapToObj(i -> List.<Object>of(i))
                        .toList());
    }

    @Test
    void freeblocksAreKnownByTheirLengthWhereTheHeaderIsLost() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID",
                numbers(12) + "INSERT INTO t SELECT 'key ' || (100 + i), 'the value of the key ' || i FROM n",
                "DELETE FROM t WHERE k = 'key 107'",
                "DELETE FROM t WHERE k = 'key 106'",
                "DELETE FROM t WHERE k = 'key 105'",
                "DELETE FROM t WHERE k = 'key 104'");
        Arrays.fill(bytes.array(), PAGE, PAGE + HEADER, (byte) 0);

        assertThat(Sql.rowsElsewhere(salvaged(), "SELECT count(*) FROM t")).containsExactly(List.of(8));
    }

    @Test
    void pointersBesideTheirCellsCastNoDoubtOnOthers() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "PRAGMA encoding='UTF-16le'",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)",
                numbers(12) + "INSERT INTO t SELECT i, 'the value of row ' || i FROM n");
        int[][] cellsAndAway = {{8, 1}, {2, 1}, {5, -2}, {6, 1}};
        for (int[] pair : cellsAndAway) {
            int pointer = PAGE + HEADER + 2 * pair[0];
            bytes.putShort(pointer, (short) (bytes.getShort(pointer) + pair[1]));
        }

        assertThat(Sql.rowsElsewhere(salvaged(), "SELECT count(*) FROM t")).containsExactly(List.of(12));
    }

    @Test
    void aLeafThatBeginsWhereThePageEndsIsEmptyWhateverItCounts() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "PRAGMA secure_delete=OFF",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                numbers(12) + "INSERT INTO t SELECT i, 'the text of the row ' || i FROM n",
                "DELETE FROM t");
        assertThat(bytes.getShort(PAGE + 5)).isEqualTo((short) PAGE);
        bytes.putShort(PAGE + 3, (short) 8);

        assertThat(Sql.rowsElsewhere(salvaged(), "SELECT * FROM t")).isEmpty();
    }

    @Test
    void rowsOfBeforeAPageWasWrittenAnewDoNotReturnWhereItsHeaderIsLost() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "PRAGMA secure_delete=OFF",
                "CREATE TABLE t(a)",
                numbers(20) + "INSERT INTO t SELECT 'a text of before, and its number: ' || i FROM n",
                "DELETE FROM t",
                numbers(20) + "INSERT INTO t SELECT i % 2 FROM n");
        Arrays.fill(bytes.array(), PAGE, PAGE + HEADER + 2 * 20, (byte) 0xaa);

        assertThat(Sql.rowsElsewhere(salvaged(), "SELECT rowid, a FROM t ORDER BY rowid"))
                .isEqualTo(IntStream.rangeClosed(1, 20)
                        .mapToObj(i -> List.<Object>of(i, i % 2))
                        .toList());
    }

    @Test
    void aRootWithOneChildBesideTheLastLeadsToIt() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(a TEXT, b REAL)",
                "CREATE TABLE u(a TEXT, b REAL)",
                numbers(30) + "INSERT INTO t SELECT 'a text with a few words for number ' || i, i / 7.0 FROM n",
                numbers(30) + "INSERT INTO u SELECT 'another text with a few words, of ' || i, i / 9.0 FROM n");
        for (int root = 1; root <= 2; root++) {
            assertThat(bytes.get(root * PAGE)).as("type of the root").isEqualTo((byte) 5);
            assertThat(bytes.getShort(root * PAGE + 3)).as("its cells").isEqualTo((short) 1);
            Arrays.fill(bytes.array(), root * PAGE, root * PAGE + 512, (byte) 0xaa);
        }
        Path output = salvaged();

        assertThat(Sql.rowsElsewhere(output, "SELECT max(rowid) >= 10, count(*) = sum(b = rowid / 7.0) FROM t"))
                .containsExactly(List.of(1, 1));
        assertThat(Sql.rowsElsewhere(output, "SELECT max(rowid) >= 10, count(*) = sum(b = rowid / 9.0) FROM u"))
                .containsExactly(List.of(1, 1));
    }
}
