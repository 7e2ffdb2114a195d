package org.healingsqlite.heal;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.healingsqlite.HealingOptions;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/** A connection without a door: holds what a test says it holds, and tells what was asked of it. */
final class FakeDoor implements HealableConnection, AutoCloseable {
    final Connection physical;
    HealingSettings settings;

    @Nullable
    FileIdentity identity;

    /** What happens when somebody asks for that. */
    Runnable identityAsked = () -> {};

    LogIdentity log;
    int generation;
    TransactionState state = TransactionState.NONE;
    Instant opened = Instant.now();
    boolean movedByOthers = true;
    boolean saver = true;

    /** Opens what is at the path now, where it moves at all. */
    @Nullable
    Arriving arrival;

    int resultsEnded;
    int letGo;
    int schemaChanges;
    int reopened;

    FakeDoor(DatabaseFile file, HealingSettings settings) throws SQLException {
        this.physical = Sqlite.open(file.main(), Access.CREATE);
        this.settings = settings;
        this.identity = file.identity();
        this.log = LogIdentity.of(file);
    }

    /** What happens while it moves. */
    @FunctionalInterface
    interface Arriving {
        void run(@Nullable FileIdentity only) throws SQLException, IOException;
    }

    /** Options by their names without {@code healing.}, and the defaults of all others. */
    static HealingSettings options(String... namesAndValues) throws SQLException {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            options.put("healing." + namesAndValues[i], namesAndValues[i + 1]);
        }
        return HealingOptions.ofAgent(options, Map.of(), "none").settings();
    }

    @Override
    public Connection physical() {
        return physical;
    }

    @Override
    public @Nullable FileIdentity identity() {
        identityAsked.run();
        return identity;
    }

    @Override
    public LogIdentity log() {
        return log;
    }

    @Override
    public int generation() {
        return generation;
    }

    @Override
    public HealingSettings settings() {
        return settings;
    }

    @Override
    public TransactionState transactionState() {
        return state;
    }

    @Override
    public Instant opened() {
        return opened;
    }

    @Override
    public boolean isSaver() {
        return saver;
    }

    @Override
    public boolean isMovedByOthers() {
        return movedByOthers;
    }

    @Override
    public Connection move(Crossing crossing) throws SQLException, IOException {
        Arriving to = arrival;
        if (to == null) {
            throw new SQLException("stays where it is");
        }
        crossing.leave(physical, only -> {
            try {
                to.run(only);
            } catch (IOException e) {
                throw new SQLException(e);
            }
            return identity;
        });
        return physical;
    }

    @Override
    public boolean letGo() {
        letGo++;
        return false;
    }

    @Override
    public void beforeSchemaChange() {
        schemaChanges++;
    }

    @Override
    public void endResults() {
        resultsEnded++;
    }

    @Override
    public void reopen() {
        reopened++;
    }

    @Override
    public void outsideTransaction(SqlAction action) throws SQLException {
        action.run();
    }

    @Override
    public void close() throws SQLException {
        physical.close();
    }
}
