package org.healingsqlite.log;

/**
 * Text that stays on its line: names and messages may come from files of others.
 *
 * <p>Source: Unicode Standard, chapter 23 "Special Areas and Format Characters"; Unicode Technical Report 36 "Unicode Security Considerations" on
 * bidirectional text.
 */
public final class Printable {
    private Printable() {}

    /**
     * The text with line breaks, control characters, escape sequences, bidirectional controls, invisible format characters and unpaired surrogates
     * written as <code>\n</code>, <code>\r</code>, <code>\t</code> or <code>&#92;u001b</code>. Applying it again changes nothing.
     */
    public static String of(String text) {
        int first = firstToEscape(text, 0);
        if (first < 0) {
            return text;
        }
        StringBuilder safe = new StringBuilder(text.length() + 16);
        int from = 0;
        for (int at = first; at >= 0; at = firstToEscape(text, from)) {
            safe.append(text, from, at);
            int point = text.codePointAt(at);
            escape(safe, point);
            from = at + Character.charCount(point);
        }
        return safe.append(text, from, text.length()).toString();
    }

    private static int firstToEscape(String text, int from) {
        for (int i = from; i < text.length(); ) {
            int point = text.codePointAt(i);
            if (!isSafe(point)) {
                return i;
            }
            i += Character.charCount(point);
        }
        return -1;
    }

    /** Whether a character stays on its line and leaves the others where they are. */
    public static boolean isSafe(int point) {
        return point >= ' ' && (point < 0x7F || !isFormat(point));
    }

    private static boolean isFormat(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> true;
            default -> false;
        };
    }

    private static void escape(StringBuilder safe, int point) {
        switch (point) {
            case '\n' -> safe.append("\\n");
            case '\r' -> safe.append("\\r");
            case '\t' -> safe.append("\\t");
            default -> {
                for (char unit : Character.toChars(point)) {
                    safe.append(String.format("\\u%04x", (int) unit));
                }
            }
        }
    }
}
