package org.healingsqlite.schema;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The column list of a CREATE TABLE statement, and ways to change the statement. Immutable. */
final class TableDefinition {
    private final String sql;
    private final List<Column> columns;

    /** A column definition: {@code sql} from {@code start} to {@code end}. */
    private record Column(String name, int start, int end) {}

    private TableDefinition(String sql, List<Column> columns) {
        this.sql = sql;
        this.columns = columns;
    }

    /** Takes a statement apart, as {@code sqlite_schema} keeps it. */
    static TableDefinition of(String sql) {
        List<Column> columns = new ArrayList<>();
        SqlLexer lexer = new SqlLexer(sql, 0);
        while (lexer.next() != SqlLexer.Kind.END && !lexer.is('(')) {
            // up to the column list
        }
        int depth = 1;
        int start = -1;
        int end = 0;
        String name = "";
        boolean constraint = false;
        while (depth > 0 && lexer.next() != SqlLexer.Kind.END) {
            if (lexer.is('(')) {
                depth++;
            } else if (lexer.is(')')) {
                depth--;
            }
            if (depth == 0 || depth == 1 && lexer.is(',')) {
                if (start >= 0 && !constraint) {
                    columns.add(new Column(name, start, end));
                }
                start = -1;
                continue;
            }
            if (start < 0) {
                start = lexer.start();
                name = lexer.text();
                constraint = beginsTableConstraint(lexer);
            }
            end = lexer.end();
        }
        return new TableDefinition(sql, List.copyOf(columns));
    }

    private static boolean beginsTableConstraint(SqlLexer lexer) {
        return lexer.is("CONSTRAINT")
                || lexer.is("PRIMARY")
                || lexer.is("UNIQUE")
                || lexer.is("CHECK")
                || lexer.is("FOREIGN");
    }

    String sql() {
        return sql;
    }

    /** The definition of a column, from its name to the last of its constraints; null where there is none of the name. */
    @Nullable
    String column(String name) {
        return columns.stream()
                .filter(column -> column.name().equalsIgnoreCase(name))
                .findFirst()
                .map(column -> sql.substring(column.start(), column.end()))
                .orElse(null);
    }

    /** The table with further columns behind its own. */
    TableDefinition with(List<String> definitions) {
        if (definitions.isEmpty() || columns.isEmpty()) {
            return this;
        }
        int end = columns.get(columns.size() - 1).end();
        return of(sql.substring(0, end) + ", " + String.join(", ", definitions) + sql.substring(end));
    }

    /** The table with some of its columns freed of their NOT NULL. */
    TableDefinition withoutNotNull(Collection<String> names) {
        StringBuilder changed = new StringBuilder();
        int from = 0;
        for (Column column : columns) {
            if (names.stream().anyMatch(name -> name.equalsIgnoreCase(column.name()))) {
                changed.append(sql, from, column.start())
                        .append(withoutNotNull(sql.substring(column.start(), column.end())));
                from = column.end();
            }
        }
        return of(changed.append(sql.substring(from)).toString());
    }

    private static String withoutNotNull(String definition) {
        SqlLexer lexer = new SqlLexer(definition, 0);
        int depth = 0;
        while (lexer.next() != SqlLexer.Kind.END) {
            if (lexer.is('(')) {
                depth++;
            } else if (lexer.is(')')) {
                depth--;
            } else if (depth == 0 && lexer.is("NOT")) {
                int start = lexer.start();
                lexer.next();
                int end = lexer.end();
                if (lexer.is("NULL")) {
                    lexer.next();
                    if (lexer.is("ON")) {
                        lexer.next();
                        lexer.next();
                        end = lexer.end();
                    }
                    return definition.substring(0, start)
                            + definition.substring(end).stripLeading();
                }
            }
        }
        return definition;
    }

    /** The statement for a table of another name. */
    String renamed(String name) {
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
        return sql.substring(0, lexer.start()) + SqlText.name(name) + sql.substring(lexer.end());
    }
}
