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

    /** Names as SQLite compares them: without regard to the case of ASCII letters. */
    static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    boolean isVirtual() {
        if (type != Type.TABLE) {
            return false;
        }
        SqlLexer lexer = new SqlLexer(sql, 0);
        lexer.next();
        lexer.next();
        return lexer.is("VIRTUAL");
    }
}
