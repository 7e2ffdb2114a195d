package org.healingsqlite.archive;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the records of one form become rows of a table: which column takes which field or expression, what stands in for one that has no value, which
 * columns lead to other tables, and by what rows are one. Made of the manifest once per form; immutable.
 *
 * @param fields of the records, as {@link TableForm#key} has them
 * @param width values that a record has at least
 * @param links to other tables
 * @param identity by what rows are one, and which of two is right
 * @param unused fields without a column
 */
record RowForm(
        TableForm table,
        List<String> fields,
        int width,
        List<Cell> cells,
        List<Link> links,
        RowIdentity identity,
        Set<String> unused) {

    RowForm {
        fields = fields.stream().map(TableForm::key).toList();
        cells = List.copyOf(cells);
        links = List.copyOf(links);
        unused = new LinkedHashSet<>(unused);
    }

    /**
     * One column.
     *
     * @param position of its field in the record; negative where it is an expression
     * @param said null where a field, or nothing, gives its value
     * @param otherwise what a new row has where the record says nothing; null where that is left to the schema
     */
    record Cell(
            String column,
            int position,
            @Nullable Expression said,
            @Nullable Expression otherwise,
            ColumnRule rule,
            TableForm.@Nullable Declared declared) {

        /** Whether the record may leave it open. */
        boolean open() {
            return otherwise != null;
        }

        /** Whether a record that has no value, or one that means NULL, leaves the column to the schema's own default. */
        boolean leftToSchema(boolean missing) {
            return declared != null && declared.defaulted() && (missing || declared.notNull());
        }

        /** What an expression of the manifest is worth here: what it takes from fields is converted as fields are. */
        @Nullable
        Object value(Expression expression, Expression.Fields fields) throws ColumnRule.Unfit, SQLException {
            Object value = expression.value(fields);
            return expression.fields().isEmpty() ? rule.constant(value) : rule.converted(value);
        }
    }

    /**
     * A column that leads to another table.
     *
     * @param cell its place
     * @param translated whether the archive has a name where the database has the other row's key
     */
    record Link(int cell, String table, String column, boolean translated, boolean create) {}

    /** The columns, in the order of the cells. */
    List<String> columns() {
        return cells.stream().map(Cell::column).toList();
    }

    /**
     * Makes the form.
     *
     * @param rules what the manifest says of the row, over what it says of the source
     * @param defaultTable whether the key of the source is this table's
     * @param given the fields of the records; the table's columns where they have no names
     */
    static RowForm of(TableForm table, Settings rules, boolean defaultTable, List<String> given)
            throws ArchiveException {
        Map<String, String> renamed = new LinkedHashMap<>();
        rules.below("column").forEach((field, column) -> renamed.put(TableForm.key(field), column));
        Map<String, Expression> said = expressions(table, rules, "set");
        Map<String, Expression> otherwise = expressions(table, rules, "default");
        Set<String> used = new LinkedHashSet<>();
        said.values().forEach(expression -> used.addAll(expression.fields()));
        Set<String> unused = new LinkedHashSet<>();
        Map<String, Integer> positions = new LinkedHashMap<>();
        for (int i = 0; i < given.size(); i++) {
            String field = given.get(i);
            String wanted = renamed.getOrDefault(TableForm.key(field), field);
            if (wanted.isEmpty() || used.contains(TableForm.key(field))) {
                continue;
            }
            String column = table.column(wanted);
            if (column == null || said.containsKey(column) || positions.putIfAbsent(column, i) != null) {
                unused.add(field);
            }
        }
        Set<String> columns = new LinkedHashSet<>(positions.keySet());
        columns.addAll(said.keySet());
        columns.addAll(otherwise.keySet());
        List<Cell> cells = new ArrayList<>();
        for (String column : columns) {
            TableForm.Declared declared = table.declared().get(column);
            cells.add(new Cell(
                    column,
                    positions.getOrDefault(column, -1),
                    said.get(column),
                    otherwise.get(column),
                    ColumnRule.of(table, column, rules),
                    declared));
        }
        List<Link> links = new ArrayList<>();
        links(links, rules, "lookup", cells, true);
        links(links, rules, "reference", cells, false);
        return new RowForm(
                table,
                given,
                positions.values().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1,
                cells,
                links,
                RowIdentity.of(table, rules, defaultTable),
                unused);
    }

    /** What a manifest may say of a column of one row: a column that is not there is a slip of the pen. */
    private static final Set<String> OF_COLUMNS =
            Set.of("set", "default", "null", "map", "time", "timeAs", "type", "encoding", "lookup", "reference");

    /**
     * Looks at what the manifest says of a row by itself.
     *
     * @throws ArchiveException where it names a column that the table does not have
     */
    static void check(TableForm table, String row, Map<String, String> rules) throws ArchiveException {
        for (String key : rules.keySet()) {
            int dot = key.indexOf('.');
            if (dot > 0 && OF_COLUMNS.contains(key.substring(0, dot)) && table.column(key.substring(dot + 1)) == null) {
                throw new ArchiveException(Manifest.FILE + ": row." + row + "." + key + " names no column: table "
                        + table.name() + " has the columns " + table.columns());
            }
        }
    }

    private static Map<String, Expression> expressions(TableForm table, Settings rules, String key)
            throws ArchiveException {
        Map<String, Expression> expressions = new LinkedHashMap<>();
        for (Map.Entry<String, String> entry : rules.below(key).entrySet()) {
            String column = table.column(entry.getKey());
            if (column != null) {
                expressions.put(column, Expression.of(key + "." + entry.getKey(), entry.getValue()));
            }
        }
        return expressions;
    }

    private static void links(List<Link> links, Settings rules, String kind, List<Cell> cells, boolean translated) {
        List<String> create = rules.list("create");
        rules.below(kind).forEach((column, target) -> {
            int dot = target.indexOf('.');
            for (int i = 0; i < cells.size(); i++) {
                if (dot > 0 && TableForm.key(cells.get(i).column()).equals(TableForm.key(column))) {
                    String other = target.substring(0, dot).strip();
                    links.add(new Link(
                            i,
                            other,
                            target.substring(dot + 1).strip(),
                            translated,
                            create.stream().anyMatch(other::equalsIgnoreCase)));
                }
            }
        });
    }
}
