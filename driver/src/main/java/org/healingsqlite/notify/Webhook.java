package org.healingsqlite.notify;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * Tells an HTTP server of incidents, each by one POST, on a thread of its own that ends when there is nothing to tell. What the server does is its own affair: it may hang, fail, or answer without end. What it
 * does not take after some tries is an incident of the component {@code notification}, which nobody is told of but the record. Thread-safe.
 */
public final class Webhook implements IncidentListener {
    private static final Log LOG = Log.of(Webhook.class);

    /** Kilobytes each; whoever has more than so many at once reads the record. */
    private static final int MOST_WAITING = 100;

    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(5);
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(10);
    private static final int RETRIES = 3;

    /** What the server may still take tomorrow: it has too much to do, or is out of order. */
    private static final int TOO_MANY_REQUESTS = 429;

    private static final int FIRST_OF_SERVER_ERRORS = 500;
    private static final int FIRST_SUCCESS = 200;
    private static final int FIRST_REDIRECT = 300;

    private static final int FAILURES_UNTIL_OPEN = 5;
    private static final Duration OPEN = Duration.ofSeconds(60);

    private final WebhookSettings settings;
    private final Consumer<Incident> deadLetters;
    private final RetryPolicy<Integer> retry;
    private final CircuitBreaker<Integer> breaker;
    private final ThreadPoolExecutor thread;

    /** Made with the first delivery, by the thread that uses it. */
    private @Nullable HttpClient client;

    /**
     * A webhook.
     *
     * @param deadLetters is given what could not be delivered, and must not block
     */
    public Webhook(WebhookSettings settings, Consumer<Incident> deadLetters) {
        this(settings, deadLetters, Duration.ofSeconds(1));
    }

    /** @param firstPause before the first retry; each is twice the one before */
    Webhook(WebhookSettings settings, Consumer<Incident> deadLetters, Duration firstPause) {
        this.settings = settings;
        this.deadLetters = deadLetters;
        this.retry = RetryPolicy.<Integer>builder()
                .handle(IOException.class)
                .handleResultIf(Webhook::isWorthAnotherTry)
                .withMaxRetries(RETRIES)
                .withBackoff(firstPause, firstPause.multipliedBy(1L << RETRIES), 2)
                .build();
        this.breaker = CircuitBreaker.<Integer>builder()
                .handle(IOException.class)
                .handleResultIf(status -> !isTaken(status))
                .withFailureThreshold(FAILURES_UNTIL_OPEN)
                .withDelay(OPEN)
                .build();
        this.thread =
                new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MOST_WAITING), task -> {
                    Thread made = new Thread(task, "healing-sqlite-webhook");
                    made.setDaemon(true);
                    return made;
                });
        thread.allowCoreThreadTimeOut(true);
    }

    private static boolean isTaken(int status) {
        return status >= FIRST_SUCCESS && status < FIRST_REDIRECT;
    }

    private static boolean isWorthAnotherTry(int status) {
        return status == TOO_MANY_REQUESTS || status >= FIRST_OF_SERVER_ERRORS;
    }

    /** Queues it; never blocks. */
    @Override
    public void ended(Incident incident) {
        if (incident.severity().compareTo(settings.least()) < 0) {
            return;
        }
        try {
            thread.execute(() -> deliver(incident));
        } catch (RejectedExecutionException full) {
            undelivered(incident, "more than " + MOST_WAITING + " wait");
        }
    }

    private void deliver(Incident incident) {
        try {
            int status = Failsafe.with(retry, breaker)
                    .get(() -> post(settings.template().body(incident)));
            if (!isTaken(status)) {
                undelivered(incident, "HTTP status " + status);
            }
        } catch (CircuitBreakerOpenException e) {
            undelivered(incident, "it has failed before, and is not tried for a while");
        } catch (FailsafeException e) {
            undelivered(incident, Disclosure.text(e.getCause() == null ? e : e.getCause()));
        } catch (RuntimeException | LinkageError e) {
            undelivered(incident, Disclosure.text(e));
        }
    }

    private int post(String body) throws IOException, InterruptedException {
        HttpClient known = client;
        if (known == null) {
            known = HttpClient.newBuilder()
                    .connectTimeout(LONGEST_CONNECT)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build();
            client = known;
        }
        HttpRequest request = HttpRequest.newBuilder(settings.address())
                .timeout(LONGEST_ANSWER)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<InputStream> response = known.send(request, HttpResponse.BodyHandlers.ofInputStream());
        // What it answers beside its status is not read: it may have no end.
        response.body().close();
        return response.statusCode();
    }

    private void undelivered(Incident incident, String why) {
        LOG.warn(
                "Incident {} of {} is not delivered to {}: {}",
                incident.id(),
                incident.database(),
                settings.shown(),
                why);
        Instant now = Instant.now();
        deadLetters.accept(Incident.of(
                Incident.newId(now),
                incident.database(),
                now,
                Duration.ZERO,
                "an incident was not delivered to " + settings.shown(),
                why,
                List.of("incident " + incident.id()),
                new Outcome.GaveUp("it is on record, and nobody was told", null),
                Component.NOTIFICATION));
    }
}
