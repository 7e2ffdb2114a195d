package org.healingsqlite.schema;

/**
 * Reads the tokens of a CREATE statement, and refuses those that SQLite would not take where no parameter is allowed. One use.
 */
final class CreateReader {
    private final String sql;
    private final SqlLexer lexer;

    /** Offset behind the last token that was passed. */
    private int end;

    /** A reader at the first token. */
    CreateReader(String sql) throws SchemaException {
        this.sql = sql;
        requireText(sql);
        lexer = new SqlLexer(sql, 0);
        lexer.next();
        requireClosed();
    }

    /** Why a text is not run; the text is not repeated. */
    static SchemaException refused(String why) {
        return new SchemaException("not run, because it is not the CREATE statement of its object: " + why, null);
    }

    private static void requireText(String sql) throws SchemaException {
        for (int i = 0; i < sql.length(); i++) {
            char c = sql.charAt(i);
            boolean pair =
                    Character.isHighSurrogate(c) && i + 1 < sql.length() && Character.isLowSurrogate(sql.charAt(i + 1));
            if (c == 0 || Character.isSurrogate(c) && !pair) {
                throw refused("it has a character that ends or breaks it");
            }
            i += pair ? 1 : 0;
        }
    }

    private void requireClosed() throws SchemaException {
        if (!lexer.isClosed()) {
            throw refused("a quote or comment in it has no end");
        }
    }

    /** Offset of the token. */
    int start() {
        return lexer.start();
    }

    String text(int from, int to) {
        return sql.substring(from, to);
    }

    boolean is(String word) {
        return lexer.is(word);
    }

    boolean is(char symbol) {
        return lexer.is(symbol);
    }

    boolean isName() {
        return lexer.isName();
    }

    /** A word, not a quoted name. */
    boolean isWord() {
        return lexer.kind() == SqlLexer.Kind.WORD;
    }

    /** The token; a quoted name without its quotes. */
    String text() {
        return lexer.text();
    }

    /** Whether the text ends here. */
    boolean isAtEndOfText() {
        return lexer.kind() == SqlLexer.Kind.END;
    }

    /** Whether the text, or the statement, ends here. */
    boolean isAtEnd() {
        return isAtEndOfText() || lexer.is(';');
    }

    void next() throws SchemaException {
        end = lexer.end();
        lexer.next();
        requireClosed();
        boolean strange = lexer.kind() == SqlLexer.Kind.SYMBOL && "(),;.+-*/%=<>!|&~".indexOf(lexer.text()) < 0;
        if (strange || lexer.kind() == SqlLexer.Kind.VARIABLE) {
            throw refused("it has a character that no CREATE statement has");
        }
    }

    void expect(String word) throws SchemaException {
        if (!takes(word)) {
            throw refused("expected " + word);
        }
    }

    /** Passes a word where it is there. */
    boolean takes(String word) throws SchemaException {
        boolean is = lexer.is(word);
        if (is) {
            next();
        }
        return is;
    }

    String takeName() throws SchemaException {
        if (!lexer.isName()) {
            throw refused("expected a name");
        }
        String taken = lexer.text();
        next();
        return taken;
    }

    /** What is done with each token within parentheses, the parentheses included. */
    @FunctionalInterface
    interface Each {
        void token();
    }

    /** Passes an opening parenthesis and everything up to the one that closes it. */
    void parenthesised(Each each) throws SchemaException {
        if (!lexer.is('(')) {
            throw refused("expected (");
        }
        int depth = 0;
        do {
            depth += lexer.is('(') ? 1 : lexer.is(')') ? -1 : 0;
            if (isAtEnd()) {
                throw refused("it ends too soon");
            }
            each.token();
            next();
        } while (depth > 0);
    }

    void parenthesised() throws SchemaException {
        parenthesised(() -> {});
    }

    void upToTheEnd() throws SchemaException {
        while (!isAtEnd()) {
            next();
        }
    }

    /**
     * Passes the semicolons.
     *
     * @return where the statement ends, without them
     * @throws SchemaException where anything follows
     */
    int close() throws SchemaException {
        int last = lexer.is(';') ? end : sql.length();
        while (lexer.is(';')) {
            next();
        }
        if (!isAtEndOfText()) {
            throw refused("something follows its end");
        }
        return last;
    }
}
