package org.healingsqlite.replica;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.replica.ReplicaContents.Generation;
import org.healingsqlite.replication.ReplicaInUseException;
import org.healingsqlite.replication.ReplicaProvider;
import org.healingsqlite.replication.ReplicaSettings;
import org.healingsqlite.replication.Shipping;
import org.jspecify.annotations.Nullable;

/** What the driver finds as a service. Thread-safe. */
public final class StoreReplicas implements ReplicaProvider {
    static final Duration LEASE = Duration.ofSeconds(60);

    @Override
    public Optional<String> objection(URI url) {
        return Stores.objection(url);
    }

    @Override
    public Shipping ship(Path database, ReplicaSettings settings) {
        ReplicaStore store;
        try {
            store = Stores.open(settings.url());
        } catch (IOException e) {
            return new NoShipping(String.valueOf(e.getMessage()));
        }
        Shipment shipment = new Shipment(new DatabaseFile(database), settings, store, Clock.systemUTC(), LEASE);
        shipment.begin();
        return shipment;
    }

    @Override
    public Optional<Restored> restore(ReplicaSettings settings, Instant begunAfter, Path target) throws IOException {
        ReplicaStore store = Stores.open(settings.url());
        Optional<Generation> newest = ReplicaContents.of(store)
                .newest()
                .filter(each ->
                        each.from().filter(from -> !from.isBefore(begunAfter)).isPresent());
        if (newest.isEmpty()) {
            return Optional.empty();
        }
        Optional<Lease.Holder> holder = Lease.holder(Leases.of(store), Clock.systemUTC(), "")
                .filter(each -> !Owner.isThisProcess(each.owner()));
        if (holder.isPresent()) {
            throw new ReplicaInUseException("the replica " + store + " is in use by "
                    + holder.get().shown() + ": what is restored beside it would be a second history");
        }
        Restorer.Result result = Restorer.newest(store, newest.get(), target);
        return Optional.of(
                new Restored(result.asOf(), "generation " + result.generation() + " of the replica " + store));
    }

    /** For a store that cannot be opened. */
    private record NoShipping(String why) implements Shipping {
        @Override
        public boolean await(Duration longest) {
            return false;
        }

        @Override
        public @Nullable String trouble() {
            return why;
        }

        @Override
        public Pause pause() {
            return () -> {};
        }

        @Override
        public void forget() {
            // There is no history.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
