package org.healingsqlite.demo.backups;

import java.sql.SQLException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.demo.report.Calls;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes events without keeping anybody waiting: one thread writes them into the store, in their order. What the store does not take goes to the log,
 * and no further: an error of the error log is never an event. Thread-safe.
 */
final class ErrorLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ErrorLog.class);

    private final ErrorEvents store;
    private final Alerts alerts;
    private final ExecutorService writer = Executors.newSingleThreadExecutor();

    ErrorLog(ErrorEvents store, Alerts alerts) {
        this.store = store;
        this.alerts = alerts;
    }

    /** Notes an event; returns before it is stored. */
    void log(ErrorEvent event) {
        alerts.tell(event);
        writer.execute(() -> store(event));
    }

    /** Notes an event; returns its id once it is stored. */
    long logNow(ErrorEvent event) throws SQLException {
        alerts.tell(event);
        return store.log(event);
    }

    private void store(ErrorEvent event) {
        try {
            store.log(event);
        } catch (SQLException | RuntimeException e) {
            LOG.info("The event store says {}; not stored: {}", Calls.message(e), event);
        }
    }

    /** Returns once what was logged is stored, or in the log. */
    @Override
    public void close() throws InterruptedException {
        writer.shutdown();
        writer.awaitTermination(1, TimeUnit.MINUTES);
    }
}
