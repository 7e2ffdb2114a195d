package org.healingsqlite.demo.scenario;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
        T of(A application) throws SQLException, InterruptedException;
    }

    <A extends AutoCloseable> Lanes<A> start(Start<A> start) throws IOException, InterruptedException {
        Lanes<A> applications = inBoth(deployments, start::in);
        applications.forEach(running::push);
        return applications;
    }

    /** Asks both applications at once; an answer is empty where there was an exception instead. */
    <A, T> Lanes<Optional<T>> ask(String event, Lanes<A> applications, Question<A, T> question)
            throws IOException, InterruptedException {
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
            breakage.strike(database);
            return database;
        });
    }

    /** Lets the application's time go by. */
    void pause(Duration applicationTime) throws InterruptedException {
        Thread.sleep(pace.of(applicationTime).toMillis());
    }

    /** Whether the healing lane has seen no error: after one there is nothing left to wait for. */
    boolean isWorthWaiting() {
        return deployments.healing().calls().afterFault().errors() == 0;
    }

    private void tellWarnings() {
        Path database = deployments.healing().database();
        log.newWarnings(database).forEach(line -> timeline.row("", new Lanes<>("", line)));
    }

    @FunctionalInterface
    private interface Work<T, R> {
        R on(T each) throws SQLException, IOException, InterruptedException;
    }

    private <T, R> Lanes<R> inBoth(Lanes<T> lanes, Work<T, R> work) throws IOException, InterruptedException {
        Lanes<Future<R>> results = lanes.map(each -> threads.submit(() -> work.on(each)));
        return new Lanes<>(result(results.plain()), result(results.healing()));
    }

    private static <R> R result(Future<R> future) throws IOException, InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
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
