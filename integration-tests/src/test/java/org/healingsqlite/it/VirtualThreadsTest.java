package org.healingsqlite.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.healingsqlite.testkit.Waiting;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Virtual threads, more than there are processors, each with a connection of its own, while the database is deleted, a table of it is dropped, or its header
 * is overwritten. Through the driver, and once more through the agent. A JVM without virtual threads takes its ordinary ones.
 */
class VirtualThreadsTest {
    /** Far more than the processors that carry them: who waits must not keep those who have what it waits for from running. */
    private static final int THREADS = 48;

    /** A run takes two cells, the campaign ({@code -Dtest.rotation=all}) six. */
    private static final int PARTS = 3;

    /** Before the calamity and after it, each thread has so many rows acknowledged. */
    private static final int ROWS = 4;

    /** SQLite's own wait for a lock is not fair, and it keeps a processor from the other virtual threads. */
    private static final int BUSY_MILLIS = 60_000;

    enum Calamity {
        DELETED,
        DROPPED,
        DAMAGED
    }

    record Cell(Calamity calamity, String journalMode) {}

    static Stream<Cell> cells() {
        return Rotation.part(
                Stream.of(Calamity.values())
                        .flatMap(calamity -> Stream.of(new Cell(calamity, "WAL"), new Cell(calamity, "DELETE")))
                        .toList(),
                PARTS)
                .stream();
    }

    @TempDir
    Path directory;

    private Path database;
    private final Set<Integer> acknowledged = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();
    private final AtomicInteger written = new AtomicInteger();
    private volatile boolean struck;
    private volatile boolean over;

    /** One virtual thread for each task, where the JVM has them. They are named by reflection: the build is for Java 17. */
    private static ExecutorService threads() throws ReflectiveOperationException {
        if (Runtime.version().feature() < 21) {
            return Executors.newCachedThreadPool();
        }
        return (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    }

    @ParameterizedTest
    @MethodSource("cells")
    void noAcknowledgedRowIsLostAndNoCallFails(Cell cell) throws Exception {
        Calamity calamity = cell.calamity();
        database = directory.resolve("threads.db");
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + Damage.PAGE,
                "PRAGMA journal_mode = " + cell.journalMode(),
                "CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
        ExecutorService threads = threads();
        try {
            List<Future<?>> writers = new ArrayList<>();
            for (int writer = 0; writer < THREADS; writer++) {
                int first = writer * 1_000_000;
                writers.add(threads.submit(() -> write(first, calamity)));
            }
            awaitRows(THREADS * ROWS);
            strike(calamity);
            struck = true;
            awaitRows(written.get() + THREADS * ROWS);
            over = true;
            for (Future<?> writer : writers) {
                writer.get();
            }
        } finally {
            over = true;
            threads.shutdownNow();
        }
        assertThat(errors).as(cell + " " + Rotation.option()).isEmpty();
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM entry").stream()
                        .map(row -> ((Number) row.get(0)).intValue()))
                .containsAll(acknowledged);
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).hasToString("[[ok]]");
    }

    private void awaitRows(int rows) {
        Waiting.await().until(() -> written.get() >= rows || !errors.isEmpty());
    }

    private void strike(Calamity calamity) throws Exception {
        switch (calamity) {
            case DELETED -> Files.delete(database);
            case DROPPED -> Sql.runElsewhere(database, "PRAGMA busy_timeout = 120000", "DROP TABLE entry");
            case DAMAGED -> Damage.HEADER.on(database, new Random(1));
        }
    }

    private void write(int first, Calamity calamity) {
        try (Connection connection = DriverManager.getConnection(Door.url(database) + "?busy_timeout=" + BUSY_MILLIS)) {
            for (int id = first; !over && errors.isEmpty(); id += 2) {
                // Whoever drops a table takes the rows away that are in it by then.
                boolean counts = struck || calamity != Calamity.DROPPED;
                connection.setAutoCommit(false);
                insert(connection, id);
                insert(connection, id + 1);
                connection.commit();
                connection.setAutoCommit(true);
                if (counts) {
                    acknowledged.add(id);
                    acknowledged.add(id + 1);
                }
                written.incrementAndGet();
            }
        } catch (Throwable e) {
            errors.add(e);
        }
    }

    private static void insert(Connection connection, int id) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO entry VALUES (?, ?)")) {
            insert.setInt(1, id);
            insert.setString(2, "entry " + id);
            insert.executeUpdate();
        }
    }
}
