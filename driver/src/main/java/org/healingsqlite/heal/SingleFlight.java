package org.healingsqlite.heal;

import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.healingsqlite.log.Disclosure;

/**
 * One healer at a time in this JVM. A thread that comes second waits for the first, then looks for itself: as a rule it finds a healthy database.
 */
final class SingleFlight {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition pause = lock.newCondition();
    private volatile Phase phase = new Phase("starting", Instant.EPOCH);

    /** What the healer of the moment has done; guarded by the lock. */
    private List<String> steps = new ArrayList<>();

    /** What the healer is at, for those who wait. */
    private record Phase(String what, Instant since) {}

    /** The turn of the current thread; ends with {@link #close()}. */
    final class Turn implements AutoCloseable {
        private final Disclosure.Scope shown;

        private Turn(Disclosure.Scope shown) {
            this.shown = shown;
        }

        /** What has been done so far, in order; a turn within a turn adds to the same list. */
        List<String> steps() {
            return steps;
        }

        /** Whether this turn is part of another one of the same thread, which will say how it ended. */
        boolean isNested() {
            return lock.getHoldCount() > 1;
        }

        /** Whether somebody waits for it to end. */
        boolean isAwaited() {
            return lock.hasQueuedThreads();
        }

        /** Tells those who wait what is being done. */
        void phase(String what) {
            phase = new Phase(what, Instant.now());
        }

        @Override
        public void close() {
            shown.close();
            lock.unlock();
        }
    }

    /** In the middle of the calling thread's turn, others have theirs for a while. */
    void letOthers(long nanos) {
        List<String> own = steps;
        try {
            long left = nanos;
            while (left > 0) {
                left = pause.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            steps = own;
        }
    }

    /** What is being done, and since when; empty where it is nobody's turn. */
    Optional<String> inProgress() {
        Phase now = phase;
        return lock.isLocked() ? Optional.of(now.what() + " since " + now.since()) : Optional.empty();
    }

    /** Whether it is the turn of the calling thread. */
    boolean isHeldByThisThread() {
        return lock.isHeldByCurrentThread();
    }

    /** Waits for the turn, and shows in it what the thread shows now. */
    Turn take(Duration wait, String database, SQLException failure) throws SQLTransientException {
        return take(wait, Disclosure.showsValues(), database, failure);
    }

    /**
     * Waits for the turn.
     *
     * @param showsValues whether what is told of this turn may hold values
     * @param failure what the application would have seen; it becomes the cause where the wait is in vain
     * @throws SQLTransientException SQLState HYT00, where somebody else heals for longer than {@code wait}
     */
    Turn take(Duration wait, boolean showsValues, String database, SQLException failure) throws SQLTransientException {
        try {
            // Without waiting, an interrupt that came before does not matter.
            if (lock.tryLock() || lock.tryLock(LockOrder.atOnce(wait).toNanos(), TimeUnit.NANOSECONDS)) {
                if (lock.getHoldCount() == 1) {
                    steps = new ArrayList<>();
                }
                return new Turn(Disclosure.ofValues(showsValues));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLTransientException(
                    "Interrupted while waiting for the healing of " + database, "HYT00", failure);
        }
        LockOrder.beginAgainUnlessOver(wait);
        Phase now = phase;
        throw new SQLTransientException(
                "Healing of " + database + " has not ended within " + wait.toMillis() + " ms: " + now.what() + " since "
                        + now.since(),
                "HYT00",
                failure);
    }
}
