package org.healingsqlite.schema;

/** Names and strings as they stand in SQL. */
final class SqlText {
    private SqlText() {}

    static String name(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    static String literal(String text) {
        return '\'' + text.replace("'", "''") + '\'';
    }

    /** Names as SQLite compares them: without regard to the case of ASCII letters, and of those only. */
    static String key(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (isUpper(name.charAt(i))) {
                return lower(name);
            }
        }
        return name;
    }

    private static String lower(String name) {
        StringBuilder lower = new StringBuilder(name);
        for (int i = 0; i < name.length(); i++) {
            if (isUpper(name.charAt(i))) {
                lower.setCharAt(i, (char) (name.charAt(i) + ('a' - 'A')));
            }
        }
        return lower.toString();
    }

    private static boolean isUpper(char c) {
        return c >= 'A' && c <= 'Z';
    }
}
