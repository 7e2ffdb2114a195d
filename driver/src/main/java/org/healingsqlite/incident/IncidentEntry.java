package org.healingsqlite.incident;

import java.time.Instant;
import java.util.Optional;

/**
 * An incident as it is on record.
 *
 * @param incident what happened
 * @param process the id of the process that wrote it
 * @param occurrences how often it happened: the same trouble, shortly after another, is counted here instead of being recorded again; at least 1
 * @param lastAt when it happened last
 * @param error what the application reported; empty where this library met the fault itself
 * @param resolution since when nobody has to look; empty while somebody has to
 */
public record IncidentEntry(
        Incident incident,
        long process,
        long occurrences,
        Instant lastAt,
        Optional<ReportedError> error,
        Optional<Resolution> resolution) {

    /** As an incident of this process goes on record. */
    public static IncidentEntry of(Incident incident) {
        return new IncidentEntry(
                incident,
                ProcessHandle.current().pid(),
                1,
                incident.startedAt(),
                Optional.empty(),
                Resolution.ofItself(incident));
    }

    /** Whether nobody has to look any more. */
    public boolean isResolved() {
        return resolution.isPresent();
    }
}
