package org.healingsqlite.cli;

import java.util.List;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentEntry;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Printable;

/**
 * One incident as one file of HTML that needs no other: no script, nothing that is loaded, light and dark, readable where it is printed. Every text is escaped, because names
 * come from databases of others. Says what the record says, and no values of rows that are not in it.
 */
final class IncidentPage {
    private static final String STYLE = """
            :root { color-scheme: light dark; }
            body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; color: CanvasText; background: Canvas; }
            h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
            h1, p, dd, li, pre { overflow-wrap: anywhere; }
            dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .25rem 1rem; margin: 0; }
            dt { font-weight: 600; } dd { margin: 0; }
            pre { white-space: pre-wrap; }
            @media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
            @media print { body { max-width: none; padding: 0; } dt, h2 { break-after: avoid; } }
            """;

    private final StringBuilder html = new StringBuilder();

    private IncidentPage() {}

    /** The whole file, to be written as UTF-8. */
    static String of(IncidentEntry entry) {
        return new IncidentPage().write(entry);
    }

    private String write(IncidentEntry entry) {
        Incident incident = entry.incident();
        Outcome outcome = incident.outcome();
        html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append(
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Incident ")
                .append(escaped(incident.id()))
                .append("</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n</head>\n<body>\n<main>\n<h1>Incident ")
                .append(escaped(incident.id()))
                .append("</h1>\n<dl>\n");
        fact("Database", incident.database().toString());
        fact("Severity", incident.severity().name());
        fact("Component", incident.component());
        fact("Began", incident.startedAt().toString());
        fact("Took", incident.elapsed().toMillis() + " ms");
        if (entry.occurrences() > 1) {
            fact("Happened", entry.occurrences() + " times until " + entry.lastAt());
        }
        fact("Process", String.valueOf(entry.process()));
        fact("Fault", incident.fault());
        fact("Diagnosis", incident.diagnosis());
        fact("Resolved", resolved(entry));
        html.append("</dl>\n<h2>Steps</h2>\n");
        steps(incident.steps());
        html.append("<h2>Outcome</h2>\n<dl>\n");
        fact("Outcome", outcome.word());
        fact("What it means", outcome.explanation());
        if (outcome instanceof Outcome.Healed) {
            rows(outcome.loss());
        } else {
            fact("Rows", "not said by this incident: it is none of a heal that was done");
        }
        fact("Pages", "not on record: what became of single pages is not kept with an incident");
        html.append("</dl>\n");
        entry.error().ifPresent(error -> {
            html.append("<h2>Error of the application</h2>\n<dl>\n");
            fact("Type", error.type());
            error.jobId().ifPresent(id -> fact("Job", id + " " + error.jobName().orElse("")));
            html.append("</dl>\n");
            if (!error.stackTrace().isEmpty()) {
                html.append("<pre>");
                error.stackTrace()
                        .lines()
                        .forEach(line -> html.append(escaped(line)).append('\n'));
                html.append("</pre>\n");
            }
        });
        return html.append("</main>\n</body>\n</html>\n").toString();
    }

    private static String resolved(IncidentEntry entry) {
        return entry.resolution()
                .map(resolution -> resolution.at()
                        + (resolution.byItself() ? " by itself" : "")
                        + (resolution.note().isEmpty() ? "" : ": " + resolution.note()))
                .orElse("no");
    }

    private void steps(List<String> steps) {
        if (steps.isEmpty()) {
            html.append("<p>None.</p>\n");
            return;
        }
        html.append("<ol>\n");
        steps.forEach(step -> html.append("<li>").append(escaped(step)).append("</li>\n"));
        html.append("</ol>\n");
    }

    private void rows(Loss loss) {
        fact("Rows", loss.isNone() ? "every row is there" : loss.completeness().toString());
        fact("Values", loss.content() == Content.VERIFIED ? "proven" : "not proven");
        if (!loss.explanation().isEmpty()) {
            fact("Lost", loss.explanation());
        }
    }

    private void fact(String name, String value) {
        html.append("<dt>")
                .append(name)
                .append("</dt><dd>")
                .append(escaped(value))
                .append("</dd>\n");
    }

    private static String escaped(String text) {
        StringBuilder safe = new StringBuilder(text.length() + 16);
        Printable.of(text).chars().forEach(unit -> {
            switch (unit) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.append((char) unit);
            }
        });
        return safe.toString();
    }
}
