package org.healingsqlite.testkit.damage;

import java.util.ArrayList;
import java.util.List;

/** Counts of one or of many comparisons. Mutable; scores add up. */
public final class Score {

    long cases;
    long rows;
    long findable;
    long found;
    long nameless;
    long namelessFound;
    long altered;
    long foreign;
    long invented;
    long tainted;
    long exchanged;
    long ghosts;
    long excusedGhosts;
    long objects;
    long objectsKept;
    long broken;
    final List<String> notes = new ArrayList<>();

    /** Rows that have a whole copy, and whose table's statement has one. */
    public long findable() {
        return findable;
    }

    /** Those of them that came back, in their table, with every value. */
    public long found() {
        return found;
    }

    /** Whole rows that came back with other values. */
    public long altered() {
        return altered;
    }

    /** Rows that came back in another table. */
    public long foreign() {
        return foreign;
    }

    /** Rows that never were, and no damaged value explains them. */
    public long invented() {
        return invented;
    }

    /**
     * Whole rows of another table that lie where this table's were, on a page that was exchanged with one like it: same columns, same first and same last
     * key. No byte of the file is wrong then, but the place.
     */
    public long exchanged() {
        return exchanged;
    }

    /**
     * Rows with damaged values: the damage hit the bytes of this very row, and no other copy of it is whole.
     */
    public long tainted() {
        return tainted;
    }

    /** Deleted rows and older versions that came back although the newer state is on disk. */
    public long ghosts() {
        return ghosts;
    }

    /** Outputs that cannot be opened or fail their integrity check. */
    public long broken() {
        return broken;
    }

    /** What to look at, one line each. */
    public List<String> notes() {
        return notes;
    }

    /** Found of findable; 1 if there was nothing to find. */
    public double recall() {
        return findable == 0 ? 1 : (double) found / findable;
    }

    /** Kept of the schema objects with intact text; 1 if there were none. */
    public double schemaRecall() {
        return objects == 0 ? 1 : (double) objectsKept / objects;
    }

    void note(String note) {
        if (notes.size() < 40) {
            notes.add(note);
        }
    }

    public void add(Score other) {
        cases += other.cases;
        rows += other.rows;
        findable += other.findable;
        found += other.found;
        nameless += other.nameless;
        namelessFound += other.namelessFound;
        altered += other.altered;
        foreign += other.foreign;
        invented += other.invented;
        tainted += other.tainted;
        exchanged += other.exchanged;
        ghosts += other.ghosts;
        excusedGhosts += other.excusedGhosts;
        objects += other.objects;
        objectsKept += other.objectsKept;
        broken += other.broken;
        other.notes.forEach(this::note);
    }

    static String heading() {
        return String.format(
                "%-28s %5s %8s %8s %7s %7s %15s %5s %5s %5s %5s %5s %11s %7s %5s",
                "",
                "cases",
                "rows",
                "findable",
                "found",
                "of it",
                "nameless",
                "alter",
                "forgn",
                "inven",
                "exchg",
                "taint",
                "ghosts",
                "schema",
                "broken");
    }

    String line(String name) {
        return String.format(
                "%-28s %5d %8d %8d %7d %6.2f%% %7d/%7d %5d %5d %5d %5d %5d %5d/%5d %6.2f%% %5d",
                name,
                cases,
                rows,
                findable,
                found,
                100 * recall(),
                namelessFound,
                nameless,
                altered,
                foreign,
                invented,
                exchanged,
                tainted,
                ghosts,
                excusedGhosts,
                100 * schemaRecall(),
                broken);
    }
}
