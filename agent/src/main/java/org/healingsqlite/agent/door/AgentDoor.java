package org.healingsqlite.agent.door;

import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.FileOwnership;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.OpenFiles;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.LostTransaction;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.ManagedDatabases;
import org.healingsqlite.heal.Mode;
import org.healingsqlite.heal.PhysicalConnection;
import org.healingsqlite.incident.Incident;
import org.healingsqlite.incident.IncidentNotice;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.sqlite.DatabaseUrl;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;
import org.sqlite.core.CoreResultSet;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;

/**
 * Answers what the woven code of one sqlite-jdbc asks. An answer is null where sqlite-jdbc is to go on by itself, a {@code Throwable} where the
 * application is to see that one, and anything else where the call is to be made again. Thread-safe.
 */
public final class AgentDoor implements BiFunction<String, Object[], Object> {
    private static final int MOST_MOVES = 50;
    private static final Log LOG = Log.of(AgentDoor.class);

    /** What sqlite-jdbc says of a statement that somebody else has finalized. */
    private static final String TAKEN_AWAY = "stmt pointer is closed";

    /** Has a call that knows nothing more of itself made again. */
    private static final Object AGAIN = "again";

    private final Consumer<Object> watchful;
    private final Predicate<Object> begun;
    private final BiFunction<Object, Object, Object> recorded;
    private final Map<String, String> arguments;
    private final Map<Connection, AgentConnection> connections = Collections.synchronizedMap(new WeakHashMap<>());
    private final RegisteredCodes code = new RegisteredCodes();
    private final AtomicBoolean complained = new AtomicBoolean();
    private final AtomicBoolean broken = new AtomicBoolean();
    private volatile @Nullable AgentOptions options;

    /** The failure that was looked at last by each thread, so that what an inner call was refused is not asked again by the outer one. */
    private static final ThreadLocal<@Nullable Throwable> REFUSED = new ThreadLocal<>();

    /**
     * A door.
     *
     * @param watchful told whether connections want to be looked at before their next call, and what makes what is told of the rows that are read
     * @param begun asked whether nothing has run in the transaction of a connection
     * @param recorded asked what has run in it
     * @param arguments the agent's options
     */
    public AgentDoor(
            Consumer<Object> watchful,
            Predicate<Object> begun,
            BiFunction<Object, Object, Object> recorded,
            Map<String, String> arguments) {
        this.watchful = watchful;
        this.begun = begun;
        this.recorded = recorded;
        this.arguments = arguments;
        UnaryOperator<@Nullable Object> rows = RecordedRows::new;
        watchful.accept(rows);
    }

    @Override
    public @Nullable Object apply(String what, @Nullable Object[] about) {
        try {
            return answer(what, about);
        } catch (SQLException e) {
            return e;
        } catch (RuntimeException | Error e) {
            if (broken.compareAndSet(false, true)) {
                LOG.warn("Healing is out of order, sqlite-jdbc goes on by itself", e);
            }
            return null;
        }
    }

    @SuppressWarnings("NullAway") // The gate hands over what each question says.
    private @Nullable Object answer(String what, @Nullable Object[] about) throws SQLException {
        return switch (what) {
            case "open" -> open((String) about[0], (Properties) about[1]);
            case "opened" -> opened((Connection) about[0], (Properties) about[2], about.length > 3 ? about[3] : null);
            case "unopened" -> unopened((SQLException) about[0], (String) about[1], (Properties) about[2]);
            case "failed" -> afterFailure((SQLException) about[0], about[1], (String) about[2], about[3], about[4]);
            case "endFailed" -> endFailed((SQLException) about[0], (Connection) about[1], (String) about[2]);
            case "enter" -> enter(about[0], (String) about[1]);
            case "verify" -> verify(about[0]);
            case "ending" -> ending((Connection) about[0], (Boolean) about[1]);
            case "idle" -> idle((Connection) about[0]);
            case "ran" -> ran((CoreStatement) about[0], (String) about[1]);
            case "counts" -> ((Attempt) about[0]).batch.counts(about[1]);
            case "ranBefore" -> ranBefore((CoreStatement) about[0], (String) about[1]);
            case "frame" -> Frame.of((String) about[0]).name();
            case "inTransaction" -> Sqlite.inTransaction((Connection) about[0]);
            case "closing" -> closing((Connection) about[0]);
            case "registered" -> {
                code.put((DB) about[0], (String) about[1], about[2], (Integer) about[3], (Integer) about[4]);
                yield null;
            }
            default -> null;
        };
    }

    // ---- Opening

    private @Nullable Object open(@Nullable String url, @Nullable Properties properties) throws SQLException {
        if (url == null || properties == null || Sqlite.isInner(properties) || !isSqlite(url)) {
            return null;
        }
        Optional<Path> file = DatabaseUrl.parse(url).file();
        HealingSettings settings = file.isEmpty() ? null : settings(file.get());
        if (settings == null || settings.mode() == Mode.OFF) {
            return null;
        }
        ManagedDatabase database = database(file.get(), settings);
        InnerConnections opener = new InnerConnections(url, properties);
        PhysicalConnection physical;
        try (Disclosure.Scope ignored = settings.disclosing()) {
            physical = PhysicalConnection.open(database, settings, opener);
        } catch (SQLException e) {
            // Either sqlite-jdbc says so itself, and will again; or a schema could not be brought in, and the
            // application is no worse off than without it.
            LOG.error("{}: opened without healing: {}", file.get(), Disclosure.message(e));
            return null;
        }
        manage(physical, database, settings, opener);
        return physical.connection();
    }

    /**
     * A connection was opened before this core was there.
     *
     * @param attributes of the file that was at the path then; null where nobody knows
     */
    private @Nullable Object opened(Connection opened, @Nullable Properties properties, @Nullable Object attributes)
            throws SQLException {
        if (connections.containsKey(opened) || properties == null || Sqlite.isInner(properties)) {
            return null;
        }
        AgentConnection connection = of(opened);
        if (connection != null) {
            Object fileKey = attributes instanceof BasicFileAttributes basic ? basic.fileKey() : null;
            if (attributes instanceof PosixFileAttributes posix) {
                // It may have changed since, and lives on in the connection where its name is gone.
                LastOwnership.noteEarlier(
                        connection.database().file(),
                        FileIdentity.of(posix),
                        OpenFiles.ownership(FileIdentity.of(posix)).orElseGet(() -> FileOwnership.of(posix)));
            }
            if (fileKey == null || connection.holds(fileKey)) {
                connection.learnElsewhere();
            } else {
                connection.hasLostItsFile();
                watchful.accept(true);
            }
        }
        return null;
    }

    /** sqlite-jdbc refused a file: where that is damage, a connection that heals it. */
    private @Nullable Object unopened(SQLException failure, @Nullable String url, @Nullable Properties properties)
            throws SQLException {
        return Fault.of(failure) instanceof Fault.Corruption ? open(url, properties) : null;
    }

    private static boolean isSqlite(String url) {
        return url.trim().regionMatches(true, 0, Sqlite.SCHEME, 0, Sqlite.SCHEME.length());
    }

    private ManagedDatabase database(Path file, HealingSettings settings) {
        ManagedDatabase database = ManagedDatabases.instance().of(DatabaseFile.at(file), settings);
        database.presence().onEpoch(() -> watchful.accept(true));
        return database;
    }

    private AgentConnection manage(
            PhysicalConnection physical, ManagedDatabase database, HealingSettings settings, InnerConnections opener) {
        Connection connection = physical.connection();
        RegisteredCodes.Of registered = code.of(((SQLiteConnection) connection).getDatabase());
        AgentConnection managed =
                new AgentConnection(physical, database, settings, opener, registered, begun, recorded);
        connections.put(connection, managed);
        watchful.accept(settings.replayLimitBytes());
        return managed;
    }

    /** The settings of a database; null, and one line in the log, where an option is wrong. */
    private @Nullable HealingSettings settings(Path file) {
        try {
            AgentOptions known = options;
            if (known == null) {
                known = new AgentOptions(arguments);
                options = known;
            }
            return known.of(file);
        } catch (SQLException e) {
            if (complained.compareAndSet(false, true)) {
                LOG.error("{}; databases stay without healing", Disclosure.message(e));
            }
            return null;
        }
    }

    /** The managed connection; one that was opened before the agent came is taken in now. */
    private @Nullable AgentConnection of(@Nullable Connection connection) throws SQLException {
        if (!(connection instanceof SQLiteConnection sqlite)) {
            return null;
        }
        AgentConnection known = connections.get(sqlite);
        if (known != null && known.isMovedByThisThread()) {
            return null;
        }
        if (known != null || sqlite.isClosed() || Sqlite.isInner(sqlite)) {
            return known;
        }
        String url = sqlite.getUrl();
        Optional<Path> file = url == null || !isSqlite(url)
                ? Optional.empty()
                : DatabaseUrl.parse(url).file();
        HealingSettings settings = file.isEmpty() ? null : settings(file.get());
        if (settings == null || url == null || settings.mode() == Mode.OFF) {
            return null;
        }
        ManagedDatabase database = database(file.get(), settings);
        return manage(
                PhysicalConnection.found(database, sqlite),
                database,
                settings,
                new InnerConnections(url, Sqlite.configuration(sqlite)));
    }

    private @Nullable AgentConnection behind(@Nullable Object on) throws SQLException {
        if (on instanceof CoreStatement statement) {
            return of(statement.conn);
        }
        return on instanceof Connection connection ? of(connection) : null;
    }

    private @Nullable Object closing(Connection connection) {
        AgentConnection known = connections.remove(connection);
        if (known != null) {
            known.close();
        }
        return null;
    }

    // ---- Before and after calls

    private @Nullable Object enter(Object on, @Nullable String sql) throws SQLException {
        AgentConnection connection = behind(on);
        if (connection != null && connection.needsALook() && !isMadeBySqliteJdbc(connection)) {
            settle(connection);
            try {
                if (sql != null) {
                    connection.about(sql);
                } else if (on instanceof CoreStatement statement && connection.mustRollBack()) {
                    aboutBatch(connection, statement);
                }
            } finally {
                relax();
            }
        }
        return null;
    }

    /** As sqlite-jdbc does, the statement loses its batch although that did not run. */
    private static void aboutBatch(AgentConnection connection, CoreStatement statement) throws SQLException {
        for (String text : KeptBatch.textsOf(statement)) {
            try {
                connection.about(text);
            } catch (SQLException e) {
                ((java.sql.Statement) statement).clearBatch();
                throw e;
            }
        }
    }

    /**
     * Sees to it that the connection has the right file. What stands in the way of that is met before any statement runs, so that no failed call would
     * bring it to the healer: a log that was cut before it was deleted, for one.
     */
    private static void settle(AgentConnection connection) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                connection.settle();
                return;
            } catch (SQLTransientException e) {
                throw e;
            } catch (SQLException e) {
                Incident incident = attempt > connection.settings().maxAttempts()
                        ? null
                        : connection.database().healer().heal(e, connection);
                if (incident == null) {
                    throw e;
                }
                SQLException lost = connection.lostTransaction(e, incident);
                if (lost != null) {
                    throw lost;
                }
                if (!incident.outcome().allowsRetry()) {
                    e.addSuppressed(new IncidentNotice(incident));
                    throw e;
                }
            }
        }
    }

    /**
     * Whether sqlite-jdbc makes the call in the middle of another one, holding its locks: it asks for the generated key after an insert. Who heals may
     * be waiting for these locks, and the key belongs to the file that the row went to. An application may hold the locks as well, and is healed.
     */
    private static boolean isMadeBySqliteJdbc(AgentConnection connection) {
        return (Thread.holdsLock(connection.physical())
                        || Thread.holdsLock(connection.handle().database()))
                && StackWalker.getInstance()
                        .walk(frames ->
                                frames.anyMatch(frame -> frame.getClassName().startsWith("org.sqlite.")
                                        && (frame.getMethodName().equals("updateGeneratedKeys")
                                                || frame.getMethodName().equals("withConnectionTimeout"))));
    }

    /** The statement that answers whether the database has the schema it should have. */
    private @Nullable Object verify(Object on) throws SQLException {
        AgentConnection connection = behind(on);
        return connection == null
                ? null
                : "SELECT " + (connection.database().healer().verify(connection) ? 1 : 0) + " AS healing_verify";
    }

    private @Nullable Object ending(Connection on, boolean commits) throws SQLException {
        AgentConnection connection = of(on);
        if (connection != null) {
            try {
                if (on.getAutoCommit()) {
                    settleQuietly(connection);
                }
                connection.ending(commits);
            } finally {
                relax();
            }
        }
        return null;
    }

    /** Before a transaction is begun in the right file: what is in the way of that will be in its way as well. */
    private static void settleQuietly(AgentConnection connection) throws SQLException {
        try {
            if (connection.needsALook()) {
                settle(connection);
            }
        } catch (SQLTransientException e) {
            throw e;
        } catch (SQLException e) {
            LOG.debug("{}: {}", connection.database().file().main(), Disclosure.message(e));
        }
    }

    private @Nullable Object idle(Connection on) throws SQLException {
        AgentConnection connection = of(on);
        if (connection != null && connection.needsALook()) {
            try {
                connection.rest();
            } catch (SQLException e) {
                // The transaction has ended, whatever the file is like: its next statement will tell.
                LOG.debug("{}: {}", connection.database().file().main(), Disclosure.message(e));
            }
            relax();
        }
        return null;
    }

    /** Stops asking before every call once no connection wants to be looked at. */
    private void relax() {
        watchful.accept(false);
        synchronized (connections) {
            if (connections.values().stream().anyMatch(AgentConnection::needsALook)) {
                watchful.accept(true);
            }
        }
    }

    private @Nullable Object ran(CoreStatement statement, String sql) throws SQLException {
        AgentConnection connection = behind(statement);
        if (connection != null && SqlStatement.mayChangeSchema(sql)) {
            connection.schemaMayHaveChanged(sql);
            if (connection.database().schema().isSmall()) {
                connection.learn();
            }
            if (connection.needsALook()) {
                watchful.accept(true);
            }
        }
        return null;
    }

    /**
     * A statement has run before this core was there. Its connection is not touched here, in another thread: two threads that meet at a monitor make
     * it slower for good.
     */
    private @Nullable Object ranBefore(CoreStatement statement, String sql) throws SQLException {
        AgentConnection connection = behind(statement);
        if (connection != null && SqlStatement.mayChangeSchema(sql)) {
            connection.schemaMayHaveChanged(sql);
            watchful.accept(true);
        }
        return null;
    }

    // ---- After a failure

    private @Nullable Object afterFailure(
            SQLException failure, @Nullable Object before, String call, Object on, @Nullable Object argument)
            throws SQLException {
        try {
            return failed(failure, before, call, on, argument);
        } catch (SQLException e) {
            if (e instanceof SQLTransientException) {
                return e;
            }
            LOG.debug("Healing failed: {}", Disclosure.message(e));
            return null;
        }
    }

    private @Nullable Object failed(
            SQLException failure, @Nullable Object before, String call, Object on, @Nullable Object argument)
            throws SQLException {
        if (REFUSED.get() == failure) {
            return null;
        }
        Object answer = switch (call) {
            case "CHECK_OPEN" -> renew(failure, before, (CoreStatement) on);
            case "NEXT", "LONG", "INT", "DOUBLE", "TEXT", "BLOB", "TYPE", "GET_INT", "GET_BYTES" ->
                interrupted(failure, (CoreResultSet) on);
            default -> healed(failure, before, on, argument);
        };
        if (!call.equals("CHECK_OPEN")) {
            REFUSED.set(answer == null ? failure : answer instanceof Throwable told ? told : null);
        }
        return answer;
    }

    /** A statement without a native one: prepared again where healing took it away and no result set is being read from it. */
    private @Nullable Object renew(SQLException failure, @Nullable Object before, CoreStatement statement)
            throws SQLException {
        AgentConnection connection = before == null ? of(statement.conn) : null;
        if (connection == null
                || !connection.handle().isFinalizedHere(statement)
                || !(statement instanceof java.sql.PreparedStatement)
                || isReading(statement)) {
            return null;
        }
        if (areResultsWanted()) {
            // They went with the native statement: a new one would have none, and give zeros.
            return LostTransaction.endedEarly(failure);
        }
        connection.handle().prepareAgain(statement);
        return AGAIN;
    }

    /** Whether what is asked of the statement is the results of a run that is over. */
    private static boolean areResultsWanted() {
        return StackWalker.getInstance()
                .walk(frames -> frames.dropWhile(frame -> !frame.getMethodName().equals("checkOpen"))
                        .skip(1)
                        .findFirst()
                        .filter(frame -> frame.getMethodName().equals("getResultSet"))
                        .isPresent());
    }

    private static boolean isReading(CoreStatement statement) {
        try {
            return NativeHandle.field(statement, "rs") instanceof CoreResultSet results && results.isOpen();
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    private @Nullable Object interrupted(SQLException failure, CoreResultSet results) throws SQLException {
        CoreStatement statement = statementOf(results);
        AgentConnection connection = statement == null ? null : of(statement.conn);
        if (connection == null || statement == null || isMadeBySqliteJdbc(connection)) {
            return null;
        }
        if (connection.handle().isFinalizedHere(statement)) {
            return LostTransaction.endedEarly(failure);
        }
        SQLException told = connection.interrupted(failure);
        relax();
        return told == failure ? null : told;
    }

    private static @Nullable CoreStatement statementOf(CoreResultSet results) {
        try {
            java.lang.reflect.Field field = CoreResultSet.class.getDeclaredField("stmt");
            field.setAccessible(true);
            return (CoreStatement) field.get(results);
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    private @Nullable Object healed(SQLException failure, @Nullable Object before, Object on, @Nullable Object argument)
            throws SQLException {
        AgentConnection connection = behind(on);
        if (connection == null) {
            return null;
        }
        CoreStatement statement = on instanceof CoreStatement core ? core : null;
        Attempt attempt = before instanceof Attempt earlier ? earlier : new Attempt(before, statement);
        String sql = argument instanceof String text ? text : sqlOf(statement);
        if (statement != null && attempt.isFirst() && connection.handle().isFinalizedHere(statement)) {
            // Not a fault: healing took the native statement away before it ran.
            if (statement instanceof java.sql.PreparedStatement) {
                try {
                    connection.handle().prepareAgain(statement);
                    return attempt;
                } catch (SQLException e) {
                    attempt.count++;
                    Object answer = healed(e, attempt, on, argument);
                    return answer == null ? e : answer;
                }
            }
            if (sql != null && (isQuery(sql) || connection.handle().mayRunAgain(statement))) {
                attempt.count++;
                return attempt;
            }
        }
        if (statement == null && attempt.isFirst() && TAKEN_AWAY.equals(failure.getMessage())) {
            // The same, before sqlite-jdbc had looked at what it has prepared.
            attempt.count++;
            return attempt;
        }
        if (isMadeBySqliteJdbc(connection)) {
            return null;
        }
        if (sql != null && SqlStatement.mayChangeSchema(sql)) {
            connection.schemaMayHaveChanged(sql);
        }
        if (statement != null && sql != null && attempt.batch == null && connection.isApplied(failure, sql)) {
            return applied(connection, statement, sql);
        }
        connection.afterFailure(failure);
        try (Disclosure.Scope ignored = connection.settings().disclosing()) {
            return healed(failure, attempt, connection, statement, sql);
        } finally {
            connection.answered();
            if (connection.needsALook()) {
                watchful.accept(true);
            }
        }
    }

    private @Nullable Object healed(
            SQLException failure,
            Attempt attempt,
            AgentConnection connection,
            @Nullable CoreStatement statement,
            @Nullable String sql)
            throws SQLException {
        if (sql != null && attempt.batch == null && SqlStatement.isDrop(sql)) {
            return null;
        }
        boolean runsOn = true;
        if (attempt.batch != null) {
            learnOf(attempt.batch, connection);
            runsOn = attempt.batch.mayRunOn(failure, connection.physical());
            if (!runsOn && !connection.isRecorded()) {
                return null;
            }
        }
        FileIdentity held = connection.identity();
        Incident incident = connection.database().healer().heal(failure, connection);
        if (incident == null) {
            return attempt.remaining(failure);
        }
        boolean replayed = connection.isTransactionLost();
        SQLException lost = connection.lostTransaction(failure, incident);
        if (lost != null) {
            relax();
            return lost;
        }
        if (replayed && attempt.batch != null) {
            attempt.batch.rolledBack(connection.physical());
        }
        Outcome outcome = incident.outcome();
        // A file that is deleted again and again is no heal that does not hold.
        boolean moved = !Objects.equals(held, connection.identity()) && attempt.moves++ < MOST_MOVES;
        boolean again = outcome.allowsRetry()
                && (moved
                        || ++attempt.count <= connection.settings().maxAttempts()
                                && (attempt.count == 1 || outcome instanceof Outcome.Healed))
                && (runsOn || replayed)
                && (sql == null || attempt.batch != null || replayed || SqlStatement.isSingle(sql));
        if (!again) {
            SQLException remaining = attempt.remaining(failure);
            (remaining == null ? failure : remaining).addSuppressed(new IncidentNotice(incident));
            return remaining;
        }
        if (connection.needsALook()) {
            settle(connection);
            relax();
        }
        if (statement instanceof java.sql.PreparedStatement && NativeHandle.isFinalized(statement)) {
            connection.handle().prepareAgain(statement);
        }
        if (attempt.batch != null && statement != null) {
            attempt.batch.restore(statement);
        }
        return attempt;
    }

    /** What the application is to see of a statement that has been applied although it failed. */
    private Object applied(AgentConnection connection, CoreStatement statement, String sql) throws SQLException {
        connection.settle();
        if (statement instanceof java.sql.PreparedStatement && NativeHandle.isFinalized(statement)) {
            connection.handle().prepareAgain(statement);
        }
        try {
            CoreStatement.class.getMethod("updateGeneratedKeys").invoke(statement);
        } catch (ReflectiveOperationException e) {
            LOG.debug(
                    "{}: the key is asked for later",
                    connection.database().file().main());
        }
        relax();
        return new long[] {SqlStatement.countWhereApplied(sql)};
    }

    private @Nullable Object endFailed(SQLException failure, Connection on, String call) {
        try {
            AgentConnection connection = of(on);
            return connection == null ? null : endFailed(failure, connection, call);
        } catch (SQLTransientException e) {
            return e;
        } catch (SQLException e) {
            LOG.debug("Healing failed: {}", Disclosure.message(e));
            return null;
        }
    }

    private @Nullable Object endFailed(SQLException failure, AgentConnection connection, String call)
            throws SQLException {
        try {
            return switch (call) {
                case "COMMIT" -> connection.commitFailed(failure);
                case "ROLLBACK" -> connection.rollbackFailed(failure);
                default -> connection.switchFailed(failure);
            };
        } finally {
            connection.answered();
            relax();
        }
    }

    /** Whether it surely only reads, so that another run of it does no harm. */
    private static boolean isQuery(String sql) {
        return sql.stripLeading().regionMatches(true, 0, "SELECT ", 0, 7);
    }

    private static void learnOf(KeptBatch batch, AgentConnection connection) {
        for (Object text : batch.texts()) {
            if (text instanceof String sql && SqlStatement.mayChangeSchema(sql)) {
                connection.schemaMayHaveChanged(sql);
            }
        }
    }

    private static @Nullable String sqlOf(@Nullable CoreStatement statement) {
        try {
            return statement == null ? null : (String) NativeHandle.field(statement, "sql");
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    /** One call of the application, over all its runs. */
    private static final class Attempt {
        private final @Nullable KeptBatch batch;
        private int count;
        private int moves;

        Attempt(@Nullable Object kept, @Nullable CoreStatement statement) {
            batch = kept instanceof Object[] parts && statement != null ? new KeptBatch(parts, statement) : null;
        }

        /** Answers that a failure remains: null where sqlite-jdbc's own exception says it. */
        @Nullable
        SQLException remaining(SQLException failure) {
            SQLException told = batch == null ? failure : batch.told(failure);
            return told == failure ? null : told;
        }

        boolean isFirst() {
            return count == 0;
        }
    }
}
