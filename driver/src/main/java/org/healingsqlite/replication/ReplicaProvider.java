package org.healingsqlite.replication;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** Ships databases to stores and brings them back; found with {@link java.util.ServiceLoader}. Thread-safe. */
public interface ReplicaProvider {

    /**
     * Why a store cannot be used, by its address alone: nothing is reached for.
     *
     * @return empty where it can
     */
    Optional<String> objection(URI url);

    /**
     * Begins to ship a database in the background. Never throws, and never waits for the store: trouble is {@link Shipping#trouble} until it passes.
     *
     * @param database the main file, links resolved
     */
    Shipping ship(Path database, ReplicaSettings settings);

    /**
     * Puts what the store has of a database where there is nothing.
     *
     * @param begunAfter histories that began before are of an earlier life, and do not count
     * @param target must not exist
     * @return empty where the store has no database; then there is no target
     * @throws ReplicaInUseException where another process may still be writing to it
     * @throws IOException where what it has cannot be had, or is not whole; then there is no target
     */
    Optional<Restored> restore(ReplicaSettings settings, Instant begunAfter, Path target) throws IOException;

    /**
     * What was restored.
     *
     * @param asOf when the last change in it was shipped
     * @param source for a reader
     */
    record Restored(Instant asOf, String source) {}
}
