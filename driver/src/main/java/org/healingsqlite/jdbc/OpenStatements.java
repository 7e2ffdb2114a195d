package org.healingsqlite.jdbc;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * The statements of one connection that are not closed yet, for the healer, which may have to end their results. Weak, for those who never close.
 * On the healthy path: adding costs one reference and one uncontended lock, closing clears the reference. Thread-safe.
 */
final class OpenStatements<T> {
    private static final int FEWEST_BEFORE_PRUNING = 64;

    private final List<WeakReference<T>> references = new ArrayList<>();
    private int pruneAt = FEWEST_BEFORE_PRUNING;

    /** Adds one; the statement clears what is returned when it is closed. */
    synchronized WeakReference<T> add(T statement) {
        if (references.size() >= pruneAt) {
            references.removeIf(reference -> reference.refersTo(null));
            pruneAt = Math.max(FEWEST_BEFORE_PRUNING, 2 * references.size());
        }
        WeakReference<T> reference = new WeakReference<>(statement);
        references.add(reference);
        return reference;
    }

    /** Those that are open now. */
    synchronized List<T> all() {
        List<T> open = new ArrayList<>();
        for (WeakReference<T> reference : references) {
            T statement = reference.get();
            if (statement != null) {
                open.add(statement);
            }
        }
        return open;
    }
}
