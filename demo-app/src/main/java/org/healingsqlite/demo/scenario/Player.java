package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.demo.report.ActResult;
import org.healingsqlite.demo.report.Calls;
import org.healingsqlite.demo.report.DriverLog;
import org.healingsqlite.demo.report.Lane;
import org.healingsqlite.demo.report.LaneResult;
import org.healingsqlite.demo.report.Lanes;
import org.healingsqlite.demo.report.Timeline;

/** Plays acts, each in a directory of its own, and gathers what came of them. */
public final class Player {
    private final Path directory;
    private final Pace pace;
    private final Timeline timeline;
    private final DriverLog log;

    /**
     * A player.
     *
     * @param directory exists, and is filled with the acts' databases
     * @param log where the driver's log goes
     */
    public Player(Path directory, Pace pace, Timeline timeline, DriverLog log) {
        this.directory = directory;
        this.pace = pace;
        this.timeline = timeline;
        this.log = log;
    }

    /** Plays the acts of a scenario one after the other. */
    public List<ActResult> play(Scenario scenario) throws IOException, SQLException, InterruptedException {
        List<ActResult> results = new ArrayList<>();
        for (Act act : scenario.acts()) {
            String name = scenario.name() + " " + act.title();
            timeline.begin(name);
            results.add(new ActResult(name, play(act, directory.resolve(name.replace(' ', '-')))));
        }
        return results;
    }

    private Lanes<LaneResult> play(Act act, Path actDirectory) throws IOException, SQLException, InterruptedException {
        Lanes<Deployment> deployments = new Lanes<>(
                Deployment.install(act.blueprint(), Lane.PLAIN, actDirectory),
                Deployment.install(act.blueprint(), Lane.HEALING, actDirectory));
        try (Stage stage = new Stage(deployments, pace, timeline, log)) {
            act.play(stage);
        }
        Lanes<LaneResult> results = new Lanes<>(result(act, deployments.plain()), result(act, deployments.healing()));
        timeline.row("inspection of the file", results.map(Player::inspected));
        return results;
    }

    private static LaneResult result(Act act, Deployment deployment) {
        long rows = 0;
        List<String> findings = new ArrayList<>();
        try (Connection database = deployment.inspect()) {
            rows = SchemaInspection.rows(database);
            findings.addAll(SchemaInspection.findings(database, act.blueprint().schema()));
            if (findings.isEmpty()) {
                findings.addAll(act.inspect(database));
            }
        } catch (SQLException e) {
            findings.add(Calls.message(e));
        }
        List<Duration> heals = List.of();
        try {
            // Asked for last: a connection of the driver may heal what was to be inspected.
            heals = deployment.heals();
        } catch (SQLException e) {
            findings.add("incidents cannot be read: " + Calls.message(e));
        }
        Calls calls = deployment.calls();
        return new LaneResult(calls.beforeFault(), calls.afterFault(), heals, rows, findings);
    }

    private static String inspected(LaneResult result) {
        return result.findings().isEmpty()
                ? "complete, " + result.rows() + " rows"
                : String.join("; ", result.findings());
    }
}
