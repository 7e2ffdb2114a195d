package org.healingsqlite.archive;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.healingsqlite.log.Disclosed;

/** The tokens of SQL that is too long for memory, one at a time. Owns the reader. */
final class SqlTokens implements Closeable {

    /** What a token is. */
    enum Kind {
        WORD,
        /** In double quotes, brackets or backticks. */
        NAME,
        NUMBER,
        STRING,
        /** {@code X'..'}; its text is the hexadecimal digits. */
        BLOB,
        SYMBOL,
        END
    }

    private final BufferedReader reader;
    /** A token of usual length needs no new buffer. */
    private static final int KEPT_CHARS = 1 << 16;

    private final int longest = Bounds.piece();
    private StringBuilder text = new StringBuilder();
    private Kind kind = Kind.END;
    private int ahead;
    private long line = 1;
    private long tokenLine = 1;
    private boolean tooLong;
    private long sinceToken;

    SqlTokens(ArchiveFile file) throws IOException {
        reader = new BufferedReader(
                new InputStreamReader(
                        file.open(),
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .onMalformedInput(CodingErrorAction.REPORT)
                                .onUnmappableCharacter(CodingErrorAction.REPORT)),
                1 << 16);
        ahead = reader.read();
        if (ahead == '\uFEFF') {
            ahead = reader.read();
        }
    }

    /** A token, or the room between two, whose end was not found within {@link Bounds#PASSED_OVER}. */
    static final class WithoutEnd extends IOException implements Disclosed {
        private static final long serialVersionUID = 1L;

        private final long line;

        WithoutEnd(long line) {
            super("what begins here " + Bounds.withoutEnd());
            this.line = line;
        }

        long line() {
            return line;
        }
    }

    private int take() throws IOException {
        int taken = ahead;
        if (taken == '\n') {
            line++;
        }
        if (++sinceToken > Bounds.PASSED_OVER) {
            throw new WithoutEnd(tokenLine);
        }
        ahead = reader.read();
        return taken;
    }

    Kind next() throws IOException {
        if (text.capacity() > KEPT_CHARS) {
            text = new StringBuilder();
        }
        text.setLength(0);
        tooLong = false;
        sinceToken = 0;
        skipBlanksAndComments();
        tokenLine = line;
        if (ahead < 0) {
            kind = Kind.END;
        } else if (ahead == '\'') {
            kind = quoted('\'') ? Kind.STRING : Kind.END;
        } else if (ahead == '"' || ahead == '`') {
            kind = quoted(ahead) ? Kind.NAME : Kind.END;
        } else if (ahead == '[') {
            kind = quoted(']') ? Kind.NAME : Kind.END;
        } else if (isDigit(ahead) || ahead == '.') {
            kind = number();
        } else if (isWord(ahead)) {
            kind = word();
        } else {
            text.append((char) take());
            kind = Kind.SYMBOL;
        }
        return kind;
    }

    private void skipBlanksAndComments() throws IOException {
        while (true) {
            if (ahead >= 0 && ahead <= ' ') {
                take();
            } else if (ahead == '-' || ahead == '/') {
                reader.mark(1);
                int second = reader.read();
                reader.reset();
                if (ahead == '-' && second == '-') {
                    while (ahead >= 0 && ahead != '\n') {
                        take();
                    }
                } else if (ahead == '/' && second == '*') {
                    take();
                    take();
                    int before = 0;
                    while (ahead >= 0 && !(before == '*' && ahead == '/')) {
                        before = take();
                    }
                    take();
                } else {
                    return;
                }
            } else {
                return;
            }
        }
    }

    /** Whether the closing quote is there. */
    private boolean quoted(int close) throws IOException {
        take();
        while (ahead >= 0) {
            int c = take();
            if (c == close) {
                if (ahead != close || close == ']') {
                    return true;
                }
                take();
            }
            append(c);
        }
        return false;
    }

    /** What is longer than may be is read to its end, and not kept. */
    private void append(int c) {
        if (text.length() < longest) {
            text.append((char) c);
        } else {
            tooLong = true;
        }
    }

    private Kind number() throws IOException {
        append(take());
        while (isDigit(ahead)
                || ahead == '.'
                || isWord(ahead)
                || (ahead == '+' || ahead == '-') && (text.charAt(text.length() - 1) | 0x20) == 'e' && !isHex()) {
            append(take());
        }
        return text.toString().equals(".") ? Kind.SYMBOL : Kind.NUMBER;
    }

    private boolean isHex() {
        return text.length() > 1 && (text.charAt(1) | 0x20) == 'x';
    }

    private Kind word() throws IOException {
        while (isWord(ahead) || isDigit(ahead) || ahead == '$') {
            append(take());
        }
        if (ahead == '\'' && is("X")) {
            text.setLength(0);
            return quoted('\'') ? Kind.BLOB : Kind.END;
        }
        return Kind.WORD;
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isWord(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80;
    }

    Kind kind() {
        return kind;
    }

    String text() {
        return text.toString();
    }

    /** Whether the token is longer than {@link Bounds#piece}; then its text is only the beginning. */
    boolean tooLong() {
        return tooLong;
    }

    byte[] blob() {
        return HexFormat.of().parseHex(text);
    }

    boolean is(String word) {
        return text.length() == word.length() && text.toString().equalsIgnoreCase(word);
    }

    boolean isWord(String word) {
        return kind == Kind.WORD && is(word);
    }

    boolean isSymbol(char symbol) {
        return kind == Kind.SYMBOL && text.charAt(0) == symbol;
    }

    boolean isName() {
        return kind == Kind.WORD || kind == Kind.NAME || kind == Kind.STRING;
    }

    /** The line the token begins at, from 1. */
    long line() {
        return tokenLine;
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
