package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The last leaf of a table, for which no key says where it ends, has changed places with a leaf of another that looks alike. */
class ExchangedLastLeafTest {

    private static final int PAGE = 512;
    private static final int SHORT = 70;
    private static final int LONG = 84;

    @TempDir
    private Path directory;

    private Path damaged = Path.of("");

    /** Rows 1 to 18 take three leaves; of those that follow a leaf takes six if they are short, and five if they are long. */
    private void make(String... tables) throws Exception {
        damaged = directory.resolve("damaged.db");
        for (String table : tables) {
            Sql.runElsewhere(
                    damaged, "PRAGMA page_size=" + PAGE, "CREATE TABLE " + table + "(id INTEGER PRIMARY KEY, a TEXT)");
            for (int i = 1; i <= 18; i++) {
                insert(table, i, SHORT);
            }
        }
        for (int i = 19; i <= 24; i++) {
            insert("first", i, SHORT);
        }
        for (int i = 19; i <= 25; i++) {
            insert("second", i, LONG);
        }
    }

    private void insert(String table, int id, int length) throws Exception {
        String text = String.format("%-" + length + "s", table + " " + id);
        Sql.runElsewhere(damaged, "INSERT INTO " + table + " VALUES(" + id + ", '" + text + "')");
    }

    /** Exchanges the leaves with the rows from 19 on. */
    private void exchange() throws Exception {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(damaged));
        int first = leaf(bytes, "first");
        int second = leaf(bytes, "second");
        byte[] one = new byte[PAGE];
        byte[] other = new byte[PAGE];
        bytes.get(first, one).get(second, other).put(first, other).put(second, one);
        assertThat(ByteBuffer.wrap(one).getShort(3)).isEqualTo((short) 6);
        assertThat(ByteBuffer.wrap(other).getShort(3)).isEqualTo((short) 5);
        Files.write(damaged, bytes.array());
        Salvage.of(damaged).into(directory.resolve("output.db"));
    }

    /** Where the fourth child of a root begins. */
    private int leaf(ByteBuffer bytes, String table) throws Exception {
        List<List<Object>> found =
                Sql.rowsElsewhere(damaged, "SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'");
        int root = (((Number) found.get(0).get(0)).intValue() - 1) * PAGE;
        int child = bytes.getShort(root + 3) == 3
                ? bytes.getInt(root + 8)
                : bytes.getInt(root + bytes.getShort(root + 12 + 6));
        return (child - 1) * PAGE;
    }

    private List<List<Object>> found(String table) throws Exception {
        return Sql.rowsElsewhere(
                directory.resolve("output.db"),
                "SELECT count(*), coalesce(sum(a NOT LIKE '" + table + " %'), 0) FROM " + table);
    }

    @Test
    void bothGoBackWhereTheirRowsMeetTheOthers() throws Exception {
        make("first", "second");

        exchange();

        assertThat(found("first")).containsExactly(List.of(24, 0));
        assertThat(found("second")).containsExactly(List.of(25, 0));
    }

    @Test
    void noTableTakesTheLeafThatReachesBeyondItsPlaceWhereAThirdCouldBeMeant() throws Exception {
        make("first", "second", "third");
        for (int i = 19; i <= 23; i++) {
            insert("third", i, LONG);
        }

        exchange();

        assertThat(found("second").get(0).get(1)).isEqualTo(0);
        assertThat(found("third")).containsExactly(List.of(23, 0));
    }
}
