package org.healingsqlite.salvage;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.healingsqlite.format.CellSearch;
import org.jspecify.annotations.Nullable;

/**
 * One b-tree of the database: what is expected of it, and what the walk found missing. Numbered from 1.
 */
final class Tree {

    /** A whole leaf whose last row is not the one its parent's key names: rows were deleted, or it belongs elsewhere. */
    record Misfit(int page, long above, long upTo, long first, long last) {}

    static final int MOST_ODD_LEAVES = 1000;
    private static final int MOST_SAMPLED = 16;

    /** A page that this tree names too, although another tree has it. */
    record Contest(int page, long above, long upTo) {}

    private final List<Misfit> misfits = new ArrayList<>();
    private final List<Misfit> gaps = new ArrayList<>();
    private final List<Contest> contests = new ArrayList<>();
    private final List<Integer> sample = new ArrayList<>();
    private int sampledEvery = 1;
    private int wholeLeaves;
    private @Nullable Misfit lastLeaf;
    private final int number;
    private final String name;
    private int rootPage;
    private final boolean ofTable;
    private final CellSearch.Check check;
    private final List<Hole> holes = new ArrayList<>();
    private final BitSet damagedPages = new BitSet();
    private final CellSearch.Check expected;
    private final @Nullable KeyOrder keyOrder;
    private int pages;
    private boolean unsoundPages;
    private int expectedLeaves;
    private final List<Misfit> oddLeaves = new ArrayList<>();

    Tree(int number, String name, int rootPage, boolean ofTable, CellSearch.Check check) {
        this(number, name, rootPage, ofTable, check, check, null);
    }

    /**
     * @param check whether a cell can be one of this tree
     * @param expected whether a cell is like most of this tree
     * @param keyOrder how the records of a tree without rowids are ordered; null if it is not known
     */
    Tree(
            int number,
            String name,
            int rootPage,
            boolean ofTable,
            CellSearch.Check check,
            CellSearch.Check expected,
            @Nullable KeyOrder keyOrder) {
        this.number = number;
        this.name = name;
        this.rootPage = rootPage;
        this.ofTable = ofTable;
        this.check = check;
        this.expected = expected;
        this.keyOrder = keyOrder;
    }

    int number() {
        return number;
    }

    String name() {
        return name;
    }

    int rootPage() {
        return rootPage;
    }

    /** Where the root is after all; what was found from the other page is forgotten. */
    void moveTo(int page) {
        rootPage = page;
        misfits.clear();
        gaps.clear();
        contests.clear();
        holes.clear();
        damagedPages.clear();
        oddLeaves.clear();
        sample.clear();
        sampledEvery = 1;
        wholeLeaves = 0;
        lastLeaf = null;
        pages = 0;
        unsoundPages = false;
        expectedLeaves = 0;
    }

    /** Whether the order of rowids says anything: those of the schema table are numbers that nobody asks for. */
    boolean rowidsMatter() {
        return number != SchemaSearch.SCHEMA_TREE;
    }

    /** Keyed by rowid; else an index or a table without rowid. */
    boolean ofTable() {
        return ofTable;
    }

    /** Whether a cell can be one of this tree. */
    CellSearch.Check check() {
        return check;
    }

    /** How the records of a tree without rowids are ordered; null if it is not known. */
    @Nullable
    KeyOrder keyOrder() {
        return keyOrder;
    }

    /** Whole leaves that begin later than right behind the one before, no more than a thousand of them: where rows lie dense, they may belong elsewhere. */
    List<Misfit> gaps() {
        return gaps;
    }

    /** The leaf with the highest rowids, where it is whole and begins right behind the one before; null if there is none. No key says where it ends. */
    @Nullable
    Misfit lastLeaf() {
        return lastLeaf;
    }

    void lastLeaf(Misfit leaf) {
        lastLeaf = leaf;
    }

    /** Some whole leaves from all over the tree, no more than 16. */
    List<Integer> sample() {
        return sample;
    }

    /** Notes a whole leaf with rows. */
    void wholeLeaf(int page) {
        if (wholeLeaves++ % sampledEvery == 0) {
            sample.add(page);
            if (sample.size() > MOST_SAMPLED) {
                for (int i = sample.size() - 1; i > 0; i -= 2) {
                    sample.remove(i - 1);
                }
                sampledEvery *= 2;
            }
        }
    }

    List<Contest> contests() {
        return contests;
    }

    List<Misfit> misfits() {
        return misfits;
    }

    CellSearch.Check expected() {
        return expected;
    }

    /** Whether a leaf whose cells are not what the columns are made for would stand out. */
    boolean oddStandsOut(int expectedForEachOdd) {
        return expectedLeaves > 0 && expectedLeaves >= expectedForEachOdd * oddLeaves.size();
    }

    void countExpectedLeaf() {
        expectedLeaves++;
    }

    /** Whether the walk found whole leaves with rows at their places. */
    boolean hasWholeLeaves() {
        return expectedLeaves > 0 || !oddLeaves.isEmpty();
    }

    /** Leaves with values that the columns are not made for; only the first thousand, for then they are not odd. */
    List<Misfit> oddLeaves() {
        return oddLeaves;
    }

    /** Whether nearly every leaf ends with the row that its parent's key names: rows were hardly ever deleted. */
    boolean isDense() {
        return misfits.size() <= 2 + pages / 10;
    }

    List<Hole> holes() {
        return holes;
    }

    /** Leaves of which some cells cannot be read. */
    BitSet damagedPages() {
        return damagedPages;
    }

    /** Whether some page of the tree could not be read to its last cell, or fails a checksum. */
    boolean hasUnsoundPages() {
        return unsoundPages;
    }

    void noteUnsoundPage() {
        unsoundPages = true;
    }

    int pages() {
        return pages;
    }

    void countPage() {
        pages++;
    }
}
