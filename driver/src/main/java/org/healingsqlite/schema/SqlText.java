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
}
