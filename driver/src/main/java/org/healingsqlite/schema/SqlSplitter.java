package org.healingsqlite.schema;

import java.util.ArrayList;
import java.util.List;

/** Splits SQL at the semicolons that end a statement. Stateless. */
final class SqlSplitter {
    private SqlSplitter() {}

    /**
     * One statement.
     *
     * @param text without the semicolon
     * @param line where it begins, from 1
     */
    record Piece(String text, int line) {}

    /**
     * Splits. A {@code CREATE TRIGGER} ends at a semicolon that follows {@code ; END}.
     *
     * <p>Source: SQLite documentation, "Determine If An SQL Statement Is Complete".
     */
    static List<Piece> split(String sql) {
        List<Piece> pieces = new ArrayList<>();
        SqlLexer lexer = new SqlLexer(sql, 0);
        State state = State.BEGINNING;
        int start = -1;
        int line = 0;
        int end = 0;
        while (lexer.next() != SqlLexer.Kind.END) {
            if (lexer.is(';') && state.mayEndHere()) {
                if (start >= 0) {
                    pieces.add(new Piece(sql.substring(start, end), line));
                }
                start = -1;
                state = State.BEGINNING;
                continue;
            }
            if (start < 0) {
                start = lexer.start();
                line = lexer.line();
            }
            end = lexer.end();
            state = state.after(lexer);
        }
        if (start >= 0) {
            pieces.add(new Piece(sql.substring(start, end), line));
        }
        return pieces;
    }

    /** Whether the statement being read is a {@code CREATE TRIGGER}, and whether its body has ended. */
    private enum State {
        /** Before the first word; {@code EXPLAIN} is none. */
        BEGINNING {
            @Override
            State after(SqlLexer lexer) {
                return lexer.is("EXPLAIN") ? BEGINNING : lexer.is("CREATE") ? CREATE : NO_TRIGGER;
            }
        },
        CREATE {
            @Override
            State after(SqlLexer lexer) {
                return lexer.is("TRIGGER")
                        ? TRIGGER
                        : lexer.is("TEMP") || lexer.is("TEMPORARY") ? CREATE_TEMP : NO_TRIGGER;
            }
        },
        CREATE_TEMP {
            @Override
            State after(SqlLexer lexer) {
                return lexer.is("TRIGGER") ? TRIGGER : NO_TRIGGER;
            }
        },
        NO_TRIGGER {
            @Override
            State after(SqlLexer lexer) {
                return NO_TRIGGER;
            }
        },
        TRIGGER {
            @Override
            State after(SqlLexer lexer) {
                return lexer.is(';') ? TRIGGER_SEMICOLON : TRIGGER;
            }
        },
        TRIGGER_SEMICOLON {
            @Override
            State after(SqlLexer lexer) {
                return lexer.is("END") ? TRIGGER_END : lexer.is(';') ? TRIGGER_SEMICOLON : TRIGGER;
            }
        },
        TRIGGER_END {
            @Override
            State after(SqlLexer lexer) {
                return TRIGGER;
            }
        };

        abstract State after(SqlLexer lexer);

        boolean mayEndHere() {
            return this != TRIGGER && this != TRIGGER_SEMICOLON;
        }
    }
}
