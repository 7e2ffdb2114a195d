package org.healingsqlite.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** A CREATE TABLE without the constraints and generated columns that call functions which are not known here. One use. */
final class TableWithoutFunctions {
    /** Words that stand before a parenthesis without being functions. */
    private static final Set<String> NO_FUNCTIONS = Set.of(
            "AND", "AS", "ALWAYS", "BETWEEN", "CASE", "CAST", "CHECK", "COLLATE", "DEFAULT", "ELSE", "EXISTS", "GLOB",
            "IN", "IS", "ISNULL", "LIKE", "MATCH", "NOT", "NOTNULL", "NULL", "OR", "REGEXP", "THEN", "WHEN");

    private final String sql;
    private final Predicate<String> known;
    private final List<Token> tokens = new ArrayList<>();

    private record Token(SqlLexer.Kind kind, String upper, int start, int end) {
        boolean is(String word) {
            return kind != SqlLexer.Kind.QUOTED_NAME && kind != SqlLexer.Kind.STRING && upper.equals(word);
        }
    }

    TableWithoutFunctions(String sql, Predicate<String> known) {
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
