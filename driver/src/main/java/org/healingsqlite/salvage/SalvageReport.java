package org.healingsqlite.salvage;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.completeness.Verdict;
import org.healingsqlite.log.Printable;

/**
 * What a salvage brought back and what it did not.
 *
 * @param outcome the whole in one word
 * @param tables in the order of the schema
 * @param objects every schema object that was found or given
 * @param pages how many pages met which fate
 * @param facts what the files turned out to be, for people
 * @param lostAndFoundRows rows that no table could claim, kept in lost and found if one was named
 * @param tooLargeRows rows that were left out because they are larger than the memory at hand; they are lost rows only of the new database
 * @param verdict whether the rows are all there: proven, counted or unknown
 * @param forApplication statements that only the application can run, on a connection that knows its collations and functions: what they make or sort is left to it
 */
public record SalvageReport(
        Outcome outcome,
        List<TableReport> tables,
        List<ObjectReport> objects,
        Map<PageFate, Long> pages,
        List<String> facts,
        long lostAndFoundRows,
        long tooLargeRows,
        Verdict verdict,
        List<String> forApplication) {

    /** The whole in one word. */
    public enum Outcome {
        /** Every row and every object is there, and that is proven. */
        WHOLE,
        /** Some rows or objects are lost or in doubt, or nobody can know whether they are. */
        LOSSES,
        /** There was nothing to recover. */
        NOTHING
    }

    /** What became of a page. */
    public enum PageFate {
        /** In a tree, every cell accounted for. */
        SOUND,
        /** In a tree, some of it unreadable. */
        DAMAGED,
        /** Nothing led to it any more; a table could claim it. */
        REUNITED,
        /** Has rows; no table could claim it. */
        UNCLAIMED,
        /** Carries the rest of long values. */
        OVERFLOW,
        /** On the freelist: its rows were deleted. */
        FREE,
        /** A tree leads to it and it holds nothing that can be read there. */
        LOST,
        /** Nothing leads to it and it is no b-tree page: unused, or wiped. */
        UNUSED
    }

    /**
     * One table.
     *
     * @param recovered rows in the new database
     * @param lost rows known to be lost, those in doubt included; {@code completeness} says how many more it can be
     * @param lostKeys what is known of the first of them
     * @param doubtful rows not in the new database because a constraint or an index speaks against them
     * @param missingPages pages of the table that are gone
     * @param completeness whether its rows are all there
     * @param content whether their values are proven
     */
    public record TableReport(
            String name,
            long recovered,
            long lost,
            List<String> lostKeys,
            long doubtful,
            long missingPages,
            Completeness completeness,
            Content content) {

        public TableReport {
            lostKeys = List.copyOf(lostKeys);
        }

        /** The same, judged. */
        TableReport judged(Verdict.OfTable verdict) {
            List<String> keys = lostKeys;
            if (keys.isEmpty() && verdict.completeness() instanceof Completeness.AtLeast atLeast) {
                keys = atLeast.keys();
            }
            return new TableReport(
                    name,
                    recovered,
                    verdict.completeness().atLeast(),
                    keys,
                    doubtful,
                    missingPages,
                    verdict.completeness(),
                    verdict.content());
        }
    }

    /**
     * One schema object.
     *
     * @param type table, index, view or trigger
     * @param source where its statement was found
     * @param kept whether it is in the new database
     * @param problem why it is not there, or not as it was; empty if it is
     */
    public record ObjectReport(String type, String name, String source, boolean kept, Optional<String> problem) {
        /** Whether it is an index that only the application can make: nothing of the rows is lost with it. */
        public boolean isLeftToApplication() {
            return problem.filter(NewDatabase::isForApplication).isPresent();
        }
    }

    public SalvageReport {
        tables = List.copyOf(tables);
        objects = List.copyOf(objects);
        pages = Map.copyOf(pages);
        facts = List.copyOf(facts);
        forApplication = List.copyOf(forApplication);
    }

    /** Rows in the new database. */
    public long recoveredRows() {
        return tables.stream().mapToLong(TableReport::recovered).sum();
    }

    /** Rows known to be lost. */
    public long lostRows() {
        return completeness().atLeast();
    }

    /** Whether the rows are all there. */
    public Completeness completeness() {
        return verdict.completeness();
    }

    /** Whether the values are proven. */
    public Content content() {
        return verdict.content();
    }

    /** The report with what was judged of the new content. */
    SalvageReport judged(Verdict judged, boolean objectsWhole) {
        Map<String, Verdict.OfTable> said = new HashMap<>();
        judged.tables().forEach(table -> said.put(table.name().toLowerCase(Locale.ROOT), table));
        List<TableReport> all = new ArrayList<>();
        for (TableReport table : tables) {
            Verdict.OfTable verdict = said.remove(table.name().toLowerCase(Locale.ROOT));
            all.add(verdict == null ? table : table.judged(verdict));
        }
        // Tables that the damaged file has and the new content has not.
        said.values().stream()
                .filter(table -> !table.completeness().isWhole())
                .map(table -> new TableReport(
                                table.name(), 0, 0, List.of(), 0, 0, table.completeness(), table.content())
                        .judged(table))
                .forEach(all::add);
        List<String> everything = new ArrayList<>(facts);
        everything.addAll(judged.facts());
        Outcome word = outcome == Outcome.NOTHING
                ? Outcome.NOTHING
                : judged.completeness().isWhole() && objectsWhole ? Outcome.WHOLE : Outcome.LOSSES;
        return new SalvageReport(
                word, all, objects, pages, everything, lostAndFoundRows, tooLargeRows, judged, forApplication);
    }

    /** The report for programs. */
    public String toJson() {
        StringBuilder json = new StringBuilder("{\n  \"outcome\": ");
        text(json, outcome.name().toLowerCase(Locale.ROOT));
        json.append(",\n  \"recoveredRows\": ").append(recoveredRows());
        json.append(",\n  \"lostRows\": ").append(lostRows());
        json.append(",\n  \"completeness\": ");
        completeness(json, completeness());
        json.append(",\n  \"content\": ");
        text(json, content().name().toLowerCase(Locale.ROOT));
        json.append(",\n  \"lostAndFoundRows\": ").append(lostAndFoundRows);
        json.append(",\n  \"tables\": [");
        String separator = "\n";
        for (TableReport table : tables) {
            json.append(separator).append("    {\"name\": ");
            text(json, table.name());
            json.append(", \"recovered\": ").append(table.recovered());
            json.append(", \"lost\": ").append(table.lost());
            json.append(", \"doubtful\": ").append(table.doubtful());
            json.append(", \"missingPages\": ").append(table.missingPages());
            json.append(", \"lostKeys\": ");
            texts(json, table.lostKeys());
            json.append(", \"completeness\": ");
            completeness(json, table.completeness());
            json.append(", \"content\": ");
            text(json, table.content().name().toLowerCase(Locale.ROOT));
            json.append('}');
            separator = ",\n";
        }
        json.append("\n  ],\n  \"objects\": [");
        separator = "\n";
        for (ObjectReport object : objects) {
            json.append(separator).append("    {\"type\": ");
            text(json, object.type());
            json.append(", \"name\": ");
            text(json, object.name());
            json.append(", \"source\": ");
            text(json, object.source());
            json.append(", \"kept\": ").append(object.kept());
            if (object.problem().isPresent()) {
                json.append(", \"problem\": ");
                text(json, object.problem().get());
            }
            json.append('}');
            separator = ",\n";
        }
        json.append("\n  ],\n  \"pages\": {");
        separator = "";
        for (PageFate fate : PageFate.values()) {
            json.append(separator);
            text(json, fate.name().toLowerCase(Locale.ROOT));
            json.append(": ").append(pages.getOrDefault(fate, 0L));
            separator = ", ";
        }
        json.append("},\n  \"facts\": ");
        texts(json, facts);
        json.append(",\n  \"forApplication\": ");
        texts(json, forApplication);
        return json.append("\n}\n").toString();
    }

    /** What is known: in one word, and as bounds, of which the upper one is null where there is none. */
    private static void completeness(StringBuilder json, Completeness completeness) {
        json.append("{\"is\": ");
        text(
                json,
                completeness.isWhole()
                        ? "whole"
                        : completeness instanceof Completeness.AtLeast ? "at-least" : "unknown");
        json.append(", \"atLeast\": ").append(completeness.atLeast()).append(", \"atMost\": ");
        json.append(completeness.atMost().isPresent() ? completeness.atMost().getAsLong() : "null");
        if (completeness instanceof Completeness.Unknown unknown) {
            json.append(", \"where\": ");
            text(json, unknown.where());
        }
        json.append('}');
    }

    private static void texts(StringBuilder json, List<String> values) {
        json.append('[');
        String separator = "";
        for (String value : values) {
            json.append(separator);
            text(json, value);
            separator = ", ";
        }
        json.append(']');
    }

    private static void text(StringBuilder json, String value) {
        json.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (!Printable.isSafe(c)) {
                json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }

    /** The report for people. */
    public String toText() {
        StringBuilder text = new StringBuilder();
        text.append(
                switch (outcome) {
                    case WHOLE -> "Recovered whole";
                    case LOSSES ->
                        completeness() instanceof Completeness.Unknown
                                ? "Recovered, and it is not known whether rows are lost"
                                : "Recovered with losses";
                    case NOTHING -> "Nothing to recover";
                });
        text.append(": ")
                .append(recoveredRows())
                .append(" rows in ")
                .append(tables.size())
                .append(" tables");
        if (lostRows() > 0) {
            text.append(", ").append(lostRows()).append(" rows known lost");
        }
        if (lostAndFoundRows > 0) {
            text.append(", ").append(lostAndFoundRows).append(" rows in lost and found");
        }
        text.append(".\n");
        if (verdict.elsewhere() instanceof Completeness.Unknown unknown) {
            text.append("  ").append(Printable.of(unknown.toString())).append('\n');
        }
        for (TableReport table : tables) {
            text.append("  ")
                    .append(Printable.of(table.name()))
                    .append(": ")
                    .append(table.recovered())
                    .append(" rows");
            if (table.completeness() instanceof Completeness.AtLeast lost) {
                text.append(", ").append(table.lost()).append(" known lost");
                if (lost.atMost().isEmpty()) {
                    text.append(", perhaps more");
                } else if (lost.atMost().getAsLong() > table.lost()) {
                    text.append(", at most ").append(lost.atMost().getAsLong());
                }
            } else if (!table.completeness().isWhole()) {
                text.append(", ").append(Printable.of(table.completeness().toString()));
            }
            if (table.doubtful() > 0) {
                text.append(", ").append(table.doubtful()).append(" in doubt");
            }
            if (table.missingPages() > 0) {
                text.append(", ").append(table.missingPages()).append(" pages missing");
            }
            text.append('\n');
            for (String key : table.lostKeys()) {
                text.append("    lost: ").append(Printable.of(key)).append('\n');
            }
            long more = table.lost() - table.lostKeys().size();
            if (more > 0 && !table.lostKeys().isEmpty()) {
                text.append("    lost: and ").append(more).append(" more\n");
            }
        }
        for (ObjectReport object : objects) {
            if (object.problem().isPresent() || !object.source().equals(SchemaObject.Origin.SCHEMA_TABLE.toString())) {
                text.append("  ")
                        .append(Printable.of(object.type()))
                        .append(' ')
                        .append(Printable.of(object.name()));
                text.append(" from ").append(object.source());
                object.problem()
                        .ifPresent(problem -> text.append(object.kept() ? ": " : ", not kept: ")
                                .append(Printable.of(problem)));
                text.append('\n');
            }
        }
        if (content() == Content.UNVERIFIED) {
            text.append("  values are as they were found: SQLite keeps no checksums that would prove them\n");
        }
        for (String fact : facts) {
            text.append("  ").append(Printable.of(fact)).append('\n');
        }
        if (!forApplication.isEmpty()) {
            text.append("  left to the application, on a connection with its own collations and functions:\n");
        }
        for (String statement : forApplication) {
            text.append("    ").append(Printable.of(statement)).append(";\n");
        }
        text.append("  pages:");
        for (PageFate fate : PageFate.values()) {
            long count = pages.getOrDefault(fate, 0L);
            if (count > 0) {
                text.append(' ').append(count).append(' ').append(fate.name().toLowerCase(Locale.ROOT));
            }
        }
        return text.append('\n').toString();
    }

    static final class Builder {
        private final List<TableReport> tables = new ArrayList<>();
        private final List<ObjectReport> objects = new ArrayList<>();
        private final Set<ObjectReport> leftOut = new HashSet<>();
        private final Map<PageFate, Long> pages = new EnumMap<>(PageFate.class);
        private final List<String> facts = new ArrayList<>();
        private final List<String> forApplication = new ArrayList<>();
        private long lostAndFoundRows;
        private long tooLargeRows;
        private boolean damaged;
        private boolean doubtful;
        private Completeness unjudged = Completeness.whole();

        void table(TableReport table) {
            tables.add(table);
        }

        void object(SchemaObject object, Optional<String> problem) {
            Optional<String> told = problem.isPresent() ? problem : notAsItWas(object.origin());
            objects.add(new ObjectReport(
                    object.type().name().toLowerCase(Locale.ROOT),
                    object.name(),
                    object.origin().toString(),
                    problem.isEmpty(),
                    told));
        }

        private static Optional<String> notAsItWas(SchemaObject.Origin origin) {
            return switch (origin) {
                case WITHOUT_FUNCTIONS -> Optional.of("constraints, defaults or generated columns of it are left out");
                case MENDED -> Optional.of("its statement was damaged, and is what its rows fit");
                case SCHEMA_TABLE, STRAY_PAGE, OLDER_COPY, MODULE, GIVEN -> Optional.empty();
            };
        }

        /** An index that cannot be had here: rows break what it demands, or only the application can sort it. No row is lost with it. */
        void leftOut(SchemaObject index, String reason) {
            object(index, Optional.of(reason));
            leftOut.add(objects.get(objects.size() - 1));
        }

        /** Whether every object that is known of is there, and nothing is in doubt. */
        boolean objectsWhole() {
            return lostAndFoundRows == 0 && !doubtful && objects.stream().noneMatch(this::isLost);
        }

        boolean damaged() {
            return damaged || objects.stream().anyMatch(this::isLost);
        }

        private boolean isLost(ObjectReport object) {
            return object.problem().isPresent() && !leftOut.contains(object);
        }

        void pages(PageFate fate, long count) {
            pages.merge(fate, count, Long::sum);
        }

        /** Tells something about the files. */
        void fact(String fact) {
            facts.add(fact);
        }

        /** Names a statement that only the application can run. */
        void forApplication(String statement) {
            forApplication.add(statement);
        }

        /** Tells of values that may not be the last ones: no row is lost with it. */
        void doubt(String fact) {
            damage(fact);
            doubtful = true;
        }

        /** Tells of rows, or parts of rows, that are lost and that nobody counts: those of virtual tables, which nobody else can judge. */
        void unknown(String fact) {
            damage(fact);
            unjudged = unjudged.and(Completeness.unknown(fact));
        }

        /** What is known of rows that only this can tell of. */
        Completeness unjudged() {
            return unjudged;
        }

        /** Tells of damage that may have cost rows nobody can count. */
        void damage(String fact) {
            facts.add(fact);
            damaged = true;
        }

        void tooLarge(long rows) {
            tooLargeRows = rows;
            if (rows > 0) {
                damage(
                        rows
                                + " rows are larger than the memory at hand and were left out: more of it (-Xmx) brings them back");
            }
        }

        void lostAndFound(long rows) {
            lostAndFoundRows = rows;
        }

        SalvageReport build() {
            long rows = tables.stream().mapToLong(TableReport::recovered).sum();
            boolean nothing = damaged && rows == 0 && lostAndFoundRows == 0 && objects.isEmpty();
            Outcome outcome = nothing ? Outcome.NOTHING : Outcome.LOSSES;
            return new SalvageReport(
                    outcome,
                    tables,
                    objects,
                    pages,
                    facts,
                    lostAndFoundRows,
                    tooLargeRows,
                    Verdict.unknown("not judged"),
                    forApplication);
        }
    }
}
