package org.healingsqlite.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.healingsqlite.api.Internal;

/**
 * Reads SQL token by token, as SQLite's tokenizer does: words, quoted names, strings, numbers, variables and single characters; blanks and comments are
 * passed over.
 *
 * <p>Source: SQLite documentation, "SQL Language: SQLite Keywords", "SQL Comment Syntax", "Parameters". An unclosed quote or comment reaches to the end.
 */
@Internal
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
        /** {@code ?}, {@code ?1}, {@code :name}, {@code @name}, {@code $name}, {@code #name}; also {@code $name(text)}, whose text may hold quotes. */
        VARIABLE,
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
        kind = position < sql.length() ? token(sql.charAt(position)) : Kind.END;
        return kind;
    }

    /** Goes behind the token that a character begins. */
    private Kind token(char first) {
        switch (first) {
            case '\'' -> {
                quoted('\'');
                return Kind.STRING;
            }
            case '"', '`' -> {
                quoted(first);
                return Kind.QUOTED_NAME;
            }
            case '[' -> {
                skipPast(']');
                return Kind.QUOTED_NAME;
            }
            case '?' -> {
                position++;
                skip(SqlLexer::isDigit);
                return Kind.VARIABLE;
            }
            case '$', '@', ':', '#' -> {
                return named();
            }
            default -> {
                return unquoted(first);
            }
        }
    }

    private Kind unquoted(char first) {
        if (isWordStart(first)) {
            skip(SqlLexer::isWordPart);
            return Kind.WORD;
        }
        if (isDigit(first)) {
            skip(c -> isWordPart(c) || c == '.');
            return Kind.NUMBER;
        }
        position++;
        return Kind.SYMBOL;
    }

    private interface Part {
        boolean has(char c);
    }

    private void skip(Part part) {
        while (position < sql.length() && part.has(sql.charAt(position))) {
            position++;
        }
    }

    /**
     * A variable with a name, or the single character where no name follows it.
     *
     * <p>Source: SQLite documentation, "Parameters": behind a name may stand {@code ::} and, at the end, text in parentheses. It has no blanks, and what looks like a
     * quote or a comment in it is none.
     */
    private Kind named() {
        position++;
        boolean hasName = false;
        while (position < sql.length() && (isWordPart(sql.charAt(position)) || sql.startsWith("::", position))) {
            hasName |= sql.charAt(position) != ':';
            position += sql.charAt(position) == ':' ? 2 : 1;
        }
        if (!hasName) {
            position = start + 1;
            return Kind.SYMBOL;
        }
        if (position < sql.length() && sql.charAt(position) == '(') {
            int begun = position;
            skip(c -> c != ')' && !isBlank(c));
            position = position < sql.length() && sql.charAt(position) == ')' ? position + 1 : begun;
        }
        return Kind.VARIABLE;
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
        return isWordStart(c) || isDigit(c) || c == '$';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** A name, perhaps qualified with {@code main}, that begins at the current token; leaves the lexer behind it. Empty for other schemas. */
    Optional<String> nameInMain() {
        if (!isName()) {
            return Optional.empty();
        }
        String name = text();
        next();
        if (!is('.')) {
            return Optional.of(name);
        }
        boolean main = name.equalsIgnoreCase("main");
        next();
        String qualified = text();
        next();
        return main ? Optional.of(qualified) : Optional.empty();
    }
}
