package org.healingsqlite.salvage;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.healingsqlite.format.CellSearch;

/**
 * One b-tree of the database: what is expected of it, and what the walk found missing. Numbered from 1.
 */
final class Tree {

    private final int number;
    private final String name;
    private final int rootPage;
    private final boolean ofTable;
    private final CellSearch.Check check;
    private final List<Hole> holes = new ArrayList<>();
    private final BitSet damagedPages = new BitSet();
    private int pages;

    Tree(int number, String name, int rootPage, boolean ofTable, CellSearch.Check check) {
        this.number = number;
        this.name = name;
        this.rootPage = rootPage;
        this.ofTable = ofTable;
        this.check = check;
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

    /** Keyed by rowid; else an index or a table without rowid. */
    boolean ofTable() {
        return ofTable;
    }

    /** Whether a cell can be one of this tree. */
    CellSearch.Check check() {
        return check;
    }

    List<Hole> holes() {
        return holes;
    }

    /** Leaves of which some cells cannot be read. */
    BitSet damagedPages() {
        return damagedPages;
    }

    int pages() {
        return pages;
    }

    void countPage() {
        pages++;
    }
}
