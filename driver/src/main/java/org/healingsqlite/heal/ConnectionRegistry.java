package org.healingsqlite.heal;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.jspecify.annotations.Nullable;

/**
 * Which connections of this JVM have a database open, and which file, log and generation each of them holds. Thread-safe.
 *
 * <p>Registration and close are one ordered protocol. A connection is registered before its first call. Before it lets go of its file it asks
 * {@link #mayLeave}, which decides in one step with all other closes: who leaves is nobody that others may rely on. So of several that close at once
 * exactly one is the last holder, and that one saves the content first.
 */
@Internal
public final class ConnectionRegistry {
    private final Set<HealableConnection> connections = ConcurrentHashMap.newKeySet();

    /** Those of them that are being closed: nobody relies on them. */
    private final Set<HealableConnection> leaving = ConcurrentHashMap.newKeySet();

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
        return removeInOneStep(connection);
    }

    /** Who is looked at while it is removed must not seem to stay. */
    private synchronized boolean removeInOneStep(HealableConnection connection) {
        boolean wasThere = connections.remove(connection);
        leaving.remove(connection);
        return wasThere && connections.isEmpty();
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

    /** Whether one of them has a file open, and keeps it: one that is being closed does not. */
    synchronized boolean keeps(FileIdentity identity) {
        return connections.stream().anyMatch(one -> identity.equals(one.identity()) && !leaving.contains(one));
    }

    /**
     * Whether a connection that is to be closed may let go of its file now, because nothing is saved through it in any case or the file is at the path. Where it may, nobody relies on it
     * from this moment on.
     *
     * @param atPath tells who is at the path; asked once, within the decision
     */
    synchronized boolean mayLeaveFileAtPath(HealableConnection connection, Supplier<@Nullable FileIdentity> atPath) {
        FileIdentity held = connection.identity();
        boolean may = !connection.isSaver() || held != null && held.equals(atPath.get());
        if (may) {
            leaves(connection);
        }
        return may;
    }

    /**
     * Whether a connection that is to be closed may let go of its file now: nothing is saved through it in any case, the file is at the path, or another connection
     * that stays has it open and can save it. Where it may, nobody relies on it from this moment on.
     *
     * @param needsLog whether a part of the content may be in the log, so that only who has that open, too, has all of it
     * @param atPath tells who is at the path; asked once, within the decision
     */
    synchronized boolean mayLeave(
            HealableConnection connection, boolean needsLog, Supplier<@Nullable FileIdentity> atPath) {
        FileIdentity held = connection.identity();
        boolean may = !connection.isSaver()
                || held != null
                        && (connections.stream().anyMatch(other -> other != connection && isKept(held, needsLog, other))
                                || held.equals(atPath.get()));
        if (may) {
            leaves(connection);
        }
        return may;
    }

    private boolean isKept(FileIdentity held, boolean needsLog, HealableConnection by) {
        return by.isSaver()
                && held.equals(by.identity())
                && (!needsLog || by.log().log() != null)
                && !leaving.contains(by);
    }

    /** A connection is going to be closed whatever becomes of its file: nobody relies on it from now on. */
    synchronized void leaves(HealableConnection connection) {
        if (connections.contains(connection)) {
            leaving.add(connection);
        }
    }

    /** Whether one that others may move holds another file than the one at the path. */
    boolean isAnyLost(@Nullable FileIdentity atPath) {
        return connections.stream()
                .filter(HealableConnection::isMovedByOthers)
                .map(HealableConnection::identity)
                .anyMatch(held -> held == null || !held.equals(atPath));
    }

    /** Whether all of them hold the file at the path, and none has left another one. */
    boolean areAllAt(@Nullable FileIdentity atPath) {
        return atPath != null
                && lost.isEmpty()
                && connections.stream().allMatch(connection -> atPath.equals(connection.identity()));
    }

    /** Whether one through which content may be saved holds another file than the one at the path, or nobody knows which. */
    boolean holdsUnsaved(@Nullable FileIdentity atPath) {
        return connections.stream()
                .filter(HealableConnection::isSaver)
                .map(HealableConnection::identity)
                .anyMatch(held -> held == null || !held.equals(atPath));
    }

    /** Whether one of a generation has a log open that is not the one at the path. */
    boolean isAnyLogLost(int generation, LogIdentity atPath) {
        return connections.stream()
                .anyMatch(connection -> connection.generation() == generation
                        && connection.log().isLostTo(atPath));
    }

    /** The log that a connection to a file has open, with its index, where that is not the one at the path; empty where there is none. */
    Optional<LogIdentity> logLostBy(FileIdentity file, LogIdentity atPath) {
        return connections.stream()
                .filter(connection -> file.equals(connection.identity()))
                .map(HealableConnection::log)
                .filter(log -> log.log() != null && log.index() != null && log.isLostTo(atPath))
                .findAny();
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

    /**
     * Whether a file is open through what a connection has left when it moved away.
     *
     * @param file looked for; not asked where nothing was left
     */
    boolean isOpenToLeft(Supplier<@Nullable FileIdentity> file) {
        return lost.isAnyHeld() && lost.isHeld(file.get());
    }

    /** A lost file is at the path again, and what others have left there beside it is set aside: closes what is open to it from before. */
    void returned(FileIdentity file) {
        lost.returned(file);
    }

    /** Whether any connection meets a condition. */
    boolean any(Predicate<HealableConnection> condition) {
        return connections.stream().anyMatch(condition);
    }
}
