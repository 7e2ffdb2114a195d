package org.healingsqlite.archive;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Times as people write them, in one or more patterns, turned into the one form that the database has. Beside patterns of {@link DateTimeFormatter}
 * there are the words {@code iso} (with or without seconds, fractions and an offset, which is converted to UTC), {@code epoch} and
 * {@code epochMillis} (numbers).
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
     * @param utc whether an offset is converted to UTC; a pattern that names one says what it wants
     */
    private record Form(@Nullable DateTimeFormatter formatter, long perSecond, boolean utc) {}

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
                new Form(
                        new DateTimeFormatterBuilder()
                                .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
                                .optionalStart()
                                .appendOffsetId()
                                .toFormatter(Locale.ENGLISH),
                        0,
                        true);
            case "epoch" -> new Form(null, 1, true);
            case "epochMillis" -> new Form(null, MILLIS, true);
            default ->
                new Form(
                        new DateTimeFormatterBuilder()
                                .parseCaseInsensitive()
                                .appendPattern(pattern)
                                .toFormatter(Locale.ENGLISH),
                        0,
                        false);
        };
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

    private static LocalDateTime read(Form form, String text) {
        DateTimeFormatter formatter = form.formatter();
        if (formatter == null) {
            long millis = Math.multiplyExact(Long.parseLong(text), MILLIS / form.perSecond());
            return LocalDateTime.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC);
        }
        TemporalAccessor parsed = form.utc()
                ? formatter.parseBest(text, OffsetDateTime::from, LocalDateTime::from)
                : formatter.parseBest(text, LocalDateTime::from, LocalDate::from);
        if (parsed instanceof OffsetDateTime time) {
            return time.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime();
        }
        return parsed instanceof LocalDate date ? date.atStartOfDay() : LocalDateTime.from(parsed);
    }

    private Object written(LocalDateTime time) {
        DateTimeFormatter formatter = write.formatter();
        return formatter == null
                ? (Object) Math.floorDiv(time.toInstant(ZoneOffset.UTC).toEpochMilli(), MILLIS / write.perSecond())
                : formatter.format(time);
    }
}
