package org.healingsqlite.demo;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.healingsqlite.Healing;
import org.healingsqlite.demo.report.Counts;
import org.healingsqlite.demo.report.Timeline;
import org.healingsqlite.incident.Incident;
import org.jspecify.annotations.Nullable;

/**
 * One of the two ways to run the same application: another URL, and nothing else. Thread-safe.
 */
public final class Lane {
    private final String name;
    private final String scheme;
    private final String options;
    private final Path directory;
    private final Path database;
    private final Timeline timeline;
    private final Counts counts = new Counts();
    private final Set<String> said = ConcurrentHashMap.newKeySet();
    private boolean listening;

    /** A call of the application to its database. */
    @FunctionalInterface
    public interface Call<T> {
        T run() throws SQLException;
    }

    private Lane(String name, String scheme, String options, Path directory, Timeline timeline) {
        this.name = name;
        this.scheme = scheme;
        this.options = options;
        this.directory = directory;
        this.database = directory.resolve("app.sqlite");
        this.timeline = timeline;
    }

    /** The lane of plain sqlite-jdbc. */
    public static Lane plain(Path directory, Timeline timeline) {
        return new Lane("plain", "jdbc:sqlite:", "", directory, timeline);
    }

    /** The lane of the healing driver, with a registered schema. */
    public static Lane healing(Path directory, String schema, Timeline timeline) {
        return new Lane("healing", "jdbc:healing:sqlite:", "&healing.schema=" + schema, directory, timeline);
    }

    public String name() {
        return name;
    }

    public boolean heals() {
        return !options.isEmpty();
    }

    /** The directory of the database; it may be missing. */
    public Path directory() {
        return directory;
    }

    public Path database() {
        return database;
    }

    public Counts counts() {
        return counts;
    }

    public String url() {
        return scheme + database + "?busy_timeout=10000" + options;
    }

    /** Opens a connection of the application's own. */
    public Connection open() throws SQLException {
        Connection connection = DriverManager.getConnection(url());
        listen(connection);
        return connection;
    }

    /** Notes every heal of this lane's database, once. */
    public synchronized void listen(Connection connection) throws SQLException {
        if (heals() && !listening) {
            Healing.of(connection).addListener(this::healed);
            listening = true;
        }
    }

    private void healed(Incident incident) {
        counts.heal(incident.elapsed());
        say("healed in " + incident.elapsed().toMillis() + " ms: " + incident.fault()
                + (incident.outcome().loss().isNone()
                        ? ""
                        : " (" + incident.outcome().loss().rows() + " rows kept in quarantine)"));
    }

    public void say(String text) {
        timeline.add(name, text);
    }

    /** Announces a fault or a restart: what the clients see from now on is news again. */
    public void announce(String text) {
        said.clear();
        say(text);
    }

    /**
     * Makes a call as the application's client: counts it, and says an error when it is news.
     *
     * @return what the call gave; null where it failed
     */
    public <T> @Nullable T call(String what, Call<T> call) {
        counts.call();
        try {
            return call.run();
        } catch (SQLException e) {
            counts.error();
            String error = "ERROR " + what + ": " + withoutDescription(String.valueOf(e.getMessage()));
            if (said.add(error)) {
                say(error);
            }
            return null;
        }
    }

    /** SQLite's own text, without sqlite-jdbc's description of the result code before it. */
    private static String withoutDescription(String message) {
        int open = message.indexOf(" (");
        return message.startsWith("[") && open > 0 ? message.substring(open + 2, message.length() - 1) : message;
    }
}
