package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Sql;
import org.healingsqlite.testkit.Waiting;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who waits for the write lock of a file that has been deleted, while its content is put back, is told when that is done: it does not wait its {@code busy_timeout} out. */
class LostFileWritersTest {
    @TempDir
    Path directory;

    /** Half a second or two, where {@code busy_timeout} is not waited out. */
    private static final int SOON_SECONDS = 60;

    @ParameterizedTest
    @CsvSource({
        "WAL, INSERT INTO entry VALUES (2)",
        "DELETE, INSERT INTO entry VALUES (2)",
        "DELETE, CREATE TABLE other (id)",
        "TRUNCATE, INSERT INTO entry VALUES (2)",
        "PERSIST, INSERT INTO entry VALUES (2)"
    })
    void whoeverWaitsForALostFileWaitsOnlyUntilItsContentIsBack(String journalMode, String sql) throws Exception {
        Path database = directory.resolve("app.db");
        // Longer than the test: who waits for it to end has failed.
        String url = "jdbc:healing:sqlite:" + database + "?busy_timeout=600000&journal_mode=" + journalMode;
        try (Connection connection = DriverManager.getConnection(url);
                Connection other = DriverManager.getConnection(url);
                OtherJvm holder = OtherJvm.start()) {
            Sql.run(connection, "CREATE TABLE entry (id INTEGER PRIMARY KEY)");
            Sql.value(other, "SELECT count(*) FROM entry");
            assertThat(holder.ask("open it jdbc:sqlite:" + database)).startsWith("ok");
            assertThat(holder.ask("run it BEGIN IMMEDIATE")).startsWith("ok");

            Call waiter = new Call(() -> Sql.run(other, sql));
            waiter.awaitIn("NativeDB");
            Files.delete(database);
            Call healer = new Call(() -> {
                // Until it is noticed.
                while (Files.notExists(database)) {
                    Sql.run(connection, "SELECT 1 FROM entry");
                }
            });
            // It heals, or waits for the one who does.
            Waiting.await()
                    .until(() ->
                            Thread.getAllStackTraces().values().stream().anyMatch(trace -> isIn(trace, "LostContent")));
            assertThat(holder.ask("run it ROLLBACK")).startsWith("ok");

            healer.result.get(SOON_SECONDS, TimeUnit.SECONDS);
            waiter.result.get(SOON_SECONDS, TimeUnit.SECONDS);
            Sql.run(other, "INSERT INTO entry VALUES (3)");
            assertThat(Sql.rows(connection, "SELECT id FROM entry ORDER BY id"))
                    .hasToString(sql.startsWith("INSERT") ? "[[2], [3]]" : "[[3]]");
            assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).hasToString("[[ok]]");
        }
    }

    /** A call on a thread of its own. */
    private static final class Call {
        final CompletableFuture<Void> result = new CompletableFuture<>();
        private final Thread thread;

        private interface Action {
            void run() throws SQLException;
        }

        Call(Action action) {
            thread = new Thread(() -> {
                try {
                    action.run();
                    result.complete(null);
                } catch (SQLException | RuntimeException | Error e) {
                    result.completeExceptionally(e);
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        /** Waits until the call waits for the lock, in a method of a class. */
        void awaitIn(String type) {
            Waiting.await().until(() -> result.isDone() || isIn(thread.getStackTrace(), type));
            assertThat(result).as("it waits").isNotDone();
        }
    }

    private static boolean isIn(StackTraceElement[] trace, String type) {
        return Arrays.stream(trace).anyMatch(frame -> frame.getClassName().endsWith("." + type));
    }
}
