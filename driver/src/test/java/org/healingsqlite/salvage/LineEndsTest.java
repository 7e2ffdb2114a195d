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

/** A transfer in text mode changed the line ends of the whole file, in numbers and page headers too. */
class LineEndsTest {

    private static final String ROWS = "SELECT rowid, a, hex(b) FROM t ORDER BY rowid";

    @TempDir
    private Path directory;

    @Test
    void everyRowComesBackWhereEveryLfBecameCrLf() throws Exception {
        Path original = database();
        Path damaged = Files.write(directory.resolve("damaged.db"), withReturns(Files.readAllBytes(original)));
        Path output = directory.resolve("output.db");

        SalvageReport report = Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, ROWS)).isEqualTo(Sql.rowsElsewhere(original, ROWS));
        assertThat(report.lostRows()).isZero();
        assertThat(report.toString()).contains("every LF of the file had become CR LF");
    }

    @Test
    void theFirstHalfOfSuchAFileGivesTheRowsThatAreInIt() throws Exception {
        Path original = database();
        byte[] translated = withReturns(Files.readAllBytes(original));
        Path damaged =
                Files.write(directory.resolve("damaged.db"), Arrays.copyOf(translated, translated.length / 2 + 77));
        Path output = directory.resolve("output.db");

        Salvage.of(damaged).into(output);

        List<List<Object>> found = Sql.rowsElsewhere(output, ROWS);
        assertThat(found).hasSizeBetween(1300, 1600);
        assertThat(Sql.rowsElsewhere(original, ROWS)).containsAll(found);
    }

    @Test
    void lineEndsThatAreTheRowsOwnStayAsTheyAre() throws Exception {
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                damaged,
                "PRAGMA page_size=1024",
                "CREATE TABLE t(a TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 108) "
                        + "INSERT INTO t(rowid, a) SELECT i, char(13, 10) || 'some text of a row' || char(13, 10) FROM n",
                "PRAGMA user_version=7");
        byte[] bytes = Files.readAllBytes(damaged);
        assertThat(loneFeeds(bytes)).isZero();
        Files.write(damaged, Arrays.copyOf(bytes, bytes.length + 100));
        Path output = directory.resolve("output.db");

        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT count(*), sum(length(a)) FROM t"))
                .containsExactly(List.of(9, 9 * 22));
    }

    private Path database() throws Exception {
        Path file = directory.resolve("original.db");
        Sql.runElsewhere(
                file,
                "PRAGMA page_size=4096",
                "CREATE TABLE t(a TEXT, b BLOB)",
                "CREATE INDEX i ON t(a)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                        + "INSERT INTO t SELECT 'line ' || i || char(13, 10) || 'next' || char(10), randomblob(500) FROM n");
        return file;
    }

    private static byte[] withReturns(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1)
                .replace("\n", "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static int loneFeeds(byte[] bytes) {
        int count = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r')) {
                count++;
            }
        }
        return count;
    }
}
