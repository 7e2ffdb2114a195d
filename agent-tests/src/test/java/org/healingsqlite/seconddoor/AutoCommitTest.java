package org.healingsqlite.seconddoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the agent knows of a transaction, it knows from sqlite-jdbc's methods. */
class AutoCommitTest {
    @TempDir
    Path directory;

    /** Else what was dropped would be missed as long as that is not committed, and the healer would commit it. */
    @Test
    void settingAutoCommitToWhatItIsBeginsNoTransaction() throws Exception {
        Path database = directory.resolve("app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Sql.run(connection, "CREATE TABLE extra (a)", "CREATE TABLE other (a)");
            connection.setAutoCommit(false);
            Sql.run(connection, "INSERT INTO other VALUES (1)", "DROP TABLE extra");
            connection.setAutoCommit(false);

            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO extra VALUES (1)"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("no such table: extra");

            connection.rollback();
            assertThat(Sql.value(connection, "SELECT count(*) FROM other")).isEqualTo(0);
            assertThat(Sql.value(connection, "SELECT count(*) FROM extra")).isEqualTo(0);
        }
    }

    /** sqlite-jdbc says that autocommit is off then, and its BEGIN has failed: what the text has begun is as open as before. */
    @Test
    void aTransactionThatATextHasBegunIsStillInUseWhereSettingAutoCommitFails() throws Exception {
        Path database = directory.resolve("app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Sql.run(connection, "CREATE TABLE extra (a)", "CREATE TABLE other (a)");
            Sql.run(connection, "SAVEPOINT s", "INSERT INTO other VALUES (1)", "DROP TABLE extra");
            assertThatThrownBy(() -> connection.setAutoCommit(false)).hasMessageContaining("within a transaction");

            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO extra VALUES (1)"))
                    .hasMessageContaining("no such table: extra");

            assertThat(Sql.rowsElsewhere(database, "SELECT count(*) FROM other"))
                    .hasToString("[[0]]");
            connection.rollback();
            assertThat(Sql.value(connection, "SELECT count(*) FROM other")).isEqualTo(0);
            assertThat(Sql.value(connection, "SELECT count(*) FROM extra")).isEqualTo(0);
        }
    }

    @Test
    void whatAPreparedBatchHasDroppedIsNotBroughtBack() throws Exception {
        Path database = directory.resolve("app.db");
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Sql.run(connection, "CREATE TABLE extra (a)");
            try (PreparedStatement drop = connection.prepareStatement("DROP TABLE extra")) {
                drop.addBatch();
                drop.executeBatch();
            }

            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO extra VALUES (1)"))
                    .hasMessageContaining("no such table: extra");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "SELECT 'no update'", "THIS IS NOT SQL"})
    void aTransactionThatABatchHasEndedIsOver(String last) throws Exception {
        Path database = directory.resolve("app.db");
        try (Connection connection =
                        DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?busy_timeout=0");
                Connection other = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement batch = connection.createStatement()) {
            Sql.run(connection, "CREATE TABLE t (a)");
            connection.setAutoCommit(false);
            batch.addBatch("INSERT INTO t VALUES ('mine')");
            batch.addBatch("COMMIT");
            if (!last.isEmpty()) {
                batch.addBatch(last);
            }
            if (last.isEmpty()) {
                batch.executeBatch();
            } else {
                assertThatThrownBy(batch::executeBatch).isInstanceOf(SQLException.class);
            }
            Sql.run(other, "BEGIN IMMEDIATE");
            assertThatThrownBy(() -> Sql.run(connection, "INSERT INTO t VALUES ('locked')"))
                    .hasMessageContaining("SQLITE_BUSY");
            Sql.run(other, "ROLLBACK");
            assertThatThrownBy(connection::commit).hasMessageContaining("no transaction is active");
        }
        assertThat(Sql.rowsElsewhere(database, "SELECT a FROM t")).hasToString("[[mine]]");
    }
}
