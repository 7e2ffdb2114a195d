package org.healingsqlite.replay;

import java.util.Locale;
import org.healingsqlite.schema.SqlLexer;
import org.healingsqlite.schema.SqlStatement;

/** What a statement of the application does to its transaction. */
public enum Frame {
    NONE,
    BEGIN,
    COMMIT,
    ROLLBACK,
    SAVEPOINT,
    RELEASE,
    ROLLBACK_TO,
    /** Several statements in one text, of which at least one begins or ends something. */
    SEVERAL;

    /** Reads SQL; a cheap look at its first letter for almost every statement. */
    public static Frame of(String sql) {
        int first = 0;
        int length = sql.length();
        while (first < length && sql.charAt(first) <= ' ') {
            first++;
        }
        if (first == length) {
            return NONE;
        }
        return switch (sql.charAt(first) | 0x20) {
            case 'b', 'e', 'c', 'r', '-', '/', ';', 0xFEFF | 0x20 -> read(sql);
            case 's' -> (sql.charAt(Math.min(first + 1, length - 1)) | 0x20) == 'a' ? read(sql) : severalOr(NONE, sql);
            default -> severalOr(NONE, sql);
        };
    }

    private static Frame read(String sql) {
        SqlLexer lexer = new SqlLexer(sql, 0);
        lexer.next();
        while (lexer.is(';')) {
            lexer.next();
        }
        return severalOr(at(lexer), sql);
    }

    private static Frame severalOr(Frame frame, String sql) {
        if (sql.indexOf(';') < 0 || SqlStatement.isSingle(sql)) {
            return frame;
        }
        SqlLexer lexer = new SqlLexer(sql, 0);
        boolean begins = true;
        while (lexer.next() != SqlLexer.Kind.END) {
            if (begins && at(lexer) != NONE) {
                return SEVERAL;
            }
            begins = lexer.is(';');
        }
        return NONE;
    }

    private static Frame at(SqlLexer lexer) {
        if (lexer.kind() != SqlLexer.Kind.WORD) {
            return NONE;
        }
        return switch (lexer.text().toUpperCase(Locale.ROOT)) {
            case "BEGIN" -> BEGIN;
            case "COMMIT", "END" -> COMMIT;
            case "SAVEPOINT" -> SAVEPOINT;
            case "RELEASE" -> RELEASE;
            case "ROLLBACK" -> {
                lexer.next();
                if (lexer.is("TRANSACTION")) {
                    lexer.next();
                }
                yield lexer.is("TO") ? ROLLBACK_TO : ROLLBACK;
            }
            default -> NONE;
        };
    }
}
