package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.SQLException;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.replication.Shipping;
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

    /** Work on a database's files. */
    interface Work<T> {
        T run() throws SQLException, IOException;
    }

    /** Does work that may write past the log: whoever ships it holds nothing meanwhile, and begins another history afterwards. */
    <T> T paused(Work<T> work) throws SQLException, IOException {
        Upkeep running = current;
        Shipping shipping = running == null ? null : running.replica().shipping();
        if (shipping == null) {
            return work.run();
        }
        try (Shipping.Pause ignored = shipping.pause()) {
            return work.run();
        }
    }

    /** What is there is forgotten: nobody brings it back from where it was shipped to. */
    void forget() {
        Upkeep running = current;
        Shipping shipping = running == null ? null : running.replica().shipping();
        if (shipping != null) {
            shipping.forget();
        }
    }

    /** What runs; null where nothing does. */
    @Nullable
    Upkeep current() {
        return current;
    }
}
