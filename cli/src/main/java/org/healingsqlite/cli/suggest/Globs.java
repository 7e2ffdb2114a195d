package org.healingsqlite.cli.suggest;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The globs that name some files of an archive, and no others: as wide as that allows, so that next month's files are among them. */
final class Globs {
    private static final String SPECIAL = "[*?{}\\[\\],\\\\]";

    private Globs() {}

    /** The globs, with commas between them. */
    static String of(Collection<String> files, Collection<String> all) {
        for (String glob : candidates(files)) {
            if (all.stream().filter(matcher(glob)::matches).count() == files.size()
                    && files.stream().allMatch(matcher(glob)::matches)) {
                return glob;
            }
        }
        return files.stream().map(Globs::literal).collect(Collectors.joining(", "));
    }

    /** What a glob matches. */
    record Matching(PathMatcher matcher) {
        boolean matches(String file) {
            return matcher.matches(Path.of(file));
        }
    }

    private static Matching matcher(String glob) {
        return new Matching(FileSystems.getDefault().getPathMatcher("glob:" + glob));
    }

    private static String literal(String name) {
        return name.replaceAll(SPECIAL, "?");
    }

    private static List<String> candidates(Collection<String> files) {
        Set<String> directories = new TreeSet<>();
        Set<String> wideDirectories = new LinkedHashSet<>();
        Set<String> names = new LinkedHashSet<>();
        Set<String> endings = new LinkedHashSet<>();
        for (String file : files) {
            int slash = file.lastIndexOf('/') + 1;
            directories.add(literal(file.substring(0, slash)));
            wideDirectories.add(literal(file.substring(0, slash)).replaceAll("(^|/)\\d+(?=/)", "$1[0-9]*"));
            names.add(literal(file.substring(slash)).replaceAll("\\d+(?:[_.-]\\d+)*", "*"));
            int dot = file.lastIndexOf('.');
            endings.add(dot > slash ? literal(file.substring(dot)) : "");
        }
        List<String> candidates = new ArrayList<>();
        if (files.size() == 1 && names.stream().noneMatch(name -> name.contains("*"))) {
            candidates.add(literal(files.iterator().next()));
        }
        for (Set<String> each : List.of(wideDirectories, directories)) {
            if (each.size() == 1) {
                String directory = each.iterator().next();
                if (endings.size() == 1) {
                    candidates.add(directory + "*" + endings.iterator().next());
                }
                if (names.size() == 1) {
                    candidates.add(directory + names.iterator().next());
                }
            }
        }
        return candidates;
    }
}
