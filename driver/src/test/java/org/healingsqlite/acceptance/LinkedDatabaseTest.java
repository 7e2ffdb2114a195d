package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import org.healingsqlite.testkit.Removal;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** S0-24, S0-26: the application's path is a symbolic link, to a file that is not there yet, or through a directory. What is lost goes back to where the link leads. */
class LinkedDatabaseTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"FILE, WAL", "FILE, DELETE", "LINK_TO_LINK, WAL", "DIRECTORY, WAL", "DIRECTORY, DELETE"})
    void theContentGoesBackToWhereTheLinkLeads(String kind, String mode) throws Exception {
        Path data = Files.createDirectory(directory.resolve("data"));
        Path path = directory.resolve("app.db");
        switch (kind) {
            case "FILE" -> Files.createSymbolicLink(path, Path.of("data", "app.db"));
            case "LINK_TO_LINK" -> {
                Files.createSymbolicLink(directory.resolve("second.db"), Path.of("data", "app.db"));
                Files.createSymbolicLink(path, Path.of("second.db"));
            }
            default ->
                path = Files.createSymbolicLink(directory.resolve("link"), Path.of("data"))
                        .resolve("app.db");
        }
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + path)) {
            Sql.run(connection, "PRAGMA journal_mode = " + mode, "CREATE TABLE t(k)", "INSERT INTO t VALUES (1)");
            Removal.tree(data);
            Sql.run(connection, "INSERT INTO t VALUES (2)");
        }
        assertThat(data.resolve("app.db")).isRegularFile();
        assertThat(Sql.rowsElsewhere(path, "SELECT k FROM t ORDER BY k")).containsExactly(List.of(1), List.of(2));
    }
}
