package org.healingsqlite.incident;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.diagnosis.Look;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.SideDirectory;
import org.healingsqlite.log.Disclosed;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.schema.PragmaStatement;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;

/**
 * The incidents of one database, kept in {@code incidents.db} of its side directory. Written by one background thread of the JVM, so that a
 * caller pays a queue entry; a log that is itself damaged is put aside and begun anew, and what cannot be written is left to the SLF4J log.
 * Thread-safe.
 */
public final class IncidentLog {
    private static final Log LOG = Log.of(IncidentLog.class);
    /** Source: SQLite documentation, "Result and Error Codes" (11). */
    private static final int SQLITE_CORRUPT = 11;

    /** Source: SQLite documentation, "Result and Error Codes" (26). */
    private static final int SQLITE_NOTADB = 26;

    /** As many as anybody reads. */
    private static final int MOST_KEPT_HERE = 100;

    private static final int COLUMNS = 14;
    private static final int QUEUE_LIMIT = 10_000;
    private static final Duration FLUSH_AT_EXIT = Duration.ofSeconds(2);

    /** Who asks for the incidents wants the one that has just ended, too: on a busy machine writing it takes seconds. */
    private static final Duration LONGEST_WAIT_OF_READERS = Duration.ofSeconds(30);

    private static final ThreadPoolExecutor WRITER = writer();

    /** The executor itself cannot tell: for a moment a task is neither in its queue nor active. */
    private static final AtomicInteger UNWRITTEN = new AtomicInteger();

    private static final String SCHEMA = """
            CREATE TABLE IF NOT EXISTS incidents (
              id TEXT PRIMARY KEY,
              started_at TEXT NOT NULL,
              elapsed_ms INTEGER NOT NULL,
              process INTEGER NOT NULL,
              database TEXT NOT NULL,
              fault TEXT NOT NULL,
              diagnosis TEXT NOT NULL,
              steps TEXT NOT NULL,
              outcome TEXT NOT NULL CHECK (outcome IN ('healed', 'healthy', 'refused', 'gave-up')),
              explanation TEXT NOT NULL,
              rows_lost INTEGER NOT NULL,
              loss TEXT NOT NULL,
              rows_lost_at_most INTEGER,
              content TEXT
            ) WITHOUT ROWID""";

    /** Objects that are not this library's; other releases may have other columns. */
    private static final String FOREIGN = """
            SELECT CASE WHEN type IN ('table', 'index', 'view', 'trigger') THEN type ELSE 'row of another kind' END
            FROM sqlite_schema
            WHERE type NOT IN ('table', 'index')
               OR type = 'table' AND (name <> 'incidents' OR sql NOT LIKE 'CREATE TABLE %')
               OR type = 'index' AND sql IS NOT NULL
               OR tbl_name <> 'incidents'""";
    /** Logs that were begun before these were known get them with the next incident. */
    private static final List<String> LATER_COLUMNS = List.of("rows_lost_at_most INTEGER", "content TEXT");

    private final DatabaseFile database;

    /** What is on record in this JVM alone, newest first. */
    private final Deque<Incident> here = new ArrayDeque<>();

    public IncidentLog(DatabaseFile database) {
        this.database = database;
    }

    private static ThreadPoolExecutor writer() {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(QUEUE_LIMIT), task -> {
                    Thread thread = new Thread(task, "healing-sqlite-incidents");
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> await(FLUSH_AT_EXIT), "healing-sqlite-incidents-flush"));
        return executor;
    }

    /** Queues an incident for writing; never blocks and never throws. */
    public void append(Incident incident) {
        UNWRITTEN.incrementAndGet();
        try {
            WRITER.execute(() -> {
                try {
                    write(incident);
                } finally {
                    UNWRITTEN.decrementAndGet();
                }
            });
        } catch (RejectedExecutionException full) {
            UNWRITTEN.decrementAndGet();
            LOG.warn("Incident {} is only in this log, the queue of incidents is full: {}", incident.id(), incident);
        }
    }

    /** Keeps an incident for as long as this JVM lives, without writing anything. */
    public synchronized void keepHere(Incident incident) {
        here.addFirst(incident);
        if (here.size() > MOST_KEPT_HERE) {
            here.removeLast();
        }
    }

    private synchronized List<Incident> keptHere() {
        return List.copyOf(here);
    }

    /**
     * The incidents on record, newest first.
     *
     * @param limit the most to return
     * @throws SQLException where the log exists and cannot be read, or is not this database's own
     */
    public List<Incident> recent(int limit) throws SQLException {
        await(LONGEST_WAIT_OF_READERS);
        SideDirectory side = database.side();
        SideDirectory.Standing standing = side.standing();
        if (standing instanceof SideDirectory.Standing.NotOurs not) {
            throw new SQLException("The incidents are not read: " + not.why());
        }
        Path file = side.incidents();
        List<Incident> incidents = new ArrayList<>(keptHere());
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return incidents.subList(0, Math.min(limit, incidents.size()));
        }
        try (Look look = Look.withoutChange(new DatabaseFile(file), Access.OWN);
                PreparedStatement query = vetted(look.connection(), file)
                        .prepareStatement("SELECT * FROM incidents ORDER BY id DESC LIMIT ?")) {
            query.setInt(1, limit);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    incidents.add(read(row));
                }
            }
        }
        incidents.sort(Comparator.comparing(Incident::id).reversed());
        return incidents.subList(0, Math.min(limit, incidents.size()));
    }

    /**
     * When a heal first left the database in a state that is not proven whole; empty where none on record did.
     *
     * @throws SQLException where the log exists and cannot be read
     */
    public Optional<Instant> lossySince() throws SQLException {
        return recent(Integer.MAX_VALUE).stream()
                .filter(incident -> !incident.outcome().loss().isNone())
                .map(Incident::startedAt)
                .min(Comparator.naturalOrder());
    }

    /** Waits until what was appended so far is written, or the time is over. */
    public static void await(Duration wait) {
        if (UNWRITTEN.get() == 0) {
            return;
        }
        try {
            WRITER.submit(() -> {}).get(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            LOG.debug("Incidents may be unwritten: {}", Disclosure.text(e));
        }
    }

    private void write(Incident incident) {
        try {
            try {
                insert(incident);
            } catch (SQLException damaged) {
                if (damaged.getErrorCode() != SQLITE_CORRUPT
                        && damaged.getErrorCode() != SQLITE_NOTADB
                        && !(damaged instanceof ForeignLogException)) {
                    throw damaged;
                }
                putAside();
                insert(incident);
            }
        } catch (SQLException | IOException | RuntimeException e) {
            LOG.warn(
                    "Incident {} is only in this log, {} cannot be written: {}",
                    incident.id(),
                    database.side().incidents(),
                    Disclosure.text(e));
        }
    }

    private void insert(Incident incident) throws SQLException, IOException {
        database.side().create();
        try (Connection connection =
                        open(database.side().prepare(database.side().incidents()));
                Statement schema = connection.createStatement()) {
            schema.execute(SCHEMA);
            addLaterColumns(connection, schema);
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT OR IGNORE INTO incidents (id, started_at, elapsed_ms, process, database, fault, diagnosis, steps, outcome, explanation, rows_lost, loss, rows_lost_at_most, content)"
                            + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
                Outcome outcome = incident.outcome();
                insert.setString(1, incident.id());
                insert.setString(2, incident.startedAt().toString());
                insert.setLong(3, incident.elapsed().toMillis());
                insert.setLong(4, ProcessHandle.current().pid());
                insert.setString(5, incident.database().toString());
                insert.setString(6, incident.fault());
                insert.setString(7, incident.diagnosis());
                insert.setString(8, String.join("\n", incident.steps()));
                insert.setString(9, outcome.word());
                insert.setString(10, outcome.explanation());
                insert.setLong(11, outcome.loss().rows());
                insert.setString(12, outcome.loss().explanation());
                OptionalLong most = outcome.loss().completeness().atMost();
                insert.setObject(13, most.isPresent() ? most.getAsLong() : null);
                insert.setString(14, outcome.loss().content().name());
                insert.executeUpdate();
            }
        }
    }

    private static void addLaterColumns(Connection connection, Statement schema) throws SQLException {
        List<String> there = new ArrayList<>();
        try (ResultSet column = schema.executeQuery(PragmaStatement.of("table_info", "incidents"))) {
            while (column.next()) {
                there.add(column.getString("name"));
            }
        }
        for (String later : LATER_COLUMNS) {
            if (!there.contains(later.substring(0, later.indexOf(' ')))) {
                Sqlite.execute(connection, "ALTER TABLE incidents ADD COLUMN " + later);
            }
        }
    }

    /** What is in the log is not what this library writes there. */
    private static final class ForeignLogException extends SQLException implements Disclosed {
        private static final long serialVersionUID = 1L;

        ForeignLogException(String message) {
            super(message);
        }
    }

    /**
     * Opens the log, which is a database that somebody may have made by hand: a view or a trigger in it, or a table of a module's, would run code of theirs where it is
     * read or written.
     */
    private static Connection open(Path file) throws SQLException {
        Connection connection = Sqlite.open(file, Access.OWN);
        try {
            return vetted(connection, file);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private static Connection vetted(Connection connection, Path file) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA trusted_schema = OFF");
            try (ResultSet foreign = statement.executeQuery(FOREIGN)) {
                if (foreign.next()) {
                    throw new ForeignLogException(
                            file + ": expected the table incidents alone, found a " + foreign.getString(1));
                }
            }
            return connection;
        }
    }

    /** A log that cannot be written is evidence too: it keeps its content under another name. */
    private void putAside() throws IOException {
        Path file = database.side().incidents();
        if (Files.exists(file)) {
            Path aside = database.side().reserve("incidents.db", "corrupted", Instant.now());
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
            database.side().restrictMoved(aside);
            Files.deleteIfExists(file.resolveSibling("incidents.db-journal"));
        }
    }

    /** Other texts than this library writes are an error, and no incident. */
    private static Incident read(ResultSet row) throws SQLException {
        try {
            return incident(row);
        } catch (DateTimeException | IllegalArgumentException | NullPointerException e) {
            throw new SQLException(
                    "The log of incidents has a row that this library did not write: " + Disclosure.text(e), e);
        }
    }

    private static Incident incident(ResultSet row) throws SQLException {
        String steps = row.getString("steps");
        return new Incident(
                row.getString("id"),
                Path.of(row.getString("database")),
                Instant.parse(row.getString("started_at")),
                Duration.ofMillis(row.getLong("elapsed_ms")),
                row.getString("fault"),
                row.getString("diagnosis"),
                steps.isEmpty() ? List.of() : List.of(steps.split("\n")),
                outcome(row));
    }

    private static Loss loss(ResultSet row) throws SQLException {
        ResultSetMetaData columns = row.getMetaData();
        boolean old = columns.getColumnCount() < COLUMNS;
        OptionalLong most = OptionalLong.empty();
        Content content = Content.UNVERIFIED;
        if (!old) {
            long number = row.getLong("rows_lost_at_most");
            most = row.wasNull() ? OptionalLong.empty() : OptionalLong.of(number);
            String word = row.getString("content");
            content = word == null ? Content.UNVERIFIED : Content.valueOf(word);
        }
        return Loss.told(row.getLong("rows_lost"), most, content, row.getString("loss"));
    }

    private static Outcome outcome(ResultSet row) throws SQLException {
        String explanation = row.getString("explanation");
        return switch (row.getString("outcome")) {
            case "healed" -> new Outcome.Healed(explanation, loss(row));
            case "healthy" -> new Outcome.Healthy(explanation);
            case "refused" -> new Outcome.Refused(explanation);
            default -> new Outcome.GaveUp(explanation, null);
        };
    }
}
