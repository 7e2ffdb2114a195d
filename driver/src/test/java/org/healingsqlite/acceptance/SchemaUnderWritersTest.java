package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.testkit.Sql;
import org.healingsqlite.testkit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A schema is healed while others write: nobody waits for a lock whose owner waits for the healer, and nobody gets a snapshot that is older than its first statement. */
class SchemaUnderWritersTest {
    @TempDir
    Path directory;

    private Path database;
    private Connection connection;
    private Connection other;

    private void open(String journalMode) throws SQLException {
        database = directory.resolve("app.db");
        // Longer than the test: who waits for it to end has failed.
        String url = "jdbc:healing:sqlite:" + database + "?busy_timeout=600000";
        connection = DriverManager.getConnection(url);
        other = DriverManager.getConnection(url);
        Sql.run(
                connection,
                "PRAGMA journal_mode = " + journalMode,
                "CREATE TABLE entry (id INTEGER PRIMARY KEY)",
                "CREATE TABLE account (balance)");
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        other.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"wal", "delete"})
    void whoHasTheWriteLockAndMissesATableMakesItWhileAnotherHealerWaitsForTheLock(String journalMode)
            throws Exception {
        open(journalMode);
        Sql.runElsewhere(database, "DROP TABLE entry");
        connection.setAutoCommit(false);
        Sql.run(connection, "INSERT INTO account VALUES (100)");

        CompletableFuture<Void> healer = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                Sql.run(other, "INSERT INTO entry VALUES (1)");
                healer.complete(null);
            } catch (SQLException | RuntimeException | Error e) {
                healer.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        Waiting.await().until(() -> healer.isDone() || isWaitingForTheLock(thread));
        assertThat(healer).isNotDone();

        Sql.run(connection, "INSERT INTO entry VALUES (2)");
        connection.commit();
        healer.get(60, TimeUnit.SECONDS);
        connection.setAutoCommit(true);

        assertThat(Sql.rows(connection, "SELECT id FROM entry ORDER BY id")).hasToString("[[1], [2]]");
        assertThat(Sql.value(connection, "SELECT balance FROM account")).isEqualTo(100);
    }

    private static boolean isWaitingForTheLock(Thread thread) {
        return Arrays.stream(thread.getStackTrace())
                .anyMatch(frame -> frame.getClassName().endsWith(".WriteLock"));
    }

    @Test
    void aTransactionThatNobodyHasUsedHasNoOldSnapshotWhereItsConnectionWasMoved() throws Exception {
        open("wal");
        connection.setAutoCommit(false);
        Files.delete(database);
        Sql.run(other, "INSERT INTO entry VALUES (1)");
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO entry VALUES (2)")) {
            Sql.run(other, "INSERT INTO entry VALUES (3)");
            insert.executeUpdate();
        }
        connection.commit();
        connection.setAutoCommit(true);
        assertThat(Sql.rows(connection, "SELECT id FROM entry ORDER BY id")).hasToString("[[1], [2], [3]]");
    }
}
