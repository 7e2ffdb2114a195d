package org.healingsqlite.cli.suggest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveFile;
import org.healingsqlite.archive.RowConsumer;
import org.jspecify.annotations.Nullable;

/** Files that name their fields themselves. They are read by the parsers that an import has. For one group. */
final class DescribedFiles {
    /** So many records tell what the others are like. */
    private static final int MOST_RECORDS = 2000;

    private final Map<String, List<@Nullable String>> values = new LinkedHashMap<>();
    private int records;

    private static final class Enough extends IOException {
        private static final long serialVersionUID = 1;
    }

    private DescribedFiles() {}

    /**
     * Reads the first records.
     *
     * @param files the globs of the group
     */
    static GroupForm read(Path directory, FileGroup group, String files) throws IOException {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("files", files);
        settings.put("format", group.format());
        if (group.unended()) {
            settings.put("unended", "true");
        }
        if (group.format().equals("sql")) {
            return new GroupForm(settings, List.of());
        }
        if (group.format().equals("delimited")) {
            lines(group, settings);
        }
        DescribedFiles reader = new DescribedFiles();
        reader.sample(directory, settings);
        List<Field> fields = reader.fields();
        return new GroupForm(
                settings,
                fields.isEmpty() ? List.of() : List.of(new RowPlan(group, "table", List.of(), fields, List.of(), "")));
    }

    private static void lines(FileGroup group, Map<String, String> settings) {
        String header = group.files().get(0).header();
        Set<String> skips = new LinkedHashSet<>();
        boolean escaped = false;
        for (TextFile file : group.files()) {
            List<String> below = file.lines()
                    .subList(file.lines().indexOf(header) + 1, file.lines().size());
            below.stream().filter(GroupForm::footer).map(GroupForm::skip).forEach(skips::add);
            escaped |= below.stream().anyMatch(line -> line.contains("\\|"));
        }
        if (escaped) {
            settings.put("escape", "\\");
        }
        GroupForm.putSkips(settings, skips);
    }

    private void sample(Path directory, Map<String, String> settings) throws IOException {
        Path manifest = Files.createTempFile("healing-archive-suggest", ".properties");
        try {
            Draft probe = new Draft();
            settings.forEach((key, value) -> probe.put("source.probe." + key, value));
            probe.put("source.probe.table", "probe");
            Files.writeString(manifest, probe.text());
            Archive archive = Archive.open(directory, manifest);
            for (ArchiveFile file : archive.files()) {
                archive.parse(file, new RowConsumer() {
                    @Override
                    public void row(String table, List<String> columns, List<@Nullable Object> row, long line)
                            throws IOException {
                        take(columns, row);
                    }

                    @Override
                    public void problem(long line, String reason) {
                        // The check of the whole tells it.
                    }
                });
            }
        } catch (Enough e) {
            // The others are like these.
        } finally {
            Files.delete(manifest);
        }
    }

    private void take(List<String> columns, List<@Nullable Object> row) throws Enough {
        if (records == MOST_RECORDS) {
            throw new Enough();
        }
        for (int i = 0; i < columns.size(); i++) {
            Object value = row.get(i);
            of(columns.get(i)).add(value == null ? null : String.valueOf(value));
        }
        records++;
    }

    /** The values of a field, filled up to this record. */
    private List<@Nullable String> of(String field) {
        List<@Nullable String> of = values.computeIfAbsent(field, name -> new ArrayList<>());
        while (of.size() < records) {
            of.add(null);
        }
        return of;
    }

    private List<Field> fields() {
        List<Field> fields = new ArrayList<>();
        for (String name : List.copyOf(values.keySet())) {
            fields.add(new Field(name, List.of(), of(name), false));
        }
        return fields;
    }
}
