package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image of a hot journal lies in the place of a page of the main file, or does not say of which page it is. */
class StrayImagesTest {

    private static final int PAGE = 512;
    private static final int RECORD = 8 + PAGE;

    @TempDir
    private Path directory;

    private Path damaged = Path.of("");
    private ByteBuffer main = ByteBuffer.allocate(0);
    private ByteBuffer journal = ByteBuffer.allocate(0);

    /** Stops within a transaction that changes some rows of one table; another table is as it was. */
    @BeforeEach
    void stopWithinTransaction() throws Exception {
        Path file = directory.resolve("live.db");
        String rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO ";
        Sql.runElsewhere(
                file,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE changed(id INTEGER PRIMARY KEY, a TEXT)",
                "CREATE TABLE same(id INTEGER PRIMARY KEY, a TEXT, b INT)",
                rows + "changed SELECT i, 'a text of changed ' || i FROM n",
                rows + "same SELECT i, 'a text of same ' || i, i FROM n");
        damaged = directory.resolve("damaged.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            Sql.run(
                    connection,
                    "PRAGMA cache_size=2",
                    "BEGIN",
                    "UPDATE changed SET a = 'A' || substr(a, 2) WHERE id % 8 = 0");
            main = ByteBuffer.wrap(Files.readAllBytes(file));
            journal = ByteBuffer.wrap(Files.readAllBytes(directory.resolve("live.db-journal")));
        }
    }

    /** Where in the journal the image of a leaf of the changed table begins that is written to the main file already. */
    private int image() {
        int sector = journal.getInt(20);
        int segment = 0;
        while (segment + sector < journal.capacity()) {
            int records = journal.getInt(segment + 8);
            for (int i = 0; i < records; i++) {
                int at = segment + sector + i * RECORD;
                int page = (journal.getInt(at) - 1) * PAGE;
                if (page > 0
                        && journal.get(at + 4) == 13
                        && !Arrays.equals(journal.array(), at + 4, at + 4 + PAGE, main.array(), page, page + PAGE)) {
                    return at + 4;
                }
            }
            segment = (segment + sector + records * RECORD + sector - 1) / sector * sector;
        }
        throw new AssertionError("no such image");
    }

    /** The last page is a leaf of the table that is as it was. */
    private int leaf() {
        int leaf = main.capacity() - PAGE;
        assertThat(main.get(leaf)).isEqualTo((byte) 13);
        return leaf;
    }

    private void salvage() throws Exception {
        Files.write(damaged, main.array());
        Files.write(directory.resolve("damaged.db-journal"), journal.array());
        Salvage.of(damaged).into(directory.resolve("output.db"));
    }

    /** How many rows there are of a table, and how many with other values than before the transaction. */
    private List<List<Object>> found(String table) throws Exception {
        return Sql.rowsElsewhere(
                directory.resolve("output.db"),
                "SELECT count(*), coalesce(sum(a <> 'a text of " + table + " ' || id), 0) FROM " + table);
    }

    @Test
    void anImageThatChangedPlacesWithAPageIsFound() throws Exception {
        int image = image();
        int leaf = leaf();
        byte[] page = new byte[PAGE];
        main.get(leaf, page).put(leaf, journal.array(), image, PAGE);
        journal.put(image, page);

        salvage();

        assertThat(found("changed")).containsExactly(List.of(300, 0));
        assertThat(found("same")).containsExactly(List.of(300, 0));
    }

    @Test
    void anImageWithoutANumberIsOfThePageThatIsLikeIt() throws Exception {
        journal.putInt(image() - 4, 0x7e00_0000);

        salvage();

        assertThat(found("changed")).containsExactly(List.of(300, 0));
        assertThat(found("same")).containsExactly(List.of(300, 0));
    }

    @Test
    void anImageThatIsLikeNoPageReplacesNone() throws Exception {
        int image = image();
        journal.putInt(image - 4, 0x7e00_0000);
        // The checksum sees every 200th byte.
        for (int i = 8; i < PAGE; i++) {
            if ((PAGE - i) % 200 != 0) {
                journal.put(image + i, (byte) (i * 37));
            }
        }

        salvage();

        assertThat(found("same")).containsExactly(List.of(300, 0));
        assertThat(Sql.rowsElsewhere(directory.resolve("output.db"), "SELECT count(*) FROM changed"))
                .containsExactly(List.of(300));
    }
}
