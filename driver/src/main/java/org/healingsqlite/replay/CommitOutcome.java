package org.healingsqlite.replay;

import org.healingsqlite.fault.Effect;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.fault.Fault.Unavailable;

/** What became of a transaction whose COMMIT ended with an exception. COMMIT is never sent again to find out. */
public enum CommitOutcome {
    /** The transaction is open as before: nothing was committed. */
    OPEN,
    /** It is committed: what failed came after that, sqlite-jdbc's BEGIN or the deletion of a journal that is gone already. */
    COMMITTED,
    /** SQLite has rolled it back. */
    ROLLED_BACK,
    /** Nobody can tell before the database is opened anew. */
    UNKNOWN;

    /**
     * Reads it off the fault.
     *
     * @param inTransaction whether SQLite is in a transaction now
     * @param inWalMode whether commits go to a log: frames whose sync failed may come to life in a recovery
     */
    public static CommitOutcome of(Fault fault, boolean inTransaction, boolean inWalMode) {
        if (inTransaction) {
            return OPEN;
        }
        if (fault.effect() == Effect.APPLIED) {
            return COMMITTED;
        }
        if (fault instanceof Unavailable unavailable) {
            return switch (unavailable.kind()) {
                // A COMMIT that finds the database busy leaves its transaction open, so it was the BEGIN after it.
                case BUSY, SNAPSHOT, LOCKED -> COMMITTED;
                case IO -> inWalMode ? UNKNOWN : ROLLED_BACK;
                case PROTOCOL, READ_ONLY, CANNOT_OPEN, FULL -> ROLLED_BACK;
            };
        }
        return fault.effect() == Effect.NOT_APPLIED ? ROLLED_BACK : UNKNOWN;
    }
}
