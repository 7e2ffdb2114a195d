package org.healingsqlite.incident;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import de.siegmar.fastcsv.writer.CsvWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.OptionalLong;
import org.healingsqlite.api.Internal;
import org.healingsqlite.completeness.Completeness;
import org.jspecify.annotations.Nullable;

/** Incidents for other programs: the same names as JSON and as CSV. What is not known is null, or an empty field. */
@Internal
public final class IncidentExport {
    private static final List<String> COLUMNS = List.of(
            "id",
            "started_at",
            "last_at",
            "occurrences",
            "severity",
            "component",
            "database",
            "process",
            "fault",
            "diagnosis",
            "steps",
            "outcome",
            "explanation",
            "elapsed_ms",
            "completeness",
            "rows_lost_at_least",
            "rows_lost_at_most",
            "content",
            "loss",
            "resolved",
            "resolved_at",
            "resolved_by_itself",
            "note",
            "error_type",
            "stack_trace",
            "job_id",
            "job_name");

    private IncidentExport() {}

    /** One incident as a JSON object; {@code steps} is an array. */
    public static JsonObject json(IncidentEntry entry) {
        Incident incident = entry.incident();
        Outcome outcome = incident.outcome();
        Completeness completeness = outcome.loss().completeness();
        OptionalLong most = completeness.atMost();
        Resolution resolution = entry.resolution().orElse(null);
        ReportedError error = entry.error().orElse(null);
        boolean heals = outcome instanceof Outcome.Healed;
        JsonObject json = new JsonObject();
        json.put("id", incident.id());
        json.put("started_at", incident.startedAt().toString());
        json.put("last_at", entry.lastAt().toString());
        json.put("occurrences", entry.occurrences());
        json.put("severity", incident.severity().name());
        json.put("component", incident.component());
        json.put("database", incident.database().toString());
        json.put("process", entry.process());
        json.put("fault", incident.fault());
        json.put("diagnosis", incident.diagnosis());
        json.put("steps", new JsonArray(incident.steps()));
        json.put("outcome", outcome.word());
        json.put("explanation", outcome.explanation());
        json.put("elapsed_ms", incident.elapsed().toMillis());
        json.put("completeness", heals ? word(completeness) : null);
        json.put(
                "rows_lost_at_least",
                heals && !(completeness instanceof Completeness.Unknown) ? completeness.atLeast() : null);
        json.put("rows_lost_at_most", heals && most.isPresent() ? most.getAsLong() : null);
        json.put("content", heals ? outcome.loss().content().name() : null);
        json.put("loss", outcome.loss().explanation());
        json.put("resolved", entry.isResolved());
        json.put("resolved_at", resolution == null ? null : resolution.at().toString());
        json.put("resolved_by_itself", resolution == null ? null : resolution.byItself());
        json.put("note", resolution == null ? null : resolution.note());
        json.put("error_type", error == null ? null : error.type());
        json.put("stack_trace", error == null ? null : error.stackTrace());
        json.put("job_id", error == null ? null : error.jobId().orElse(null));
        json.put("job_name", error == null ? null : error.jobName().orElse(null));
        return json;
    }

    private static String word(Completeness completeness) {
        return completeness.isWhole() ? "whole" : completeness instanceof Completeness.AtLeast ? "at-least" : "unknown";
    }

    static void json(List<IncidentEntry> entries, Appendable out) throws IOException {
        JsonArray array = new JsonArray();
        entries.forEach(entry -> array.add(json(entry)));
        out.append(JsonWriter.string(array)).append('\n');
    }

    static void csv(List<IncidentEntry> entries, Appendable out) throws IOException {
        StringWriter text = new StringWriter();
        try (CsvWriter csv = CsvWriter.builder().build(text)) {
            csv.writeRecord(COLUMNS);
            for (IncidentEntry entry : entries) {
                JsonObject values = json(entry);
                csv.writeRecord(COLUMNS.stream()
                        .map(column -> field(values.get(column)))
                        .toList());
            }
        }
        out.append(text.toString());
    }

    private static String field(@Nullable Object value) {
        return value == null
                ? ""
                : value instanceof JsonArray lines
                        ? String.join("\n", lines.stream().map(String::valueOf).toList())
                        : value.toString();
    }
}
