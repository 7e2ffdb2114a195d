package org.healingsqlite.heal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.healingsqlite.schema.NamedChanges;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.schema.SqlStatement.Removal;

/** Objects and columns that are not missed, because the application has taken them away, by the key of their object. Not thread-safe. */
final class Removals {
    private final Map<String, Set<Removal>> byObject = new LinkedHashMap<>();

    void add(Removal removal) {
        byObject.computeIfAbsent(SchemaObject.key(removal.object()), name -> new LinkedHashSet<>())
                .add(removal);
    }

    List<Removal> all() {
        List<Removal> all = new ArrayList<>();
        byObject.values().forEach(all::addAll);
        return all;
    }

    /** What did not last counts for nothing. */
    void forget(Predicate<Removal> isThere) {
        forget(List.copyOf(byObject.keySet()), isThere);
    }

    /** As {@link #forget(Predicate)}, for the objects that some statements have changed. */
    void forget(NamedChanges of, Predicate<Removal> isThere) {
        forget(of.keys(), isThere);
    }

    private void forget(Collection<String> keys, Predicate<Removal> isThere) {
        for (String key : keys) {
            byObject.computeIfPresent(key, (name, removals) -> {
                removals.removeIf(isThere);
                return removals.isEmpty() ? null : removals;
            });
        }
    }
}
