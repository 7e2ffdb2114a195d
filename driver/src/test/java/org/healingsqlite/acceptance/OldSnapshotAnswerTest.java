package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A transaction that has read what another connection has changed since cannot write: whatever the application does with the exception, nothing of it is stored. */
class OldSnapshotAnswerTest {
    @TempDir
    Path directory;

    private Connection connection;
    private Connection other;

    /** How the application begins and ends its transaction. */
    enum Kind {
        BY_TEXT,
        BY_JDBC;

        void begin(Connection connection) throws SQLException {
            if (this == BY_TEXT) {
                Sql.run(connection, "BEGIN");
            } else {
                connection.setAutoCommit(false);
            }
        }

        void commit(Connection connection) throws SQLException {
            if (this == BY_TEXT) {
                Sql.run(connection, "COMMIT");
            } else {
                connection.commit();
            }
        }

        void rollback(Connection connection) throws SQLException {
            if (this == BY_TEXT) {
                Sql.run(connection, "ROLLBACK");
            } else {
                connection.rollback();
            }
        }
    }

    @BeforeEach
    void open() throws SQLException {
        String url = "jdbc:healing:sqlite:" + directory.resolve("app.db");
        connection = DriverManager.getConnection(url);
        other = DriverManager.getConnection(url);
        Sql.run(
                connection,
                "PRAGMA journal_mode = wal",
                "CREATE TABLE account (balance)",
                "INSERT INTO account VALUES (100)");
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        other.close();
    }

    private void readThenLose(Kind kind) throws SQLException {
        kind.begin(connection);
        assertThat(Sql.value(connection, "SELECT balance FROM account")).isEqualTo(100);
        Sql.run(other, "UPDATE account SET balance = balance + 50");
        assertThatThrownBy(() -> Sql.run(connection, "UPDATE account SET balance = 90"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("SQLITE_BUSY_SNAPSHOT");
    }

    private Object balance() throws SQLException {
        return Sql.value(other, "SELECT balance FROM account");
    }

    @ParameterizedTest
    @EnumSource
    void aStatementThatIsTriedAgainIsNotStored(Kind kind) throws SQLException {
        readThenLose(kind);
        for (int i = 0; i < 3; i++) {
            try {
                Sql.run(connection, "UPDATE account SET balance = 90");
            } catch (SQLException asBefore) {
                // It may fail again, as it does without us.
            }
        }
        assertThat(balance()).isEqualTo(150);
        try {
            kind.commit(connection);
        } catch (SQLException refused) {
            assertThat(refused.getSQLState()).isEqualTo("40001");
        }
        assertThat(balance()).isEqualTo(150);
    }

    @ParameterizedTest
    @EnumSource
    void aCommitIsRefusedOrCommitsNothing(Kind kind) throws SQLException {
        readThenLose(kind);
        try {
            kind.commit(connection);
        } catch (SQLException refused) {
            assertThat(refused.getSQLState()).isEqualTo("40001");
        }
        assertThat(balance()).isEqualTo(150);
    }

    @ParameterizedTest
    @EnumSource
    void rolledBackAndRunAgainItIsStored(Kind kind) throws SQLException {
        readThenLose(kind);
        kind.rollback(connection);
        if (kind == Kind.BY_TEXT) {
            kind.begin(connection);
        }
        Sql.run(connection, "UPDATE account SET balance = balance - 10");
        kind.commit(connection);
        assertThat(balance()).isEqualTo(140);
    }

    @ParameterizedTest
    @EnumSource
    void afterACommitThatWasRefusedTheNextTransactionIsOneOfItsOwn(Kind kind) throws SQLException {
        readThenLose(kind);
        try {
            kind.commit(connection);
        } catch (SQLException refused) {
            assertThat(refused.getSQLState()).isEqualTo("40001");
        }
        if (kind == Kind.BY_TEXT) {
            kind.begin(connection);
        }
        Sql.run(connection, "UPDATE account SET balance = balance - 10");
        kind.commit(connection);
        assertThat(balance()).isEqualTo(140);
    }
}
