package org.healingsqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The README's table of options is the enum's. Run with {@code -Dreadme.write=true} to write it. */
class ReadmeTest {
    private static final String BEGIN = "| --- | --- | --- | --- | --- | --- |\n";
    private static final String END = "<!-- end of options -->";

    @Test
    void theTableOfOptionsIsMadeFromTheEnum() throws IOException {
        Path file = Files.exists(Path.of("README.md")) ? Path.of("README.md") : Path.of("..", "README.md");
        String readme = Files.readString(file);
        int begin = readme.indexOf(BEGIN) + BEGIN.length();
        int end = readme.indexOf(END);
        if (Boolean.getBoolean("readme.write")) {
            Files.writeString(file, readme.substring(0, begin) + table() + readme.substring(end));
            return;
        }
        assertThat(readme.substring(begin, end)).isEqualTo(table());
    }

    private static String table() {
        return Arrays.stream(HealingOption.values()).map(ReadmeTest::row).collect(Collectors.joining());
    }

    private static String row(HealingOption option) {
        List<String> environment = new ArrayList<>(
                Stream.concat(Stream.of(option.environmentVariable()), option.environmentAliases().stream())
                        .map(name -> "`" + name + "`")
                        .toList());
        String defaultValue = option.defaultValue().isEmpty() ? "" : "`" + option.defaultValue() + "`";
        return "| `" + option.key() + "` | " + option.trust().name().toLowerCase(Locale.ROOT) + " | "
                + option.expected() + " | " + defaultValue + " | " + String.join(", ", environment) + " | "
                + option.description() + " |\n";
    }
}
