package org.healingsqlite.demo.backups;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.healingsqlite.demo.report.Calls;
import org.jspecify.annotations.Nullable;

/** The SQL of the event store. Each method is one call that its client makes. As thread-safe as its source of connections. */
final class ErrorEvents {
    /** Text that sorts by time. */
    private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private static final Duration RECENT = Duration.ofHours(24);

    private final Connections connections;
    private final Clock clock;
    private final Calls calls;

    /** Where connections come from; each is closed after the call it was asked for. */
    @FunctionalInterface
    interface Connections {
        Connection open() throws SQLException;
    }

    ErrorEvents(Connections connections, Clock clock, Calls calls) {
        this.connections = connections;
        this.clock = clock;
        this.calls = calls;
    }

    /** Stores an event; gives its id. */
    long log(ErrorEvent event) throws SQLException {
        return run(
                """
                INSERT INTO error_events (timestamp, severity, component, error_type, message, details, job_id, job_name, stack_trace)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                statement -> {
                    statement.executeUpdate();
                    try (ResultSet keys = statement.getGeneratedKeys()) {
                        return keys.getLong(1);
                    }
                },
                TIMESTAMP.format(event.timestamp()),
                event.severity().name(),
                event.component(),
                event.errorType(),
                event.message(),
                event.details(),
                event.jobId(),
                event.jobName(),
                event.stackTrace());
    }

    Optional<ErrorEvent> get(long id) throws SQLException {
        return query("WHERE id = ?", id).stream().findFirst();
    }

    /** The newest events that are resolved, or that are not, newest first. */
    List<ErrorEvent> recent(int limit, boolean resolved) throws SQLException {
        return query("WHERE resolved = ? ORDER BY timestamp DESC, id DESC LIMIT ?", resolved ? 1 : 0, limit);
    }

    List<ErrorEvent> ofJob(String jobId) throws SQLException {
        return query("WHERE job_id = ? ORDER BY id", jobId);
    }

    List<ErrorEvent> ofSeverity(Severity severity) throws SQLException {
        return query("WHERE severity = ? ORDER BY id", severity.name());
    }

    /** Notes that somebody has seen to an event; gives whether there was one that nobody had seen to. */
    boolean markResolved(long id) throws SQLException {
        return run(
                        "UPDATE error_events SET resolved = 1, resolved_at = ? WHERE id = ? AND resolved = 0",
                        PreparedStatement::executeUpdate,
                        TIMESTAMP.format(clock.instant()),
                        id)
                == 1;
    }

    /** Deletes events that are resolved and older than some days; gives how many. */
    int deleteResolved(int days) throws SQLException {
        return run(
                "DELETE FROM error_events WHERE resolved = 1 AND timestamp < ?",
                PreparedStatement::executeUpdate,
                TIMESTAMP.format(clock.instant().minus(Duration.ofDays(days))));
    }

    ErrorStatistics statistics() throws SQLException {
        return run(
                """
                SELECT severity, count(*) AS total, sum(resolved = 0) AS unresolved, sum(timestamp >= ?) AS recent
                FROM error_events GROUP BY severity""",
                statement -> {
                    long total = 0;
                    long recent = 0;
                    Map<Severity, Long> unresolved = new EnumMap<>(Severity.class);
                    try (ResultSet row = statement.executeQuery()) {
                        while (row.next()) {
                            total += row.getLong("total");
                            recent += row.getLong("recent");
                            unresolved.put(Severity.valueOf(row.getString("severity")), row.getLong("unresolved"));
                        }
                    }
                    long sum = unresolved.values().stream()
                            .mapToLong(Long::longValue)
                            .sum();
                    return new ErrorStatistics(total, sum, unresolved, recent);
                },
                TIMESTAMP.format(clock.instant().minus(RECENT)));
    }

    private List<ErrorEvent> query(String condition, Object... parameters) throws SQLException {
        return run(
                "SELECT * FROM error_events " + condition,
                statement -> {
                    List<ErrorEvent> events = new ArrayList<>();
                    try (ResultSet row = statement.executeQuery()) {
                        while (row.next()) {
                            events.add(read(row));
                        }
                    }
                    return events;
                },
                parameters);
    }

    private static ErrorEvent read(ResultSet row) throws SQLException {
        String resolvedAt = row.getString("resolved_at");
        return new ErrorEvent(
                row.getLong("id"),
                Instant.parse(row.getString("timestamp")),
                Severity.valueOf(row.getString("severity")),
                row.getString("component"),
                row.getString("error_type"),
                row.getString("message"),
                row.getString("details"),
                row.getString("job_id"),
                row.getString("job_name"),
                row.getString("stack_trace"),
                row.getBoolean("resolved"),
                resolvedAt == null ? null : Instant.parse(resolvedAt));
    }

    @FunctionalInterface
    private interface Execution<T> {
        T of(PreparedStatement statement) throws SQLException;
    }

    private <T> T run(String sql, Execution<T> execution, @Nullable Object... parameters) throws SQLException {
        return calls.count(() -> {
            try (Connection connection = connections.open();
                    PreparedStatement statement = connection.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
                for (int i = 0; i < parameters.length; i++) {
                    statement.setObject(i + 1, parameters[i]);
                }
                return execution.of(statement);
            }
        });
    }
}
