package org.healingsqlite.cli.suggest;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.cli.suggest.SchemaTable.Column;

/** Chooses the tables of records: by names, by types, by values that are known of other tables, and by facts that stand in two files. */
final class TableChoice {
    /** Below it a table is not even a guess. */
    private static final double LEAST = 0.7;

    /** Tables that fit nearly as well as the best are told. */
    private static final double NEARLY = 0.5;

    private final Map<String, SchemaTable> tables;
    private final Map<RowPlan, List<String>> others = new LinkedHashMap<>();

    TableChoice(Map<String, SchemaTable> tables) {
        this.tables = tables;
    }

    /** Chooses; a plan that fits nowhere has no table afterwards. */
    void choose(List<GroupForm> forms) {
        // Once without knowing any values, once with those that the first choice gives.
        for (int round = 0; round < 2; round++) {
            Map<String, Set<String>> domains = domains(forms);
            forms.forEach(form -> chooseFor(form, forms, domains));
        }
    }

    /** Other tables that fit nearly as well. */
    List<String> alternatives(RowPlan plan) {
        return others.getOrDefault(plan, List.of());
    }

    private void chooseFor(GroupForm form, List<GroupForm> forms, Map<String, Set<String>> domains) {
        List<RowPlan> lines = new ArrayList<>();
        for (RowPlan plan : form.plans()) {
            if (plan.tableKey().startsWith("section.")) {
                section(plan, form, forms, domains);
            } else {
                lines.add(plan);
            }
        }
        if (lines.isEmpty()) {
            return;
        }
        Map<SchemaTable, Double> worths = new LinkedHashMap<>();
        tables.values().forEach(table -> worths.put(table, worth(table, lines, domains)));
        Optional<SchemaTable> best = worths.entrySet().stream()
                .filter(each -> each.getValue() >= LEAST)
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey);
        for (RowPlan plan : lines) {
            plan.choose(best.map(table -> plan.in(table, domains)).orElse(null));
            others.put(
                    plan,
                    worths.entrySet().stream()
                            .filter(each -> best.isPresent()
                                    && !each.getKey().equals(best.get())
                                    && each.getValue() > worths.getOrDefault(best.get(), 0.0) - NEARLY)
                            .map(each -> each.getKey().name())
                            .toList());
            sayWhat(plan, lines.size());
        }
    }

    /** Where lines of several kinds become rows of one table, its column for that gets the word that the lines have. */
    private static void sayWhat(RowPlan plan, int kinds) {
        Optional<Columns> columns = plan.columns();
        if (kinds > 1 && columns.isPresent() && !plan.places().isEmpty()) {
            List<Column> missing = columns.get().missing().stream()
                    .filter(column ->
                            !column.truth() && !column.time() && column.table().isEmpty() && !column.number())
                    .toList();
            LineShape shape = plan.places().get(0).shape();
            if (missing.size() == 1 && shape != null && !shape.words().isEmpty()) {
                plan.constants().put(missing.get(0).name(), shape.words().get(0));
            }
        }
    }

    private static double worth(SchemaTable table, List<RowPlan> plans, Map<String, Set<String>> domains) {
        double sum = 0;
        int records = 0;
        for (RowPlan plan : plans) {
            sum += plan.in(table, domains).worth() * plan.size();
            records += plan.size();
        }
        return records == 0 ? 0 : sum / records;
    }

    /** Lines below a text are of a table where another file has the same facts, or where exactly one has a column for all they say, and needs no more. */
    private void section(RowPlan plan, GroupForm form, List<GroupForm> forms, Map<String, Set<String>> domains) {
        plan.choose(null);
        for (GroupForm other : forms) {
            if (!other.equals(form) && other.plans().stream().anyMatch(known -> Twins.of(plan, known))) {
                return;
            }
        }
        List<Columns> fitting = tables.values().stream()
                .map(table -> plan.in(table, domains))
                .filter(columns -> columns.of().size() == plan.fields().size()
                        && columns.missing().stream().allMatch(Column::truth)
                        && columns.worth() >= LEAST)
                .toList();
        boolean taken = fitting.size() == 1
                && form.plans().stream()
                        .anyMatch(other -> !other.equals(plan)
                                && other.tableKey().startsWith("section.")
                                && other.columns()
                                        .map(Columns::table)
                                        .equals(Optional.of(fitting.get(0).table())));
        if (fitting.size() == 1 && !taken) {
            plan.choose(fitting.get(0));
        }
    }

    /** The values of columns that others lead to. */
    private static Map<String, Set<String>> domains(List<GroupForm> forms) {
        Map<String, Set<String>> domains = new LinkedHashMap<>();
        for (GroupForm form : forms) {
            for (RowPlan plan : form.plans()) {
                plan.columns()
                        .ifPresent(columns -> columns.of().forEach((field, column) -> {
                            if (columns.table().unique().contains(column.name())) {
                                plan.fields()
                                        .get(field)
                                        .present()
                                        .forEach(value -> domains.computeIfAbsent(
                                                        columns.table().name() + "." + column.name(),
                                                        key -> new HashSet<>())
                                                .add(value));
                            }
                        }));
            }
        }
        return domains;
    }
}
