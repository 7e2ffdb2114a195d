package org.healingsqlite.salvage;

import java.util.Optional;
import java.util.Set;
import org.healingsqlite.schema.NamesUsed;
import org.healingsqlite.schema.SqlLexer;

/**
 * A CREATE TABLE statement without what could refuse or change rows that are there: NOT NULL, STRICT, and the expressions of stored generated columns; and without
 * what only the application knows: texts are compared byte by byte then, and a virtual generated column, which is in no record, is NULL. The rows of
 * the table lie in a file just as those of the original one. CHECK is not of these: SQLite can be told to ignore it.
 *
 * <p>Source: SQLite, "CREATE TABLE", "STRICT Tables", "Generated Columns".
 */
final class RelaxedStatement {

    private final String sql;
    private final Set<String> unknown;
    private final SqlLexer lexer;
    private final StringBuilder relaxed = new StringBuilder();
    private int copied;
    private boolean strict;

    private RelaxedStatement(String sql, Set<String> unknown) {
        this.sql = sql;
        this.unknown = unknown;
        this.lexer = new SqlLexer(sql, 0);
    }

    /**
     * The relaxed statement; empty where it would be the same.
     *
     * @param unknown collations and functions that only the application knows; upper and lower case are one
     */
    static Optional<String> of(String sql, Set<String> unknown) {
        String found = new RelaxedStatement(sql, unknown).relax();
        return found.equals(sql) ? Optional.empty() : Optional.of(found);
    }

    private static boolean isStrict(String sql) {
        SqlLexer end = new SqlLexer(sql, 0);
        int depth = 0;
        boolean found = false;
        while (end.next() != SqlLexer.Kind.END) {
            depth += end.is('(') ? 1 : end.is(')') ? -1 : 0;
            found = depth == 0 && (found || end.is("STRICT"));
        }
        return found;
    }

    private String relax() {
        strict = isStrict(sql);
        int depth = 0;
        int options = -1;
        // Where a column begins: its name, then its type.
        int word = 0;
        lexer.next();
        while (lexer.kind() != SqlLexer.Kind.END) {
            if (lexer.is('(')) {
                depth++;
                word = depth == 1 ? 0 : word;
            } else if (lexer.is(')')) {
                depth--;
                options = depth == 0 ? lexer.end() : options;
            } else if (lexer.is("COLLATE")) {
                collation();
                word++;
            } else if (depth == 1 && lexer.is(',')) {
                word = 0;
            } else if (depth == 1) {
                word++;
                if (word > 1 && (notNull() || generated())) {
                    continue;
                }
                if (strict && word == 2 && lexer.is("ANY")) {
                    // Elsewhere this type would make numbers of texts.
                    leaveOut(lexer.start(), lexer.end());
                    relaxed.append("BLOB");
                }
            }
            lexer.next();
        }
        if (strict && options > 0) {
            relaxed.append(sql, copied, options);
            copied = sql.length();
            if (new SqlLexer(sql, options).next() != SqlLexer.Kind.END && saysWithoutRowid(options)) {
                relaxed.append(" WITHOUT ROWID");
            }
        }
        return relaxed.append(sql, copied, sql.length()).toString();
    }

    private boolean saysWithoutRowid(int from) {
        SqlLexer options = new SqlLexer(sql, from);
        while (options.next() != SqlLexer.Kind.END) {
            if (options.is("WITHOUT")) {
                return true;
            }
        }
        return false;
    }

    private void leaveOut(int from, int to) {
        relaxed.append(sql, copied, from);
        copied = to;
    }

    /** Goes to the name of a collation; BINARY stands there if it is not known. */
    private void collation() {
        lexer.next();
        if (unknown.contains(lexer.text())) {
            leaveOut(lexer.start(), lexer.end());
            relaxed.append("BINARY");
        }
    }

    /** Passes over NOT NULL and what to do where it is broken. */
    private boolean notNull() {
        if (!lexer.is("NOT")) {
            return false;
        }
        int start = lexer.start();
        lexer.next();
        if (!lexer.is("NULL")) {
            return true;
        }
        int end = lexer.end();
        lexer.next();
        if (lexer.is("ON")) {
            lexer.next();
            lexer.next();
            end = lexer.end();
            lexer.next();
        }
        leaveOut(start, end);
        return true;
    }

    /** Passes over the expression of a column; leaves it out if the column is stored, or only the application can evaluate it. */
    private boolean generated() {
        boolean isGenerated = lexer.is("GENERATED");
        if (!isGenerated && !lexer.is("AS")) {
            return false;
        }
        int start = lexer.start();
        while (!lexer.is('(') && lexer.kind() != SqlLexer.Kind.END) {
            lexer.next();
        }
        int open = lexer.start();
        int close = open;
        int depth = 0;
        do {
            depth += lexer.is('(') ? 1 : lexer.is(')') ? -1 : 0;
            close = lexer.end();
            lexer.next();
        } while (depth > 0 && lexer.kind() != SqlLexer.Kind.END);
        if (lexer.is("STORED")) {
            leaveOut(start, lexer.end());
            lexer.next();
        } else if (namesUnknown(sql.substring(open, close), unknown)) {
            leaveOut(open, close);
            relaxed.append("(NULL)");
        }
        return true;
    }

    /** Whether a part of a statement names a collation or function of some. */
    static boolean namesUnknown(String part, Set<String> unknown) {
        if (unknown.isEmpty()) {
            return false;
        }
        NamesUsed used = NamesUsed.in(part);
        return unknown.stream()
                .anyMatch(name ->
                        used.collations().contains(name) || used.functions().containsKey(name));
    }
}
