package org.healingsqlite.archive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/**
 * One record per file, as people write it: first lines that match {@code line.1}, {@code line.2}, ... in turn; with {@code fields}, {@code Key: value}
 * lines; a blank line; a text of any lines for the column {@code body}; and sections, each begun by a line {@code section.NAME.begin}, with a row per
 * line that matches {@code section.NAME.line} for the table {@code section.NAME.table}. {@code section.NAME.inherit=column=field} gives those rows
 * values of the record.
 *
 * <p>In the second version of the manifest there are {@code head.N} for further lines of the head, in any order; {@code text.COLUMN} for further
 * texts, each behind its own heading line; and several kinds of lines in a section, see {@link LineKinds}.
 *
 * <p>The text may hold a line that looks like the beginning of a section: a section begins where everything behind fits. One blank line before it
 * belongs to the form, further ones to the text. With {@code many}, a record begins at each line that matches {@code line.1} behind a blank one.
 */
final class RecordParser implements ArchiveParser {
    /** What a line costs beside its characters: a record of empty lines is long, too. */
    private static final int LINE_CHARS = 16;

    @Override
    public String format() {
        return "record";
    }

    @Override
    public void parse(ArchiveFile file, RowConsumer rows) throws IOException {
        RecordTemplate template = RecordTemplate.of(file);
        List<String> lines = new ArrayList<>();
        long first = 1;
        long chars = 0;
        String fault = null;
        boolean ended = true;
        try (Lines in = Lines.of(file).exact()) {
            for (String line = in.next(); line != null; line = in.next()) {
                boolean begins = template.many()
                        && !lines.isEmpty()
                        && lines.get(lines.size() - 1).isEmpty()
                        && template.first().get(0).match(bare(line)) != null;
                if (begins) {
                    lines.remove(lines.size() - 1);
                    record(file, template, lines, first, fault, rows);
                    lines.clear();
                    chars = 0;
                    fault = null;
                }
                if (lines.isEmpty()) {
                    first = in.number();
                }
                chars += line.length() + LINE_CHARS;
                ended = in.ended();
                fault = fault == null ? in.fault() : fault;
                if (chars <= Bounds.piece()) {
                    lines.add(line);
                } else {
                    // Only where it begins is kept, and how its last line looks: the next record may follow.
                    fault = fault == null ? "the record " + Bounds.tooLong() : fault;
                    lines.clear();
                    lines.add(line);
                }
            }
        }
        if (!lines.isEmpty()) {
            boolean taken = record(file, template, lines, first, fault, rows);
            if (taken && !ended && !file.mayBeUnended()) {
                rows.problem(first + lines.size() - 1, "taken, but the line has no end: the file may be cut");
            }
        } else {
            rows.problem(0, "is empty");
        }
    }

    /** Whether the lines are a record, and were taken. */
    private static boolean record(
            ArchiveFile file,
            RecordTemplate template,
            List<String> lines,
            long first,
            @Nullable String fault,
            RowConsumer rows)
            throws IOException {
        if (fault != null) {
            rows.problem(first, fault);
            return false;
        }
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        int at = head(template, lines, first, values, rows);
        if (at < 0) {
            return false;
        }
        int end = template.sectionsBegin(lines, at);
        int lookalike = template.lookalike(lines, at, end);
        if (lookalike >= 0) {
            rows.problem(
                    first + lookalike,
                    "taken as text, although what follows looks like rows; the last such section is the record's");
        }
        int body = texts(template, lines, at, end, first, values, rows);
        if (!template.body().isEmpty()) {
            values.put(template.body(), text(lines, at, body));
        } else {
            for (int i = at; i < body; i++) {
                if (!lines.get(i).isBlank()) {
                    rows.problem(first + i, "belongs to nothing: " + BlocksParser.excerpt(lines.get(i)));
                }
            }
        }
        rows.row(file.table(), List.copyOf(values.keySet()), new ArrayList<>(values.values()), first);
        sections(template, lines, end, first, values, rows);
        return true;
    }

    /** A line without a carriage return at its end, which belongs to a text only. */
    private static String bare(String line) {
        return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
    }

    /** Reads the head; where it ends, and behind it one blank line. Negative where the record has none. */
    private static int head(
            RecordTemplate template,
            List<String> lines,
            long first,
            Map<String, @Nullable Object> values,
            RowConsumer rows)
            throws IOException {
        int at = 0;
        for (LineTemplate pattern : template.first()) {
            if (!took(pattern, at < lines.size() ? bare(lines.get(at)) : null, values, first + at, rows)) {
                rows.problem(
                        first + at,
                        "expected a line that matches " + pattern.text() + ", found "
                                + (at < lines.size() ? BlocksParser.excerpt(lines.get(at)) : "the end"));
                return -1;
            }
            at++;
        }
        boolean more = template.fields() || !template.head().isEmpty();
        while (more && at < lines.size() && !lines.get(at).isEmpty()) {
            String line = bare(lines.get(at));
            if (!headLine(template, line, values, first + at, rows)) {
                rows.problem(
                        first + at,
                        (template.fields() ? "expected key: value, found " : "matches no pattern: ")
                                + BlocksParser.excerpt(line));
            }
            at++;
        }
        return at < lines.size() && lines.get(at).isEmpty() ? at + 1 : at;
    }

    private static boolean headLine(
            RecordTemplate template, String line, Map<String, @Nullable Object> values, long number, RowConsumer rows)
            throws IOException {
        for (LineTemplate pattern : template.head()) {
            if (took(pattern, line, values, number, rows)) {
                return true;
            }
        }
        if (template.skipped().skips(line)) {
            return true;
        }
        Matcher field = template.fields() ? BlocksParser.field(line) : null;
        if (field != null) {
            say(values, field.group(1), field.group(2) == null ? "" : field.group(2), number, rows);
        }
        return field != null;
    }

    private static boolean took(
            LineTemplate pattern,
            @Nullable String line,
            Map<String, @Nullable Object> values,
            long number,
            RowConsumer rows)
            throws IOException {
        List<@Nullable Object> found = line == null ? null : pattern.match(line);
        for (int i = 0; found != null && i < found.size(); i++) {
            say(values, pattern.groups().get(i), found.get(i), number, rows);
        }
        return found != null;
    }

    /** A head says something of a field. Where it says another thing later, nobody can tell which is right: that is told. */
    private static void say(
            Map<String, @Nullable Object> values, String field, @Nullable Object value, long number, RowConsumer rows) {
        Object before = values.putIfAbsent(field, value);
        if (before != null && value != null && !before.equals(value)) {
            rows.problem(number, "the field " + field + " stands twice in the head; the first counts");
        }
    }

    /** Takes the texts that have a heading line; where the first of them begins. */
    private static int texts(
            RecordTemplate template,
            List<String> lines,
            int from,
            int to,
            long first,
            Map<String, @Nullable Object> values,
            RowConsumer rows) {
        int end = to;
        List<String> columns = new ArrayList<>(template.texts().keySet());
        for (int t = columns.size() - 1; t >= 0; t--) {
            String heading = template.texts().get(columns.get(t));
            int found = -1;
            for (int i = end - 1; i >= from; i--) {
                if (lines.get(i).stripTrailing().equals(heading)
                        && (i == from || lines.get(i - 1).isEmpty())) {
                    if (found >= 0) {
                        rows.problem(
                                first + i,
                                "taken as text, although it looks like the heading of " + columns.get(t)
                                        + "; that is the last such line");
                        break;
                    }
                    found = i;
                }
            }
            if (found >= 0) {
                int begin = found + 1 < end && lines.get(found + 1).isEmpty() ? found + 2 : found + 1;
                values.put(columns.get(t), text(lines, Math.min(begin, end), end));
                end = found;
            }
        }
        return end;
    }

    /** The lines of a text; one blank line between it and what follows belongs to the form. */
    private static String text(List<String> lines, int from, int to) {
        int end = to < lines.size() && to > from && lines.get(to - 1).isEmpty() ? to - 1 : to;
        return String.join("\n", lines.subList(from, Math.max(from, end)));
    }

    private static void sections(
            RecordTemplate template,
            List<String> lines,
            int from,
            long first,
            Map<String, @Nullable Object> values,
            RowConsumer rows)
            throws IOException {
        RecordTemplate.Section section = null;
        LineKinds.Found open = null;
        long openLine = 0;
        int blanks = 0;
        for (int i = from; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isBlank()) {
                blanks++;
                continue;
            }
            RecordTemplate.Section next = template.begun(line);
            LineKinds kinds = section == null || next != null ? null : section.kinds();
            LineKinds.Found row = kinds == null ? null : row(kinds, line);
            boolean known = row != null || kinds == null || kinds.skips(bare(line)) || kinds.heads(bare(line));
            int more = known || open == null || section == null
                    ? -1
                    : open.columns().indexOf(section.more());
            if (open != null && more >= 0) {
                open.values().set(more, open.values().get(more) + "\n".repeat(blanks + 1) + line);
                blanks = 0;
                continue;
            }
            blanks = 0;
            if (open != null) {
                rows.row(open.table(), open.columns(), open.values(), openLine);
            }
            open = row;
            openLine = first + i;
            if (row != null && section != null) {
                inherit(section, row, values);
            } else if (!known) {
                rows.problem(first + i, "matches no pattern: " + BlocksParser.excerpt(line));
            }
            section = next == null ? section : next;
        }
        if (open != null) {
            rows.row(open.table(), open.columns(), open.values(), openLine);
        }
    }

    /** A carriage return belongs to the line where a pattern takes it. */
    private static LineKinds.@Nullable Found row(LineKinds kinds, String line) throws IOException {
        LineKinds.Found row = kinds.row(line);
        return row == null && line.endsWith("\r") ? kinds.row(bare(line)) : row;
    }

    private static void inherit(
            RecordTemplate.Section section, LineKinds.Found row, Map<String, @Nullable Object> values) {
        int at = row.columns().size() - section.inherit().size();
        for (String field : section.inherit().values()) {
            row.values().set(at++, values.get(field));
        }
    }
}
