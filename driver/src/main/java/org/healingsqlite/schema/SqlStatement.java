package org.healingsqlite.schema;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.api.Internal;
import org.jspecify.annotations.Nullable;

/**
 * One statement of a script.
 *
 * @param text without the closing semicolon
 * @param line the line of its first word, from 1
 */
@Internal
public record SqlStatement(String text, int line) {

    /** No statement's beginning that is of use in a message has more words. */
    private static final int MOST_FIRST_WORDS = 4;

    /** Words that may be shown although they come from a file of which nothing is known: they are SQL's own. */
    private static final Set<String> FIRST_WORDS = Set.of(
            "ALTER",
            "ANALYZE",
            "ATTACH",
            "BEGIN",
            "COMMIT",
            "CREATE",
            "DATABASE",
            "DEFERRED",
            "DELETE",
            "DETACH",
            "DROP",
            "END",
            "EXCLUSIVE",
            "EXISTS",
            "EXPLAIN",
            "FROM",
            "IF",
            "IGNORE",
            "IMMEDIATE",
            "INDEX",
            "INSERT",
            "INTO",
            "NOT",
            "OR",
            "PLAN",
            "PRAGMA",
            "QUERY",
            "RECURSIVE",
            "REINDEX",
            "RELEASE",
            "REPLACE",
            "ROLLBACK",
            "SAVEPOINT",
            "SELECT",
            "TABLE",
            "TEMP",
            "TEMPORARY",
            "TRANSACTION",
            "TRIGGER",
            "UNIQUE",
            "UPDATE",
            "VACUUM",
            "VALUES",
            "VIEW",
            "VIRTUAL",
            "WITH");

    /**
     * Whether SQL may create, alter or drop something, or record which release the database is of: a cheap look, meant for every statement that runs. True for every such
     * statement, and now and then for another.
     */
    public static boolean mayChangeSchema(String sql) {
        int first = 0;
        int length = sql.length();
        while (first < length && sql.charAt(first) <= ' ') {
            first++;
        }
        if (first == length) {
            return false;
        }
        boolean begins = switch (sql.charAt(first) | 0x20) {
            case 'c' -> sql.regionMatches(true, first, "create", 0, 6);
            case 'd' -> sql.regionMatches(true, first, "drop", 0, 4) || recordsVersion(sql, first);
            case 'a' -> sql.regionMatches(true, first, "alter", 0, 5);
            case 'i', 'u', 'r', 'p' -> recordsVersion(sql, first);
            case '-', '/', ';', 0xFEFF | 0x20 -> changesSchema(sql);
            default -> false;
        };
        return begins || hasMore(sql) && changesSchema(sql);
    }

    private static boolean recordsVersion(String sql, int first) {
        SqlLexer lexer = new SqlLexer(sql, first);
        lexer.next();
        return recordsVersion(lexer);
    }

    /** Whether a statement sets user_version, or may write to a table in which an application or its migration tool keeps its version. */
    private static boolean recordsVersion(SqlLexer statement) {
        return statement.is("PRAGMA")
                ? setsUserVersion(statement)
                : LedgerNames.written(statement).isPresent();
    }

    boolean setsUserVersion() {
        SqlLexer lexer = new SqlLexer(text, 0);
        lexer.next();
        return lexer.is("PRAGMA") && setsUserVersion(lexer);
    }

    private static boolean setsUserVersion(SqlLexer pragma) {
        pragma.next();
        return pragma.nameInMain().filter("user_version"::equalsIgnoreCase).isPresent()
                && (pragma.is('=') || pragma.is('('));
    }

    /** Whether SQL is a query, and no more than that: a cheap look. A statement of which that is not certain is none. */
    public static boolean isQuery(String sql) {
        int first = 0;
        int length = sql.length();
        while (first < length && sql.charAt(first) <= ' ') {
            first++;
        }
        return (sql.regionMatches(true, first, "select", 0, 6)
                        || sql.regionMatches(true, first, "pragma", 0, 6)
                        || sql.regionMatches(true, first, "explain", 0, 7)
                        || sql.regionMatches(true, first, "values", 0, 6))
                && !hasMore(sql);
    }

    private static boolean changesSchema(String sql) {
        SqlLexer lexer = new SqlLexer(sql, 0);
        boolean first = true;
        while (lexer.next() != SqlLexer.Kind.END) {
            if (first && (lexer.is("CREATE") || lexer.is("DROP") || lexer.is("ALTER") || recordsVersion(lexer))) {
                return true;
            }
            first = lexer.is(';');
        }
        return false;
    }

    /** Whether anything but blanks follows the first semicolon. */
    private static boolean hasMore(String sql) {
        int semicolon = sql.indexOf(';');
        if (semicolon < 0) {
            return false;
        }
        for (int i = sql.length() - 1; i > semicolon; i--) {
            if (sql.charAt(i) > ' ') {
                return true;
            }
        }
        return false;
    }

    /** Whether SQL begins with a DROP. */
    public static boolean isDrop(String sql) {
        SqlLexer lexer = new SqlLexer(sql, 0);
        lexer.next();
        return lexer.is("DROP");
    }

    /** Whether SQL is one statement: what follows a semicolon is nothing but blanks and comments. */
    public static boolean isSingle(String sql) {
        return !hasMore(sql) || SqlSplitter.split(sql).size() <= 1;
    }

    /** Whether a statement that changes rows gives them back as well. */
    public static boolean returnsRows(String sql) {
        return SqlLexer.tokens(sql).stream().anyMatch(token -> token.equalsIgnoreCase("RETURNING"));
    }

    /**
     * How many rows a statement has changed of which no more is known than that it was applied: 0 where it ends a transaction, 1 where it inserts
     * one row and nothing may keep it from that, else {@link java.sql.Statement#SUCCESS_NO_INFO}.
     */
    public static int countWhereApplied(String sql) {
        List<String> tokens = SqlLexer.tokens(sql);
        String verb = tokens.isEmpty() ? "" : tokens.get(0).toUpperCase(Locale.ROOT);
        if (verb.equals("COMMIT") || verb.equals("END") || verb.equals("RELEASE")) {
            return 0;
        }
        int values = tokens.indexOf("values");
        boolean mayDoNothing = tokens.stream()
                .anyMatch(token -> token.equalsIgnoreCase("IGNORE") || token.equalsIgnoreCase("CONFLICT"));
        if (!verb.equals("INSERT") || values < 0 || mayDoNothing) {
            return java.sql.Statement.SUCCESS_NO_INFO;
        }
        int depth = 0;
        for (String token : tokens.subList(values + 1, tokens.size())) {
            depth += token.equals("(") ? 1 : token.equals(")") ? -1 : 0;
            if (depth == 0 && token.equals(",")) {
                return java.sql.Statement.SUCCESS_NO_INFO;
            }
        }
        return 1;
    }

    /** The statements of a text, in order. */
    public static List<SqlStatement> split(String sql) {
        return SqlSplitter.split(sql).stream()
                .map(piece -> new SqlStatement(piece.text(), piece.line()))
                .toList();
    }

    /**
     * What the application takes away from the schema on purpose by running this: dropped and renamed objects and columns.
     */
    public static List<Removal> removals(String sql) {
        return removals(split(sql));
    }

    /** As {@link #removals(String)}. */
    public static List<Removal> removals(List<SqlStatement> statements) {
        return statements.stream()
                .flatMap(statement -> statement.removal().stream())
                .toList();
    }

    /**
     * An object or a column that the application removes.
     *
     * @param object name of the table, index, view or trigger
     * @param column name of the column; empty where the whole object goes
     */
    public record Removal(String object, String column) {}

    private Optional<Removal> removal() {
        SqlLexer lexer = new SqlLexer(text, 0);
        lexer.next();
        if (lexer.is("DROP")) {
            lexer.next();
            lexer.next();
            if (lexer.is("IF")) {
                lexer.next();
                lexer.next();
            }
            return lexer.nameInMain().map(name -> new Removal(name, ""));
        }
        if (!lexer.is("ALTER")) {
            return Optional.empty();
        }
        lexer.next();
        lexer.next();
        Optional<String> table = lexer.nameInMain();
        if (table.isEmpty()) {
            return Optional.empty();
        }
        boolean rename = lexer.is("RENAME");
        if (!rename && !lexer.is("DROP")) {
            return Optional.empty();
        }
        lexer.next();
        if (rename && lexer.is("TO")) {
            return Optional.of(new Removal(table.get(), ""));
        }
        if (lexer.is("COLUMN")) {
            lexer.next();
        }
        return lexer.isName() ? Optional.of(new Removal(table.get(), lexer.text())) : Optional.empty();
    }

    /** The first word, in upper case; empty where there is none. */
    String verb() {
        SqlLexer lexer = new SqlLexer(text, 0);
        return lexer.next() == SqlLexer.Kind.WORD ? lexer.upper() : "";
    }

    /** BEGIN, COMMIT and END: a script brings its own transaction. */
    boolean framesTransaction() {
        return switch (verb()) {
            case "BEGIN", "COMMIT", "END" -> true;
            default -> false;
        };
    }

    /** A ROLLBACK that is not one to a savepoint. */
    boolean rollsBack() {
        SqlLexer lexer = new SqlLexer(text, 0);
        lexer.next();
        if (!lexer.is("ROLLBACK")) {
            return false;
        }
        while (lexer.next() != SqlLexer.Kind.END) {
            if (lexer.is("TO")) {
                return false;
            }
        }
        return true;
    }

    /** What a PRAGMA statement names and sets; null for other statements. */
    @Nullable
    Pragma pragma() {
        SqlLexer lexer = new SqlLexer(text, 0);
        lexer.next();
        if (!lexer.is("PRAGMA")) {
            return null;
        }
        lexer.next();
        String name = lexer.text();
        lexer.next();
        if (lexer.is('.')) {
            lexer.next();
            name = lexer.text();
            lexer.next();
        }
        if (!lexer.is('=') && !lexer.is('(')) {
            return new Pragma(SchemaObject.key(name), "");
        }
        lexer.next();
        return new Pragma(SchemaObject.key(name), SchemaObject.key(lexer.text()));
    }

    /**
     * A PRAGMA.
     *
     * @param name in lower case
     * @param value in lower case; empty where it only asks
     */
    record Pragma(String name, String value) {
        boolean isOn() {
            return switch (value) {
                case "on", "yes", "true" -> true;
                default -> !value.isEmpty() && value.chars().allMatch(Character::isDigit) && !value.matches("0+");
            };
        }
    }

    /** The beginning of the statement on one line, for messages; its literals are shown only where values may be. */
    String excerpt() {
        return SqlShape.of(text);
    }

    /** How it begins, in SQL's own words, so that nothing of a file that is none is shown. */
    String firstWords() {
        SqlLexer lexer = new SqlLexer(text, 0);
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < MOST_FIRST_WORDS && lexer.next() == SqlLexer.Kind.WORD; i++) {
            if (!mayBeShown(lexer.upper())) {
                break;
            }
            words.append(i == 0 ? "" : " ").append(lexer.upper());
        }
        return words.isEmpty() ? "(text that begins with no word of SQL)" : words.toString();
    }

    /** Whether a word may be shown although it comes from a file of which nothing is known. */
    static boolean mayBeShown(String upperCaseWord) {
        return FIRST_WORDS.contains(upperCaseWord);
    }
}
