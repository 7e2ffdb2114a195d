package org.healingsqlite.demo.backups;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.healingsqlite.demo.report.Calls;

/**
 * Backup jobs whose server is out of reach, so that each of them notes an event; a monitor that sees to the milder ones; and the health endpoint. Jobs
 * and monitor use a pool, the endpoint a connection of its own for each request, as whoever comes from outside would. Thread-safe.
 */
public final class BackupsApplication implements AutoCloseable {
    private static final int EVENTS_PER_ROUND = 5;
    private static final int HIGH_EVERY = 10;

    private final Clock clock = Clock.systemUTC();
    private final Alerts alerts = new Alerts();
    private final AtomicInteger jobs = new AtomicInteger();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private final HikariDataSource pool;
    private final ErrorEvents pooled;
    private final ErrorEvents fresh;
    private final ErrorLog log;
    private final Rounds monitor;
    private final HealthServer server;

    /**
     * Starts the application.
     *
     * @param period the time between two jobs, and between two rounds of the monitor
     * @param afterFailure the time after a round of the monitor that failed
     * @param calls counts what jobs and monitor ask of the store; requests of the endpoint are counted by who makes them
     */
    public BackupsApplication(String url, Duration period, Duration afterFailure, Calls calls) throws IOException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(3);
        pool = new HikariDataSource(config);
        pooled = new ErrorEvents(pool::getConnection, clock, calls);
        fresh = new ErrorEvents(() -> DriverManager.getConnection(url), clock, new Calls());
        log = new ErrorLog(pooled, alerts);
        monitor = new Rounds(this::seeToEvents, period, afterFailure, this::pause);
        server = new HealthServer(this::health, alerts);
        threads.execute(monitor);
        threads.execute(new Rounds(() -> log.log(nextJob()), period, afterFailure, this::pause));
    }

    private boolean pause(Duration duration) {
        try {
            return !stop.await(duration.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Runs the next job; gives the event of its failure. */
    private ErrorEvent nextJob() {
        int number = jobs.incrementAndGet();
        Severity severity = number % HIGH_EVERY == 0 ? Severity.HIGH : Severity.MEDIUM;
        return ErrorEvent.of(
                        new ConnectException("the backup server is out of reach"),
                        severity,
                        "job_manager",
                        clock.instant())
                .ofJob("job-" + number, "nightly backup");
    }

    private void seeToEvents() throws SQLException {
        for (ErrorEvent event : pooled.recent(EVENTS_PER_ROUND, false)) {
            if (!event.severity().isAlarming()) {
                pooled.markResolved(event.id());
            }
        }
    }

    private HealthReport health() {
        return new HealthReport(List.of(errorTracking(), monitor.health()));
    }

    private Component errorTracking() {
        try {
            return Component.errorTracking(fresh.statistics());
        } catch (SQLException | RuntimeException e) {
            return Component.withoutErrorTracking(Calls.message(e));
        }
    }

    /** Where the health endpoint is. */
    public URI address() {
        return server.address();
    }

    /** Tells whoever listens to the endpoint's events of something that happened, and stores nothing. */
    public void alert(ErrorEvent event) {
        alerts.tell(event);
    }

    /** Runs a job now, waits until its event is stored, and gives how many events it has. */
    public String runJob() throws SQLException {
        ErrorEvent event = nextJob();
        log.logNow(event);
        String jobId = String.valueOf(event.jobId());
        return jobId + ": " + pooled.ofJob(jobId).size() + " event";
    }

    @Override
    public void close() throws InterruptedException {
        stop.countDown();
        threads.shutdown();
        threads.awaitTermination(1, TimeUnit.MINUTES);
        log.close();
        server.close();
        pool.close();
    }
}
