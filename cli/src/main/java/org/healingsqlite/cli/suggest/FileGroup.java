package org.healingsqlite.cli.suggest;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Files of one form.
 *
 * @param name for the source, unlike any other's
 * @param format of the manifest; empty where the files are not understood
 * @param files at least one
 */
record FileGroup(String name, String format, List<TextFile> files) {
    private static final double LINES = 0.8;

    /** Below it lines have too little in common to be rows. */
    private static final double ALIKE = 0.6;

    FileGroup {
        files = List.copyOf(files);
    }

    /** Files by their form: those of one directory, or of directories that differ in numbers, and of one header, or one word in their names. */
    static List<FileGroup> of(Collection<TextFile> files) {
        Map<List<String>, List<TextFile>> groups = new LinkedHashMap<>();
        Map<String, Map<String, Long>> stems = files.stream()
                .collect(Collectors.groupingBy(
                        TextFile::directory, Collectors.groupingBy(TextFile::stem, Collectors.counting())));
        for (TextFile file : files) {
            String format = file.format();
            String directory = file.directory().replaceAll("(^|/)\\d+(?=/|$)", "$1#");
            Map<String, Long> beside = stems.getOrDefault(file.directory(), Map.of());
            // A word that one file alone has, beside files whose names have none, is part of a key.
            boolean chance = beside.getOrDefault("", 0L) > 1 && beside.getOrDefault(file.stem(), 0L) == 1;
            String like =
                    format.equals("delimited") || format.equals("csv") ? file.header() : chance ? "" : file.stem();
            groups.computeIfAbsent(List.of(format, directory, like), key -> new ArrayList<>())
                    .add(file);
        }
        List<FileGroup> found = new ArrayList<>();
        Set<String> names = new TreeSet<>();
        groups.forEach((key, of) -> {
            String format = key.get(0).isEmpty() ? format(of) : key.get(0);
            found.add(new FileGroup(name(of, names), format, of));
        });
        return found;
    }

    /** Whether no file has an end of its last line: then none of them is cut for that. */
    boolean unended() {
        return files.stream().noneMatch(TextFile::ended);
    }

    /** The words of the files' names and their directory. */
    List<String> about() {
        List<String> words = new ArrayList<>(Words.of(name));
        String directory = files.get(0).directory().replaceAll("(^|/)\\d+(?=/|$)", "");
        words.addAll(Words.of(directory.substring(directory.lastIndexOf('/') + 1)));
        return words.stream().distinct().toList();
    }

    private static String name(List<TextFile> files, Set<String> taken) {
        String stem = files.get(0).stem();
        String directory = files.get(0).directory().replaceAll("(^|/)\\d+(?=/|$)", "");
        String last = directory.substring(directory.lastIndexOf('/') + 1);
        String bare = files.get(0).bare().replaceAll("\\.[^.]*$", "");
        String whole = String.join("_", Words.of(bare));
        String base = files.size() == 1 && !whole.isEmpty() ? whole : stem.isEmpty() ? last : stem;
        base = base.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]+", "_");
        base = base.isEmpty() ? "files" : base;
        String name = base;
        for (int i = 2; !taken.add(name); i++) {
            name = base + i;
        }
        return name;
    }

    /** How text that no line describes is to be read. */
    private static String format(List<TextFile> files) {
        double[] timed = files.stream().mapToDouble(TextFile::timed).sorted().toArray();
        if (timed[timed.length / 2] >= LINES) {
            return "lines";
        }
        if (files.stream().allMatch(TextFile::onlyKeys)) {
            return "blocks";
        }
        List<String> first = files.stream()
                .filter(file -> !file.filled().isEmpty())
                .map(file -> file.filled().get(0))
                .toList();
        boolean texts = files.stream().filter(file -> file.lines().contains("")).count() * 2 > files.size();
        LineShape shape = first.isEmpty() ? new LineShape(List.of()) : LineShapes.common(first);
        if (texts && shape.fields() > 0 && !shape.words().isEmpty() && (files.size() > 1 || hasHead(files.get(0)))) {
            return "record";
        }
        List<String> all =
                files.stream().flatMap(file -> file.filled().stream()).toList();
        long alike = LineShapes.of(all).stream()
                .filter(kind -> kind.lines().size() > 1)
                .mapToLong(kind -> kind.lines().size())
                .sum();
        return all.size() > 2 && alike >= all.size() * ALIKE ? "lines" : "";
    }

    /** Whether a file of its own has the lines that a record begins with: nothing else tells it from a letter. */
    private static boolean hasHead(TextFile file) {
        return file.lines().stream()
                .skip(1)
                .takeWhile(line -> !line.isEmpty())
                .anyMatch(line -> TextFile.keyLine(line).matches()
                        || TimeForm.within(line).isPresent());
    }
}
