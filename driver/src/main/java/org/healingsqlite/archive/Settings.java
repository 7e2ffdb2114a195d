package org.healingsqlite.archive;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.healingsqlite.api.Experimental;

/** What a manifest says of one source, by keys without their {@code source.NAME.} in front; in the manifest's order. Immutable. */
@Experimental
public final class Settings {
    /** Nothing said. */
    public static final Settings NONE = new Settings(Map.of());

    private final Map<String, String> values;

    Settings(Map<String, String> values) {
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** The value of a key. */
    public Optional<String> get(String key) {
        return Optional.ofNullable(values.get(key));
    }

    /** Whether they are of a manifest of the second version. */
    boolean second() {
        return get(Manifest.VERSION).orElse("").equals("2");
    }

    /** The tables, or rows by their names in the manifest, that a text names: one in the first version, several with commas in the second. */
    List<String> tables(String text) {
        return second()
                ? Stream.of(text.split(",", -1))
                        .map(String::strip)
                        .filter(name -> !name.isEmpty())
                        .toList()
                : List.of(text);
    }

    /** The table of the rows that a manifest calls so. */
    String tableOf(String row) {
        return get("row." + row + ".table").map(String::strip).orElse(row);
    }

    /** All of them. */
    Map<String, String> all() {
        return values;
    }

    /** These settings, and others over them. */
    Settings with(Map<String, String> others) {
        Map<String, String> all = new LinkedHashMap<>(values);
        all.putAll(others);
        return new Settings(all);
    }

    /** The comma-separated value of a key; empty where it is not given. */
    public List<String> list(String key) {
        return get(key).stream()
                .flatMap(value -> Stream.of(value.split(",")))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /** Whether a key is given as {@code true}. */
    public boolean flag(String key) {
        return get(key).map(Boolean::parseBoolean).orElse(false);
    }

    /** The keys that begin with {@code prefix} and a dot, without those, in the manifest's order. */
    public Map<String, String> below(String prefix) {
        Map<String, String> below = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(prefix + ".")) {
                below.put(key.substring(prefix.length() + 1), value);
            }
        });
        return below;
    }
}
