package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.heal.TransactionState;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.replay.DivergenceException;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.replay.Repeatability;
import org.healingsqlite.replay.Step;
import org.healingsqlite.replay.TransactionRecord;
import org.jspecify.annotations.Nullable;

/** A recording that every statement passes as it runs, savepoints included. As thread-safe as {@link TransactionRecord}. */
public final class LiveRecord implements Recording {
    private final TransactionRecord record;

    /** Whether a statement has run since the transaction began. */
    private volatile boolean used;

    /**
     * A recording that holds no transaction yet.
     *
     * @param limitBytes see {@link TransactionRecord}
     */
    public LiveRecord(long limitBytes) {
        this.record = new TransactionRecord(limitBytes);
    }

    /** Whether SQLite is in a transaction; asked where a text may have ended one. */
    @FunctionalInterface
    public interface Probe {
        boolean inTransaction() throws SQLException;
    }

    // ---- What runs

    /** A statement has run. */
    public void ran() {
        if (!used) {
            used = true;
        }
    }

    /** Whether what runs now is to be added. */
    public boolean isRecording() {
        return record.isRecording();
    }

    /** Whether an explicit transaction is open. */
    public boolean isOpen() {
        return record.isOpen();
    }

    /** Adds what has run; see {@link TransactionRecord#add}. */
    public void add(Step step, @Nullable Repeatability repeatability) {
        record.add(step, repeatability);
    }

    /** Somebody may work on the connection unseen from now on. */
    public void abandon(String why) {
        record.abandon(why);
    }

    /** Something has run that begins or ends the transaction, or a part of it. */
    public void framed(String sql, Frame frame, Probe probe) {
        switch (frame) {
            case NONE -> {}
            case BEGIN -> {
                record.begin(false);
                record.add(Step.ofFrame(sql), Repeatability.FRAME);
            }
            case SAVEPOINT -> {
                beginUnlessOpen();
                record.add(Step.ofFrame(sql), Repeatability.FRAME);
            }
            case ROLLBACK_TO -> record.add(Step.ofFrame(sql), Repeatability.FRAME);
            case RELEASE -> {
                record.add(Step.ofFrame(sql), Repeatability.FRAME);
                endIfReleased(probe);
            }
            case COMMIT, ROLLBACK -> record.end();
            case SEVERAL -> {
                beginUnlessOpen();
                record.giveUp("several statements in one text begin or end it");
                endIfReleased(probe);
            }
        }
    }

    private void beginUnlessOpen() {
        if (!record.isOpen()) {
            record.begin(false);
        }
    }

    /** The outermost savepoint, where nothing else began the transaction, ends it. */
    private void endIfReleased(Probe probe) {
        if (!record.isBegunByStep()) {
            return;
        }
        try {
            if (!probe.inTransaction()) {
                record.end();
            }
        } catch (SQLException e) {
            record.giveUp("whether it has ended is not known: " + Disclosure.message(e));
        }
    }

    // ---- Recording

    @Override
    public TransactionState standing() {
        if (!record.isOpen()) {
            return TransactionState.NONE;
        }
        return used || record.isBegunByStep() ? TransactionState.USED : TransactionState.UNUSED;
    }

    @Override
    public @Nullable String objection() {
        return record.objection();
    }

    @Override
    public long startedMillis() {
        return record.startedMillis();
    }

    @Override
    public void replay(Connection connection) throws SQLException, DivergenceException {
        record.replay(connection);
        used = true;
    }

    @Override
    public void giveUp(String why) {
        record.giveUp(why);
    }

    @Override
    public void used() {
        ran();
    }

    @Override
    public void ended(boolean byJdbcBegun) {
        used = false;
        if (byJdbcBegun) {
            record.begin(true);
        } else {
            record.end();
        }
    }

    @Override
    public void frameFailed(boolean inTransaction) {
        if (!inTransaction) {
            record.end();
        } else if (!record.isOpen()) {
            record.begin(false);
        }
    }
}
