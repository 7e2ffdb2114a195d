package org.healingsqlite.cli.suggest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.healingsqlite.cli.suggest.SchemaTable.Column;
import org.jspecify.annotations.Nullable;

/** Finds facts that stand in two files: where lines of a text say the same as rows whose table is known, they are rows of that table, too. */
final class Twins {
    /** Most lines have a twin, or it is chance. */
    private static final double SHARE = 0.6;

    private static final int LOOKED_AT = 300;

    private Twins() {}

    /** Gives the records of {@code plan} the table of those of {@code known}, where they are the same facts. */
    static boolean of(RowPlan plan, RowPlan known) {
        Columns columns = known.columns().orElse(null);
        if (columns == null || plan.size() == 0) {
            return false;
        }
        List<Map<String, String>> rows = rows(known, columns);
        Map<String, List<Integer>> byValue = new HashMap<>();
        for (int i = 0; i < rows.size(); i++) {
            for (String value : new HashSet<>(rows.get(i).values())) {
                byValue.computeIfAbsent(value, key -> new ArrayList<>()).add(i);
            }
        }
        int looked = Math.min(plan.size(), LOOKED_AT);
        Map<Integer, Map<String, Integer>> votes = new LinkedHashMap<>();
        Set<Integer> matched = new LinkedHashSet<>();
        int found = 0;
        for (int i = 0; i < looked; i++) {
            List<@Nullable String> values = values(plan, i);
            int twin = twin(rows, byValue, values);
            if (twin >= 0) {
                found++;
                matched.add(twin);
                for (int f = 0; f < values.size(); f++) {
                    for (Map.Entry<String, String> cell : rows.get(twin).entrySet()) {
                        if (cell.getValue().equals(values.get(f))) {
                            votes.computeIfAbsent(f, key -> new HashMap<>()).merge(cell.getKey(), 1, Integer::sum);
                        }
                    }
                }
            }
        }
        return found >= Math.min(2, looked) && found >= looked * SHARE && take(plan, columns, rows, votes, matched);
    }

    private static boolean take(
            RowPlan plan,
            Columns columns,
            List<Map<String, String>> rows,
            Map<Integer, Map<String, Integer>> votes,
            Set<Integer> matched) {
        Map<Integer, Column> of = new LinkedHashMap<>();
        Set<String> taken = new HashSet<>();
        votes.forEach((field, each) -> each.entrySet().stream()
                .filter(vote -> !taken.contains(vote.getKey()))
                .max(Map.Entry.comparingByValue())
                .flatMap(vote -> columns.table().column(vote.getKey()))
                .ifPresent(column -> {
                    of.put(field, column);
                    taken.add(column.name());
                }));
        if (of.size() < plan.fields().size()) {
            return false;
        }
        Map<String, String> constants = new LinkedHashMap<>();
        for (Column column : columns.table().columns()) {
            Set<String> values = new HashSet<>();
            matched.forEach(row -> values.add(rows.get(row).getOrDefault(column.name(), "")));
            String only = values.size() == 1 ? values.iterator().next() : "";
            if (!taken.contains(column.name()) && !column.numbered()) {
                if (!only.isEmpty() && matched.size() > 1) {
                    constants.put(column.name(), only);
                } else if (column.needed() && !column.truth()) {
                    return false;
                }
            }
        }
        plan.choose(new Columns(columns.table(), of, columns.worth()));
        plan.constants().putAll(constants);
        return true;
    }

    private static int twin(
            List<Map<String, String>> rows, Map<String, List<Integer>> byValue, List<@Nullable String> values) {
        List<Integer> fewest = null;
        for (String value : values) {
            List<Integer> of = byValue.getOrDefault(value == null ? "" : value, List.of());
            if (fewest == null || of.size() < fewest.size()) {
                fewest = of;
            }
        }
        return fewest == null
                ? -1
                : fewest.stream()
                        .filter(row -> rows.get(row).values().containsAll(values))
                        .findFirst()
                        .orElse(-1);
    }

    private static List<Map<String, String>> rows(RowPlan known, Columns columns) {
        List<Map<String, String>> rows = new ArrayList<>();
        for (int i = 0; i < known.size(); i++) {
            Map<String, String> row = new LinkedHashMap<>();
            List<@Nullable String> values = values(known, i);
            columns.of().forEach((field, column) -> {
                String value = values.get(field);
                if (value != null && !value.isEmpty()) {
                    row.put(column.name(), value);
                }
            });
            rows.add(row);
        }
        return rows;
    }

    /** The values of a record, times in one form. */
    private static List<@Nullable String> values(RowPlan plan, int record) {
        List<@Nullable String> values = new ArrayList<>();
        for (Field field : plan.fields()) {
            String value = field.values().get(record);
            values.add(
                    value == null
                            ? null
                            : TimeForm.of(value).map(form -> form.value(value)).orElse(value));
        }
        return values;
    }
}
