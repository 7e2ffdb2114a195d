package org.healingsqlite.heal;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.SideDirectory.Standing;
import org.healingsqlite.log.Log;

/**
 * Whether the side directory may be used. Where it may not, nothing is healed, since evidence, lock and journal would lie in somebody else's hands; that is told once.
 * Thread-safe.
 */
final class SideTrust {
    private static final Log LOG = Log.of(SideTrust.class);

    private final DatabaseFile file;
    private final AtomicBoolean told = new AtomicBoolean();

    SideTrust(DatabaseFile file) {
        this.file = file;
    }

    /** Why it may not be used; empty where it may, or where there is none yet. Looks each time: it may have come, or have been put right, since. */
    Optional<String> hindrance() {
        if (!(file.side().standing() instanceof Standing.NotOurs not)) {
            return Optional.empty();
        }
        if (told.compareAndSet(false, true)) {
            LOG.warn(
                    "{}: nothing is healed, because the side directory is not this database's own: {}. Nothing in it is believed or changed. To have the"
                            + " database healed again: look at what is in {}, then remove it, or give it to the database's owner with mode 700",
                    file.main(),
                    not.why(),
                    file.side().path());
        }
        return Optional.of("the side directory is not this database's own: " + not.why());
    }

    /** Whether a connection with these settings may have the database healed: where it is asked for, and the side directory may be used. */
    boolean heals(HealingSettings settings) {
        return settings.mode() == Mode.HEAL && isUsable();
    }

    boolean isUsable() {
        return hindrance().isEmpty();
    }
}
