package org.healingsqlite.demo.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.healingsqlite.demo.report.Calls;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErrorEventsTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    Path directory;

    private String url;
    private ErrorEvents events;

    @BeforeEach
    void install() throws Exception {
        url = "jdbc:sqlite:" + directory.resolve("error_events.db");
        try (InputStream stream =
                Objects.requireNonNull(getClass().getClassLoader().getResourceAsStream("schemas/backups.sql"))) {
            execute(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        }
        events = new ErrorEvents(() -> DriverManager.getConnection(url), Clock.fixed(NOW, ZoneOffset.UTC), new Calls());
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    private long log(Severity severity, Duration age) throws SQLException {
        return events.log(ErrorEvent.of(new IOException("unreachable"), severity, "storage", NOW.minus(age)));
    }

    @Test
    @DisplayName("S3-12 an event of an exception has its type, message, stack trace, severity, component and job")
    void anEventTellsOfItsException() {
        ErrorEvent event = ErrorEvent.of(new IOException("unreachable"), Severity.HIGH, "storage", NOW)
                .ofJob("job-1", "nightly");

        assertThat(event.errorType()).isEqualTo("IOException");
        assertThat(event.message()).isEqualTo("unreachable");
        assertThat(event.stackTrace()).contains("anEventTellsOfItsException");
        assertThat(event.severity()).isEqualTo(Severity.HIGH);
        assertThat(event.component()).isEqualTo("storage");
        assertThat(event.jobId()).isEqualTo("job-1");
        assertThat(event.jobName()).isEqualTo("nightly");
        assertThat(event.resolved()).isFalse();
    }

    @Test
    @DisplayName("S3-11 what is logged is read back as it was, with its id")
    void whatIsLoggedIsReadBack() throws SQLException {
        ErrorEvent event = new ErrorEvent(
                0, NOW, Severity.LOW, "ui", "T", "m", "3 retries", "job-1", "nightly", "at x", false, null);
        long id = events.log(event);

        assertThat(events.get(id))
                .contains(new ErrorEvent(
                        id, NOW, Severity.LOW, "ui", "T", "m", "3 retries", "job-1", "nightly", "at x", false, null));
        assertThat(events.get(id + 1)).isEmpty();
    }

    @Test
    @DisplayName("S3-11 the newest come first, up to a limit, the resolved apart from the others")
    void recentEvents() throws SQLException {
        long oldest = log(Severity.LOW, Duration.ofHours(3));
        long newest = log(Severity.LOW, Duration.ofMillis(1));
        long middle = log(Severity.LOW, Duration.ofHours(1));
        events.markResolved(middle);

        assertThat(events.recent(10, false)).extracting(ErrorEvent::id).containsExactly(newest, oldest);
        assertThat(events.recent(1, false)).extracting(ErrorEvent::id).containsExactly(newest);
        assertThat(events.recent(10, true)).extracting(ErrorEvent::id).containsExactly(middle);
    }

    @Test
    @DisplayName("S3-11 events are found by job and by severity")
    void eventsByJobAndSeverity() throws SQLException {
        long ofJob = events.log(ErrorEvent.of(new IOException("x"), Severity.HIGH, "engine", NOW)
                .ofJob("job-1", "nightly"));
        long other = log(Severity.LOW, Duration.ZERO);

        assertThat(events.ofJob("job-1")).extracting(ErrorEvent::id).containsExactly(ofJob);
        assertThat(events.ofSeverity(Severity.LOW)).extracting(ErrorEvent::id).containsExactly(other);
    }

    @Test
    @DisplayName("S3-11 resolving an event notes when, and does so once")
    void resolvingIsNotedOnce() throws SQLException {
        long id = log(Severity.LOW, Duration.ofHours(1));

        assertThat(events.markResolved(id)).isTrue();
        assertThat(events.get(id).orElseThrow().resolvedAt()).isEqualTo(NOW);
        assertThat(events.markResolved(id)).isFalse();
        assertThat(events.markResolved(id + 1)).isFalse();
    }

    @Test
    @DisplayName("S3-11 statistics: total, unresolved, by severity, of the last 24 hours")
    void statistics() throws SQLException {
        log(Severity.CRITICAL, Duration.ofHours(24));
        log(Severity.LOW, Duration.ofHours(24).plusMillis(1));
        events.markResolved(log(Severity.LOW, Duration.ZERO));

        ErrorStatistics statistics = events.statistics();
        assertThat(statistics).isEqualTo(new ErrorStatistics(3, 2, Map.of(Severity.CRITICAL, 1L, Severity.LOW, 1L), 2));
        assertThat(statistics.critical()).isEqualTo(1);
    }

    @Test
    @DisplayName("S3-11 of old events only those are deleted that are resolved")
    void onlyResolvedEventsAreDeleted() throws SQLException {
        long open = log(Severity.LOW, Duration.ofDays(40));
        long recent = log(Severity.LOW, Duration.ofDays(29));
        events.markResolved(recent);
        events.markResolved(log(Severity.LOW, Duration.ofDays(31)));

        assertThat(events.deleteResolved(30)).isEqualTo(1);
        assertThat(events.get(open)).isPresent();
        assertThat(events.get(recent)).isPresent();
    }

    @Test
    @DisplayName("S3-10, S3-12 the store has 12 columns, 5 indexes, and takes no other severity")
    void theSchemaGuardsItself() throws SQLException {
        assertThatThrownBy(
                        () -> execute("INSERT INTO error_events (timestamp, severity, component, error_type, message)"
                                + " VALUES ('', 'FATAL', '', '', '')"))
                .hasMessageContaining("CHECK constraint failed");
        assertThatThrownBy(() -> Severity.valueOf("FATAL")).isInstanceOf(IllegalArgumentException.class);
        assertThat(texts("SELECT name FROM pragma_table_info('error_events')")).hasSize(12);
        assertThat(texts("SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name"))
                .containsExactly(
                        "idx_error_component",
                        "idx_error_job_id",
                        "idx_error_resolved",
                        "idx_error_severity",
                        "idx_error_timestamp");
    }

    private List<String> texts(String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            List<String> texts = new ArrayList<>();
            while (row.next()) {
                texts.add(row.getString(1));
            }
            return texts;
        }
    }
}
