package org.healingsqlite.incident;

import org.healingsqlite.api.Internal;
import org.healingsqlite.log.Disclosed;

/** Hangs as suppressed on an exception that reaches the application: what healing did about it. */
@Internal
public final class IncidentNotice extends Exception implements Disclosed {
    private static final long serialVersionUID = 1L;

    private final String incidentId;

    public IncidentNotice(Incident incident) {
        super(
                "incident " + incident.id() + ": " + incident.outcome().word() + ": "
                        + incident.outcome().explanation(),
                incident.outcome() instanceof Outcome.GaveUp gaveUp ? gaveUp.cause() : null,
                false,
                false);
        this.incidentId = incident.id();
    }

    /** The incident's id, as in the log and in {@code incidents.db}. */
    public String incidentId() {
        return incidentId;
    }
}
