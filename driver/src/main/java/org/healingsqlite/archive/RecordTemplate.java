package org.healingsqlite.archive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a manifest says of a {@link RecordParser} source. For one file.
 *
 * @param first lines that must come first, in this order
 * @param head further lines of the head, in any order; each may be missing
 * @param fields whether the head may have {@code Key: value} lines, too
 * @param body the column of the text behind the head; empty where none may be
 * @param texts the heading lines of further texts, by their columns, in order
 * @param skipped for lines of the head
 */
record RecordTemplate(
        List<LineTemplate> first,
        List<LineTemplate> head,
        boolean fields,
        String body,
        Map<String, String> texts,
        List<Section> sections,
        LineKinds skipped,
        boolean many) {

    /**
     * Rows below the texts.
     *
     * @param begin the line that begins it
     * @param inherit fields of the record that its rows have, by their names there
     * @param more the field that takes lines of no kind, as further lines of its text; empty where none does
     */
    record Section(String begin, LineKinds kinds, Map<String, String> inherit, String more) {}

    RecordTemplate {
        first = List.copyOf(first);
        head = List.copyOf(head);
        texts = new LinkedHashMap<>(texts);
        sections = List.copyOf(sections);
    }

    static RecordTemplate of(ArchiveFile file) throws IOException {
        Settings settings = file.settings();
        List<LineTemplate> first = templates(settings, "line");
        if (first.isEmpty()) {
            throw new ArchiveException("A source of the format record needs line.1 in " + Manifest.FILE);
        }
        Set<String> names = new LinkedHashSet<>();
        settings.below("section").keySet().forEach(key -> names.add(key.replaceAll("\\..*", "")));
        List<Section> sections = new ArrayList<>();
        for (String name : names) {
            sections.add(section(name, settings));
        }
        // Only skip lines belong to the head: line.N have their order here.
        Map<String, String> skips = new LinkedHashMap<>();
        settings.get("skip").ifPresent(skip -> skips.put("skip", skip));
        settings.below("skip").forEach((number, skip) -> skips.put("skip." + number, skip));
        return new RecordTemplate(
                first,
                templates(settings, "head"),
                settings.flag("fields"),
                settings.get("body").orElse(""),
                settings.below("text"),
                sections,
                new LineKinds(new Settings(skips), settings, file.table(), List.of()),
                settings.flag("many"));
    }

    private static List<LineTemplate> templates(Settings settings, String key) throws IOException {
        List<LineTemplate> templates = new ArrayList<>();
        for (String pattern : settings.below(key).values()) {
            templates.add(LineTemplate.of(pattern, settings));
        }
        return templates;
    }

    private static Section section(String name, Settings settings) throws IOException {
        Settings of = new Settings(settings.below("section." + name));
        Map<String, String> inherit = new LinkedHashMap<>();
        for (String pair : of.list("inherit")) {
            String[] sides = pair.split("=", 2);
            inherit.put(sides[0].strip(), sides[sides.length - 1].strip());
        }
        return new Section(
                of.get("begin").orElse(""),
                new LineKinds(of, settings, of.get("table").orElse(name), List.copyOf(inherit.keySet())),
                inherit,
                of.get("more").orElse(""));
    }

    /** The section that a line begins; null where it begins none. */
    @Nullable
    Section begun(String line) {
        for (Section section : sections) {
            if (line.stripTrailing().equals(section.begin())) {
                return section;
            }
        }
        return null;
    }

    /**
     * Where the sections begin: the first place from which everything fits, and each section begins once; else the last line that begins one. Who writes a text
     * may write lines there that look like a section of their own: those are before the form's.
     */
    int sectionsBegin(List<String> lines, int from) throws IOException {
        int last = lines.size();
        int first = -1;
        Section section = null;
        Set<Section> since = new HashSet<>();
        boolean row = false;
        for (int i = from; i < lines.size(); i++) {
            String line = lines.get(i);
            Optional<Section> next = Optional.ofNullable(begun(line));
            if (next.isPresent()) {
                section = next.get();
                row = false;
                last = i;
                if (first < 0 || since.contains(section)) {
                    first = i;
                    since.clear();
                }
                since.add(section);
            } else if (!line.isBlank()) {
                boolean known = section != null && section.kinds().knows(line);
                boolean fits =
                        known || row && section != null && !section.more().isEmpty();
                row |= known;
                // Nothing that begins before here fits to the end.
                first = fits ? first : -1;
            }
        }
        return first < 0 ? last : first;
    }

    /** The line of the text that begins what looks like a section of its own, with rows and nothing else behind; negative where none does. */
    int lookalike(List<String> lines, int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            Section section = begun(lines.get(i));
            boolean row = false;
            boolean fits = section != null;
            for (int j = i + 1; j < to && fits && section != null; j++) {
                boolean known = section.kinds().knows(lines.get(j));
                row |= known;
                fits = known || lines.get(j).isBlank();
            }
            if (fits && row) {
                return i;
            }
        }
        return -1;
    }
}
