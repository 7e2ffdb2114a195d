package org.healingsqlite.replay;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.schema.SqlShape;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * What has run in the explicit transaction of one connection, to run it again where a heal had to roll it back. A transaction of which anything
 * cannot be repeated, or that is too large, is given up until it ends: it is not replayed then, its steps are forgotten. Thread-safe, but a
 * transaction that several threads work on is given up, because nobody knows the order of what they did.
 */
public final class TransactionRecord {
    private static final String ASKS_FOR_EARLIER = "it asks for the last insert or change before the transaction";
    private static final String SEVERAL_THREADS = "more than one thread worked on it";

    private final long limitBytes;
    private volatile @Nullable Transaction transaction;
    private volatile @Nullable String abandoned;

    /**
     * A record that holds no transaction yet.
     *
     * @param limitBytes the most that it keeps of one; 0 where it only keeps in mind whether one is open
     */
    public TransactionRecord(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /**
     * A transaction has begun.
     *
     * @param byJdbc whether sqlite-jdbc runs the BEGIN; otherwise the first step begins the transaction
     */
    public void begin(boolean byJdbc) {
        transaction = new Transaction(byJdbc, limitBytes == 0 ? "replay is off" : abandoned);
    }

    /** The transaction has ended. */
    public void end() {
        transaction = null;
    }

    /** Whether an explicit transaction is open. */
    public boolean isOpen() {
        return transaction != null;
    }

    /** Whether what runs now is to be added. Two volatile reads. */
    public boolean isRecording() {
        Transaction open = transaction;
        return open != null && open.objection == null;
    }

    /** Whether the first step begins the transaction, so that it may also end without a COMMIT. */
    public boolean isBegunByStep() {
        Transaction open = transaction;
        return open != null && !open.begunByJdbc;
    }

    /** When the transaction that is open began, in milliseconds since 1970; 0 where none is. */
    public long startedMillis() {
        Transaction open = transaction;
        return open == null ? 0 : open.startedMillis;
    }

    /**
     * Something has run, successfully.
     *
     * @param repeatability null where it is judged when somebody wants to replay the transaction, because the text is long
     */
    public void add(Step step, @Nullable Repeatability repeatability) {
        Transaction open = transaction;
        if (open != null) {
            open.add(step, repeatability, limitBytes);
        }
    }

    /** This transaction will not be replayed. */
    public void giveUp(String why) {
        Transaction open = transaction;
        if (open != null) {
            open.giveUp(why);
        }
    }

    /** No transaction of this connection will ever be replayed: somebody may work on it unseen. */
    public void abandon(String why) {
        abandoned = why;
        giveUp(why);
    }

    /** Why the transaction cannot be replayed by the calling thread; null where it can. */
    public @Nullable String objection() {
        Transaction open = transaction;
        return open == null ? "it was not recorded" : open.objectionToReplay();
    }

    /**
     * Runs the transaction again, up to where it was. There is no {@link #objection}.
     *
     * @param connection sqlite-jdbc's own, in no transaction; in this one afterwards, also after an exception
     * @throws DivergenceException where the application would notice a difference; the transaction is to be rolled back
     * @throws SQLException where something fails that did not fail before; the transaction is to be rolled back
     */
    public void replay(Connection connection) throws SQLException, DivergenceException {
        Transaction open = transaction;
        if (open == null) {
            throw new DivergenceException("it has ended");
        }
        open.replay(connection);
    }

    /** One transaction. Its steps belong to the thread that added the first of them: nobody else touches them. */
    private static final class Transaction {
        final boolean begunByJdbc;
        final long startedMillis = System.currentTimeMillis();
        volatile @Nullable String objection;

        private final List<Step> steps = new ArrayList<>();
        private volatile @Nullable Thread worker;
        private long sizeBytes;

        /** Whether rows may have been inserted in it. */
        private boolean inserted;

        Transaction(boolean begunByJdbc, @Nullable String objection) {
            this.begunByJdbc = begunByJdbc;
            this.objection = objection;
        }

        private boolean isByWorker() {
            Thread current = Thread.currentThread();
            return worker == current || claim(current);
        }

        private synchronized boolean claim(Thread current) {
            if (worker == null) {
                worker = current;
            }
            return worker == current;
        }

        void add(Step step, @Nullable Repeatability repeatability, long limitBytes) {
            if (objection != null) {
                return;
            }
            if (!isByWorker()) {
                giveUp(SEVERAL_THREADS);
            } else if (repeatability != null && repeatability.objection() != null) {
                giveUp(repeatability.objection());
            } else if (repeatability != null && repeatability.asksForLastInsert() && !inserted) {
                giveUp(ASKS_FOR_EARLIER);
            } else {
                step.judged(repeatability);
                steps.add(step);
                inserted |= (repeatability == null || repeatability.inserts()) && step.changedRows();
                sizeBytes += step.sizeBytes();
                if (sizeBytes > limitBytes) {
                    giveUp("it is larger than " + limitBytes + " bytes (healing.replayLimit)");
                }
            }
        }

        void giveUp(String why) {
            if (objection == null) {
                objection = why;
            }
            if (isByWorker()) {
                steps.clear();
            }
        }

        @Nullable
        String objectionToReplay() {
            String known = objection;
            if (known != null || !isByWorker()) {
                return known == null ? SEVERAL_THREADS : known;
            }
            boolean certainlyInserted = false;
            for (Step step : steps) {
                Repeatability repeatability = step.repeatability();
                String ofStep = step.objection();
                String reason = ofStep == null ? repeatability.objection() : ofStep;
                if (reason == null && repeatability.asksForLastInsert() && !certainlyInserted) {
                    reason = ASKS_FOR_EARLIER;
                }
                if (reason != null) {
                    return reason;
                }
                certainlyInserted |= repeatability.inserts() && step.changedRows();
            }
            return null;
        }

        void replay(Connection connection) throws SQLException, DivergenceException {
            if (begunByJdbc) {
                Sqlite.beginAsJdbcDoes(connection);
            }
            int number = 0;
            for (Step step : steps) {
                number++;
                try {
                    step.repeat(connection);
                } catch (DivergenceException e) {
                    throw new DivergenceException(
                            "statement " + number + " (" + SqlShape.of(step.sql()) + "): " + Disclosure.message(e));
                }
            }
        }
    }
}
