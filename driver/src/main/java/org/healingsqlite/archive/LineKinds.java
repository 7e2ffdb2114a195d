package org.healingsqlite.archive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of lines that a source, or a section of one, has: {@code line.N}, each a row, with its own {@code line.N.table}; {@code heading.N}, which
 * gives its fields to the rows below it; {@code skip} and {@code skip.N}, which are passed over. Lines to pass over come first, then rows,
 * then headings; of each the first that fits counts. For one file: it remembers the last heading.
 */
final class LineKinds {
    private final List<Kind> kinds = new ArrayList<>();
    private final List<LineTemplate> headings = new ArrayList<>();
    private final List<LineTemplate> skipped = new ArrayList<>();
    private final List<String> carriedNames = new ArrayList<>();
    private @Nullable Object[] carried = new Object[0];

    /**
     * One kind of row.
     *
     * @param columns the line's own fields, those of headings, and those the caller adds
     */
    private record Kind(LineTemplate template, String table, List<String> columns) {}

    /**
     * A row of a line.
     *
     * @param columns the same list for rows of one kind
     * @param values as many; the caller's own are null
     */
    record Found(String table, List<String> columns, List<@Nullable Object> values) {}

    /**
     * Reads the kinds.
     *
     * @param settings those of the source, or those of the section without its name
     * @param manifest where the version stands
     * @param added fields that the caller gives values to, behind the others
     */
    LineKinds(Settings settings, Settings manifest, String table, List<String> added) throws IOException {
        for (Map.Entry<String, String> entry : settings.below("heading").entrySet()) {
            headings.add(LineTemplate.of(entry.getValue(), manifest));
        }
        headings.forEach(heading -> heading.groups().stream()
                .filter(name -> !carriedNames.contains(name))
                .forEach(carriedNames::add));
        carried = new Object[carriedNames.size()];
        Map<String, String> lines = new LinkedHashMap<>();
        settings.get("line").ifPresent(pattern -> lines.put("", pattern));
        Map<String, String> numbered = settings.below("line");
        numbered.forEach((name, pattern) -> {
            if (!name.endsWith(".table")) {
                lines.put(name, pattern);
            }
        });
        for (Map.Entry<String, String> line : lines.entrySet()) {
            LineTemplate template = LineTemplate.of(line.getValue(), manifest);
            List<String> columns = new ArrayList<>(template.groups());
            columns.addAll(carriedNames);
            columns.addAll(added);
            kinds.add(new Kind(
                    template,
                    Optional.ofNullable(numbered.get(line.getKey() + ".table")).orElse(table),
                    List.copyOf(columns)));
        }
        List<String> skips = new ArrayList<>(settings.below("skip").values());
        settings.get("skip").ifPresent(skips::add);
        for (String skip : skips) {
            skipped.add(LineTemplate.of(skip, manifest));
        }
    }

    /** Fields of a row, and behind them those of headings. */
    List<String> withCarried(List<String> columns) {
        List<String> all = new ArrayList<>(columns);
        all.addAll(carriedNames);
        return List.copyOf(all);
    }

    /** What the headings above have given. */
    List<@Nullable Object> carried() {
        return Arrays.asList(carried);
    }

    /** Whether the line is to be passed over. */
    boolean skips(String line) throws IOException {
        for (LineTemplate template : skipped) {
            if (template.match(line) != null) {
                return true;
            }
        }
        return false;
    }

    /** Whether the line is a heading, which is remembered then. */
    boolean heads(String line) throws IOException {
        for (LineTemplate heading : headings) {
            List<@Nullable Object> values = heading.match(line);
            if (values != null) {
                for (int i = 0; i < values.size(); i++) {
                    carried[carriedNames.indexOf(heading.groups().get(i))] = values.get(i);
                }
                return true;
            }
        }
        return false;
    }

    /** Whether the line is of a kind that the manifest knows; nothing is remembered. */
    boolean knows(String text) throws IOException {
        String line = text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
        for (Kind kind : kinds) {
            if (kind.template().match(line) != null) {
                return true;
            }
        }
        for (LineTemplate heading : headings) {
            if (heading.match(line) != null) {
                return true;
            }
        }
        return skips(line);
    }

    /** The row of a line; null where it is none. */
    @Nullable
    Found row(String line) throws IOException {
        for (Kind kind : kinds) {
            List<@Nullable Object> values = kind.template().match(line);
            if (values != null) {
                values.addAll(Arrays.asList(carried));
                while (values.size() < kind.columns().size()) {
                    values.add(null);
                }
                return new Found(kind.table(), kind.columns(), values);
            }
        }
        return null;
    }
}
