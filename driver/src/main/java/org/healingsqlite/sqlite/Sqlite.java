package org.healingsqlite.sqlite;

import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverPropertyInfo;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.schema.NamesUsed;
import org.sqlite.JDBC;
import org.sqlite.SQLiteCommitListener;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.SQLiteLimits;
import org.sqlite.SQLiteOpenMode;
import org.sqlite.core.DB;

/**
 * What is asked of sqlite-jdbc beyond {@code java.sql}. Every connection handed in is one that {@link #open} returned. Stateless; safe for use
 * by several threads as far as the connection is.
 */
public final class Sqlite {

    /** The scheme of sqlite-jdbc's own URLs. */
    public static final String SCHEME = JDBC.PREFIX;

    /** A property that sqlite-jdbc keeps and does not use. */
    private static final String INNER = "healing.inner";

    private static final String JOURNAL_MODE = "journal_mode";

    private static final Pattern ASKED_OPEN_MODE =
            Pattern.compile("[?&]\\s*open_mode\\s*=\\s*(\\d+)", Pattern.CASE_INSENSITIVE);

    private static final Pattern ASKED_JOURNAL_MODE =
            Pattern.compile("([?&])\\s*journal_mode\\s*=[^&]*&?", Pattern.CASE_INSENSITIVE);

    /** sqlite-jdbc's name for the flags of {@code sqlite3_open_v2}. */
    static final String OPEN_MODE = "open_mode";

    private static final String IN_MEMORY = ":memory:";
    private static final String MAIN = "main";

    /** Source: SQLite documentation, "Uniform Resource Identifiers", and sqlite-jdbc's own parameter. */
    private static final Pattern OWN_MODE = Pattern.compile("[?&](open_)?mode=", Pattern.CASE_INSENSITIVE);

    /** SQLite's own parameter of a URI, and sqlite-jdbc's. */
    private static final Pattern SHARED_CACHE =
            Pattern.compile("[?&](cache=shared|(enable_)?shared_cache=true)(&|$)", Pattern.CASE_INSENSITIVE);

    private static final Log LOG = Log.of(Sqlite.class);

    /** See {@link #keepFromWriting}. */
    private static final Set<Connection> KEPT_FROM_WRITING =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
    /** Of connections that are open: sqlite-jdbc has no place for it. */
    private static final Map<Connection, StandIns> STAND_INS = Collections.synchronizedMap(new WeakHashMap<>());

    private Sqlite() {}

    /**
     * Opens a physical connection of the application's, as {@code DriverManager} would with sqlite-jdbc alone: what it may do, the URL and its properties say.
     *
     * @param url begins with {@link #SCHEME}
     * @throws SQLException sqlite-jdbc's own, untouched
     */
    public static Connection open(String url, Properties properties) throws SQLException {
        Properties marked = new Properties();
        marked.putAll(properties);
        properties.stringPropertyNames().forEach(name -> marked.setProperty(name, properties.getProperty(name)));
        marked.setProperty(INNER, "true");
        return JDBC.createConnection(url, marked);
    }

    private static void restrict(Connection connection, Access.Trust trust) throws SQLException {
        DB database = database(connection);
        database.enable_load_extension(false);
        if (trust != Access.Trust.OWN) {
            database.limit(SQLiteLimits.SQLITE_LIMIT_ATTACHED.getId(), 0);
        }
        if (trust == Access.Trust.NONE) {
            execute(connection, "PRAGMA trusted_schema = OFF");
        }
    }

    /** A value that an expression of the content makes takes memory before anybody can look at it. */
    private static void limitValues(Connection connection, long bytes) throws SQLException {
        DB database = database(connection);
        int length = SQLiteLimits.SQLITE_LIMIT_LENGTH.getId();
        if (bytes > 0 && bytes < database.limit(length, -1)) {
            database.limit(length, (int) bytes);
        }
    }

    /** Attaches a database that we have made ourselves to a connection that may attach none otherwise, see {@link Access.Trust}. */
    public static void attachOwn(Connection connection, Path own, String schema) throws SQLException {
        DB database = database(connection);
        int attached = database.limit(SQLiteLimits.SQLITE_LIMIT_ATTACHED.getId(), 1);
        try (PreparedStatement attach = connection.prepareStatement("ATTACH ? AS " + schema)) {
            attach.setString(1, own.toAbsolutePath().toString());
            attach.execute();
        } finally {
            database.limit(SQLiteLimits.SQLITE_LIMIT_ATTACHED.getId(), attached);
        }
    }

    /** Whether properties are those of a connection that {@link #open} opens: somebody heals it already. */
    public static boolean isInner(Properties properties) {
        return properties.getProperty(INNER) != null;
    }

    /** Whether a connection was opened by {@link #open}. */
    public static boolean isInner(Connection connection) {
        return database(connection).getConfig().toProperties().getProperty(INNER) != null;
    }

    /**
     * Opens the database at a path that may hold any character, {@code ?} and {@code %} included: the one way to a connection of ours. The agent leaves it
     * alone.
     *
     * @param access what the connection may do
     * @throws SQLException sqlite-jdbc's own; ours with SQLState 08001 where opening would not end, see {@link DatabaseFile#requireFiles}
     */
    public static Connection open(Path path, Access access) throws SQLException {
        try {
            DatabaseFile.at(path).requireFiles();
        } catch (FileSystemException e) {
            throw new SQLException("Cannot open " + path + ": " + e.getMessage(), "08001", e);
        }
        boolean isLookedAt = access.trust() == Access.Trust.CONFINED && access.longestValue() == 0;
        return open(
                uri(path) + access.mode().query(),
                isLookedAt ? access.ofContent(DatabaseFile.at(path).contentBytes()) : access);
    }

    /** Opens a database in memory, new and empty, as {@link #open(Path, Access)} opens one in a file. */
    public static Connection openInMemory() throws SQLException {
        return open(SCHEME + IN_MEMORY, new Properties());
    }

    /**
     * Opens a database in memory for statements that may be anybody's: with {@link Access.Trust#NONE}.
     *
     * @param names in these statements; those that are not known here are stood in for
     */
    public static Connection openScratch(NamesUsed names) throws SQLException {
        Connection connection = openInMemory();
        try {
            restrict(connection, Access.Trust.NONE);
            standIn(connection, names, StandIns.Kinds.ALL, true);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private static Connection open(String name, Access access) throws SQLException {
        Connection connection = open(SCHEME + name, access.properties());
        try {
            restrict(connection, access.trust());
            limitValues(connection, access.longestValue());
            if (access.lockWaitMillis().isPresent()) {
                execute(
                        connection,
                        "PRAGMA busy_timeout = " + access.lockWaitMillis().get());
            }
            standIn(connection, access);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** As {@link #openScratch(NamesUsed)}, for statements that name nothing that is not known here. */
    public static Connection openScratch() throws SQLException {
        return openScratch(NamesUsed.in(List.of()));
    }

    /** Stands in for what the schema names. One that cannot be read says so to whoever reads next. */
    private static void standIn(Connection connection, Access access) throws SQLException {
        if (access.kinds() == StandIns.Kinds.NONE) {
            return;
        }
        Optional<NamesUsed> names = access.standIns().names();
        standIn(
                connection,
                names.isPresent() ? names.get() : namesOfSchema(connection),
                access.kinds(),
                access.trust() == Access.Trust.NONE);
    }

    private static NamesUsed namesOfSchema(Connection connection) {
        List<String> statements = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT sql FROM main.sqlite_schema WHERE sql IS NOT NULL")) {
            while (row.next()) {
                statements.add(String.valueOf(row.getString(1)));
            }
        } catch (SQLException e) {
            LOG.debug("What the schema names cannot be read to its end: {}", Disclosure.message(e));
        }
        return NamesUsed.in(statements);
    }

    private static void standIn(Connection connection, NamesUsed names, StandIns.Kinds kinds, boolean distrusting)
            throws SQLException {
        STAND_INS.put(connection, StandIns.register(connection, names, kinds, distrusting));
    }

    /** What stands in for names on a connection of ours; empty where nothing does. */
    public static Optional<StandIns> standIns(Connection connection) {
        return Optional.ofNullable(STAND_INS.get(connection));
    }

    /** Registers collations under two names that keep the order in which texts are put into a tree; see {@link StandIns}. */
    public static void keepOrder(Connection connection, String ascending, String descending) throws SQLException {
        StandIns.registerAsPut(connection, ascending, descending);
    }

    private static String uri(Path path) {
        String text = path.toAbsolutePath().toString().replace('\\', '/');
        return "file:"
                + text.replace("%", "%25")
                        .replace("?", "%3f")
                        .replace("#", "%23")
                        .replace("&", "%26");
    }

    /** The properties sqlite-jdbc itself knows. */
    public static DriverPropertyInfo[] propertyInfo(String url, Properties properties) throws SQLException {
        return new JDBC().getPropertyInfo(url, properties);
    }

    public static int majorVersion() {
        return SQLiteJDBCLoader.getMajorVersion();
    }

    public static int minorVersion() {
        return SQLiteJDBCLoader.getMinorVersion();
    }

    /**
     * sqlite-jdbc's own connection behind one: itself, or what the driver's, or a pool's, leads to.
     *
     * @throws SQLException where it leads to none
     */
    public static Connection behind(Connection connection) throws SQLException {
        if (connection instanceof SQLiteConnection) {
            return connection;
        }
        if (!connection.isWrapperFor(SQLiteConnection.class)) {
            throw new SQLException("Expected a connection that leads to one of sqlite-jdbc's, found "
                    + connection.getClass().getName());
        }
        return connection.unwrap(SQLiteConnection.class);
    }

    /** Whether the connection was opened so that it cannot write, in whatever spelling, or was told not to. */
    public static boolean isReadOnly(Connection connection) throws SQLException {
        String url = ((SQLiteConnection) connection).getUrl();
        return connection.isReadOnly()
                || url != null && opensReadOnly(url, configuration(connection))
                || holding(
                        connection,
                        () -> !KEPT_FROM_WRITING.contains(connection) && "1".equals(pragma(connection, "query_only")));
    }

    /**
     * Tells SQLite to refuse writing through an application's connection for a while: that is this library's doing, and makes the connection no
     * {@linkplain #isReadOnly read-only} one.
     */
    public static void keepFromWriting(Connection connection) throws SQLException {
        holding(connection, () -> {
            database(connection)._exec("PRAGMA query_only = 1");
            return KEPT_FROM_WRITING.add(connection);
        });
    }

    /** Ends {@link #keepFromWriting}. */
    public static void letWrite(Connection connection) throws SQLException {
        holding(connection, () -> {
            database(connection)._exec("PRAGMA query_only = 0");
            return KEPT_FROM_WRITING.remove(connection);
        });
    }

    /**
     * Whether a transaction is open on the native handle, whatever JDBC's flag says. Costs some ten microseconds: for use off the healthy path.
     *
     * <p>SQLite refuses to change the safety level inside a transaction, and setting it to what it is changes nothing. Where the schema cannot be
     * read, so that this cannot be asked, a BEGIN that is refused tells the same; where it is taken, COMMIT ends the empty transaction again,
     * because ROLLBACK would wake the application's rollback listeners.
     */
    public static boolean inTransaction(Connection connection) throws SQLException {
        DB database = database(connection);
        return holding(connection, () -> {
            try {
                database._exec("PRAGMA main.synchronous = " + pragma(connection, "main.synchronous"));
                return false;
            } catch (SQLException e) {
                if (String.valueOf(e.getMessage()).contains("inside a transaction")) {
                    return true;
                }
            }
            return inTransactionOfDamaged(connection);
        });
    }

    /** As {@link #inTransaction}, without reading the file: for one that is damaged or locked, and while no statement is in progress. */
    public static boolean inTransactionOfDamaged(Connection connection) throws SQLException {
        DB database = database(connection);
        synchronized (database) {
            try {
                database._exec("BEGIN");
            } catch (SQLException refused) {
                if (String.valueOf(refused.getMessage()).contains("within a transaction")) {
                    return true;
                }
                throw refused;
            }
            database._exec("COMMIT");
            return false;
        }
    }

    /**
     * Whether no statement of the connection is in progress, not even one made past us, so that its next read sees the newest commit. Statements
     * that sqlite-jdbc keeps open for generated keys count as well.
     *
     * <p>SQLite refuses to VACUUM, be it an empty database in memory, while a statement is in progress.
     */
    public static boolean isIdle(Connection connection) throws SQLException {
        DB database = database(connection);
        synchronized (database) {
            database._exec("ATTACH ':memory:' AS healing_probe");
            try {
                database._exec("VACUUM healing_probe");
                return true;
            } catch (SQLException inProgress) {
                return false;
            } finally {
                database._exec("DETACH healing_probe");
            }
        }
    }

    /** Rows changed since the connection was opened, without running a statement. */
    public static long totalChanges(Connection connection) throws SQLException {
        try {
            return database(connection).total_changes();
        } catch (NoSuchMethodError olderThan3_39) {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT total_changes()")) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /**
     * Tells somebody of each commit of the connection: on its thread, under SQLite's write lock, before the commit is done. Must not throw, nor use the
     * connection.
     */
    public static void onCommit(Connection connection, Runnable told) {
        ((SQLiteConnection) connection).addCommitListener(new SQLiteCommitListener() {
            @Override
            public void onCommit() {
                told.run();
            }

            @Override
            public void onRollback() {
                // Nothing was committed.
            }
        });
    }

    /** Runs SQL on the native handle without touching JDBC's idea of the transaction. */
    public static void execute(Connection connection, String sql) throws SQLException {
        database(connection)._exec(sql);
    }

    /** Writes as much of the log into the database as locks allow, and empties the log where that is all of it. */
    public static void checkpoint(Connection holder) throws SQLException {
        execute(holder, "PRAGMA main.wal_checkpoint(TRUNCATE)");
    }

    /** Says how long SQLite's own busy handler waits for locks, past sqlite-jdbc's idea of it. */
    public static void waitForLocks(Connection connection, long millis) throws SQLException {
        database(connection).busy_timeout((int) millis);
    }

    /** The application has run nothing on it yet, whatever we have read: with {@code jdbc.explicit_readonly} sqlite-jdbc goes by that. */
    public static void isAsNew(Connection connection) {
        putBack((SQLiteConnection) connection, false);
    }

    private static void putBack(SQLiteConnection connection, boolean firstStatementExecuted) {
        try {
            connection.setFirstStatementExecuted(firstStatementExecuted);
        } catch (NoSuchMethodError | IllegalAccessError olderThan3_41) {
            // It keeps no account of it, or nobody else may.
        }
    }

    /** Asks a connection of the application's something, without sqlite-jdbc taking that for a statement of the application's. */
    public static <T> T unnoticed(Connection connection, Reading<T> asking) throws SQLException {
        SQLiteConnection sqlite = (SQLiteConnection) connection;
        boolean before;
        try {
            before = sqlite.isFirstStatementExecuted();
        } catch (NoSuchMethodError | IllegalAccessError olderThan3_41) {
            return asking.run();
        }
        try {
            return asking.run();
        } finally {
            putBack(sqlite, before);
        }
    }

    /** Begins a transaction the way sqlite-jdbc does after a commit, by the connection's transaction mode. */
    public static void beginAsJdbcDoes(Connection connection) throws SQLException {
        SQLiteConnection sqlite = (SQLiteConnection) connection;
        SQLiteConfig.TransactionMode mode = sqlite.getCurrentTransactionMode();
        // It has none where its last BEGIN failed.
        execute(
                connection,
                "BEGIN " + (mode == null ? sqlite.getConnectionConfig().getTransactionMode() : mode).name());
    }

    /** The properties, with which the file is not created where it is not there; as they are where the caller has said how to open it. */
    public static Properties withoutCreating(String url, Properties properties) {
        if (properties.getProperty(OPEN_MODE) != null || OWN_MODE.matcher(url).find()) {
            return properties;
        }
        Properties existing = new Properties();
        properties.stringPropertyNames().forEach(name -> existing.setProperty(name, properties.getProperty(name)));
        existing.setProperty(OPEN_MODE, Integer.toString(Access.Mode.EXISTING.flags()));
        return existing;
    }

    /**
     * The journal mode that a URL and properties ask for; empty where they ask for none. sqlite-jdbc itself is asked, because it has rules of its own for what is given
     * twice.
     */
    public static String journalMode(String url, Properties properties) {
        return configured(url, properties).getProperty(JOURNAL_MODE, "");
    }

    /** What sqlite-jdbc reads in a URL and properties; nothing where it cannot read them: it does not open them either, and says so itself. */
    static Properties configured(String url, Properties properties) {
        try {
            return Configuration.of(url, properties);
        } catch (SQLException e) {
            return new Properties();
        }
    }

    /** Reaches what sqlite-jdbc makes of a URL. */
    private abstract static class Configuration extends SQLiteConnection {
        @SuppressWarnings("UnusedMethod") // Nobody makes one; there has to be a way.
        private Configuration(DB database) {
            super(database);
        }

        static Properties of(String url, Properties properties) throws SQLException {
            Properties read = new Properties();
            properties.stringPropertyNames().forEach(name -> read.setProperty(name, properties.getProperty(name)));
            var unused = extractPragmasFromFilename(url, url.trim().substring(SCHEME.length()), read);
            return read;
        }
    }

    /** The URL without the journal mode, however often it is given. */
    public static String withoutJournalMode(String url) {
        String before;
        String without = url;
        do {
            before = without;
            without = ASKED_JOURNAL_MODE.matcher(before).replaceAll("$1");
        } while (!without.equals(before));
        return without.replaceAll("[?&]$", "");
    }

    /** The properties without the journal mode. */
    public static Properties withoutJournalMode(Properties properties) {
        if (properties.getProperty(JOURNAL_MODE) == null) {
            return properties;
        }
        Properties without = new Properties();
        properties.stringPropertyNames().forEach(name -> without.setProperty(name, properties.getProperty(name)));
        without.remove(JOURNAL_MODE);
        return without;
    }

    /** Whether connections of this URL and these properties share one cache with each other. */
    public static boolean sharesCache(String url, Properties properties) {
        return SHARED_CACHE.matcher(url).find()
                || Boolean.parseBoolean(properties.getProperty("shared_cache"))
                || Boolean.parseBoolean(properties.getProperty("enable_shared_cache"));
    }

    /** Whether connections of this URL and these properties can never write: whichever of the spellings of SQLite and sqlite-jdbc says so. */
    public static boolean opensReadOnly(String url, Properties properties) {
        Matcher flags = ASKED_OPEN_MODE.matcher(url);
        boolean byUrl = false;
        while (flags.find()) {
            byUrl |= isReadOnly(flags.group(1));
        }
        return byUrl
                || isReadOnly(properties.getProperty(OPEN_MODE, ""))
                || isSqlite(url) && DatabaseUrl.parse(url).isReadOnly();
    }

    /** Whether connections of this URL and these properties create no file where none is: {@code open_mode} without CREATE, or {@code mode=rw} of a URI. */
    public static boolean opensExistingOnly(String url, Properties properties) {
        String flags = configured(url, properties).getProperty(OPEN_MODE, "").trim();
        boolean byFlags = flags.matches("\\d{1,9}") && (Integer.parseInt(flags) & SQLiteOpenMode.CREATE.flag) == 0;
        return byFlags || isSqlite(url) && DatabaseUrl.parse(url).isOfExisting();
    }

    private static boolean isSqlite(String url) {
        return url.trim().regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    }

    private static boolean isReadOnly(String flags) {
        String number = flags.trim();
        return number.matches("\\d{1,9}") && (Integer.parseInt(number) & SQLiteOpenMode.READONLY.flag) != 0;
    }

    /** The value of a PRAGMA of {@code main}, as text; the empty string where it has none. */
    public static String pragma(Connection connection, String name) throws SQLException {
        return unnoticed(connection, () -> {
            try (Statement statement = connection.createStatement();
                    ResultSet value = statement.executeQuery("PRAGMA " + name)) {
                String text = value.next() ? value.getString(1) : null;
                return text == null ? "" : text;
            }
        });
    }

    /** The properties the connection was opened with, those in its URL included. */
    public static Properties configuration(Connection connection) {
        Properties all = new Properties();
        all.putAll(database(connection).getConfig().toProperties());
        return all;
    }

    /** Whether a URL and properties ask sqlite-jdbc for enforced foreign keys. */
    public static boolean asksForForeignKeys(String url, Properties properties) {
        String value = configured(url, properties).getProperty("foreign_keys", "");
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "1", "on", "true", "yes" -> true;
            default -> false;
        };
    }

    /**
     * Copies what the connection sees of {@code main} into a new file, through SQLite's backup API: consistent, and possible while the file
     * itself is already unlinked.
     *
     * @throws SQLException where the copy did not finish; what was written so far is left for the caller to remove
     */
    public static void backup(Connection connection, Path target) throws SQLException {
        backup(connection, MAIN, target, 1000);
    }

    /** As {@link #backup(Connection, Path)}, of a database that is attached to the connection. */
    public static void backup(Connection connection, AttachedDatabase attached, Path target) throws SQLException {
        backup(connection, attached.name(), target, 1000);
    }

    private static void backup(Connection connection, String schema, Path target, int pagesPerStep)
            throws SQLException {
        Encryption.refuse(connection);
        DB database = database(connection);
        int[] progress = {-1, -1};
        DB.ProgressObserver observer = (remaining, pageCount) -> {
            progress[0] = remaining;
            progress[1] = pageCount;
        };
        String path = target.toAbsolutePath().toString();
        int result;
        try {
            result = database.backup(schema, path, observer, 20, 50, pagesPerStep);
        } catch (NoSuchMethodError olderThan3_41) {
            result = database.backup(schema, path, observer);
            // Some of these never call the observer.
            progress[0] = result == 0 ? 0 : progress[0];
        }
        if (result != 0 || progress[0] != 0) {
            throw new SQLiteException(
                    "backup to " + target + " ended with result code " + result + ", " + progress[0] + " of "
                            + progress[1] + " pages remaining",
                    SQLiteErrorCode.getErrorCode(result));
        }
    }

    /**
     * Copies what the connection sees of {@code main} into a file, and keeps every connection of every process from committing to it afterwards:
     * the connection is left in a write transaction that writes nothing, and refuses to write itself. Nothing is between the copy and that.
     *
     * @return whether it was done; otherwise somebody has committed in between, and everything is as it was
     * @throws SQLException sqlite-jdbc's own, for example SQLITE_BUSY where somebody's write transaction is open; everything is as it was
     */
    public static boolean copyAndFence(Connection connection, Path target) throws SQLException {
        DB database = database(connection);
        return holding(
                connection,
                () -> copyAndFenceInOneTransaction(connection, database, target)
                        || copyThenFence(connection, database, target));
    }

    /** Something that asks the database. */
    @FunctionalInterface
    public interface Reading<T> {
        T run() throws SQLException;
    }

    /** Runs something under sqlite-jdbc's own locks, in its order: whoever takes a lock of ours as well takes that one after these. */
    public static <T> T holding(Connection connection, Reading<T> action) throws SQLException {
        synchronized (connection) {
            synchronized (database(connection)) {
                return action.run();
            }
        }
    }

    /**
     * Reads several things with the lock of the file taken once, as far as that can be had: each time it is taken, SQLite looks for a journal by the name
     * of the database, and another database may have that name by now. No other lock may be waited for in between.
     */
    public static <T> T whileReading(Connection connection, Reading<T> reading) throws SQLException {
        DB database = database(connection);
        return holding(connection, () -> {
            if (inTransactionOfDamaged(connection)) {
                return unnoticed(connection, reading);
            }
            database._exec("BEGIN");
            try {
                return unnoticed(connection, () -> {
                    takeReadLock(connection);
                    return reading.run();
                });
            } finally {
                endReading(connection, database);
            }
        });
    }

    /**
     * Reads something on a connection of the application's, unnoticed. Each query must give a row: behind one that gives none, sqlite-jdbc begins a transaction and
     * commits it, which another statement may be in the middle of.
     *
     * @return empty where the connection is in a transaction, and nothing was read
     */
    public static <T> Optional<T> readBetweenTransactions(Connection connection, Reading<T> reading)
            throws SQLException {
        return holding(
                connection,
                () -> inTransaction(connection) ? Optional.empty() : Optional.of(unnoticed(connection, reading)));
    }

    /** Some errors have ended the transaction already. */
    private static void endReading(Connection connection, DB database) throws SQLException {
        if (inTransactionOfDamaged(connection)) {
            database._exec("COMMIT");
        }
    }

    private static void takeReadLock(Connection connection) {
        try {
            anyTable(connection);
        } catch (SQLException e) {
            LOG.debug("Nothing can be read: {}", Disclosure.message(e));
        }
    }

    /** As in {@link #whileReading}. */
    private static boolean copyAndFenceInOneTransaction(Connection connection, DB database, Path target)
            throws SQLException {
        database._exec("BEGIN");
        boolean fenced = false;
        try {
            Optional<String> table = anyTable(connection);
            if (table.isPresent() && !pragma(connection, "main.journal_mode").equalsIgnoreCase("wal")) {
                backup(connection, MAIN, target, -1);
                fenced = takeWriteLock(database, table.get());
            }
        } finally {
            if (!fenced) {
                endReading(connection, database);
            }
        }
        if (fenced) {
            keepFromWriting(connection);
        }
        return fenced;
    }

    private static Optional<String> anyTable(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT name FROM main.sqlite_schema"
                        + " WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite!_%' ESCAPE '!'")) {
            return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
        }
    }

    /** Within a transaction that has only read, by a statement that changes nothing. */
    private static boolean takeWriteLock(DB database, String table) throws SQLException {
        try {
            database._exec("DELETE FROM main.\"" + table.replace("\"", "\"\"") + "\" WHERE 0");
            return true;
        } catch (SQLException e) {
            if (e.getErrorCode() == SQLiteErrorCode.SQLITE_ERROR.code) {
                // For example, an index of it uses a function that this connection has not.
                return false;
            }
            throw e;
        }
    }

    private static boolean copyThenFence(Connection connection, DB database, Path target) throws SQLException {
        String before = pragma(connection, "main.data_version");
        backup(connection, MAIN, target, -1);
        database._exec("BEGIN IMMEDIATE");
        try {
            if (before.equals(pragma(connection, "main.data_version"))) {
                keepFromWriting(connection);
                return true;
            }
        } catch (SQLException | RuntimeException e) {
            database._exec("ROLLBACK");
            throw e;
        }
        database._exec("ROLLBACK");
        return false;
    }

    /**
     * Ends the fence of {@link #copyAndFence} for good: the database is emptied, so that whoever was waiting to write to it is told at once, by
     * SQLite, that there is no such table. Only for a database in WAL mode that no name leads to and whose content is safe.
     */
    public static void seal(Connection fenced) throws SQLException {
        DB database = database(fenced);
        holding(fenced, () -> {
            long version = Long.parseLong(pragma(fenced, "main.schema_version"));
            letWrite(fenced);
            database._exec("PRAGMA writable_schema = 1");
            database._exec("DELETE FROM main.sqlite_schema");
            database._exec("PRAGMA main.schema_version = " + (version + 1));
            database._exec("COMMIT");
            keepFromWriting(fenced);
            return version;
        });
    }

    /** What happens in the course of a restore. Must not throw; stops it by leaving the source locked. */
    @FunctionalInterface
    public interface Course {
        /** Called once, after the first step, under the target's write lock: the time to change the source, and to judge what it has then. */
        void locked();

        /** Called after each step that has copied pages and has left some. */
        default void copied() {}
    }

    /**
     * Copies a database over {@code main} of a connection, in place, as one write transaction of SQLite's: other connections and processes see
     * the old content or the new one.
     *
     * <p>SQLite's backup API reads its source in steps, and begins anew where the source has changed in between. Between the first step and the
     * last it holds the write lock of the target. So what is to be copied can be made while nobody else can write: {@link Course#locked} is called
     * once, after the first step, and changes the content of the source through a connection of its own. It stops the restore by leaving the
     * source locked.
     *
     * @param source has more than {@code pagesPerStep} pages, and the target's page size where the target is in WAL mode
     * @param attempts steps that may find the target or the source locked
     * @param course hears of the steps. The native code goes on whatever it throws: only the state of the source stops it
     * @return empty where the restore is complete, else SQLite's reason
     */
    public static Optional<String> restore(
            Connection target, Path source, int pagesPerStep, int attempts, int pauseMillis, Course course)
            throws SQLException {
        DB database = database(target);
        int[] progress = {-1, -1};
        boolean[] told = {false};
        DB.ProgressObserver observer = (remaining, pageCount) -> {
            progress[0] = remaining;
            progress[1] = pageCount;
            if (pageCount > 0 && !told[0]) {
                told[0] = true;
                // From here on it begins anew.
                course.locked();
            } else if (told[0] && remaining > 0) {
                course.copied();
            }
        };
        try {
            database.restore(MAIN, source.toAbsolutePath().toString(), observer, pauseMillis, attempts, pagesPerStep);
        } catch (NoSuchMethodError olderThan3_41) {
            return Optional.of("sqlite-jdbc before 3.41 has no restore in steps");
        }
        // sqlite-jdbc gives the result code of the source's handle: only the last call of the observer proves the end.
        return progress[0] == 0 && progress[1] > 0 ? Optional.empty() : Optional.of(lastError(database));
    }

    private static String lastError(DB database) {
        try {
            database.throwex(1);
            return "";
        } catch (SQLException e) {
            return Disclosure.message(e);
        }
    }

    private static DB database(Connection connection) {
        return ((SQLiteConnection) connection).getDatabase();
    }
}
