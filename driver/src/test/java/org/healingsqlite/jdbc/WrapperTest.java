package org.healingsqlite.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.healingsqlite.Healing;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteConnection;

/** Everything leads back to the healing connection, and the connection leads to sqlite-jdbc's for those who ask. */
class WrapperTest {
    @TempDir
    Path directory;

    private Path database;
    private Connection connection;

    @BeforeEach
    void open() throws SQLException {
        database = directory.resolve("app.db");
        connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database);
        Sql.run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)", "INSERT INTO t (x) VALUES ('a')");
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    @Test
    void everyObjectLeadsBackToTheConnection() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT * FROM t")) {
            assertThat(rows.getStatement()).isSameAs(statement);
            assertThat(rows.getStatement().getConnection()).isSameAs(connection);
        }
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO t (x) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
            insert.setString(1, "b");
            insert.executeUpdate();
            assertThat(insert.getConnection()).isSameAs(connection);
            assertThat(insert.getGeneratedKeys().getStatement().getConnection()).isSameAs(connection);
            assertThat(insert.getParameterMetaData().getParameterCount()).isEqualTo(1);
        }
        assertThat(connection.getMetaData().getConnection()).isSameAs(connection);
        try (ResultSet tables = connection.getMetaData().getTables(null, null, "t", null)) {
            assertThat(tables.getStatement().getConnection()).isSameAs(connection);
        }
    }

    @Test
    void equalsIsIdentity() throws SQLException {
        try (Connection other = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            assertThat(connection).isNotEqualTo(other);
            assertThat(java.util.Set.of(connection, other)).contains(connection);
        }
    }

    @Test
    void unwrapGivesTheAskedForOrSaysNo() throws SQLException {
        assertThat(connection.unwrap(HealingConnection.class)).isSameAs(connection);
        assertThat(connection.unwrap(SQLiteConnection.class).getDatabase()).isNotNull();
        assertThat(connection.isWrapperFor(SQLiteConnection.class)).isTrue();
        assertThat(connection.isWrapperFor(String.class)).isFalse();
    }

    @Test
    void closingTheConnectionClosesWhatCameFromIt() throws SQLException {
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT * FROM t");
        connection.close();

        assertThat(connection.isClosed()).isTrue();
        // sqlite-jdbc has stepped to the first row when it executed.
        rows.next();
        assertThatThrownBy(rows::next).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> statement.executeQuery("SELECT 1")).isInstanceOf(SQLException.class);
        connection.close();
    }

    @Test
    void isValidLooksAtTheFile() throws Exception {
        assertThat(connection.isValid(1)).isTrue();
        try (Connection observing =
                        DriverManager.getConnection("jdbc:healing:sqlite:" + database + "?healing.mode=observe");
                Connection plain = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            Files.delete(database);

            assertThat(plain.isValid(1)).as("sqlite-jdbc's own answer").isTrue();
            assertThat(observing.isValid(1)).isFalse();
            assertThat(connection.isValid(1)).as("healed by looking").isTrue();
            assertThat(database).exists();
        }
        connection.close();
        assertThat(connection.isValid(1)).isFalse();
    }

    @Test
    void aStatementThatRunsCanBeCancelledFromAnotherThread() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (Statement statement = connection.createStatement()) {
            Future<Object> running = thread.submit(() -> {
                try (ResultSet endless = statement.executeQuery(
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")) {
                    return endless.next();
                } catch (SQLException e) {
                    return e;
                }
            });
            while (!running.isDone()) {
                statement.cancel();
                Thread.onSpinWait();
            }
            assertThat(running.get())
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(e.getErrorCode()).isEqualTo(9));
            assertThat(Healing.of(connection).statistics().healed()).isZero();
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void sessionStateMovesToTheNewFile() throws Exception {
        Path other = directory.resolve("other's.db");
        Sql.runElsewhere(other, "CREATE TABLE o (y)");
        Sql.run(
                connection,
                "PRAGMA cache_size = -1234",
                "PRAGMA foreign_keys = ON",
                "ATTACH '" + other.toString().replace("'", "''") + "' AS other");
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_UNCOMMITTED);
        connection.setAutoCommit(false);
        Files.delete(database);

        assertThat(connection.isValid(1)).isTrue();

        assertThat(connection.getAutoCommit()).isFalse();
        assertThat(connection.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_READ_UNCOMMITTED);
        assertThat(Sql.value(connection, "PRAGMA cache_size")).isEqualTo(-1234);
        assertThat(Sql.value(connection, "PRAGMA foreign_keys")).isEqualTo(1);
        assertThat(Sql.rows(connection, "SELECT * FROM other.o")).isEmpty();
    }
}
