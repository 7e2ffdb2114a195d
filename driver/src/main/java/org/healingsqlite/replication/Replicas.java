package org.healingsqlite.replication;

import java.net.URI;
import java.util.Iterator;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** Finds who ships. */
public final class Replicas {
    private Replicas() {}

    private static final class Found {
        static final Optional<ReplicaProvider> PROVIDER = find();
    }

    /** Who ships here; empty where the artifact is not on the class path. */
    public static Optional<ReplicaProvider> provider() {
        return Found.PROVIDER;
    }

    /** Why a store cannot be used here, as an expectation for a message; empty where it can. */
    public static Optional<String> objection(URI url) {
        return provider()
                .map(provider -> provider.objection(url))
                .orElse(Optional.of(
                        "healing-sqlite-replica on the class path, which ships to stores; it is not there"));
    }

    private static Optional<ReplicaProvider> find() {
        Optional<ReplicaProvider> own = first(ReplicaProvider.class.getClassLoader());
        return own.isPresent() ? own : first(Thread.currentThread().getContextClassLoader());
    }

    private static Optional<ReplicaProvider> first(@Nullable ClassLoader loader) {
        try {
            Iterator<ReplicaProvider> services =
                    ServiceLoader.load(ReplicaProvider.class, loader).iterator();
            return services.hasNext() ? Optional.of(services.next()) : Optional.empty();
        } catch (ServiceConfigurationError | LinkageError e) {
            // Another copy of this library, behind that loader, is another library.
            return Optional.empty();
        }
    }
}
