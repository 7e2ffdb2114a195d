package org.healingsqlite.notify;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.healingsqlite.archive.ShellCommand;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;

/**
 * Runs commands after heals, one at a time, on a thread of its own that ends when there is nothing to run: {@code systemctl restart litestream}, for one. A command is
 * told of the heal by its environment: {@code HEALING_DATABASE}, {@code HEALING_INCIDENT}, {@code HEALING_SEVERITY}. What it says goes nowhere. One that fails is an
 * incident of the component {@code notification}. Thread-safe.
 */
public final class Hooks implements IncidentListener {
    private static final Log LOG = Log.of(Hooks.class);

    /** Each is about the newest heal; whoever has so many at once is not helped by more. */
    private static final int MOST_WAITING = 20;

    /** Restarting a service takes seconds. */
    private static final Duration LONGEST_RUN = Duration.ofSeconds(60);

    private final HookSettings settings;
    private final Consumer<Incident> failures;
    private final ThreadPoolExecutor thread =
            new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MOST_WAITING), task -> {
                Thread made = new Thread(task, "healing-sqlite-hooks");
                made.setDaemon(true);
                return made;
            });

    /**
     * Hooks.
     *
     * @param failures is given what could not be run, and must not block
     */
    public Hooks(HookSettings settings, Consumer<Incident> failures) {
        this.settings = settings;
        this.failures = failures;
        thread.allowCoreThreadTimeOut(true);
    }

    /** Queues a command where there is one for it; never blocks. */
    @Override
    public void ended(Incident incident) {
        Optional<String> command = commandAfter(incident);
        if (command.isEmpty()) {
            return;
        }
        ShellCommand shell = new ShellCommand(command.get(), LONGEST_RUN);
        try {
            thread.execute(() -> run(shell, incident));
        } catch (RejectedExecutionException full) {
            failed(shell, incident, "was not run: " + MOST_WAITING + " wait");
        }
    }

    private Optional<String> commandAfter(Incident incident) {
        if (!(incident.outcome() instanceof Outcome.Healed)) {
            return Optional.empty();
        }
        if (incident.component().equals(Component.FILE.word())) {
            return settings.afterRescue();
        }
        boolean isInPlace = incident.component().equals(Component.CONTENT.word())
                || incident.component().equals(Component.SCHEMA.word());
        return isInPlace ? settings.afterHeal() : Optional.empty();
    }

    private void run(ShellCommand command, Incident incident) {
        Map<String, String> environment = Map.of(
                "HEALING_DATABASE", incident.database().toString(),
                "HEALING_INCIDENT", incident.id(),
                "HEALING_SEVERITY", incident.severity().name().toLowerCase(Locale.ROOT));
        try {
            command.run(environment, ProcessBuilder.Redirect.DISCARD)
                    .ifPresent(problem -> failed(command, incident, problem));
        } catch (IOException | RuntimeException e) {
            failed(command, incident, "could not be run: " + Disclosure.text(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void failed(ShellCommand command, Incident about, String problem) {
        LOG.warn("{}: the command {} after incident {} {}", about.database(), command.name(), about.id(), problem);
        Instant now = Instant.now();
        failures.accept(Incident.of(
                Incident.newId(now),
                about.database(),
                now,
                Duration.ZERO,
                "the command " + command.name() + " failed",
                "it " + problem,
                List.of("incident " + about.id()),
                new Outcome.GaveUp("what it was for has not been done", null),
                Component.NOTIFICATION));
    }
}
