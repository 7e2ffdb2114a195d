package org.healingsqlite.schema;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parts of a CREATE TABLE statement. */
final class TableDefinition {
    private final Map<String, String> columns = new HashMap<>();

    private TableDefinition() {}

    /** Takes a statement apart, as {@code sqlite_schema} keeps it. */
    static TableDefinition of(String sql) {
        TableDefinition definition = new TableDefinition();
        SqlLexer lexer = new SqlLexer(sql, 0);
        while (lexer.next() != SqlLexer.Kind.END && !lexer.is('(')) {
            // up to the column list
        }
        int depth = 1;
        int start = -1;
        String name = "";
        int end = 0;
        while (depth > 0 && lexer.next() != SqlLexer.Kind.END) {
            if (lexer.is('(')) {
                depth++;
            } else if (lexer.is(')')) {
                depth--;
            }
            if (depth == 0 || depth == 1 && lexer.is(',')) {
                if (start >= 0) {
                    definition.columns.putIfAbsent(SchemaObject.key(name), sql.substring(start, end));
                }
                start = -1;
                continue;
            }
            if (start < 0) {
                start = lexer.start();
                name = lexer.text();
            }
            end = lexer.end();
        }
        return definition;
    }

    /** The definition of a column, from its name to the last of its constraints; null where there is none of the name. */
    @Nullable
    String column(String name) {
        return columns.get(SchemaObject.key(name));
    }

    /** A column definition without its constraints: the name and the words of the type. */
    static String nameAndType(String definition) {
        SqlLexer lexer = new SqlLexer(definition, 0);
        lexer.next();
        int end = lexer.end();
        while (lexer.next() != SqlLexer.Kind.END) {
            if (lexer.is('(')) {
                while (lexer.next() != SqlLexer.Kind.END && !lexer.is(')')) {
                    // the size of the type
                }
            } else if (!lexer.isName() || isConstraint(lexer)) {
                break;
            }
            end = lexer.end();
        }
        return definition.substring(0, end);
    }

    private static boolean isConstraint(SqlLexer lexer) {
        return lexer.kind() == SqlLexer.Kind.WORD
                && switch (lexer.upper()) {
                    case "CONSTRAINT",
                            "PRIMARY",
                            "NOT",
                            "NULL",
                            "UNIQUE",
                            "CHECK",
                            "DEFAULT",
                            "COLLATE",
                            "REFERENCES",
                            "GENERATED",
                            "AS" -> true;
                    default -> false;
                };
    }

    /** The statement for a table of another name. */
    static String renamed(String sql, String name) {
        SqlLexer lexer = new SqlLexer(sql, 0);
        while (lexer.next() != SqlLexer.Kind.END && !lexer.is("TABLE")) {
            // CREATE
        }
        lexer.next();
        if (lexer.is("IF")) {
            lexer.next();
            lexer.next();
            lexer.next();
        }
        int start = lexer.start();
        int end = lexer.end();
        return sql.substring(0, start) + SqlText.name(name) + sql.substring(end);
    }
}
