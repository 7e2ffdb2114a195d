package org.healingsqlite.archive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Delimited text that describes itself: perhaps a title, then {@code Format: a|b|c}, then a row per line. What stands between the first two names is
 * the delimiter. Such a line is never a row: one that says the same again is passed over, as in files put behind one another; one that says something else is told.
 *
 * <p>A line with more delimiters than the format has gives them to the column {@code overflow} of the manifest, or the last one: that is where free
 * text stands. With {@code escape}, that character takes the meaning from the delimiter, and with n, r, t stands for a line feed, a carriage return,
 * a tab.
 */
final class DelimitedParser implements ArchiveParser {
    static final String FORMAT_LINE = "Format:";

    private static final Pattern FIRST_DELIMITER =
            Pattern.compile("\\s*[\\p{L}\\p{N}_ ]*?(\\s*)([^\\p{L}\\p{N}_ ])(\\s*)");

    @Override
    public String format() {
        return "delimited";
    }

    @Override
    public void parse(ArchiveFile file, RowConsumer rows) throws IOException {
        String escape = file.settings().get("escape").orElse("");
        boolean second = file.settings().second();
        String nullText = second ? null : file.settings().get("null").orElse(null);
        boolean trim = second && file.settings().flag("trim");
        LineKinds known =
                new LineKinds(second ? file.settings() : Settings.NONE, file.settings(), file.table(), List.of());
        List<String> columns = file.settings().list("columns");
        String delimiter = file.settings().get("separator").orElse("|");
        boolean described = !columns.isEmpty();
        boolean byManifest = described;
        List<String> all = List.of();
        try (Lines lines = Lines.of(file)) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                String fault = lines.fault();
                if (fault != null) {
                    rows.problem(lines.number(), fault);
                    continue;
                }
                if (line.startsWith(FORMAT_LINE)) {
                    String form = line.substring(FORMAT_LINE.length()).strip();
                    Matcher matcher = FIRST_DELIMITER.matcher(form);
                    String between = matcher.lookingAt() ? matcher.group(2) : delimiter;
                    List<String> names =
                            split(form, between, "").stream().map(String::strip).toList();
                    if (described && !names.equals(columns)) {
                        rows.problem(
                                lines.number(),
                                byManifest
                                        ? "says other columns than the manifest, which counts"
                                        : "says other columns than the line " + FORMAT_LINE
                                                + " before it, and counts from here on");
                    }
                    if (!byManifest) {
                        delimiter = between;
                        columns = names;
                        all = List.of();
                    }
                    described = true;
                } else if (described && !line.isBlank() && !(second && (known.skips(line) || known.heads(line)))) {
                    List<@Nullable Object> values = values(file, rows, lines, line, columns, delimiter, escape);
                    if (values == null) {
                        continue;
                    }
                    values.replaceAll(value -> value != null && value.equals(nullText)
                            ? null
                            : trim && value instanceof String text ? text.strip() : value);
                    values.addAll(known.carried());
                    if (all.size() != values.size()) {
                        all = known.withCarried(columns);
                    }
                    rows.row(file.table(), all, values, lines.number());
                    if (!lines.ended() && !file.mayBeUnended()) {
                        rows.problem(lines.number(), "taken, but the line has no end: the file may be cut");
                    }
                }
            }
            if (!described) {
                rows.problem(0, "expected a line " + FORMAT_LINE + " a|b|c");
            }
        }
    }

    /** The values of a line; null where it has too few or too many. */
    private static @Nullable List<@Nullable Object> values(
            ArchiveFile file,
            RowConsumer rows,
            Lines lines,
            String line,
            List<String> columns,
            String delimiter,
            String escape) {
        List<String> fields = split(line, delimiter, escape);
        if (fields.size() > Bounds.COLUMNS) {
            rows.problem(lines.number(), "more than " + Bounds.COLUMNS + " fields");
            return null;
        }
        if (fields.size() < columns.size()) {
            rows.problem(lines.number(), "expected " + columns.size() + " fields, found " + fields.size());
            return null;
        }
        int surplus = fields.size() - columns.size();
        int overflow = columns.size() - 1;
        String named = file.settings().get("overflow").orElse("");
        for (int i = 0; i < columns.size(); i++) {
            overflow = columns.get(i).equalsIgnoreCase(named) ? i : overflow;
        }
        List<@Nullable Object> values = new ArrayList<>(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            int from = i <= overflow ? i : i + surplus;
            int to = i < overflow ? i : i + surplus;
            String value = unescaped(String.join(delimiter, fields.subList(from, to + 1)), escape);
            values.add(value);
        }
        return values;
    }

    /** The fields; where there are more than a row can have, no further than that. */
    private static List<String> split(String line, String delimiter, String escape) {
        List<String> fields = new ArrayList<>();
        int start = 0;
        int i = 0;
        while (i < line.length() && fields.size() < Bounds.COLUMNS) {
            if (!escape.isEmpty() && line.startsWith(escape, i)) {
                i += escape.length() + 1;
            } else if (line.startsWith(delimiter, i)) {
                fields.add(line.substring(start, i));
                i += delimiter.length();
                start = i;
            } else {
                i++;
            }
        }
        fields.add(line.substring(start));
        return fields;
    }

    private static String unescaped(String field, String escape) {
        if (escape.isEmpty() || !field.contains(escape)) {
            return field;
        }
        StringBuilder text = new StringBuilder(field.length());
        int i = 0;
        while (i < field.length()) {
            if (field.startsWith(escape, i) && i + escape.length() < field.length()) {
                i += escape.length();
                char c = field.charAt(i);
                text.append(
                        switch (c) {
                            case 'n' -> '\n';
                            case 'r' -> '\r';
                            case 't' -> '\t';
                            default -> c;
                        });
            } else {
                text.append(field.charAt(i));
            }
            i++;
        }
        return text.toString();
    }
}
