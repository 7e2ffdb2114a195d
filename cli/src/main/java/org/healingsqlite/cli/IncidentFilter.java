package org.healingsqlite.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.incident.IncidentQuery;
import org.healingsqlite.incident.ReportedError;
import org.healingsqlite.incident.Severity;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which incidents are meant. */
final class IncidentFilter {
    @Option(
            names = "--limit",
            paramLabel = "COUNT",
            defaultValue = "20",
            description = "the most to print (default: 20)")
    private int limit;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            converter = Moment.class,
            description =
                    "those since a moment (2026-11-30T12:00:00Z), a day (2026-11-30), or so long ago (90m, 24h, 7d)")
    private @Nullable Instant since;

    @Option(
            names = "--until",
            paramLabel = "TIME",
            converter = Moment.class,
            description = "those before a moment, as --since")
    private @Nullable Instant until;

    @Option(
            names = "--severity",
            paramLabel = "SEVERITY",
            converter = SeverityConverter.class,
            description = "those of this severity or worse: low, medium, high, critical")
    private @Nullable Severity severity;

    @Option(names = "--component", paramLabel = "NAME", description = "those of this component")
    private @Nullable String component;

    @Option(names = "--job", paramLabel = "ID", description = "those of this job of the application's")
    private @Nullable String job;

    @Option(names = "--text", paramLabel = "TEXT", description = "those that say this somewhere")
    private @Nullable String text;

    @Option(names = "--open", description = "only those that nobody has resolved")
    private boolean open;

    /** The query that the options ask for. */
    IncidentQuery query() {
        IncidentQuery query = IncidentQuery.newest(limit);
        query = since == null ? query : query.since(since);
        query = until == null ? query : query.until(until);
        query = severity == null ? query : query.atLeast(severity);
        query = component == null ? query : query.component(component);
        query = job == null ? query : query.job(job);
        query = text == null ? query : query.containing(text);
        return open ? query.resolved(false) : query;
    }

    /** Whether a number of incidents can be asked for. */
    boolean isValid() {
        return limit > 0;
    }

    private static final class SeverityConverter implements ITypeConverter<Severity> {
        @Override
        public Severity convert(String value) {
            try {
                return ReportedError.severity(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    private static final class Moment implements ITypeConverter<Instant> {
        private static final Pattern AGO = Pattern.compile("(\\d{1,6})([smhd])");

        @Override
        public Instant convert(String value) {
            Matcher ago = AGO.matcher(value.toLowerCase(Locale.ROOT));
            if (ago.matches()) {
                long number = Long.parseLong(ago.group(1));
                return Instant.now()
                        .minus(
                                switch (ago.group(2)) {
                                    case "s" -> Duration.ofSeconds(number);
                                    case "m" -> Duration.ofMinutes(number);
                                    case "h" -> Duration.ofHours(number);
                                    default -> Duration.ofDays(number);
                                });
            }
            try {
                return value.contains("T")
                        ? Instant.parse(value)
                        : LocalDate.parse(value)
                                .atStartOfDay(ZoneId.systemDefault())
                                .toInstant();
            } catch (DateTimeParseException e) {
                throw new TypeConversionException(
                        "expected a moment such as 2026-11-30T12:00:00Z, a day such as 2026-11-30, or a time ago such as 24h");
            }
        }
    }
}
