package org.healingsqlite.heal;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How much memory is taken by what is known of the schemas of databases that nobody has open: where it is more than the budget, what was used longest ago is forgotten, and seen
 * again when it is opened again. Thread-safe.
 */
final class KnowledgeBudget {
    /** A schema of 500 tables takes about 0.3 MB: more than 200 of them are known then. */
    private static final long MOST_BYTES = 64L << 20;

    /** Of a heap that is smaller than that needs. */
    private static final int SHARE_OF_HEAP = 8;

    private static final KnowledgeBudget INSTANCE = new KnowledgeBudget(ofThisJvm());

    /** A database. */
    interface Holder {
        /** Whether no connection has it open, or is about to. */
        boolean isUnused();

        /** About how much memory is taken by what is known of its schema. */
        long knownBytes();

        /** Forgets that, unless it is in use: who opens it looks at it anew. */
        void dropUnused();
    }

    private final long budgetBytes;

    /** What nobody has open, and how much is known of it; used longest ago first. Guarded by itself, as is the sum. */
    private final Map<Holder, Long> unused = new LinkedHashMap<>();

    private long unusedBytes;

    KnowledgeBudget(long budgetBytes) {
        this.budgetBytes = budgetBytes;
    }

    static KnowledgeBudget instance() {
        return INSTANCE;
    }

    /** The budget of this JVM: 64 MiB, or an eighth of a heap that is smaller than 512 MiB. */
    static long ofThisJvm() {
        return Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
    }

    /** Perhaps nobody has it open any more. */
    void left(Holder database) {
        if (!database.isUnused()) {
            return;
        }
        long bytes = database.knownBytes();
        List<Holder> tooMany = new ArrayList<>(0);
        synchronized (unused) {
            forget(database);
            unused.put(database, bytes);
            unusedBytes += bytes;
            Iterator<Map.Entry<Holder, Long>> oldestFirst = unused.entrySet().iterator();
            while (unusedBytes > budgetBytes && oldestFirst.hasNext()) {
                Map.Entry<Holder, Long> oldest = oldestFirst.next();
                oldestFirst.remove();
                unusedBytes -= oldest.getValue();
                tooMany.add(oldest.getKey());
            }
        }
        // One that is open again is counted when it is closed.
        tooMany.forEach(Holder::dropUnused);
    }

    /** It is not among them any more. */
    void forget(Holder database) {
        synchronized (unused) {
            Long bytes = unused.remove(database);
            unusedBytes -= bytes == null ? 0 : bytes;
        }
    }

    /** How much is known of what nobody has open. */
    long sizeBytes() {
        synchronized (unused) {
            return unusedBytes;
        }
    }
}
