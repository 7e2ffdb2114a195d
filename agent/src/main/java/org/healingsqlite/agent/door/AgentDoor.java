package org.healingsqlite.agent.door;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.healingsqlite.heal.ManagedDatabases;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.replay.Frame;
import org.healingsqlite.schema.SqlStatement;
import org.healingsqlite.session.Attempt;
import org.healingsqlite.session.Session;
import org.healingsqlite.session.TransactionEnd;
import org.healingsqlite.session.TransactionErrors;
import org.healingsqlite.session.Work;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;
import org.sqlite.core.CoreResultSet;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;

/**
 * Answers what the woven code of one sqlite-jdbc asks. An answer is null where sqlite-jdbc is to go on by itself, a {@code Throwable} where the
 * application is to see that one, and anything else where the call is to be made again. Thread-safe.
 */
public final class AgentDoor implements BiFunction<String, Object[], Object> {
    private static final Log LOG = Log.of(AgentDoor.class);

    /** Has a call that knows nothing more of itself made again. */
    private static final Object AGAIN = "again";

    private final Consumer<Object> watchful;
    private final AgentConnections connections;
    private final AtomicBoolean broken = new AtomicBoolean();

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
        this.connections = new AgentConnections(watchful, begun, recorded, new AgentOptions.Reading(arguments));
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
            case "open" -> connections.open((String) about[0], (Properties) about[1]);
            case "opened" -> {
                connections.opened((Connection) about[0], (Properties) about[2], about.length > 3 ? about[3] : null);
                yield null;
            }
            case "unopened" -> connections.unopened((SQLException) about[0], (String) about[1], (Properties) about[2]);
            case "failed" -> afterFailure((SQLException) about[0], about[1], (String) about[2], about[3], about[4]);
            case "endFailed" -> endFailed((SQLException) about[0], (Connection) about[1], (String) about[2]);
            case "enter" -> enter(about[0], (String) about[1]);
            case "verify" -> verify(about[0]);
            case "ending" -> ending((Connection) about[0], (Boolean) about[1]);
            case "idle" -> idle((Connection) about[0]);
            case "ran" -> ran((CoreStatement) about[0], (String) about[1]);
            case "counts" -> ((StatementWork) ((Attempt) about[0]).work()).counts(about[1]);
            case "ranBefore" -> ranBefore((CoreStatement) about[0], (String) about[1]);
            case "frame" -> Frame.of((String) about[0]).name();
            case "inTransaction" -> Sqlite.inTransaction((Connection) about[0]);
            case "closing" -> {
                connections.closing((Connection) about[0]);
                yield null;
            }
            case "ends" -> {
                ManagedDatabases.instance().atEnd();
                IncidentLog.atEnd();
                yield null;
            }
            case "registered" -> {
                connections.registered(
                        (DB) about[0], (String) about[1], about[2], (Integer) about[3], (Integer) about[4]);
                yield null;
            }
            default -> null;
        };
    }

    // ---- Before and after calls

    private @Nullable Object enter(Object on, @Nullable String sql) throws SQLException {
        AgentConnection connection = connections.behind(on);
        if (connection != null && connection.session().needsALook() && !isMadeBySqliteJdbc(connection)) {
            settle(connection);
            try {
                if (sql != null) {
                    connection.session().about(Frame.of(sql));
                } else if (on instanceof CoreStatement statement
                        && connection.session().transaction().mustRollBack()) {
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
                connection.session().about(Frame.of(text));
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
        Session session = connection.session();
        try {
            session.settle();
        } catch (SQLTransientException e) {
            throw e;
        } catch (SQLException e) {
            var unused = new Attempt(session, Work.ASKING)
                    .recover(
                            e,
                            () -> {
                                session.settle();
                                return true;
                            },
                            null);
        }
    }

    /**
     * Whether sqlite-jdbc makes the call in the middle of another one, holding its locks: it asks for the generated key after an insert. Who heals may
     * be waiting for these locks, and the key belongs to the file that the row went to. An application may hold the locks as well, and is healed.
     */
    private static boolean isMadeBySqliteJdbc(AgentConnection connection) {
        return (Thread.holdsLock(connection.connection())
                        || Thread.holdsLock(connection.handle().database()))
                && StackWalker.getInstance()
                        .walk(frames ->
                                frames.anyMatch(frame -> frame.getClassName().startsWith("org.sqlite.")
                                        && (frame.getMethodName().equals("updateGeneratedKeys")
                                                || frame.getMethodName().equals("withConnectionTimeout"))));
    }

    /** The statement that answers whether the database has the schema it should have. */
    private @Nullable Object verify(Object on) throws SQLException {
        AgentConnection connection = connections.behind(on);
        return connection == null
                ? null
                : "SELECT " + (connection.database().healer().verify(connection.session()) ? 1 : 0)
                        + " AS healing_verify";
    }

    private @Nullable Object ending(Connection on, boolean commits) throws SQLException {
        AgentConnection connection = connections.of(on);
        if (connection != null) {
            try {
                if (on.getAutoCommit()) {
                    settleQuietly(connection);
                }
                if (commits) {
                    connection.session().beforeCommit();
                } else {
                    connection.session().beforeRollback();
                }
            } finally {
                relax();
            }
        }
        return null;
    }

    /** Before a transaction is begun in the right file: what is in the way of that will be in its way as well. */
    private static void settleQuietly(AgentConnection connection) throws SQLException {
        try {
            if (connection.session().needsALook()) {
                settle(connection);
            }
        } catch (SQLTransientException e) {
            throw e;
        } catch (SQLException e) {
            LOG.debug("{}: {}", connection.database().file().main(), Disclosure.message(e));
        }
    }

    private @Nullable Object idle(Connection on) throws SQLException {
        AgentConnection connection = connections.of(on);
        if (connection != null && connection.session().needsALook()) {
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
        connections.relax();
    }

    private @Nullable Object ran(CoreStatement statement, String sql) throws SQLException {
        AgentConnection connection = connections.behind(statement);
        if (connection != null && SqlStatement.mayChangeSchema(sql)) {
            connection.session().schemaMayHaveChanged(sql);
            connection.session().learnSoon();
            if (connection.session().needsALook()) {
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
        AgentConnection connection = connections.behind(statement);
        if (connection != null && SqlStatement.mayChangeSchema(sql)) {
            connection.session().schemaMayHaveChanged(sql);
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
        AgentConnection connection = before == null ? connections.of(statement.conn) : null;
        if (connection == null
                || !connection.handle().isFinalizedHere(statement)
                || !(statement instanceof java.sql.PreparedStatement)
                || isReading(statement)) {
            return null;
        }
        if (areResultsWanted()) {
            // They went with the native statement: a new one would have none, and give zeros.
            return TransactionErrors.endedEarly(failure);
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
        AgentConnection connection = statement == null ? null : connections.of(statement.conn);
        if (connection == null || statement == null || isMadeBySqliteJdbc(connection)) {
            return null;
        }
        if (connection.handle().isFinalizedHere(statement)) {
            return TransactionErrors.endedEarly(failure);
        }
        SQLException told = Attempt.ofResults(connection.session(), failure);
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
        AgentConnection connection = connections.behind(on);
        if (connection == null) {
            return null;
        }
        Attempt attempt = before instanceof Attempt earlier
                ? earlier
                : new Attempt(connection.session(), StatementWork.of(connection, before, on, argument));
        StatementWork work = (StatementWork) attempt.work();
        if (!work.wasTakenAway(failure, true) && isMadeBySqliteJdbc(connection)) {
            return null;
        }
        work.texts().filter(SqlStatement::mayChangeSchema).forEach(connection.session()::schemaMayHaveChanged);
        try {
            return attempt.failed(failure) == Attempt.Next.APPLIED ? work.applied() : attempt;
        } catch (SQLException e) {
            return e == failure ? null : e;
        } finally {
            if (connection.session().needsALook()) {
                watchful.accept(true);
            }
        }
    }

    private @Nullable Object endFailed(SQLException failure, Connection on, String call) {
        try {
            AgentConnection connection = connections.of(on);
            return connection == null ? null : endFailed(failure, connection, call);
        } catch (SQLTransientException e) {
            return e;
        } catch (SQLException e) {
            LOG.debug("Healing failed: {}", Disclosure.message(e));
            return null;
        }
    }

    /** @return anything where the application need not see the failure, null where it is to, an exception where that one */
    private @Nullable Object endFailed(SQLException failure, AgentConnection connection, String call) {
        TransactionEnd end = new TransactionEnd(connection.session());
        try {
            switch (call) {
                case "COMMIT" -> end.commitFailed(failure);
                case "ROLLBACK" -> end.rollbackFailed(failure);
                default -> end.switchFailed(failure);
            }
            return AGAIN;
        } catch (SQLException e) {
            return e == failure ? null : e;
        } finally {
            relax();
        }
    }
}
