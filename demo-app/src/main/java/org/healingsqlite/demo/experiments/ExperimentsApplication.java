package org.healingsqlite.demo.experiments;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.healingsqlite.demo.report.Calls;

/** A controller and its workers, each on a thread of its own, on one connection pool. Thread-safe. */
public final class ExperimentsApplication implements AutoCloseable {
    private static final int WORKERS = 4;

    /** From 1 KiB to 4 MiB: within a page, over some, and over many. */
    private static final List<Integer> CONFIG_SIZES_BYTES = List.of(1 << 10, 1 << 16, 1 << 20, 1 << 22);

    private final HikariDataSource pool;
    private final ExperimentStore store;
    private final List<Worker> workers;
    private final ScheduledExecutorService threads;

    /**
     * Starts the application.
     *
     * @param tick the time between two looks of a worker, and of the controller
     */
    public ExperimentsApplication(String url, Duration tick, Calls calls) {
        threads = Executors.newScheduledThreadPool(WORKERS + 1, task -> new Thread(task, url));
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(WORKERS + 2);
        pool = new HikariDataSource(config);
        store = new ExperimentStore(new Database(pool, calls));
        workers = IntStream.rangeClosed(1, WORKERS)
                .mapToObj(workerId -> new Worker(store, workerId))
                .toList();
        every(tick, new Controller(store, WORKERS)::tick);
        workers.forEach(worker -> every(tick, worker::tick));
    }

    private void every(Duration period, Runnable tick) {
        var unused = threads.scheduleWithFixedDelay(tick, 0, period.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Submits an experiment: a run for each size of configuration. */
    public void submit(String name, int chunks) throws SQLException {
        long experimentId = store.createExperiment(name);
        for (int sizeBytes : CONFIG_SIZES_BYTES) {
            store.createRun(experimentId, sizeBytes + chunks, sizeBytes, chunks);
        }
    }

    /** The application's own check of its database: it looks for one table, as such checks do. */
    public boolean isInitialised() throws SQLException {
        return store.hasExperiments();
    }

    /** Asks the controller to stop the run that was created last: an operation of interactive control. */
    public void requestStopOfLastRun() throws SQLException {
        store.requestStop(store.lastRun());
    }

    /** How far an experiment is. */
    public Progress progress(String name) throws SQLException {
        Status status = store.statusOfExperiment(name).orElse(Status.NEW);
        String runs = store.statusesOfRuns().stream()
                .map(row -> row.number("runs") + " " + row.text("status"))
                .collect(Collectors.joining(", "));
        int tasks = workers.stream().mapToInt(Worker::tasksDone).sum();
        return new Progress(status, runs, store.pendingStops().size(), tasks);
    }

    @Override
    public void close() throws InterruptedException {
        threads.shutdown();
        threads.awaitTermination(1, TimeUnit.MINUTES);
        pool.close();
    }
}
