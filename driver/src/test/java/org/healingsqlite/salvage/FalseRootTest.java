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

    private static int indexOf(byte[] bytes, String text) {
        return new String(bytes, 0, PAGE, StandardCharsets.ISO_8859_1).indexOf(text);
    }
}
