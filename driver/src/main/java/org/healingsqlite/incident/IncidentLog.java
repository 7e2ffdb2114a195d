package org.healingsqlite.incident;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;

/**
 * The incidents of one database, kept in {@code incidents.db} of its side directory. Written by one background thread of the JVM, so that a
 * caller pays a queue entry; a log that is itself damaged is put aside and begun anew, and what cannot be written is left to the SLF4J log.
 * Thread-safe.
 */
@Internal
public final class IncidentLog {
    private static final Log LOG = Log.of(IncidentLog.class);

    /** As many as anybody reads. */
    private static final int MOST_KEPT_HERE = 100;

    private static final int QUEUE_LIMIT = 10_000;

    /** One transaction, and about a megabyte on the heap. */
    private static final int MOST_AT_ONCE = 1_000;

    private static final Duration FLUSH_AT_EXIT = Duration.ofSeconds(2);

    /** Who asks for the incidents wants the one that has just ended, too: on a busy machine writing it takes seconds. */
    private static final Duration LONGEST_WAIT_OF_READERS = Duration.ofSeconds(30);

    /** What is resolved and older than this nobody looks for. */
    private static final Duration KEPT_RESOLVED = Duration.ofDays(90);

    /** About ten megabytes. */
    private static final long MOST_KEPT = 10_000;

    /** Counting them for each would cost more than a few too many. */
    private static final int WRITTEN_BETWEEN_PRUNINGS = 100;

    private static final ThreadPoolExecutor WRITER = writer();

    /** The executor itself cannot tell: for a moment a task is neither in its queue nor active. */
    private static final AtomicInteger UNWRITTEN = new AtomicInteger();

    private final DatabaseFile database;
    private final IncidentStore store;

    /** What is on record in this JVM alone, newest first. */
    private final Deque<IncidentEntry> here = new ArrayDeque<>();

    /** What is to be written, oldest first. */
    private final LinkedBlockingQueue<IncidentEntry> pending = new LinkedBlockingQueue<>();

    /** Of the writing thread. */
    private int writtenSincePruning;

    public IncidentLog(DatabaseFile database) {
        this.database = database;
        this.store = new IncidentStore(database);
    }

    private static ThreadPoolExecutor writer() {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(QUEUE_LIMIT), task -> {
                    Thread thread = new Thread(task, "healing-sqlite-incidents");
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(IncidentLog::atEnd, "healing-sqlite-incidents-flush"));
        } catch (IllegalStateException jvmEndsAlready) {
            // Who has loaded this so late calls it.
        }
        return executor;
    }

    /** The JVM ends: waits, not for long, for what is not written yet. */
    public static void atEnd() {
        await(FLUSH_AT_EXIT);
    }

    // ---- Writing

    /** Queues an incident for writing; never blocks and never throws. */
    public void append(Incident incident) {
        append(IncidentEntry.of(incident));
    }

    /** Queues what an application reports; never blocks and never throws. */
    Incident append(ReportedError error) {
        Instant now = Instant.now();
        Incident incident = new Incident(
                Incident.newId(now),
                database.main(),
                now,
                Duration.ZERO,
                error.message(),
                error.type(),
                List.of(),
                new Outcome.Refused("reported by the application, whose error it is"),
                error.component(),
                error.severity());
        append(new IncidentEntry(
                incident, ProcessHandle.current().pid(), 1, now, Optional.of(error), Optional.empty()));
        return incident;
    }

    private void append(IncidentEntry entry) {
        if (UNWRITTEN.incrementAndGet() > QUEUE_LIMIT) {
            UNWRITTEN.decrementAndGet();
            LOG.warn(
                    "Incident {} is only in this log, the queue of incidents is full: {}",
                    entry.incident().id(),
                    entry.incident());
            return;
        }
        pending.add(entry);
        try {
            WRITER.execute(this::drain);
        } catch (RejectedExecutionException full) {
            // As many drains are queued: one of this database is among them, or the next incident brings one.
            LOG.debug("{}: incidents wait for the next one", database.main());
        }
    }

    private void drain() {
        List<IncidentEntry> entries = new ArrayList<>();
        if (pending.drainTo(entries, MOST_AT_ONCE) == 0) {
            return;
        }
        try {
            store.write(entries);
            writtenSincePruning += entries.size();
            if (writtenSincePruning >= WRITTEN_BETWEEN_PRUNINGS) {
                writtenSincePruning = 0;
                prune(KEPT_RESOLVED, MOST_KEPT);
            }
        } catch (SQLException | IOException | RuntimeException e) {
            for (IncidentEntry entry : entries) {
                LOG.warn(
                        "Incident {} is only in this log, {} cannot be written: {}",
                        entry.incident().id(),
                        store.file(),
                        Disclosure.text(e));
            }
        } finally {
            UNWRITTEN.addAndGet(-entries.size());
        }
    }

    private int prune(Duration keptResolved, long most) throws SQLException, IOException {
        Instant before = Instant.now().minus(keptResolved);
        return store.change(connection -> IncidentSql.prune(connection, before, most));
    }

    /** Keeps an incident for as long as this JVM lives, without writing anything. */
    public synchronized void keepHere(Incident incident) {
        here.addFirst(IncidentEntry.of(incident));
        if (here.size() > MOST_KEPT_HERE) {
            here.removeLast();
        }
    }

    private synchronized List<IncidentEntry> keptHere() {
        return List.copyOf(here);
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

    // ---- Reading

    /**
     * The incidents on record, newest first.
     *
     * @param limit the most to return
     * @throws SQLException where the log exists and cannot be read, or is not this database's own
     */
    public List<Incident> recent(int limit) throws SQLException {
        return limit < 1
                ? List.of()
                : search(IncidentQuery.newest(limit)).stream()
                        .map(IncidentEntry::incident)
                        .toList();
    }

    /** As {@link Incidents#search}. */
    List<IncidentEntry> search(IncidentQuery query) throws SQLException {
        return ask(
                        LONGEST_WAIT_OF_READERS,
                        connection -> IncidentSql.search(connection, query),
                        (stored, kept) -> Stream.of(stored, kept)
                                .flatMap(List::stream)
                                .sorted(Comparator.comparing((IncidentEntry entry) ->
                                                entry.incident().id())
                                        .reversed())
                                .limit(query.limit())
                                .toList())
                .orElse(List.of());
    }

    /** As {@link Incidents#find}. */
    Optional<IncidentEntry> find(String id) throws SQLException {
        return ask(
                        LONGEST_WAIT_OF_READERS,
                        connection -> IncidentSql.find(connection, id),
                        (stored, kept) -> stored.or(() -> kept))
                .flatMap(found -> found);
    }

    /** As {@link Incidents#statistics}. */
    IncidentStatistics statistics() throws SQLException {
        Instant now = Instant.now();
        return ask(
                        LONGEST_WAIT_OF_READERS,
                        connection -> IncidentSql.statistics(connection, now),
                        IncidentStatistics::plus)
                .orElse(IncidentStatistics.NONE);
    }

    /**
     * As {@link Incidents#counts}.
     *
     * @throws SQLException where the log exists and cannot be read
     */
    public IncidentCounts counts(Duration wait) throws SQLException {
        Instant now = Instant.now();
        return ask(wait, connection -> IncidentSql.counts(connection, now), IncidentCounts::plus)
                .orElse(IncidentCounts.NONE);
    }

    /** Asks the store, and what is on record here alone. */
    private <T> Optional<T> ask(Duration wait, IncidentStore.Use<T> question, BinaryOperator<T> both)
            throws SQLException {
        await(wait);
        Optional<T> stored = store.read(question);
        List<IncidentEntry> kept = keptHere();
        if (kept.isEmpty()) {
            return stored;
        }
        T answer = IncidentStore.of(kept, question);
        return Optional.of(stored.map(one -> both.apply(one, answer)).orElse(answer));
    }

    /**
     * When a heal first left the database in a state that is not proven whole; empty where none on record did.
     *
     * @throws SQLException where the log exists and cannot be read
     */
    public Optional<Instant> lossySince() throws SQLException {
        await(LONGEST_WAIT_OF_READERS);
        return store.read(IncidentSql::firstLoss).flatMap(first -> first);
    }

    /**
     * As {@link #lossySince}, of heals that nobody has resolved.
     *
     * @throws SQLException where the log exists and cannot be read
     */
    public Optional<Instant> unresolvedLossSince() throws SQLException {
        await(LONGEST_WAIT_OF_READERS);
        return store.read(IncidentSql::firstUnresolvedLoss).flatMap(first -> first);
    }

    /**
     * Whether a heal that ended at a moment or later is not proven to have lost nothing.
     *
     * @throws SQLException where the log exists and cannot be read
     */
    public boolean hasLossSince(Instant moment) throws SQLException {
        await(LONGEST_WAIT_OF_READERS);
        return store.read(connection -> IncidentSql.hasLossSince(connection, moment))
                .orElse(false);
    }

    // ---- Changing

    /** As {@link Incidents#resolve}. */
    boolean resolve(String id, Resolution resolution) throws SQLException {
        return inTurn(() -> {
            boolean known = store.read(connection -> IncidentSql.find(connection, id))
                    .flatMap(found -> found)
                    .isPresent();
            return known && store.change(connection -> IncidentSql.resolve(connection, id, resolution));
        });
    }

    /** As {@link Incidents#prune}. */
    int pruneNow(Duration keptResolved, long most) throws SQLException {
        // Where there is no record, none is made.
        return inTurn(() -> store.read(connection -> true).isEmpty() ? 0 : prune(keptResolved, most));
    }

    /** The files of the store, and of those that were put aside. */
    public List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> beside =
                Files.newDirectoryStream(database.side().path(), "incidents*")) {
            for (Path each : beside) {
                if (Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)) {
                    files.add(each);
                }
            }
        }
        return files.stream().sorted().toList();
    }

    /**
     * Nothing is on record any more.
     *
     * @throws SQLException where that cannot be, or the thread is interrupted
     */
    public void forget() throws SQLException {
        inTurn(() -> {
            for (Path each : files()) {
                Files.deleteIfExists(each);
            }
            return true;
        });
        synchronized (this) {
            here.clear();
        }
    }

    /** Does something to the store between two incidents. */
    private <T> T inTurn(Callable<T> work) throws SQLException {
        try {
            return WRITER.submit(work).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("The incidents of " + database.main() + " are not changed: interrupted", e);
        } catch (RejectedExecutionException e) {
            throw new SQLException("The incidents of " + database.main() + " are not changed: too many wait", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException cause) {
                throw cause;
            }
            throw new SQLException(
                    "The incidents of " + database.main() + " are not changed: " + Disclosure.text(e.getCause()),
                    e.getCause());
        }
    }
}
