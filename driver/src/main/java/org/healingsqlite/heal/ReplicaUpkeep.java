package org.healingsqlite.heal;

import java.time.Duration;
import java.util.Optional;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.replication.ReplicaSettings;
import org.healingsqlite.replication.Replicas;
import org.healingsqlite.replication.Shipping;
import org.jspecify.annotations.Nullable;

/** The shipping of one database while it is in use. Thread-safe. */
@Internal
public final class ReplicaUpkeep {
    /** For the largest commit, and the whole database where a history begins. */
    private static final Duration LONGEST_SHIPPING = Duration.ofSeconds(30);

    private final Optional<ReplicaSettings> settings;
    private volatile @Nullable Shipping shipping;

    ReplicaUpkeep(Optional<ReplicaSettings> settings) {
        this.settings = settings;
    }

    void begin(DatabaseFile file) {
        settings.ifPresent(replica -> shipping = Replicas.provider()
                .map(provider -> provider.ship(file.main(), replica))
                .orElse(null));
    }

    /** Who ships the database; null where nobody does. */
    @Nullable
    Shipping shipping() {
        return shipping;
    }

    /** Whether a commit is in the replica when its call returns. */
    public boolean shipsCommits() {
        return settings.filter(ReplicaSettings::eachCommit).isPresent();
    }

    /** Waits until the replica has what was committed; where it cannot have it, that is told, and nobody waits. */
    public void shipCommits() {
        Shipping ships = shipping;
        if (ships != null) {
            boolean unused = ships.await(LONGEST_SHIPPING);
        }
    }

    void close() {
        Shipping ships = shipping;
        if (ships != null) {
            ships.close();
        }
    }
}
