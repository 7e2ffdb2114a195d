package org.healingsqlite.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.healingsqlite.Healing;
import org.healingsqlite.heal.Health;
import org.healingsqlite.heal.Health.Status;
import org.healingsqlite.heal.Statistics;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one database, all below {@code healing.sqlite} and with the tag {@code database}. Bind it once for each database and registry; docs/operations.md lists the meters. Reading them changes nothing; the health is
 * looked at no more often than once a second.
 *
 * <pre>{@code
 * new HealingMetrics(Healing.of(connection), "orders").bindTo(registry);
 * }</pre>
 */
public final class HealingMetrics implements MeterBinder {
    private static final String PREFIX = "healing.sqlite.";

    /** A scrape reads a dozen meters, and one look is enough for all of them. */
    private static final Duration LONGEST_SHOWN = Duration.ofSeconds(1);

    private final Healing healing;
    private final Tags tags;
    private @Nullable Health last;
    private long lookedNanos;

    /**
     * Meters of a database.
     *
     * @param healing the database's
     * @param name the tag {@code database}: who has several tells them apart by it
     */
    public HealingMetrics(Healing healing, String name) {
        this.healing = healing;
        this.tags = Tags.of("database", name);
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        gauge(
                registry,
                "serving",
                "1 while the database serves, 0 while it does not",
                health -> health.isServing() ? 1 : 0);
        gauge(
                registry,
                "degraded",
                "1 while the database serves and somebody should look, else 0",
                health -> health.status() == Status.DEGRADED ? 1 : 0);
        gauge(registry, "incidents.unresolved", "incidents that somebody has to look at", figure("unresolved_errors"));
        gauge(registry, "incidents.critical", "those of them that are critical", figure("critical_errors"));
        gauge(registry, "incidents.recent", "incidents of the last 24 hours", figure("recent_24h"));
        breaker(registry, "healing", Health::healing);
        breaker(registry, "availability", Health::availability);
        initialisations(registry, "success", Statistics::initialisations);
        initialisations(registry, "failure", Statistics::failedInitialisations);
        healing.addListener(new Counting(registry, tags));
    }

    private void gauge(MeterRegistry registry, String name, String description, ToDoubleFunction<Health> value) {
        Gauge.builder(PREFIX + name, this, own -> value.applyAsDouble(own.health()))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private static ToDoubleFunction<Health> figure(String name) {
        return health -> {
            Long figure = health.part("error_tracking").figures().get(name);
            return figure == null ? Double.NaN : figure;
        };
    }

    private void breaker(
            MeterRegistry registry, String name, java.util.function.Function<Health, Health.Breaker> breaker) {
        Gauge.builder(PREFIX + "breaker", this, own -> switch (breaker.apply(own.health())) {
                    case CLOSED -> 0;
                    case HALF_OPEN -> 0.5;
                    case OPEN -> 1;
                })
                .description("0 closed, 0.5 half open, 1 open")
                .tags(tags.and("breaker", name))
                .register(registry);
    }

    private void initialisations(MeterRegistry registry, String result, ToDoubleFunction<Statistics> count) {
        FunctionCounter.builder(PREFIX + "initialisations", healing, own -> count.applyAsDouble(own.statistics()))
                .description("times a schema was brought to a new or incomplete database")
                .tags(tags.and("result", result))
                .register(registry);
    }

    private synchronized Health health() {
        Health known = last;
        long now = System.nanoTime();
        if (known == null || now - lookedNanos > LONGEST_SHOWN.toNanos()) {
            known = healing.health();
            last = known;
            lookedNanos = now;
        }
        return known;
    }

    /** What is only told once. */
    private record Counting(MeterRegistry registry, Tags tags) implements IncidentListener {
        @Override
        public void ended(Incident incident) {
            Outcome outcome = incident.outcome();
            Tags own = tags.and("component", incident.component(), "outcome", outcome.word());
            Counter.builder(PREFIX + "incidents")
                    .description("incidents that ended")
                    .tags(own.and("severity", incident.severity().name().toLowerCase(Locale.ROOT)))
                    .register(registry)
                    .increment();
            if (outcome instanceof Outcome.Healed || outcome instanceof Outcome.GaveUp) {
                Timer.builder(PREFIX + "heals")
                        .description("from the fault to the outcome")
                        .tags(own)
                        .register(registry)
                        .record(incident.elapsed());
            }
            Counter.builder(PREFIX + "rows.lost")
                    .description("rows that are lost for certain")
                    .tags(tags)
                    .register(registry)
                    .increment((double) outcome.loss().completeness().atLeast());
        }

        @Override
        public void progressed(Path database, String step) {
            Counter.builder(PREFIX + "steps")
                    .description("steps of heals, and retries")
                    .tags(tags.and("step", step))
                    .register(registry)
                    .increment();
        }
    }
}
