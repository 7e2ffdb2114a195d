package org.healingsqlite.schema;

import java.util.Locale;

/**
 * A row of {@code sqlite_schema}.
 *
 * @param table the table it belongs to; its own name for tables and views
 * @param sql its CREATE statement; empty for the indexes SQLite makes by itself
 */
public record SchemaObject(Type type, String name, String table, String sql) {
    /** What kind of object. */
    public enum Type {
        TABLE,
        INDEX,
        VIEW,
        TRIGGER;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Names as SQLite compares them: without regard to the case of ASCII letters, and of those only. */
    public static String key(String name) {
        return SqlText.key(name);
    }

    /** Whether two names are one to SQLite. */
    public static boolean same(String name, String other) {
        return key(name).equals(key(other));
    }

    boolean isVirtual() {
        return type == Type.TABLE && !module().isEmpty();
    }

    /** The module of a virtual table, in lower case; empty for everything else. */
    String module() {
        SqlLexer lexer = new SqlLexer(sql, 0);
        lexer.next();
        lexer.next();
        if (!lexer.is("VIRTUAL")) {
            return "";
        }
        while (lexer.next() != SqlLexer.Kind.END) {
            if (lexer.is("USING")) {
                lexer.next();
                return key(lexer.text());
            }
        }
        return "";
    }
}
