package org.healingsqlite.demo.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TimelineTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final AtomicLong nanos = new AtomicLong(7_000_000_000L);
    private final Timeline timeline = new Timeline(new PrintStream(bytes, true, StandardCharsets.UTF_8), nanos::get);

    private List<String> lines() {
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void aRowShowsTheOffsetTheEventAndBothResultsSideBySide() {
        nanos.addAndGet(1_250_000_000L);
        timeline.row("ListRuns", new Lanes<>("ERROR no such table: runs", "[]"));

        assertThat(lines())
                .containsExactly(
                        " +1.250s  ListRuns                        ERROR no such table: runs                       []");
    }

    @Test
    void offsetsBeginAgainWithEachTitle() {
        nanos.addAndGet(1_250_000_000L);
        timeline.begin("S0 files deleted");
        nanos.addAndGet(10_000_000L);
        timeline.event(">>> rm -f app.db");

        assertThat(lines()).contains("S0 files deleted", " +0.010s  >>> rm -f app.db");
    }

    @Test
    void aLongResultIsBrokenAtBlanksAndNothingOfItIsLost() {
        String words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";
        String path = "/a-path-without-any-blank".repeat(5);
        timeline.row("", new Lanes<>(words, path));

        assertThat(lines()).hasSizeGreaterThan(2).allMatch(line -> line.length() <= 136);
        assertThat(column(42, 88)).isEqualTo(words.replace(" ", ""));
        assertThat(column(90, 136)).isEqualTo(path);
    }

    private String column(int from, int to) {
        StringBuilder text = new StringBuilder();
        for (String line : lines()) {
            text.append(line, Math.min(from, line.length()), Math.min(to, line.length()));
        }
        return text.toString().replace(" ", "");
    }
}
