package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.demo.experiments.ConfigLeaf;
import org.healingsqlite.demo.experiments.ExperimentsApplication;
import org.healingsqlite.demo.experiments.Progress;
import org.healingsqlite.demo.report.Lanes;

/** S4: the scheduling state of experiments breaks while four workers and a controller are at work. */
record ExperimentsAct(String title, Breakage breakage) implements Act {
    private static final Duration POLL = Duration.ofSeconds(2);
    private static final Duration TICK = Duration.ofMillis(200);
    private static final int MOST_POLLS = 200;
    private static final int CHUNKS = 8;
    private static final String BEFORE = "first";
    private static final String AFTER = "second";

    static final Scenario SCENARIO = new Scenario(
            "S4",
            "experiments: a controller and four workers on one connection pool",
            List.of(
                    new ExperimentsAct("files deleted while workers run", new FilesDeleted()),
                    new ExperimentsAct("one table dropped", SqlElsewhere.dropTables("worker_task")),
                    new ExperimentsAct(
                            "all tables dropped but experiments",
                            SqlElsewhere.dropTables(
                                    "worker_task",
                                    "runs",
                                    "controller_progress",
                                    "worker_progress",
                                    "interactive_control"))));

    @Override
    public Blueprint blueprint() {
        return new Blueprint("rapidfire.db", "schemas/experiments.sql", "busy_timeout=10000");
    }

    @Override
    public void play(Stage stage) throws IOException, InterruptedException {
        Duration tick = stage.pace().of(TICK);
        Lanes<ExperimentsApplication> applications =
                stage.start(deployment -> new ExperimentsApplication(deployment.url(), tick, deployment.calls()));
        submit(stage, applications, BEFORE);
        poll(stage, applications, BEFORE);
        stage.strike(breakage);
        stage.ask("the application's own check", applications, ExperimentsApplication::isInitialised);
        poll(stage, applications, BEFORE);
        poll(stage, applications, BEFORE);
        submit(stage, applications, AFTER);
        stage.ask("request_stop of its last run", applications, application -> {
            application.requestStopOfLastRun();
            return "requested";
        });
        int polls = 0;
        while (!poll(stage, applications, AFTER) && stage.isWorthWaiting() && polls++ < MOST_POLLS) {
            // The poll itself takes its time.
        }
    }

    private static void submit(Stage stage, Lanes<ExperimentsApplication> applications, String name)
            throws IOException, InterruptedException {
        stage.ask("create experiment '" + name + "'", applications, application -> {
            application.submit(name, CHUNKS);
            return "created";
        });
    }

    /** Whether the experiment is finished in the healing lane. */
    private static boolean poll(Stage stage, Lanes<ExperimentsApplication> applications, String name)
            throws IOException, InterruptedException {
        stage.pause(POLL);
        return stage.ask("status of '" + name + "'", applications, application -> application.progress(name))
                .healing()
                .map(Progress::isFinished)
                .orElse(false);
    }

    @Override
    public List<String> inspect(Connection database) throws SQLException {
        List<String> findings = new ArrayList<>();
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT runs.*, runs.run_id = max(runs.run_id) OVER () AS stopped
                        FROM runs JOIN experiments USING (experiment_id) WHERE experiments.name = 'second' ORDER BY run_id""")) {
            int runs = 0;
            while (row.next()) {
                runs++;
                inspectRun(row, findings);
            }
            if (runs != 4) {
                findings.add("experiment 'second': expected 4 runs, found " + runs);
            }
        }
        expect(
                database,
                "SELECT status FROM interactive_control WHERE run_id = (SELECT max(run_id) FROM runs)",
                "COMPLETED",
                findings);
        expect(database, "SELECT count(*) FROM controller_progress", "1", findings);
        return findings;
    }

    private static void inspectRun(ResultSet row, List<String> findings) throws SQLException {
        String name = "run " + row.getString("run_id");
        String expected = row.getBoolean("stopped") ? "STOPPED" : "COMPLETED";
        if (!row.getString("status").equals(expected)) {
            findings.add(name + ": expected " + expected + ", found " + row.getString("status"));
        }
        if (expected.equals("COMPLETED") && row.getInt("current_chunk") != CHUNKS) {
            findings.add(name + ": expected " + CHUNKS + " chunks, found " + row.getInt("current_chunk"));
        }
        if (!ConfigLeaf.isIntact(row.getBytes("config_leaf"), row.getInt("seed"))) {
            findings.add(name + ": its configuration is not what was written");
        }
    }

    private static void expect(Connection database, String sql, String expected, List<String> findings)
            throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            String found = row.next() ? row.getString(1) : "no row";
            if (!expected.equals(found)) {
                findings.add(sql + ": expected " + expected + ", found " + found);
            }
        }
    }
}
