package org.healingsqlite.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.healingsqlite.testkit.Waiting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Eight threads write and read through a pool while the database is deleted, two of its pages are overwritten, or a table of it is dropped. Each pool,
 * each calamity, WAL and DELETE; through the driver, and once more through the agent. A run takes a part, the campaign ({@code
 * -Dtest.rotation=all}) everything.
 */
class PoolMatrixTest {
    /** A run takes four cells. Each is a second or two; who waits for the lock of a file that was deleted in DELETE mode waits for as long as SQLite does. */
    private static final int PARTS = 12;

    /** Before the calamity and after it, so many rows are acknowledged. */
    private static final int ROWS = 160;

    private static final int BALLAST = 2_000;

    /** SQLite's own wait for a lock is not fair, and eight writers never rest. */
    private static final int BUSY_MILLIS = 20_000;

    private static final int PAGE_BYTES = 4096;

    enum Calamity {
        /** The file is deleted, by its name; what nobody has closed is still there. */
        DELETED,
        /** Two leaves of a table that is only read are overwritten; their rows are gone. */
        TWO_PAGES,
        /** Somebody else drops the table that is written to, and its rows with it. */
        DROPPED
    }

    record Cell(Pool pool, Calamity calamity, String journalMode) {}

    @TempDir
    Path directory;

    private Path database;
    private List<List<Object>> leaves = List.of();
    private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();
    private final AtomicInteger written = new AtomicInteger();
    private final AtomicLong longest = new AtomicLong();
    private volatile boolean struck;
    private volatile boolean over;

    static Stream<Cell> cells() {
        List<Cell> all = new ArrayList<>();
        for (Calamity calamity : Calamity.values()) {
            for (String journalMode : List.of("WAL", "DELETE")) {
                for (Pool pool : Pool.values()) {
                    all.add(new Cell(pool, calamity, journalMode));
                }
            }
        }
        return Rotation.part(all, PARTS).stream();
    }

    @BeforeEach
    void name() {
        database = directory.resolve("books.db");
    }

    private void create(String journalMode) throws SQLException {
        Sql.runElsewhere(
                database,
                "PRAGMA page_size = " + PAGE_BYTES,
                "PRAGMA journal_mode = " + journalMode,
                "CREATE TABLE entry (id INTEGER PRIMARY KEY, writer INTEGER NOT NULL, text TEXT NOT NULL)",
                "CREATE INDEX by_writer ON entry (writer)",
                "CREATE TABLE ballast (id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
                "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < " + BALLAST
                        + ") INSERT INTO ballast SELECT i, 'ballast of some length, number ' || i FROM n");
        leaves = Sql.rowsElsewhere(
                database,
                "SELECT pageno FROM dbstat WHERE name = 'ballast' AND pagetype = 'leaf' ORDER BY pageno LIMIT 2 OFFSET 3");
        assertThat(leaves).hasSize(2);
    }

    @ParameterizedTest
    @MethodSource("cells")
    void noAcknowledgedRowIsLostAndNoCallFails(Cell cell) throws Exception {
        create(cell.journalMode());
        ExecutorService threads = Executors.newFixedThreadPool(Pool.SIZE);
        try (Pool.Open pool = cell.pool().open(url())) {
            List<Future<?>> writers = new ArrayList<>();
            for (int writer = 0; writer < Pool.SIZE; writer++) {
                long first = writer * 1_000_000L;
                boolean dropped = cell.calamity() == Calamity.DROPPED;
                writers.add(threads.submit(() -> write(pool, first, dropped)));
            }
            awaitRows(ROWS);
            strike(cell.calamity());
            struck = true;
            awaitRows(written.get() + ROWS);
            over = true;
            for (Future<?> writer : writers) {
                writer.get();
            }
            // Caches that hold the pages have not met the damage; who comes new does.
            try (Pool.Open another = cell.pool().open(url())) {
                count(another, "SELECT count(length(text)) FROM ballast WHERE id <> ?", 0);
            }
        } finally {
            over = true;
            threads.shutdownNow();
        }
        // Told, not judged: how long a call takes is the machine's as well.
        System.out.println(cell + ": the longest call took " + longest.get() / 1_000_000 + " ms");
        assertThat(errors).as(cell + " " + Rotation.option()).isEmpty();
        assertThat(Sql.rowsElsewhere(database, "SELECT id FROM entry").stream()
                        .map(row -> ((Number) row.get(0)).longValue()))
                .as(cell + " " + Rotation.option())
                .containsAll(acknowledged);
        assertThat(Sql.rowsElsewhere(database, "PRAGMA integrity_check")).hasToString("[[ok]]");
    }

    private String url() {
        return Door.url(database) + "?busy_timeout=" + BUSY_MILLIS;
    }

    private void awaitRows(int rows) {
        Waiting.await().until(() -> written.get() >= rows || !errors.isEmpty());
    }

    private void strike(Calamity calamity) throws SQLException, IOException {
        switch (calamity) {
            case DELETED -> Files.delete(database);
            case TWO_PAGES -> {
                try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "rw")) {
                    for (List<Object> leaf : leaves) {
                        file.seek((((Number) leaf.get(0)).longValue() - 1) * PAGE_BYTES);
                        file.write(new byte[PAGE_BYTES]);
                    }
                }
            }
            case DROPPED -> Sql.runElsewhere(database, "PRAGMA busy_timeout = 120000", "DROP TABLE entry");
        }
    }

    private void write(Pool.Open pool, long first, boolean dropped) {
        try {
            for (long id = first; !over && errors.isEmpty(); id += 2) {
                long next = id;
                // Whoever drops a table takes the rows away that are in it by then.
                boolean counts = struck || !dropped;
                if (id % 4 == 0) {
                    timed(() -> insert(pool, next));
                    if (counts) {
                        acknowledged.add(next);
                    }
                } else {
                    timed(() -> insertTwo(pool, next));
                    if (counts) {
                        acknowledged.add(next);
                        acknowledged.add(next + 1);
                    }
                }
                written.incrementAndGet();
                int found = timed(() -> count(pool, "SELECT count(*) FROM entry WHERE id = ?", next));
                if (!dropped && found != 1) {
                    throw new AssertionError("row " + next + " was acknowledged, and " + found + " are read");
                }
                timed(() -> count(pool, "SELECT count(length(text)) FROM ballast WHERE id <> ?", next));
            }
        } catch (Throwable e) {
            errors.add(e);
        }
    }

    private <T> T timed(Callable<T> call) throws Exception {
        long start = System.nanoTime();
        T result = call.call();
        longest.accumulateAndGet(System.nanoTime() - start, Math::max);
        return result;
    }

    private static int insert(Pool.Open pool, long id) throws SQLException {
        try (Connection connection = pool.source().getConnection()) {
            return insert(connection, id);
        }
    }

    private static int insertTwo(Pool.Open pool, long id) throws SQLException {
        try (Connection connection = pool.source().getConnection()) {
            connection.setAutoCommit(false);
            insert(connection, id);
            insert(connection, id + 1);
            connection.commit();
            connection.setAutoCommit(true);
            return 2;
        }
    }

    private static int insert(Connection connection, long id) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO entry VALUES (?, ?, ?)")) {
            insert.setLong(1, id);
            insert.setLong(2, id / 1_000_000);
            insert.setString(3, "entry " + id);
            return insert.executeUpdate();
        }
    }

    private static int count(Pool.Open pool, String sql, long id) throws SQLException {
        try (Connection connection = pool.source().getConnection();
                PreparedStatement query = connection.prepareStatement(sql)) {
            query.setLong(1, id);
            try (ResultSet results = query.executeQuery()) {
                results.next();
                return results.getInt(1);
            }
        }
    }
}
