package org.healingsqlite.incident;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How many incidents there are. Every occurrence counts, also where several are on record as one.
 *
 * @param bySeverity how many of each severity; every severity has a number
 * @param unresolved somebody has to look at
 * @param last24Hours how many began in the last 24 hours
 * @param unresolvedCritical how many of the unresolved are {@link Severity#CRITICAL}
 */
public record IncidentCounts(
        Map<Severity, Long> bySeverity, long unresolved, long last24Hours, long unresolvedCritical) {

    /** None at all. */
    static final IncidentCounts NONE = new IncidentCounts(Map.of(), 0, 0, 0);

    public IncidentCounts {
        Map<Severity, Long> given = bySeverity;
        bySeverity = Arrays.stream(Severity.values())
                .collect(Collectors.toUnmodifiableMap(
                        Function.identity(), severity -> given.getOrDefault(severity, 0L)));
    }

    /** How many there are. */
    public long total() {
        return bySeverity.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Both together. */
    IncidentCounts plus(IncidentCounts other) {
        Map<Severity, Long> sum = Arrays.stream(Severity.values())
                .collect(Collectors.toMap(
                        Function.identity(),
                        severity ->
                                bySeverity.getOrDefault(severity, 0L) + other.bySeverity.getOrDefault(severity, 0L)));
        return new IncidentCounts(
                sum,
                unresolved + other.unresolved,
                last24Hours + other.last24Hours,
                unresolvedCritical + other.unresolvedCritical);
    }
}
