package org.healingsqlite.cli.suggest;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A form in which people write times. Forms that could be read in two ways, such as {@code 03/04/2026}, are none of them.
 *
 * @param pattern as a manifest has it
 * @param shape what such a text looks like
 * @param whole a text that is one
 * @param part one in a text, not within a word
 * @param extent what it says
 */
record TimeForm(String pattern, String shape, Pattern whole, Pattern part, DateTimeFormatter formatter, Extent extent) {
    /** What a text says of a time. */
    enum Extent {
        DAY,
        CLOCK,
        BOTH
    }

    private static final DateTimeFormatter ISO = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
            .optionalStart()
            .appendOffsetId()
            .toFormatter(Locale.ENGLISH);

    private static final String MONTH_DAY = "\\p{L}{3,9} \\d{1,2} \\d{4}";
    private static final String MONTH_DAY_COMMA = "\\p{L}{3,9} \\d{1,2}, \\d{4}";
    private static final String DAY_MONTH = "\\d{1,2} \\p{L}{3,9} \\d{4}";
    private static final String CLOCK = "\\d{2}:\\d{2}";

    /** Longer ones first: each is tried in turn at the beginning of a text. */
    private static final List<TimeForm> ALL = List.of(
            form("iso", "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}[0-9:.]*(?:Z|[+-]\\d{2}:\\d{2})?", ISO, Extent.BOTH),
            form("yyyy-MM-dd HH:mm:ss.SSSSSS", "\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}:\\d{2}\\.\\d{6}", Extent.BOTH),
            form("yyyy-MM-dd HH:mm:ss", "\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}:\\d{2}", Extent.BOTH),
            form("yyyy-MM-dd HH:mm", "\\d{4}-\\d{2}-\\d{2} " + CLOCK, Extent.BOTH),
            form("dd.MM.yyyy HH:mm", "\\d{2}\\.\\d{2}\\.\\d{4} " + CLOCK, Extent.BOTH),
            form("MMMM d yyyy 'at' HH:mm", MONTH_DAY + " at " + CLOCK, Extent.BOTH),
            form("MMMM d, yyyy 'at' HH:mm", MONTH_DAY_COMMA + " at " + CLOCK, Extent.BOTH),
            form("MMMM d yyyy HH:mm", MONTH_DAY + " " + CLOCK, Extent.BOTH),
            form("MMMM d, yyyy HH:mm", MONTH_DAY_COMMA + " " + CLOCK, Extent.BOTH),
            form("MMM d yyyy 'at' HH:mm", MONTH_DAY + " at " + CLOCK, Extent.BOTH),
            form("MMM d yyyy HH:mm", MONTH_DAY + " " + CLOCK, Extent.BOTH),
            form("d MMMM yyyy HH:mm", DAY_MONTH + " " + CLOCK, Extent.BOTH),
            form("d MMM yyyy HH:mm", DAY_MONTH + " " + CLOCK, Extent.BOTH),
            form("yyyy-MM-dd", "\\d{4}-\\d{2}-\\d{2}", Extent.DAY),
            form("dd.MM.yyyy", "\\d{2}\\.\\d{2}\\.\\d{4}", Extent.DAY),
            form("MMMM d yyyy", MONTH_DAY, Extent.DAY),
            form("MMMM d, yyyy", MONTH_DAY_COMMA, Extent.DAY),
            form("MMM d yyyy", MONTH_DAY, Extent.DAY),
            form("d MMMM yyyy", DAY_MONTH, Extent.DAY),
            form("d MMM yyyy", DAY_MONTH, Extent.DAY),
            form("HH:mm:ss", "\\d{2}:\\d{2}:\\d{2}", Extent.CLOCK),
            form("HH:mm", CLOCK, Extent.CLOCK));

    /** A text of a form, within another. */
    record Found(TimeForm form, int start, int end) {}

    private static TimeForm form(String pattern, String shape, Extent extent) {
        DateTimeFormatter formatter = new DateTimeFormatterBuilder()
                .parseCaseInsensitive()
                .appendPattern(pattern)
                .toFormatter(Locale.ENGLISH);
        return form(pattern, shape, formatter, extent);
    }

    private static TimeForm form(String pattern, String shape, DateTimeFormatter formatter, Extent extent) {
        return new TimeForm(
                pattern,
                shape,
                Pattern.compile(shape),
                Pattern.compile("(?<![\\p{L}\\p{N}:.])" + shape + "(?![\\p{L}\\p{N}])"),
                formatter,
                extent);
    }

    /** The form of a whole text. */
    static Optional<TimeForm> of(String text) {
        return ALL.stream()
                .filter(form -> form.whole().matcher(text).matches() && form.reads(text))
                .findFirst();
    }

    /** The form that a text has somewhere, not within a word: the first place, and there the longest. */
    static Optional<Found> within(String text) {
        Found best = null;
        for (TimeForm form : ALL) {
            Matcher matcher = form.part().matcher(text);
            if (matcher.find()
                    && form.reads(matcher.group())
                    && (best == null
                            || matcher.start() < best.start()
                            || matcher.start() == best.start() && matcher.end() > best.end())) {
                best = new Found(form, matcher.start(), matcher.end());
            }
        }
        return Optional.ofNullable(best);
    }

    private boolean reads(String text) {
        return value(text) != null;
    }

    /** Moments as one text, up to the minute: two forms of one time give the same. Null where it is none. */
    @Nullable
    String value(String text) {
        try {
            TemporalAccessor parsed = switch (extent) {
                case BOTH -> formatter.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
                case DAY -> formatter.parse(text, LocalDate::from);
                case CLOCK -> formatter.parse(text, LocalTime::from);
            };
            if (parsed instanceof OffsetDateTime time) {
                return minute(time.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime());
            }
            return parsed instanceof LocalDateTime time ? minute(time) : String.valueOf(parsed);
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static String minute(LocalDateTime time) {
        return time.withSecond(0).withNano(0).toString();
    }
}
