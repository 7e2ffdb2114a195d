package org.healingsqlite.demo.trainer;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.healingsqlite.demo.report.Calls;

/**
 * WatchRuns: a stream of what changes in the registry, to a client that stays connected. An error ends it, as it ends the stream of a server. One
 * thread ticks; any may ask.
 */
final class RunWatch implements AutoCloseable {
    private final RunRegistry registry;
    private List<Run> snapshot = List.of();
    private final AtomicInteger updates = new AtomicInteger();
    private volatile String closedBecause = "";

    RunWatch(RunRegistry registry) {
        this.registry = registry;
    }

    /** Delivers an update where the registry has changed. */
    void tick() {
        if (!closedBecause.isEmpty()) {
            return;
        }
        try {
            List<Run> now = registry.list();
            if (!now.equals(snapshot)) {
                snapshot = now;
                updates.incrementAndGet();
            }
        } catch (SQLException | RuntimeException e) {
            closedBecause = Calls.message(e);
        }
    }

    /** For a reader: whether the stream is open, and how much it has delivered. */
    String state() {
        return (closedBecause.isEmpty() ? "open, " : "closed (" + closedBecause + "), ") + updates + " updates";
    }

    @Override
    public void close() throws SQLException {
        registry.close();
    }
}
