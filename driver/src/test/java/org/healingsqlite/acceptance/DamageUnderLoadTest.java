package org.healingsqlite.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.healingsqlite.Healing;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.testkit.Damage;
import org.healingsqlite.testkit.OtherJvm;
import org.healingsqlite.testkit.Rotation;
import org.healingsqlite.testkit.Sql;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * C-01, S0-17, S2-09, S2-20, S2-30, S4-16: damage strikes while two threads write and two read, each commit in autocommit and acknowledged. Nobody sees
 * an error but 40001 for a result set that cannot go on, and every acknowledged row is there or its loss is in an incident.
 */
class DamageUnderLoadTest {
    private static final long SEED = Long.getLong("test.seed", 20261121);
    private static final int ROWS = 400;
    private static final int WRITES_BEFORE = 60;
    private static final int WRITES_AFTER = 60;

    /** A run of the tests takes one case in so many. */
    private static final int PART = 2;

    @TempDir
    Path directory;

    @Test
    void everyDamageHealsUnderLoad() throws Exception {
        play((damage, mode) -> (mode.equals("WAL") || !damage.isOfLog() && mode.equals("DELETE"))
                && Rotation.takes((damage + mode).hashCode(), PART));
    }

    @Test
    @Tag("campaign")
    void everyDamageInEveryModeHealsUnderLoad() throws Exception {
        play((damage, mode) -> true);
    }

    private interface Choice {
        boolean takes(Damage damage, String mode);
    }

    private void play(Choice choice) throws Exception {
        List<String> failures = new ArrayList<>();
        int run = 0;
        try (OtherJvm other = OtherJvm.start()) {
            for (Damage damage : Damage.values()) {
                for (String mode : List.of("WAL", "DELETE", "PERSIST", "TRUNCATE")) {
                    if (damage.canHappenIn(mode) && damage != Damage.LOG_INDEX_NOISE && choice.takes(damage, mode)) {
                        String each = "Case[" + damage + ", " + mode + "]";
                        try {
                            Load load = new Load(directory.resolve("load" + run + ".db"), mode, SEED + run);
                            load.play(damage, run % 2 == 0 ? other : null);
                        } catch (Exception | AssertionError e) {
                            StringWriter trace = new StringWriter();
                            e.printStackTrace(new PrintWriter(trace));
                            failures.add(each + ": " + trace);
                        }
                        run++;
                    }
                }
            }
        }
        assertThat(failures)
                .as("seed %d, %d cases, %s", SEED, run, Rotation.option())
                .isEmpty();
    }

    private static final class Load {
        final Path database;
        final String mode;
        final String url;
        final Random random;
        final Map<Long, String> acknowledged = new ConcurrentHashMap<>();
        final Map<Long, String> tried = new ConcurrentHashMap<>();
        final AtomicLong ids = new AtomicLong();
        final AtomicBoolean over = new AtomicBoolean();
        final CountDownLatch warm = new CountDownLatch(2 * WRITES_BEFORE);
        final CountDownLatch enough = new CountDownLatch(2 * WRITES_AFTER);
        volatile boolean struck;

        /**
         * Whether SQLite itself may serve rows that nobody wrote: it reads what a file lacks of its last page as zeros, without an error, until a
         * writer notices.
         */
        volatile boolean unnoticed;

        Load(Path database, String mode, long seed) {
            this.database = database;
            this.mode = mode;
            this.url = "jdbc:healing:sqlite:" + database;
            this.random = new Random(seed);
        }

        void play(Damage damage, OtherJvm other) throws Exception {
            create();
            String name = database.getFileName().toString();
            if (other != null) {
                assertThat(other.ask("open " + name + " " + url)).startsWith("ok");
                assertThat(other.ask("rows " + name + " SELECT count(*) FROM t"))
                        .startsWith("ok");
            }
            ExecutorService threads = Executors.newFixedThreadPool(4);
            List<Future<?>> all = new ArrayList<>();
            all.add(threads.submit(this::write));
            all.add(threads.submit(this::write));
            all.add(threads.submit(this::read));
            all.add(threads.submit(this::read));
            try {
                await(warm, all);
                unnoticed = damage == Damage.ODD;
                damage.on(database, random);
                struck = true;
                await(enough, all);
            } finally {
                over.set(true);
                threads.shutdown();
                assertThat(threads.awaitTermination(240, TimeUnit.SECONDS)).isTrue();
            }
            for (Future<?> each : all) {
                each.get();
            }
            check();
            if (other != null) {
                assertThat(other.ask("rows " + name + " SELECT 'still', count(*) >= 0 FROM t"))
                        .isEqualTo("ok [[still, 1]]");
                other.ask("close " + name);
            }
        }

        /** Waits, and stops waiting where a thread has failed. */
        private static void await(CountDownLatch latch, List<Future<?>> threads) throws Exception {
            for (int i = 0; i < 2400 && !latch.await(100, TimeUnit.MILLISECONDS); i++) {
                for (Future<?> each : threads) {
                    if (each.isDone()) {
                        each.get();
                    }
                }
            }
            assertThat(latch.getCount()).as("writes still to come").isZero();
        }

        private void create() throws SQLException {
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
                Sql.run(
                        connection,
                        "PRAGMA page_size = " + Damage.PAGE,
                        "PRAGMA journal_mode = " + mode,
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
                        "CREATE INDEX tv ON t (v)",
                        "BEGIN");
                for (int i = 0; i < ROWS; i++) {
                    long id = ids.incrementAndGet();
                    String value = value(id);
                    Sql.rows(connection, "INSERT INTO t VALUES (?, ?) RETURNING 1", id, value);
                    acknowledged.put(id, value);
                    tried.put(id, value);
                }
                Sql.run(connection, "COMMIT");
            }
        }

        private static String value(long id) {
            return id + "-" + Long.toHexString(id * 0x9E3779B97F4A7C15L).repeat(10);
        }

        private Connection open() throws SQLException {
            Connection connection = DriverManager.getConnection(url + "?busy_timeout=120000");
            if (!mode.equals("WAL")) {
                Sql.run(connection, "PRAGMA journal_mode = " + mode);
            }
            return connection;
        }

        private Void write() throws SQLException {
            try (Connection connection = open();
                    PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?)")) {
                int after = 0;
                while (!over.get() && after < 100 * WRITES_AFTER) {
                    long id = ids.incrementAndGet();
                    String value = value(id);
                    tried.put(id, value);
                    insert.setLong(1, id);
                    insert.setString(2, value);
                    assertThat(insert.executeUpdate()).isEqualTo(1);
                    acknowledged.put(id, value);
                    warm.countDown();
                    if (struck) {
                        after++;
                        enough.countDown();
                    }
                }
            }
            return null;
        }

        private Void read() throws SQLException {
            try (Connection connection = open();
                    PreparedStatement query = connection.prepareStatement("SELECT id, v FROM t ORDER BY id")) {
                Healing.of(connection).addListener(incident -> unnoticed = false);
                while (!over.get()) {
                    boolean mayBeZeros = unnoticed;
                    try (ResultSet rows = query.executeQuery()) {
                        long previous = 0;
                        while (rows.next()) {
                            long id = rows.getLong(1);
                            mayBeZeros |= unnoticed;
                            if (id == 0 && mayBeZeros) {
                                break;
                            }
                            assertThat(id).isGreaterThan(previous);
                            assertThat(tried).containsEntry(id, rows.getString(2));
                            previous = id;
                        }
                    } catch (SQLException e) {
                        assertThat(e.getSQLState()).as(e.toString()).isEqualTo("40001");
                    }
                }
            }
            return null;
        }

        private void check() throws SQLException, IOException {
            try (Connection connection = open()) {
                Healing.of(connection).heal();
                assertThat(Sql.value(connection, "PRAGMA integrity_check")).isEqualTo("ok");
                long found = 0;
                for (List<Object> row : Sql.rows(connection, "SELECT id, v FROM t")) {
                    long id = ((Number) row.get(0)).longValue();
                    assertThat(tried).containsEntry(id, (String) row.get(1));
                    found += acknowledged.containsKey(id) ? 1 : 0;
                }
                List<Incident> incidents = Healing.of(connection).history(20);
                // A warm writer writes page 1 with every commit: some damage is gone before anybody meets it.
                assertThat(incidents).noneMatch(incident -> incident.outcome() instanceof Outcome.GaveUp);
                if (found < acknowledged.size()) {
                    assertThat(incidents)
                            .as("%d of %d rows are missing", acknowledged.size() - found, acknowledged.size())
                            .anyMatch(incident -> !incident.outcome().loss().isNone());
                }
            }
        }
    }
}
