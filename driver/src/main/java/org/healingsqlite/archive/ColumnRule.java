package org.healingsqlite.archive;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.healingsqlite.log.Disclosed;
import org.jspecify.annotations.Nullable;

/** How the text of a field becomes the value of a column: what means NULL, which text stands for which value, times, types, encodings. Immutable. */
final class ColumnRule {
    private static final BigDecimal LONGEST = BigDecimal.valueOf(Long.MAX_VALUE);
    private static final BigDecimal SHORTEST = BigDecimal.valueOf(Long.MIN_VALUE);

    /** As many fit into a long, whatever they are. */
    private static final int SAFE_DIGITS = 18;

    private static final Pattern LONG_EXPONENT = Pattern.compile("[^eE]*[eE][+-]?\\d{4,}");

    private final String column;
    private final List<String> nulls;
    private final Map<String, String> map;
    private final @Nullable FieldTime time;
    private final String encoding;
    private final Type type;
    private final boolean emptyIsNull;

    /** What a value is checked for. */
    private enum Type {
        ANY,
        TEXT,
        INTEGER,
        REAL,
        NUMBER;

        boolean numeric() {
            return this == INTEGER || this == REAL || this == NUMBER;
        }
    }

    /** A value that its column cannot have. */
    static final class Unfit extends Exception implements Disclosed {
        private static final long serialVersionUID = 1;

        Unfit(String message) {
            super(message, null, false, false);
        }
    }

    private ColumnRule(
            String column,
            List<String> nulls,
            Map<String, String> map,
            @Nullable FieldTime time,
            String encoding,
            Type type,
            boolean emptyIsNull) {
        this.column = column;
        this.nulls = List.copyOf(nulls);
        this.map = new LinkedHashMap<>(map);
        this.time = time;
        this.encoding = encoding;
        this.type = type;
        this.emptyIsNull = emptyIsNull;
    }

    /**
     * Reads what a manifest says of a column.
     *
     * @param rules those of the row, over those of its source
     */
    static ColumnRule of(TableForm table, String column, Settings rules) throws ArchiveException {
        boolean second = rules.second();
        Optional<String> patterns = of(rules, "time", column);
        FieldTime time = patterns.isPresent()
                ? new FieldTime(
                        patterns.get(),
                        of(rules, "timeAs", column)
                                .or(() -> rules.get("timeAs"))
                                .orElse(null))
                : null;
        Map<String, String> map = new LinkedHashMap<>();
        for (String pair : of(rules, "map", column).orElse("").split(",", -1)) {
            int colon = pair.lastIndexOf(':');
            if (colon >= 0) {
                map.put(
                        pair.substring(0, colon).strip(),
                        pair.substring(colon + 1).strip());
            } else if (!pair.isBlank()) {
                throw new ArchiveException("map." + column + " has " + pair.strip() + ": expected text:value");
            }
        }
        boolean linked = of(rules, "lookup", column).isPresent();
        Type type = type(column, of(rules, "type", column), table, second && time == null && !linked);
        List<String> nulls = new ArrayList<>();
        if (second) {
            of(rules, "null", column)
                    .or(() -> rules.get("null"))
                    .ifPresent(texts -> nulls.addAll(List.of(texts.split("\\|", -1)).stream()
                            .map(String::strip)
                            .toList()));
        }
        return new ColumnRule(
                column,
                nulls,
                map,
                time,
                of(rules, "encoding", column).orElse(""),
                type,
                second && (time != null || !map.isEmpty() && !map.containsKey("") || linked || type.numeric()));
    }

    private static Optional<String> of(Settings rules, String key, String column) {
        String wanted = TableForm.key(column);
        Optional<String> exact = rules.get(key + "." + column);
        return exact.isPresent()
                ? exact
                : rules.below(key).entrySet().stream()
                        .filter(entry -> TableForm.key(entry.getKey()).equals(wanted))
                        .map(Map.Entry::getValue)
                        .findFirst();
    }

    private static Type type(String column, Optional<String> given, TableForm table, boolean checked)
            throws ArchiveException {
        if (given.isPresent()) {
            try {
                return Type.valueOf(given.get().toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new ArchiveException(
                        "type." + column + " is " + given.get() + ": expected any, text, integer, real or number", e);
            }
        }
        TableForm.Declared declared = table.declared().get(column);
        if (!checked || declared == null) {
            return Type.ANY;
        }
        // The rules of SQLite's affinity, in their order; dates have the affinity NUMERIC and are text nearly always.
        String type = declared.type().toUpperCase(Locale.ROOT);
        if (type.contains("INT")) {
            return Type.INTEGER;
        }
        if (type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT") || type.contains("BLOB")) {
            return Type.ANY;
        }
        if (type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB")) {
            return Type.REAL;
        }
        return type.contains("BOOL") ? Type.INTEGER : Type.ANY;
    }

    /**
     * The value; null for NULL.
     *
     * @throws Unfit where the column cannot have it; the reason says the column, and the value where values may be shown
     */
    @Nullable
    Object converted(@Nullable Object value) throws Unfit {
        if (!(value instanceof String text)) {
            return value;
        }
        if (!wellFormed(text)) {
            throw new Unfit("the column " + column + " has half a surrogate pair");
        }
        if (nulls.contains(text) || emptyIsNull && text.isBlank()) {
            return null;
        }
        String meant = mapped(text);
        FieldTime times = time;
        if (times != null && !meant.isEmpty()) {
            Object converted = times.converted(meant);
            if (converted == null) {
                throw new Unfit("cannot read " + column + ": " + BlocksParser.excerpt(meant));
            }
            return converted;
        }
        return encoding.isEmpty() ? checked(meant) : decoded(meant);
    }

    /** A value that the manifest gives itself: it is the database's already. */
    @Nullable
    Object constant(@Nullable Object value) throws Unfit {
        return value instanceof String text ? checked(text) : value;
    }

    private String mapped(String text) throws Unfit {
        if (map.isEmpty()) {
            return text;
        }
        String mapped = map.getOrDefault(text, map.get("*"));
        if (mapped == null) {
            throw new Unfit("map." + column + " has no value for " + BlocksParser.excerpt(text));
        }
        return mapped;
    }

    private Object decoded(String text) throws Unfit {
        try {
            return encoding.equals("hex")
                    ? HexFormat.of().parseHex(text)
                    : Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new Unfit("cannot read " + column + ": " + BlocksParser.excerpt(text));
        }
    }

    private Object checked(String text) throws Unfit {
        return switch (type) {
            case ANY, TEXT -> text;
            case INTEGER -> {
                if (text.length() <= SAFE_DIGITS && isDigits(text)) {
                    yield Long.parseLong(text);
                }
                BigDecimal number = number(text);
                if (number.stripTrailingZeros().scale() > 0
                        || number.compareTo(LONGEST) > 0
                        || number.compareTo(SHORTEST) < 0) {
                    throw unfit(text);
                }
                yield number.longValue();
            }
            case REAL -> number(text).doubleValue();
            case NUMBER -> {
                number(text);
                yield text;
            }
        };
    }

    private static boolean isDigits(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private BigDecimal number(String text) throws Unfit {
        String bare = text.strip();
        // Long exponents take long to be written out.
        if (bare.length() > Bounds.NUMBER_CHARS || LONG_EXPONENT.matcher(bare).matches()) {
            throw unfit(text);
        }
        try {
            return new BigDecimal(bare);
        } catch (NumberFormatException e) {
            throw unfit(text);
        }
    }

    private Unfit unfit(String text) {
        return new Unfit("the column " + column + " takes " + (type == Type.INTEGER ? "integers" : "numbers")
                + ", found " + BlocksParser.excerpt(text));
    }

    private static boolean wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }
}
