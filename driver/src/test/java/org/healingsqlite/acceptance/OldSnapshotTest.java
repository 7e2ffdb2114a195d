package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A transaction whose snapshot is too old to write: whatever becomes of it, JDBC's idea of the transaction stays SQLite's. */
class OldSnapshotTest {
    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void create() throws SQLException {
        database = directory.resolve("app.db");
        Sql.runElsewhere(
                database,
                "PRAGMA journal_mode = WAL",
                "CREATE TABLE t (v INTEGER PRIMARY KEY)",
                "INSERT INTO t VALUES (1), (2)");
    }

    @Test
    @DisplayName("What is rolled back after an old snapshot at the first statement of a transaction is not stored")
    void whatIsRolledBackIsNotStored() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database);
                Statement reader = connection.createStatement();
                Statement writer = connection.createStatement()) {
            Sql.run(connection, "PRAGMA busy_timeout = 0");
            try (ResultSet open = reader.executeQuery("SELECT v FROM t")) {
                assertThat(open.next()).isTrue();
                Sql.runElsewhere(database, "INSERT INTO t VALUES (3)");
                connection.setAutoCommit(false);
                assertThatThrownBy(() -> writer.executeUpdate("INSERT INTO t VALUES (10)"))
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("SNAPSHOT");
            }
            for (int goesOn : List.of(11, 12)) {
                try {
                    writer.executeUpdate("INSERT INTO t VALUES (" + goesOn + ")");
                } catch (SQLException e) {
                    // As with sqlite-jdbc alone: the transaction has to begin anew.
                    assertThat(e.getMessage()).contains("SNAPSHOT");
                }
            }
            connection.rollback();
            assertEquals(List.of(List.of(1), List.of(2), List.of(3)), Sql.rows(connection, "SELECT v FROM t"));
            writer.executeUpdate("INSERT INTO t VALUES (13)");
            connection.commit();
            assertThat(Healing.of(connection).history(10))
                    .as("contention is no incident")
                    .isEmpty();
        }
        assertEquals(
                List.of(List.of(1), List.of(2), List.of(3), List.of(13)),
                Sql.rowsElsewhere(database, "SELECT v FROM t ORDER BY v"));
    }

    @Test
    void aTransactionThatHasReadWhatIsOutOfDateIsAllThereOrNotAtAll() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            Sql.run(connection, "PRAGMA busy_timeout = 0");
            connection.setAutoCommit(false);
            assertThat(Sql.value(connection, "SELECT count(*) FROM t")).isEqualTo(2);
            Sql.runElsewhere(database, "INSERT INTO t VALUES (3)");
            SQLException told = null;
            try {
                statement.executeUpdate("INSERT INTO t SELECT 100 + count(*) FROM t");
            } catch (SQLException e) {
                told = e;
            }
            // What was read is another number now, so nothing may be made of it.
            assertThat((Throwable) told).isNotNull();
            connection.rollback();
            statement.executeUpdate("INSERT INTO t VALUES (20)");
            connection.rollback();
            assertThat(Healing.of(connection).history(10))
                    .as("contention is no incident")
                    .isEmpty();
        }
        assertEquals(
                List.of(List.of(1), List.of(2), List.of(3)), Sql.rowsElsewhere(database, "SELECT v FROM t ORDER BY v"));
    }
}
