package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Whether the content of a lost file cannot be saved now, and since when. Until it can, connections to that file read and do not write: what they would
 * acknowledge, nobody might ever see. The first failure of such a time is an incident, later ones are not told again. Thread-safe.
 */
final class Unsaved {
    private static final Log LOG = Log.of(Unsaved.class);

    /** A first look again; what is in the way for a moment only is gone by then. */
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);

    /** An attempt copies the whole content; and when nothing is in its way any more, calls are to succeed within seconds. */
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private static final long LOOK_NANOS = 10_000_000;

    private final DatabaseFile file;

    /** Connections that this one has told not to write. Nothing is asked of a connection under a lock of this object: whoever has the connection may wait for it. */
    private final Set<Connection> guarded = ConcurrentHashMap.newKeySet();

    private volatile @Nullable Trouble trouble;

    Unsaved(DatabaseFile file) {
        this.file = file;
    }

    /** A time in which nothing can be saved. */
    private record Trouble(String why, long sinceNanos, long nextNanos, Duration pause) {}

    /** Whether an attempt that failed so would fail again as long as nobody changes anything; a lock that somebody has is let go some time. */
    static boolean isObstacle(@Nullable Exception failure) {
        if (failure instanceof TakenAwayException) {
            return false;
        }
        if (failure instanceof SQLException sql) {
            return !"HYT00".equals(sql.getSQLState())
                    && !(Fault.of(sql) instanceof Fault.Unavailable unavailable
                            && switch (unavailable.kind()) {
                                case BUSY, SNAPSHOT, LOCKED, PROTOCOL -> true;
                                case IO, CANNOT_OPEN, READ_ONLY, FULL -> false;
                            });
        }
        return failure != null;
    }

    /**
     * An attempt has failed.
     *
     * @return whether it is the first one
     */
    synchronized boolean failed(String why) {
        Trouble known = trouble;
        long now = System.nanoTime();
        Duration pause = known == null ? FIRST_PAUSE : known.pause().multipliedBy(2);
        if (pause.compareTo(LONGEST_PAUSE) > 0) {
            pause = LONGEST_PAUSE;
        }
        trouble = new Trouble(why, known == null ? now : known.sinceNanos(), now + pause.toNanos(), pause);
        return known == null;
    }

    /** What was in the way is gone. */
    synchronized void saved() {
        Trouble known = trouble;
        if (known != null) {
            trouble = null;
            LOG.warn(
                    "{}: the content is safe again, after {} ms in which it could not be saved: {}",
                    file.main(),
                    (System.nanoTime() - known.sinceNanos()) / 1_000_000,
                    known.why());
        }
    }

    /** Whether nothing can be saved at the moment, as far as the last attempt tells. */
    boolean isOn() {
        return trouble != null;
    }

    /** Why; the empty text where it can. */
    String why() {
        Trouble now = trouble;
        return now == null ? "" : now.why();
    }

    /** Whether it is time for another attempt. */
    boolean isDue() {
        Trouble now = trouble;
        return now == null || System.nanoTime() - now.nextNanos() >= 0;
    }

    /**
     * Waits for the time of another attempt.
     *
     * @param longest how long calls wait after the first failure, all attempts together
     * @return whether there is one within that
     */
    boolean awaitDue(Duration longest) {
        Trouble now = trouble;
        while (now != null && !isDue()) {
            if (System.nanoTime() - now.sinceNanos() >= longest.toNanos()) {
                return false;
            }
            LockSupport.parkNanos(LOOK_NANOS);
            if (Thread.currentThread().isInterrupted()) {
                return false;
            }
            now = trouble;
        }
        return now == null || System.nanoTime() - now.sinceNanos() < longest.toNanos();
    }

    // ---- Connections that must not write

    /** A connection stays with the lost file: it reads, and writes nothing. */
    void guard(HealableConnection connection) {
        Connection physical = connection.physical();
        try {
            if (!connection.settings().acknowledgesUnsaved()
                    && !guarded.contains(physical)
                    && !physical.isClosed()
                    && Sqlite.pragma(physical, "query_only").equals("0")) {
                Sqlite.keepFromWriting(physical);
                guarded.add(physical);
            }
        } catch (SQLException e) {
            LOG.debug("{}: not kept from writing: {}", file.main(), Disclosure.message(e));
        }
    }

    /** It is tried again to save what a connection holds, or it is closed. */
    void release(HealableConnection connection) throws SQLException {
        Connection physical = connection.physical();
        if (guarded.remove(physical) && !physical.isClosed()) {
            Sqlite.letWrite(physical);
        }
    }
}
