package org.healingsqlite.incident;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/** Incidents as rows of the store, and back. */
final class IncidentRows {
    /** Text that sorts by time: always nine digits behind the second. */
    private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private static final int OPEN = 0;
    private static final int BY_A_PERSON = 1;
    private static final int BY_ITSELF = 2;

    private IncidentRows() {}

    static String moment(Instant moment) {
        return MOMENT.format(moment);
    }

    /** How a resolution is on record. */
    static int number(@Nullable Resolution resolution) {
        return resolution == null ? OPEN : resolution.byItself() ? BY_ITSELF : BY_A_PERSON;
    }

    static void insert(Connection connection, IncidentEntry entry) throws SQLException {
        Incident incident = entry.incident();
        Outcome outcome = incident.outcome();
        OptionalLong most = outcome.loss().completeness().atMost();
        Resolution resolution = entry.resolution().orElse(null);
        ReportedError error = entry.error().orElse(null);
        Object[] values = {
            incident.id(),
            moment(incident.startedAt()),
            incident.elapsed().toMillis(),
            entry.process(),
            incident.database().toString(),
            incident.fault(),
            incident.diagnosis(),
            String.join("\n", incident.steps()),
            outcome.word(),
            outcome.explanation(),
            outcome.loss().rows(),
            outcome.loss().explanation(),
            most.isPresent() ? most.getAsLong() : null,
            outcome.loss().content().name(),
            incident.severity().name(),
            incident.component(),
            entry.occurrences(),
            moment(entry.lastAt()),
            error == null ? null : error.type(),
            error == null ? null : error.stackTrace(),
            error == null ? null : error.jobId().orElse(null),
            error == null ? null : error.jobName().orElse(null),
            number(resolution),
            resolution == null ? null : moment(resolution.at()),
            resolution == null ? null : resolution.note()
        };
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT OR IGNORE INTO incidents (id, started_at, elapsed_ms, process, database, fault, diagnosis, steps,"
                        + " outcome, explanation, rows_lost, loss, rows_lost_at_most, content, severity, component,"
                        + " occurrences, last_at, error_type, stack_trace, job_id, job_name, resolved, resolved_at, note)"
                        + " VALUES (" + "?, ".repeat(values.length - 1) + "?)")) {
            for (int i = 0; i < values.length; i++) {
                insert.setObject(i + 1, values[i]);
            }
            insert.executeUpdate();
        }
    }

    /** All rows of a result. */
    static List<IncidentEntry> entries(ResultSet row, boolean isCurrent) throws SQLException {
        List<IncidentEntry> entries = new ArrayList<>();
        while (row.next()) {
            entries.add(entry(row, isCurrent));
        }
        return entries;
    }

    /**
     * One row. Other texts than this library writes are an error, and no incident.
     *
     * @param isCurrent whether the store has the columns of this version
     */
    static IncidentEntry entry(ResultSet row, boolean isCurrent) throws SQLException {
        try {
            Incident incident = incident(row, isCurrent);
            if (!isCurrent) {
                return new IncidentEntry(
                        incident,
                        row.getLong("process"),
                        1,
                        incident.startedAt(),
                        Optional.empty(),
                        Resolution.ofItself(incident));
            }
            return new IncidentEntry(
                    incident,
                    row.getLong("process"),
                    row.getLong("occurrences"),
                    Optional.ofNullable(row.getString("last_at"))
                            .map(Instant::parse)
                            .orElse(incident.startedAt()),
                    error(row, incident),
                    resolution(row));
        } catch (DateTimeException | IllegalArgumentException | NullPointerException e) {
            throw new StoreSchema.ForeignStoreException(
                    "The log of incidents has a row that this library did not write: " + Disclosure.text(e));
        }
    }

    private static Incident incident(ResultSet row, boolean isCurrent) throws SQLException {
        String steps = row.getString("steps");
        Outcome outcome = outcome(row);
        return new Incident(
                row.getString("id"),
                Path.of(row.getString("database")),
                Instant.parse(row.getString("started_at")),
                Duration.ofMillis(row.getLong("elapsed_ms")),
                row.getString("fault"),
                row.getString("diagnosis"),
                steps.isEmpty() ? List.of() : List.of(steps.split("\n")),
                outcome,
                isCurrent ? row.getString("component") : Component.UNKNOWN.word(),
                isCurrent ? Severity.valueOf(row.getString("severity")) : Severity.of(Component.UNKNOWN, outcome));
    }

    private static Optional<ReportedError> error(ResultSet row, Incident incident) throws SQLException {
        String type = row.getString("error_type");
        if (type == null) {
            return Optional.empty();
        }
        return Optional.of(new ReportedError(
                incident.severity(),
                incident.component(),
                type,
                incident.fault(),
                Optional.ofNullable(row.getString("stack_trace")).orElse(""),
                Optional.ofNullable(row.getString("job_id")),
                Optional.ofNullable(row.getString("job_name"))));
    }

    private static Optional<Resolution> resolution(ResultSet row) throws SQLException {
        int resolved = row.getInt("resolved");
        return resolved == OPEN
                ? Optional.empty()
                : Optional.of(new Resolution(
                        Instant.parse(row.getString("resolved_at")),
                        Optional.ofNullable(row.getString("note")).orElse(""),
                        resolved == BY_ITSELF));
    }

    private static Loss loss(ResultSet row) throws SQLException {
        OptionalLong most = OptionalLong.empty();
        Content content = Content.UNVERIFIED;
        if (has(row, "content")) {
            long number = row.getLong("rows_lost_at_most");
            most = row.wasNull() ? OptionalLong.empty() : OptionalLong.of(number);
            String word = row.getString("content");
            content = word == null ? Content.UNVERIFIED : Content.valueOf(word);
        }
        return Loss.told(row.getLong("rows_lost"), most, content, row.getString("loss"));
    }

    private static boolean has(ResultSet row, String column) throws SQLException {
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            if (row.getMetaData().getColumnName(i).equals(column)) {
                return true;
            }
        }
        return false;
    }

    private static Outcome outcome(ResultSet row) throws SQLException {
        String explanation = row.getString("explanation");
        return switch (row.getString("outcome")) {
            case "healed" -> new Outcome.Healed(explanation, loss(row));
            case "healthy" -> new Outcome.Healthy(explanation);
            case "refused" -> new Outcome.Refused(explanation);
            default -> new Outcome.GaveUp(explanation, null);
        };
    }
}
