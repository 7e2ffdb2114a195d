package org.healingsqlite.sqlite;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.healingsqlite.schema.NamesUsed;
import org.healingsqlite.sqlite.StandIns.Wanted;
import org.sqlite.SQLiteOpenMode;

/**
 * The policy of a connection of ours: what it may do with the database that {@link Sqlite#open(java.nio.file.Path, Access)} opens for it. Whatever
 * restricts all connections, or those to content of a certain kind, belongs here. Immutable.
 *
 * @param mode whether it may write, and create the file
 * @param trust what is believed of the content
 * @param lockWait how long it waits for somebody else's lock; empty for sqlite-jdbc's default of three seconds
 * @param settings sqlite-jdbc's own, by name
 * @param standIns what stands in for names that only the application knows
 * @param longestValue in bytes, of what an expression of the content may become; 0 for as much as SQLite allows
 */
public record Access(
        Mode mode,
        Trust trust,
        Optional<Duration> lockWait,
        Map<String, String> settings,
        Wanted standIns,
        long longestValue) {

    /** Never creates and never writes. */
    public static final Access READ_ONLY = of(Mode.READ_ONLY);

    /** For a file that nobody changes: takes no lock and leaves nothing beside it. */
    public static final Access IMMUTABLE = of(Mode.IMMUTABLE);

    /** Reads and writes; fails with SQLITE_CANTOPEN where there is no file: opening must not leave an empty one behind. */
    public static final Access EXISTING = of(Mode.EXISTING);

    /**
     * Reads and writes without a lock, and without asking for anybody's: for a file of ours that a connection of ours keeps locked, so that nobody else
     * uses it meanwhile. Only in a rollback-journal mode.
     */
    public static final Access UNLOCKED = of(Mode.UNLOCKED);

    /** As {@link #EXISTING}, for a file of ours in a directory that others may know of: SQLite follows no symbolic link to it. */
    public static final Access OWN = of(Mode.OWN);

    /** Reads and writes, and creates the file where there is none. */
    public static final Access CREATE = of(Mode.CREATE);

    public Access {
        settings = Map.copyOf(settings);
    }

    private static final long LEAST_ROOM = 16 << 20;
    private static final long ROOM_FACTOR = 4;

    /** The most milliseconds that {@code PRAGMA busy_timeout} takes. */
    private static final long LONGEST_WAIT_MILLIS = Integer.MAX_VALUE;

    private static Access of(Mode mode) {
        return new Access(mode, Trust.OWN, Optional.empty(), Map.of(), Wanted.AS_MODE, 0);
    }

    /** How the file is opened. */
    public enum Mode {
        /** See {@link Access#READ_ONLY}. */
        READ_ONLY(SQLiteOpenMode.READONLY.flag, ""),
        /** See {@link Access#IMMUTABLE}. */
        IMMUTABLE(SQLiteOpenMode.READONLY.flag, "?immutable=1"),
        /** See {@link Access#EXISTING}. */
        EXISTING(SQLiteOpenMode.READWRITE.flag, ""),
        /** See {@link Access#UNLOCKED}. */
        UNLOCKED(SQLiteOpenMode.READWRITE.flag | Mode.NOFOLLOW, "?nolock=1"),
        /** See {@link Access#OWN}. */
        OWN(SQLiteOpenMode.READWRITE.flag | Mode.NOFOLLOW, ""),
        /** See {@link Access#CREATE}. */
        CREATE(SQLiteOpenMode.READWRITE.flag | SQLiteOpenMode.CREATE.flag, "");

        /** Source: SQLite documentation, SQLITE_OPEN_NOFOLLOW; sqlite-jdbc's enum has it not. */
        private static final int NOFOLLOW = 0x01000000;

        private final int flags;
        private final String query;

        Mode(int flags, String query) {
            this.flags = flags | SQLiteOpenMode.OPEN_URI.flag;
            this.query = query;
        }

        int flags() {
            return flags;
        }

        /** What the file's URI ends with. */
        String query() {
            return query;
        }
    }

    /**
     * What text out of the content could do, should it ever run: the second line behind the parser that lets no such text through. No extension is loaded on any
     * connection of ours.
     *
     * <p>Source: SQLite documentation, "Defense Against The Dark Arts", "Run-Time Limits" (SQLITE_LIMIT_ATTACHED), "PRAGMA trusted_schema".
     */
    public enum Trust {
        /** The application's scripts run on it, or it VACUUMs, which attaches a database. */
        OWN,
        /** Attaches no other database. For a database that is looked at: its constraints and indexes are evaluated as its application has them evaluated. */
        CONFINED,
        /**
         * As {@link #CONFINED}; and views, triggers, constraints, defaults, generated columns and indexes call no function and no virtual table that is not
         * harmless. For what is made from text and rows that may be anybody's.
         */
        NONE
    }

    /** The same, opened in another way. */
    public Access in(Mode other) {
        return new Access(other, trust, lockWait, settings, standIns, longestValue);
    }

    /** The same, {@link Trust#CONFINED}. */
    public Access confined() {
        return new Access(mode, Trust.CONFINED, lockWait, settings, standIns, longestValue);
    }

    /** The same, with {@link Trust#NONE}. */
    public Access distrusting() {
        return new Access(mode, Trust.NONE, lockWait, settings, standIns, longestValue);
    }

    /** The same, waiting for somebody else's lock for as long as given. */
    public Access waiting(Duration lockWait) {
        return new Access(mode, trust, Optional.of(lockWait), settings, standIns, longestValue);
    }

    /** The same, for content of files that have so many bytes: what its expressions make may be some times as long, and no longer. */
    public Access ofContent(long bytes) {
        return new Access(mode, trust, lockWait, settings, standIns, room(bytes));
    }

    /**
     * How many bytes an index, or a value, may take in a database of so many bytes, whatever expression makes it: in the damaged file it had room, and an expression
     * may build more on the way than it gives.
     */
    public static long room(long bytes) {
        return Math.max(LEAST_ROOM, bytes > Long.MAX_VALUE / ROOM_FACTOR ? Long.MAX_VALUE : bytes * ROOM_FACTOR);
    }

    /** The same, with a setting of sqlite-jdbc's, for example {@code jdbc.get_generated_keys}. */
    public Access with(String setting, String value) {
        Map<String, String> more = new LinkedHashMap<>(settings);
        more.put(setting, value);
        return new Access(mode, trust, lockWait, more, standIns, longestValue);
    }

    /** The same, for who could write, and only looks: collations are stood in for as well. */
    public Access looking() {
        return new Access(mode, trust, lockWait, settings, Wanted.ALL, longestValue);
    }

    /** The same, for a database that we make ourselves: collations and functions are stood in for that are named in statements which are yet to come. */
    public Access standingInFor(NamesUsed names) {
        return new Access(mode, trust, lockWait, settings, Wanted.of(names), longestValue);
    }

    /**
     * What is stood in for. Whoever only looks has everything; whoever writes to what others read sorts nothing by an order that is not the application's; and what only
     * locks, or runs the application's own scripts, reads nothing beforehand.
     */
    StandIns.Kinds kinds() {
        if (!standIns.asMode()) {
            return StandIns.Kinds.ALL;
        }
        if (trust == Trust.OWN) {
            return StandIns.Kinds.NONE;
        }
        return mode == Mode.READ_ONLY || mode == Mode.IMMUTABLE ? StandIns.Kinds.ALL : StandIns.Kinds.FUNCTIONS;
    }

    /** The wait in the unit of {@code PRAGMA busy_timeout}. */
    Optional<Long> lockWaitMillis() {
        return lockWait.map(wait -> Math.min(wait.toMillis(), LONGEST_WAIT_MILLIS));
    }

    Properties properties() {
        Properties properties = new Properties();
        properties.putAll(settings);
        properties.setProperty(Sqlite.OPEN_MODE, Integer.toString(mode.flags));
        return properties;
    }
}
