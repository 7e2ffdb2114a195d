package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody else drops a table, and the file is deleted before anybody misses it: the table is missing as it would be in a file that is still there. */
class DroppedThenDeletedTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"WAL", "DELETE"})
    void aTableThatIsDroppedElsewhereBeforeTheFileIsDeletedComesBackAsAnyOtherThatIsMissing(String journalMode)
            throws Exception {
        Path database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA journal_mode = " + journalMode,
                "CREATE TABLE kept (a)",
                "CREATE TABLE dropped (a)",
                "INSERT INTO kept VALUES (1)");
        String url = "jdbc:healing:sqlite:" + database;
        try (Connection connection = DriverManager.getConnection(url);
                Connection other = DriverManager.getConnection(url)) {
            Sql.value(connection, "SELECT count(*) FROM kept");
            Sql.value(other, "SELECT count(*) FROM dropped");
            Sql.runElsewhere(database, "DROP TABLE dropped");
            Files.delete(database);

            Sql.run(connection, "INSERT INTO kept VALUES (2)");
            for (Connection each : new Connection[] {connection, other}) {
                assertThat(Sql.value(each, "SELECT count(*) FROM dropped")).isEqualTo(0);
                assertThat(Sql.value(each, "SELECT count(*) FROM kept")).isEqualTo(2);
            }
        }
    }
}
