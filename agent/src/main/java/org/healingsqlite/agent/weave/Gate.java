package org.healingsqlite.agent.weave;

import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Properties;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
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
public final class Gate implements Consumer<Object>, Predicate<Object>, BiFunction<Object, Object, Object> {
    /** What sqlite-jdbc runs after an INSERT, and where the application asks for the keys of anything else. */
    private static final String LAST_KEY = "SELECT last_insert_rowid();";

    private static final String NO_KEY = "SELECT 1 WHERE 1 = 2;";

    private static final @Nullable Field SQL = sqlOfStatements();

    /** SQLITE_ERROR: what fails so has done nothing. */
    private static final int PLAIN_ERROR = 1;

    /** What an application may end its transaction with by itself: its own cancel, a constraint, a query without columns. */
    private static final int INTERRUPT = 9;

    private static final int CONSTRAINT = 19;
    private static final int DONE = 101;

    private static final String SEVERAL_THREADS = "more than one thread worked on it";
    private static final String UNKNOWN = "what ran in it could not be recorded";
    private static final String FAILED = "a statement failed in it";
    private static final String VERIFY = "PRAGMA healing_verify";

    /** Whether some connection has to be looked at before its next statement. On the healthy path this is all that is asked. */
    private static volatile boolean watchful;

    private static volatile @Nullable BiFunction<String, Object[], Object> door;

    /** Makes what is told of the rows that an application reads; null as long as the core is not there. */
    private static volatile @Nullable UnaryOperator<@Nullable Object> rows;

    /**
     * The transactions of connections, by the identity hashes of these. Where there is no place left, a later one takes it from another, which counts as used and is
     * not recorded. Read without a lock; written under {@link #BEGINNING}, which nobody holds while he waits for another one.
     */
    private static final @Nullable GateRecord[] BEGUN = new GateRecord[256];

    /** How many places a connection may have, one behind the other. */
    private static final int PLACES = 8;

    private static final Object BEGINNING = new Object();

    /**
     * In how many of them nothing has run. As a rule it is none when a statement has run, and then nobody asks for the identity hash: that of a connection that
     * is locked, as it is while sqlite-jdbc asks for a key, costs as much as everything else here. Written under {@link #BEGINNING}.
     */
    private static volatile int begun;

    /** In how many of them something has run, and how many of these a text has begun. Written under {@link #BEGINNING}. */
    private static volatile int recorded;

    private static volatile int begunByText;

    /** Whether a transaction that a text has begun may be known no longer: then no savepoint is known to begin one. */
    private static volatile boolean unsure;

    /** The transaction that a thread has worked on last; once that is over, nothing of it is kept for a thread that is idle. */
    private static final ThreadLocal<@Nullable WeakReference<GateRecord>> RECORDING = new ThreadLocal<>();

    /** Set in a thread that is in the core. */
    private static final ThreadLocal<@Nullable Boolean> ASKING = new ThreadLocal<>();

    private Gate() {}

    /** Told by the core whether there is a connection to be looked at, what makes what is told of rows, how large a record may be, and where versions are kept. */
    @Override
    @SuppressWarnings("unchecked")
    public void accept(Object told) {
        if (told instanceof Boolean isWatchful) {
            watchful = isWatchful;
        } else if (told instanceof String[] tables) {
            GateVersions.heed(tables);
        } else if (told instanceof Long bytes) {
            GateRecord.allow(bytes);
        } else {
            rows = (UnaryOperator<@Nullable Object>) told;
        }
    }

    /** Asked by the core whether nothing has run in the transaction of a connection. */
    @Override
    public boolean test(Object connection) {
        GateRecord known = recordOf(connection);
        return known != null && known.isUnused();
    }

    /** Asked by the core what has run in the transaction of a connection: {@link GateRecord#content}, or null. */
    @Override
    @SuppressWarnings("NullAway") // There may be nothing.
    public @Nullable Object apply(Object connection, Object nothing) {
        GateRecord known = recordOf(connection);
        return known == null || known.isUnused() ? null : known.content();
    }

    private static @Nullable GateRecord recordOf(Object connection) {
        int place = System.identityHashCode(connection);
        for (int i = 0; i < PLACES; i++) {
            GateRecord known = BEGUN[place + i & BEGUN.length - 1];
            if (known != null && known.refersTo(connection)) {
                return known;
            }
        }
        return null;
    }

    private static @Nullable GateRecord workedOnLast() {
        WeakReference<GateRecord> last = RECORDING.get();
        return last == null ? null : last.get();
    }

    /** Puts a transaction into its place, or null. */
    private static void put(int place, @Nullable GateRecord now) {
        synchronized (BEGINNING) {
            GateRecord before = BEGUN[place];
            unsure |= before != null && before.isBegunByText && now != null && !before.refersTo(now.get());
            count(before, -1);
            count(now, 1);
            BEGUN[place] = now;
        }
    }

    private static void count(@Nullable GateRecord record, int by) {
        if (record == null) {
            return;
        }
        synchronized (BEGINNING) {
            if (record.isUnused()) {
                begun += by;
            } else {
                recorded += by;
            }
            if (record.isBegunByText) {
                begunByText += by;
            }
        }
    }

    /** The place that a connection has, or is to have: a free one, if there is any. */
    private static int placeOf(Object connection) {
        int first = System.identityHashCode(connection);
        int free = -1;
        for (int i = 0; i < PLACES; i++) {
            int place = first + i & BEGUN.length - 1;
            GateRecord known = BEGUN[place];
            if (known != null && known.refersTo(connection)) {
                return place;
            }
            if (free < 0 && (known == null || known.refersTo(null))) {
                free = place;
            }
        }
        return free < 0 ? first & BEGUN.length - 1 : free;
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
        WeakReference<GateRecord> recording = RECORDING.get();
        ASKING.set(Boolean.TRUE);
        // What the core runs is not recorded.
        RECORDING.remove();
        try {
            return door().apply(what, about);
        } catch (Throwable e) {
            // Whatever is wrong with the core, the application gets sqlite-jdbc's own behaviour.
            return null;
        } finally {
            ASKING.remove();
            if (recording != null) {
                RECORDING.set(recording);
            }
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
            // it is slower to lock for good.
            var unused = System.identityHashCode(sqlite);
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

    /**
     * A call is about to be made on a connection or a statement.
     *
     * @param sql what it is to run; null where it only prepares that, or runs a batch
     */
    public static void enter(Object on, @Nullable String sql) {
        if (watchful) {
            Object answer = ask("enter", on, sql);
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
        boolean inParts = call.endsWith("BATCH") || argument instanceof String sql && hasMore(sql);
        if (begun != 0 && inParts && on instanceof CoreStatement statement) {
            // A part of it may have run.
            useConnection(statement.conn);
        }
        Object answer = ask("failed", failure, before, call, on, argument);
        if ((begun != 0 || recorded != 0)
                && (answer == null || answer instanceof Throwable)
                && failure instanceof SQLException exception) {
            failed(on, exception, inParts);
        }
        if (answer instanceof long[] && on instanceof CoreStatement statement) {
            // What has been applied although it failed has ended a transaction.
            forget(statement.conn);
        }
        if (answer == null || answer instanceof long[] && call.endsWith("QUERY")) {
            // What has been applied gives no rows, and is not run again.
            throw Gate.<RuntimeException>thrown(failure);
        }
        if (answer instanceof Throwable other) {
            throw Gate.<RuntimeException>thrown(other);
        }
        return answer;
    }

    /** Whether what {@link #failed} gave is what the application is to see of the call, which is not to be made again. */
    public static boolean isTold(Object answer) {
        return answer instanceof long[];
    }

    /** That. */
    public static long told(Object answer) {
        return ((long[]) answer)[0];
    }

    /** What failed may have done a part; and what the application was told once, it is to be told again. */
    private static void failed(Object on, SQLException failure, boolean inParts) {
        if (ASKING.get() != null) {
            return;
        }
        Object connection = on instanceof CoreStatement statement ? statement.conn : on;
        GateRecord last = workedOnLast();
        if (last != null && !(connection instanceof SQLiteConnection)) {
            // A result set: its statement is out of sight, and as a rule this thread's.
            last.giveUp(FAILED);
        }
        if (connection instanceof SQLiteConnection sqlite) {
            int code = failure.getErrorCode() & 0xff;
            GateRecord known = recordOf(sqlite);
            if (known == null) {
                return;
            }
            if (known.isUnused()) {
                if (inParts || code > PLAIN_ERROR) {
                    useConnection(sqlite);
                }
            } else if ((inParts || code == CONSTRAINT || code == INTERRUPT || code == DONE)
                    && Boolean.FALSE.equals(ask("inTransaction", sqlite))) {
                // A constraint or a cancel has rolled it back; or a COMMIT has run, that should have given rows or was
                // a part only.
                forget(sqlite);
            }
            known.giveUp(FAILED);
        }
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

    /**
     * A text has run.
     *
     * @param told what it gave: a count of rows, or 1 for true
     * @param way one of {@link GateRecord}'s
     */
    public static void ran(long told, Object statement, @Nullable String sql, int way) {
        if (sql == null || isForKey(sql)) {
            // Nothing is read before the application looks.
            return;
        }
        GateRecord record = recordFor(statement);
        boolean more = hasMore(sql);
        if (mayBeFrame(sql) || more && mentionsFrame(sql)) {
            ranFrame(record, told, statement, sql, way, null, 0);
        } else if (record != null) {
            ran(record, told, statement, sql, way, null, 0);
        }
        if (mayChangeSchema(sql) || more) {
            ask("ran", statement, sql);
        }
    }

    private static boolean isForKey(@Nullable Object sql) {
        return LAST_KEY.equals(sql) || NO_KEY.equals(sql);
    }

    /** Whether sqlite-jdbc has run a statement by itself, for the application to read a key if it wants. */
    static boolean isOfKey(CoreStatement statement) {
        try {
            return SQL != null && isForKey(SQL.get(statement));
        } catch (IllegalAccessException e) {
            return false;
        }
    }

    /** As sqlite-jdbc keeps it for its own package. */
    private static @Nullable Field sqlOfStatements() {
        try {
            Field sql = CoreStatement.class.getDeclaredField("sql");
            sql.setAccessible(true);
            return sql;
        } catch (ReflectiveOperationException | RuntimeException e) {
            return null;
        }
    }

    /** A prepared statement has run: the first of its text, whatever follows. */
    public static void ranPrepared(
            long told, Object statement, @Nullable String sql, Object @Nullable [] bound, int parameters, int way) {
        GateRecord record = recordFor(statement);
        if (sql == null) {
            return;
        }
        if (isOfRows(sql)) {
            if (record != null) {
                ran(record, told, statement, sql, way, bound, parameters);
            }
            return;
        }
        if (mayBeFrame(sql)) {
            ranFrame(record, told, statement, sql, way, bound, parameters);
        } else if (record != null) {
            ran(record, told, statement, sql, way, bound, parameters);
        }
        tellOfSchema(statement, sql);
    }

    private static void ran(
            GateRecord record,
            long told,
            Object statement,
            String sql,
            int way,
            Object @Nullable [] bound,
            int parameters) {
        try {
            if (way == GateRecord.UPDATE) {
                record.add(sql, way, told, bound, parameters, null);
            } else if (way == GateRecord.UPDATE + GateRecord.TEXT) {
                record.add(sql, way, told, null, null);
            } else {
                Statement executed = (Statement) statement;
                boolean query = way % GateRecord.TEXT == GateRecord.QUERY || told != 0;
                Object reader = query ? record.reads(statement, rows) : null;
                long number = query ? executed.getMaxRows() : executed.getUpdateCount();
                record.add(sql, way, number, bound, parameters, reader);
            }
        } catch (SQLException | RuntimeException | OutOfMemoryError e) {
            record.giveUp(UNKNOWN);
        }
    }

    /**
     * The transaction to record what has run in; null where it is in none.
     *
     * @param statement that has run, or has given what is read
     */
    private static @Nullable GateRecord recordFor(Object statement) {
        SQLiteConnection connection = ((CoreStatement) statement).conn;
        if (begun != 0) {
            useConnection(connection);
        }
        return recorded == 0 ? null : recordFor(connection);
    }

    private static @Nullable GateRecord recordFor(SQLiteConnection connection) {
        GateRecord last = workedOnLast();
        if (last != null && last.refersTo(connection) && BEGUN[last.place] == last) {
            return last;
        }
        try {
            if (begunByText == 0 && connection.getAutoCommit() || ASKING.get() != null) {
                return null;
            }
        } catch (SQLException closed) {
            return null;
        }
        GateRecord known = recordOf(connection);
        if (known == null || known.isUnused()) {
            return null;
        }
        if (!known.isByThisThread()) {
            known.giveUp(SEVERAL_THREADS);
            return null;
        }
        RECORDING.set(known.weakly);
        return known;
    }

    // ---- What begins and ends transactions

    /** Whether one look at a text tells that it reads or writes rows. As a rule it does. */
    private static boolean isOfRows(String sql) {
        if (sql.length() < 2) {
            return false;
        }
        return switch (sql.charAt(0) | ' ') {
            case 'i', 'u' -> true;
            case 's' -> (sql.charAt(1) | ' ') == 'e';
            default -> false;
        };
    }

    /** Whether a text, whose first word is looked at behind comments, may begin or end something. */
    private static boolean mayBeFrame(String sql) {
        int i = firstWord(sql);
        if (i == sql.length()) {
            return false;
        }
        return switch (sql.charAt(i) | ' ') {
            case 'b' -> sql.regionMatches(true, i, "begin", 0, 5);
            case 'e' -> sql.regionMatches(true, i, "end", 0, 3);
            case 'c' -> sql.regionMatches(true, i, "commit", 0, 6);
            case 'r' -> sql.regionMatches(true, i, "rollback", 0, 8) || sql.regionMatches(true, i, "release", 0, 7);
            case 's' -> sql.regionMatches(true, i, "savepoint", 0, 9);
            default -> false;
        };
    }

    private static int firstWord(String sql) {
        int length = sql.length();
        int i = 0;
        while (i < length) {
            char c = sql.charAt(i);
            if (c <= ' ' || c == ';' || c == '\uFEFF') {
                i++;
            } else if (c == '-' || c == '/') {
                int end = c == '-' ? sql.indexOf('\n', i) : sql.indexOf("*/", i + 2);
                if (end < 0) {
                    return length;
                }
                i = c == '-' ? end + 1 : end + 2;
            } else {
                return i;
            }
        }
        return length;
    }

    private static boolean mentionsFrame(String sql) {
        for (int i = 0; i < sql.length(); i++) {
            switch (sql.charAt(i) | ' ') {
                case 'b', 'e', 'c', 'r', 's' -> {
                    if (mayBeFrame(sql.substring(i, Math.min(sql.length(), i + 9)))) {
                        return true;
                    }
                }
                default -> {}
            }
        }
        return false;
    }

    private static void ranFrame(
            @Nullable GateRecord record,
            long told,
            Object statement,
            String sql,
            int way,
            Object @Nullable [] bound,
            int parameters) {
        if (ASKING.get() != null) {
            return;
        }
        String frame = ask("frame", sql) instanceof String known ? known : "SEVERAL";
        if (frame.equals("NONE")) {
            if (record != null) {
                ran(record, told, statement, sql, way, bound, parameters);
            }
        } else {
            SQLiteConnection connection = ((CoreStatement) statement).conn;
            framed(connection, frame, sql, isAutoCommit(connection));
        }
    }

    /**
     * Something has run that begins or ends the transaction, or a part of it.
     *
     * @param isFirst whether a savepoint may begin the transaction
     */
    private static void framed(SQLiteConnection connection, String frame, String sql, boolean isFirst) {
        GateRecord known = recordOf(connection);
        switch (frame) {
            case "COMMIT", "ROLLBACK" -> forget(connection);
            case "BEGIN" -> begun(connection).add(sql, GateRecord.FRAME, 0, null, null);
            case "SAVEPOINT" -> {
                GateRecord record = known == null && isFirst && !unsure ? begun(connection) : known;
                if (record != null) {
                    frame(record, sql);
                }
            }
            case "ROLLBACK_TO" -> {
                if (known != null) {
                    frame(known, sql);
                }
            }
            case "RELEASE" -> {
                if (known != null) {
                    frame(known, sql);
                    forgetIfEnded(known, connection);
                }
            }
            default -> {
                if (Boolean.FALSE.equals(ask("inTransaction", connection))) {
                    forget(connection);
                } else {
                    (known == null ? begun(connection) : known)
                            .giveUp("several statements in one text begin or end it");
                }
            }
        }
    }

    /** A text has begun a transaction. */
    private static GateRecord begun(SQLiteConnection connection) {
        GateRecord record = new GateRecord(connection, placeOf(connection), true);
        record.use();
        put(record.place, record);
        RECORDING.set(record.weakly);
        return record;
    }

    private static void frame(GateRecord record, String sql) {
        if (record.isByThisThread()) {
            record.add(sql, GateRecord.FRAME, 0, null, null);
        } else {
            record.giveUp(SEVERAL_THREADS);
        }
    }

    /** The outermost savepoint, where nothing else began the transaction, ends it. */
    private static void forgetIfEnded(GateRecord record, SQLiteConnection connection) {
        if (record.isBegunByText) {
            Object inTransaction = ask("inTransaction", connection);
            if (Boolean.FALSE.equals(inTransaction)) {
                forget(connection);
            } else if (inTransaction == null) {
                record.giveUp("whether it has ended is not known");
            }
        }
    }

    /**
     * A savepoint is about to be set, released or gone back to, past all statements.
     *
     * @return whether one that is set begins a transaction
     */
    public static boolean beginsBySavepoint(Object connection) {
        return isAutoCommit((SQLiteConnection) connection);
    }

    /**
     * That was done.
     *
     * @param isFirst what {@link #beginsBySavepoint} gave
     * @param what 0 for set, 1 for released, 2 for gone back to
     */
    public static void savepoint(@Nullable Object savepoint, Object connection, boolean isFirst, int what) {
        if (ASKING.get() != null || !(savepoint instanceof Savepoint known)) {
            return;
        }
        SQLiteConnection of = (SQLiteConnection) connection;
        if (begun != 0) {
            useConnection(of);
        }
        try {
            // As sqlite-jdbc writes it.
            String name = known.getSavepointName();
            switch (what) {
                case 0 -> framed(of, "SAVEPOINT", "SAVEPOINT " + name, isFirst);
                case 1 -> framed(of, "RELEASE", "RELEASE SAVEPOINT " + name, false);
                default -> framed(of, "ROLLBACK_TO", "ROLLBACK TO SAVEPOINT " + name, false);
            }
            GateRecord record = recordOf(of);
            if (record != null) {
                record.toldOfJdbc();
            }
        } catch (SQLException e) {
            framed(of, "SEVERAL", "", false);
        }
    }

    /** SQL has run past all statements: by sqlite-jdbc, which also tells otherwise what it has done, or by an application that calls its inner methods. */
    public static void exec(Object database, @Nullable String sql) {
        if (recorded == 0 || sql == null) {
            return;
        }
        GateRecord last = workedOnLast();
        if (last != null
                && last.get() instanceof SQLiteConnection connection
                && connection.getDatabase() == database
                && ASKING.get() == null
                && !sql.regionMatches(true, 0, "pragma", 0, 6)) {
            last.ranPastJdbc();
        }
    }

    private static void forget(Object connection) {
        if (begun != 0 || recorded != 0) {
            GateRecord known = recordOf(connection);
            if (known != null) {
                put(known.place, null);
            }
        }
    }

    // ---- What is read

    /** A result set has gone on: to a row, or behind the last. */
    public static void moved(boolean isAtRow, Object statement) {
        saw(statement, GateRecord.MOVED, isAtRow ? 1 : 0);
    }

    /** A column was read as an {@code int}. */
    public static void sawInt(int value, Object statement, int column) {
        saw(statement, GateRecord.INT | column, value);
    }

    /** A column was read as a {@code long}. */
    public static void sawLong(long value, Object statement, int column) {
        saw(statement, GateRecord.LONG | column, value);
    }

    /** A column was read as a {@code double}. */
    public static void sawDouble(double value, Object statement, int column) {
        if (recorded != 0) {
            saw(statement, GateRecord.DOUBLE | column, Double.doubleToRawLongBits(value));
        }
    }

    /**
     * The type of a column was read.
     *
     * @param column from 0, as sqlite-jdbc counts here
     */
    public static void sawType(int type, Object statement, int column) {
        saw(statement, GateRecord.TYPE | column + 1, type);
    }

    private static void saw(Object statement, long what, long value) {
        if (recorded != 0) {
            GateRecord record = recordFor(((CoreStatement) statement).conn);
            if (record != null) {
                try {
                    record.saw(statement, what, value);
                } catch (RuntimeException | OutOfMemoryError e) {
                    record.giveUp(UNKNOWN);
                }
            }
        }
    }

    /** A column was read as text or as bytes. */
    public static void sawObject(@Nullable Object value, Object statement, int column) {
        if (recorded != 0) {
            GateRecord record = recordFor(((CoreStatement) statement).conn);
            if (record != null) {
                try {
                    record.saw(statement, column, value);
                } catch (RuntimeException | OutOfMemoryError e) {
                    record.giveUp(UNKNOWN);
                }
            }
        }
    }

    /** Something was read that is not compared. */
    public static void uncomparable(Object statement) {
        if (recorded != 0) {
            GateRecord record = recordFor(((CoreStatement) statement).conn);
            if (record != null) {
                record.giveUp("something was read in it that is not compared");
            }
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
    public static Object ranBatch(Object counts, Object statement, @Nullable Object kept, @Nullable String sql) {
        GateRecord record = recordFor(statement);
        if (kept == null) {
            return counts;
        }
        if (record != null) {
            ranBatch(record, counts, statement, kept, sql);
        }
        if (!(kept instanceof Object[] parts)) {
            Object whole = ask("counts", kept, counts);
            return whole == null ? counts : whole;
        }
        if (statement instanceof PreparedStatement) {
            // Its entries are parameters.
            tellOfSchema(statement, sql);
            return counts;
        }
        Object[] entries = (Object[]) parts[0];
        for (int i = 0; i < (Integer) parts[1]; i++) {
            tellOfSchema(statement, (String) entries[i]);
        }
        return counts;
    }

    private static void tellOfSchema(Object statement, @Nullable String sql) {
        if (sql != null && mayChangeSchema(sql)) {
            ask("ran", statement, sql);
        }
    }

    private static void ranBatch(
            GateRecord record, Object counts, Object statement, Object kept, @Nullable String sql) {
        if (!(kept instanceof Object[] parts)) {
            giveUpOrForget(record, statement, "a batch ran in it in more than one part");
            return;
        }
        Object[] entries = (Object[]) parts[0];
        int length = (Integer) parts[1];
        boolean prepared = statement instanceof PreparedStatement;
        if (prepared ? sql != null && mayBeFrame(sql) : mayHaveFrame(entries, length)) {
            giveUpOrForget(record, statement, "a batch begins or ends it");
        } else if (prepared) {
            addBatch(record, sql, entries, counts);
        } else {
            addBatch(record, null, Arrays.copyOf(entries, length), counts);
        }
    }

    private static boolean mayHaveFrame(Object[] texts, int length) {
        for (int i = 0; i < length; i++) {
            if (texts[i] instanceof String text && (mayBeFrame(text) || hasMore(text) && mentionsFrame(text))) {
                return true;
            }
        }
        return false;
    }

    /** Something has run of which nobody knows whether it has ended the transaction. */
    private static void giveUpOrForget(GateRecord record, Object statement, String why) {
        SQLiteConnection connection = ((CoreStatement) statement).conn;
        if (Boolean.FALSE.equals(ask("inTransaction", connection))) {
            forget(connection);
        }
        record.giveUp(why);
    }

    private static void addBatch(GateRecord record, @Nullable String sql, Object[] entries, Object counts) {
        try {
            record.addBatch(sql, entries, counts);
        } catch (RuntimeException | OutOfMemoryError e) {
            record.giveUp(UNKNOWN);
        }
    }

    /** A statement has run on a connection: the transaction that has just begun on it is used. */
    private static void useConnection(SQLiteConnection connection) {
        GateRecord known = recordOf(connection);
        if (known == null || !known.isUnused() || ASKING.get() != null) {
            return;
        }
        boolean isOver = isAutoCommit(connection);
        synchronized (BEGINNING) {
            if (BEGUN[known.place] != known) {
                return;
            }
            count(known, -1);
            known.use();
            if (isOver) {
                BEGUN[known.place] = null;
            } else {
                count(known, 1);
            }
        }
        if (!isOver) {
            RECORDING.set(known.weakly);
        }
    }

    private static boolean isAutoCommit(SQLiteConnection connection) {
        try {
            return connection.getAutoCommit();
        } catch (SQLException closed) {
            return true;
        }
    }

    /** Also where a statement may record which release the database is of. */
    private static boolean mayChangeSchema(String sql) {
        for (int i = 0; i < sql.length(); i++) {
            char c = sql.charAt(i);
            if (c > ' ') {
                return switch (c) {
                    case 'i', 'I', 'u', 'U', 'r', 'R', 'p', 'P' -> GateVersions.mayWrite(sql, i);
                    case 'c', 'C' -> sql.regionMatches(true, i, "create", 0, 6);
                    case 'a', 'A' -> sql.regionMatches(true, i, "alter", 0, 5);
                    case 'd', 'D' -> sql.regionMatches(true, i, "drop", 0, 4) || GateVersions.mayWrite(sql, i);
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
        if (!commits) {
            giveUp(connection);
        }
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
        giveUp(connection);
        return ending(connection, autoCommit);
    }

    /** Where its end fails, nobody knows what is left of a transaction. */
    private static void giveUp(Object connection) {
        if (recorded != 0 && ASKING.get() == null) {
            GateRecord known = recordOf(connection);
            if (known != null) {
                known.giveUp("its end failed");
            }
        }
    }

    /**
     * A commit, a rollback or a change of autocommit has failed. Where that is mended, or it has taken effect all the same, this returns.
     *
     * @param call which of them
     */
    public static void endFailed(Throwable failure, Object connection, String call) {
        Object answer = ask("endFailed", failure, connection, call);
        if (answer != null && !(answer instanceof Throwable)) {
            idle(connection, true);
            return;
        }
        giveUp(connection);
        if (call.equals("AUTO_COMMIT")
                && !isAutoCommit((SQLiteConnection) connection)
                && Boolean.FALSE.equals(ask("inTransaction", connection))) {
            // As far as JDBC knows, a transaction has begun: it will, before the next statement. One that a text has
            // begun goes on.
            int place = placeOf(connection);
            put(place, new GateRecord(connection, place, false));
        }
        throw Gate.<RuntimeException>thrown(answer instanceof Throwable other ? other : failure);
    }

    /**
     * A transaction has ended, or the next one has begun and nothing has run in it.
     *
     * @param isTrue what {@link #ending} or {@link #switching} gave
     */
    public static void idle(Object connection, boolean isTrue) {
        if (isTrue) {
            int place = placeOf(connection);
            put(place, new GateRecord(connection, place, false));
            if (watchful) {
                ask("idle", connection);
            }
        }
    }

    /** A connection is about to be closed. */
    public static void closing(Object connection) {
        forget(connection);
        if (door != null) {
            ask("closing", connection);
        }
    }

    /** A function or a collation is registered, or taken away. */
    public static void registered(Object database, String name, @Nullable Object code, int arguments, int flags) {
        ask("registered", database, name, code, arguments, flags);
    }
}
