package org.healingsqlite;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Properties;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.heal.Health;
import org.healingsqlite.heal.Statistics;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.Incidents;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.schema.MigrationHistory;
import org.healingsqlite.seconddoor.AgentCore;

/**
 * Stands in the place of the driver's class of this name while the driver's tests run through the agent: the same questions, put to the agent's
 * core. It comes first on the class path.
 */
@SuppressWarnings("NullAway") // Where it is of a file, there is no connection.
public final class Healing {
    private static final IdentityHashMap<IncidentListener, Object> LISTENERS = new IdentityHashMap<>();

    private final Connection connection;
    private final Object ofFile;
    private final Object managed;

    private Healing(Connection connection, Object ofFile, Object managed) {
        this.connection = connection;
        this.ofFile = ofFile;
        this.managed = managed;
    }

    public static Healing of(Path file, Properties options) throws SQLException {
        return new Healing(null, ofFile(file, options), null);
    }

    public static Healing of(Connection connection) throws SQLException {
        Object managed = AgentCore.connection(connection);
        Object file = AgentCore.call(AgentCore.call(managed, "database"), "file");
        return new Healing(connection, ofFile((Path) AgentCore.call(file, "main"), new Properties()), managed);
    }

    public static void forget(Path file) throws SQLException {
        AgentCore.call(AgentCore.type("org.healingsqlite.Healing"), "forget", file);
    }

    private static Object ofFile(Path file, Properties options) throws SQLException {
        return AgentCore.call(AgentCore.type("org.healingsqlite.Healing"), "of", file, options);
    }

    public boolean verify() throws SQLException {
        if (connection == null) {
            return (Boolean) AgentCore.call(ofFile, "verify");
        }
        // As an application asks: while the core answers, woven code asks it nothing more.
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery("PRAGMA healing_verify")) {
            return answer.next() && answer.getInt(1) == 1;
        } catch (SQLException e) {
            // The connection has lost its file, and cannot move.
            return false;
        }
    }

    public void observe() throws SQLException {
        AgentCore.call(ofFile, "observe");
    }

    public void resume() throws SQLException {
        AgentCore.call(ofFile, "resume");
    }

    public boolean isObserving() throws SQLException {
        return (Boolean) AgentCore.call(ofFile, "isObserving");
    }

    public Diagnosis check() throws SQLException {
        return (Diagnosis) AgentCore.copied(AgentCore.call(ofFile, "check"));
    }

    public boolean isHealthy() throws SQLException {
        return (Boolean) AgentCore.call(ofFile, "isHealthy");
    }

    public Outcome heal() throws SQLException {
        if (connection == null) {
            return (Outcome) AgentCore.copied(AgentCore.call(ofFile, "heal"));
        }
        Object healer = AgentCore.call(AgentCore.call(managed, "database"), "healer");
        Outcome outcome = (Outcome) AgentCore.copied(AgentCore.call(healer, "check", managed));
        return outcome.allowsRetry() && !verify()
                ? new Outcome.GaveUp("the schema could not be repaired", null)
                : outcome;
    }

    @SuppressWarnings("unchecked")
    public List<Incident> history(int limit) throws SQLException {
        return (List<Incident>) AgentCore.copied(AgentCore.call(ofFile, "history", limit));
    }

    public void addListener(IncidentListener listener) throws SQLException {
        Class<?> type = AgentCore.type("org.healingsqlite.incident.IncidentListener");
        Object ofCore = Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> switch (method.getName()) {
                    case "ended" -> {
                        listener.ended((Incident) AgentCore.copied(arguments[0]));
                        yield null;
                    }
                    case "progressed" -> {
                        listener.progressed((Path) arguments[0], (String) arguments[1]);
                        yield null;
                    }
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> listener.toString();
                });
        LISTENERS.put(listener, ofCore);
        AgentCore.call(ofFile, "addListener", ofCore);
    }

    public void removeListener(IncidentListener listener) throws SQLException {
        AgentCore.call(ofFile, "removeListener", LISTENERS.remove(listener));
    }

    public Incidents incidents() throws SQLException {
        return new Incidents(AgentCore.call(ofFile, "incidents"));
    }

    public Statistics statistics() throws SQLException {
        return (Statistics) AgentCore.copied(AgentCore.call(ofFile, "statistics"));
    }

    public Outcome undrop(String... tables) throws SQLException {
        return (Outcome) AgentCore.copied(AgentCore.call(ofFile, "undrop", (Object) tables));
    }

    public Health health() throws SQLException {
        return (Health) AgentCore.copied(AgentCore.call(ofFile, "health"));
    }

    public void resetBreakers() throws SQLException {
        AgentCore.call(ofFile, "resetBreakers");
    }

    public String schemaVersion() throws SQLException {
        return MigrationHistory.currentVersion(connection);
    }
}
