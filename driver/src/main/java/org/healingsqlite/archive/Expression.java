package org.healingsqlite.archive;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A value of a manifest: text with names of fields in braces. Several names with a bar between them are the first that has a value; a brace that is
 * written twice is a brace. A single field gives its value as it is; text around a field that has none gives none. Immutable.
 */
final class Expression {
    /** The names that every row has: the file's name, the line, and keys that are made of the row's other values. */
    static final Set<String> BUILT_IN = Set.of("#file", "#line", "#uuid", "#hex", "#number");

    private final List<Part> parts;

    /** Text where {@code names} is empty, else the first of these fields. */
    private record Part(String text, List<String> names) {}

    /** Where an expression finds its values. */
    @FunctionalInterface
    interface Fields {
        /** The value of a field, or of a built-in name; null where it has none. */
        @Nullable
        Object value(String name) throws SQLException;
    }

    private Expression(List<Part> parts) {
        this.parts = List.copyOf(parts);
    }

    /** Reads what a manifest says at {@code key}. */
    static Expression of(String key, String text) throws ArchiveException {
        List<Part> parts = new ArrayList<>();
        StringBuilder plain = new StringBuilder();
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i);
            if ((c == '{' || c == '}') && i + 1 < text.length() && text.charAt(i + 1) == c) {
                plain.append(c);
                i += 2;
            } else if (c == '{') {
                int end = text.indexOf('}', i);
                if (end < 0) {
                    throw new ArchiveException(key + " is " + text + ": a brace has no end; {{ is a brace");
                }
                if (!plain.isEmpty()) {
                    parts.add(new Part(plain.toString(), List.of()));
                    plain.setLength(0);
                }
                parts.add(new Part("", names(key, text.substring(i + 1, end))));
                i = end + 1;
            } else {
                plain.append(c);
                i++;
            }
        }
        if (!plain.isEmpty() || parts.isEmpty()) {
            parts.add(new Part(plain.toString(), List.of()));
        }
        return new Expression(parts);
    }

    private static List<String> names(String key, String text) throws ArchiveException {
        List<String> names = new ArrayList<>();
        for (String name : text.split("\\|", -1)) {
            String stripped = name.strip();
            if (stripped.isEmpty() || stripped.startsWith("#") && !BUILT_IN.contains(stripped)) {
                throw new ArchiveException(
                        key + " names {" + text + "}: expected the name of a field, or one of " + BUILT_IN);
            }
            names.add(stripped.startsWith("#") ? stripped : TableForm.key(stripped));
        }
        return names;
    }

    /** The fields it names, as {@link TableForm#key} has them, built-in ones left out. */
    Set<String> fields() {
        Set<String> fields = new LinkedHashSet<>();
        parts.forEach(part ->
                part.names().stream().filter(name -> !BUILT_IN.contains(name)).forEach(fields::add));
        return fields;
    }

    @Nullable
    Object value(Fields fields) throws SQLException {
        if (parts.size() == 1) {
            return value(parts.get(0), fields);
        }
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            Object value = value(part, fields);
            if (value == null) {
                return null;
            }
            text.append(value);
        }
        return text.toString();
    }

    private static @Nullable Object value(Part part, Fields fields) throws SQLException {
        if (part.names().isEmpty()) {
            return part.text();
        }
        for (String name : part.names()) {
            Object value = fields.value(name);
            if (value != null) {
                return value;
            }
        }
        return null;
    }
}
