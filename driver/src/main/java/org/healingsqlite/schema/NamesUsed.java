package org.healingsqlite.schema;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.healingsqlite.api.Internal;

/**
 * What the statements of a schema name that SQLite may know, or only an application: collations, and functions with the numbers of arguments that they are
 * called with. Statements are data here, and damaged ones are read as far as they can be. Immutable once read.
 *
 * <p>Source: SQLite documentation, "SQL Language Expressions": {@code COLLATE}, function calls, and the operators {@code REGEXP} and {@code MATCH}, which call
 * functions of these names.
 */
@Internal
public final class NamesUsed {

    /** What a stand-in for a function says when it is asked. */
    public static final String REFUSAL = "only the application knows the function";

    /** No statement of a person's has so many; a damaged file, or one that was made to cost time, may. */
    private static final int MOST_NAMES = 4096;

    private static final int ARGUMENTS_OF_OPERATOR = 2;

    /** Words that stand before a parenthesis and call nothing. Source: SQLite documentation, "SQLite Keywords". */
    private static final Set<String> NO_FUNCTIONS = Set.of(
            "ALL",
            "ALWAYS",
            "AND",
            "AS",
            "BETWEEN",
            "BY",
            "CASE",
            "CAST",
            "CHECK",
            "COLLATE",
            "DEFAULT",
            "DISTINCT",
            "ELSE",
            "EXCEPT",
            "EXISTS",
            "FILTER",
            "FROM",
            "HAVING",
            "IN",
            "INTERSECT",
            "INTO",
            "IS",
            "ISNULL",
            "JOIN",
            "KEY",
            "LIMIT",
            "MATCH",
            "MATERIALIZED",
            "NOT",
            "NOTNULL",
            "NULL",
            "ON",
            "OR",
            "OVER",
            "REGEXP",
            "RETURNING",
            "SELECT",
            "SET",
            "THEN",
            "UNION",
            "UNIQUE",
            "USING",
            "VALUES",
            "WHEN",
            "WHERE",
            "WITH");

    /** What is named behind these is a table, a column, a type or the like. */
    private static final Set<String> NO_CALL_BEHIND =
            Set.of(".", "AS", "FROM", "INTO", "JOIN", "ON", "RECURSIVE", "REFERENCES", "TABLE", "USING", "WITH");

    private final Set<String> collations = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    private final Map<String, Set<Integer>> functions = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    private NamesUsed() {}

    /** A parenthesis that is open: what stands before it, and what has been met in it. */
    private static final class Call {
        final String name;
        int commas;
        boolean empty = true;

        Call(String name) {
            this.name = name;
        }
    }

    /** Whether SQLite refuses a statement because of a collation, function, tokenizer or module that a connection does not know. */
    public static boolean isUnknown(String refusal) {
        return refusal.contains("no such function")
                || refusal.contains("unknown function")
                || refusal.contains("no such collation sequence")
                || refusal.contains(REFUSAL)
                || isUnknownModule(refusal);
    }

    /** Whether SQLite refuses a virtual table because of a tokenizer or module that a connection does not know: nothing of the table is damaged. */
    public static boolean isUnknownModule(String refusal) {
        return refusal.contains("no such tokenizer")
                || refusal.contains("unknown tokenizer")
                || refusal.contains("error in tokenizer constructor")
                || refusal.contains("no such module");
    }

    /** The names in some statements. */
    public static NamesUsed in(Iterable<String> statements) {
        NamesUsed names = new NamesUsed();
        statements.forEach(names::read);
        return names;
    }

    /** The names in one statement, or a part of one. */
    public static NamesUsed in(String statement) {
        NamesUsed names = new NamesUsed();
        names.read(statement);
        return names;
    }

    private void read(String statement) {
        Deque<Call> open = new ArrayDeque<>();
        String created = created(statement);
        if (created.equals("VIRTUAL")) {
            // What stands there is for its module to read.
            return;
        }
        boolean isTable = created.equals("TABLE");
        SqlLexer lexer = new SqlLexer(statement, 0);
        String before = "";
        String last = "";
        while (lexer.next() != SqlLexer.Kind.END) {
            boolean isName = lexer.kind() == SqlLexer.Kind.WORD || lexer.kind() == SqlLexer.Kind.QUOTED_NAME;
            if (last.equals("COLLATE") && lexer.isName()) {
                collation(lexer.text());
                before = "";
            } else {
                // A column of a table has a type, which may look like a call, and no expression outside of parentheses.
                token(lexer, isTable && open.size() < 2 ? "" : before, open);
                before = isName && !NO_CALL_BEHIND.contains(last) && !isKeyword(lexer) ? lexer.text() : "";
            }
            last = lexer.kind() == SqlLexer.Kind.QUOTED_NAME ? "" : lexer.upper();
        }
        // A statement that ends too soon is damaged.
        open.forEach(this::close);
    }

    /** The word behind CREATE, in upper case; empty for a part of a statement. */
    private static String created(String statement) {
        SqlLexer lexer = new SqlLexer(statement, 0);
        lexer.next();
        boolean creates = lexer.is("CREATE");
        lexer.next();
        return creates ? lexer.upper() : "";
    }

    private static boolean isKeyword(SqlLexer lexer) {
        return lexer.kind() == SqlLexer.Kind.WORD && NO_FUNCTIONS.contains(lexer.upper());
    }

    private void token(SqlLexer lexer, String before, Deque<Call> open) {
        Call call = open.peek();
        if (call != null && !lexer.is(')')) {
            call.empty = false;
        }
        if (lexer.is('(')) {
            open.push(new Call(before));
        } else if (lexer.is(',') && call != null) {
            call.commas++;
        } else if (lexer.is(')') && call != null) {
            close(open.pop());
        } else if (lexer.is("REGEXP") || lexer.is("MATCH")) {
            function(lexer.text(), ARGUMENTS_OF_OPERATOR);
        }
    }

    private void close(Call call) {
        if (!call.name.isEmpty()) {
            function(call.name, call.empty ? 0 : call.commas + 1);
        }
    }

    private void collation(String name) {
        if (!name.isEmpty() && collations.size() < MOST_NAMES) {
            collations.add(name);
        }
    }

    private void function(String name, int arguments) {
        if (functions.size() < MOST_NAMES || functions.containsKey(name)) {
            functions.computeIfAbsent(name, any -> new TreeSet<>()).add(arguments);
        }
    }

    /** Names behind {@code COLLATE}; upper and lower case are one. */
    public Set<String> collations() {
        return collations;
    }

    /** Names that are called, with the numbers of arguments; upper and lower case are one. */
    public Map<String, Set<Integer>> functions() {
        return functions;
    }
}
