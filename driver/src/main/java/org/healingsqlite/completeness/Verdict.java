package org.healingsqlite.completeness;

import java.util.List;

/**
 * What the judge says of new content.
 *
 * @param tables every table that the damaged files or the new content know of
 * @param elsewhere what may be lost that no table can be named for
 * @param facts what the files turned out to be, for a reader
 */
public record Verdict(List<OfTable> tables, Completeness elsewhere, List<String> facts) {

    /**
     * What is said of one table.
     *
     * @param extra rows of the new content that no page of the damaged files has; not invented where an index or an older page had them
     */
    public record OfTable(String name, Completeness completeness, Content content, long extra) {}

    public Verdict {
        tables = List.copyOf(tables);
        facts = List.copyOf(facts);
    }

    /** Of everything together. */
    public Completeness completeness() {
        Completeness all = elsewhere;
        for (OfTable table : tables) {
            all = all.and(table.completeness());
        }
        return all;
    }

    /** Of everything together: verified only where every table is. */
    public Content content() {
        return tables.stream().map(OfTable::content).reduce(Content.VERIFIED, Content::and);
    }

    /** The same, with something that may be lost beside what was judged. */
    public Verdict and(Completeness more) {
        return new Verdict(tables, elsewhere.and(more), facts);
    }

    /** Nothing could be judged. */
    public static Verdict unknown(String why) {
        return new Verdict(List.of(), Completeness.unknown(why), List.of());
    }
}
