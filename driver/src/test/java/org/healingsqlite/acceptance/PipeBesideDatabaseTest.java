package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pipe that has the name of a journal or a log: whoever opens it waits for ever. */
@DisabledOnOs(OS.WINDOWS)
class PipeBesideDatabaseTest {
    /** Far longer than a connection takes, on a busy machine, too. */
    private static final Duration ENDS = Duration.ofMinutes(1);

    @TempDir
    Path directory;

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"-journal", "-wal"})
    void isNotOpened(String suffix) throws Exception {
        Path database = directory.resolve("app.db");
        Sql.runElsewhere(database, "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)");
        Path pipe = Path.of(database + suffix);
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "no mkfifo here");
        String url = "jdbc:healing:sqlite:" + database;

        assertTimeoutPreemptively(
                ENDS,
                () -> assertThatThrownBy(() -> rows(url))
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining(pipe + " is a pipe, a socket or a device: expected a file, or none"));

        Files.delete(pipe);
        assertThat(rows(url)).as("once it is gone").isEqualTo(1);
    }

    private static Object rows(String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url)) {
            return Sql.value(connection, "SELECT count(*) FROM t");
        }
    }
}
