package org.healingsqlite.heal;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a health check wants to know of a database in this JVM. Immutable.
 *
 * @param healing the breaker of healing: where it is open, faults are not healed
 * @param availability the breaker of retries: where it is open, a locked or full database is an exception at once
 * @param degradedTables tables whose reads are answered with no rows now; empty as a rule
 * @param parts what is looked at, each with its status: storage, error_tracking, breaker, archive
 */
public record Health(Breaker healing, Breaker availability, List<String> degradedTables, List<Part> parts) {
    public Health {
        degradedTables = List.copyOf(degradedTables);
        parts = List.copyOf(parts);
    }

    /** The state of a circuit breaker. */
    public enum Breaker {
        /** Calls go through. */
        CLOSED,
        /** Failures in a row have opened it: calls are turned away. */
        OPEN,
        /** One call is let through to find out. */
        HALF_OPEN
    }

    /** How something is; the later, the worse. */
    public enum Status {
        /** It is not in use. */
        OFF,
        /** It works, and nobody has to look. */
        HEALTHY,
        /** Nobody can tell. */
        UNKNOWN,
        /** The database serves, and somebody should look. */
        DEGRADED,
        /** The database does not serve. */
        UNHEALTHY;

        /** As in JSON: in small letters. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Something that is looked at.
     *
     * @param name as in JSON
     * @param status how it is
     * @param explanation why it is not healthy, and what is going on; empty where there is nothing to tell
     * @param figures numbers by their names in JSON; empty as a rule
     */
    public record Part(String name, Status status, String explanation, Map<String, Long> figures) {
        public Part {
            figures = Map.copyOf(figures);
        }
    }

    /** The status of the whole: that of the worst part. */
    public Status status() {
        return parts.stream().map(Part::status).max(Comparator.naturalOrder()).orElse(Status.UNKNOWN);
    }

    /** Whether the database serves, as far as anybody can tell without a call. */
    public boolean isServing() {
        return status() != Status.UNHEALTHY;
    }

    /** One part by its name. */
    public Part part(String name) {
        return parts.stream()
                .filter(part -> part.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such part: " + name));
    }

    /** As JSON: {@code {"status": ..., "components": {"storage": {"status": ...}, ...}}}. */
    public String toJson() {
        return JsonWriter.string(json());
    }

    /** As {@link #toJson()}, to be part of something larger. */
    public JsonObject json() {
        JsonObject components = new JsonObject();
        for (Part part : parts) {
            JsonObject json = new JsonObject();
            json.put("status", part.status().word());
            new TreeMap<>(part.figures()).forEach(json::put);
            if (!part.explanation().isEmpty()) {
                json.put("explanation", part.explanation());
            }
            components.put(part.name(), json);
        }
        JsonObject json = new JsonObject();
        json.put("status", status().word());
        json.put("components", components);
        return json;
    }
}
