package org.healingsqlite.incident;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The questions that a store of today's form is asked, and what is changed in it. */
final class IncidentSql {
    private static final Duration RECENT = Duration.ofHours(24);

    private IncidentSql() {}

    /** Newest first. */
    static List<IncidentEntry> search(Connection connection, IncidentQuery query) throws SQLException {
        List<String> conditions = new ArrayList<>();
        List<Object> values = new ArrayList<>();
        query.since().ifPresent(moment -> add(conditions, values, "started_at >= ?", IncidentRows.moment(moment)));
        query.until().ifPresent(moment -> add(conditions, values, "started_at < ?", IncidentRows.moment(moment)));
        query.severity().ifPresent(severity -> add(conditions, values, "severity = ?", severity.name()));
        query.atLeast()
                .ifPresent(least -> conditions.add("severity IN ("
                        + Arrays.stream(Severity.values())
                                .filter(each -> each.compareTo(least) >= 0)
                                .map(each -> "'" + each.name() + "'")
                                .collect(Collectors.joining(", "))
                        + ")"));
        query.component().ifPresent(name -> add(conditions, values, "component = ?", name));
        query.jobId().ifPresent(id -> add(conditions, values, "job_id = ?", id));
        query.resolved().ifPresent(yes -> conditions.add(yes ? "resolved > 0" : "resolved = 0"));
        query.text().ifPresent(text -> {
            String pattern = "%" + text.replaceAll("[%_\\\\]", "\\\\$0") + "%";
            conditions.add(List.of("fault", "diagnosis", "steps", "explanation", "loss").stream()
                    .map(column -> column + " LIKE ? ESCAPE '\\'")
                    .collect(Collectors.joining(" OR ", "(", ")")));
            values.addAll(java.util.Collections.nCopies(5, pattern));
        });
        String sql = "SELECT * FROM incidents"
                + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions))
                + " ORDER BY id DESC LIMIT ?";
        values.add(query.limit());
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.size(); i++) {
                select.setObject(i + 1, values.get(i));
            }
            try (ResultSet row = select.executeQuery()) {
                return IncidentRows.entries(row, true);
            }
        }
    }

    private static void add(List<String> conditions, List<Object> values, String condition, Object value) {
        conditions.add(condition);
        values.add(value);
    }

    /** By its id, or by the id of one that was counted into it. */
    static Optional<IncidentEntry> find(Connection connection, String id) throws SQLException {
        if (id.isBlank()) {
            // The oldest of the repeats may be cut off, down to nothing.
            return Optional.empty();
        }
        for (String condition : List.of("id = ?", "instr(char(10) || repeats, char(10) || ? || char(10)) > 0")) {
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT * FROM incidents WHERE " + condition + " LIMIT 1")) {
                select.setString(1, id);
                try (ResultSet row = select.executeQuery()) {
                    if (row.next()) {
                        return Optional.of(IncidentRows.entry(row, true));
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Whether it is on record and was unresolved until now. */
    static boolean resolve(Connection connection, String id, Resolution resolution) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE incidents SET resolved = ?, resolved_at = ?, note = ? WHERE id = ? AND resolved = 0")) {
            update.setInt(1, IncidentRows.number(resolution));
            update.setString(2, IncidentRows.moment(resolution.at()));
            update.setString(3, resolution.note());
            update.setString(4, id);
            return update.executeUpdate() > 0;
        }
    }

    /** When the first heal ended that was not proven to lose nothing; empty where none is on record. */
    static Optional<Instant> firstLoss(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT min(started_at) FROM incidents WHERE rows_lost <> 0")) {
            return row.next() ? Optional.ofNullable(row.getString(1)).map(Instant::parse) : Optional.empty();
        }
    }

    /** As {@link #firstLoss}, of those that nobody has resolved. */
    static Optional<Instant> firstUnresolvedLoss(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT min(started_at) FROM incidents WHERE rows_lost <> 0 AND resolved = 0")) {
            return row.next() ? Optional.ofNullable(row.getString(1)).map(Instant::parse) : Optional.empty();
        }
    }

    /** Whether such a heal ended at a moment or later. */
    static boolean hasLossSince(Connection connection, Instant moment) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT started_at, elapsed_ms FROM incidents WHERE rows_lost <> 0 ORDER BY started_at DESC")) {
            while (row.next()) {
                if (!Instant.parse(row.getString(1)).plusMillis(row.getLong(2)).isBefore(moment)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** What health needs: read off indexes alone. */
    static IncidentCounts counts(Connection connection, Instant now) throws SQLException {
        Map<Severity, Long> all = new EnumMap<>(Severity.class);
        long unresolved = 0;
        long critical = 0;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT severity, resolved, sum(occurrences) FROM incidents GROUP BY severity, resolved")) {
            while (row.next()) {
                Severity severity = Severity.valueOf(row.getString(1));
                all.merge(severity, row.getLong(3), Long::sum);
                if (row.getInt(2) == 0) {
                    unresolved += row.getLong(3);
                    critical += severity == Severity.CRITICAL ? row.getLong(3) : 0;
                }
            }
        }
        try (PreparedStatement recent = connection.prepareStatement(
                "SELECT coalesce(sum(occurrences), 0) FROM incidents WHERE started_at >= ?")) {
            recent.setString(1, IncidentRows.moment(now.minus(RECENT)));
            try (ResultSet row = recent.executeQuery()) {
                return new IncidentCounts(all, unresolved, row.next() ? row.getLong(1) : 0, critical);
            }
        }
    }

    /** Everything that is counted. */
    static IncidentStatistics statistics(Connection connection, Instant now) throws SQLException {
        IncidentCounts counts = counts(connection, now);
        Map<String, Long> components = new java.util.TreeMap<>();
        long healed;
        long whole;
        long byThemselves;
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row =
                    statement.executeQuery("SELECT component, sum(occurrences) FROM incidents GROUP BY component")) {
                while (row.next()) {
                    components.put(row.getString(1), row.getLong(2));
                }
            }
            try (ResultSet row = statement.executeQuery(
                    "SELECT count(*), coalesce(sum(rows_lost = 0), 0)" + " FROM incidents WHERE outcome = 'healed'")) {
                row.next();
                healed = row.getLong(1);
                whole = row.getLong(2);
            }
            try (ResultSet row =
                    statement.executeQuery("SELECT coalesce(sum(occurrences), 0) FROM incidents WHERE resolved = 2")) {
                row.next();
                byThemselves = row.getLong(1);
            }
        }
        return new IncidentStatistics(counts, components, healed, whole, byThemselves);
    }

    /**
     * Removes incidents that are resolved and old, and the oldest ones beyond a number. Those that tell of a loss stay: whether a snapshot is from before it is read off
     * them.
     *
     * @return how many were removed
     */
    static int prune(Connection connection, Instant resolvedBefore, long most) throws SQLException {
        int removed;
        try (PreparedStatement old = connection.prepareStatement(
                "DELETE FROM incidents WHERE resolved > 0 AND resolved_at < ? AND rows_lost = 0")) {
            old.setString(1, IncidentRows.moment(resolvedBefore));
            removed = old.executeUpdate();
        }
        try (PreparedStatement beyond = connection.prepareStatement("DELETE FROM incidents WHERE id IN (SELECT id FROM"
                + " incidents WHERE rows_lost = 0 ORDER BY resolved = 0, id"
                + " LIMIT max(0, (SELECT count(*) FROM incidents) - ?))")) {
            beyond.setLong(1, most);
            return removed + beyond.executeUpdate();
        }
    }
}
