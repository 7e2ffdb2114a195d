package org.healingsqlite.demo.experiments;

import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Polls for its next task and trains the chunk it names. One thread ticks; any may ask. */
final class Worker {
    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    private final ExperimentStore store;
    private final int workerId;
    private final AtomicInteger tasksDone = new AtomicInteger();

    Worker(ExperimentStore store, int workerId) {
        this.store = store;
        this.workerId = workerId;
    }

    void tick() {
        try {
            Optional<Row> task = store.takeNextTask(workerId);
            if (task.isPresent()) {
                work(task.get().number("task_id"), task.get().number("run_id"));
            }
        } catch (SQLException | RuntimeException e) {
            LOG.info("Worker {} goes on after {}", workerId, e.getMessage());
        }
    }

    private void work(long taskId, long runId) throws SQLException {
        Optional<Row> run = store.configOf(runId);
        boolean trainable = run.isPresent()
                && ConfigLeaf.isIntact(
                        run.get().bytes("config_leaf"), (int) run.get().number("seed"));
        if (!trainable) {
            store.closeTask(taskId, Status.FAILED);
            return;
        }
        store.recordChunk(runId, "{\"loss\": " + 1.0 / (1 + tasksDone.get()) + "}");
        store.recordWorkerProgress(workerId, tasksDone.incrementAndGet());
        store.closeTask(taskId, Status.COMPLETED);
    }

    int tasksDone() {
        return tasksDone.get();
    }
}
