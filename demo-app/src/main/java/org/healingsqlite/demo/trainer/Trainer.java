package org.healingsqlite.demo.trainer;

import java.sql.SQLException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.healingsqlite.demo.report.Calls;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains one submitted run after the other: takes a GPU slot, writes each epoch into the registry, and gives the slot back. One thread ticks; any
 * may ask.
 */
final class Trainer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);
    private static final int EPOCHS = 12;

    private final RunRegistry registry;
    private final Set<String> done = ConcurrentHashMap.newKeySet();
    private @Nullable Run run;
    private volatile String lastLine = "waiting for runs";

    Trainer(RunRegistry registry) {
        this.registry = registry;
    }

    /** Looks for a run, or trains the one it has for an epoch. */
    void tick() {
        try {
            run = run == null ? next().orElse(null) : train(run).orElse(null);
        } catch (SQLException | RuntimeException e) {
            say((run == null ? "no next run: " : run.runId() + " failed: ") + Calls.message(e));
            run = null;
        }
    }

    private Optional<Run> next() throws SQLException {
        Optional<Run> next = registry.listByStatus(Run.Status.PENDING, Run.Status.RUNNING).stream()
                .findFirst();
        if (next.isPresent()) {
            String runId = next.get().runId();
            OptionalInt slot = registry.takeSlot(runId);
            if (slot.isEmpty()) {
                say(runId + " waits for a GPU slot");
                return Optional.empty();
            }
            say(runId + " training on GPU slot " + slot.getAsInt());
        }
        return next;
    }

    /** One epoch; empty once the run is done. */
    private Optional<Run> train(Run current) throws SQLException {
        Run trained = current.reached(Run.Status.RUNNING, current.epoch() + 1);
        registry.save(trained);
        say(trained.runId() + " epoch " + trained.epoch() + " of " + EPOCHS);
        if (trained.epoch() < EPOCHS) {
            return Optional.of(trained);
        }
        registry.save(trained.reached(Run.Status.DONE, EPOCHS));
        registry.freeSlot(trained.runId());
        done.add(trained.runId());
        say(trained.runId() + " DONE");
        return Optional.empty();
    }

    private void say(String line) {
        LOG.info("{}", line);
        lastLine = line;
    }

    boolean isDone(String runId) {
        return done.contains(runId);
    }

    /** What it logged last. */
    String lastLine() {
        return lastLine;
    }

    @Override
    public void close() throws SQLException {
        registry.close();
    }
}
