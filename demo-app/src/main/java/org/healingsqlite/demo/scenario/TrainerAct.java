package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.demo.report.Lanes;
import org.healingsqlite.demo.trainer.Run;
import org.healingsqlite.demo.trainer.TrainerApplication;
import org.healingsqlite.demo.trainer.TrainerApplication.Access;

/**
 * S0: the run registry of a trainer, polled by a user interface, breaks (S0-13, S0-14, S0-16, S0-18, S0-21).
 *
 * @param access how the application holds its connections
 * @param moment when the fault strikes
 * @param options of healing, beside the schema
 * @param kept runs that are in the registry at the end, because this fault takes no rows
 */
record TrainerAct(String title, Access access, Moment moment, Breakage breakage, String options, List<String> kept)
        implements Act {
    TrainerAct(String title, Access access, Moment moment, Breakage breakage, List<String> kept) {
        this(title, access, moment, breakage, "", kept);
    }

    private static final Duration POLL = Duration.ofSeconds(2);
    private static final Duration TICK = Duration.ofMillis(500);
    private static final int MOST_POLLS = 200;
    private static final String BEFORE = "run-1";
    private static final String AFTER = "run-2";
    private static final String ROWS_OF_OLDER_RELEASE =
            "INSERT INTO runs (run_id, status) VALUES ('old-1', 'DONE'), ('old-2', 'DONE');";

    /** When a fault strikes. */
    enum Moment {
        BEFORE_START,
        WHILE_RUNNING
    }

    static final Scenario SCENARIO = new Scenario(
            "S0",
            "trainer: a run registry, polled by a user interface every 2 s",
            List.of(
                    new TrainerAct(
                            "files deleted while connections are held: rescue",
                            Access.HELD,
                            Moment.WHILE_RUNNING,
                            new FilesDeleted(),
                            List.of(BEFORE)),
                    new TrainerAct(
                            "files deleted on purpose: recreate",
                            Access.HELD,
                            Moment.WHILE_RUNNING,
                            new FilesDeleted(),
                            "healing.onDeleted=recreate",
                            List.of()),
                    new TrainerAct(
                            "files deleted between two accesses",
                            Access.PER_CALL,
                            Moment.WHILE_RUNNING,
                            new FilesDeleted(),
                            List.of()),
                    new TrainerAct(
                            "files deleted before start",
                            Access.HELD,
                            Moment.BEFORE_START,
                            new FilesDeleted(),
                            List.of()),
                    new TrainerAct(
                            "directory removed while running",
                            Access.HELD,
                            Moment.WHILE_RUNNING,
                            new DirectoryRemoved(),
                            List.of(BEFORE)),
                    new TrainerAct(
                            "table dropped by another process",
                            Access.HELD,
                            Moment.WHILE_RUNNING,
                            SqlElsewhere.dropTables("runs"),
                            List.of()),
                    new TrainerAct(
                            "column dropped by another process",
                            Access.HELD,
                            Moment.WHILE_RUNNING,
                            SqlElsewhere.dropColumn("runs", "updated_at"),
                            List.of(BEFORE)),
                    new TrainerAct(
                            "database of an older release",
                            Access.HELD,
                            Moment.BEFORE_START,
                            new OlderRelease("schemas/trainer-older-release.sql", ROWS_OF_OLDER_RELEASE),
                            List.of("old-1", "old-2"))));

    @Override
    public Blueprint blueprint() {
        return new Blueprint(
                "trainer.sqlite", "schemas/trainer.sql", "", options, "journal_mode=WAL&busy_timeout=10000");
    }

    @Override
    public void play(Stage stage) throws IOException, InterruptedException {
        if (moment == Moment.BEFORE_START) {
            stage.strike(breakage);
        }
        Duration tick = stage.pace().of(TICK);
        Lanes<TrainerApplication> applications =
                stage.start(deployment -> new TrainerApplication(deployment.url(), access, tick, deployment.calls()));
        submit(stage, applications, BEFORE);
        poll(stage, applications, 2);
        if (moment == Moment.WHILE_RUNNING) {
            stage.strike(breakage);
        }
        poll(stage, applications, 3);
        stage.ask(
                "GetRun " + BEFORE,
                applications,
                application -> application.getRun(BEFORE).map(Run::toString).orElse("no such run"));
        submit(stage, applications, AFTER);
        stage.ask(
                "GetRun " + AFTER + ", new connection",
                applications,
                application -> application.getRun(AFTER).map(Run::toString).orElse("no such run"));
        int polls = 0;
        while (!applications.healing().isTrained(AFTER) && stage.isWorthWaiting() && polls++ < MOST_POLLS) {
            poll(stage, applications, 1);
        }
        stage.ask("the trainer's last line", applications, TrainerApplication::trainerLine);
        stage.ask("WatchRuns", applications, TrainerApplication::watchState);
    }

    private static void submit(Stage stage, Lanes<TrainerApplication> applications, String runId)
            throws IOException, InterruptedException {
        stage.ask("SubmitRun " + runId, applications, application -> {
            application.submit(runId);
            return "submitted";
        });
    }

    private static void poll(Stage stage, Lanes<TrainerApplication> applications, int times)
            throws IOException, InterruptedException {
        for (int i = 0; i < times; i++) {
            stage.pause(POLL);
            stage.ask("ListRuns", applications, TrainerApplication::listRuns);
        }
    }

    @Override
    public List<String> inspect(Connection database) throws SQLException {
        List<String> findings = new ArrayList<>();
        List<String> wanted = new ArrayList<>(kept);
        wanted.add(AFTER);
        try (PreparedStatement statement = database.prepareStatement("SELECT status FROM runs WHERE run_id = ?")) {
            for (String runId : wanted) {
                statement.setString(1, runId);
                try (ResultSet row = statement.executeQuery()) {
                    String status = row.next() ? row.getString(1) : "no row";
                    if (!status.equals(Run.Status.DONE.name())) {
                        findings.add(runId + ": expected DONE, found " + status);
                    }
                }
            }
        }
        return findings;
    }
}
