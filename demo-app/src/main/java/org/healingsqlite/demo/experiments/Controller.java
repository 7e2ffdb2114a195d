package org.healingsqlite.demo.experiments;

import java.sql.SQLException;
import java.util.HashSet;
import java.util.PrimitiveIterator;
import java.util.Set;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives idle workers the next chunks, closes what is finished, and obeys interactive control. All it knows is in the database. One thread ticks. */
final class Controller {
    private static final Logger LOG = LoggerFactory.getLogger(Controller.class);

    private final ExperimentStore store;
    private final int workers;

    Controller(ExperimentStore store, int workers) {
        this.store = store;
        this.workers = workers;
    }

    void tick() {
        try {
            obey();
            assign();
            store.closeFinishedExperiments();
            store.recordControllerProgress();
        } catch (SQLException | RuntimeException e) {
            LOG.info("The controller goes on after {}", e.getMessage());
        }
    }

    private void obey() throws SQLException {
        for (Row stop : store.pendingStops()) {
            store.closeRun(stop.number("run_id"), Status.STOPPED);
            store.completeOperation(stop.number("ic_id"));
        }
    }

    private void assign() throws SQLException {
        Set<Long> runsAtWork = new HashSet<>();
        Set<Integer> busy = new HashSet<>();
        for (Row task : store.openTasks()) {
            runsAtWork.add(task.number("run_id"));
            busy.add((int) task.number("worker_id"));
        }
        PrimitiveIterator.OfInt idle = IntStream.rangeClosed(1, workers)
                .filter(worker -> !busy.contains(worker))
                .iterator();
        for (Row run : store.unfinishedRuns()) {
            long runId = run.number("run_id");
            if (runsAtWork.contains(runId)) {
                continue;
            }
            if (run.number("current_chunk") >= run.number("num_chunks")) {
                store.closeRun(runId, Status.COMPLETED);
            } else if (idle.hasNext()) {
                store.createTask(idle.nextInt(), runId);
            }
        }
    }
}
