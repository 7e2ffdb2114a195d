package org.healingsqlite.archive;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Times as people write them, in one or more patterns, turned into the one form that the database has. Beside patterns of {@link DateTimeFormatter}
 * there are the words {@code iso} (with or without seconds, fractions and an offset), {@code epoch} and {@code epochMillis} (numbers). A time with an offset or
 * a zone is converted to UTC, whatever names it. A day that no calendar has, the 30th of February for one, fits no pattern.
 */
final class FieldTime {
    private static final String STORED = "yyyy-MM-dd HH:mm:ss";
    private static final long MILLIS = 1000;

    private final List<Form> read = new ArrayList<>();
    private final Form write;

    /**
     * One form.
     *
     * @param formatter null for seconds or milliseconds since 1970
     */
    private record Form(@Nullable DateTimeFormatter formatter, long perSecond) {}

    /**
     * A time that was read.
     *
     * @param isUtc whether it is known which moment it was: the text had an offset, or was a number
     */
    private record Moment(LocalDateTime time, boolean isUtc) {}

    /**
     * The patterns of a manifest.
     *
     * @param patterns those that the archive uses, with {@code |} between them
     */
    FieldTime(String patterns, @Nullable String stored) throws ArchiveException {
        try {
            for (String pattern : patterns.split("\\|", -1)) {
                read.add(form(pattern.strip()));
            }
            write = form(stored == null ? STORED : stored);
        } catch (IllegalArgumentException e) {
            throw new ArchiveException("A time pattern of the manifest is wrong: " + e.getMessage(), e);
        }
    }

    private static Form form(String pattern) {
        return switch (pattern) {
            case "iso" ->
                strict(new DateTimeFormatterBuilder()
                        .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
                        .optionalStart()
                        .appendOffsetId());
            case "epoch" -> new Form(null, 1);
            case "epochMillis" -> new Form(null, MILLIS);
            default -> {
                DateTimeFormatterBuilder builder =
                        new DateTimeFormatterBuilder().parseCaseInsensitive().appendPattern(pattern);
                // Taken strictly, yyyy is a year of an era.
                yield strict(pattern.contains("y") ? builder.parseDefaulting(ChronoField.ERA, 1) : builder);
            }
        };
    }

    private static Form strict(DateTimeFormatterBuilder builder) {
        return new Form(builder.toFormatter(Locale.ENGLISH).withResolverStyle(ResolverStyle.STRICT), 0);
    }

    /** The time in the database's form; null where no pattern fits. */
    @Nullable
    Object converted(String text) {
        for (Form form : read) {
            try {
                return written(read(form, text.strip()));
            } catch (DateTimeException | NumberFormatException | ArithmeticException e) {
                // The next pattern may fit.
            }
        }
        return null;
    }

    private static Moment read(Form form, String text) {
        DateTimeFormatter formatter = form.formatter();
        if (formatter == null) {
            long millis = Math.multiplyExact(Long.parseLong(text), MILLIS / form.perSecond());
            return new Moment(LocalDateTime.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC), true);
        }
        TemporalAccessor parsed = formatter.parseBest(
                text, ZonedDateTime::from, OffsetDateTime::from, LocalDateTime::from, LocalDate::from);
        if (parsed instanceof ZonedDateTime || parsed instanceof OffsetDateTime) {
            return new Moment(LocalDateTime.ofInstant(Instant.from(parsed), ZoneOffset.UTC), true);
        }
        return new Moment(parsed instanceof LocalDate date ? date.atStartOfDay() : LocalDateTime.from(parsed), false);
    }

    /** @throws DateTimeException where the database's form has an offset, and the archive does not tell any */
    private Object written(Moment moment) {
        DateTimeFormatter formatter = write.formatter();
        if (formatter == null) {
            return Math.floorDiv(moment.time().toInstant(ZoneOffset.UTC).toEpochMilli(), MILLIS / write.perSecond());
        }
        return formatter.format(moment.isUtc() ? moment.time().atOffset(ZoneOffset.UTC) : moment.time());
    }
}
