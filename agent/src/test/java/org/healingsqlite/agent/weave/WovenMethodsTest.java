package org.healingsqlite.agent.weave;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.bytebuddy.asm.Advice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of woven methods: each has its advice, and docs/agent.md has the table. Run with {@code -Ddocs.write=true} to write it. */
class WovenMethodsTest {
    private static final Path PAGE = Path.of("../docs/agent.md");
    private static final String BEGIN = "| method of sqlite-jdbc | releases | advice |\n| --- | --- | --- |\n";
    private static final String END = "<!-- end of woven methods -->";
    private static final Pattern PARAMETER = Pattern.compile("L(?:\\w+/)*(\\w+);|([ZI])");

    @ParameterizedTest
    @EnumSource(JoinPoint.class)
    void eachHasAnAdvice(JoinPoint point) throws Exception {
        Class<?> advice = Class.forName(JoinPoint.class.getPackageName() + '.' + point.advice);
        assertThat(advice.getDeclaredMethods())
                .anyMatch(method -> method.isAnnotationPresent(Advice.OnMethodEnter.class)
                        || method.isAnnotationPresent(Advice.OnMethodExit.class));
    }

    @Test
    void thePageHasTheTable() throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END);
        if (Boolean.getBoolean("docs.write")) {
            Files.writeString(PAGE, page.substring(0, begin) + table() + page.substring(end));
            return;
        }
        assertThat(page.substring(begin, end)).isEqualTo(table());
    }

    private static String table() {
        return Arrays.stream(JoinPoint.values())
                .map(point -> "| `" + simple(point.type) + '.' + point.method + '('
                        + parameters(point.parameters) + ")` | " + point.releases() + " | `"
                        + point.advice.replace('$', '.') + "` |\n")
                .collect(Collectors.joining());
    }

    private static String simple(String type) {
        return type.substring(type.lastIndexOf('/') + 1);
    }

    private static String parameters(String descriptor) {
        return PARAMETER
                .matcher(descriptor)
                .results()
                .map(each ->
                        each.group(1) != null ? each.group(1) : each.group(2).equals("I") ? "int" : "boolean")
                .collect(Collectors.joining(", "));
    }
}
