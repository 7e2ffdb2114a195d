package org.healingsqlite.demo.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthReportTest {
    private static Component errorTracking(long unresolved, long critical, long recent) {
        return Component.errorTracking(
                new ErrorStatistics(100, unresolved, Map.of(Severity.CRITICAL, critical), recent));
    }

    @ParameterizedTest(name = "{0} unresolved, {1} critical, {2} within a day: {3}")
    @CsvSource({
        "0, 0, 0, HEALTHY",
        "10, 0, 20, HEALTHY",
        "11, 0, 20, DEGRADED",
        "10, 0, 21, DEGRADED",
        "1, 1, 1, DEGRADED"
    })
    @DisplayName("S3-16 error tracking is degraded by a critical event, by 11 unresolved ones, by 21 within a day")
    void errorTrackingIsDegradedAtItsLimits(long unresolved, long critical, long recent, HealthStatus status) {
        assertThat(errorTracking(unresolved, critical, recent).status()).isEqualTo(status);
    }

    @Test
    @DisplayName("S3-17 the whole is as its worst component")
    void theWholeIsAsItsWorstComponent() {
        Component healthy = Component.background(false, 3);
        Component degraded = Component.background(true, 4);
        Component unhealthy = Component.withoutErrorTracking("no such table: error_events");

        assertThat(new HealthReport(List.of(healthy, errorTracking(0, 0, 0))).status())
                .isEqualTo(HealthStatus.HEALTHY);
        assertThat(new HealthReport(List.of(degraded, healthy)).status()).isEqualTo(HealthStatus.DEGRADED);
        assertThat(new HealthReport(List.of(degraded, unhealthy, healthy)).status())
                .isEqualTo(HealthStatus.UNHEALTHY);
    }

    @Test
    @DisplayName("S3-16 the report as JSON")
    void json() {
        HealthReport report = new HealthReport(List.of(
                Component.errorTracking(new ErrorStatistics(30, 5, Map.of(Severity.CRITICAL, 2L), 7)),
                Component.background(false, 0)));

        assertThat(report.json())
                .isEqualTo("{\"status\":\"degraded\",\"components\":{\"error_tracking\":{\"status\":\"degraded\","
                        + "\"critical_errors\":2,\"recent_24h\":7,\"total_errors\":30,\"unresolved_errors\":5},"
                        + "\"background\":{\"status\":\"healthy\",\"failed_rounds\":0}}}");
    }
}
