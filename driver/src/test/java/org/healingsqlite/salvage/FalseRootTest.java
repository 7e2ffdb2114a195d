package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage has made one table's row of the schema name the root of another table, which looks alike. */
class FalseRootTest {

    private static final int PAGE = 4096;

    @TempDir
    private Path directory;

    @Test
    void aRootBelongsToTheTableWhoseRowIsSound() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        String rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO ";
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE narrow(id INTEGER PRIMARY KEY, a TEXT)",
                "CREATE TABLE wide(id INTEGER PRIMARY KEY, a TEXT, b INT)",
                rows + "narrow SELECT i, 'a text of the narrow table ' || i FROM n",
                rows + "wide SELECT i, 'a text of the wide table ' || i, i FROM n");
        int rootOfWide = ((Number) Sql.rowsElsewhere(damaged, "SELECT rootpage FROM sqlite_schema WHERE name = 'wide'")
                        .get(0)
                        .get(0))
                .intValue();
        byte[] bytes = Files.readAllBytes(damaged);
        int root = indexOf(bytes, "narrownarrow") + "narrownarrow".length();
        assertThat((char) bytes[root + 1]).isEqualTo('C');
        bytes[root] = (byte) rootOfWide;
        bytes[root + 1] = (byte) 0xe5;
        bytes[root + 2] = (byte) 0xa4;
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");

        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), min(a LIKE '%wide%') FROM wide"))
                .containsExactly(List.of(300, 1));
    }

    /** Two tables with the same rowids; the first one's row of the schema names the root of the second. */
    private void makeWithOneRoot(String secondColumns) throws Exception {
        Path damaged = directory.resolve("damaged.db");
        String rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO ";
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=" + PAGE,
                "CREATE TABLE first(id INTEGER PRIMARY KEY, a TEXT)",
                "CREATE TABLE second(" + secondColumns + ")",
                rows + "first(id, a) SELECT i, 'a text of the first table ' || i FROM n",
                rows + "second(id, a) SELECT i, 'a text of the second table ' || i FROM n");
        byte[] bytes = Files.readAllBytes(damaged);
        int root = indexOf(bytes, "firstfirst") + "firstfirst".length();
        bytes[root] = bytes[indexOf(bytes, "secondsecond") + "secondsecond".length()];
        Files.write(damaged, bytes);
        Salvage.of(damaged).into(directory.resolve("output.db"));
    }

    private List<List<Object>> found(String table) throws Exception {
        return Sql.rowsElsewhere(
                directory.resolve("output.db"),
                "SELECT count(*), coalesce(sum(a NOT LIKE '% " + table + " %'), 0) FROM " + table);
    }

    @Test
    void aRootThatTwoSoundRowsNameBelongsToNeitherIfTheyLookAlike() throws Exception {
        makeWithOneRoot("id INTEGER PRIMARY KEY, a TEXT");

        assertThat(found("first").get(0).get(1)).isEqualTo(0);
        assertThat(found("second").get(0).get(1)).isEqualTo(0);
    }

    @Test
    void aRootThatTwoSoundRowsNameGoesToTheOneThatCanHaveItsRows() throws Exception {
        makeWithOneRoot("id INT NOT NULL, b INT, a TEXT");

        assertThat(found("first")).containsExactly(List.of(300, 0));
        assertThat(found("second")).containsExactly(List.of(300, 0));
    }

    private static int indexOf(byte[] bytes, String text) {
        return new String(bytes, 0, PAGE, StandardCharsets.ISO_8859_1).indexOf(text);
    }
}
