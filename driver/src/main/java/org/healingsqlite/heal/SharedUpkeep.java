package org.healingsqlite.heal;

import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.jspecify.annotations.Nullable;

/** The one upkeep that the connections of a database share. Thread-safe. */
@Internal
public final class SharedUpkeep {
    private final DatabaseFile file;
    private volatile @Nullable Upkeep current;

    SharedUpkeep(DatabaseFile file) {
        this.file = file;
    }

    /** The upkeep that a connection's settings ask for, begun now if it is the first; the caller leaves it. Null where they ask for none. */
    public synchronized @Nullable Upkeep use(HealingSettings settings) {
        Upkeep running = current;
        if (running == null || !running.use()) {
            if (running != null) {
                running.awaitEnd();
            }
            running = Upkeep.of(file, settings);
            current = running;
            if (running != null) {
                running.use();
                running.begin();
            }
        }
        return running;
    }

    /** What runs; null where nothing does. */
    @Nullable
    Upkeep current() {
        return current;
    }
}
