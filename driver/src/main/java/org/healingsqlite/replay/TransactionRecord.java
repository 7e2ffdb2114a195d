package org.healingsqlite.replay;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * What has run in the explicit transaction of one connection, to run it again where a heal had to roll it back. A transaction of which anything
 * cannot be repeated, or that is too large, is given up until it ends: it is not replayed then, its steps are forgotten. Thread-safe, but a
 * transaction that several threads work on is given up, because nobody knows the order of what they did.
 */
public final class TransactionRecord {
    private final long limitBytes;
    private final List<Step> steps = new ArrayList<>();
    private long sizeBytes;
    private boolean open;
    private boolean begunByJdbc;
    private volatile boolean recording;
    private boolean inserted;
    private long startedMillis;
    private @Nullable Thread worker;
    private @Nullable String objection;
    private @Nullable String abandoned;

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
    public synchronized void begin(boolean byJdbc) {
        forget();
        open = true;
        recording = true;
        begunByJdbc = byJdbc;
        startedMillis = System.currentTimeMillis();
        if (limitBytes == 0) {
            giveUp("replay is off");
        } else if (abandoned != null) {
            giveUp(abandoned);
        }
    }

    /** The transaction has ended. */
    public synchronized void end() {
        forget();
        open = false;
        recording = false;
    }

    private void forget() {
        steps.clear();
        sizeBytes = 0;
        inserted = false;
        worker = null;
        objection = null;
    }

    /** Whether an explicit transaction is open. */
    public synchronized boolean isOpen() {
        return open;
    }

    /** Whether what runs now is to be added. One volatile read. */
    public boolean isRecording() {
        return recording;
    }

    /** Whether the first step begins the transaction, so that it may also end without a COMMIT. */
    public synchronized boolean isBegunByStep() {
        return open && !begunByJdbc;
    }

    /** When the transaction began, in milliseconds since 1970. */
    public synchronized long startedMillis() {
        return startedMillis;
    }

    /** Something has run, successfully. */
    public synchronized void add(Step step, Repeatability repeatability) {
        if (!open || objection != null) {
            return;
        }
        Thread current = Thread.currentThread();
        if (worker == null) {
            worker = current;
        }
        if (worker != current) {
            giveUp("more than one thread worked on it");
        } else if (repeatability.objection() != null) {
            giveUp(repeatability.objection());
        } else if (repeatability.asksForLastInsert() && !inserted) {
            giveUp("it asks for the last insert or change before the transaction");
        } else {
            steps.add(step);
            inserted |= repeatability.inserts() && step.changedRows();
            sizeBytes += step.sizeBytes();
            if (sizeBytes > limitBytes) {
                giveUp("it is larger than " + limitBytes + " bytes (healing.replayLimit)");
            }
        }
    }

    /** This transaction will not be replayed. */
    public synchronized void giveUp(String why) {
        if (open) {
            forget();
            objection = why;
            recording = false;
        }
    }

    /** No transaction of this connection will ever be replayed: somebody may work on it unseen. */
    public synchronized void abandon(String why) {
        abandoned = why;
        giveUp(why);
    }

    /** Why the transaction cannot be replayed; null where it can. */
    public synchronized @Nullable String objection() {
        if (!open) {
            return "it was not recorded";
        }
        if (objection == null) {
            for (Step step : steps) {
                String ofStep = step.objection();
                if (ofStep != null) {
                    return ofStep;
                }
            }
        }
        return objection;
    }

    /**
     * Runs the transaction again, up to where it was.
     *
     * @param connection sqlite-jdbc's own, in no transaction; in this one afterwards, also after an exception
     * @throws DivergenceException where the application would notice a difference; the transaction is to be rolled back
     * @throws SQLException where something fails that did not fail before; the transaction is to be rolled back
     */
    public synchronized void replay(Connection connection) throws SQLException, DivergenceException {
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
                        "statement " + number + " (" + excerpt(step.sql()) + "): " + e.getMessage());
            }
        }
    }

    private static String excerpt(String sql) {
        return sql.length() <= 80 ? sql : sql.substring(0, 77) + "...";
    }
}
