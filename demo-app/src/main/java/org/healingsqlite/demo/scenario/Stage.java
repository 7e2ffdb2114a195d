package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.healingsqlite.demo.report.Calls;
import org.healingsqlite.demo.report.DriverLog;
import org.healingsqlite.demo.report.Lanes;
import org.healingsqlite.demo.report.Timeline;

/** Does everything in both lanes at once, and tells the timeline. Owns the applications it started. For one thread. */
final class Stage implements AutoCloseable {
    private final Lanes<Deployment> deployments;
    private final Pace pace;
    private final Timeline timeline;
    private final DriverLog log;
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private final Deque<AutoCloseable> running = new ArrayDeque<>();

    Stage(Lanes<Deployment> deployments, Pace pace, Timeline timeline, DriverLog log) {
        this.deployments = deployments;
        this.pace = pace;
        this.timeline = timeline;
        this.log = log;
    }

    Pace pace() {
        return pace;
    }

    /** Starts an application. */
    @FunctionalInterface
    interface Start<A> {
        A in(Deployment deployment) throws SQLException;
    }

    /** Something a client asks an application. */
    @FunctionalInterface
    interface Question<A, T> {
        T of(A application) throws SQLException;
    }

    <A extends AutoCloseable> Lanes<A> start(Start<A> start) throws IOException {
        Lanes<A> applications = inBoth(deployments, deployment -> {
            try {
                return start.in(deployment);
            } catch (SQLException e) {
                throw new IllegalStateException("cannot start on " + deployment.url(), e);
            }
        });
        applications.forEach(running::push);
        return applications;
    }

    /** Asks both applications at once; an answer is empty where there was an exception instead. */
    <A, T> Lanes<Optional<T>> ask(String event, Lanes<A> applications, Question<A, T> question) {
        record Reply<T>(Optional<T> answer, String text) {}
        Lanes<Reply<T>> replies = inBoth(applications, application -> {
            try {
                T answer = question.of(application);
                return new Reply<>(Optional.of(answer), String.valueOf(answer));
            } catch (SQLException | RuntimeException e) {
                return new Reply<>(Optional.empty(), "ERROR " + Calls.message(e));
            }
        });
        tellWarnings();
        timeline.row(event, replies.map(Reply::text));
        return replies.map(Reply::answer);
    }

    /** Breaks both databases at once. */
    void strike(Breakage breakage) throws IOException, InterruptedException {
        tellWarnings();
        timeline.event(">>> " + breakage.describe(deployments.plain().database()));
        deployments.map(Deployment::calls).forEach(Calls::faultBegins);
        inBoth(deployments.map(Deployment::database), database -> {
            try {
                breakage.strike(database);
                return database;
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        });
    }

    /** Lets the application's time go by. */
    void pause(Duration applicationTime) throws InterruptedException {
        Thread.sleep(pace.of(applicationTime).toMillis());
    }

    private void tellWarnings() {
        Path database = deployments.healing().database();
        log.newWarnings(database).forEach(line -> timeline.row("", new Lanes<>("", line)));
    }

    private <T, R> Lanes<R> inBoth(Lanes<T> lanes, Function<T, R> function) {
        Lanes<CompletableFuture<R>> results =
                lanes.map(each -> CompletableFuture.supplyAsync(() -> function.apply(each), threads));
        return results.map(CompletableFuture::join);
    }

    /** Stops the applications. */
    @Override
    public void close() throws IOException {
        while (!running.isEmpty()) {
            try {
                running.pop().close();
            } catch (Exception e) {
                throw new IOException("an application does not stop", e);
            }
        }
        threads.shutdown();
        tellWarnings();
    }
}
