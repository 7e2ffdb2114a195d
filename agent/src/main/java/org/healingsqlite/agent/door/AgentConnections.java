package org.healingsqlite.agent.door;

import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.WeakHashMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.FileOwnership;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.OpenFiles;
import org.healingsqlite.heal.HealingSettings;
import org.healingsqlite.heal.ManagedDatabase;
import org.healingsqlite.heal.ManagedDatabases;
import org.healingsqlite.heal.Mode;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.session.Held;
import org.healingsqlite.sqlite.DatabaseUrl;
import org.healingsqlite.sqlite.Encryption;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;

/** The application's connections of one sqlite-jdbc: those that are healed, by sqlite-jdbc's own objects. Thread-safe. */
final class AgentConnections {
    private static final Log LOG = Log.of(AgentConnections.class);

    private final Consumer<Object> watchful;
    private final Predicate<Object> begun;
    private final BiFunction<Object, Object, Object> recorded;
    private final AgentOptions.Reading options;
    private final Map<Connection, AgentConnection> connections = Collections.synchronizedMap(new WeakHashMap<>());
    private final RegisteredCodes code = new RegisteredCodes();

    /** See {@link AgentDoor}. */
    AgentConnections(
            Consumer<Object> watchful,
            Predicate<Object> begun,
            BiFunction<Object, Object, Object> recorded,
            AgentOptions.Reading options) {
        this.watchful = watchful;
        this.begun = begun;
        this.recorded = recorded;
        this.options = options;
    }

    /** A connection that heals; null where sqlite-jdbc is to open it as ever. */
    @Nullable
    Object open(@Nullable String url, @Nullable Properties properties) throws SQLException {
        if (url == null || properties == null || Sqlite.isInner(properties) || !isSqlite(url)) {
            return null;
        }
        Optional<Path> file = DatabaseUrl.parse(url).file();
        HealingSettings settings = file.isEmpty() ? null : options.of(file.get());
        if (settings == null || settings.mode() == Mode.OFF || Encryption.isAsked(url, properties)) {
            return null;
        }
        InnerConnections opener = new InnerConnections(url, properties);
        try (ManagedDatabases.Found found = ManagedDatabases.instance().at(file.get(), settings)) {
            ManagedDatabase database = found.database();
            alert(database);
            Held physical = held(found, settings, opener);
            if (physical == null) {
                return null;
            }
            manage(physical, database, settings, opener);
            return physical.connection();
        }
    }

    private static @Nullable Held held(
            ManagedDatabases.Found found, HealingSettings settings, InnerConnections opener) {
        try (Disclosure.Scope ignored = settings.disclosing()) {
            return Held.open(found.database(), settings, opener, found.unchanged());
        } catch (SQLException e) {
            // Either sqlite-jdbc says so itself, and will again; or a schema could not be brought in, and the
            // application is no worse off than without it.
            if (Fault.of(e) instanceof Fault.Unavailable || Fault.of(e) instanceof Fault.Application) {
                // A wrong path, a lock: the application hears of it from sqlite-jdbc.
                LOG.debug("{}: not opened: {}", found.database().file().main(), Disclosure.message(e));
            } else {
                LOG.error(
                        "{}: opened without healing: {}",
                        found.database().file().main(),
                        Disclosure.message(e));
            }
            return null;
        }
    }

    /**
     * A connection was opened before this core was there.
     *
     * @param attributes of the file that was at the path then; null where nobody knows
     */
    void opened(Connection opened, @Nullable Properties properties, @Nullable Object attributes) throws SQLException {
        if (connections.containsKey(opened) || properties == null || Sqlite.isInner(properties)) {
            return;
        }
        AgentConnection connection = of(opened);
        if (connection == null) {
            return;
        }
        FileIdentity was = null;
        if (attributes instanceof PosixFileAttributes posix) {
            was = FileIdentity.of(posix);
            // It may have changed since, and lives on in the connection where its name is gone.
            LastOwnership.noteEarlier(
                    connection.database().file(),
                    was,
                    OpenFiles.ownership(was).orElseGet(() -> FileOwnership.of(posix)));
        }
        Object fileKey = attributes instanceof BasicFileAttributes basic ? basic.fileKey() : null;
        if (fileKey == null || connection.holds(fileKey)) {
            connection.learnElsewhere();
        } else {
            connection.session().hasLostItsFile(was);
            watchful.accept(true);
            // A connection that makes no call is moved by somebody else, or saved at its end.
            connection.database().presence().lookAtFile();
        }
    }

    /** sqlite-jdbc refused a file: where that is damage, a connection that heals it. */
    @Nullable
    Object unopened(SQLException failure, @Nullable String url, @Nullable Properties properties) throws SQLException {
        return Fault.of(failure) instanceof Fault.Corruption ? open(url, properties) : null;
    }

    private static boolean isSqlite(String url) {
        return url.trim().regionMatches(true, 0, Sqlite.SCHEME, 0, Sqlite.SCHEME.length());
    }

    private ManagedDatabase database(Path file, HealingSettings settings) {
        ManagedDatabase database = ManagedDatabases.instance().of(DatabaseFile.at(file), settings);
        alert(database);
        return database;
    }

    private void alert(ManagedDatabase database) {
        database.presence().onEpoch(() -> watchful.accept(true));
    }

    private AgentConnection manage(
            Held physical, ManagedDatabase database, HealingSettings settings, InnerConnections opener) {
        Connection connection = physical.connection();
        RegisteredCodes.Of registered = code.of(((SQLiteConnection) connection).getDatabase());
        AgentConnection managed =
                new AgentConnection(physical, database, settings, opener, registered, begun, recorded);
        connections.put(connection, managed);
        watchful.accept(settings.replayLimitBytes());
        watchful.accept(settings.consent().versionTables().toArray(String[]::new));
        return managed;
    }

    /** The managed connection; one that was opened before the agent came is taken in now. */
    @Nullable
    AgentConnection of(@Nullable Connection connection) throws SQLException {
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
        HealingSettings settings = file.isEmpty() ? null : options.of(file.get());
        if (settings == null
                || url == null
                || settings.mode() == Mode.OFF
                || Encryption.isAsked(url, Sqlite.configuration(sqlite))) {
            return null;
        }
        ManagedDatabase database = database(file.get(), settings);
        return manage(
                Held.found(database, sqlite),
                database,
                settings,
                new InnerConnections(url, Sqlite.configuration(sqlite)));
    }

    /** The same, of a statement or a connection. */
    @Nullable
    AgentConnection behind(@Nullable Object on) throws SQLException {
        if (on instanceof CoreStatement statement) {
            return of(statement.conn);
        }
        return on instanceof Connection connection ? of(connection) : null;
    }

    /** One is about to be closed. */
    void closing(Connection connection) {
        AgentConnection known = connections.remove(connection);
        if (known != null) {
            known.close();
        }
    }

    /** A function or a collation was registered, or taken away. */
    void registered(DB database, String name, @Nullable Object implementation, int arguments, int flags) {
        code.put(database, name, implementation, arguments, flags);
    }

    /** Stops asking before every call once no connection wants to be looked at. */
    void relax() {
        watchful.accept(false);
        synchronized (connections) {
            if (connections.values().stream().anyMatch(each -> each.session().needsALook())) {
                watchful.accept(true);
            }
        }
    }
}
