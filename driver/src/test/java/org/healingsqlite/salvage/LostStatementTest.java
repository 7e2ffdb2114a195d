package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The statement of a table is lost, and its rows look like those of others, which are damaged too. */
class LostStatementTest {

    private static final int PAGE = 512;

    @TempDir
    private Path directory;

    private byte[] bytes = {};

    private void make(int rowsOfLost, String... others) throws Exception {
        Path file = directory.resolve("damaged.db");
        Sql.runElsewhere(file, "PRAGMA page_size=" + PAGE, "CREATE TABLE lost(id INTEGER PRIMARY KEY, a TEXT)");
        for (String table : others) {
            Sql.runElsewhere(file, "CREATE TABLE " + table + "(id INTEGER PRIMARY KEY, a TEXT)");
        }
        insert("lost", 1, rowsOfLost);
    }

    private void insert(String table, int from, int to) throws Exception {
        Path file = directory.resolve("damaged.db");
        for (int i = from; i <= to; i++) {
            Sql.runElsewhere(
                    file,
                    "INSERT INTO " + table + " VALUES(" + i + ", 'row " + i + " of " + table
                            + ", with a few more words')");
        }
    }

    /** Reads the file and makes the row of the schema unreadable. */
    private void loseStatement() throws Exception {
        bytes = Files.readAllBytes(directory.resolve("damaged.db"));
        int row = new String(bytes, 0, PAGE, StandardCharsets.ISO_8859_1).indexOf("tablelostlost");
        Arrays.fill(bytes, row, row + 50, (byte) 1);
    }

    /** Where the root of a table begins in the file. */
    private int rootOf(String table) throws Exception {
        List<List<Object>> root = Sql.rowsElsewhere(
                directory.resolve("damaged.db"), "SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'");
        return (((Number) root.get(0).get(0)).intValue() - 1) * PAGE;
    }

    private int u16(int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }

    private void salvage() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Files.write(damaged, bytes);
        Salvage.of(damaged).into(directory.resolve("output.db"));
    }

    private List<List<Object>> found(String table) throws Exception {
        return Sql.rowsElsewhere(
                directory.resolve("output.db"),
                "SELECT count(*), coalesce(sum(a NOT LIKE '% of " + table + ",%'), 0) FROM " + table);
    }

    @Test
    void aPointerIntoTheMiddleOfACellHidesNoChildren() throws Exception {
        make(60, "known");
        insert("known", 1, 36);
        int root = rootOf("known");
        loseStatement();
        bytes[root + 15] = (byte) (bytes[root + 15] - 4);

        salvage();

        assertThat(found("known")).containsExactly(List.of(36, 0));
    }

    @Test
    void aChildWhoseKeyIsLostEndsBeforeTheNextKey() throws Exception {
        make(60, "known");
        insert("known", 1, 36);
        int root = rootOf("known");
        loseStatement();
        int cell = root + u16(root + 14);
        Arrays.fill(bytes, cell, cell + 5, (byte) 0);

        salvage();

        assertThat(found("known")).containsExactly(List.of(36, 0));
    }

    @Test
    void aRootIsOneThoughTheEndOfTheFileWithMostOfItsChildrenIsLost() throws Exception {
        make(60, "known");
        insert("known", 1, 20);
        int length = (int) Files.size(directory.resolve("damaged.db"));
        insert("known", 21, 80);
        loseStatement();
        bytes = Arrays.copyOf(bytes, length);

        salvage();

        assertThat(Sql.rowsElsewhere(
                        directory.resolve("output.db"), "SELECT count(*) > 10, sum(a LIKE '% of lost,%') FROM known"))
                .containsExactly(List.of(1, 0));
    }

    @Test
    void aTableTakesNoLeafOfAParentThatNamesRivalsOfItsOwn() throws Exception {
        make(60, "first", "second");
        insert("first", 1, 12);
        insert("second", 31, 42);
        int first = rootOf("first");
        int second = rootOf("second");
        loseStatement();
        for (int root : new int[] {first, second}) {
            assertThat(u16(root + 3)).isEqualTo(1);
            bytes[root + u16(root + 12)] = 1;
        }

        salvage();

        assertThat(found("first").get(0).get(1)).isEqualTo(0);
        assertThat(found("second").get(0).get(1)).isEqualTo(0);
    }

    @Test
    void noLeafStandsInForOneBehindTheEndOfTheFile() throws Exception {
        make(60, "kept");
        int length = (int) Files.size(directory.resolve("damaged.db"));
        insert("kept", 1, 60);
        loseStatement();
        bytes = Arrays.copyOf(bytes, length);

        salvage();

        assertThat(found("kept")).containsExactly(List.of(0, 0));
    }

    @Test
    void aTableTakesNoShorterRowsWhileTheStatementOfAnotherIsLost() throws Exception {
        make(60);
        Sql.runElsewhere(
                directory.resolve("damaged.db"), "CREATE TABLE wide(id INTEGER PRIMARY KEY, a TEXT, b INT, c INT)");
        int root = rootOf("wide");
        loseStatement();
        Arrays.fill(bytes, root, root + PAGE, (byte) 0);

        salvage();

        assertThat(found("wide")).containsExactly(List.of(0, 0));
    }

    @Test
    void rowsFromBeforeColumnsWereAddedReturnWhereNoStatementIsLost() throws Exception {
        make(60);
        Sql.runElsewhere(
                directory.resolve("damaged.db"),
                "ALTER TABLE lost ADD COLUMN b INT",
                "ALTER TABLE lost ADD COLUMN c INT");
        int root = rootOf("lost");
        bytes = Files.readAllBytes(directory.resolve("damaged.db"));
        Arrays.fill(bytes, root, root + PAGE, (byte) 0);

        salvage();

        assertThat(found("lost")).containsExactly(List.of(60, 0));
    }

    @Test
    void aCommentWhoseEndIsHitHidesNoColumns() throws Exception {
        makeWithComments();
        int end = new String(bytes, 0, PAGE, StandardCharsets.ISO_8859_1).indexOf("*/") + 1;
        bytes[end] |= (byte) 0x80;

        salvage();

        assertThat(found("wide")).containsExactly(List.of(40, 0));
        assertThat(Sql.rowsElsewhere(directory.resolve("output.db"), "SELECT sum(b = id), sum(d = id) FROM wide"))
                .containsExactly(List.of(40, 40));
    }

    @Test
    void aTableWithFewerColumnsThanItsRowsHaveFieldsTakesNoOthersRows() throws Exception {
        makeWithComments();
        // The comma behind the first comment, and a letter of the type behind it: what is left makes a table without b.
        String page = new String(bytes, 0, PAGE, StandardCharsets.ISO_8859_1);
        bytes[page.indexOf("*/,") + 2] |= (byte) 0x80;
        bytes[page.indexOf("c TEXT /*") + 3] |= (byte) 0x80;

        salvage();

        assertThat(Sql.rowsElsewhere(directory.resolve("output.db"), "SELECT name FROM sqlite_schema"))
                .isEmpty();
    }

    /** A table that is known, with comments in its statement, and one that is not, whose rows have one field less. */
    private void makeWithComments() throws Exception {
        Path file = directory.resolve("damaged.db");
        Sql.runElsewhere(
                file,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE lost(id INTEGER PRIMARY KEY, a TEXT, c TEXT, d INT)",
                "CREATE TABLE wide(id INTEGER PRIMARY KEY, a TEXT /* one */, b INT, c TEXT /* two */, d INT)");
        for (int i = 1; i <= 40; i++) {
            String text = "'row " + i + " of %s, with a few more words', ";
            Sql.runElsewhere(
                    file,
                    "INSERT INTO lost VALUES(" + i + ", " + String.format(text, "lost") + "'c', " + i + ")",
                    "INSERT INTO wide VALUES(" + i + ", " + String.format(text, "wide") + i + ", 'c', " + i + ")");
        }
        loseStatement();
    }

    @Test
    void aKeyOfAnUnknownTypeWithoutAnIndexIsTheRowid() throws Exception {
        make(5);
        bytes = Files.readAllBytes(directory.resolve("damaged.db"));
        bytes[new String(bytes, 0, PAGE, StandardCharsets.ISO_8859_1).indexOf("INTEGER")] = 'H';
        salvage();

        assertThat(Sql.rowsElsewhere(directory.resolve("output.db"), "SELECT id FROM lost ORDER BY rowid"))
                .containsExactly(List.of(1), List.of(2), List.of(3), List.of(4), List.of(5));
    }

    @Test
    void aKeyThatIsNullInEveryRowAndHasItsIndexIsWhatItSays() throws Exception {
        Path file = directory.resolve("damaged.db");
        Sql.runElsewhere(
                file, "CREATE TABLE lost(id TEXT PRIMARY KEY, a)", "INSERT INTO lost VALUES(NULL, 1), (NULL, 2)");
        bytes = Files.readAllBytes(file);
        salvage();

        assertThat(Sql.rowsElsewhere(directory.resolve("output.db"), "SELECT sum(id IS NULL), sum(a) FROM lost"))
                .containsExactly(List.of(2, 3));
    }
}
