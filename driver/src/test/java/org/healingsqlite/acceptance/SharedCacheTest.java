package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** S0-24: connections that share a cache are not moved. They read what they hold, write nothing that nobody would see, and nothing is lost. */
class SharedCacheTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "WAL, jdbc:healing:sqlite:file:%s?cache=shared",
        "DELETE, jdbc:healing:sqlite:file:%s?cache=shared",
        "WAL, jdbc:healing:sqlite:%s?shared_cache=true"
    })
    void whatIsAcknowledgedIsThereInTheEnd(String mode, String form) throws Exception {
        Path database = directory.resolve("app.db");
        String url = form.formatted(database);
        int acknowledged = 1;
        try (Connection first = DriverManager.getConnection(url);
                Connection second = DriverManager.getConnection(url)) {
            Sql.run(first, "PRAGMA journal_mode = " + mode, "CREATE TABLE t(k)", "INSERT INTO t VALUES (1)");
            assertThat(Sql.rows(second, "SELECT k FROM t")).containsExactly(List.of(1));
            for (String suffix : List.of("", "-wal", "-shm")) {
                Files.deleteIfExists(Path.of(database + suffix));
            }
            for (int call = 0; call < 20; call++) {
                try {
                    Sql.run(call % 2 == 0 ? first : second, "INSERT INTO t VALUES (2)");
                    acknowledged++;
                } catch (SQLException refused) {
                    assertThat(Sql.rows(first, "SELECT count(*) FROM t")).containsExactly(List.of(acknowledged));
                }
            }
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM t")).containsExactly(List.of(acknowledged));
    }
}
