package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entries of an index are damaged, the rows are not. */
class SpoiltIndexTest {

    private static final int PAGE = 1024;

    @TempDir
    private Path directory;

    /** The text of the third entry, or as much of it as is on the page of the index. */
    private static int placeOfEntry(byte[] bytes) {
        Geometry geometry = new Geometry(PAGE, 0);
        CellCursor cursor = new CellCursor(geometry, bytes.length);
        byte[] page = Arrays.copyOfRange(bytes, 2 * PAGE, 3 * PAGE);
        BtreePage leaf = BtreePage.read(page, 3, PageKind.INDEX_LEAF, geometry, cursor);
        cursor.moveTo(page, leaf.cell(2), PageKind.INDEX_LEAF);
        return 2 * PAGE + cursor.payloadOffset() + 4;
    }

    private List<List<Object>> salvagedWith(String words, int hit) throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                "CREATE INDEX t_a ON t(a)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) INSERT INTO t SELECT i, '"
                        + words + "' || i FROM n");
        byte[] bytes = Files.readAllBytes(damaged);
        int entry = placeOfEntry(bytes);
        Arrays.fill(bytes, entry + hit, entry + hit + 3, (byte) 0xfe);
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");
        Salvage.of(damaged).into(output);
        return Sql.rowsElsewhere(output, "SELECT count(*), sum(a LIKE '" + words + "%') FROM t");
    }

    @Test
    void anEntryWithATextThatIsNoneContradictsNoRow() throws Exception {
        assertThat(salvagedWith("some words before the number ", 9)).containsExactly(List.of(3, 3));
    }

    @Test
    void anEntryWithALongTextThatIsNoneContradictsNoRow() throws Exception {
        String page = "some words ".repeat(PAGE / 11);

        assertThat(salvagedWith("w" + page, 20)).containsExactly(List.of(3, 3));
    }

    @Test
    void anIndexWithALeafOfAnotherContradictsNoRow() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
                        + " INSERT INTO t SELECT i, printf('%05d', i), printf('%05d', 90000 - i) FROM n",
                "CREATE INDEX t_a ON t(a)",
                "CREATE INDEX t_b ON t(b)");
        byte[] bytes = Files.readAllBytes(damaged);
        int one = leafUnder(bytes, "t_a", damaged);
        int other = leafUnder(bytes, "t_b", damaged);
        byte[] before = Arrays.copyOfRange(bytes, one, one + PAGE);
        System.arraycopy(bytes, other, bytes, one, PAGE);
        System.arraycopy(before, 0, bytes, other, PAGE);
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");
        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*) FROM t")).containsExactly(List.of(300));
    }

    /** Where the second leaf of an index begins in the file. */
    private static int leafUnder(byte[] bytes, String index, Path database) throws Exception {
        List<List<Object>> root =
                Sql.rowsElsewhere(database, "SELECT rootpage FROM sqlite_schema WHERE name = '" + index + "'");
        int at = (((Number) root.get(0).get(0)).intValue() - 1) * PAGE;
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        assertThat(bytes[at]).as("an interior page").isEqualTo((byte) 2);
        return (buffer.getInt(at + buffer.getShort(at + 12 + 2)) - 1) * PAGE;
    }
}
