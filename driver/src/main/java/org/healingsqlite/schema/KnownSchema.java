package org.healingsqlite.schema;

import java.util.Map;
import org.healingsqlite.api.Internal;
import org.healingsqlite.schema.NamedChanges.Named;
import org.healingsqlite.schema.NamedChanges.Verb;

/**
 * What is known of a schema: all of it as it was seen once, and what was looked at by name since. Both are put together when somebody asks, or when there is as much of
 * the second that this costs little for each: so what a change costs does not depend on how large the schema is. Not thread-safe.
 */
@Internal
public final class KnownSchema {
    /** So many looks at least are worth putting together. */
    private static final int FEWEST_LOOKS = 64;

    /** An object that was looked at by name, with its columns. */
    private static final int BYTES_OF_A_LOOK = 1_000;

    private ExpectedSchema whole = ExpectedSchema.NONE;
    private NamedLook.Sum later = new NamedLook.Sum();

    /** About how much memory the first of them takes; below 0 where nobody has counted. */
    private long wholeBytes = -1;

    /** All that is known. */
    public ExpectedSchema now() {
        if (!later.isNothing()) {
            whole = whole.with(later);
            wholeBytes = -1;
            later = new NamedLook.Sum();
        }
        return whole;
    }

    /** How many objects there are, at most. */
    public int size() {
        return whole.snapshot().objects().size() + later.size();
    }

    /** About how much memory it takes; counted once, as long as it stays the same. */
    public long sizeBytes() {
        if (wholeBytes < 0) {
            wholeBytes = whole.sizeBytes();
        }
        return wholeBytes + (long) BYTES_OF_A_LOOK * later.size();
    }

    /** From now on this is known. */
    public void set(ExpectedSchema seen) {
        whole = seen;
        wholeBytes = -1;
        later = new NamedLook.Sum();
    }

    /**
     * Whether a look at some objects tells all that has become of the schema: each of the statements has had an effect on what was known.
     *
     * @param before the counter at which it was known
     */
    public boolean isAllThatChanged(NamedLook look, long before) {
        return look.version() == before
                || look.version() - before == look.changes().statements()
                        && look.changes().last().entrySet().stream().allMatch(change -> hadEffect(look, change));
    }

    private boolean hadEffect(NamedLook look, Map.Entry<Named, Verb> change) {
        return switch (change.getValue()) {
            case PASSED -> true;
            case DROPPED -> has(change.getKey());
            case CREATED -> look.changes().isCertain() || !has(change.getKey());
        };
    }

    /** Adds what a look has found, where that {@link #isAllThatChanged}. */
    public void add(NamedLook look) {
        later.add(look);
        if (later.size() >= Math.max(FEWEST_LOOKS, whole.snapshot().objects().size() / 4)) {
            now();
        }
    }

    /** Whether an object of a name, of any type, is known. */
    public boolean has(String name) {
        for (SchemaObject.Type type : SchemaObject.Type.values()) {
            if (has(new Named(type, SchemaObject.key(name)))) {
                return true;
            }
        }
        return false;
    }

    private boolean has(Named named) {
        return later.has(named)
                .orElseGet(
                        () -> whole.snapshot().object(named.type(), named.key()).isPresent());
    }
}
