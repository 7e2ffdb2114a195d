package org.healingsqlite.demo.trainer;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.demo.report.Calls;

/** The trainer, its registry and what its user interface asks. The trainer and the stream run on threads of their own. Thread-safe. */
public final class TrainerApplication implements AutoCloseable {

    /** How the trainer and the stream come to their connections; the user interface opens one for each call. */
    public enum Access {
        /** Each holds one as long as it runs. */
        HELD,
        /** Each opens one for each call. */
        PER_CALL;

        private ConnectionSource open(String url) throws SQLException {
            return this == HELD ? ConnectionSource.Held.open(url) : new ConnectionSource.PerCall(url);
        }
    }

    private final RunRegistry userInterface;
    private final Trainer trainer;
    private final RunWatch watch;
    private final ScheduledExecutorService threads;

    /**
     * Starts the application.
     *
     * @param tick the time between two steps of the trainer, and between two looks of the stream
     */
    public TrainerApplication(String url, Access access, Duration tick, Calls calls) throws SQLException {
        threads = Executors.newScheduledThreadPool(2, task -> new Thread(task, url));
        userInterface = new RunRegistry(new ConnectionSource.PerCall(url), calls);
        trainer = new Trainer(new RunRegistry(access.open(url), calls));
        watch = new RunWatch(new RunRegistry(access.open(url), calls));
        every(tick, trainer::tick);
        every(tick, watch::tick);
    }

    private void every(Duration period, Runnable tick) {
        var unused = threads.scheduleWithFixedDelay(tick, 0, period.toNanos(), TimeUnit.NANOSECONDS);
    }

    public List<Run> listRuns() throws SQLException {
        return userInterface.list();
    }

    public Optional<Run> getRun(String runId) throws SQLException {
        return userInterface.get(runId);
    }

    public void submit(String runId) throws SQLException {
        userInterface.submit(Run.submitted(runId));
    }

    /** Whether the trainer has trained a run to its end. */
    public boolean isTrained(String runId) {
        return trainer.isDone(runId);
    }

    /** What the trainer logged last. */
    public String trainerLine() {
        return trainer.lastLine();
    }

    /** The state of the stream of changes. */
    public String watchState() {
        return watch.state();
    }

    @Override
    public void close() throws SQLException, InterruptedException {
        threads.shutdown();
        threads.awaitTermination(1, TimeUnit.MINUTES);
        trainer.close();
        watch.close();
    }
}
