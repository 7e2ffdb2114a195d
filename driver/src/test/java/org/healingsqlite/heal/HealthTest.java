package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.healingsqlite.Healing;
import org.healingsqlite.HealingOption;
import org.healingsqlite.heal.Health.Part;
import org.healingsqlite.heal.Health.Status;
import org.healingsqlite.incident.IncidentCounts;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.incident.IncidentQuery;
import org.healingsqlite.incident.Incidents;
import org.healingsqlite.incident.ReportedError;
import org.healingsqlite.incident.Severity;
import org.healingsqlite.testkit.Sql;
import org.healingsqlite.testkit.Waiting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a database is: the worst of its parts, each by its own rule. */
class HealthTest {
    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void create() throws Exception {
        database = directory.resolve("app.db");
        Sql.runElsewhere(database, "CREATE TABLE t (x)");
    }

    private Healing healing() throws Exception {
        return Healing.of(database, Map.of(HealingOption.RETRIES, "0"));
    }

    private static Status errorTracking(Severity severity, long unresolved, long recent, long critical) {
        return HealthCheck.errorTracking(new IncidentCounts(Map.of(severity, unresolved), unresolved, recent, critical))
                .status();
    }

    @ParameterizedTest
    @CsvSource({
        "0,0,0,HEALTHY",
        "10,20,0,HEALTHY",
        "11,20,0,DEGRADED",
        "10,21,0,DEGRADED",
        "0,21,0,DEGRADED",
        "1,1,1,DEGRADED"
    })
    void s3_16_elevenUnresolvedTwentyOneWithinADayOrOneCriticalDegrade(
            long unresolved, long recent, long critical, Status status) {
        assertThat(errorTracking(Severity.MEDIUM, unresolved, recent, critical)).isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource({"MEDIUM,10,HEALTHY", "MEDIUM,11,DEGRADED", "HIGH,10,HEALTHY", "CRITICAL,1,DEGRADED", "LOW,11,DEGRADED"})
    void s3_16_whatIsOnRecordDegradesAtTheSameBoundaries(Severity severity, int errors, Status status)
            throws Exception {
        Incidents incidents = healing().incidents();
        for (int i = 0; i < errors; i++) {
            incidents.report(ReportedError.of(new IllegalStateException("job " + i), "job_manager", severity));
        }
        IncidentLog.await(Duration.ofMinutes(1));

        Health health = healing().health();
        assertThat(health.status()).isEqualTo(status);
        assertThat(health.part("error_tracking").status()).isEqualTo(status);
        assertThat(health.part("error_tracking").figures())
                .isEqualTo(Map.of(
                        "total_errors", (long) errors,
                        "unresolved_errors", (long) errors,
                        "recent_24h", (long) errors,
                        "critical_errors", severity == Severity.CRITICAL ? (long) errors : 0L));
        assertThat(health.isServing()).as("degraded is not down").isTrue();
    }

    @Test
    void s3_16_theSameErrorElevenTimesCountsElevenTimesAndResolvingItHeals() throws Exception {
        Incidents incidents = healing().incidents();
        for (int i = 0; i < 11; i++) {
            incidents.report(ReportedError.of(new IllegalStateException("job"), "job_manager", Severity.MEDIUM));
        }
        IncidentLog.await(Duration.ofMinutes(1));
        assertThat(healing().health().status()).isEqualTo(Status.DEGRADED);
        assertThat(healing().health().part("error_tracking").explanation())
                .isEqualTo("incidents: 11 unresolved, more than 10");

        assertThat(incidents.search(IncidentQuery.newest(20))).hasSize(1);
        incidents.resolve(
                incidents.search(IncidentQuery.newest(1)).get(0).incident().id(), "mended");
        assertThat(healing().health().status()).isEqualTo(Status.HEALTHY);
    }

    @Test
    void s3_17_theWorstPartIsTheWhole() {
        assertThat(status()).isEqualTo(Status.UNKNOWN);
        assertThat(status(Status.OFF, Status.HEALTHY)).isEqualTo(Status.HEALTHY);
        assertThat(status(Status.HEALTHY, Status.UNKNOWN)).isEqualTo(Status.UNKNOWN);
        assertThat(status(Status.DEGRADED, Status.UNKNOWN)).isEqualTo(Status.DEGRADED);
        assertThat(status(Status.DEGRADED, Status.UNHEALTHY, Status.HEALTHY)).isEqualTo(Status.UNHEALTHY);
    }

    private static Status status(Status... parts) {
        return new Health(
                        Health.Breaker.CLOSED,
                        Health.Breaker.CLOSED,
                        List.of(),
                        java.util.Arrays.stream(parts)
                                .map(status -> new Part("p", status, "", Map.of()))
                                .toList())
                .status();
    }

    @Test
    void s3_16_theJsonNamesStatusAndEveryComponent() throws Exception {
        JsonObject json = JsonParser.object().from(healing().health().toJson());
        assertThat(json.getString("status")).isEqualTo("healthy");
        JsonObject components = json.getObject("components");
        assertThat(components.keySet()).containsExactly("storage", "error_tracking", "breaker", "archive");
        assertThat(components.getObject("error_tracking"))
                .isEqualTo(Map.of(
                        "status", "healthy",
                        "total_errors", 0,
                        "unresolved_errors", 0,
                        "recent_24h", 0,
                        "critical_errors", 0));
        assertThat(components.getObject("archive").getString("status")).isEqualTo("off");
    }

    @Test
    void s3_17_aFileThatIsGoneOverwrittenOrEmptyIsToldAsWhatItIs() throws Exception {
        Healing healing = healing();
        assertThat(storage(healing).status()).isEqualTo(Status.HEALTHY);
        Files.write(database, new byte[0]);
        assertThat(storage(healing).status()).isEqualTo(Status.HEALTHY);
        Files.write(database, "this is a text, and no database at all".repeat(9).getBytes(StandardCharsets.UTF_8));
        assertThat(storage(healing).status()).isEqualTo(Status.UNHEALTHY);
        assertThat(healing.health().isServing()).isFalse();
        Files.delete(database);
        assertThat(storage(healing))
                .isEqualTo(new Part("storage", Status.UNKNOWN, "there is no file, and nobody has one open", Map.of()));
        Files.createDirectory(database);
        assertThat(storage(healing).status()).isEqualTo(Status.UNHEALTHY);
    }

    private static Part storage(Healing healing) {
        return healing.health().part("storage");
    }

    @Test
    void aFileThatIsHeldAndNoLongerAtItsPathDegradesUntilTheNextCallBringsItBack() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:healing:sqlite:" + database)) {
            Sql.run(connection, "INSERT INTO t VALUES (1)");
            Files.delete(database);
            Status gone = storage(Healing.of(connection)).status();
            assertThat(gone).isIn(Status.DEGRADED, Status.HEALTHY);
            // The next call after the watch was told; the system tells it when it likes.
            Waiting.await().until(() -> {
                assertThat(Sql.rows(connection, "SELECT x FROM t")).containsExactly(List.of(1));
                return storage(Healing.of(connection)).status() == Status.HEALTHY;
            });
        }
    }

    @Test
    void anErrorStoreThatCannotBeReadIsUnknownAndNothingIsThrown() throws Exception {
        Healing healing = healing();
        healing.incidents().report(ReportedError.of(new IllegalStateException("job"), "job_manager", Severity.LOW));
        IncidentLog.await(Duration.ofMinutes(1));
        Path store = directory.resolve("app.db.healing/incidents.db");
        Files.write(store, "no store any more".repeat(999).getBytes(StandardCharsets.UTF_8));

        Part part = healing.health().part("error_tracking");
        assertThat(part.status()).isEqualTo(Status.UNKNOWN);
        assertThat(part.figures()).as("unknown is not zero").isEmpty();
        assertThat(part.explanation()).contains("file is not a database");
    }

    @Test
    void healthMakesNoFileAndChangesNone() throws Exception {
        byte[] before = Files.readAllBytes(database);
        Instant written = Files.getLastModifiedTime(database).toInstant();
        assertThat(healing().health().status()).isEqualTo(Status.HEALTHY);
        assertThat(Files.readAllBytes(database)).isEqualTo(before);
        assertThat(Files.getLastModifiedTime(database).toInstant()).isEqualTo(written);
        try (var all = Files.list(directory)) {
            assertThat(all).containsExactly(database);
        }
    }
}
