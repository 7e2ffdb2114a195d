package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A lock that somebody never lets go of: a call that fails in the end does not wait anew with each retry. */
class LeakedLockTest {
    /** sqlite-jdbc's own busy_timeout. */
    private static final Duration SQLITE_JDBCS = Duration.ofSeconds(3);

    /** As long as the pauses between three retries, the first of them 200 ms, give or take a fifth. */
    private static final Duration RETRIES = Duration.ofMillis(1700);

    /** What a loaded machine adds; another wait of SQLite's own would be more. */
    private static final Duration LOAD = Duration.ofMillis(2500);

    @TempDir
    Path directory;

    @Test
    void aCallEndsAfterOneWaitOfSqlitesAndTheRetries() throws Exception {
        Path database = directory.resolve("app.db");
        String options = "?healing.retries=3&healing.retryDelay=200ms";
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database + options);
                Connection leak = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(connection, "CREATE TABLE t (v)");
            Sql.run(leak, "BEGIN IMMEDIATE");
            long began = System.nanoTime();
            SQLException told = null;
            try {
                Sql.run(connection, "INSERT INTO t VALUES (1)");
            } catch (SQLException e) {
                told = e;
            }
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            assertThat((Throwable) told).hasMessageContaining("BUSY");
            assertThat(took).isLessThan(SQLITE_JDBCS.plus(RETRIES).plus(LOAD));
            Sql.run(leak, "ROLLBACK");
            Sql.run(connection, "INSERT INTO t VALUES (2)");
            assertThat(Sql.value(connection, "PRAGMA busy_timeout"))
                    .as("the application's own wait is what it was")
                    .isEqualTo((int) SQLITE_JDBCS.toMillis());
        }
    }
}
