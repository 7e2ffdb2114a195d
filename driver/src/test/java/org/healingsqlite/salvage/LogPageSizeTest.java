package org.healingsqlite.salvage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Arrays;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The header is gone, and more bytes of the file read as pages of another size: another file lies behind it. */
class LogPageSizeTest {

    @TempDir
    private Path directory;

    @Test
    void thePageSizeIsTheOneThatTheLogProves() throws Exception {
        Path inner = directory.resolve("inner.db");
        Sql.runElsewhere(
                inner,
                "PRAGMA page_size=512",
                "CREATE TABLE i(a TEXT)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO i SELECT 'a text ' || i FROM n");
        Path live = directory.resolve("live.db");
        Path damaged = directory.resolve("damaged.db");
        Sql.runElsewhere(
                live,
                "PRAGMA page_size=1024",
                "PRAGMA journal_mode=WAL",
                "CREATE TABLE t(a TEXT)",
                "INSERT INTO t VALUES('kept')");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + live)) {
            Sql.run(connection, "PRAGMA wal_autocheckpoint=0", "INSERT INTO t VALUES('in the log')");
            byte[] main = Files.readAllBytes(live);
            byte[] other = Files.readAllBytes(inner);
            byte[] both = Arrays.copyOf(main, main.length + other.length);
            System.arraycopy(other, 0, both, main.length, other.length);
            Arrays.fill(both, 0, 100, (byte) 0);
            Arrays.fill(both, main.length, main.length + 100, (byte) 0);
            Files.write(damaged, both);
            Files.copy(directory.resolve("live.db-wal"), directory.resolve("damaged.db-wal"));
        }

        assertThat(Salvage.of(damaged).geometry().pageSizeBytes()).isEqualTo(1024);
    }
}
