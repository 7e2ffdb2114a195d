package org.healingsqlite.repair;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.healingsqlite.files.Quarantine.Evidence;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Copies a source over the damaged database as one transaction of SQLite's; once that has its lock, the evidence is taken, and the content made, behind a
 * gate. One use.
 */
final class LockedCopy {
    private static final int PAUSE_MILLIS = 10;
    private static final int PATIENT_ATTEMPTS = 20;

    private final DamagedDatabase damaged;
    private final Surroundings surroundings;
    private final RestoreSource source;
    private final int pagesAStep;
    private final Gate gate;
    private @Nullable Restored decided;

    /** Makes the content. */
    @FunctionalInterface
    interface Making {
        /** Called under the lock, with evidence that is complete. */
        Recovered make(Evidence evidence) throws SQLException, IOException;
    }

    /**
     * A copy.
     *
     * @param source has a placeholder of more pages than a step has
     * @param gate before the source
     */
    LockedCopy(DamagedDatabase damaged, Surroundings surroundings, RestoreSource source, int pagesAStep, Gate gate) {
        this.damaged = damaged;
        this.surroundings = surroundings;
        this.source = source;
        this.pagesAStep = pagesAStep;
        this.gate = gate;
    }

    /**
     * Does it.
     *
     * @param flush done after each step that has written pages to a log; may stop the rest
     * @return what is in place now
     * @throws SQLException where the lock cannot be had, or the content does not hold: nothing is in place then
     */
    Restored run(Connection target, Making making, Gate.Work flush) throws SQLException, IOException {
        surroundings.step("lock");
        Sqlite.Course course = new Sqlite.Course() {
            @Override
            public void locked() {
                gate.pass(() -> decide(making));
            }

            @Override
            public void copied() {
                if (damaged.isWal()) {
                    gate.pass(flush);
                }
            }
        };
        Optional<String> reason = Optional.of("");
        long deadlineNanos = System.nanoTime() + surroundings.lockWait().toNanos();
        while (!isDecided()) {
            reason = Sqlite.restore(target, source.file(), pagesAStep, PATIENT_ATTEMPTS, PAUSE_MILLIS, course);
            if (!isDecided()) {
                requireLockToBeHad(reason, deadlineNanos);
            }
            surroundings.endReaders();
        }
        gate.rethrow();
        Restored restored = decided;
        if (restored == null || reason.isPresent()) {
            throw new SQLException("the new content could not be written: " + reason.orElse(""));
        }
        return restored;
    }

    private boolean isDecided() {
        return decided != null || gate.failure() != null;
    }

    private void requireLockToBeHad(Optional<String> reason, long deadlineNanos) throws SQLException, IOException {
        if (!isLocked(reason) && !damaged.resetLog()) {
            throw new SQLException("the damaged database could not be locked: " + reason.orElse(""));
        }
        if (System.nanoTime() - deadlineNanos >= 0) {
            throw new SQLException(
                    "the damaged database stayed locked for "
                            + surroundings.lockWait().toMillis()
                            + " ms: somebody's transaction or result set is open on it",
                    "HYT00");
        }
    }

    private static boolean isLocked(Optional<String> reason) {
        return reason.isPresent()
                && (reason.get().contains("locked") || reason.get().contains("BUSY"));
    }

    /** Under the write lock, with the source kept from being copied. */
    private void decide(Making making) throws SQLException, IOException {
        surroundings.step("quarantine");
        Evidence evidence = damaged.keepLocked();
        Recovered recovered = making.make(evidence);
        if (!recovered.loss().isNone() && !surroundings.acceptsLoss()) {
            throw new LossRefusedException(recovered.loss().toString());
        }
        Restored restored = recovered.restored(evidence);
        surroundings.decided(restored);
        decided = restored;
    }
}
