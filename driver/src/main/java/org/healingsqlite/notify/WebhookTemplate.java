package org.healingsqlite.notify;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentEntry;
import org.healingsqlite.incident.IncidentExport;
import org.healingsqlite.incident.Outcome;

/** JSON with {@code ${name}} in its texts, where name is one of an exported incident's; the value is escaped as JSON wants it. Immutable. */
public final class WebhookTemplate {
    private static final Pattern NAME = Pattern.compile("\\$\\{(\\w*)}");

    /** All of the incident. */
    private static final String JSON = "json";

    /** What Slack, Mattermost, Rocket.Chat and Discord's {@code /slack} take. */
    private static final String SLACK =
            "{\"text\": \"${severity}: ${database}: ${fault}: ${outcome}: ${explanation} ${loss} (incident ${id})\"}";

    private final String text;

    private WebhookTemplate(String text) {
        this.text = text;
    }

    /**
     * A template.
     *
     * @param text {@code json} for all of the incident, {@code slack} for one text, or a template
     */
    public static WebhookTemplate of(String text) {
        return new WebhookTemplate(text.equals("slack") ? SLACK : text);
    }

    /** What it asks for and no incident has; empty as a rule. */
    public List<String> unknownNames() {
        JsonObject example = IncidentExport.json(IncidentEntry.of(Incident.of(
                "",
                Path.of(""),
                Instant.EPOCH,
                Duration.ZERO,
                "",
                "",
                List.of(),
                new Outcome.Healthy(""),
                Component.UNKNOWN)));
        List<String> unknown = new ArrayList<>();
        Matcher names = NAME.matcher(text);
        while (names.find()) {
            if (!example.containsKey(names.group(1))) {
                unknown.add(names.group());
            }
        }
        return unknown;
    }

    /** What is sent of an incident. */
    String body(Incident incident) {
        JsonObject json = IncidentExport.json(IncidentEntry.of(incident));
        if (text.equals(JSON)) {
            return JsonWriter.string(json);
        }
        return NAME.matcher(text).replaceAll(name -> Matcher.quoteReplacement(escaped(json, name.group(1))));
    }

    private static String escaped(JsonObject json, String name) {
        Object value = json.get(name);
        String quoted =
                JsonWriter.string(value == null ? "" : value instanceof String text ? text : JsonWriter.string(value));
        return quoted.substring(1, quoted.length() - 1);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof WebhookTemplate template && template.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }
}
