package org.healingsqlite.schema;

import java.util.ArrayList;
import java.util.List;

/**
 * A script.
 *
 * @param name where it comes from, for messages: a file or resource
 * @param text its SQL
 * @param limits what it may do, and whether its text may be shown
 */
public record SqlScript(String name, String text, Scripts.Limits limits) {

    /** Its statements, in order. */
    public List<SqlStatement> statements() {
        return split(text);
    }

    /**
     * Splits SQL at the semicolons that end a statement. A {@code CREATE TRIGGER} ends at a semicolon that follows {@code ; END}.
     *
     * <p>Source: SQLite documentation, "Determine If An SQL Statement Is Complete".
     */
    static List<SqlStatement> split(String sql) {
        List<SqlStatement> statements = new ArrayList<>();
        SqlLexer lexer = new SqlLexer(sql, 0);
        TriggerState trigger = new TriggerState();
        int start = -1;
        int line = 0;
        int end = 0;
        while (lexer.next() != SqlLexer.Kind.END) {
            if (lexer.is(';') && trigger.mayEndHere()) {
                if (start >= 0) {
                    statements.add(new SqlStatement(sql.substring(start, end), line));
                }
                start = -1;
                trigger = new TriggerState();
                continue;
            }
            if (start < 0) {
                start = lexer.start();
                line = lexer.line();
            }
            end = lexer.end();
            trigger.see(lexer);
        }
        if (start >= 0) {
            statements.add(new SqlStatement(sql.substring(start, end), line));
        }
        return statements;
    }

    /** Whether the statement being read is a {@code CREATE TRIGGER}, and whether its body has ended. */
    private static final class TriggerState {
        private int words;
        private boolean create;
        private boolean trigger;
        private boolean semicolon;
        private boolean end;

        void see(SqlLexer lexer) {
            words++;
            if (words == 1) {
                create = lexer.is("CREATE");
                if (lexer.is("EXPLAIN")) {
                    words = 0;
                }
            } else if (create && !trigger && words <= 3) {
                trigger = lexer.is("TRIGGER");
                create = trigger || lexer.is("TEMP") || lexer.is("TEMPORARY");
            }
            end = semicolon && lexer.is("END");
            semicolon = lexer.is(';');
        }

        boolean mayEndHere() {
            return !trigger || end;
        }
    }
}
