package org.healingsqlite.demo.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.demo.report.Calls;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class HealthServerTest {
    private final Alerts alerts = new Alerts();
    private final Calls calls = new Calls();
    private volatile HealthReport report = new HealthReport(
            List.of(Component.errorTracking(new ErrorStatistics(12, 11, Map.of(Severity.LOW, 11L), 0))));
    private HealthServer server;
    private HealthClient client;

    @BeforeEach
    void start() throws Exception {
        server = new HealthServer(() -> report, alerts);
        client = new HealthClient(server.address(), calls);
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        server.close();
    }

    @Test
    @DisplayName("S3-18 GET /health answers with the report; what is degraded is still served")
    void answersWithTheReport() throws Exception {
        assertThat(client.health()).isEqualTo("200, degraded, 12 events, 11 unresolved");
        assertThat(calls.beforeFault().errors()).isZero();
    }

    @Test
    @DisplayName(
            "S3-18 GET /health answers with 503 where the application is unhealthy, and its client counts an error")
    void answersWith503WhereUnhealthy() {
        report = new HealthReport(List.of(Component.withoutErrorTracking("no such table: error_events")));

        assertThatThrownBy(client::health)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("503, no such table: error_events");
        assertThat(calls.beforeFault().errors()).isEqualTo(1);
    }

    @Test
    @DisplayName("S3-19 who listens hears of HIGH and CRITICAL at once, and of nothing milder")
    void tellsOfAlarmingEvents() throws Exception {
        for (Severity severity : Severity.values()) {
            alerts.tell(ErrorEvent.told(severity, "storage", "T", "it is " + severity, Instant.EPOCH));
        }

        assertThat(client.alerts().poll(1, TimeUnit.MINUTES)).contains("it is HIGH");
        assertThat(client.alerts().poll(1, TimeUnit.MINUTES))
                .isEqualTo("{\"component\":\"storage\",\"type\":\"T\",\"message\":\"it is CRITICAL\",\"job\":null}");
    }
}
