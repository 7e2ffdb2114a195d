package org.healingsqlite.cli.suggest;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.healingsqlite.cli.suggest.SchemaTable.Column;

/**
 * Which column of a table each field of some records belongs to, as far as names, types and values tell.
 *
 * @param table the table
 * @param of the columns by the fields' places; fields of no column are missing
 * @param worth how well all of it fits: the larger, the better
 */
record Columns(SchemaTable table, Map<Integer, Column> of, double worth) {
    /** Below it a field and a column have nothing in common that counts. */
    private static final double LEAST = 0.3;

    private static final double EXACT = 1.5;
    private static final double SHORTENED = 0.8;
    private static final double BEFORE = 0.8;
    private static final double SAME_THING = 0.5;
    private static final double MISSING = 0.25;
    private static final double SPOKEN = 0.2;

    private static final Set<String> PROSE = Set.of("text", "body", "content", "message", "note", "description");
    private static final Map<String, Set<String>> PREPOSITIONS = Map.of(
            "by", Set.of("author", "user", "creator", "owner", "by", "writer"),
            "from", Set.of("from", "sender", "inviter", "invited", "source", "by"));

    private record Pair(int field, Column column, double worth) {}

    /**
     * Finds the columns.
     *
     * @param about the words of the files' names
     * @param words those that lines have in common
     * @param domains values that are known of columns, by {@code table.column}
     */
    static Columns of(
            SchemaTable table,
            List<Field> fields,
            List<String> about,
            List<String> words,
            Map<String, Set<String>> domains) {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
            for (Column column : table.columns()) {
                double worth = worth(table, column, fields.get(i), domains);
                if (worth >= LEAST) {
                    pairs.add(new Pair(i, column, worth));
                }
            }
        }
        pairs.sort(Comparator.comparingDouble(Pair::worth).reversed());
        Map<Integer, Column> found = new LinkedHashMap<>();
        Set<String> taken = new HashSet<>();
        double sum = 0;
        for (Pair pair : pairs) {
            if (!found.containsKey(pair.field()) && taken.add(pair.column().name())) {
                found.put(pair.field(), pair.column());
                sum += Math.min(1, pair.worth());
            }
        }
        long missing = table.columns().stream()
                .filter(column -> column.needed() && !column.truth() && !taken.contains(column.name()))
                .count();
        boolean spoken = words.stream()
                .anyMatch(word -> Words.of(table.name()).stream().anyMatch(other -> Words.same(word, other)));
        return new Columns(
                table,
                found,
                sum / Math.max(1, fields.size())
                        + Words.likeness(about, Words.of(table.name()))
                        + (spoken ? SPOKEN : 0)
                        - missing * MISSING);
    }

    /** The columns that every row needs, and no field gives. */
    List<Column> missing() {
        return table.columns().stream()
                .filter(column -> column.needed() && !of.containsValue(column))
                .toList();
    }

    private static double worth(SchemaTable table, Column column, Field field, Map<String, Set<String>> domains) {
        boolean leads = !column.table().isEmpty();
        if (field.times() != column.time() && field.present().findAny().isPresent()
                || column.number() && !(field.numbers() || field.truths() && column.truth() || leads)) {
            return 0;
        }
        double worth = byName(table, column, field);
        if (field.times()) {
            worth += SAME_THING + (column.name().startsWith("created") ? LEAST / 2 : 0);
        }
        if (leads
                && Words.of(field.name()).stream()
                        .anyMatch(
                                word -> Words.of(column.table()).stream().anyMatch(other -> Words.same(word, other)))) {
            worth += SAME_THING;
        }
        if (field.prose()) {
            worth += leads || column.time() ? -1 : PROSE.contains(column.name()) ? SAME_THING : LEAST / 2;
        } else if (PROSE.contains(column.name()) && field.name().isEmpty()) {
            worth -= SAME_THING;
        }
        return worth + byValues(table, column, field, domains);
    }

    private static double byName(SchemaTable table, Column column, Field field) {
        List<String> wanted = Words.of(column.name());
        if (field.name().isEmpty()) {
            double worth = BEFORE * Words.likeness(field.before(), wanted);
            for (Map.Entry<String, Set<String>> each : PREPOSITIONS.entrySet()) {
                if (!field.before().isEmpty()
                        && field.before().get(field.before().size() - 1).equals(each.getKey())
                        && wanted.stream().anyMatch(each.getValue()::contains)) {
                    worth += SAME_THING;
                }
            }
            return worth;
        }
        if (Words.key(field.name()).equals(Words.key(column.name()))) {
            return EXACT;
        }
        List<String> words = Words.of(field.name());
        List<String> own = words.stream()
                .filter(word -> Words.of(table.name()).stream().noneMatch(other -> Words.same(word, other)))
                .toList();
        return Math.max(
                Words.likeness(words, wanted),
                own.size() == words.size() ? 0 : SHORTENED * Words.likeness(own, wanted));
    }

    private static double byValues(SchemaTable table, Column column, Field field, Map<String, Set<String>> domains) {
        double worth = 0;
        Set<String> domain = domains.getOrDefault(column.domain(), Set.of());
        long all = field.present().count();
        if (!domain.isEmpty() && all > 0) {
            long known = field.present().filter(domain::contains).count();
            worth += known * 2 >= all ? SAME_THING : known == 0 ? -SAME_THING : 0;
        }
        if (field.name().isEmpty() && table.unique().contains(column.name()) && field.distinct()) {
            worth += LEAST
                    + (field.before().stream()
                                    .anyMatch(word ->
                                            Words.of(table.name()).stream().anyMatch(other -> Words.same(word, other)))
                            ? LEAST
                            : 0);
        }
        return worth;
    }
}
