package org.healingsqlite.incident;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.seconddoor.AgentCore;

/**
 * Stands in the place of the driver's class of this name while the driver's tests run through the agent, as {@link org.healingsqlite.Healing} does: the
 * same questions, put to the agent's core.
 */
public final class Incidents {
    private final Object ofCore;

    public Incidents(Object ofCore) {
        this.ofCore = ofCore;
    }

    @SuppressWarnings("unchecked")
    public List<IncidentEntry> search(IncidentQuery query) throws SQLException {
        return (List<IncidentEntry>) AgentCore.copied(AgentCore.call(ofCore, "search", AgentCore.given(query)));
    }

    @SuppressWarnings("unchecked")
    public Optional<IncidentEntry> find(String id) throws SQLException {
        return (Optional<IncidentEntry>) AgentCore.copied(AgentCore.call(ofCore, "find", id));
    }

    public boolean resolve(String id, String note) throws SQLException {
        return (Boolean) AgentCore.call(ofCore, "resolve", id, note);
    }

    public IncidentStatistics statistics() throws SQLException {
        return (IncidentStatistics) AgentCore.copied(AgentCore.call(ofCore, "statistics"));
    }

    public Incident report(ReportedError error) throws SQLException {
        return (Incident) AgentCore.copied(AgentCore.call(ofCore, "report", AgentCore.given(error)));
    }

    public int prune(Duration keptResolved, long most) throws SQLException {
        return (Integer) AgentCore.call(ofCore, "prune", keptResolved, most);
    }
}
