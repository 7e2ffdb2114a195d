package org.healingsqlite.demo.backups;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.healingsqlite.demo.report.Calls;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does something round after round. A round that fails does not end it: it goes on after another pause. One thread runs it; any may ask. */
final class Rounds implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);

    private final Round round;
    private final Duration period;
    private final Duration afterFailure;
    private final Pause pause;
    private volatile boolean failed;
    private final AtomicLong failures = new AtomicLong();

    /** One round. */
    @FunctionalInterface
    interface Round {
        void run() throws SQLException;
    }

    /** What is done between two rounds. */
    @FunctionalInterface
    interface Pause {
        /** Waits; gives whether to go on. */
        boolean last(Duration duration);
    }

    /**
     * A loop that does not run yet.
     *
     * @param period the pause after a round
     * @param afterFailure the pause after a round that failed
     */
    Rounds(Round round, Duration period, Duration afterFailure, Pause pause) {
        this.round = round;
        this.period = period;
        this.afterFailure = afterFailure;
        this.pause = pause;
    }

    @Override
    public void run() {
        boolean goesOn = true;
        while (goesOn) {
            goesOn = pause.last(succeeds() ? period : afterFailure);
        }
    }

    private boolean succeeds() {
        try {
            round.run();
            failed = false;
            return true;
        } catch (SQLException | RuntimeException e) {
            LOG.info("The next round comes after {}", Calls.message(e));
            failed = true;
            failures.incrementAndGet();
            return false;
        }
    }

    /** How it is. */
    Component health() {
        return Component.background(failed, failures.get());
    }
}
