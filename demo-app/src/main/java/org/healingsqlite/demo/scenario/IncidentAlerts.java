package org.healingsqlite.demo.scenario;

import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;
import org.healingsqlite.Healing;
import org.healingsqlite.demo.backups.BackupsApplication;
import org.healingsqlite.demo.backups.ErrorEvent;
import org.healingsqlite.demo.backups.Severity;
import org.healingsqlite.demo.report.Lane;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.Outcome;

/**
 * Tells an application's clients of what the driver did to its database (S3-19): a heal is HIGH, one that lost something, or that failed, CRITICAL.
 * Nothing of it is stored, so that no incident of the event store makes another.
 */
final class IncidentAlerts implements IncidentListener, AutoCloseable {
    private final BackupsApplication application;
    private final Optional<Healing> healing;

    /** Listens to the driver where it heals; on plain sqlite-jdbc there is nobody to listen to. */
    IncidentAlerts(Deployment deployment, BackupsApplication application) throws SQLException {
        this.application = application;
        healing = deployment.lane() == Lane.HEALING
                ? Optional.of(Healing.of(deployment.database(), new Properties()))
                : Optional.empty();
        healing.ifPresent(driver -> driver.addListener(this));
    }

    @Override
    public void ended(Incident incident) {
        application.alert(ErrorEvent.told(
                severity(incident.outcome()),
                "driver",
                incident.outcome().word(),
                incident.fault() + ": " + incident.outcome().explanation(),
                incident.startedAt()));
    }

    static Severity severity(Outcome outcome) {
        if (outcome instanceof Outcome.Healthy) {
            return Severity.MEDIUM;
        }
        boolean whole = outcome instanceof Outcome.Healed && outcome.loss().isNone();
        return whole ? Severity.HIGH : Severity.CRITICAL;
    }

    @Override
    public void close() {
        healing.ifPresent(driver -> driver.removeListener(this));
    }
}
