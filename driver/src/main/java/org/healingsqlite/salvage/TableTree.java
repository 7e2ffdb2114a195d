package org.healingsqlite.salvage;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A table with its tree, the stray pages given to it, and what became of its rows. */
final class TableTree {

    /**
     * A page that nothing leads to any more, given to a table.
     *
     * @param first rowid of its first row; 0 in tables without rowid
     */
    record Stray(int page, int versionIndex, long first, long last, Hole hole) {}

    private final SchemaObject object;
    private final Tree tree;
    private final @Nullable TableShape shape;
    private final List<Stray> strays = new ArrayList<>();

    TableTree(SchemaObject object, Tree tree, @Nullable TableShape shape) {
        this.object = object;
        this.tree = tree;
        this.shape = shape;
    }

    SchemaObject object() {
        return object;
    }

    Tree tree() {
        return tree;
    }

    /** Null if the statement that made the table is damaged. */
    @Nullable
    TableShape shape() {
        return shape;
    }

    List<Stray> strays() {
        return strays;
    }

    /** Whether rows may be somewhere else than where the tree leads. */
    boolean hasHoles() {
        return !tree.holes().isEmpty();
    }

    /** The hole that a page with these rowids could have come from; null if the place of all of them is known. */
    @Nullable
    Hole holeFor(int page, long first, long last) {
        for (Hole hole : tree.holes()) {
            if (hole.contains(first, last) && (!hole.dead() || hole.page() == page)) {
                return hole;
            }
        }
        return null;
    }
}
