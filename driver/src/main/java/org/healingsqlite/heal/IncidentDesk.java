package org.healingsqlite.heal;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.FlightRecords;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.incident.ListenerServices;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.plan.Intent;
import org.jspecify.annotations.Nullable;

/** Concludes what was done about faults of one database: records it, logs it, counts it, and tells who wants to know. Thread-safe. */
@Internal
public final class IncidentDesk {
    private static final Log LOG = Log.of(IncidentDesk.class);

    /** A database that is left alone for a hundred reasons is told of again. */
    private static final int MOST_REASONS = 100;

    private final DatabaseFile file;
    private final IncidentLog incidents;
    private final List<IncidentListener> listeners = new CopyOnWriteArrayList<>();

    /** Set on a thread while it tells listeners of a step. */
    private final ThreadLocal<@Nullable Boolean> telling = new ThreadLocal<>();

    /** When the last heal of this JVM ended that lost something; before all moments where none has. */
    private volatile long lastLossMillis = -1;

    /** Why heals were held back, as far as it was told. */
    private final Set<String> reasons = ConcurrentHashMap.newKeySet();

    private final LongAdder initialisations = new LongAdder();
    private final LongAdder failedInitialisations = new LongAdder();
    private final LongAdder healed = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder gaveUp = new LongAdder();

    IncidentDesk(DatabaseFile file) {
        this.file = file;
        this.incidents = new IncidentLog(file);
    }

    /** The incidents on record. */
    public IncidentLog incidents() {
        return incidents;
    }

    /** Tells somebody of every incident from now on. */
    public void addListener(IncidentListener listener) {
        listeners.add(listener);
    }

    /** Stops telling somebody. */
    public void removeListener(IncidentListener listener) {
        listeners.remove(listener);
    }

    /** Counts of what has happened in this JVM. */
    public Statistics statistics() {
        return new Statistics(
                initialisations.sum(), failedInitialisations.sum(), healed.sum(), refused.sum(), gaveUp.sum());
    }

    /** Something was added to the schema. */
    void initialised() {
        initialisations.increment();
    }

    /** The schema could not be loaded or added to. */
    void failedToInitialise() {
        failedInitialisations.increment();
    }

    /** Tells how far a heal has come. */
    void progressed(String step) {
        FlightRecords.progressed(file.main(), step);
        boolean within = isTelling();
        telling.set(true);
        try {
            each(listener -> listener.progressed(file.main(), step), "at step " + step);
        } finally {
            if (!within) {
                telling.remove();
            }
        }
    }

    /** Whether the calling thread is a listener's, which was told how far a heal has come: no other heal begins within that one. */
    boolean isTelling() {
        return telling.get() != null;
    }

    /**
     * Whether anything was lost in a heal, by any process, since a moment; also where nobody can tell.
     *
     * @param last how the last heal ended
     */
    public boolean hasLostSince(Outcome last, long epochMillis) {
        if (!last.loss().isNone() || lastLossMillis >= epochMillis) {
            return true;
        }
        try {
            return incidents.hasLossSince(Instant.ofEpochMilli(epochMillis));
        } catch (SQLException e) {
            LOG.debug("{}: whether anything was lost is not known: {}", file.main(), Disclosure.message(e));
            return true;
        }
    }

    /** Where an incident is kept. */
    enum Kept {
        /** In the side directory. */
        BESIDE,
        /** In this JVM alone: nothing is to be written beside the database. */
        HERE
    }

    /** Records what was no heal. */
    void tell(Component component, Instant start, String fault, String diagnosis, List<String> steps, Outcome outcome) {
        tell(component, start, fault, diagnosis, steps, outcome, Kept.BESIDE);
    }

    /** As {@link #tell(Component, Instant, String, String, List, Outcome)}. */
    void tell(
            Component component,
            Instant start,
            String fault,
            String diagnosis,
            List<String> steps,
            Outcome outcome,
            Kept kept) {
        Incident incident = incident(component, Incident.newId(start), start, fault, diagnosis, steps, outcome);
        if (outcome instanceof Outcome.GaveUp) {
            LOG.error("{}: {}: {} (incident {})", file.main(), fault, outcome.explanation(), incident.id());
        } else {
            LOG.warn("{}: {}: {} (incident {})", file.main(), fault, outcome.explanation(), incident.id());
        }
        if (kept == Kept.BESIDE) {
            publish(incident);
        } else {
            incidents.keepHere(incident);
            tell(incident);
        }
    }

    /**
     * A heal was held back. It is told once for each reason; what is on record of it stays in this JVM, because a database that is left alone gets nothing written beside it.
     *
     * @param diagnosis what was found; empty where nobody looked
     */
    Incident heldBack(Instant start, String fault, String diagnosis, Intent intent) {
        String told = "severity LOW" + (diagnosis.isEmpty() ? "" : ", " + diagnosis);
        Incident incident = incident(
                Component.CONSENT,
                Incident.newId(start),
                start,
                fault,
                told,
                List.of(),
                new Outcome.Refused(intent.explanation()));
        refused.increment();
        if (!reasons.add(intent.kind() + intent.evidence())) {
            LOG.debug("{}: {}: not healed: {} (incident {})", file.main(), fault, intent.evidence(), incident.id());
            return incident;
        }
        if (reasons.size() > MOST_REASONS) {
            reasons.clear();
        }
        LOG.warn("{}: {}: not healed: {} (incident {})", file.main(), fault, intent.explanation(), incident.id());
        incidents.keepHere(incident);
        tell(incident);
        return incident;
    }

    /** Records how a fault ended, and tells who wants to know. */
    Incident conclude(
            Component component, Instant start, String fault, String diagnosis, List<String> steps, Outcome outcome) {
        return conclude(incident(component, Incident.newId(start), start, fault, diagnosis, steps, outcome));
    }

    /** Records how a heal of damage ended, which has its id already: its journal has it. */
    Incident conclude(String id, Instant start, String fault, String diagnosis, List<String> steps, Outcome outcome) {
        return conclude(incident(Component.CONTENT, id, start, fault, diagnosis, steps, outcome));
    }

    private Incident conclude(Incident incident) {
        String fault = incident.fault();
        Outcome outcome = incident.outcome();
        if (outcome instanceof Outcome.Healthy) {
            LOG.debug("{}: {}: {}", file.main(), fault, outcome.explanation());
            return incident;
        }
        if (outcome instanceof Outcome.Refused) {
            refused.increment();
            LOG.debug("{}: {}: not healed: {} (incident {})", file.main(), fault, outcome.explanation(), incident.id());
            return incident;
        }
        if (outcome instanceof Outcome.GaveUp failed) {
            gaveUp.increment();
            LOG.error(
                    "{}: {}: gave up: {} (incident {})",
                    file.main(),
                    fault,
                    failed.explanation(),
                    incident.id(),
                    failed.cause());
        } else {
            countHealed(incident);
        }
        publish(incident);
        return incident;
    }

    /** What has been told and counted when it was met first: nobody needs to hear of it again. */
    Incident repeated(Instant start, String fault, String diagnosis, Outcome outcome) {
        LOG.debug("{}: {}: again: {}", file.main(), fault, outcome.explanation());
        return incident(Component.HEALING, Incident.newId(start), start, fault, diagnosis, List.of(), outcome);
    }

    private void countHealed(Incident incident) {
        Outcome outcome = incident.outcome();
        healed.increment();
        if (!outcome.loss().isNone()) {
            lastLossMillis = System.currentTimeMillis();
        }
        String text = "{}: {}: healed in {} ms: {} (incident {}){}";
        Object[] told = {
            file.main(),
            incident.fault(),
            incident.elapsed().toMillis(),
            outcome.explanation(),
            incident.id(),
            outcome.loss().isNone() ? "" : "; lost: " + outcome.loss().explanation()
        };
        // A table that somebody has dropped is made again: a recovery, not a failure.
        if (outcome.loss().isNone() || incident.component().equals(Component.SCHEMA.word())) {
            LOG.warn(text, told);
        } else {
            LOG.error(text, told);
        }
    }

    private Incident incident(
            Component component,
            String id,
            Instant start,
            String fault,
            String diagnosis,
            List<String> steps,
            Outcome outcome) {
        return Incident.of(
                id,
                file.main(),
                start,
                Duration.between(start, Instant.now()),
                fault,
                diagnosis,
                steps,
                outcome,
                component);
    }

    private void publish(Incident incident) {
        incidents.append(incident);
        tell(incident);
    }

    private void tell(Incident incident) {
        FlightRecords.ended(incident);
        each(listener -> listener.ended(incident), "on incident " + incident.id());
    }

    /** Tells those of this database, and those of the class path. */
    private void each(Consumer<IncidentListener> telling, String about) {
        for (List<IncidentListener> some : List.of(listeners, ListenerServices.listeners())) {
            for (IncidentListener listener : some) {
                try {
                    telling.accept(listener);
                } catch (Throwable e) {
                    LOG.warn("{}: a listener failed {}", file.main(), about, e);
                }
            }
        }
    }
}
