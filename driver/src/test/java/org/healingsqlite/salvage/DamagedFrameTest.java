package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes of a row in the newest frame of its page are wrong, and an earlier frame has the row too. */
class DamagedFrameTest {

    private static final int PAGE = 1024;
    private static final int FRAME = 24 + PAGE;

    @TempDir
    private Path directory;

    /** Ten rows, some of which a second transaction updates; then bytes of a text of the newest frame of their page are changed, too many to be mended. */
    private void salvage(String update, String text, int... places) throws Exception {
        Path file = directory.resolve("live.db");
        Path damaged = directory.resolve("damaged.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            Sql.run(
                    connection,
                    "PRAGMA page_size=" + PAGE,
                    "PRAGMA journal_mode=WAL",
                    "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) "
                            + "INSERT INTO t SELECT i, 'the text of the row ' || i || '.' FROM n",
                    update);
            Files.copy(file, damaged);
            ByteBuffer log = ByteBuffer.wrap(Files.readAllBytes(directory.resolve("live.db-wal")));
            int frame = log.capacity() - FRAME;
            while (log.getInt(frame) != 2) {
                frame -= FRAME;
            }
            int at = new String(log.array(), StandardCharsets.ISO_8859_1).indexOf(text, frame);
            assertThat(at).isBetween(frame, frame + FRAME);
            for (int place : places) {
                log.put(at + place, (byte) 'X');
            }
            Files.write(directory.resolve("damaged.db-wal"), log.array());
        }
        Salvage.of(damaged).into(directory.resolve("output.db"));
    }

    private List<List<Object>> output(String query) throws Exception {
        return Sql.rowsElsewhere(directory.resolve("output.db"), query);
    }

    @Test
    void aRowThatDiffersFromItsEarlierCopyInOneValueIsInDoubt() throws Exception {
        salvage("UPDATE t SET a = a || ' Updated.' WHERE id = 3", "the text of the row 7.", 1, 5, 18);

        assertThat(output("SELECT count(*) FROM t WHERE a GLOB '*X*'")).containsExactly(List.of(0));
        assertThat(output("SELECT count(*) FROM t")).containsExactly(List.of(9));
        assertThat(output("SELECT a FROM t WHERE id = 3")).containsExactly(List.of("the text of the row 3. Updated."));
    }

    @Test
    void rowsThatWereUpdatedTogetherAreNot() throws Exception {
        salvage("UPDATE t SET a = replace(a, 'row', 'ROW')", "the text of the ROW 7.", 1, 5, 18);

        assertThat(output("SELECT count(*) FROM t")).containsExactly(List.of(10));
    }
}
