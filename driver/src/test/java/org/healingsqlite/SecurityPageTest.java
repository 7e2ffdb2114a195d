package org.healingsqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/security.md: each test that it names is there, and each threat has one. */
class SecurityPageTest {
    private static final Path ROOT = Files.exists(Path.of("docs", "security.md")) ? Path.of("") : Path.of("..");
    private static final Pattern NAME = Pattern.compile("`([A-Za-z0-9_./]+)`");

    @Test
    void eachTestOfTheTableIsThere() throws IOException {
        Set<String> there = tests();
        for (String row : rows()) {
            String test = row.substring(row.lastIndexOf('|', row.length() - 2) + 1, row.length() - 1)
                    .strip();
            List<String> named =
                    NAME.matcher(test).results().map(result -> result.group(1)).toList();

            assertThat(named).as(row).isSubsetOf(there);
            assertThat(test).as(row).matches(named.isEmpty() ? "open" : "`.+`");
        }
    }

    private static List<String> rows() throws IOException {
        List<String> rows = Files.readString(ROOT.resolve("docs/security.md"))
                .lines()
                .filter(line -> line.matches("\\|.*\\|.*\\|.*\\|"))
                .filter(line -> !line.startsWith("| threat") && !line.startsWith("| ---"))
                .toList();
        assertThat(rows).hasSizeGreaterThan(20);
        return rows;
    }

    private static Set<String> tests() throws IOException {
        Set<String> there = new TreeSet<>(Set.of("./reproducible"));
        for (String module : List.of("driver", "agent", "agent-tests", "cli", "demo-app", "integration-tests")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test"))) {
                there.addAll(files.map(path -> path.getFileName().toString())
                        .map(Pattern.compile("(.*Test)\\.java")::matcher)
                        .filter(matcher -> matcher.matches())
                        .map(MatchResult.class::cast)
                        .map(match -> match.group(1))
                        .collect(Collectors.toSet()));
            }
        }
        return there;
    }
}
