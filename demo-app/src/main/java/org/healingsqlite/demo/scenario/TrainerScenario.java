package org.healingsqlite.demo.scenario;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.demo.Faults;
import org.healingsqlite.demo.Lane;

/**
 * S0: a registry of training runs. A user interface polls the list with a connection per call, a watcher keeps one connection open, a trainer
 * submits runs and updates them. Meanwhile the database is deleted, loses its table, and loses its directory.
 */
public final class TrainerScenario implements Scenario {
    private static final int POLLS_PER_PHASE = 10;

    @Override
    public String id() {
        return "S0";
    }

    @Override
    public String title() {
        return "trainer: the run registry is deleted while a UI polls it";
    }

    @Override
    public String schema() {
        return "classpath:schemas/trainer.sql";
    }

    @Override
    public List<String> play(Lane lane, Duration pace) throws Exception {
        start(lane);
        ScheduledExecutorService clients = Executors.newScheduledThreadPool(2);
        long pollNanos = pace.toNanos() / POLLS_PER_PHASE;
        try (Connection watch = lane.open();
                Connection trainer = lane.open()) {
            Future<?> list = poll(clients, pollNanos, () -> lane.call("ListRuns", () -> listRuns(lane)));
            Future<?> watching = poll(
                    clients,
                    pollNanos,
                    () -> lane.call(
                            "WatchRuns",
                            () -> Script.rows(
                                    watch,
                                    "SELECT run_id, status FROM runs WHERE status IN (?, ?)",
                                    "PENDING",
                                    "RUNNING")));
            train(lane, trainer, "run-1", pace);

            lane.announce("rm -f " + lane.database().getFileName() + "*");
            Faults.delete(lane.database());
            train(lane, trainer, "run-2", pace);
            restartWherePlain(lane);

            lane.announce("another process: DROP TABLE runs");
            Faults.dropTables(lane.database(), "runs");
            train(lane, trainer, "run-3", pace);
            restartWherePlain(lane);

            lane.announce("rm -rf " + lane.directory().getFileName() + "/");
            Faults.deleteDirectory(lane.directory());
            train(lane, trainer, "run-4", pace);
            list.cancel(false);
            watching.cancel(false);
        } finally {
            clients.shutdown();
            clients.awaitTermination(1, TimeUnit.MINUTES);
        }
        return lane.heals() ? check(lane) : List.of();
    }

    private static Future<?> poll(ScheduledExecutorService clients, long periodNanos, Runnable client) {
        return clients.scheduleAtFixedRate(client, 0, periodNanos, TimeUnit.NANOSECONDS);
    }

    private static void start(Lane lane) throws SQLException {
        lane.announce("start: the application runs its schema script");
        if (!lane.heals()) {
            // sqlite-jdbc makes no directory.
            lane.directory().toFile().mkdirs();
        }
        lane.call("Initialise", () -> {
            try (Connection connection = lane.open()) {
                Script.run(connection, "/schemas/trainer.sql");
                return Boolean.TRUE;
            }
        });
    }

    /** Plain sqlite-jdbc does not come back by itself: somebody has to start the application again. */
    private static void restartWherePlain(Lane lane) throws SQLException {
        if (!lane.heals()) {
            start(lane);
        }
    }

    private static List<Map<String, Object>> listRuns(Lane lane) throws SQLException {
        try (Connection connection = lane.open()) {
            return Script.rows(
                    connection, "SELECT run_id, status, config_json, digest, created_at, updated_at FROM runs");
        }
    }

    private static void train(Lane lane, Connection connection, String run, Duration pace) throws InterruptedException {
        int steps = POLLS_PER_PHASE;
        lane.call(
                "SubmitJob",
                () -> Script.update(
                        connection,
                        "INSERT OR REPLACE INTO runs (run_id, status, digest) VALUES (?, 'PENDING', ?)",
                        run,
                        "sha256:" + run));
        for (int step = 0; step < steps; step++) {
            TimeUnit.NANOSECONDS.sleep(pace.toNanos() / steps);
            lane.call(
                    "Training",
                    () -> Script.update(
                            connection,
                            "UPDATE runs SET status = 'RUNNING', updated_at = CURRENT_TIMESTAMP WHERE run_id = ?",
                            run));
        }
        lane.call("Training", () -> Script.update(connection, "UPDATE runs SET status = 'DONE' WHERE run_id = ?", run));
    }

    /** After the last fault the registry must be whole again: constraints, seeded slots, and visible to a new connection. */
    private static List<String> check(Lane lane) throws SQLException {
        List<String> wrong = new ArrayList<>();
        try (Connection fresh = lane.open()) {
            Script.update(
                    fresh,
                    "INSERT OR REPLACE INTO runs (run_id, status, digest) VALUES ('last', 'DONE', 'sha256:last')");
        }
        try (Connection fresh = lane.open()) {
            if (Script.number(fresh, "SELECT count(*) FROM runs WHERE run_id = 'last'") != 1) {
                wrong.add("a run that was inserted is not visible to a new connection");
            }
            if (Script.number(fresh, "SELECT count(*) FROM gpu_slots") != 8) {
                wrong.add("the seeded GPU slots are not all there");
            }
            if (Script.number(fresh, "SELECT count(*) FROM pragma_index_list('runs') WHERE origin = 'u'") != 1) {
                wrong.add("the UNIQUE constraint of digest is gone");
            }
        }
        return wrong;
    }
}
