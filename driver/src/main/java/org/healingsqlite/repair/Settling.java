package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * What is left to do once new content is in the log, durable, and everybody reads it from there: it is written from the log into the file, and looked at once
 * more, beside whoever goes on working. Where the process dies meanwhile, the next one that opens the database reads the log, as after any commit.
 *
 * <p>The file itself is damaged until this is over. So it begins as soon as the heal is on record, and who closes a connection waits for it: what nobody has open is whole without its
 * log.
 */
public final class Settling {
    private static final Log LOG = Log.of(Settling.class);

    private static final int ATTEMPTS = 20;
    private static final long PAUSE_NANOS = Duration.ofMillis(10).toNanos();

    private final HeldFile main;
    private final Connection connection;
    private final FileChannel source;
    private final Consumer<String> alarm;
    private @Nullable Aside<Boolean> work;

    /**
     * Something left to do.
     *
     * @param connection to the database; closed in the end
     * @param source what the content was copied from, which need not have a name any more; closed in the end
     * @param alarm hears, on another thread and after the end, that the database does not hold what was written into it
     */
    Settling(HeldFile main, Connection connection, FileChannel source, Consumer<String> alarm) {
        this.main = main;
        this.connection = connection;
        this.source = source;
        this.alarm = alarm;
    }

    /** Begins it, once. */
    public synchronized void begin() {
        if (work == null) {
            work = Aside.begin("settling", this::settle);
        }
    }

    /** Begins it, where nobody has, and waits until it is over. */
    public void await() {
        begin();
        begun().awaitEnd();
    }

    private synchronized Aside<Boolean> begun() {
        return Objects.requireNonNull(work);
    }

    private boolean settle() throws SQLException {
        List<String> messages;
        try (connection;
                source) {
            write(connection);
            messages = look(main, connection, source);
        } catch (SQLException | IOException | RuntimeException e) {
            // The content is in the log all the same; whoever reads it and finds it damaged has it healed.
            LOG.debug("Restored content was not looked at once more", e);
            messages = e instanceof SQLException sql && Fault.of(sql) instanceof Fault.Corruption damage
                    ? List.of(damage.shownText())
                    : List.of();
        }
        if (!messages.isEmpty()) {
            String first = messages.get(0);
            Aside.begin("alarm", () -> {
                alarm.accept(first);
                return true;
            });
        }
        return messages.isEmpty();
    }

    /**
     * Keeps no reader and no writer waiting, nor lets one fail that does not want to wait; so the log keeps its size until it is used again, as after any
     * commit. Where readers need what is in the file still, the rest is left to a later commit.
     */
    private static void write(Connection connection) throws SQLException {
        Sqlite.execute(connection, "PRAGMA busy_timeout = 0");
        for (int attempt = 1; attempt < ATTEMPTS && !isWritten(connection); attempt++) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private static boolean isWritten(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA main.wal_checkpoint(PASSIVE)")) {
            // Busy, frames in the log, frames written.
            return row.next() && row.getInt(1) == 0 && row.getInt(2) == row.getInt(3);
        }
    }

    /** Byte by byte where nobody else has written since, else as SQLite looks. */
    static List<String> look(HeldFile main, Connection connection, FileChannel source) throws SQLException {
        Sqlite.execute(connection, "PRAGMA shrink_memory");
        try {
            return DamageCheck.messages(
                    connection, isIn(main, source) ? DamageCheck.Depth.HEADER : DamageCheck.Depth.QUICK);
        } catch (SQLException e) {
            if (Fault.of(e) instanceof Fault.Unavailable) {
                // Writers were quicker; the content was looked at before it went in.
                return List.of();
            }
            throw e;
        }
    }

    private static boolean isIn(HeldFile main, FileChannel source) throws SQLException {
        try {
            // The file's channel must not be closed by an interrupt of the caller's thread.
            return Aside.begin("comparison", () -> main.isLike(source, DatabaseHeader.SIZE))
                    .await();
        } catch (IOException unreadable) {
            return false;
        }
    }
}
