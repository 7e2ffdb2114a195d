package org.healingsqlite.heal;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.jspecify.annotations.Nullable;

/** Which connections of this JVM have a database open, and which file, log and generation each of them holds. Thread-safe. */
public final class ConnectionRegistry {
    private final Set<HealableConnection> connections = ConcurrentHashMap.newKeySet();
    private final LostConnections lost = new LostConnections();

    ConnectionRegistry() {}

    void add(HealableConnection connection) {
        connections.add(connection);
    }

    /**
     * A connection was closed, with what it has left behind.
     *
     * @return whether it was the last one
     */
    boolean remove(HealableConnection connection) {
        lost.disown(connection);
        return connections.remove(connection) && connections.isEmpty();
    }

    boolean isEmpty() {
        return connections.isEmpty();
    }

    /** All of them, as they are at this moment. */
    List<HealableConnection> all() {
        return List.copyOf(connections);
    }

    /** All but one. */
    List<HealableConnection> others(HealableConnection connection) {
        return connections.stream().filter(other -> other != connection).toList();
    }

    /** Whether one of them has a file open. */
    boolean holds(FileIdentity identity) {
        return connections.stream().anyMatch(connection -> identity.equals(connection.identity()));
    }

    /** Whether no other one has the file open that a connection holds. */
    boolean isLastHolder(HealableConnection connection) {
        FileIdentity held = connection.identity();
        return held != null
                && connections.stream().noneMatch(other -> other != connection && held.equals(other.identity()));
    }

    /** Whether one that others may move holds another file than the one at the path. */
    boolean isAnyLost(@Nullable FileIdentity atPath) {
        return connections.stream()
                .filter(HealableConnection::isMovedByOthers)
                .map(HealableConnection::identity)
                .anyMatch(held -> held != null && !held.equals(atPath));
    }

    /** Whether one of a generation has a log open that is not the one at the path. */
    boolean isAnyLogLost(int generation, LogIdentity atPath) {
        return connections.stream()
                .anyMatch(connection -> connection.generation() == generation
                        && connection.log().isLostTo(atPath));
    }

    /** The files that are open here and not at the path. */
    List<FileIdentity> lostFiles(@Nullable FileIdentity atPath) {
        List<FileIdentity> lostFiles = new ArrayList<>();
        for (HealableConnection connection : connections) {
            FileIdentity held = connection.identity();
            if (held != null && !held.equals(atPath)) {
                lostFiles.add(held);
            }
        }
        return lostFiles;
    }

    /** sqlite-jdbc's connections. */
    List<Connection> physicals() {
        return connections.stream().map(HealableConnection::physical).toList();
    }

    /** Ends the open result sets of every connection: they keep locks. */
    void endResults() {
        connections.forEach(HealableConnection::endResults);
    }

    /** A connection was opened anew; what it had open before may still be read from, and is closed with it. */
    public void left(HealableConnection owner, Connection before) {
        lost.add(owner, before, null, false);
    }

    /**
     * A connection has moved away from a lost file.
     *
     * @param fenced whether what it has left keeps others from committing to that
     */
    void left(HealableConnection owner, Connection before, @Nullable FileIdentity file, boolean fenced) {
        lost.add(owner, before, file, fenced);
    }

    /**
     * Takes down the fences that nobody needs any more.
     *
     * @return whether some are still needed
     */
    boolean reviewFences() {
        lost.review(this::holds);
        return !lost.fenced().isEmpty();
    }

    /** Whether any connection meets a condition. */
    boolean any(Predicate<HealableConnection> condition) {
        return connections.stream().anyMatch(condition);
    }
}
