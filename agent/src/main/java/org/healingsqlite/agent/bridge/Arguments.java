package org.healingsqlite.agent.bridge;

import java.util.LinkedHashMap;
import java.util.Map;

/** The text behind the agent's jar, {@code key=value,...}. What follows a comma and has no {@code =} belongs to the value before it. */
final class Arguments {
    private static final String PREFIX = "healing.";

    private Arguments() {}

    /**
     * Takes the text apart.
     *
     * @return the keys with their prefix, as the core knows them; {@code config} as it is
     * @throws IllegalArgumentException where it does not begin with a key
     */
    static Map<String, String> parse(String text) {
        Map<String, String> values = new LinkedHashMap<>();
        String last = null;
        for (String part : text.split(",", -1)) {
            int equals = part.indexOf('=');
            if (equals > 0) {
                String key = part.substring(0, equals).trim();
                last = key.equals("config") || key.startsWith(PREFIX) ? key : PREFIX + key;
                values.put(last, part.substring(equals + 1).trim());
            } else if (last != null) {
                values.merge(last, part.trim(), (before, more) -> before + ',' + more);
            } else if (!part.isBlank()) {
                throw new IllegalArgumentException("option '" + part + "': expected key=value");
            }
        }
        return values;
    }
}
