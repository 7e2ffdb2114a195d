package org.healingsqlite.cli.suggest;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.healingsqlite.log.Printable;

/** A manifest that is being written: entries, and what is said of them. */
final class Draft {
    private final StringBuilder text = new StringBuilder("version=2\n");
    private final Map<String, String> entries = new LinkedHashMap<>();

    /** An empty line, and comments. */
    void paragraph(List<String> comments) {
        text.append('\n');
        comments.forEach(this::comment);
    }

    /** A line that nobody reads but people. */
    void comment(String comment) {
        text.append("# ").append(Printable.of(comment)).append('\n');
    }

    /** An entry, once. */
    void put(String key, String value) {
        if (entries.putIfAbsent(key, value) == null) {
            text.append(entry(key, value)).append('\n');
        }
    }

    /** An entry that does not count yet. */
    void proposed(String key, String value) {
        text.append("# ").append(entry(key, value)).append('\n');
    }

    private static String entry(String key, String value) {
        StringBuilder entry = new StringBuilder();
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            entry.append(" :=#!\\".indexOf(c) >= 0 ? "\\" : "").append(c);
        }
        entry.append('=');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> entry.append("\\\\");
                case '\t' -> entry.append("\\t");
                case '\r' -> entry.append("\\r");
                case '\f' -> entry.append("\\f");
                case ' ' -> entry.append(i == 0 ? "\\ " : " ");
                default -> entry.append(c);
            }
        }
        return entry.toString();
    }

    String text() {
        return text.toString();
    }
}
