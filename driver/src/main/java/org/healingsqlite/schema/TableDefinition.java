package org.healingsqlite.schema;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The column list of a CREATE TABLE statement, and ways to change the statement. Immutable. */
final class TableDefinition {
    private final String sql;
    private final List<Column> columns;
    private final List<String> constraints;

    /** A column definition: {@code sql} from {@code start} to {@code end}. */
    private record Column(String name, int start, int end) {}

    private TableDefinition(String sql, List<Column> columns, List<String> constraints) {
        this.sql = sql;
        this.columns = List.copyOf(columns);
        this.constraints = List.copyOf(constraints);
    }

    /** Takes a statement apart, as {@code sqlite_schema} keeps it. */
    static TableDefinition of(String sql) {
        List<Column> columns = new ArrayList<>();
        List<String> constraints = new ArrayList<>();
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
                if (start >= 0 && constraint) {
                    constraints.add(sql.substring(start, end));
                } else if (start >= 0) {
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
        return new TableDefinition(sql, columns, constraints);
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

    List<String> columnNames() {
        return columns.stream().map(Column::name).toList();
    }

    /** Whether a constraint of the table, not of a column, names one of the columns. */
    boolean constrains(Collection<String> names) {
        Set<String> keys = names.stream().map(SchemaObject::key).collect(Collectors.toSet());
        return constraints.stream().anyMatch(constraint -> !Collections.disjoint(SqlLexer.tokens(constraint), keys));
    }

    /** The definition of a column, from its name to the last of its constraints; null where there is none of the name. */
    @Nullable
    String column(String name) {
        return columns.stream()
                .filter(column -> SchemaObject.same(column.name(), name))
                .findFirst()
                .map(column -> sql.substring(column.start(), column.end()))
                .orElse(null);
    }

    /**
     * What the table demands of its rows, in one form for all ways to write it: UNIQUE, CHECK, FOREIGN KEY and COLLATE. A constraint of a column
     * reads as the same one of the table.
     */
    Set<String> constraints() {
        Set<String> all = new LinkedHashSet<>();
        for (Column column : columns) {
            columnConstraints(column, all);
        }
        for (String constraint : constraints) {
            List<String> tokens = SqlLexer.tokens(constraint);
            int first = tokens.get(0).equals("constraint") && tokens.size() > 2 ? 2 : 0;
            if (!tokens.get(first).equals("primary")) {
                all.add(String.join(" ", tokens.subList(first, tokens.size())));
            }
        }
        return all;
    }

    private void columnConstraints(Column column, Set<String> all) {
        List<String> tokens = SqlLexer.tokens(sql.substring(column.start(), column.end()));
        String name = tokens.get(0);
        int depth = 0;
        StringBuilder constraint = null;
        for (int i = 1; i < tokens.size(); i++) {
            String token = tokens.get(i);
            depth -= token.equals(")") ? 1 : 0;
            boolean begins = depth == 0
                    && beginsColumnConstraint(token, tokens.get(i - 1), i + 1 < tokens.size() ? tokens.get(i + 1) : "");
            if (begins) {
                if (constraint != null) {
                    all.add(constraint.toString());
                }
                constraint = switch (token) {
                    case "unique" -> new StringBuilder("unique ( " + name + " )");
                    case "references" -> new StringBuilder("foreign key ( " + name + " ) references");
                    case "collate" -> new StringBuilder("collate ( " + name + " )");
                    case "check" -> new StringBuilder("check");
                    default -> null;
                };
            } else if (constraint != null) {
                constraint.append(' ').append(token);
            }
            depth += token.equals("(") ? 1 : 0;
        }
        if (constraint != null) {
            all.add(constraint.toString());
        }
    }

    /** SET NULL, SET DEFAULT and NOT DEFERRABLE belong to REFERENCES. */
    private static boolean beginsColumnConstraint(String token, String before, String after) {
        return switch (token) {
            case "constraint", "primary", "unique", "check", "collate", "references", "generated", "as" -> true;
            case "default" -> !before.equals("set");
            case "null" -> !before.equals("set") && !before.equals("not");
            case "not" -> !after.equals("deferrable");
            default -> false;
        };
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
            if (names.stream().anyMatch(name -> SchemaObject.same(name, column.name()))) {
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
