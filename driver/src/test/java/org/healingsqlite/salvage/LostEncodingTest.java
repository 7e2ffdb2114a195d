package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The header, which names the encoding, is gone, and most texts have a NUL in them. */
class LostEncodingTest {

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16le", "UTF-16be"})
    void theTextsOfATableWithoutRowidTellIt(String encoding) throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA encoding='" + encoding + "'",
                "CREATE TABLE t(a TEXT PRIMARY KEY) WITHOUT ROWID",
                "INSERT INTO t VALUES('some'), ('words'), ('of'), ('text')");
        byte[] bytes = Files.readAllBytes(damaged);
        Arrays.fill(bytes, 0, 512, (byte) 0);
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");

        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), min(a) FROM t")).containsExactly(List.of(4, "of"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16le", "UTF-16be"})
    void textsWithNulsTellTheirEncoding(String encoding) throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA encoding='" + encoding + "'",
                "CREATE TABLE t(a TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
                        + "INSERT INTO t SELECT 'a' || char(0) || 'слово' || i FROM n");
        byte[] bytes = Files.readAllBytes(damaged);
        Arrays.fill(bytes, 0, 100, (byte) 0);
        Files.write(damaged, bytes);
        Path output = directory.resolve("output.db");

        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*) FROM t WHERE a = 'a' || char(0) || 'слово' || rowid"))
                .containsExactly(List.of(300));
    }
}
