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

    private record Section(String begin, LineTemplate line, String table, Map<String, String> inherit) {}

    private record Template(
            List<LineTemplate> first, boolean fields, String body, List<Section> sections, boolean many) {}

    private static Template template(Settings settings) throws IOException {
        List<LineTemplate> first = new ArrayList<>();
        for (String regex : settings.below("line").values()) {
            first.add(LineTemplate.of(regex));
        }
        if (first.isEmpty()) {
            throw new ArchiveException("A source of the format record needs line.1 in " + Manifest.FILE);
        }
        Map<String, Section> sections = new LinkedHashMap<>();
        for (String key : settings.below("section").keySet()) {
            String name = key.replaceAll("\\..*", "");
            if (sections.containsKey(name)) {
                continue;
            }
            Settings of = new Settings(settings.below("section." + name));
            Map<String, String> inherit = new LinkedHashMap<>();
            for (String pair : of.list("inherit")) {
                String[] sides = pair.split("=", 2);
                inherit.put(sides[0].strip(), sides[sides.length - 1].strip());
            }
            sections.put(
                    name,
                    new Section(
                            of.get("begin").orElse(""),
                            LineTemplate.of(of.get("line").orElse("")),
                            of.get("table").orElse(name),
                            inherit));
        }
        return new Template(
                first,
                settings.flag("fields"),
                settings.get("body").orElse(""),
                List.copyOf(sections.values()),
                settings.flag("many"));
    }

    @Override
    public void parse(ArchiveFile file, RowConsumer rows) throws IOException {
        Template template = template(file.settings());
        List<String> lines = new ArrayList<>();
        long first = 1;
        long chars = 0;
        String fault = null;
        try (Lines in = Lines.of(file)) {
            for (String line = in.next(); line != null; line = in.next()) {
                boolean begins = template.many()
                        && !lines.isEmpty()
                        && lines.get(lines.size() - 1).isEmpty()
                        && template.first().get(0).match(line) != null;
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
            record(file, template, lines, first, fault, rows);
        } else {
            rows.problem(0, "is empty");
        }
    }

    private static void record(
            ArchiveFile file,
            Template template,
            List<String> lines,
            long first,
            @Nullable String fault,
            RowConsumer rows)
            throws IOException {
        if (fault != null) {
            rows.problem(first, fault);
            return;
        }
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        int at = 0;
        for (LineTemplate pattern : template.first()) {
            List<@Nullable Object> found = at < lines.size() ? pattern.match(lines.get(at)) : null;
            if (found == null) {
                rows.problem(
                        first + at,
                        "expected a line that matches " + pattern.pattern() + ", found "
                                + (at < lines.size() ? BlocksParser.excerpt(lines.get(at)) : "the end"));
                return;
            }
            for (int i = 0; i < found.size(); i++) {
                values.put(pattern.groups().get(i), found.get(i));
            }
            at++;
        }
        while (template.fields() && at < lines.size() && !lines.get(at).isEmpty()) {
            Matcher field = BlocksParser.field(lines.get(at));
            if (field == null) {
                rows.problem(first + at, "expected key: value, found " + BlocksParser.excerpt(lines.get(at)));
            } else {
                values.put(field.group(1), field.group(2) == null ? "" : field.group(2));
            }
            at++;
        }
        if (at < lines.size() && lines.get(at).isEmpty()) {
            at++;
        }
        int end = sectionsBegin(template, lines, at);
        if (!template.body().isEmpty()) {
            int bodyEnd = end < lines.size() && end > at && lines.get(end - 1).isEmpty() ? end - 1 : end;
            values.put(template.body(), String.join("\n", lines.subList(at, Math.max(at, bodyEnd))));
        } else {
            for (int i = at; i < end; i++) {
                if (!lines.get(i).isBlank()) {
                    rows.problem(first + i, "belongs to nothing: " + BlocksParser.excerpt(lines.get(i)));
                }
            }
        }
        rows.row(file.table(), List.copyOf(values.keySet()), new ArrayList<>(values.values()), first);
        sections(template, lines, end, first, values, rows);
    }

    /** Where the sections begin: the first place from which everything fits; else the last line that begins one. */
    private static int sectionsBegin(Template template, List<String> lines, int from) throws IOException {
        int last = lines.size();
        int first = -1;
        Section section = null;
        for (int i = from; i < lines.size(); i++) {
            String line = lines.get(i);
            Section next = begun(template, line);
            if (next != null) {
                section = next;
                last = i;
                first = first < 0 ? i : first;
            } else if (!line.isBlank() && (section == null || section.line().match(line) == null)) {
                // Nothing that begins before here fits to the end.
                first = -1;
            }
        }
        return first < 0 ? last : first;
    }

    private static @Nullable Section begun(Template template, String line) {
        for (Section section : template.sections()) {
            if (line.stripTrailing().equals(section.begin())) {
                return section;
            }
        }
        return null;
    }

    private static void sections(
            Template template,
            List<String> lines,
            int from,
            long first,
            Map<String, @Nullable Object> values,
            RowConsumer rows)
            throws IOException {
        Section section = null;
        List<String> columns = List.of();
        for (int i = from; i < lines.size(); i++) {
            String line = lines.get(i);
            Section next = begun(template, line);
            if (next != null) {
                section = next;
                columns = new ArrayList<>(section.line().groups());
                columns.addAll(section.inherit().keySet());
                continue;
            }
            if (line.isBlank() || section == null) {
                continue;
            }
            List<@Nullable Object> found = section.line().match(line);
            if (found == null) {
                rows.problem(first + i, "matches no pattern: " + BlocksParser.excerpt(line));
                continue;
            }
            for (String field : section.inherit().values()) {
                found.add(values.get(field));
            }
            rows.row(section.table(), columns, found, first + i);
        }
    }
}
