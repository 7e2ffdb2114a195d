package org.healingsqlite.incident;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.healingsqlite.log.Printable;

/**
 * The record of one fault and what healing did about it.
 *
 * @param id unique, and sorts by time
 * @param database the main file
 * @param startedAt when the fault was met
 * @param elapsed from the fault to the outcome
 * @param fault what SQLite said
 * @param diagnosis what probing found
 * @param steps what was done, in order
 * @param outcome how it ended
 * @param component the part it is of: {@link Component#word()}, or a name of the application's
 * @param severity how urgent it is
 */
public record Incident(
        String id,
        Path database,
        Instant startedAt,
        Duration elapsed,
        String fault,
        String diagnosis,
        List<String> steps,
        Outcome outcome,
        String component,
        Severity severity) {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss.SSS", Locale.ROOT).withZone(ZoneOffset.UTC);

    public Incident {
        // Names and texts come from databases and archives of others, and every reader of an incident reads lines.
        fault = Printable.of(fault);
        diagnosis = Printable.of(diagnosis);
        steps = steps.stream().map(Printable::of).toList();
        component = Printable.of(component);
    }

    /** An incident of this library's, as urgent as {@link Severity} finds it. */
    public static Incident of(
            String id,
            Path database,
            Instant startedAt,
            Duration elapsed,
            String fault,
            String diagnosis,
            List<String> steps,
            Outcome outcome,
            Component component) {
        return new Incident(
                id,
                database,
                startedAt,
                elapsed,
                fault,
                diagnosis,
                steps,
                outcome,
                component.word(),
                Severity.of(component, outcome));
    }

    /** Whether somebody has to look now: the database is damaged or lost, and was not healed. */
    public boolean isCritical() {
        return severity == Severity.CRITICAL;
    }

    /** A new id for an incident that begins now. */
    public static String newId(Instant moment) {
        return STAMP.format(moment)
                + '-'
                + String.format(Locale.ROOT, "%06x", ThreadLocalRandom.current().nextInt(1 << 24));
    }
}
