package org.healingsqlite.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application's thread holds sqlite-jdbc's lock of the connection, then takes that of the native handle; the healer's goes the same way. */
class LockOrderTest {
    @TempDir
    Path directory;

    @FunctionalInterface
    private interface Use {
        void run(Connection connection) throws SQLException;
    }

    private void runsBesideTheApplication(Use use) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("app.db"))) {
            Sql.run(connection, "CREATE TABLE t (x)");
            CompletableFuture<Void> used = new CompletableFuture<>();
            Thread healer = new Thread(() -> {
                try {
                    use.run(connection);
                    used.complete(null);
                } catch (SQLException | RuntimeException e) {
                    used.completeExceptionally(e);
                }
            });
            healer.setDaemon(true);
            CompletableFuture<Void> application = CompletableFuture.runAsync(() -> {
                synchronized (connection) {
                    healer.start();
                    await().until(() -> healer.getState() == Thread.State.BLOCKED);
                    try {
                        Sql.run(connection, "INSERT INTO t VALUES (1)");
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                }
            });
            assertThat(application).succeedsWithin(Duration.ofMinutes(1));
            used.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void aFenceIsTakenBesideIt() throws Exception {
        runsBesideTheApplication(connection -> assertThat(Sqlite.copyAndFence(connection, directory.resolve("copy.db")))
                .isTrue());
    }

    @Test
    void severalThingsAreReadBesideIt() throws Exception {
        runsBesideTheApplication(connection -> assertThat(Sqlite.whileReading(connection, connection::getTypeMap))
                .isNotNull());
    }

    @Test
    void whetherATransactionIsOpenIsAskedBesideIt() throws Exception {
        runsBesideTheApplication(
                connection -> assertThat(Sqlite.inTransaction(connection)).isFalse());
    }
}
