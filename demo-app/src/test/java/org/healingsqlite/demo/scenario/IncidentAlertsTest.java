package org.healingsqlite.demo.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.demo.backups.BackupsApplication;
import org.healingsqlite.demo.backups.HealthClient;
import org.healingsqlite.demo.backups.Severity;
import org.healingsqlite.demo.report.Calls;
import org.healingsqlite.demo.report.Lane;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IncidentAlertsTest {
    private static final Duration NEVER = Duration.ofDays(1);

    @TempDir
    Path directory;

    @Test
    @DisplayName("S3-19 a heal is HIGH, a loss or a heal that failed CRITICAL, and what healed by itself MEDIUM")
    void severities() {
        assertThat(IncidentAlerts.severity(new Outcome.Healthy("it succeeded at retry 1")))
                .isEqualTo(Severity.MEDIUM);
        assertThat(IncidentAlerts.severity(new Outcome.Healed("created a table", Loss.NONE)))
                .isEqualTo(Severity.HIGH);
        assertThat(IncidentAlerts.severity(new Outcome.Healed("", Loss.unknown("some rows"))))
                .isEqualTo(Severity.CRITICAL);
        assertThat(IncidentAlerts.severity(new Outcome.GaveUp("", null))).isEqualTo(Severity.CRITICAL);
        assertThat(IncidentAlerts.severity(new Outcome.Refused(""))).isEqualTo(Severity.CRITICAL);
    }

    @Test
    @DisplayName(
            "S3-19, S3-15 a client that listens over HTTP hears of the heal of the event store, through the driver's listener")
    void aClientHearsOfTheHeal() throws Exception {
        Blueprint blueprint = new Blueprint("error_events.db", "schemas/backups.sql", "journal_mode=WAL");
        Deployment deployment = Deployment.install(blueprint, Lane.HEALING, directory);
        try (BackupsApplication application = new BackupsApplication(deployment.url(), NEVER, NEVER, new Calls());
                HealthClient client = new HealthClient(application.address(), new Calls());
                IncidentAlerts alerts = new IncidentAlerts(deployment, application)) {
            SqlElsewhere.dropTables("error_events").strike(deployment.database());

            assertThat(application.runJob()).endsWith(": 1 event");
            assertThat(client.alerts().poll(1, TimeUnit.MINUTES))
                    .contains("\"component\":\"driver\"", "\"type\":\"healed\"", "no such table: error_events");
            assertThat(client.health()).startsWith("200, healthy, ");
        }
    }
}
