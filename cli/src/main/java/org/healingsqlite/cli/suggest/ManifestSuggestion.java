package org.healingsqlite.cli.suggest;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveCheck;
import org.healingsqlite.archive.ArchiveException;
import org.healingsqlite.archive.ArchiveFile;
import org.healingsqlite.archive.ArchiveRestore;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/**
 * A manifest of the second version for a directory of text, as far as the files and the schema tell: a draft for a person to complete.
 *
 * @param manifest its text
 * @param guesses what the files do not prove
 * @param unplaced files, lines, fields, columns and tables that the draft has no place for
 * @param check what the draft gives, tried on all files
 */
public record ManifestSuggestion(String manifest, List<String> guesses, List<String> unplaced, ArchiveCheck check) {
    private static final String MANIFEST = "archive.properties";

    public ManifestSuggestion {
        guesses = List.copyOf(guesses);
        unplaced = List.copyOf(unplaced);
    }

    /**
     * Looks at the files. Nothing is written into the directory; a manifest in it is passed over.
     *
     * @param schema the script that makes the tables; its statements that create nothing are not run
     * @throws ArchiveException where there is no directory, or the schema cannot be created, or creates no table
     */
    public static ManifestSuggestion of(Path directory, String schema) throws SQLException, IOException {
        Path scratch = Files.createTempDirectory("healing-archive-suggest");
        Path file = scratch.resolve(MANIFEST);
        try {
            Files.writeString(file, "version=2\nsource.all.files=**\nsource.all.format=lines\n");
            Archive all = Archive.open(directory, file);
            Map<String, SchemaTable> tables;
            try (Connection database = Sqlite.open(scratch.resolve("schema.db"), Access.CREATE.confined())) {
                ArchiveRestore.of(all, ArchiveCheck.creating(schema)).schemaInto(database);
                tables = SchemaTable.readAll(database);
            }
            if (tables.isEmpty()) {
                throw new ArchiveException("The schema creates no table: rows have nowhere to go");
            }
            Writing writing = new Writing(directory, tables);
            writing.write(all.files());
            Files.writeString(file, writing.draft.text());
            return new ManifestSuggestion(
                    writing.draft.text(),
                    List.copyOf(writing.guesses),
                    List.copyOf(writing.unplaced),
                    ArchiveCheck.of(Archive.open(directory, file), schema));
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(scratch.resolve("schema.db"));
            Files.delete(scratch);
        }
    }

    /** Whether everything has a place, and every line became a row. */
    public boolean complete() {
        return unplaced.isEmpty() && check.clean();
    }

    /** One run. */
    private static final class Writing {
        private final Path directory;
        private final Map<String, SchemaTable> tables;
        private final Draft draft = new Draft();
        private final List<String> guesses = new ArrayList<>();
        private final List<String> unplaced = new ArrayList<>();
        private final Set<String> created = new TreeSet<>();
        private final TableChoice choice;

        Writing(Path directory, Map<String, SchemaTable> tables) {
            this.directory = directory;
            this.tables = tables;
            this.choice = new TableChoice(tables);
        }

        void write(List<ArchiveFile> all) throws IOException {
            List<TextFile> files = new ArrayList<>();
            for (ArchiveFile each : all) {
                if (!each.name().matches("(?:.*/)?\\..*|" + MANIFEST + "|SHA256SUMS")) {
                    read(each, files);
                }
            }
            List<String> names = all.stream().map(ArchiveFile::name).toList();
            List<GroupForm> forms = new ArrayList<>();
            List<FileGroup> groups = FileGroup.of(files);
            for (FileGroup group : groups) {
                if (group.format().isEmpty()) {
                    group.files().forEach(file -> unplaced.add(file.name() + ": is in no form that is known here"));
                } else {
                    forms.add(form(group, names));
                }
            }
            choice.choose(forms);
            // Who is looked up by name comes before those who look.
            Set<String> lookedUp = lookedUp(forms);
            forms.sort(Comparator.comparing(form -> form.plans().stream()
                    .noneMatch(plan -> plan.columns()
                            .map(columns -> lookedUp.contains(columns.table().name()))
                            .orElse(false))));
            name(forms);
            for (GroupForm form : forms) {
                source(form);
            }
            if (forms.stream().allMatch(form -> !form.plans().isEmpty() && !placed(form))) {
                draft.paragraph(List.of("Nothing has a place yet; a manifest names at least one source."));
                draft.put("source.nothing.files", MANIFEST);
                draft.put("source.nothing.format", "none");
            }
            rows(forms);
            whole(forms);
        }

        private void read(ArchiveFile each, List<TextFile> files) throws IOException {
            try {
                TextFile file = TextFile.of(each);
                if (file.filled().isEmpty()) {
                    unplaced.add(each.name() + ": is empty");
                } else {
                    files.add(file);
                }
            } catch (CharacterCodingException e) {
                unplaced.add(each.name() + ": is not text in UTF-8");
            }
        }

        private GroupForm form(FileGroup group, List<String> all) throws IOException {
            String globs = Globs.of(group.files().stream().map(TextFile::name).toList(), all);
            return Set.of("lines", "record").contains(group.format())
                    ? FreeText.read(group, globs)
                    : DescribedFiles.read(directory, group, globs);
        }

        /** The tables whose rows the archive calls by other names than their keys. */
        private static Set<String> lookedUp(List<GroupForm> forms) {
            Set<String> tables = new LinkedHashSet<>();
            forms.forEach(form -> form.plans()
                    .forEach(plan -> plan.columns()
                            .ifPresent(columns -> columns.of().forEach((field, column) -> {
                                if (column.number() && !plan.fields().get(field).numbers()) {
                                    tables.add(column.table());
                                }
                            }))));
            return tables;
        }

        /** Gives each row its name: the table's for the first, the table's and the source's for the others. Kinds of lines that have one meaning share a row. */
        private static void name(List<GroupForm> forms) {
            Map<List<Object>, String> rows = new LinkedHashMap<>();
            Set<String> names = new LinkedHashSet<>();
            for (GroupForm form : forms) {
                for (RowPlan plan : form.plans()) {
                    Optional<Columns> columns = plan.columns();
                    if (columns.isPresent()) {
                        String table = columns.get().table().name();
                        List<Object> same = List.of(plan.group(), table, plan.constants());
                        plan.call(rows.computeIfAbsent(same, key -> unlike(table, plan, names)));
                    }
                }
            }
        }

        private static String unlike(String table, RowPlan plan, Set<String> names) {
            String base = table.contains(".") ? "row" : table;
            String name = base;
            if (names.contains(name)) {
                name = base + "_" + plan.group().name();
            }
            for (int i = 2; !names.add(name); i++) {
                name = base + "_" + plan.group().name() + "_" + i;
            }
            return name;
        }

        private static boolean placed(GroupForm form) {
            return form.plans().stream().anyMatch(plan -> plan.columns().isPresent());
        }

        private void source(GroupForm form) {
            FileGroup group =
                    form.plans().isEmpty() ? null : form.plans().get(0).group();
            String name = group == null ? "dump" : group.name();
            String prefix = "source." + name + ".";
            boolean placed = group == null || placed(form);
            draft.paragraph(List.of());
            if (!placed) {
                draft.comment("No table has columns for what is in these files. Name one, and take the # away:");
                form.settings().forEach((key, value) -> draft.proposed(prefix + key, value));
                unplaced.add(form.settings().get("files") + ": no table fits");
            } else {
                form.settings().forEach((key, value) -> draft.put(prefix + key, value));
            }
            for (RowPlan plan : form.plans()) {
                plan(plan, prefix, form);
            }
        }

        private void plan(RowPlan plan, String prefix, GroupForm form) {
            boolean placed = plan.columns().isPresent();
            if (!placed && form.plans().size() > 1) {
                draft.comment("No table has columns for this kind of line (" + plan.size()
                        + " of those that were looked at). Name one, and take the # away:");
                unplaced.add(form.settings().get("files") + ": " + plan.size() + " lines"
                        + plan.places().stream()
                                .findFirst()
                                .map(place -> " like " + place.key() + " below")
                                .orElse("")
                        + ", no table fits");
            }
            List<String> others = choice.alternatives(plan);
            if (placed && !others.isEmpty()) {
                draft.comment("or: " + String.join(", ", others));
                guesses.add("source " + plan.group().name() + ": its table; " + String.join(", ", others)
                        + " would do nearly as well");
            }
            for (RowPlan.Place place : plan.places()) {
                // A line without fields has no name to give.
                String name = plan.names(place).stream().findFirst().orElse("");
                LineShape shape = place.shape();
                String key = place.key().equals("text.") ? "text." + name : place.key();
                String value = shape != null
                        ? shape.pattern(plan.names(place))
                        : place.key().endsWith("inherit")
                                ? name + "=" + form.plans().get(0).name(Integer.parseInt(place.text()))
                                : place.key().equals("body") || place.key().endsWith(".more") ? name : place.text();
                put(placed, prefix + key, value);
            }
            put(placed, prefix + plan.tableKey(), plan.row());
        }

        private void put(boolean placed, String key, String value) {
            if (placed) {
                draft.put(key, value);
            } else {
                draft.proposed(key, value);
            }
        }

        private void rows(List<GroupForm> forms) {
            Map<String, List<RowPlan>> rows = new LinkedHashMap<>();
            for (GroupForm form : forms) {
                for (RowPlan plan : form.plans()) {
                    if (plan.columns().isPresent()) {
                        rows.computeIfAbsent(plan.row(), row -> new ArrayList<>())
                                .add(plan);
                    }
                }
            }
            RowRules rules = new RowRules(tables, draft, guesses, unplaced, created);
            Map<String, List<String>> keys = keys(rows);
            rows.forEach((row, plans) -> plans.get(0).columns().ifPresent(columns -> {
                draft.paragraph(List.of());
                rules.write(
                        row,
                        columns.table(),
                        plans,
                        keys.getOrDefault(columns.table().name(), List.of()));
            }));
        }

        /** Rows of one table from several sources may be the same facts: by the columns that all of them have, where the schema has no key. */
        private Map<String, List<String>> keys(Map<String, List<RowPlan>> rows) {
            Map<String, Set<String>> columns = new LinkedHashMap<>();
            Map<String, Set<FileGroup>> groups = new LinkedHashMap<>();
            rows.values()
                    .forEach(plans -> plans.forEach(plan -> plan.columns().ifPresent(chosen -> {
                        Set<String> of = new LinkedHashSet<>();
                        chosen.of().values().forEach(column -> of.add(column.name()));
                        of.addAll(plan.constants().keySet());
                        columns.computeIfAbsent(chosen.table().name(), name -> new LinkedHashSet<>(of))
                                .retainAll(of);
                        groups.computeIfAbsent(chosen.table().name(), name -> new LinkedHashSet<>())
                                .add(plan.group());
                    })));
            Map<String, List<String>> keys = new LinkedHashMap<>();
            columns.forEach((table, of) -> {
                SchemaTable form = tables.get(table);
                if (form != null
                        && !form.keyed()
                        && groups.getOrDefault(table, Set.of()).size() > 1
                        && of.size() > 1) {
                    keys.put(table, List.copyOf(of));
                    guesses.add("table " + table + ": rows of several files are one where " + String.join(", ", of)
                            + " are the same");
                }
            });
            return keys;
        }

        private void whole(List<GroupForm> forms) {
            draft.paragraph(List.of("How the database stores times: look at a row of it."));
            draft.put("timeAs", "yyyy-MM-dd HH:mm:ss");
            guesses.add("timeAs: how the database stores times");
            if (!created.isEmpty()) {
                draft.put("create", String.join(", ", created));
                guesses.add("create: rows of " + String.join(", ", created)
                        + " that are only mentioned are made; without it their keys lead to no row");
            }
            Set<String> used = new LinkedHashSet<>(created);
            forms.forEach(form -> form.plans()
                    .forEach(plan -> plan.columns()
                            .ifPresent(columns -> used.add(columns.table().name()))));
            boolean dump = forms.stream().anyMatch(form -> form.plans().isEmpty());
            tables.keySet().stream()
                    .filter(table -> !dump && !used.contains(table))
                    .forEach(table -> unplaced.add("table " + table + ": no file seems to tell of it"));
        }
    }
}
