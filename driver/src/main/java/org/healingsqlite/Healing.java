package org.healingsqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.Statistics;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.jdbc.HealingConnection;
import org.healingsqlite.schema.MigrationHistory;

/**
 * What an application may ask of the healer, beside JDBC. Thread-safe as far as the connection it was made from is.
 *
 * <pre>{@code
 * Healing healing = Healing.of(connection);
 * boolean usable = healing.verify();
 * healing.addListener(incident -> alert(incident));
 * }</pre>
 */
public final class Healing {
    private final HealingConnection connection;
    private final ManagedDatabase database;

    private Healing(HealingConnection connection) {
        this.connection = connection;
        this.database = connection.database();
    }

    /**
     * The healing of a connection's database.
     *
     * @param connection one of this driver, or anything that unwraps to one, such as a pool's
     * @throws SQLException where it does not lead to a connection of this driver
     */
    public static Healing of(Connection connection) throws SQLException {
        if (connection instanceof HealingConnection healing) {
            return new Healing(healing);
        }
        if (connection.isWrapperFor(HealingConnection.class)) {
            return new Healing(connection.unwrap(HealingConnection.class));
        }
        throw new SQLException("Expected a connection of a " + HealingUrl.SCHEME + " URL to a file, found "
                + connection.getClass().getName());
    }

    /**
     * Looks whether the database has the schema it should have, and completes it where it has not. The statement {@code PRAGMA healing_verify}
     * does the same and gives 1 or 0.
     *
     * @return true where the database is valid or was recovered, false where recovery failed; the log tells why
     */
    public boolean verify() {
        return database.healer().verify(connection);
    }

    /**
     * Looks for damage in the file, thoroughly, and heals what is found; then as {@link #verify()}.
     *
     * @return how it ended
     * @throws SQLException where nobody could look, for example because the database was locked, or SQLState HYT00 while somebody else heals
     */
    public Outcome check() throws SQLException {
        Outcome outcome = database.healer().check(connection);
        return outcome.allowsRetry() && !verify()
                ? new Outcome.GaveUp("the schema could not be repaired", null)
                : outcome;
    }

    /**
     * The incidents on record, newest first.
     *
     * @param limit the most to return
     * @throws SQLException where the log cannot be read
     */
    public List<Incident> history(int limit) throws SQLException {
        return database.incidents().recent(limit);
    }

    /** Tells a listener of every incident of this database in this JVM from now on. */
    public void addListener(IncidentListener listener) {
        database.addListener(listener);
    }

    /** Stops telling a listener. */
    public void removeListener(IncidentListener listener) {
        database.removeListener(listener);
    }

    /** Counts of what happened to this database in this JVM. */
    public Statistics statistics() {
        return database.statistics();
    }

    /**
     * The version of the migration that ran last.
     *
     * @return {@code unknown} where there is no history of migrations
     * @throws SQLException sqlite-jdbc's own
     */
    public String schemaVersion() throws SQLException {
        return MigrationHistory.currentVersion(connection);
    }
}
