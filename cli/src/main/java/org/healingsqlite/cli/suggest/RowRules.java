package org.healingsqlite.cli.suggest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.healingsqlite.cli.suggest.SchemaTable.Column;

/** Writes what a manifest says of a row: which column takes what, and how. For one row, of one or more plans. */
final class RowRules {
    private static final Set<String> NOBODY = Set.of("system", "none", "null", "nil", "-", "n/a", "unknown");
    private static final Set<String> TRUE = Set.of("yes", "true", "y", "on");

    private final Map<String, SchemaTable> tables;
    private final Draft draft;
    private final List<String> guesses;
    private final List<String> unplaced;
    private final Set<String> created;

    /**
     * For a draft.
     *
     * @param guesses takes what a person should look at
     * @param unplaced takes what has no place
     * @param created takes the tables whose rows may be known from being mentioned only
     */
    RowRules(
            Map<String, SchemaTable> tables,
            Draft draft,
            List<String> guesses,
            List<String> unplaced,
            Set<String> created) {
        this.tables = tables;
        this.draft = draft;
        this.guesses = guesses;
        this.unplaced = unplaced;
        this.created = created;
    }

    /** Writes the rules of a row. */
    void write(String row, SchemaTable table, List<RowPlan> plans, List<String> key) {
        String prefix = "row." + row + ".";
        if (!row.equals(table.name())) {
            draft.put(prefix + "table", table.name());
        }
        if (!key.isEmpty()) {
            draft.put(prefix + "key", String.join(", ", key));
        }
        Map<String, Set<String>> times = new LinkedHashMap<>();
        Set<String> given = new LinkedHashSet<>();
        for (RowPlan plan : plans) {
            for (int i = 0; i < plan.fields().size(); i++) {
                Optional<Column> column = plan.column(i);
                if (column.isPresent()) {
                    given.add(column.get().name());
                    field(prefix, plan, i, column.get(), times);
                } else {
                    unplaced.add("source " + plan.group().name() + ": the field " + plan.name(i)
                            + " has no column in table " + table.name());
                }
            }
            plan.constants().forEach((name, value) -> {
                given.add(name);
                draft.put(prefix + "set." + name, value.replaceAll("([{}])", "$1$1"));
                guesses.add("row " + row + ": " + name + " is a constant of this draft");
            });
        }
        times.forEach((name, forms) -> draft.put(prefix + "time." + name, String.join(" | ", forms)));
        missing(prefix, row, table, given);
    }

    private void field(String prefix, RowPlan plan, int at, Column column, Map<String, Set<String>> times) {
        Field field = plan.fields().get(at);
        String name = plan.name(at);
        String quoted = name.contains(" ") ? name.replaceAll("[ _-]", "") : name;
        if (plan.needsDay(at)) {
            draft.put(prefix + "set." + column.name(), "{day} {" + name + "}");
        } else if (!Words.key(name).equals(Words.key(column.name()))) {
            draft.put(prefix + "column." + quoted, column.name());
        }
        if (field.times()) {
            Set<String> forms = times.computeIfAbsent(column.name(), key -> new LinkedHashSet<>());
            field.timeForms().forEach(form -> forms.add(plan.needsDay(at) ? plan.day() + " " + form : form));
        } else if (column.number() && field.truths() && !field.numbers()) {
            Set<String> pairs = new TreeSet<>();
            field.present()
                    .forEach(value -> pairs.add(value + ":" + (TRUE.contains(value.toLowerCase(Locale.ROOT)) ? 1 : 0)));
            draft.put(prefix + "map." + column.name(), String.join(", ", pairs));
        }
        nulls(prefix, plan, field, column);
        reference(prefix, field, column);
    }

    private void nulls(String prefix, RowPlan plan, Field field, Column column) {
        if (column.notNull() || field.prose()) {
            return;
        }
        Set<String> nulls = new TreeSet<>();
        field.values().forEach(value -> {
            if (value != null
                    && (value.isEmpty() && !field.times()
                            || NOBODY.contains(value.toLowerCase(Locale.ROOT))
                                    && (!column.table().isEmpty() || !value.equalsIgnoreCase("system")))) {
                nulls.add(value);
            }
        });
        if (!nulls.isEmpty()) {
            draft.put(prefix + "null." + column.name(), String.join("|", nulls));
            guesses.add("source " + plan.group().name() + ": which texts of "
                    + plan.name(plan.fields().indexOf(field)) + " are NULL in column " + column.name());
        }
    }

    private void reference(String prefix, Field field, Column column) {
        SchemaTable other = tables.get(column.table());
        if (other == null) {
            return;
        }
        String referenced = column.referenced().isEmpty()
                ? other.columns().stream()
                        .filter(each -> other.unique().contains(each.name()))
                        .map(Column::name)
                        .findFirst()
                        .orElse("")
                : column.referenced();
        if (column.number() && !field.numbers() && other.calledBy().isPresent()) {
            draft.put(
                    prefix + "lookup." + column.name(),
                    other.name() + "." + other.calledBy().get());
        } else if (!referenced.isEmpty()
                && other.columns().stream()
                        .noneMatch(each ->
                                each.needed() && !each.truth() && !each.name().equals(referenced))) {
            draft.put(prefix + "reference." + column.name(), other.name() + "." + referenced);
            created.add(other.name());
        }
    }

    private void missing(String prefix, String row, SchemaTable table, Set<String> given) {
        List<String> empty = new ArrayList<>();
        for (Column column : table.columns()) {
            if (given.contains(column.name()) || column.numbered()) {
                continue;
            }
            if (!column.needed()) {
                empty.add(column.name());
            } else if (column.truth()) {
                draft.put(prefix + "default." + column.name(), "0");
                guesses.add("row " + row + ": " + column.name() + " is 0 where the archive says nothing");
            } else if (table.unique().contains(column.name()) && !column.number()) {
                draft.put(prefix + "default." + column.name(), "{#hex}");
                guesses.add("row " + row + ": " + column.name() + " is a key that is made of the other values");
            } else {
                draft.proposed(prefix + "default." + column.name(), "");
                unplaced.add("table " + table.name() + ": no field of row " + row + " gives " + column.name()
                        + ", which every row needs");
            }
        }
        if (!empty.isEmpty()) {
            draft.comment("not in these files: " + String.join(", ", empty));
        }
    }
}
