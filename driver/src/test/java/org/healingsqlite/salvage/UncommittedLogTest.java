package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Arrays;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log has nothing but the beginning of a transaction, with pages behind the end of the main file. */
class UncommittedLogTest {

    private static final int PAGE = 512;
    private static final int FRAME = 24 + PAGE;

    @TempDir
    private Path directory;

    @Test
    void theRowsOfTheMainFileComeBack() throws Exception {
        Path live = directory.resolve("live.db");
        Path damaged = directory.resolve("damaged.db");
        String numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) ";
        Sql.runElsewhere(
                live,
                "PRAGMA page_size=" + PAGE,
                "PRAGMA journal_mode=WAL",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)",
                "INSERT INTO t VALUES(0, 'committed')");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + live)) {
            Sql.run(connection, "PRAGMA wal_autocheckpoint=0", numbers + "INSERT INTO t SELECT i, 'a text' FROM n");
            Files.copy(live, damaged);
            byte[] log = Files.readAllBytes(directory.resolve("live.db-wal"));
            Files.write(directory.resolve("damaged.db-wal"), Arrays.copyOf(log, log.length - FRAME));
        }
        Path output = directory.resolve("output.db");

        Salvage.of(damaged).into(output);

        assertThat(Sql.rowsElsewhere(output, "SELECT id, a FROM t")).containsExactly(List.of(0, "committed"));
    }
}
