package org.healingsqlite.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A rule that both doors need stands once, behind both: no six lines of the one have the shape of six lines of the other, whatever their names. */
class LikeShapedCodeTest {
    private static final Path DRIVERS = Path.of("../driver/src/main/java/org/healingsqlite/jdbc");
    private static final Path AGENTS = Path.of("src/main/java/org/healingsqlite/agent/door");

    /** What is shorter is alike by chance: a loop, a guard, a log line. */
    private static final int LINES = 6;

    private static final Pattern COMMENT = Pattern.compile("//[^\n]*|/\\*.*?\\*/", Pattern.DOTALL);
    private static final Pattern TEXT = Pattern.compile("\"[^\"]*\"");
    private static final Pattern NAME = Pattern.compile(
            "\\b(?!if|else|for|while|return|try|catch|finally|throw|new|switch|case|null|true|false|instanceof|private|public|static|final|void|boolean|int|long)\\w+");

    @Test
    void noRuleStandsInBothDoors() throws IOException {
        Map<String, String> ofDriver = shapes(sources(DRIVERS));
        Map<String, String> ofAgent = shapes(sources(AGENTS));
        assertThat(ofDriver).isNotEmpty();
        assertThat(ofAgent).isNotEmpty();
        assertThat(alike(ofDriver, ofAgent)).isEmpty();
    }

    @Test
    void theSameRuleUnderOtherNamesIsSeen() {
        String one = """
                void a() {
                    // why
                    int count = 0;
                    for (Row row : rows) {
                        count += row.size();
                        if (count > 7) {
                            throw new IllegalStateException("too many");
                        }
                    }
                    told(count);
                    done();
                }
                """;
        String other = one.replace("count", "sum")
                .replace("Row row : rows", "Line line : lines")
                .replace("row.size", "line.length")
                .replace("why", "because")
                .replace("too many", "full");
        assertThat(alike(shapes(Map.of("A", one)), shapes(Map.of("B", other)))).isNotEmpty();
        assertThat(alike(shapes(Map.of("A", one)), shapes(Map.of("B", other.replace("+=", "-=")))))
                .isEmpty();
    }

    /** What is generated forwards calls, and has no rules. */
    private static Map<String, String> sources(Path directory) throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (!name.startsWith("Forwarding")) {
                    sources.put(name, Files.readString(file));
                }
            }
        }
        return sources;
    }

    private static List<String> alike(Map<String, String> ones, Map<String, String> others) {
        return ones.entrySet().stream()
                .filter(each -> others.containsKey(each.getKey()))
                .map(each -> each.getValue() + " and " + others.get(each.getKey()) + ":\n" + each.getKey())
                .toList();
    }

    /** Each piece of so many lines, without names and texts, and where it stands. */
    private static Map<String, String> shapes(Map<String, String> sources) {
        Map<String, String> shapes = new HashMap<>();
        sources.forEach((name, source) -> {
            List<String> lines = new ArrayList<>();
            for (String line : COMMENT.matcher(source).replaceAll("").lines().toList()) {
                String stripped = line.strip();
                if (stripped.length() > 1 && !stripped.startsWith("import ") && !stripped.startsWith("@")) {
                    lines.add(
                            NAME.matcher(TEXT.matcher(stripped).replaceAll("s")).replaceAll("n"));
                }
            }
            for (int i = 0; i + LINES <= lines.size(); i++) {
                shapes.putIfAbsent(String.join("\n", lines.subList(i, i + LINES)), name);
            }
        });
        return shapes;
    }
}
