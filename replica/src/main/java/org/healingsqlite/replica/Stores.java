package org.healingsqlite.replica;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;

/** Finds the store of an address. */
final class Stores {
    private Stores() {}

    private static final class Found {
        static final List<StoreProvider> PROVIDERS = find();
    }

    private static List<StoreProvider> find() {
        List<StoreProvider> providers = new ArrayList<>(List.of(new Directories()));
        Iterator<StoreProvider> services = ServiceLoader.load(StoreProvider.class, Stores.class.getClassLoader())
                .iterator();
        services.forEachRemaining(providers::add);
        return List.copyOf(providers);
    }

    /** Why there is no store at an address, as an expectation for a message; empty where there may be one. */
    static Optional<String> objection(URI url) {
        Optional<StoreProvider> provider = provider(url);
        return provider.isPresent()
                ? provider.get().objection(url)
                : Optional.of("a scheme that a store on the class path has: "
                        + String.join(
                                ", ",
                                Found.PROVIDERS.stream()
                                        .map(StoreProvider::scheme)
                                        .toList())
                        + " (s3 needs healing-sqlite-s3)");
    }

    private static Optional<StoreProvider> provider(URI url) {
        String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
        return Found.PROVIDERS.stream()
                .filter(each -> each.scheme().equals(scheme))
                .findFirst();
    }

    static ReplicaStore open(URI url) throws IOException {
        Optional<String> objection = objection(url);
        if (objection.isPresent()) {
            throw new IOException("Replica " + url + ": expected " + objection.get());
        }
        return provider(url).orElseThrow().open(url);
    }

    /** Directories of this machine. */
    private static final class Directories implements StoreProvider {
        @Override
        public String scheme() {
            return "file";
        }

        @Override
        public Optional<String> objection(URI url) {
            try {
                return Path.of(url).getNameCount() == 0 ? Optional.of("a directory of its own") : Optional.empty();
            } catch (RuntimeException e) {
                return Optional.of("file:///directory, with an absolute path");
            }
        }

        @Override
        public ReplicaStore open(URI url) {
            return new FileStore(Path.of(url));
        }
    }
}
