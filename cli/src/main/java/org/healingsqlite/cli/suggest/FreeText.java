package org.healingsqlite.cli.suggest;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import org.healingsqlite.cli.suggest.RowPlan.Place;
import org.jspecify.annotations.Nullable;

/** Files that people would read: a row per line, or a record per file. For one group. */
final class FreeText {
    /** The share of lines below a heading that are rows, for it not to be the heading of a text. */
    private static final double ROWS = 0.6;

    /** The share of files that have a heading. */
    private static final double OFTEN = 0.1;

    private final FileGroup group;
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final List<RowPlan> plans = new ArrayList<>();

    private FreeText(FileGroup group, String files) {
        this.group = group;
        settings.put("files", files);
        settings.put("format", group.format());
        if (group.unended()) {
            settings.put("unended", "true");
        }
    }

    /**
     * Looks at the files.
     *
     * @param files the globs of the group
     */
    static GroupForm read(FileGroup group, String files) {
        FreeText text = new FreeText(group, files);
        if (group.format().equals("lines")) {
            text.lines();
        } else {
            text.records();
        }
        return new GroupForm(text.settings, text.plans);
    }

    // ---- A row per line

    private void lines() {
        List<String> lines = new ArrayList<>();
        List<String> titles = new ArrayList<>();
        Set<String> skips = new LinkedHashSet<>();
        String day = "";
        for (TextFile file : group.files()) {
            List<String> filled = file.filled();
            boolean timed = file.timed() >= ROWS;
            for (int i = 0; i < filled.size(); i++) {
                String line = filled.get(i);
                Optional<TimeForm> whole = TimeForm.of(line).filter(form -> form.extent() == TimeForm.Extent.DAY);
                boolean bare = timed && !TextFile.beginsWithTime(line);
                if (whole.isPresent()) {
                    day = whole.get().pattern();
                    settings.put("heading.1", "/(?<day>" + whole.get().shape() + ")/");
                } else if (bare && i == 0) {
                    titles.add(line);
                } else if (bare && GroupForm.footer(line)) {
                    skips.add(GroupForm.skip(line));
                } else {
                    lines.add(line);
                }
            }
        }
        if (!titles.isEmpty()) {
            LineShape title = LineShapes.common(titles);
            List<String> unnamed = new ArrayList<>();
            for (int i = 0; i < title.fields(); i++) {
                unnamed.add("");
            }
            boolean one =
                    titles.stream().distinct().count() == 1 || title.words().isEmpty();
            skips.add(one ? GroupForm.skip(titles.get(0)) : title.pattern(unnamed));
        }
        GroupForm.putSkips(settings, skips);
        kinds("", lines, List.of(), "", day, Set.of());
    }

    /**
     * The kinds of some lines, each with a plan of its own. A line is of the first kind that it fits, as for an import.
     *
     * @param owners for each line the value that its row inherits; empty where rows inherit nothing
     * @param inherited the place of that field in the record
     * @param day the form of the headings that give the day; empty where there are none
     * @param goOn those that are followed by a line of no time
     */
    private void kinds(
            String below, List<String> lines, List<String> owners, String inherited, String day, Set<String> goOn) {
        List<LineShape> shapes =
                LineShapes.of(lines).stream().map(LineShapes.Kind::shape).toList();
        Map<Integer, List<Integer>> byShape = new TreeMap<>();
        for (int i = 0; i < lines.size(); i++) {
            for (int s = 0; s < shapes.size(); s++) {
                if (shapes.get(s).match(lines.get(i)) != null) {
                    byShape.computeIfAbsent(s, key -> new ArrayList<>()).add(i);
                    break;
                }
            }
        }
        int number = 1;
        for (Map.Entry<Integer, List<Integer>> each : byShape.entrySet()) {
            LineShape shape = shapes.get(each.getKey());
            String key = below + "line." + number++;
            List<Place> places = new ArrayList<>(List.of(new Place(key, shape, "", 0)));
            List<String> of = each.getValue().stream().map(lines::get).toList();
            List<Field> fields = fields(shape, of);
            if (!owners.isEmpty()) {
                places.add(new Place(below + "inherit", null, inherited, fields.size()));
                fields.add(new Field(
                        "",
                        Words.of(group.name() + " " + inherited),
                        each.getValue().stream().map(owners::get).toList(),
                        false));
            }
            if (of.stream().anyMatch(goOn::contains) && shape.endsInText()) {
                places.add(new Place(below + "more", null, "", shape.fields() - 1));
            }
            plans.add(new RowPlan(group, key + ".table", places, fields, shape.words(), day));
        }
    }

    private static List<Field> fields(LineShape shape, List<String> lines) {
        List<Field> fields = new ArrayList<>();
        List<List<String>> before = shape.before();
        for (int i = 0; i < shape.fields(); i++) {
            List<@Nullable String> values = new ArrayList<>();
            for (String line : lines) {
                List<@Nullable String> of = shape.match(line);
                values.add(of == null ? null : of.get(i));
            }
            fields.add(new Field("", before.get(i), values, false));
        }
        return fields;
    }

    // ---- A record per file

    /** One file, cut into its parts. */
    private record Cut(List<String> head, List<String> rest) {
        static Cut of(TextFile file) {
            List<String> lines = file.lines();
            int blank = lines.indexOf("");
            return blank < 0
                    ? new Cut(lines, List.of())
                    : new Cut(lines.subList(0, blank), lines.subList(blank + 1, lines.size()));
        }

        /** The last place of a heading line behind a blank one; negative where it has none. */
        int at(String heading) {
            for (int i = rest.size() - 1; i >= 0; i--) {
                if (rest.get(i).equals(heading) && (i == 0 || rest.get(i - 1).isEmpty())) {
                    return i;
                }
            }
            return -1;
        }

        /** What stands below a heading, up to the next. */
        List<String> below(String heading, Set<String> headings) {
            int from = at(heading);
            int to = rest.size();
            for (String other : headings) {
                int at = at(other);
                to = at > from && at < to ? at : to;
            }
            return from < 0 ? List.of() : rest.subList(from + 1, to);
        }
    }

    private void records() {
        List<Cut> cuts = group.files().stream()
                .filter(file -> !file.filled().isEmpty())
                .map(Cut::of)
                .filter(cut -> !cut.head().isEmpty())
                .toList();
        List<Place> places = new ArrayList<>();
        List<Field> fields = new ArrayList<>();
        List<String> first = cuts.stream().map(cut -> cut.head().get(0)).toList();
        add("line.1", LineShapes.common(first), first, places, fields);
        head(cuts, places, fields);
        Set<String> headings = headings(cuts);
        Set<String> sections = new LinkedHashSet<>();
        for (String heading : headings) {
            List<String> below = new ArrayList<>();
            cuts.forEach(cut -> below.addAll(cut.below(heading, headings)));
            List<String> filled = below.stream().filter(line -> !line.isBlank()).toList();
            if (filled.stream().filter(TextFile::beginsWithTime).count() > filled.size() * ROWS) {
                sections.add(heading);
            }
        }
        texts(cuts, headings, sections, places, fields);
        plans.add(new RowPlan(group, "table", places, fields, List.of(), ""));
        int owner = owner(fields);
        for (String heading : sections) {
            section(cuts, heading, headings, fields, owner);
        }
    }

    private static void add(String key, LineShape shape, List<String> lines, List<Place> places, List<Field> fields) {
        places.add(new Place(key, shape, "", fields.size()));
        fields.addAll(fields(shape, lines));
    }

    private void head(List<Cut> cuts, List<Place> places, List<Field> fields) {
        Map<String, List<@Nullable String>> keys = new LinkedHashMap<>();
        Map<String, List<String>> others = new LinkedHashMap<>();
        for (int i = 0; i < cuts.size(); i++) {
            List<String> head = cuts.get(i).head();
            for (String line : head.subList(1, head.size())) {
                Matcher key = TextFile.keyLine(line);
                if (key.matches()) {
                    List<@Nullable String> of = keys.computeIfAbsent(key.group(1), name -> new ArrayList<>());
                    while (of.size() < i) {
                        of.add(null);
                    }
                    of.add(key.group(2));
                } else {
                    others.computeIfAbsent(line.split(" ", 2)[0], word -> new ArrayList<>())
                            .add(line);
                }
            }
        }
        int number = 1;
        for (List<String> lines : others.values()) {
            LineShape shape = withTime(lines);
            String key = "head." + number++;
            places.add(new Place(key, shape, "", fields.size()));
            for (int f = 0; f < shape.fields(); f++) {
                List<@Nullable String> values = new ArrayList<>();
                for (Cut cut : cuts) {
                    String found = null;
                    for (String line : cut.head()) {
                        List<@Nullable String> of = shape.match(line);
                        found = of == null ? found : of.get(f);
                    }
                    values.add(found);
                }
                fields.add(new Field("", shape.before().get(f), values, false));
            }
        }
        if (!keys.isEmpty()) {
            settings.put("fields", "true");
        }
        keys.forEach((name, of) -> {
            while (of.size() < cuts.size()) {
                of.add(null);
            }
            fields.add(new Field(name, List.of(), of, false));
        });
    }

    /** The shape of lines that have a time behind the same words; else what they have in common. */
    private static LineShape withTime(List<String> lines) {
        Optional<TimeForm.Found> time = TimeForm.within(lines.get(0));
        if (time.isPresent()) {
            String before = lines.get(0).substring(0, time.get().start());
            String behind = lines.get(0).substring(time.get().end());
            List<LineShape.Piece> pieces = new ArrayList<>();
            pieces.add(LineShape.Piece.text(before));
            pieces.add(new LineShape.Piece("", LineShape.Holds.TIME));
            if (!behind.isEmpty()) {
                pieces.add(LineShape.Piece.text(behind));
            }
            LineShape shape = new LineShape(pieces);
            if (lines.stream().allMatch(line -> shape.match(line) != null)) {
                return shape;
            }
        }
        return LineShapes.common(lines);
    }

    /** Lines that stand alone behind a blank one, end in a colon, and do so in many files. */
    private static Set<String> headings(List<Cut> cuts) {
        Map<String, Integer> files = new LinkedHashMap<>();
        for (Cut cut : cuts) {
            Set<String> of = new LinkedHashSet<>();
            for (int i = 0; i < cut.rest().size(); i++) {
                String line = cut.rest().get(i);
                if (line.matches("\\p{Lu}[\\p{L} ]{1,40}:")
                        && (i == 0 || cut.rest().get(i - 1).isEmpty())) {
                    of.add(line);
                }
            }
            of.forEach(line -> files.merge(line, 1, Integer::sum));
        }
        Set<String> headings = new LinkedHashSet<>();
        files.forEach((line, count) -> {
            if (count >= Math.min(2, cuts.size()) && count >= cuts.size() * OFTEN) {
                headings.add(line);
            }
        });
        return headings;
    }

    private void texts(
            List<Cut> cuts, Set<String> headings, Set<String> sections, List<Place> places, List<Field> fields) {
        List<@Nullable String> bodies = new ArrayList<>();
        Map<String, List<@Nullable String>> further = new LinkedHashMap<>();
        for (Cut cut : cuts) {
            int end = headings.stream()
                    .mapToInt(cut::at)
                    .filter(at -> at >= 0)
                    .min()
                    .orElse(cut.rest().size());
            bodies.add(text(cut.rest().subList(0, end)));
            for (String heading : headings) {
                if (!sections.contains(heading)) {
                    further.computeIfAbsent(heading, key -> new ArrayList<>())
                            .add(cut.at(heading) < 0 ? null : text(cut.below(heading, headings)));
                }
            }
        }
        if (bodies.stream().anyMatch(body -> body != null)) {
            places.add(new Place("body", null, "", fields.size()));
            fields.add(new Field("", List.of("text"), bodies, true));
        }
        further.forEach((heading, values) -> {
            places.add(new Place("text.", null, heading, fields.size()));
            fields.add(new Field("", Words.of(heading), values, true));
        });
    }

    private static @Nullable String text(List<String> lines) {
        String text = String.join("\n", lines).strip();
        return text.isEmpty() ? null : text;
    }

    /** The field that tells one record from another; negative where none does. */
    private static int owner(List<Field> fields) {
        for (int i = 0; i < fields.size(); i++) {
            if (fields.get(i).distinct()
                    && !fields.get(i).prose()
                    && !fields.get(i).times()) {
                return i;
            }
        }
        return fields.isEmpty() ? -1 : 0;
    }

    private void section(List<Cut> cuts, String heading, Set<String> headings, List<Field> fields, int owner) {
        String name = String.join("_", Words.of(heading));
        String below = "section." + name + ".";
        settings.put(below + "begin", heading);
        List<String> lines = new ArrayList<>();
        List<String> owners = new ArrayList<>();
        Set<String> goOn = new HashSet<>();
        for (int i = 0; i < cuts.size(); i++) {
            for (String line : cuts.get(i).below(heading, headings)) {
                if (!TextFile.beginsWithTime(line)) {
                    if (!line.isBlank() && !lines.isEmpty()) {
                        goOn.add(lines.get(lines.size() - 1));
                    }
                } else {
                    lines.add(line);
                    String id = owner < 0 ? null : fields.get(owner).values().get(i);
                    if (id != null) {
                        owners.add(id);
                    }
                }
            }
        }
        kinds(below, lines, owners.size() == lines.size() ? owners : List.of(), String.valueOf(owner), "", goOn);
    }
}
