package org.healingsqlite.agent.weave;

import java.lang.ref.WeakReference;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Properties;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;

/**
 * What woven code calls. In the jar its name is {@code org.sqlite.core.HealingGate}: {@link GateInstaller} defines it next to every sqlite-jdbc, in the
 * same class loader and package, because that is the one place that the woven code of a module, a web application or a fat jar is certain to see. Apart from
 * sqlite-jdbc it uses {@code java.base} only, and reaches the core by reflection.
 *
 * <p>Nothing but the application's own exceptions, or what the core wants it to see in their place, leaves a method of this class.
 */
public final class Gate implements Consumer<Boolean>, Predicate<Object> {
    private static final String VERIFY = "PRAGMA healing_verify";

    /** Whether some connection has to be looked at before its next statement. On the healthy path this is all that is asked. */
    private static volatile boolean watchful;

    private static volatile @Nullable BiFunction<String, Object[], Object> door;

    /**
     * Connections whose transaction has just begun, by their identity hash: no statement has run in it. Where two have the same place, the later one
     * has it, and the other counts as used. Read without a lock; written under {@link #BEGINNING}, which nobody holds while he waits for another one.
     */
    private static final @Nullable WeakReference<?>[] BEGUN = new WeakReference<?>[256];

    private static final Object BEGINNING = new Object();

    /**
     * How many places are taken. As a rule none is when a statement has run, and then nobody asks for the identity hash: that of a connection that is locked,
     * as it is while sqlite-jdbc asks for a key, costs as much as everything else here. Written under {@link #BEGINNING}.
     */
    private static volatile int begun;

    /** Set in a thread that is in the core. */
    private static final ThreadLocal<@Nullable Boolean> ASKING = new ThreadLocal<>();

    private Gate() {}

    /** Told by the core whether there is a connection to be looked at. */
    @Override
    public void accept(Boolean isWatchful) {
        watchful = isWatchful;
    }

    /** Asked by the core whether nothing has run in the transaction of a connection. */
    @Override
    public boolean test(Object connection) {
        WeakReference<?> known = BEGUN[placeOf(connection)];
        return known != null && known.get() == connection;
    }

    /** Puts a connection into its place, or null. */
    private static void put(int place, @Nullable WeakReference<?> now) {
        synchronized (BEGINNING) {
            begun += (now == null ? 0 : 1) - (BEGUN[place] == null ? 0 : 1);
            BEGUN[place] = now;
        }
    }

    private static int placeOf(Object object) {
        return System.identityHashCode(object) & BEGUN.length - 1;
    }

    private static BiFunction<String, Object[], Object> door() throws ReflectiveOperationException {
        BiFunction<String, Object[], Object> known = door;
        return known == null ? open() : known;
    }

    @SuppressWarnings("unchecked")
    private static synchronized BiFunction<String, Object[], Object> open() throws ReflectiveOperationException {
        BiFunction<String, Object[], Object> known = door;
        if (known == null) {
            Class<?> bridge =
                    Class.forName("org.healingsqlite.agent.bridge.Bridge", true, ClassLoader.getSystemClassLoader());
            known = (BiFunction<String, Object[], Object>)
                    bridge.getMethod("door", Object.class).invoke(null, new Gate());
            door = known;
        }
        return known;
    }

    /** Asks the core, where there is one that works. What the core itself does with sqlite-jdbc passes without an answer. */
    private static @Nullable Object ask(String what, @Nullable Object... about) {
        if (ASKING.get() != null) {
            return null;
        }
        ASKING.set(Boolean.TRUE);
        try {
            return door().apply(what, about);
        } catch (Throwable e) {
            // Whatever is wrong with the core, the application gets sqlite-jdbc's own behaviour.
            return null;
        } finally {
            ASKING.remove();
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> E thrown(Throwable failure) throws E {
        throw (E) failure;
    }

    /** A connection that heals, or null where sqlite-jdbc is to open it as ever. */
    public static @Nullable Object open(@Nullable String url, @Nullable Properties properties) {
        return ask("open", url, properties) instanceof Connection connection ? connection : null;
    }

    /** sqlite-jdbc has opened a connection by itself. */
    public static void opened(@Nullable Object connection, @Nullable String url, @Nullable Properties properties) {
        if (connection instanceof SQLiteConnection sqlite) {
            // Now, while nobody holds its monitor: an object that is asked for its hash while another thread has locked
            // it
            // is slower to lock for good.
            placeOf(sqlite);
            ask("opened", sqlite, url, properties);
        }
    }

    /** sqlite-jdbc could not open a connection: the core may, where it was the file's fault. */
    public static Object unopened(Throwable failure, @Nullable String url, @Nullable Properties properties) {
        if (ask("unopened", failure, url, properties) instanceof Connection connection) {
            return connection;
        }
        throw Gate.<RuntimeException>thrown(failure);
    }

    /** A call is about to be made on a connection or a statement. */
    public static void enter(Object on) {
        if (watchful) {
            Object answer = ask("enter", on);
            if (answer instanceof Throwable failure) {
                throw Gate.<RuntimeException>thrown(failure);
            }
        }
    }

    /**
     * A call has failed.
     *
     * @param before what this method gave for the failure before, of the same call
     * @return what to hand in next time; the call is to be made again
     */
    public static Object failed(
            Throwable failure, @Nullable Object before, String call, Object on, @Nullable Object argument) {
        Object answer = ask("failed", failure, before, call, on, argument);
        if (answer == null) {
            throw Gate.<RuntimeException>thrown(failure);
        }
        if (answer instanceof Throwable other) {
            throw Gate.<RuntimeException>thrown(other);
        }
        return answer;
    }

    /** The text to run: that of the statement which asks for a verification, already answered; any other as it is. */
    public static @Nullable String asked(Object on, @Nullable String sql) {
        return sql != null
                        && sql.length() >= VERIFY.length()
                        && (sql.charAt(0) | ' ') == 'p'
                        && sql.regionMatches(true, 0, VERIFY, 0, VERIFY.length())
                        && ask("verify", on) instanceof String answered
                ? answered
                : sql;
    }

    /** A text has run. */
    public static void ran(Object statement, @Nullable String sql) {
        use(statement);
        if (sql != null && (mayChangeSchema(sql) || hasMore(sql))) {
            ask("ran", statement, sql);
        }
    }

    /** A prepared statement has run: the first of its text, whatever follows. */
    public static void ranPrepared(Object statement, @Nullable String sql) {
        use(statement);
        if (sql != null && mayChangeSchema(sql)) {
            ask("ran", statement, sql);
        }
    }

    /** Whether anything follows the first semicolon. */
    private static boolean hasMore(String sql) {
        int semicolon = sql.indexOf(';');
        if (semicolon >= 0) {
            for (int i = sql.length() - 1; i > semicolon; i--) {
                if (sql.charAt(i) > ' ') {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * A batch has run.
     *
     * @param counts what sqlite-jdbc gives back
     * @param kept what {@link #batch} gave, or {@link #failed} where a part of it had run before
     * @return what the application is to see
     */
    public static Object ranBatch(Object counts, Object statement, @Nullable Object kept) {
        use(statement);
        if (kept == null) {
            return counts;
        }
        if (!(kept instanceof Object[] parts)) {
            Object whole = ask("counts", kept, counts);
            return whole == null ? counts : whole;
        }
        if (statement instanceof PreparedStatement) {
            // Its entries are parameters.
            return counts;
        }
        Object[] entries = (Object[]) parts[0];
        for (int i = 0; i < (Integer) parts[1] && entries[i] instanceof String sql; i++) {
            if (mayChangeSchema(sql)) {
                ask("ran", statement, sql);
            }
        }
        return counts;
    }

    private static void use(Object statement) {
        if (begun != 0) {
            useConnection(((CoreStatement) statement).conn);
        }
    }

    private static void useConnection(Object connection) {
        int place = placeOf(connection);
        WeakReference<?> known = BEGUN[place];
        if (known != null && known.get() == connection && ASKING.get() == null) {
            put(place, null);
        }
    }

    private static boolean mayChangeSchema(String sql) {
        for (int i = 0; i < sql.length(); i++) {
            char c = sql.charAt(i);
            if (c > ' ') {
                return switch (c) {
                    case 'c', 'C' -> sql.regionMatches(true, i, "create", 0, 6);
                    case 'a', 'A' -> sql.regionMatches(true, i, "alter", 0, 5);
                    case 'd', 'D' -> sql.regionMatches(true, i, "drop", 0, 4);
                    case '-', '/', ';' -> true;
                    default -> false;
                };
            }
        }
        return false;
    }

    /** A batch is about to run: sqlite-jdbc empties it whatever happens, so it is kept. */
    public static @Nullable Object batch(Object statement, Object @Nullable [] entries, int length) {
        if (entries == null || length == 0) {
            return null;
        }
        long changes = -1;
        try {
            changes = totalChanges(((CoreStatement) statement).conn.getDatabase());
        } catch (Throwable e) {
            // A closed connection: the batch is not repeated.
        }
        return new Object[] {entries.clone(), length, changes};
    }

    private static long totalChanges(DB database) throws ReflectiveOperationException, SQLException {
        try {
            return database.total_changes();
        } catch (NoSuchMethodError olderThan3_39) {
            return ((Number) DB.class.getMethod("total_changes").invoke(database)).longValue();
        }
    }

    /**
     * A transaction is about to end.
     *
     * @return whether {@link #idle} is true afterwards: always
     */
    public static boolean ending(Object connection, boolean commits) {
        if (watchful && ask("ending", connection, commits) instanceof Throwable failure) {
            throw Gate.<RuntimeException>thrown(failure);
        }
        return true;
    }

    /**
     * Autocommit is about to be set, which ends a transaction, or begins one.
     *
     * @return whether it does: setting it to what it is does nothing
     */
    public static boolean switching(Object connection, boolean autoCommit) {
        try {
            if (((Connection) connection).getAutoCommit() == autoCommit) {
                return false;
            }
        } catch (SQLException closed) {
            return false;
        }
        return ending(connection, autoCommit);
    }

    /**
     * A transaction has ended, or the next one has begun and nothing has run in it.
     *
     * @param isTrue what {@link #ending} or {@link #switching} gave
     */
    public static void idle(Object connection, boolean isTrue) {
        if (isTrue) {
            put(placeOf(connection), new WeakReference<>(connection));
            if (watchful) {
                ask("idle", connection);
            }
        }
    }

    /** A connection is about to be closed. */
    public static void closing(Object connection) {
        if (begun != 0) {
            useConnection(connection);
        }
        if (door != null) {
            ask("closing", connection);
        }
    }

    /** A function or a collation is registered, or taken away. */
    public static void registered(Object database, String name, @Nullable Object code, int arguments, int flags) {
        ask("registered", database, name, code, arguments, flags);
    }
}
