package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.healingsqlite.testkit.Waiting.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was noted of a transaction, to run it again, is let go when it ends: a pool's threads are idle for hours. */
class EndedTransactionTest {
    private static final int THREADS = 3;
    private static final int ROWS = 20;
    private static final int ROW_BYTES = 512 * 1024;

    /** A third of one transaction. */
    private static final long MOST_BYTES = 3L << 20;

    @TempDir
    Path directory;

    @ParameterizedTest(name = "by {0}")
    @ValueSource(strings = {"COMMIT", "ROLLBACK", "AUTO_COMMIT", "CLOSE", "COMMIT_BY_TEXT"})
    void nothingIsKeptOfTransactionsThatHaveEnded(String end) throws Exception {
        List<Connection> open = new ArrayList<>();
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try (Connection connection = open()) {
            Sql.run(connection, "CREATE TABLE t (b BLOB)");
            long before = used();
            CyclicBarrier all = new CyclicBarrier(THREADS);
            Semaphore turn = new Semaphore(1);
            Callable<Connection> task = () -> {
                all.await(); // So that each thread has one.
                turn.acquire();
                try {
                    return run(end);
                } finally {
                    turn.release();
                }
            };
            for (Future<Connection> each : pool.invokeAll(Collections.nCopies(THREADS, task))) {
                open.add(each.get());
            }
            await().untilAsserted(() -> assertThat(used() - before).isLessThan(MOST_BYTES));
        } finally {
            pool.shutdownNow();
            for (Connection each : open) {
                each.close();
            }
        }
    }

    /** Otherwise the test above says nothing. */
    @Test
    void aTransactionThatIsOpenIsNoted() throws Exception {
        try (Connection connection = open()) {
            Sql.run(connection, "CREATE TABLE t (b BLOB)");
            // What an earlier test has left may go meanwhile.
            await().untilAsserted(() -> {
                long before = used();
                connection.setAutoCommit(false);
                try {
                    insert(connection);
                    assertThat(used() - before).isGreaterThan(MOST_BYTES);
                } finally {
                    connection.rollback();
                }
            });
        }
    }

    private Connection run(String end) throws Exception {
        Connection connection = open();
        if (end.equals("COMMIT_BY_TEXT")) {
            Sql.run(connection, "BEGIN");
        } else {
            connection.setAutoCommit(false);
        }
        insert(connection);
        switch (end) {
            case "COMMIT" -> connection.commit();
            case "ROLLBACK" -> connection.rollback();
            case "AUTO_COMMIT" -> connection.setAutoCommit(true);
            case "COMMIT_BY_TEXT" -> Sql.run(connection, "COMMIT");
            default -> connection.close();
        }
        return connection;
    }

    private static void insert(Connection connection) throws Exception {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
            for (int i = 0; i < ROWS; i++) {
                statement.setBytes(1, new byte[ROW_BYTES]);
                statement.executeUpdate();
            }
        }
    }

    private Connection open() throws Exception {
        return DriverManager.getConnection("jdbc:healing:sqlite:" + directory.resolve("app.db"));
    }

    private static long used() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
