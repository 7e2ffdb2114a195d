package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentEntry;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.incident.ReportedError;
import org.healingsqlite.incident.Resolution;
import org.healingsqlite.incident.Severity;
import org.junit.jupiter.api.Test;

/** Names of others' databases stay text in a browser, and what is not known is not said. */
class IncidentPageTest {
    private static final String EVIL = "<script>alert('\"&\u202e')</script>\n";
    private static final String SHOWN = "&lt;script&gt;alert(&#39;&quot;&amp;\\u202e&#39;)&lt;/script&gt;";

    private static IncidentEntry entry(Outcome outcome) {
        Instant at = Instant.parse("2026-01-02T03:04:05Z");
        return new IncidentEntry(
                Incident.of(
                        "an-id" + EVIL,
                        Path.of("app<b>.db"),
                        at,
                        Duration.ofMillis(7),
                        EVIL,
                        EVIL,
                        List.of(EVIL),
                        outcome,
                        Component.CONTENT),
                42,
                3,
                at.plusSeconds(9),
                Optional.of(
                        new ReportedError(Severity.LOW, EVIL, EVIL, EVIL, EVIL, Optional.of(EVIL), Optional.of(EVIL))),
                Optional.of(new Resolution(at, EVIL, false)));
    }

    @Test
    void everyTextIsEscaped() {
        String html = IncidentPage.of(entry(new Outcome.Healed(EVIL, new Loss(-1, EVIL))));

        assertThat(html)
                .doesNotContain("<script", "<b>", "\u202e")
                .contains(SHOWN, "app&lt;b&gt;.db", "3 times until 2026-01-02T03:04:14Z")
                .contains("<dt>Rows</dt><dd>", "<dt>Values</dt><dd>not proven</dd>");
        assertThat(html.split(java.util.regex.Pattern.quote(SHOWN), -1))
                .as(
                        "title, heading, fault, diagnosis, note, step, explanation, loss twice or more, type, job twice, stack")
                .hasSizeGreaterThan(12);
    }

    @Test
    void ofRowsNothingIsSaidWhereNothingWasHealed() {
        for (Outcome outcome :
                List.of(new Outcome.Refused("no"), new Outcome.GaveUp("why", null), new Outcome.Healthy("looked"))) {
            assertThat(IncidentPage.of(entry(outcome)))
                    .as(outcome.word())
                    .contains("<dt>Rows</dt><dd>not said by this incident")
                    .doesNotContain("<dt>Values</dt>");
        }
    }

    @Test
    void aHealThatLostNothingSaysSo() {
        assertThat(IncidentPage.of(entry(new Outcome.Healed("back", Loss.NONE))))
                .contains("<dt>Rows</dt><dd>every row is there</dd>", "<dt>Values</dt><dd>proven</dd>")
                .doesNotContain("<dt>Lost</dt>");
    }
}
