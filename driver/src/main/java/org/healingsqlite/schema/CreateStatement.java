package org.healingsqlite.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * One CREATE statement, and nothing beside it: what a text out of a database file, an archive or a side directory has to be before it runs. The wall
 * between data and statements; every such text goes through {@link #stored} or {@link #of}. Immutable.
 *
 * <p>SQLite stores the statement of an object in one form: {@code CREATE}, what it creates, its name without a schema, the rest up to the last token.
 * It never stores {@code TEMP}, {@code IF NOT EXISTS}, {@code CREATE TABLE ... AS SELECT}, parameters, or a second statement. Every other text was put
 * there by something else.
 *
 * <p>Source: SQLite documentation, "The Schema Table" and "CREATE TABLE", "CREATE INDEX", "CREATE VIEW", "CREATE TRIGGER", "CREATE VIRTUAL TABLE".
 */
public final class CreateStatement {

    /**
     * Modules that come with SQLite and touch nothing but the database they are in. Others, be they SQLite's own like {@code dbstat} or an extension's like
     * {@code csv}, {@code fsdir} or {@code zipfile}, are never asked to make or open a table.
     */
    private static final Set<String> HARMLESS_MODULES =
            Set.of("fts3", "fts4", "fts4aux", "fts5", "fts5vocab", "rtree", "rtree_i32", "geopoly");

    /** Options of FTS4 that name functions, which the module runs. */
    private static final Set<String> RUN_FUNCTIONS = Set.of("compress", "uncompress");

    /** What a statement of a trigger's body may begin with. */
    private static final Set<String> IN_TRIGGERS =
            Set.of("INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "VALUES", "WITH");

    /** Words that stand before a parenthesis without being functions. */
    private static final Set<String> NO_FUNCTIONS = Set.of(
            "AND", "AS", "ALWAYS", "BETWEEN", "CASE", "CAST", "CHECK", "COLLATE", "DEFAULT", "ELSE", "EXISTS", "GLOB",
            "IN", "IS", "ISNULL", "LIKE", "MATCH", "NOT", "NOTNULL", "NULL", "OR", "REGEXP", "THEN", "WHEN");

    private final String sql;
    private final Kind kind;
    private final String name;
    private final boolean qualified;
    private final boolean ifNotExists;
    private final boolean unique;
    private final String module;
    private final boolean runsFunctions;

    /** What a statement creates. */
    public enum Kind {
        TABLE(SchemaObject.Type.TABLE),
        VIRTUAL_TABLE(SchemaObject.Type.TABLE),
        INDEX(SchemaObject.Type.INDEX),
        VIEW(SchemaObject.Type.VIEW),
        TRIGGER(SchemaObject.Type.TRIGGER);

        private final SchemaObject.Type type;

        Kind(SchemaObject.Type type) {
            this.type = type;
        }
    }

    private CreateStatement(Parser parser) throws SchemaException {
        this.kind = parser.head();
        this.name = parser.name;
        this.qualified = parser.qualified;
        this.ifNotExists = parser.ifNotExists;
        this.unique = parser.unique;
        parser.rest(kind);
        this.module = parser.module;
        this.runsFunctions = parser.runsFunctions;
        this.sql = parser.sql.substring(parser.from, parser.to);
    }

    /**
     * Reads the statement of a row of {@code sqlite_schema}.
     *
     * @param type what the row says it is
     * @param name the row's name
     * @throws SchemaException where the text is anything else than one CREATE of that type and name in the form in which SQLite stores it; the message
     *     does not repeat the text
     */
    public static CreateStatement stored(SchemaObject.Type type, String name, String sql) throws SchemaException {
        CreateStatement statement = stored(name, sql);
        if (statement.kind.type != type) {
            throw refused("expected a " + type + ", found a " + statement.kind.type);
        }
        return statement;
    }

    /** As {@link #stored(SchemaObject.Type, String, String)}, of a row that does not say its type. */
    public static CreateStatement stored(String name, String sql) throws SchemaException {
        CreateStatement statement = of(sql);
        if (!SchemaObject.same(statement.name, name)) {
            throw refused("it creates an object of another name");
        }
        if (statement.qualified) {
            throw refused("it names a schema");
        }
        if (statement.ifNotExists) {
            throw refused("SQLite stores no IF NOT EXISTS");
        }
        return statement;
    }

    /** As {@link #stored(SchemaObject.Type, String, String)}, of the row itself. */
    public static CreateStatement stored(SchemaObject row) throws SchemaException {
        return stored(row.type(), row.name(), row.sql());
    }

    /**
     * Reads a statement of a script whose objects have no rows to compare it with: {@code IF NOT EXISTS} and the schema {@code main} are allowed.
     *
     * @throws SchemaException where it is anything else than one CREATE in {@code main}; the message does not repeat the text
     */
    public static CreateStatement of(String sql) throws SchemaException {
        return new CreateStatement(new Parser(sql));
    }

    private static SchemaException refused(String why) {
        return new SchemaException("not run, because it is not the CREATE statement of its object: " + why, null);
    }

    public Kind kind() {
        return kind;
    }

    /** What it creates, without quotes. */
    public String name() {
        return name;
    }

    /** From CREATE on, without a closing semicolon. */
    public String sql() {
        return sql;
    }

    /** A unique index. */
    public boolean isUnique() {
        return unique;
    }

    /** The module of a virtual table, in lower case; empty for everything else. */
    public String module() {
        return module;
    }

    /**
     * Whether running it does no more than create the object. False for virtual tables of modules that may do something else: these are kept as rows of
     * {@code sqlite_schema}, and nothing is asked of their modules.
     */
    public boolean isHarmless() {
        return kind != Kind.VIRTUAL_TABLE || HARMLESS_MODULES.contains(module) && !runsFunctions;
    }

    /**
     * A table with the same columns in its records, without those CHECKs, defaults and generated columns that call a function not known here. A stored generated
     * column becomes an ordinary one, which keeps its values; a virtual one has none, and is left out.
     *
     * @param known whether a function, its name in lower case, may be called
     * @return the statement; the same text where nothing is left out
     */
    public String withoutFunctions(Predicate<String> known) {
        return kind == Kind.TABLE ? new Plain(sql, known).statement() : sql;
    }

    @Override
    public String toString() {
        return kind + " " + name;
    }

    /** Reads from CREATE to the end. One use. */
    private static final class Parser {
        private final String sql;
        private final SqlLexer lexer;
        private int from;
        private int to;
        private String name = "";
        private String module = "";
        private boolean qualified;
        private boolean ifNotExists;
        private boolean unique;
        private boolean runsFunctions;

        Parser(String sql) throws SchemaException {
            this.sql = sql;
            for (int i = 0; i < sql.length(); i++) {
                char c = sql.charAt(i);
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < sql.length()
                        && Character.isLowSurrogate(sql.charAt(i + 1));
                if (c == 0 || Character.isSurrogate(c) && !pair) {
                    throw refused("it has a character that ends or breaks it");
                }
                i += pair ? 1 : 0;
            }
            lexer = new SqlLexer(sql, 0);
            lexer.next();
        }

        /** Goes to the next token and looks whether it is one that SQLite would take where no parameter is allowed. */
        private void next() throws SchemaException {
            to = lexer.end();
            lexer.next();
            if (!lexer.isClosed()) {
                throw refused("a quote or comment in it has no end");
            }
            if (lexer.kind() == SqlLexer.Kind.SYMBOL && "(),;.+-*/%=<>!|&~".indexOf(lexer.text()) < 0) {
                throw refused("it has a character that no CREATE statement has");
            }
        }

        private void expect(String word) throws SchemaException {
            if (!lexer.is(word)) {
                throw refused("expected " + word);
            }
            next();
        }

        private boolean takes(String word) throws SchemaException {
            boolean is = lexer.is(word);
            if (is) {
                next();
            }
            return is;
        }

        private String takeName() throws SchemaException {
            if (!lexer.isName()) {
                throw refused("expected a name");
            }
            String taken = lexer.text();
            next();
            return taken;
        }

        Kind head() throws SchemaException {
            if (!lexer.isClosed()) {
                throw refused("a quote or comment in it has no end");
            }
            from = lexer.start();
            expect("CREATE");
            Kind created;
            if (takes("TABLE")) {
                created = Kind.TABLE;
            } else if (takes("VIRTUAL")) {
                expect("TABLE");
                created = Kind.VIRTUAL_TABLE;
            } else if (takes("VIEW")) {
                created = Kind.VIEW;
            } else if (takes("TRIGGER")) {
                created = Kind.TRIGGER;
            } else {
                unique = takes("UNIQUE");
                expect("INDEX");
                created = Kind.INDEX;
            }
            boolean mayBeName = lexer.is("IF");
            name = takeName();
            if (mayBeName && takes("NOT")) {
                expect("EXISTS");
                ifNotExists = true;
                name = takeName();
            }
            if (lexer.is('.')) {
                if (!name.equalsIgnoreCase("main")) {
                    throw refused("it names another schema");
                }
                next();
                qualified = true;
                name = takeName();
            }
            return created;
        }

        void rest(Kind created) throws SchemaException {
            switch (created) {
                case TABLE -> table();
                case VIRTUAL_TABLE -> virtualTable();
                case INDEX -> {
                    expect("ON");
                    takeName();
                    parenthesised();
                    upToTheEnd();
                }
                case VIEW -> view();
                case TRIGGER -> trigger();
            }
            int last = lexer.is(';') ? to : sql.length();
            while (lexer.is(';')) {
                next();
            }
            to = last;
            if (lexer.kind() != SqlLexer.Kind.END) {
                throw refused("something follows its end");
            }
        }

        private void table() throws SchemaException {
            if (lexer.is("AS")) {
                throw refused("SQLite stores no CREATE TABLE ... AS SELECT");
            }
            parenthesised();
            while (lexer.isName() || lexer.is(',')) {
                next();
            }
        }

        private void virtualTable() throws SchemaException {
            expect("USING");
            module = SchemaObject.key(takeName());
            if (lexer.is('(')) {
                int depth = 0;
                do {
                    depth += lexer.is('(') ? 1 : lexer.is(')') ? -1 : 0;
                    runsFunctions |= lexer.isName() && RUN_FUNCTIONS.contains(SchemaObject.key(lexer.text()));
                    noEnd();
                    next();
                } while (depth > 0);
            }
        }

        private void view() throws SchemaException {
            if (lexer.is('(')) {
                parenthesised();
            }
            expect("AS");
            if (!lexer.is("SELECT") && !lexer.is("VALUES") && !lexer.is("WITH")) {
                throw refused("expected a SELECT");
            }
            upToTheEnd();
        }

        /**
         * The body's statements each end with a semicolon, and END follows the last one. An END that belongs to a CASE follows no semicolon; so the first
         * semicolon and END are the trigger's.
         */
        private void trigger() throws SchemaException {
            boolean begun = false;
            while (lexer.kind() != SqlLexer.Kind.END && !lexer.is(';') && !begun) {
                begun = lexer.is("BEGIN");
                next();
                if (begun && !startsStatement()) {
                    // A column of that name, in the WHEN.
                    begun = false;
                }
            }
            if (!begun) {
                throw refused("expected BEGIN and a statement");
            }
            while (true) {
                upToTheEnd();
                if (!lexer.is(';')) {
                    throw refused("expected END");
                }
                next();
                if (takes("END")) {
                    return;
                }
                if (!startsStatement()) {
                    throw refused("a trigger has no such statement");
                }
            }
        }

        private boolean startsStatement() {
            return lexer.kind() == SqlLexer.Kind.WORD && IN_TRIGGERS.contains(lexer.upper());
        }

        private void parenthesised() throws SchemaException {
            if (!lexer.is('(')) {
                throw refused("expected (");
            }
            int depth = 0;
            do {
                depth += lexer.is('(') ? 1 : lexer.is(')') ? -1 : 0;
                noEnd();
                next();
            } while (depth > 0);
        }

        private void noEnd() throws SchemaException {
            if (lexer.kind() == SqlLexer.Kind.END || lexer.is(';')) {
                throw refused("it ends too soon");
            }
        }

        private void upToTheEnd() throws SchemaException {
            while (lexer.kind() != SqlLexer.Kind.END && !lexer.is(';')) {
                next();
            }
        }
    }

    /** Leaves out what calls unknown functions. One use. */
    private static final class Plain {
        private final String sql;
        private final Predicate<String> known;
        private final List<Token> tokens = new ArrayList<>();

        private record Token(SqlLexer.Kind kind, String upper, int start, int end) {
            boolean is(String word) {
                return kind != SqlLexer.Kind.QUOTED_NAME && kind != SqlLexer.Kind.STRING && upper.equals(word);
            }
        }

        Plain(String sql, Predicate<String> known) {
            this.sql = sql;
            this.known = known;
            SqlLexer lexer = new SqlLexer(sql, 0);
            while (lexer.next() != SqlLexer.Kind.END) {
                tokens.add(new Token(lexer.kind(), lexer.upper(), lexer.start(), lexer.end()));
            }
        }

        String statement() {
            int open = 0;
            while (!tokens.get(open).is("(")) {
                open++;
            }
            int close = behind(open) - 1;
            List<String> parts = new ArrayList<>();
            boolean changed = false;
            int first = open + 1;
            for (int i = first; i <= close; i++) {
                if (i == close || tokens.get(i).is(",")) {
                    String part = part(first, i);
                    changed |= !part.equals(text(first, i));
                    if (!part.isBlank()) {
                        parts.add(part);
                    }
                    first = i + 1;
                } else if (tokens.get(i).is("(")) {
                    i = behind(i) - 1;
                }
            }
            String end = sql.substring(tokens.get(close).start());
            return changed ? sql.substring(0, tokens.get(open).end()) + String.join(", ", parts) + end : sql;
        }

        /** The number of the token behind the parenthesis that closes one. */
        private int behind(int open) {
            int depth = 0;
            int i = open;
            do {
                depth += tokens.get(i).is("(") ? 1 : tokens.get(i).is(")") ? -1 : 0;
                i++;
            } while (depth > 0 && i < tokens.size());
            return i;
        }

        private String text(int from, int to) {
            return from >= to
                    ? ""
                    : sql.substring(tokens.get(from).start(), tokens.get(to - 1).end());
        }

        /** A column or constraint of the table, as far as it stays; blank where nothing of it does. */
        private String part(int from, int to) {
            StringBuilder kept = new StringBuilder();
            int begun = from;
            int i = from;
            while (i < to) {
                int expression = expression(i, from, to);
                if (expression < 0) {
                    i = tokens.get(i).is("(") ? behind(i) : i + 1;
                    continue;
                }
                int end = Math.min(behind(expression), to);
                boolean generated = tokens.get(expression - 1).is("AS");
                boolean stored = end < to && tokens.get(end).is("STORED");
                boolean called = callsUnknown(expression, end);
                if (called && generated && !stored) {
                    return "";
                }
                if (generated && end < to && (stored || tokens.get(end).is("VIRTUAL"))) {
                    end++;
                }
                if (called) {
                    int start = i;
                    if (start - 2 >= from && tokens.get(start - 2).is("CONSTRAINT")) {
                        start -= 2;
                    }
                    kept.append(text(begun, start)).append(' ');
                    begun = end;
                }
                i = end;
            }
            return kept.append(text(begun, to)).toString();
        }

        /** Where the parenthesis of an expression is that a constraint has, which begins at a token; -1 where none does. */
        private int expression(int i, int from, int to) {
            Token token = tokens.get(i);
            int open;
            if (token.is("GENERATED") && i > from) {
                open = i + 3;
            } else if (token.is("CHECK") || (token.is("DEFAULT") || token.is("AS")) && i > from) {
                open = i + 1;
            } else {
                return -1;
            }
            return open < to && tokens.get(open).is("(") ? open : -1;
        }

        private boolean callsUnknown(int from, int to) {
            for (int i = from; i + 1 < to; i++) {
                Token token = tokens.get(i);
                boolean word = token.kind() == SqlLexer.Kind.WORD && !NO_FUNCTIONS.contains(token.upper());
                boolean calls = (word || token.kind() == SqlLexer.Kind.QUOTED_NAME)
                        && tokens.get(i + 1).is("(");
                if (calls && !known.test(SchemaObject.key(token.upper()))) {
                    return true;
                }
            }
            return false;
        }
    }
}
