package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.files.RescueLog;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/** Which lost files' content is where it belongs, as far as this JVM has seen to it, and as far as the rescue log tells of others. Thread-safe. */
final class SafeContent {
    private static final Duration LONGEST_WAIT_TO_COMPLETE = Duration.ofSeconds(1);
    private static final Log LOG = Log.of(SafeContent.class);

    private final DatabaseFile file;
    private final RescueLog log;
    private final Set<FileIdentity> safe = ConcurrentHashMap.newKeySet();
    private final Set<FileIdentity> forgotten = ConcurrentHashMap.newKeySet();
    private volatile Runnable onForgotten = () -> {};
    private final Map<FileIdentity, Path> keptForNow = new ConcurrentHashMap<>();

    SafeContent(DatabaseFile file) {
        this.file = file;
        this.log = new RescueLog(file);
    }

    /** What is done when a file turns out to be one that was meant to go. */
    void onForgotten(Runnable told) {
        onForgotten = told;
    }

    RescueLog log() {
        return log;
    }

    /** A copy that could not go where it belongs: of several attempts the last one's stays, until there is a newer one. */
    void keepForNow(@Nullable FileIdentity lost, @Nullable Path copy) {
        if (lost != null && copy != null) {
            keptForNow.put(lost, copy);
        }
    }

    /** The copy that an earlier attempt has left, to be deleted now that there is a newer one. */
    Optional<Path> takeKept(@Nullable FileIdentity lost) {
        return lost == null ? Optional.empty() : Optional.ofNullable(keptForNow.remove(lost));
    }

    void add(FileIdentity lost) {
        safe.add(lost);
    }

    /** A connection has opened a file: one of a lost file's identity is another file, which the system gave its inode to. */
    void opened(@Nullable FileIdentity identity) {
        if (identity != null && !safe.isEmpty()) {
            safe.remove(identity);
            forgotten.remove(identity);
        }
    }

    /** Whether the content of the file that a connection holds is where it belongs: another connection, or process, met the same loss. */
    boolean isSafe(HealableConnection connection) {
        FileIdentity lost = connection.identity();
        if (lost == null) {
            // It had vanished before anybody could look which one it was.
            return false;
        }
        if (safe.contains(lost)) {
            return true;
        }
        try {
            if (log.isForgotten(lost, connection.opened(), Instant.now())) {
                // Once and for all: a connection may notice much later.
                forgotten.add(lost);
                safe.add(lost);
                onForgotten.run();
                return true;
            }
            Optional<RescueLog.Entry> entry = log.of(lost, connection.opened());
            return entry.isPresent() && !log.isPending(entry.get());
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** Whether the content of the lost file that a connection holds is not to come back, because somebody has said so. */
    boolean isForgotten(HealableConnection connection) {
        FileIdentity lost = connection.identity();
        return lost != null && isSafe(connection) && forgotten.contains(lost);
    }

    /** Sees to it that other processes can know what this one has saved: who deletes a directory takes the log as well. */
    void completeLog() {
        try {
            if (log.isComplete()) {
                return;
            }
            try (ProcessLock lock = ProcessLock.acquire(file.side(), LONGEST_WAIT_TO_COMPLETE)) {
                if (lock != null) {
                    log.complete();
                }
            }
        } catch (IOException e) {
            LOG.debug("{}: {}", file.main(), Disclosure.text(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
