package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.RescueLog;
import org.healingsqlite.schema.SchemaObject;
import org.healingsqlite.schema.SchemaSnapshot;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Saves the content of a file that has lost its name, through a connection that still holds it. All of it: from the copy on nobody, in any process, can
 * commit to the lost file, so that nothing is acknowledged and not in the copy.
 */
public final class LostContent {
    private static final long PAUSE_NANOS = 500_000;

    private final DatabaseFile file;
    private final RescueLog log;
    private final Duration wait;

    /**
     * For one database.
     *
     * @param log of this process
     * @param wait the longest wait for transactions that are open on the lost file
     */
    public LostContent(DatabaseFile file, RescueLog log, Duration wait) {
        this.file = file;
        this.log = log;
        this.wait = wait;
    }

    /** What keeps the file at the path still while the lost one is read. */
    @FunctionalInterface
    public interface Guard {
        /** Begins to guard; null where there is nothing to guard. */
        @Nullable
        Fence hold() throws SQLException;
    }

    /**
     * What was saved.
     *
     * @param entry as it stands in the log of rescues
     * @param copy where; null where the lost file held nothing
     * @param rows rows in all its tables; -1 where they could not be counted
     */
    public record Saved(RescueLog.Entry entry, @Nullable Path copy, long rows) {}

    /**
     * Copies the content into the quarantine and fences the lost file off: the connection is left in a write transaction that writes nothing, and
     * must stay in it as long as anybody could commit to the lost file.
     *
     * @param lost holds the file, outside of any transaction
     * @param identity of the lost file
     * @param returns whether the copy will go back to the path
     * @param isSafe whether somebody else has saved it in the meantime
     * @param endResults ends result sets that are open on the connection, where they keep it in the past
     * @param guard held while the lost file is read, and not while somebody is waited for
     * @return null where somebody else has saved it
     * @throws SQLException where SQLite cannot read it any more, or somebody's transaction stayed open for too long; nothing has changed then
     * @throws IOException where the quarantine cannot be had
     */
    public @Nullable Saved save(
            Connection lost,
            @Nullable FileIdentity identity,
            boolean returns,
            BooleanSupplier isSafe,
            Runnable endResults,
            Guard guard)
            throws SQLException, IOException {
        Path copy = reserve(file);
        try {
            if (!copyAndFence(lost, copy, isSafe, endResults, guard)) {
                Files.deleteIfExists(copy);
                return null;
            }
        } catch (SQLException | RuntimeException e) {
            Files.deleteIfExists(copy);
            throw e;
        }
        try {
            boolean empty = SchemaSnapshot.read(lost).isEmpty();
            if (empty) {
                Files.delete(copy);
            }
            RescueLog.Entry entry = new RescueLog.Entry(
                    String.valueOf(identity),
                    Instant.now(),
                    empty ? "" : String.valueOf(copy.getFileName()),
                    returns && !empty);
            LastOwnership.of(file).ifPresent(ownership -> log.note(entry, ownership));
            log.add(entry);
            return new Saved(entry, empty ? null : copy, empty ? 0 : rows(lost));
        } catch (SQLException | IOException | RuntimeException e) {
            // The copy stays: it is more than nothing.
            release(lost);
            throw e;
        }
    }

    /**
     * A place in the quarantine for what a lost file held. The log tells by its name whether a copy has gone back to the path: none may have a name that another one
     * has had.
     */
    public static Path reserve(DatabaseFile file) throws IOException {
        String unique = String.format(
                Locale.ROOT, "rescued_%06x", ThreadLocalRandom.current().nextInt(1 << 24));
        return file.side().reserve(String.valueOf(file.main().getFileName()), unique, Instant.now());
    }

    /** Looks between two tries whether it is still to be done: SQLite's own wait for a lock would not. */
    private boolean copyAndFence(Connection lost, Path copy, BooleanSupplier isSafe, Runnable endResults, Guard guard)
            throws SQLException {
        String wait = Sqlite.pragma(lost, "busy_timeout");
        if (wait.equals("0")) {
            return tryToCopyAndFence(lost, copy, isSafe, endResults, guard);
        }
        Sqlite.pragma(lost, "busy_timeout = 0");
        try {
            return tryToCopyAndFence(lost, copy, isSafe, endResults, guard);
        } finally {
            Sqlite.pragma(lost, "busy_timeout = " + wait);
        }
    }

    private boolean tryToCopyAndFence(
            Connection lost, Path copy, BooleanSupplier isSafe, Runnable endResults, Guard guard) throws SQLException {
        long deadlineNanos = System.nanoTime() + wait.toNanos();
        while (true) {
            try (Fence fence = guard.hold()) {
                if (Sqlite.copyAndFence(lost, copy)) {
                    return true;
                }
            } catch (SQLException e) {
                if (!isPassing(e) || System.nanoTime() - deadlineNanos >= 0) {
                    throw e;
                }
                if (isSafe.getAsBoolean()) {
                    return false;
                }
                if (Fault.of(e) instanceof Fault.Unavailable unavailable
                        && unavailable.kind() == Fault.Unavailable.Kind.SNAPSHOT) {
                    endResults.run();
                }
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** Somebody's transaction is open on the lost file: it is let finish. */
    private static boolean isPassing(SQLException failure) {
        return Fault.of(failure) instanceof Fault.Unavailable unavailable
                        && switch (unavailable.kind()) {
                            case BUSY, SNAPSHOT, LOCKED -> true;
                            case PROTOCOL, READ_ONLY, CANNOT_OPEN, FULL, IO -> false;
                        }
                || failure.getErrorCode() == Fence.SQLITE_BUSY;
    }

    /** Takes the fence down again: what the connection holds may be written to as before. */
    public static void release(Connection fenced) throws SQLException {
        Sqlite.execute(fenced, "ROLLBACK");
        Sqlite.letWrite(fenced);
    }

    private static long rows(Connection connection) {
        try (Statement statement = connection.createStatement()) {
            long rows = 0;
            for (SchemaObject object : SchemaSnapshot.read(connection).objects()) {
                if (object.type() == SchemaObject.Type.TABLE) {
                    try (ResultSet count = statement.executeQuery(
                            "SELECT count(*) FROM main.\"" + object.name().replace("\"", "\"\"") + '"')) {
                        rows += count.next() ? count.getLong(1) : 0;
                    }
                }
            }
            return rows;
        } catch (SQLException e) {
            return -1;
        }
    }
}
