package org.healingsqlite.replica;

import java.io.IOException;
import java.net.URI;
import java.util.Optional;

/** Opens stores of one scheme; found with {@link java.util.ServiceLoader}. Thread-safe. */
public interface StoreProvider {

    /** In lower case, for example {@code s3}. */
    String scheme();

    /** Why an address is none of a store, as an expectation for a message; empty where it is. Reaches for nothing. */
    Optional<String> objection(URI url);

    /** The store of an address. Need not reach for it. */
    ReplicaStore open(URI url) throws IOException;
}
