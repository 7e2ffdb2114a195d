package org.healingsqlite.archive;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.healingsqlite.api.Experimental;

/**
 * What an import brought into the database, and what not.
 *
 * @param tables by name, in the order in which the archive first has rows for them
 * @param problems the first {@value #KEPT_PROBLEMS}, in the order they were met, and those of row counts
 * @param problemCount all of them
 * @param danglingReferences rows of the whole database that break a foreign key afterwards
 * @param rowCounts what the archive's files hold of each table, and what is in the database afterwards; by table. A log of changes that goes on from
 *     there is written after the comparison
 */
@Experimental
public record ImportReport(
        Map<String, TableCounts> tables,
        List<Problem> problems,
        long problemCount,
        long danglingReferences,
        Map<String, RowCount> rowCounts) {
    static final int KEPT_PROBLEMS = 1000;

    public ImportReport {
        tables = Collections.unmodifiableMap(new LinkedHashMap<>(tables));
        problems = List.copyOf(problems);
        rowCounts = Collections.unmodifiableMap(new LinkedHashMap<>(rowCounts));
    }

    /**
     * What became of the archive's rows of one table.
     *
     * @param inserted rows that are new in the database
     * @param duplicates rows that were there already with the same values
     * @param kept conflicts in which the row that was there stayed
     * @param replaced conflicts in which the archive's row was taken
     * @param completed rows that had been created from being mentioned, and now have their values
     * @param mentioned rows created because others refer to them
     * @param refused rows that a constraint of the schema refuses
     */
    public record TableCounts(
            long inserted, long duplicates, long kept, long replaced, long completed, long mentioned, long refused) {
        static final TableCounts NONE = new TableCounts(0, 0, 0, 0, 0, 0, 0);

        /** Rows whose values contradicted those that were there. */
        public long conflicts() {
            return kept + replaced;
        }
    }

    /** What an archive row became. */
    enum Fate {
        INSERTED,
        DUPLICATE,
        KEPT,
        REPLACED,
        COMPLETED,
        MENTIONED,
        REFUSED
    }

    /** What became of the archive's rows of a table, by the schema's name for it. */
    public TableCounts table(String name) {
        return tables.getOrDefault(name, TableCounts.NONE);
    }

    /** Whether every row of the archive is in the database as the archive has it, or a salvaged one in its place. */
    public boolean complete() {
        return problemCount == 0;
    }

    /** Whether every table has as many rows as the archive and the report explain, and the archive as many as its manifest promises. */
    public boolean countsAgree() {
        return rowCounts.values().stream().allMatch(RowCount::agrees)
                && problems.stream().noneMatch(Problem::counts);
    }

    /** This report and further problems. */
    ImportReport with(List<Problem> further) {
        List<Problem> all = new ArrayList<>(problems);
        all.addAll(further);
        return new ImportReport(
                tables,
                all.subList(0, Math.min(all.size(), Math.max(problems.size(), KEPT_PROBLEMS))),
                problemCount + further.size(),
                danglingReferences,
                rowCounts);
    }

    /** Rows that are new in the database, mentioned ones included. */
    public long insertedRows() {
        return tables.values().stream()
                .mapToLong(counts -> counts.inserted() + counts.mentioned())
                .sum();
    }

    /** Conflicts in all tables. */
    public long conflicts() {
        return tables.values().stream().mapToLong(TableCounts::conflicts).sum();
    }

    /** The report for people. */
    public String toText() {
        StringBuilder text = new StringBuilder();
        text.append("Imported ").append(insertedRows()).append(" rows, ");
        text.append(conflicts()).append(" conflicts, ").append(problemCount).append(" problems.\n");
        tables.forEach((name, counts) -> {
            text.append("  ")
                    .append(name)
                    .append(": ")
                    .append(counts.inserted())
                    .append(" inserted");
            count(text, counts.duplicates(), "there already");
            count(text, counts.kept(), "conflicts kept as they were");
            count(text, counts.replaced(), "conflicts replaced");
            count(text, counts.completed(), "completed");
            count(text, counts.mentioned(), "created from being mentioned");
            count(text, counts.refused(), "refused");
            text.append('\n');
        });
        problems.forEach(problem -> text.append("  ").append(problem).append('\n'));
        if (problemCount > problems.size()) {
            text.append("  and ").append(problemCount - problems.size()).append(" more\n");
        }
        if (danglingReferences > 0) {
            text.append("  ").append(danglingReferences).append(" rows break a foreign key\n");
        }
        return text.toString();
    }

    private static void count(StringBuilder text, long count, String what) {
        if (count > 0) {
            text.append(", ").append(count).append(' ').append(what);
        }
    }

    static final class Builder {
        private final Map<String, Map<Fate, Long>> fates = new LinkedHashMap<>();
        private final List<Problem> problems = new ArrayList<>();
        private long problemCount;
        private long rows;

        void count(String table, Fate fate) {
            rows++;
            fates.computeIfAbsent(table, name -> new EnumMap<>(Fate.class)).merge(fate, 1L, Long::sum);
        }

        void problem(Problem problem) {
            problemCount++;
            if (problems.size() < KEPT_PROBLEMS || problem.counts()) {
                problems.add(problem);
            }
        }

        /** Archive rows seen so far. */
        long rows() {
            return rows;
        }

        ImportReport build(long danglingReferences, Map<String, RowCount> rowCounts) {
            Map<String, TableCounts> tables = new LinkedHashMap<>();
            fates.forEach((name, counts) -> tables.put(
                    name,
                    new TableCounts(
                            counts.getOrDefault(Fate.INSERTED, 0L),
                            counts.getOrDefault(Fate.DUPLICATE, 0L),
                            counts.getOrDefault(Fate.KEPT, 0L),
                            counts.getOrDefault(Fate.REPLACED, 0L),
                            counts.getOrDefault(Fate.COMPLETED, 0L),
                            counts.getOrDefault(Fate.MENTIONED, 0L),
                            counts.getOrDefault(Fate.REFUSED, 0L))));
            return new ImportReport(tables, problems, problemCount, danglingReferences, rowCounts);
        }
    }
}
