package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One byte of a row is wrong, and something in the file speaks against it: the row goes to lost and found, and no other row with it. */
class DoubtfulRowsTest {

    private static final String NUMBERS =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO t SELECT ";

    @TempDir
    private Path directory;

    private void make(String... statements) throws Exception {
        Sql.runElsewhere(directory.resolve("damaged.db"), statements);
    }

    /** Changes the byte at a distance from the only place of a text in the file. */
    private void change(String text, int distance, int value) throws Exception {
        Path file = directory.resolve("damaged.db");
        byte[] bytes = Files.readAllBytes(file);
        String content = new String(bytes, StandardCharsets.ISO_8859_1);
        assertThat(content.indexOf(text)).isPositive().isEqualTo(content.lastIndexOf(text));
        bytes[content.indexOf(text) + distance] = (byte) value;
        Files.write(file, bytes);
    }

    private SalvageReport salvage() throws Exception {
        return Salvage.of(directory.resolve("damaged.db"))
                .lostAndFound(directory.resolve("lost.db"))
                .into(directory.resolve("output.db"));
    }

    private List<List<Object>> output(String query) throws Exception {
        return Sql.rowsElsewhere(directory.resolve("output.db"), query);
    }

    private List<List<Object>> lost(String column) throws Exception {
        return Sql.rowsElsewhere(directory.resolve("lost.db"), "SELECT " + column + " FROM lost_and_found");
    }

    @Test
    void noRowBeforeACellThatOneByteFillsFromItsBeginning() throws Exception {
        make(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                NUMBERS + "i, printf('some words of row %03d', i) FROM n");
        for (int front = -5; front <= -3; front++) {
            change("some words of row 050", front, 0xff);
        }

        salvage();

        assertThat(output("SELECT count(*), sum(id = 51) FROM t")).containsExactly(List.of(99, 1));
    }

    @Test
    void noRowBeforeACellOfWhichTheSizeIsRight() throws Exception {
        make(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                NUMBERS + "i, printf('some words of row %03d', i) FROM n");
        change("some words of row 050", -3, 0x71);
        change("some words of row 050", -2, 0x72);
        change("some words of row 070", -5, 0x60);

        salvage();

        assertThat(output("SELECT count(*), sum(id = 51) FROM t")).containsExactly(List.of(98, 1));
    }

    @Test
    void aKeyThatBreaksTheOrderOfATableWithoutRowid() throws Exception {
        make("CREATE TABLE t(k TEXT PRIMARY KEY, v) WITHOUT ROWID", NUMBERS + "printf('key%03d', i), i FROM n");
        change("key050", 0, 'z');

        SalvageReport report = salvage();

        assertThat(output("SELECT count(*) FROM t")).containsExactly(List.of(99));
        assertThat(output("SELECT * FROM t WHERE v = 50")).isEmpty();
        assertThat(lost("c0")).containsExactly(List.of("zey050"));
        assertThat(report.toText()).contains("1 in doubt");
    }

    @Test
    void aRowidThatBecameAnotherRows() throws Exception {
        make("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)", NUMBERS + "i, printf('value%03d', i) FROM n");
        change("value050", -4, 49);

        salvage();

        // Before 50 there is no room for a row that is lost; behind 49 there is.
        assertThat(output("SELECT a FROM t WHERE id BETWEEN 48 AND 51"))
                .containsExactly(List.of("value048"), List.of("value049"), List.of("value051"));
        assertThat(lost("c1")).containsExactly(List.of("value050"));
    }

    @Test
    void rowsOfWhichOneHasTheWrongRowidAndNothingTellsWhich() throws Exception {
        make(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                NUMBERS + "i, printf('value%03d', i) FROM n",
                "DELETE FROM t WHERE id % 5");
        change("value050", -4, 44);

        salvage();

        assertThat(output("SELECT count(*) FROM t")).containsExactly(List.of(18));
        assertThat(lost("c1")).containsExactly(List.of("value045"), List.of("value050"));
    }

    @Test
    void aRowidThatBecameThatOfARowThatCannotBeRead() throws Exception {
        make("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)", NUMBERS + "i, printf('value%03d', i) FROM n");
        change("value050", -4, 49);
        // The record header of the row before.
        change("value049", -3, 0x7f);

        salvage();

        assertThat(output("SELECT a FROM t WHERE id BETWEEN 48 AND 51"))
                .containsExactly(List.of("value048"), List.of("value051"));
    }

    @Test
    void aRowThatRunsIntoDamage() throws Exception {
        make(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a BLOB, b INT)",
                NUMBERS + "i, CAST(printf('value%03d', i) AS BLOB), 70000 + i FROM n");
        // Rows are written from the end of the page: the damage begins in the last value of row 50 and ends in the
        // types of row 49.
        change("value050", 9, 7);
        for (int distance = -6; distance <= 0; distance++) {
            change(distance == -6 ? "value049" : "alue049", distance == -6 ? 0 : distance - 1, 0xd7);
        }

        salvage();

        assertThat(output("SELECT id FROM t WHERE id BETWEEN 48 AND 51")).containsExactly(List.of(48), List.of(51));
        assertThat(lost("id")).contains(List.of(50));
    }

    @Test
    void anIntegerInMoreBytesThanItTakes() throws Exception {
        make("CREATE TABLE t(n INT, a TEXT)", NUMBERS + "70000 + i, printf('value%03d', i) FROM n");
        change("value050", -3, 0);

        salvage();

        assertThat(output("SELECT count(*), min(n) FROM t")).containsExactly(List.of(99, 70001));
        assertThat(lost("c1")).containsExactly(List.of("value050"));
    }

    @Test
    void aTextThatIsNoneStaysOnASoundPage() throws Exception {
        make("CREATE TABLE t(a TEXT)", NUMBERS + "printf('value%03d', i) FROM n");
        change("value050", 2, 0xf6);

        assertThat(salvage().lostAndFoundRows()).isZero();
        assertThat(output("SELECT typeof(a), hex(CAST(a AS BLOB)) FROM t WHERE rowid = 50"))
                .containsExactly(List.of("text", "7661F67565303530"));
    }

    @Test
    void staysWhereManyTextsAreNone() throws Exception {
        make("CREATE TABLE t(a TEXT)", NUMBERS + "iif(i % 10, i, CAST(x'e4' || i AS TEXT)) FROM n");

        assertThat(salvage().lostAndFoundRows()).isZero();
        assertThat(output("SELECT count(*) FROM t")).containsExactly(List.of(100));
    }

    @Test
    void staysWhereAnIndexKnowsTheText() throws Exception {
        make(
                "CREATE TABLE t(a TEXT)",
                "CREATE INDEX t_a ON t(a)",
                NUMBERS + "iif(i <> 50, i, CAST(x'e4' || i AS TEXT)) FROM n");

        assertThat(salvage().lostAndFoundRows()).isZero();
        assertThat(output("SELECT count(*) FROM t")).containsExactly(List.of(100));
    }
}
