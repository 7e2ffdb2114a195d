package org.healingsqlite.session;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.healingsqlite.HealingOptions;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.heal.ExistingFile;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.ManagedDatabases;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.replay.Repeatability;
import org.healingsqlite.replay.Step;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/** A door that is neither the driver nor the agent: an application in a test, whose calls may be made to fail. */
final class PlainDoor implements Door, AutoCloseable {
    final LiveRecord record;
    final Session session;
    /** What happens to the file in the moment in which it has been opened. */
    Runnable whenOpened = () -> {};

    boolean patient;
    boolean inTheWay;
    int resultsEnded;
    int exchanges;

    @Nullable
    String obstacle;

    /** The texts that {@link #begin} was asked for. */
    final List<Boolean> begins = new ArrayList<>();

    @Nullable
    SQLException beginFails;

    PlainDoor(Path file, String... namesAndValues) throws SQLException {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            options.put("healing." + namesAndValues[i], namesAndValues[i + 1]);
        }
        HealingSettings settings =
                HealingOptions.ofAgent(options, Map.of(), "none").settings();
        ManagedDatabase database = ManagedDatabases.instance().of(DatabaseFile.at(file), settings);
        Opener opener = new Opener() {
            @Override
            public Connection open() throws SQLException {
                Connection connection = Sqlite.open(file, Access.CREATE);
                whenOpened.run();
                return connection;
            }

            @Override
            public Opener toExisting(DatabaseFile same, FileIdentity there) {
                return new ExistingFile(same, there, this, "");
            }

            @Override
            public boolean isReadOnly() {
                return false;
            }
        };
        record = new LiveRecord(settings.replayLimitBytes());
        session = new Session(Held.open(database, settings, opener), database, settings, opener, this);
        session.begin();
    }

    // ---- The application

    Connection connection() {
        return session.physical();
    }

    void autoCommit(boolean on) throws SQLException {
        if (on) {
            session.beforeCommit();
        } else {
            session.current();
        }
        connection().setAutoCommit(on);
        record.ended(!on);
    }

    /** Runs a text, as an application does through a door, and has its record know of it. */
    int run(String sql) throws SQLException {
        Connection current = session.current();
        int count = update(current, sql);
        record.ran();
        record.add(Step.ofText(sql, Step.Way.UPDATE, count, 0, () -> 0), Repeatability.of(sql));
        return count;
    }

    static int update(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }

    /** Past everybody. */
    void past(String sql) throws SQLException {
        Sqlite.execute(connection(), sql);
    }

    void commit() throws SQLException {
        session.beforeCommit();
        try {
            connection().commit();
        } catch (SQLException e) {
            new TransactionEnd(session).commitFailed(e);
        }
        record.ended(true);
    }

    void rollback() throws SQLException {
        session.beforeRollback();
        try {
            connection().rollback();
        } catch (SQLException e) {
            new TransactionEnd(session).rollbackFailed(e);
        }
        record.ended(true);
    }

    @Override
    public void close() throws SQLException {
        session.closing();
        connection().close();
        session.closed();
    }

    // ---- The door

    @Override
    public Recording recording() {
        return record;
    }

    @Override
    public void endResults() {
        resultsEnded++;
    }

    @Override
    public Exchange exchange(Connection now, Connection fresh) {
        exchanges++;
        return new Exchange(fresh, now);
    }

    @Override
    public @Nullable String obstacle() {
        return obstacle;
    }

    @Override
    public boolean mends(Fault fault) {
        return fault.symptom().mayEndTransaction();
    }

    @Override
    public void begin(Connection connection, boolean mayWait) throws SQLException {
        begins.add(mayWait);
        SQLException failure = beginFails;
        if (failure != null) {
            throw failure;
        }
        Door.super.begin(connection, mayWait);
    }

    @Override
    public boolean wasInTheWay(SQLException failure) {
        boolean was = inTheWay;
        inTheWay = false;
        return was;
    }

    @Override
    public boolean isPatient() {
        return patient;
    }
}
