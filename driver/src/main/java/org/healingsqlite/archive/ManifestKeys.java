package org.healingsqlite.archive;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The keys that a manifest of the second version may have. In the first, keys that nobody reads were passed over. */
final class ManifestKeys {
    private static final String NAME = "[^.]+";
    private static final String ANY = ".+";

    /** How fields become columns: anywhere; the nearest to the row counts. */
    private static final String COLUMNS =
            "(?:null|timeAs|create|(?:set|default|null|map|time|timeAs|type|encoding|lookup"
                    + "|reference|column|create)\\." + ANY + ")";

    private static final String LINES =
            "(?:line(?:\\." + NAME + ")?(?:\\.table)?|heading\\." + NAME + "|skip(?:\\." + NAME + ")?|table)";

    private static final Pattern SOURCE = Pattern.compile("source\\." + NAME + "\\.(?:" + COLUMNS + "|" + LINES
            + "|files|format|path|rows|columns|separator|escape|overflow|body|begin|fields|many|trim|unended|conflict|complete"
            + "|key(?:\\." + ANY + ")?|head\\." + NAME + "|text\\." + ANY + "|section\\." + NAME + "\\.(?:" + LINES
            + "|begin|inherit|more))");

    private static final Pattern ROW =
            Pattern.compile("row\\." + NAME + "\\.(?:" + COLUMNS + "|table|key|conflict|complete)");

    private static final Pattern WHOLE = Pattern.compile("version|conflict|sha256\\." + ANY + "|" + COLUMNS);

    private static final Pattern SOURCE_NAME = Pattern.compile("source\\.(" + NAME + ")\\..+");
    private static final Pattern ROW_NAME = Pattern.compile("row\\.(" + NAME + ")\\..+");

    private ManifestKeys() {}

    /** What every source has: the version, what is said of columns for the whole archive, and the rows. */
    static Map<String, String> shared(Map<String, String> all) {
        Pattern columns = Pattern.compile(COLUMNS);
        Map<String, String> shared = new LinkedHashMap<>();
        all.forEach((key, value) -> {
            if (key.equals(Manifest.VERSION)
                    || key.startsWith("row.")
                    || columns.matcher(key).matches()) {
                shared.put(key, value.strip());
            }
        });
        return shared;
    }

    /**
     * Looks at every key.
     *
     * @param twice keys that stand there twice
     * @throws ArchiveException where one is not known, or stands there twice, or the version is not known
     */
    static void check(Path file, Map<String, String> all, Set<String> twice) throws ArchiveException {
        String version = all.getOrDefault(Manifest.VERSION, "1").strip();
        if (!version.equals("1") && !version.equals("2")) {
            throw new ArchiveException(file + " has version " + version + ": expected 1 or 2");
        }
        if (version.equals("1")) {
            return;
        }
        if (!twice.isEmpty()) {
            throw new ArchiveException(file + " has keys that stand there twice: " + twice);
        }
        Set<String> unknown = new TreeSet<>();
        Set<String> sources = new LinkedHashSet<>();
        for (String key : all.keySet()) {
            Matcher source = SOURCE_NAME.matcher(key);
            if (source.matches()) {
                sources.add(source.group(1));
            }
            if (!SOURCE.matcher(key).matches()
                    && !ROW.matcher(key).matches()
                    && !WHOLE.matcher(key).matches()) {
                unknown.add(key);
            }
        }
        if (!unknown.isEmpty()) {
            throw new ArchiveException(file + " has keys that mean nothing: "
                    + unknown.stream().limit(5).collect(Collectors.joining(", "))
                    + (unknown.size() > 5 ? " and " + (unknown.size() - 5) + " more" : "")
                    + "; docs/archives.md lists those of version 2");
        }
        for (String source : sources) {
            if (!all.containsKey("source." + source + ".files")) {
                throw new ArchiveException(file + ": source." + source + ".files is missing");
            }
        }
        rowsAreUsed(file, all);
        ManifestValues.check(file, all);
    }

    /** A row that no source gives is a slip of the pen. */
    private static void rowsAreUsed(Path file, Map<String, String> all) throws ArchiveException {
        Set<String> given = new LinkedHashSet<>();
        all.forEach((key, value) -> {
            int section = key.indexOf(".section.");
            if (key.startsWith("source.") && section > 0) {
                given.add(key.substring(section + ".section.".length()).replaceAll("\\..*", ""));
            }
            if (key.startsWith("source.") && key.endsWith("table")) {
                for (String name : value.split(",", -1)) {
                    given.add(name.strip());
                }
            } else if (key.endsWith("create")) {
                for (String name : value.split(",", -1)) {
                    given.add(name.strip());
                }
            }
        });
        for (String key : all.keySet()) {
            Matcher row = ROW_NAME.matcher(key);
            if (row.matches() && !given.contains(row.group(1))) {
                throw new ArchiveException(
                        file + ": " + key + " is of a row that no source gives; rows given: " + given);
            }
        }
    }
}
