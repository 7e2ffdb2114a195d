package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leaves of which several tables could be the owner, or that do not say any more that they are leaves. */
class StrayAttributionTest {

    private static final int PAGE = 1024;
    private static final int INTERIOR_HEADER = 12;

    @TempDir
    private Path directory;

    private ByteBuffer bytes = ByteBuffer.allocate(0);

    private void make(String... statements) throws Exception {
        Path made = directory.resolve("made.db");
        Sql.runElsewhere(made, statements);
        bytes = ByteBuffer.wrap(Files.readAllBytes(made));
    }

    private List<List<Object>> salvaged(String query) throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Files.write(damaged, bytes.array());
        Path output = directory.resolve("output.db");
        Salvage.of(damaged).into(output);
        return Sql.rowsElsewhere(output, query);
    }

    private static String numbers(int upTo) {
        return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + upTo + ") ";
    }

    /** The pages that an interior page names, in the order of their keys. */
    private List<Integer> children(int page) {
        int at = (page - 1) * PAGE;
        assertThat(bytes.get(at)).as("type").isIn((byte) 2, (byte) 5);
        List<Integer> children = new ArrayList<>();
        for (int i = 0; i < bytes.getShort(at + 3); i++) {
            children.add(bytes.getInt(at + bytes.getShort(at + INTERIOR_HEADER + 2 * i)));
        }
        children.add(bytes.getInt(at + 8));
        return children;
    }

    private void wipe(int page) {
        Arrays.fill(bytes.array(), (page - 1) * PAGE, page * PAGE, (byte) 0);
    }

    @Test
    void aLeafThatATreeNamesBelongsToNoOtherThatHasRoomForIt() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE large(id INTEGER PRIMARY KEY, a TEXT)",
                "CREATE TABLE small(id INTEGER PRIMARY KEY, a TEXT)",
                numbers(900) + "INSERT INTO large SELECT i, 'a text of some length in large ' || i FROM n",
                numbers(200) + "INSERT INTO small SELECT i, 'a text of some length in small ' || i FROM n");
        int large = PAGE;
        int lastKey = large + bytes.getShort(large + INTERIOR_HEADER + 2 * (bytes.getShort(large + 3) - 1)) + 4;
        assertThat(bytes.get(lastKey)).as("first byte of two").isNegative();
        bytes.put(lastKey, (byte) (bytes.get(lastKey) | 0x10));
        bytes.putInt(2 * PAGE + 8, 0x0fff_ffff);

        assertThat(salvaged("SELECT (SELECT max(id) FROM large), (SELECT max(id) <= 200 FROM small)"))
                .containsExactly(List.of(900, 1));
    }

    @Test
    void aLeafOfDeletedRowsThatChangedPlacesWithAnotherGivesThemToNoTable() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                numbers(600) + "INSERT INTO t SELECT i, 'a text of some length ' || i FROM n");
        List<Integer> before = children(2);
        make("PRAGMA page_size=" + PAGE, "DELETE FROM t WHERE id > 300");
        int free = before.get(before.size() - 3);
        int live = before.get(3);
        byte[] page = Arrays.copyOfRange(bytes.array(), (free - 1) * PAGE, free * PAGE);
        assertThat(page[0]).as("leaf").isEqualTo((byte) 13);
        System.arraycopy(bytes.array(), (live - 1) * PAGE, bytes.array(), (free - 1) * PAGE, PAGE);
        System.arraycopy(page, 0, bytes.array(), (live - 1) * PAGE, PAGE);

        assertThat(salvaged("SELECT max(id), count(*) > 250 FROM t")).containsExactly(List.of(300, 1));
    }

    @Test
    void aLeafWithTheRowsBetweenTwoOthersOfATableIsThatTables() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT)",
                numbers(9) + "INSERT INTO t SELECT i, hex(zeroblob(150)), 'more' FROM n",
                "ALTER TABLE t ADD COLUMN c INT",
                "CREATE TABLE u(id INTEGER PRIMARY KEY, a TEXT, b TEXT, c INT, d REAL)",
                numbers(5) + "INSERT INTO u SELECT i, hex(zeroblob(150)), 'more', i, i FROM n",
                numbers(9) + "INSERT INTO t SELECT i + 9, hex(zeroblob(150)), 'more', i FROM n");
        wipe(2);
        int rootOfU = 0;
        for (int page = 3; page <= bytes.capacity() / PAGE; page++) {
            if (bytes.get((page - 1) * PAGE) == 5) {
                rootOfU = page;
            }
        }
        wipe(rootOfU);

        assertThat(salvaged("SELECT count(*), count(c) FROM t")).containsExactly(List.of(18, 9));
    }

    @Test
    void aStrayLeafWhoseTypeWasHitIsALeaf() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(a, b)",
                numbers(200) + "INSERT INTO t SELECT 'a text of row ' || i, x'00000001' FROM n");
        List<Integer> leaves = children(2);
        wipe(2);
        for (int leaf : leaves) {
            bytes.put((leaf - 1) * PAGE, (byte) 5);
        }

        assertThat(salvaged("SELECT count(*) FROM t")).containsExactly(List.of(200));
    }

    @Test
    void aLeafAmongInteriorPagesLeavesTheirRowsToBeFound() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(k TEXT PRIMARY KEY, v BLOB, n INT) WITHOUT ROWID",
                numbers(2500) + "INSERT INTO t SELECT printf('%04d', i) || hex(zeroblob(60)), x'00', i FROM n");
        List<Integer> interiors = children(2);
        assertThat(interiors).hasSizeGreaterThan(2);
        int lost = interiors.get(1);
        int rowsThere = bytes.getShort((lost - 1) * PAGE + 3);
        int leaf = interiors.get(interiors.size() - 1);
        while (bytes.get((leaf - 1) * PAGE) == 2) {
            leaf = children(leaf).get(0);
        }
        System.arraycopy(bytes.array(), (leaf - 1) * PAGE, bytes.array(), (lost - 1) * PAGE, PAGE);

        assertThat(salvaged("SELECT count(*) FROM t")).containsExactly(List.of(2500 - rowsThere));
    }

    @Test
    void oddRowsThatEndWithTheirKeyAreInPlaceThoughAStatementIsLost() throws Exception {
        make(
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                numbers(3) + "INSERT INTO t SELECT i, hex(zeroblob(150)) FROM n",
                "ALTER TABLE t ADD COLUMN c INT",
                numbers(30) + "INSERT INTO t SELECT i + 3, hex(zeroblob(150)), i FROM n",
                "CREATE TABLE lost(a, b, c, d)",
                numbers(100) + "INSERT INTO lost SELECT i, i, i, 'a text' FROM n");
        int word = new String(bytes.array(), 0, PAGE, StandardCharsets.ISO_8859_1).indexOf("CREATE TABLE lost");
        Arrays.fill(bytes.array(), word - 20, word + 20, (byte) 0);

        assertThat(salvaged("SELECT count(*) FROM t")).containsExactly(List.of(33));
    }
}
