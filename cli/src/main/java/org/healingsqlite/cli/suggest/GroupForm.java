package org.healingsqlite.cli.suggest;

import java.time.Month;
import java.time.format.TextStyle;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the files of a group hold, as far as that shows without the schema.
 *
 * @param settings of the source, those that depend on no table
 * @param plans the kinds of records; the first is that of the files themselves
 */
record GroupForm(Map<String, String> settings, List<RowPlan> plans) {
    private static final String MONTHS = Stream.of(Month.values())
            .map(month -> month.getDisplayName(TextStyle.FULL, Locale.ENGLISH))
            .collect(Collectors.joining("|", "\\b(?:", ")\\b"));

    GroupForm {
        settings = new LinkedHashMap<>(settings);
        plans = List.copyOf(plans);
    }

    /** Whether a line is no row, and is there for people: a sum, a heading of its own, a rule. */
    static boolean footer(String line) {
        return line.matches("(?i)(?:total|sum|count)\\b[^|]*|[^|]{1,60}:|[-=*_]{3,}");
    }

    /** The pattern of a line with other numbers, or another month, in it. */
    static String skip(String line) {
        return line.replaceAll("([{}\\[\\]])", "$1$1")
                .replaceAll("\\d+(?:[.,]\\d+)*", "{}")
                .replaceAll(MONTHS, "{}");
    }

    /** Adds lines to pass over. */
    static void putSkips(Map<String, String> settings, Collection<String> skips) {
        int number = 1;
        for (String skip : skips) {
            settings.put("skip." + number++, skip);
        }
    }
}
