package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.demo.backups.BackupsApplication;
import org.healingsqlite.demo.backups.HealthClient;
import org.healingsqlite.demo.report.Lanes;

/**
 * S3: the store of error events breaks while jobs log into it and a client polls the health endpoint over HTTP (S3-15, S3-16, S3-18, S3-19).
 *
 * @param keepsEvents whether the events of the first jobs are still there at the end, because this fault does not take them
 */
record BackupsAct(String title, Breakage breakage, boolean keepsEvents) implements Act {
    private static final Duration POLL = Duration.ofSeconds(2);
    private static final Duration PERIOD = Duration.ofMillis(200);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    static final Scenario SCENARIO = new Scenario(
            "S3",
            "backups: a store of error events, and a health endpoint that is polled every 2 s",
            List.of(
                    new BackupsAct("files deleted while jobs log", new FilesDeleted(), true),
                    new BackupsAct(
                            "schema overwritten while jobs log",
                            new SqlElsewhere("PRAGMA writable_schema = ON;"
                                    + " UPDATE sqlite_schema SET sql = 'garbage' WHERE name = 'error_events';"
                                    + " PRAGMA schema_version = 4711"),
                            true),
                    new BackupsAct("table dropped while jobs log", SqlElsewhere.dropTables("error_events"), false),
                    new BackupsAct(
                            "locked for longer than SQLite waits", new LockedElsewhere(Duration.ofSeconds(5)), true)));

    @Override
    public Blueprint blueprint() {
        return new Blueprint(
                "error_events.db",
                "schemas/backups.sql",
                "",
                "healing.retries=3&healing.retryDelay=500ms&healing.breakerFailures=5&healing.breakerDelay=60s",
                "journal_mode=WAL");
    }

    @Override
    public void play(Stage stage) throws IOException, InterruptedException {
        Duration period = stage.pace().of(PERIOD);
        Duration afterFailure = stage.pace().of(AFTER_FAILURE);
        Lanes<BackupsApplication> applications = stage.start(deployment -> open(deployment, period, afterFailure));
        Lanes<HealthClient> clients = stage.start(deployment ->
                new HealthClient(applications.get(deployment.lane()).address(), deployment.calls()));
        stage.start(deployment -> new IncidentAlerts(deployment, applications.get(deployment.lane())));
        poll(stage, clients, 3);
        stage.strike(breakage);
        poll(stage, clients, 4);
        stage.ask("run a job now", applications, BackupsApplication::runJob);
        poll(stage, clients, 1);
        stage.ask("alerts that have come", clients, BackupsAct::alerts);
    }

    private static BackupsApplication open(Deployment deployment, Duration period, Duration afterFailure) {
        try {
            return new BackupsApplication(deployment.url(), period, afterFailure, deployment.calls());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void poll(Stage stage, Lanes<HealthClient> clients, int times)
            throws IOException, InterruptedException {
        for (int i = 0; i < times; i++) {
            stage.pause(POLL);
            stage.ask("GET /health", clients, HealthClient::health);
        }
    }

    private static String alerts(HealthClient client) {
        List<String> alerts = List.copyOf(client.alerts());
        long ofDriver = alerts.stream()
                .filter(alert -> alert.contains("\"component\":\"driver\""))
                .count();
        return alerts.size() + ", of the driver: " + ofDriver;
    }

    @Override
    public List<String> inspect(Connection database) throws SQLException {
        List<String> findings = new ArrayList<>();
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT count(*), count(DISTINCT job), coalesce(min(job), 0), coalesce(max(job), 0)
                        FROM (SELECT CAST(substr(job_id, 5) AS INTEGER) AS job FROM error_events)""")) {
            long events = row.getLong(1);
            long jobs = row.getLong(2);
            long first = row.getLong(3);
            long last = row.getLong(4);
            if (events == 0) {
                findings.add("no event");
            }
            if (events != jobs) {
                findings.add(events + " events of " + jobs + " jobs");
            }
            if (jobs != last - first + 1) {
                findings.add("jobs " + first + " to " + last + ": events of only " + jobs);
            }
            if (keepsEvents && first > 1) {
                findings.add("the events before job " + first + " are missing");
            }
        }
        return findings;
    }
}
