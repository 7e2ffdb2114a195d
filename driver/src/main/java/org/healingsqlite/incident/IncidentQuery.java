package org.healingsqlite.incident;

import java.time.Instant;
import java.util.Optional;

/**
 * Which incidents are asked for. Immutable; each method gives another query.
 *
 * @param since those that began then or later
 * @param until those that began before
 * @param atLeast those of this severity or worse
 * @param severity those of exactly this one
 * @param component those of this component, by its name
 * @param jobId those of this job of the application's
 * @param text those in whose fault, diagnosis, steps, outcome or loss this stands; letters of ASCII in any case
 * @param resolved those that are resolved, or those that are not
 * @param limit the most to return; 1 or more
 */
public record IncidentQuery(
        Optional<Instant> since,
        Optional<Instant> until,
        Optional<Severity> atLeast,
        Optional<Severity> severity,
        Optional<String> component,
        Optional<String> jobId,
        Optional<String> text,
        Optional<Boolean> resolved,
        int limit) {

    public IncidentQuery {
        if (limit < 1) {
            throw new IllegalArgumentException("limit: expected 1 or more, found " + limit);
        }
    }

    /** The newest ones. */
    public static IncidentQuery newest(int limit) {
        return new IncidentQuery(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                limit);
    }

    /** Those of them that began then or later. */
    public IncidentQuery since(Instant moment) {
        return new IncidentQuery(
                Optional.of(moment), until, atLeast, severity, component, jobId, text, resolved, limit);
    }

    /** Those of them that began before. */
    public IncidentQuery until(Instant moment) {
        return new IncidentQuery(
                since, Optional.of(moment), atLeast, severity, component, jobId, text, resolved, limit);
    }

    /** Those of them that are so urgent, or more. */
    public IncidentQuery atLeast(Severity least) {
        return new IncidentQuery(since, until, Optional.of(least), severity, component, jobId, text, resolved, limit);
    }

    /** Those of them that are exactly so urgent. */
    public IncidentQuery severity(Severity exactly) {
        return new IncidentQuery(since, until, atLeast, Optional.of(exactly), component, jobId, text, resolved, limit);
    }

    /** Those of them of a component, this library's ({@link Component#word()}) or the application's. */
    public IncidentQuery component(String name) {
        return new IncidentQuery(since, until, atLeast, severity, Optional.of(name), jobId, text, resolved, limit);
    }

    /** Those of them of a job. */
    public IncidentQuery job(String id) {
        return new IncidentQuery(since, until, atLeast, severity, component, Optional.of(id), text, resolved, limit);
    }

    /** Those of them that say this somewhere. */
    public IncidentQuery containing(String part) {
        return new IncidentQuery(since, until, atLeast, severity, component, jobId, Optional.of(part), resolved, limit);
    }

    /** Those of them that are resolved, or that are not. */
    public IncidentQuery resolved(boolean yes) {
        return new IncidentQuery(since, until, atLeast, severity, component, jobId, text, Optional.of(yes), limit);
    }
}
