package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * The damaged database as a restore writes it: the connection that has the lock, the one that keeps the log from being written back too soon, and the
 * bytes that are compared in the end. For one restore.
 */
final class RestoreTarget implements AutoCloseable {
    private static final Log LOG = Log.of(RestoreTarget.class);

    private final HeldFile main;

    /**
     * Cannot write; null without a log. As long as it is there no other one is the last: SQLite would write the log into the database when that closes,
     * whatever is in it.
     */
    private final @Nullable Connection keeper;

    private final Connection connection;
    private @Nullable FileChannel source;
    private boolean leftToSettling;

    private RestoreTarget(HeldFile main, @Nullable Connection keeper, Connection connection) {
        this.main = main;
        this.keeper = keeper;
        this.connection = connection;
    }

    /** Opens it; nothing is locked. */
    static RestoreTarget open(DamagedDatabase damaged, Path path) throws SQLException {
        Connection keeper = damaged.isWal() ? keeper(path) : null;
        try {
            return new RestoreTarget(damaged.main(), keeper, Sqlite.open(path, Access.EXISTING));
        } catch (SQLException e) {
            if (keeper != null) {
                keeper.close();
            }
            throw e;
        }
    }

    private static Connection keeper(Path path) throws SQLException {
        Connection keeper = Sqlite.open(path, Access.READ_ONLY);
        try {
            Sqlite.pragma(keeper, "schema_version");
        } catch (SQLException damaged) {
            LOG.debug("{}: {}", path, Disclosure.message(damaged));
        }
        return keeper;
    }

    Connection connection() {
        return connection;
    }

    /** Opens the bytes of what is copied from. Beforehand: once the content is in place nothing may fail for want of a descriptor. */
    FileChannel openSource(Path path) throws IOException {
        FileChannel opened = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        source = opened;
        return opened;
    }

    /** Has SQLite accept the database as it is, and neither wait for locks nor write the log back. */
    void prepare() throws SQLException {
        Sqlite.execute(connection, "PRAGMA busy_timeout = 0");
        // A file that is shorter than its header says is accepted with this.
        Sqlite.execute(connection, "PRAGMA writable_schema = on");
        // Else the next statement would do what can be done when nobody waits.
        Sqlite.execute(connection, "PRAGMA wal_autocheckpoint = 0");
    }

    /**
     * Looks whether what was written is there; where it is in the log so far, only that it can be read: the rest takes as long as the copying did, and is
     * left to a {@link Settling}, which closes connection and source.
     *
     * @param copied the bytes that were copied from
     */
    void settle(FileChannel copied, Surroundings surroundings) throws SQLException {
        Sqlite.execute(connection, "PRAGMA writable_schema = reset");
        if (keeper != null) {
            requireNone(DamageCheck.messages(connection, DamageCheck.Depth.HEADER));
            surroundings.settling(new Settling(main, connection, copied, surroundings::unsound));
            leftToSettling = true;
            return;
        }
        Sqlite.execute(
                connection, "PRAGMA busy_timeout = " + surroundings.lockWait().toMillis());
        requireNone(Settling.look(main, connection, copied));
    }

    private static void requireNone(List<String> messages) throws SQLException {
        if (!messages.isEmpty()) {
            throw new SQLException("the database does not hold what was written into it: " + messages.get(0));
        }
    }

    @Override
    public void close() throws SQLException, IOException {
        try (Connection last = keeper;
                Connection writer = leftToSettling ? null : connection;
                FileChannel bytes = leftToSettling ? null : source) {
            // From right to left.
        }
    }
}
