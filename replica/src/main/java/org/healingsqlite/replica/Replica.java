package org.healingsqlite.replica;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.replica.ReplicaContents.Generation;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/** A replica in a store, for whoever asks what it has and restores from it. Writes nothing to the store. Thread-safe. */
public final class Replica {
    private final ReplicaStore store;

    private Replica(ReplicaStore store) {
        this.store = store;
    }

    /**
     * The replica at an address.
     *
     * @throws IOException naming what was expected, where there can be no store of that address
     */
    public static Replica at(URI url) throws IOException {
        return new Replica(Stores.open(url));
    }

    static Replica of(ReplicaStore store) {
        return new Replica(store);
    }

    /**
     * One history that can be restored from, or is not complete yet.
     *
     * @param number by which the newer of two is told; -1 for one that Litestream has written
     * @param ended whether somebody has said that it is not to come back by itself
     * @param from the first moment that can be restored; empty where none can
     * @param to when the last part was stored
     */
    public record History(
            String generation,
            long number,
            boolean ended,
            Optional<Instant> from,
            Instant to,
            int snapshots,
            int segments,
            long sizeBytes) {}

    /**
     * What was restored.
     *
     * @param asOf when the last part of it was stored
     */
    public record Restored(String generation, Instant asOf, int segments) {}

    /** All histories, oldest first. */
    public List<History> histories() throws IOException {
        return ReplicaContents.of(store).generations().stream()
                .map(each -> new History(
                        each.id(),
                        each.fencing(),
                        each.ended(),
                        each.from(),
                        each.to(),
                        each.snapshots().size(),
                        each.segments().size(),
                        each.sizeBytes()))
                .toList();
    }

    /** Who ships to it now, for a reader; empty where nobody does. */
    public Optional<String> holder() throws IOException {
        return Lease.holder(Leases.of(store), Clock.systemUTC(), "").map(Lease.Holder::shown);
    }

    /**
     * Makes a database of what the store has.
     *
     * @param moment as of which; empty for the newest state
     * @param target must not exist
     * @throws IOException where that cannot be restored whole; then there is no target
     */
    public Restored restore(Optional<Instant> moment, Path target) throws IOException {
        ReplicaContents contents = ReplicaContents.of(store);
        Optional<Generation> generation = moment.isPresent() ? contents.at(moment.get()) : contents.newest();
        if (generation.isEmpty()) {
            throw new IOException(store + ": nothing to restore"
                    + moment.map(at -> ", as of " + at).orElse("")
                    + contents.generations().stream()
                            .flatMap(each -> each.from().stream())
                            .findFirst()
                            .map(first -> "; the first moment is " + first)
                            .orElse(""));
        }
        Restorer.Result result = moment.isPresent()
                ? Restorer.at(store, generation.get(), moment.get(), target)
                : Restorer.newest(store, generation.get(), target);
        return new Restored(result.generation(), result.asOf(), result.segments());
    }

    /**
     * Restores the newest state into a temporary file and checks it.
     *
     * @param scratch a directory with room for it
     * @return what SQLite's own check finds wrong; empty where nothing is
     * @throws IOException where it cannot be restored
     */
    public List<String> verify(Path scratch) throws IOException {
        Path directory = Files.createTempDirectory(scratch, "healing-sqlite-replica");
        Path target = directory.resolve("restored.db");
        try {
            Restored unused = restore(Optional.empty(), target);
            return problems(target);
        } finally {
            for (String suffix : new String[] {"", "-journal", "-wal", "-shm"}) {
                Files.deleteIfExists(target.resolveSibling("restored.db" + suffix));
            }
            Files.deleteIfExists(directory);
        }
    }

    /** What is wrong with a database that nobody uses. */
    public static List<String> problems(Path database) {
        try (Connection connection = Sqlite.open(database, Access.IMMUTABLE);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("PRAGMA integrity_check(20)")) {
            List<String> problems = new java.util.ArrayList<>();
            while (rows.next()) {
                problems.add(rows.getString(1));
            }
            return problems.equals(List.of("ok")) ? List.of() : problems;
        } catch (SQLException e) {
            return List.of(org.healingsqlite.log.Disclosure.message(e));
        }
    }

    @Override
    public String toString() {
        return store.toString();
    }
}
