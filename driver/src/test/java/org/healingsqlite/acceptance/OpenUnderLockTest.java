package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection is opened while somebody else has the database to himself: sqlite-jdbc opens it, and its statements say that it is locked. */
class OpenUnderLockTest {
    @TempDir
    Path directory;

    private Path database;
    private Path schema;

    @BeforeEach
    void create() throws Exception {
        database = directory.resolve("app.db");
        schema = Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE IF NOT EXISTS t (v);");
        // A table in which others keep their books: its rows are learned at each opening.
        Sql.runElsewhere(
                database,
                "CREATE TABLE t (v)",
                "INSERT INTO t VALUES (1)",
                "CREATE TABLE flyway_schema_history (installed_rank INT PRIMARY KEY, version TEXT)",
                "INSERT INTO flyway_schema_history VALUES (1, '1')");
    }

    private Connection open(String options) throws SQLException {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?busy_timeout=20" + options);
    }

    private void opensUnderLock(String options) throws SQLException {
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(other, "BEGIN EXCLUSIVE");
            try (Connection connection = open(options)) {
                assertThatThrownBy(() -> Sql.value(connection, "SELECT v FROM t"))
                        .hasMessageContaining("SQLITE_BUSY");
                Sql.run(other, "ROLLBACK");
                assertThat(Sql.value(connection, "SELECT v FROM t")).isEqualTo(1);
                Sql.runElsewhere(database, "DROP TABLE t");
                assertThat(Sql.rows(connection, "SELECT v FROM t")).isEmpty();
            }
        }
    }

    @Test
    void theFirstConnectionOpens() throws Exception {
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Sql.run(other, "BEGIN EXCLUSIVE");
            try (Connection connection = open("")) {
                assertThatThrownBy(() -> Sql.value(connection, "SELECT v FROM t"))
                        .hasMessageContaining("SQLITE_BUSY");
                Sql.run(other, "ROLLBACK");
                assertThat(Sql.value(connection, "SELECT v FROM t")).isEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLaterConnectionOpensAndIsHealedByWhatIsKnown(boolean registered) throws Exception {
        String options = registered ? "&healing.schema=" + schema : "";
        try (Connection before = open(options)) {
            assertThat(Sql.value(before, "SELECT v FROM t")).isEqualTo(1);
        }
        opensUnderLock(options);
    }
}
