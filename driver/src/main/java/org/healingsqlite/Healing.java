package org.healingsqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.Health;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.ManagedDatabases;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.heal.PlannedHeal;
import org.healingsqlite.heal.Purged;
import org.healingsqlite.heal.Statistics;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentListener;
import org.healingsqlite.incident.Incidents;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.jdbc.HealingConnection;
import org.healingsqlite.schema.MigrationHistory;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * What an application may ask of the healer, beside JDBC. Thread-safe as far as the connection it was made from is; of a file, always.
 *
 * <pre>{@code
 * Healing healing = Healing.of(connection);
 * boolean usable = healing.verify();
 * healing.addListener(incident -> alert(incident));
 * }</pre>
 */
public final class Healing {
    private final ManagedDatabase database;
    private final HealingSettings settings;

    /** Null where it is of a file. */
    private final @Nullable HealingConnection connection;

    private Healing(HealingConnection connection) {
        this.connection = connection;
        this.database = connection.database();
        this.settings = connection.session().settings();
    }

    private Healing(Path file, HealingSettings settings) {
        this.connection = null;
        this.database = ManagedDatabases.instance().of(DatabaseFile.at(file), settings);
        this.settings = settings;
    }

    /**
     * The healing of a database that nobody need have opened.
     *
     * @param file the main file
     * @param options {@code healing.*} keys, of which those of the class {@link HealingOption.Trust#POWER} are refused, as in the properties of a
     *     connection; what is missing is looked for where a connection would look
     * @throws SQLException where an option is wrong
     */
    public static Healing of(Path file, Properties options) throws SQLException {
        return new Healing(
                file, HealingOptions.resolve(Map.of(), Map.of(), options).settings());
    }

    /**
     * The healing of a database that nobody need have opened, as the program's own code wants it: as with the setters of {@link HealingDataSource}
     * every option may be given.
     *
     * @param file the main file
     * @param options the values as texts; what is missing is looked for where a connection would look
     * @throws SQLException where an option is wrong
     */
    public static Healing of(Path file, Map<HealingOption, String> options) throws SQLException {
        Map<String, String> named = new TreeMap<>();
        options.forEach((option, value) -> named.put(option.key(), value));
        return new Healing(
                file, HealingOptions.resolve(Map.of(), named, new Properties()).settings());
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
     * Forgets a database, in every process: what happens to its file within the next ten minutes is meant. Say so before deleting it (a factory reset, a test suite
     * between two runs), renaming it (rotation) or putting another one in its place. Nothing of it comes back then: connections that have it open move to the file
     * at the path, which is made where there is none, with the schema that is registered; its learned schema is not missed; archives and snapshots that were not written
     * to since give no rows. Neither the file nor an archive is deleted or changed: give the new life an archive of its own. A connection that is opened later begins a new life, which is kept like any
     * other; and so is what is still there after ten minutes.
     *
     * @param file the main file, which need not exist
     * @throws SQLException where that cannot be noted beside the database; SQLState HYT00 while somebody else heals
     */
    public static void forget(Path file) throws SQLException {
        Healing healing = of(file, new Properties());
        healing.database.forget(healing.settings);
    }

    private HealingSettings settings() {
        return database.inForce(settings);
    }

    /**
     * Looks whether the database has the schema it should have, and completes it where it has not. The statement {@code PRAGMA healing_verify}
     * does the same and gives 1 or 0.
     *
     * @return true where the database is valid or was recovered, false where recovery failed; the log tells why
     */
    public boolean verify() {
        if (connection != null) {
            return database.healer().verify(connection.session());
        }
        try (HealingConnection own = open()) {
            return database.healer().verify(own.session());
        } catch (SQLException e) {
            return false;
        }
    }

    private HealingConnection open() throws SQLException {
        // Without a schema there is nothing to create a file for.
        Access access = settings.schema().isEmpty() ? Access.EXISTING : Access.CREATE;
        return new HealingConnection(
                database, settings, new ByPath(database.file().main(), access));
    }

    /** Connections without anybody's URL. */
    private record ByPath(Path file, Access access) implements Opener {
        @Override
        public Connection open() throws SQLException {
            return Sqlite.open(file, access);
        }

        @Override
        public Opener toExisting(DatabaseFile same, FileIdentity there) {
            return new ByPath(file, Access.EXISTING);
        }

        @Override
        public boolean isReadOnly() {
            return false;
        }
    }

    /**
     * Looks for damage in the file, thoroughly, and changes nothing.
     *
     * @return what was found
     * @throws SQLException where nobody could look, for example because the database was locked
     */
    public Diagnosis check() throws SQLException {
        return database.healer().look(settings());
    }

    /**
     * What a heal would do now, and why: looks thoroughly, and changes nothing. What was only seen by another process is not known here, so it is part of the plan only in the
     * process that has seen it.
     *
     * @throws SQLException where nobody could look, for example because the database was locked, or where what is registered cannot be read
     */
    public PlannedHeal plan() throws SQLException {
        return database.healer().plan(settings());
    }

    /** Whether the file is there, can be read and shows no damage. Never throws. */
    public boolean isHealthy() {
        try {
            return database.file().identity() != null && check().finding() == Diagnosis.Finding.HEALTHY;
        } catch (SQLException e) {
            return false;
        }
    }

    /**
     * Looks for damage in the file, thoroughly, and heals what is found; then as {@link #verify()}.
     *
     * @return how it ended
     * @throws SQLException where nobody could look, for example because the database was locked, or SQLState HYT00 while somebody else heals
     */
    public Outcome heal() throws SQLException {
        Outcome outcome = connection == null
                ? database.healer().check(settings())
                : database.healer().check(connection.session());
        return outcome.allowsRetry() && !verify()
                ? new Outcome.GaveUp("the schema could not be repaired", null)
                : outcome;
    }

    /**
     * Brings back tables that were dropped, as far as their rows are left in free pages or in the log: of the copy that a heal has kept before it made the tables
     * again, else of the database as it is. Rows that are there stay, and no trigger is told. Never done by itself, but for {@link HealingOption#ON_DROPPED}.
     *
     * @param tables their names; none for all of which anything is left
     * @return healed, with what is lost as far as it is known; refused where nothing is left
     * @throws SQLException where nobody could look, or SQLState HYT00 while somebody else heals
     */
    public Outcome undrop(String... tables) throws SQLException {
        return database.undrop(settings, List.of(tables));
    }

    /**
     * The incidents on record, newest first.
     *
     * @param limit the most to return
     * @throws SQLException where the log cannot be read
     */
    public List<Incident> history(int limit) throws SQLException {
        return database.desk().incidents().recent(limit);
    }

    /** The incidents on record: searched, resolved, counted, exported; and where the application puts errors of its own. */
    public Incidents incidents() {
        return new Incidents(database.desk().incidents());
    }

    /** Tells a listener of every incident of this database in this JVM from now on. */
    public void addListener(IncidentListener listener) {
        database.desk().addListener(listener);
    }

    /** Stops telling a listener. */
    public void removeListener(IncidentListener listener) {
        database.desk().removeListener(listener);
    }

    /** Counts of what happened to this database in this JVM. */
    public Statistics statistics() {
        return database.desk().statistics();
    }

    /** How the database is, in this JVM's eyes: the file, the incidents, the breakers, the archive. Cheap, changes nothing, never throws. */
    public Health health() {
        return database.health();
    }

    /**
     * Closes the breakers by hand, and lets damage be healed again that came again and again ({@link HealingOption#RECURRING}): the next fault is healed, the next
     * lock waited for.
     */
    public void resetBreakers() {
        database.resetBreakers();
    }

    /**
     * Deletes what healing has left beside the database and may hold its rows, in every process: evidence, lost and found, the record of heals and of lost files, incidents. What may be the last copy of rows that
     * are not in the database stays unless it is asked for, and with it the incidents, which tell of it. The database, its archive and its snapshots are not touched; nor are private copies, whose place the log has told.
     *
     * @return what was deleted, and what stays as a last copy
     * @throws SQLException where something cannot be deleted, or a heal has not ended; SQLState HYT00 while somebody heals
     */
    public Purged purge(Purged.Extent extent) throws SQLException {
        return database.purge(settings, extent);
    }

    /**
     * A switch for emergencies: from now on this JVM heals nothing of the database, as with {@link HealingOption#MODE} {@code observe}, whatever its connections asked for. A heal that runs is brought to its
     * end; an archive and snapshots are kept as before. {@link #health()} is degraded meanwhile.
     */
    public void observe() {
        database.observe(true);
    }

    /** Undoes {@link #observe()}: faults are healed as every connection asked for, also what happened meanwhile. */
    public void resume() {
        database.observe(false);
    }

    /** Whether this JVM heals nothing of the database because of {@link #observe()}. */
    public boolean isObserving() {
        return database.isObserving();
    }

    /**
     * The version of the migration that ran last.
     *
     * @return {@code unknown} where there is no history of migrations
     * @throws SQLException sqlite-jdbc's own
     */
    public String schemaVersion() throws SQLException {
        if (connection != null) {
            return MigrationHistory.currentVersion(connection);
        }
        try (HealingConnection own = open()) {
            return MigrationHistory.currentVersion(own);
        }
    }
}
