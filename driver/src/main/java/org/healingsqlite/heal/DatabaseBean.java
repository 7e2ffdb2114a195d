package org.healingsqlite.heal;

import com.grack.nanojson.JsonWriter;
import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.MBeanNotificationInfo;
import javax.management.Notification;
import javax.management.NotificationBroadcasterSupport;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentEntry;
import org.healingsqlite.incident.IncidentExport;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.IncidentQuery;
import org.healingsqlite.incident.Incidents;
import org.healingsqlite.log.Disclosure;

/** A managed database as JMX sees it. Exceptions are told without classes of this library, which a client need not have. Thread-safe. */
final class DatabaseBean extends NotificationBroadcasterSupport implements DatabaseMXBean, IncidentListener {
    private static final String INCIDENT = "healing-sqlite.incident";

    private final Managed database;
    private final HealingSettings settings;
    private final Executor sending;
    private final AtomicLong sequence = new AtomicLong();

    DatabaseBean(Managed database, HealingSettings settings, Executor sending) {
        super(new MBeanNotificationInfo(
                new String[] {INCIDENT}, Notification.class.getName(), "an incident has ended; its message is JSON"));
        this.database = database;
        this.settings = settings;
        this.sending = sending;
    }

    /** Something that JMX asks for. */
    @FunctionalInterface
    private interface Question<T> {
        T answer() throws SQLException, IOException;
    }

    private static <T> T told(Question<T> question) throws IOException {
        try {
            return question.answer();
        } catch (SQLException e) {
            throw new IOException(Disclosure.message(e));
        }
    }

    private Incidents record() {
        return new Incidents(database.desk().incidents());
    }

    @Override
    public String getFile() {
        return database.file().main().toString();
    }

    @Override
    public String getStatus() {
        return database.health().status().word();
    }

    @Override
    public String getHealth() {
        return database.health().toJson();
    }

    @Override
    public String getHealingBreaker() {
        return database.health().healing().name();
    }

    @Override
    public String getAvailabilityBreaker() {
        return database.health().availability().name();
    }

    @Override
    public long getHealed() {
        return database.desk().statistics().healed();
    }

    @Override
    public long getRefused() {
        return database.desk().statistics().refused();
    }

    @Override
    public long getGaveUp() {
        return database.desk().statistics().gaveUp();
    }

    @Override
    public long getInitialisations() {
        return database.desk().statistics().initialisations();
    }

    @Override
    public long getFailedInitialisations() {
        return database.desk().statistics().failedInitialisations();
    }

    @Override
    public double getInitialisationSuccessRate() {
        Statistics statistics = database.desk().statistics();
        return statistics.initialisations() + statistics.failedInitialisations() == 0
                ? Double.NaN
                : statistics.initialisationSuccessRate();
    }

    @Override
    public String getLastIncident() {
        try {
            return record().search(IncidentQuery.newest(1)).stream()
                    .findFirst()
                    .map(entry -> JsonWriter.string(IncidentExport.json(entry)))
                    .orElse("");
        } catch (SQLException unreadable) {
            return "";
        }
    }

    @Override
    public String incidents(int limit) throws IOException {
        return told(() -> {
            StringBuilder json = new StringBuilder();
            record().exportJson(IncidentQuery.newest(limit), json);
            return json.toString();
        });
    }

    @Override
    public boolean resolve(String id, String note) throws IOException {
        return told(() -> record().resolve(id, note));
    }

    @Override
    public String check() throws IOException {
        return told(() -> database.look(settings).toString());
    }

    @Override
    public String heal() throws IOException {
        return told(() -> {
            var outcome = database.check(settings);
            return outcome.word() + ": " + outcome.explanation();
        });
    }

    @Override
    public boolean isObserving() {
        return database.isObserving();
    }

    @Override
    public void observe() {
        database.observe(true);
    }

    @Override
    public void resume() {
        database.observe(false);
    }

    @Override
    public void resetBreakers() {
        database.resetBreakers();
    }

    /** Clients are told on a thread of their own, never on that of a caller. */
    @Override
    public void ended(Incident incident) {
        sending.execute(() -> sendNotification(new Notification(
                INCIDENT,
                this,
                sequence.incrementAndGet(),
                incident.startedAt().toEpochMilli(),
                JsonWriter.string(IncidentExport.json(IncidentEntry.of(incident))))));
    }
}
