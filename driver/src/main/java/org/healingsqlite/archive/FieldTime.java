package org.healingsqlite.archive;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Times as people write them, in one or more patterns, turned into the one form that the database has. */
final class FieldTime {
    private static final String STORED = "yyyy-MM-dd HH:mm:ss";

    private final List<DateTimeFormatter> read = new ArrayList<>();
    private final DateTimeFormatter write;

    /**
     * Patterns of {@link DateTimeFormatter}.
     *
     * @param patterns those that the archive uses, with {@code |} between them
     */
    FieldTime(String patterns, @Nullable String stored) throws IOException {
        try {
            for (String pattern : patterns.split("\\|", -1)) {
                read.add(new DateTimeFormatterBuilder()
                        .parseCaseInsensitive()
                        .appendPattern(pattern.strip())
                        .toFormatter(Locale.ENGLISH));
            }
            write = DateTimeFormatter.ofPattern(stored == null ? STORED : stored, Locale.ENGLISH);
        } catch (IllegalArgumentException e) {
            throw new ArchiveException("A time pattern of the manifest is wrong: " + e.getMessage(), e);
        }
    }

    /** The time in the database's form; null where no pattern fits. */
    @Nullable
    String converted(String text) {
        for (DateTimeFormatter formatter : read) {
            try {
                TemporalAccessor parsed = formatter.parseBest(text.strip(), LocalDateTime::from, LocalDate::from);
                return write.format(parsed instanceof LocalDate date ? date.atStartOfDay() : parsed);
            } catch (DateTimeException e) {
                // The next pattern may fit.
            }
        }
        return null;
    }
}
