package org.healingsqlite.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reads SQL token by token, as SQLite's tokenizer does: words, quoted names, strings, numbers and single characters; blanks and comments are
 * passed over.
 *
 * <p>Source: SQLite documentation, "SQL Language: SQLite Keywords" and "SQL Comment Syntax". An unclosed quote or comment reaches to the end.
 */
public final class SqlLexer {
    private final String sql;
    private int position;
    private int line = 1;
    private int start;
    private int startLine = 1;
    private boolean closed = true;
    private Kind kind = Kind.END;

    public enum Kind {
        WORD,
        QUOTED_NAME,
        STRING,
        NUMBER,
        SYMBOL,
        END
    }

    /** A reader that begins at an offset. */
    public SqlLexer(String sql, int from) {
        this.sql = sql;
        this.position = from;
    }

    /** The tokens in one form for all ways to write them: names without quotes and in lower case, strings as they are. */
    static List<String> tokens(String sql) {
        List<String> tokens = new ArrayList<>();
        SqlLexer lexer = new SqlLexer(sql, 0);
        while (lexer.next() != Kind.END) {
            tokens.add(
                    lexer.kind == Kind.STRING ? sql.substring(lexer.start, lexer.position) : SqlText.key(lexer.text()));
        }
        return tokens;
    }

    /** Goes to the next token. */
    public Kind next() {
        skipBlanksAndComments();
        start = position;
        startLine = line;
        if (position >= sql.length()) {
            kind = Kind.END;
            return kind;
        }
        char c = sql.charAt(position);
        if (c == '\'') {
            quoted('\'');
            kind = Kind.STRING;
        } else if (c == '"' || c == '`') {
            quoted(c);
            kind = Kind.QUOTED_NAME;
        } else if (c == '[') {
            skipPast(']');
            kind = Kind.QUOTED_NAME;
        } else if (isWordStart(c)) {
            while (position < sql.length() && isWordPart(sql.charAt(position))) {
                position++;
            }
            kind = Kind.WORD;
        } else if (Character.isDigit(c)) {
            while (position < sql.length() && (isWordPart(sql.charAt(position)) || sql.charAt(position) == '.')) {
                position++;
            }
            kind = Kind.NUMBER;
        } else {
            position++;
            kind = Kind.SYMBOL;
        }
        return kind;
    }

    public Kind kind() {
        return kind;
    }

    /** Whether every quote and comment so far has its end; else the last one reaches to the end of the text. */
    boolean isClosed() {
        return closed;
    }

    /** Offset of the token's first character. */
    public int start() {
        return start;
    }

    /** Offset behind the token's last character. */
    public int end() {
        return position;
    }

    /** Line of the token's first character, from 1. */
    int line() {
        return startLine;
    }

    public boolean is(String word) {
        return kind == Kind.WORD
                && position - start == word.length()
                && sql.regionMatches(true, start, word, 0, word.length());
    }

    public boolean is(char symbol) {
        return kind == Kind.SYMBOL && sql.charAt(start) == symbol;
    }

    /** A word as it stands, a quoted name or string without its quotes. */
    public String text() {
        String token = sql.substring(start, position);
        if ((kind != Kind.QUOTED_NAME && kind != Kind.STRING) || token.length() < 2) {
            return token;
        }
        char quote = token.charAt(0);
        String inner = token.substring(1, token.length() - 1);
        return quote == '[' ? inner : inner.replace(String.valueOf(quote) + quote, String.valueOf(quote));
    }

    /** Whether the token can stand as a name: SQLite takes strings too. */
    boolean isName() {
        return kind == Kind.WORD || kind == Kind.QUOTED_NAME || kind == Kind.STRING;
    }

    /** {@link #text} in upper case. */
    public String upper() {
        return text().toUpperCase(Locale.ROOT);
    }

    private void skipBlanksAndComments() {
        while (position < sql.length()) {
            char c = sql.charAt(position);
            if (c == '\n') {
                line++;
                position++;
            } else if (isBlank(c)) {
                position++;
            } else if (c == '-' && sql.startsWith("--", position)) {
                int end = sql.indexOf('\n', position);
                position = end < 0 ? sql.length() : end;
            } else if (c == '/' && sql.startsWith("/*", position)) {
                int end = sql.indexOf("*/", position + 2);
                closed &= end >= 0;
                advanceTo(end < 0 ? sql.length() : end + 2);
            } else {
                return;
            }
        }
    }

    private void quoted(char quote) {
        do {
            position++;
            skipPastFrom(quote);
        } while (position < sql.length() && sql.charAt(position) == quote);
    }

    private void skipPast(char close) {
        position++;
        skipPastFrom(close);
    }

    private void skipPastFrom(char close) {
        int end = sql.indexOf(close, position);
        closed &= end >= 0;
        advanceTo(end < 0 ? sql.length() : end + 1);
    }

    private void advanceTo(int end) {
        for (int i = position; i < end; i++) {
            if (sql.charAt(i) == '\n') {
                line++;
            }
        }
        position = end;
    }

    /** As SQLite's own table of characters has it: other control characters are no blanks. */
    private static boolean isBlank(char c) {
        return c == ' ' || c >= '\t' && c <= '\r' || c == '\uFEFF';
    }

    private static boolean isWordStart(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80;
    }

    private static boolean isWordPart(char c) {
        return isWordStart(c) || c >= '0' && c <= '9' || c == '$';
    }
}
