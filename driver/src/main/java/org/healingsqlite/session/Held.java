package org.healingsqlite.session;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.Glance;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.Opener;
import org.healingsqlite.heal.TakenAwayException;
import org.healingsqlite.heal.Unchanged;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * What a session holds: sqlite-jdbc's connection, and the file and log that has open. Immutable; a session exchanges it by compare-and-set, so that nobody
 * overwrites what another thread has put in its place meanwhile.
 *
 * @param connection takes the calls
 * @param identity the file it has open; null where it had vanished before anybody could look
 * @param opened when it had opened that
 * @param log the log it has open
 * @param generation the generation of the database's connections it belongs to
 * @param epoch the epoch of the database in which this was found to be the right file
 */
public record Held(
        Connection connection,
        @Nullable FileIdentity identity,
        Instant opened,
        LogIdentity log,
        int generation,
        int epoch) {
    private static final int MOST_OPENS = 5;
    private static final long PAUSE_NANOS = 1_000_000;

    /**
     * Opens one, and knows for certain which file it has open: that was at the path before and after.
     *
     * @throws SQLException sqlite-jdbc's own, or what kept a registered schema from being applied
     */
    public static Held open(ManagedDatabase database, HealingSettings settings, Opener opener) throws SQLException {
        return open(database, settings, opener, null);
    }

    /**
     * The same.
     *
     * @param unchanged what was seen at the path just now, where nobody has changed that since it was looked at with these settings; else null
     */
    public static Held open(
            ManagedDatabase database, HealingSettings settings, Opener opener, @Nullable Glance unchanged)
            throws SQLException {
        int unchangedEpoch = database.presence().epoch();
        int unchangedGeneration = database.presence().generation();
        Unchanged opened = unchanged == null ? null : database.openUnchanged(settings, opener, unchanged);
        if (opened != null) {
            database.healer().opened(opened.file());
            Sqlite.isAsNew(opened.connection());
            return new Held(
                    opened.connection(),
                    opened.file(),
                    Instant.now(),
                    opened.log(),
                    unchangedGeneration,
                    unchangedEpoch);
        }
        long deadlineNanos = System.nanoTime() + settings.waitLimit().toNanos();
        int opens = 0;
        while (true) {
            int epoch = database.presence().epoch();
            int generation = database.presence().generation();
            FileIdentity before = database.file().identity();
            Connection connection;
            try {
                connection = database.open(settings, opener);
            } catch (TakenAwayException e) {
                // Who heals keeps others from bringing back what they hold.
                if (database.healer().isHealedByThisThread() || System.nanoTime() - deadlineNanos >= 0) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
                continue;
            } catch (SQLException e) {
                if (++opens < MOST_OPENS
                        && !Objects.equals(before, database.file().identity())) {
                    // It was taken away while it was being opened.
                    continue;
                }
                throw e;
            }
            FileIdentity after = database.file().identity();
            // Where there was none before, it is the one that opening has just made.
            if (++opens >= MOST_OPENS || before == null && after != null || before != null && before.equals(after)) {
                database.healer().opened(after);
                Sqlite.isAsNew(connection);
                LastOwnership.note(database.file());
                return new Held(connection, after, Instant.now(), LogIdentity.of(database.file()), generation, epoch);
            }
            connection.close();
        }
    }

    /**
     * One that somebody else has opened.
     *
     * @param connection taken to have open what is at the path
     */
    public static Held found(ManagedDatabase database, Connection connection) {
        FileIdentity file = database.file().identity();
        database.healer().opened(file);
        LastOwnership.note(database.file());
        return new Held(
                connection,
                file,
                Instant.now(),
                LogIdentity.of(database.file()),
                database.presence().generation(),
                database.presence().epoch());
    }

    /** The same, found right in a later epoch. */
    public Held at(int laterEpoch) {
        return new Held(connection, identity, opened, log, generation, laterEpoch);
    }

    /** The same file with the log that is at the path now, as of the present generation and epoch. */
    Held withLogOf(ManagedDatabase database) {
        return new Held(
                connection,
                identity,
                opened,
                LogIdentity.of(database.file()),
                database.presence().generation(),
                database.presence().epoch());
    }

    /** A connection to another file than the one at the path: its next call looks. */
    Held ofLostFile(@Nullable FileIdentity was) {
        return new Held(connection, was, Instant.now(), log, generation, epoch - 1);
    }

    /** What this one has open, by way of another connection. */
    public Held through(Connection other) {
        return new Held(other, identity, opened, log, generation, epoch);
    }
}
