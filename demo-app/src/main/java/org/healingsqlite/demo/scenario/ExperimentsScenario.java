package org.healingsqlite.demo.scenario;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.healingsqlite.demo.Faults;
import org.healingsqlite.demo.Lane;

/**
 * S4: experiments whose tasks several workers fetch through one pool, with BLOBs, generated keys, an UPSERT and interactive control. Meanwhile
 * the database loses one table, several tables, and is deleted.
 */
public final class ExperimentsScenario implements Scenario {
    private static final int WORKERS = 3;
    private static final int ROUNDS_PER_PHASE = 12;

    @Override
    public String id() {
        return "S4";
    }

    @Override
    public String title() {
        return "experiments: the state of scheduled tasks vanishes under its workers";
    }

    @Override
    public String schema() {
        return "classpath:schemas/experiments.sql";
    }

    @Override
    public List<String> play(Lane lane, Duration pace) throws Exception {
        if (!lane.heals()) {
            lane.directory().toFile().mkdirs();
        }
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(lane.url());
        config.setMaximumPoolSize(WORKERS + 2);
        config.setPoolName(lane.name());
        AtomicBoolean running = new AtomicBoolean(true);
        ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            start(lane, pool);
            for (int worker = 0; worker < WORKERS; worker++) {
                int id = worker;
                workers.execute(() -> work(lane, pool, id, running, pace));
            }
            control(lane, pool, pace);

            lane.announce("another process: DROP TABLE worker_task");
            Faults.dropTables(lane.database(), "worker_task");
            control(lane, pool, pace);
            restartWherePlain(lane, pool);

            lane.announce("another process: DROP TABLE runs, controller_progress, interactive_control");
            Faults.dropTables(lane.database(), "runs", "controller_progress", "interactive_control");
            control(lane, pool, pace);
            restartWherePlain(lane, pool);

            lane.announce("rm -f " + lane.database().getFileName() + "*");
            Faults.delete(lane.database());
            control(lane, pool, pace);
            running.set(false);
            workers.shutdown();
            workers.awaitTermination(1, TimeUnit.MINUTES);
            return lane.heals() ? check(lane) : List.of();
        } finally {
            running.set(false);
            workers.shutdownNow();
        }
    }

    private static void start(Lane lane, HikariDataSource pool) {
        lane.announce("start: the application runs its schema script");
        lane.call("Initialise", () -> {
            try (Connection connection = pool.getConnection()) {
                lane.listen(connection);
                Script.run(connection, "/schemas/experiments.sql");
                return Boolean.TRUE;
            }
        });
    }

    private static void restartWherePlain(Lane lane, HikariDataSource pool) {
        if (!lane.heals()) {
            pool.getHikariPoolMXBean().softEvictConnections();
            start(lane, pool);
        }
    }

    /** The controller: a new run for each round, tasks for the workers, its own progress, and now and then a stop on request. */
    private static void control(Lane lane, HikariDataSource pool, Duration pace) throws InterruptedException {
        Random random = new Random(4);
        for (int i = 0; i < ROUNDS_PER_PHASE; i++) {
            int round = i;
            byte[] leaf = new byte[1024 << round % 8];
            random.nextBytes(leaf);
            double progress = (round + 1.0) / ROUNDS_PER_PHASE;
            lane.call("CreateRun", () -> {
                try (Connection connection = pool.getConnection()) {
                    List<Map<String, Object>> run = Script.rows(
                            connection,
                            "INSERT INTO runs (config_leaf, seed, metrics) VALUES (?, ?, ?) RETURNING run_id",
                            leaf,
                            7,
                            "{\"loss\": 0.5}");
                    return run.get(0);
                }
            });
            for (int worker = 0; worker < WORKERS; worker++) {
                int id = worker;
                lane.call("CreateTask", () -> update(pool, "INSERT INTO worker_task (worker_id) VALUES (?)", id));
            }
            lane.call(
                    "Progress",
                    () -> update(
                            pool,
                            "INSERT INTO controller_progress (id, progress) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET progress = excluded.progress",
                            progress));
            if (round % 4 == 3) {
                lane.call(
                        "RequestStop",
                        () -> update(
                                pool, "INSERT INTO interactive_control (run_id, operation) VALUES (?, 'STOP')", round));
                lane.call(
                        "CompleteStop",
                        () -> update(pool, "UPDATE interactive_control SET status = 'COMPLETED' WHERE status = 'NEW'"));
            }
            TimeUnit.NANOSECONDS.sleep(pace.toNanos() / ROUNDS_PER_PHASE);
        }
    }

    private static void work(Lane lane, HikariDataSource pool, int worker, AtomicBoolean running, Duration pace) {
        while (running.get()) {
            lane.call("GetNextWorkerTask", () -> {
                try (Connection connection = pool.getConnection()) {
                    return Script.rows(
                            connection,
                            "UPDATE worker_task SET status = 'COMPLETED' WHERE task_id ="
                                    + " (SELECT max(task_id) FROM worker_task WHERE worker_id = ? AND status = 'NEW') RETURNING task_id",
                            worker);
                }
            });
            lane.call(
                    "WorkerProgress",
                    () -> update(
                            pool,
                            "INSERT INTO worker_progress VALUES (?, 1) ON CONFLICT (worker_id) DO UPDATE SET progress = progress + 1",
                            worker));
            try {
                TimeUnit.NANOSECONDS.sleep(pace.toNanos() / ROUNDS_PER_PHASE / 2);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static int update(HikariDataSource pool, String sql, Object... parameters) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            return Script.update(connection, sql, parameters);
        }
    }

    private static List<String> check(Lane lane) throws SQLException {
        List<String> wrong = new ArrayList<>();
        try (Connection fresh = lane.open()) {
            long tables = Script.number(
                    fresh, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
            if (tables != 6) {
                wrong.add("expected 6 tables, found " + tables);
            }
            if (Script.number(fresh, "SELECT count(*) FROM controller_progress WHERE progress = 1.0") != 1) {
                wrong.add("the controller's last progress is not there");
            }
            if (Script.number(fresh, "SELECT count(*) FROM runs") == 0) {
                wrong.add("no run was kept after the last fault");
            }
        }
        return wrong;
    }
}
