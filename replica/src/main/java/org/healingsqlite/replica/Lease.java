package org.healingsqlite.replica;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.healingsqlite.replica.Leases.LeaseRecord;

/**
 * The right to write one generation. Leases are numbered, and exactly one owner gets each number, because the store lets one of several put it. Whoever wakes up with an older one writes
 * to a generation that nobody takes for the newest. For one thread.
 */
final class Lease {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final ReplicaStore store;
    private final Clock clock;
    private final Duration length;
    private final String owner;
    private final long number;
    private final String generation;
    private Instant expires;

    private Lease(
            ReplicaStore store,
            Clock clock,
            Duration length,
            String owner,
            long number,
            String generation,
            Instant expires) {
        this.store = store;
        this.clock = clock;
        this.length = length;
        this.owner = owner;
        this.number = number;
        this.generation = generation;
        this.expires = expires;
    }

    /** Who has a lease that is not over. */
    record Holder(String owner, Instant expires) {
        String shown() {
            return Owner.shown(owner) + ", until " + expires;
        }
    }

    /** Who holds the replica now, other than this owner; empty where nobody does. */
    static Optional<Holder> holder(Leases leases, Clock clock, String owner) {
        return leases.last()
                .map(Map.Entry::getValue)
                .filter(last -> !last.owner().equals(owner))
                .filter(last -> last.expires().isAfter(clock.instant()))
                .filter(last -> !Owner.isGone(last.owner()))
                .map(last -> new Holder(last.owner(), last.expires()));
    }

    /**
     * Takes the next lease.
     *
     * @param length how long it holds without being renewed
     * @return empty where another owner's is not over, or another owner was faster
     */
    static Optional<Lease> take(ReplicaStore store, Clock clock, Duration length, String owner) throws IOException {
        Leases leases = Leases.of(store);
        if (holder(leases, clock, owner).isPresent()) {
            return Optional.empty();
        }
        long number = leases.last().map(last -> last.getKey() + 1).orElse(1L);
        String generation = Layout.generation(RANDOM.nextLong());
        Instant expires = clock.instant().plus(length);
        LeaseRecord record = new LeaseRecord(generation, owner, expires, false);
        return store.putIfAbsent(Layout.lease(number), ReplicaStore.Content.of(record.bytes()))
                ? Optional.of(new Lease(store, clock, length, owner, number, generation, expires))
                : Optional.empty();
    }

    String generation() {
        return generation;
    }

    long number() {
        return number;
    }

    /**
     * Makes sure that it holds, and goes on to; asks the store only where a third of its time has passed.
     *
     * @return false where somebody else has the next one
     */
    boolean holds() throws IOException {
        Instant now = clock.instant();
        if (now.isBefore(expires.minus(length.multipliedBy(2).dividedBy(3)))) {
            return true;
        }
        if (!store.list(Layout.LEASES).stream()
                .flatMap(object -> Layout.leaseOf(object.key()).stream())
                .allMatch(other -> other <= number)) {
            return false;
        }
        expires = now.plus(length);
        write(expires, false);
        return true;
    }

    /** Gives it back: the next owner need not wait. */
    void release() throws IOException {
        write(Instant.EPOCH, false);
    }

    /** Gives it back, and says that its generation is not to come back. */
    void end() throws IOException {
        write(Instant.EPOCH, true);
    }

    private void write(Instant until, boolean ended) throws IOException {
        store.put(
                Layout.lease(number),
                ReplicaStore.Content.of(new LeaseRecord(generation, owner, until, ended).bytes()));
    }
}
