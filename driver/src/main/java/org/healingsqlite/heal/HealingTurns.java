package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.util.Optional;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.files.SideDirectoryException;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/** Who may heal a database now: one thread of this JVM, one process of this machine. A turn is taken before the lock between processes. Thread-safe. */
final class HealingTurns {
    private static final Log LOG = Log.of(HealingTurns.class);

    private final DatabaseFile file;
    private final SingleFlight flight = new SingleFlight();
    private volatile @Nullable ProcessLock processLock;

    HealingTurns(DatabaseFile file) {
        this.file = file;
    }

    /**
     * Waits for the turn of the calling thread, as long as settings allow.
     *
     * @param context what the application would have seen; it becomes the cause where the wait is in vain
     * @throws SQLException SQLState HYT00, where somebody else heals for longer
     */
    SingleFlight.Turn take(HealingSettings settings, SQLException context) throws SQLException {
        return flight.take(
                settings.waitLimit(), settings.logValues(), file.main().toString(), context);
    }

    /** As {@link #take(HealingSettings, SQLException)}, for as long as given. */
    SingleFlight.Turn take(Duration wait, SQLException context) throws SQLException {
        return flight.take(wait, file.main().toString(), context);
    }

    /** Waits until nobody heals. */
    void awaitHealer(HealingSettings settings) throws SQLException {
        take(settings, new SQLException(file.main() + " is being restored")).close();
    }

    /** What a healer of this JVM is at, and since when; empty where nobody heals. */
    Optional<String> inProgress() {
        return flight.inProgress();
    }

    /** Whether the calling thread heals now. */
    boolean isHeldByThisThread() {
        return flight.isHeldByThisThread();
    }

    /** In the middle of the calling thread's turn, others have theirs for a while. */
    void letOthers(long nanos) {
        flight.letOthers(nanos);
    }

    /**
     * Waits for the lock between processes.
     *
     * @return null where this thread, or the one it runs an {@link Errand} for, has it already, and where the side directory is not to be used: then nothing is healed but what is registered
     * @throws NoLockException where the lock file cannot be had, for example because the process is out of descriptors: nothing is healed without it
     */
    @Nullable
    ProcessLock lock(HealingSettings settings, SQLException failure) throws SQLException {
        ProcessLock last = processLock;
        if (last != null && (last.isHeldBy(Thread.currentThread()) || last.isHeldBy(Errand.client()))) {
            return null;
        }
        try {
            ProcessLock lock = ProcessLock.acquire(file.side(), settings.waitLimit());
            if (lock == null) {
                throw new SQLTransientException(
                        "Another process has been healing " + file.main() + " for longer than "
                                + settings.waitLimit().toMillis() + " ms",
                        "HYT00",
                        failure);
            }
            processLock = lock;
            return lock;
        } catch (SideDirectoryException e) {
            // Told already; only what is registered is brought in without it.
            LOG.debug("{}: without the lock between processes: {}", file.main(), Disclosure.message(e));
            return null;
        } catch (IOException e) {
            throw new NoLockException(
                    "Nothing is healed of " + file.main() + ", because the lock between processes cannot be had: "
                            + Disclosure.text(e),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLTransientException("Interrupted while another process heals " + file.main(), "HYT00", failure);
        }
    }
}
