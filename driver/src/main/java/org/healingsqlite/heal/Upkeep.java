package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.healingsqlite.api.Internal;
import org.healingsqlite.archive.Archive;
import org.healingsqlite.archive.ArchiveHistory;
import org.healingsqlite.archive.ArchiveKeeper;
import org.healingsqlite.archive.NotOurArchiveException;
import org.healingsqlite.archive.Problem;
import org.healingsqlite.archive.RowSources;
import org.healingsqlite.archive.Snapshots;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what a database can be healed from: its archive, snapshots, and the certainty that the archive can be read. Begins with the first connection
 * and ends some seconds after the last one. Everything here runs on one daemon thread, except for the first writing of an archive that is kept commit by
 * commit, and for what may take long beside an archive that is kept at intervals, which must not wait for it. Trouble is logged when it begins and when it ends, and goes no further. Thread-safe.
 */
@Internal
public final class Upkeep {
    private static final Log LOG = Log.of(Upkeep.class);

    /** How long it goes on without any connection: applications without a pool open the next one soon. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration AFTER_TROUBLE = Duration.ofSeconds(10);
    private static final Duration CATCH_UP = Duration.ofSeconds(60);
    private static final Duration OWN_WAIT = Duration.ofSeconds(3);

    /** A catching up that takes a second is done every 20 seconds at most. */
    private static final int SHARE = 20;

    private static final long LONGEST_LOG_BYTES = 64L << 20;

    /** One writes, one reads again, one takes snapshots; they are made when there is something to do. */
    private static final int INTERVAL_THREADS = 3;

    private final DatabaseFile file;
    private final RowSources sources;
    private final UpkeepSettings settings;
    private final ScheduledExecutorService thread;

    /** Held while the archive is written. */
    private final ReentrantLock writing = new ReentrantLock();

    private boolean closed;
    private int users;
    private boolean ended;
    private volatile @Nullable ArchiveKeeper keeper;
    private volatile @Nullable String trouble;
    private long nextAttemptNanos = System.nanoTime();
    private long nextCatchUpNanos = System.nanoTime();

    /** Everything that was committed before is in the archive. */
    private long coveredNanos = System.nanoTime();

    private volatile @Nullable List<Problem> verified;
    private final ReplicaUpkeep replica;

    private Upkeep(DatabaseFile file, RowSources sources, UpkeepSettings settings) {
        this.file = file;
        this.sources = sources;
        this.settings = settings;
        this.replica = new ReplicaUpkeep(settings.replica());
        int threads = settings.keep() == UpkeepSettings.Keep.INTERVAL ? INTERVAL_THREADS : 1;
        this.thread = Executors.newScheduledThreadPool(threads, task -> {
            Thread daemon = new Thread(task, "healing-sqlite upkeep of " + file.main());
            daemon.setDaemon(true);
            return daemon;
        });
    }

    /** The upkeep that settings ask for; null where they ask for none. */
    static @Nullable Upkeep of(DatabaseFile file, HealingSettings settings) {
        boolean archive = settings.sources().archive().isPresent()
                && (settings.upkeep().keep() != UpkeepSettings.Keep.OFF
                        || settings.upkeep().verifyEvery().isPresent());
        return settings.mode() == Mode.HEAL
                        && (archive
                                || settings.sources().snapshots().isPresent()
                                || settings.upkeep().replica().isPresent())
                ? new Upkeep(file, settings.sources(), settings.upkeep())
                : null;
    }

    /** Begins; an archive that is kept commit by commit is written before this returns. */
    void begin() {
        replica.begin(file);
        if (settings.keep() == UpkeepSettings.Keep.COMMIT) {
            attempt();
            every(LOOK, LOOK, this::lookAtKeeper);
        } else if (settings.keep() == UpkeepSettings.Keep.INTERVAL) {
            // It begins each half; the other half is for the writing. A pause between them would add what the writing
            // before took.
            long half = Math.max(1, settings.keepInterval().dividedBy(2).toNanos());
            var unused = thread.scheduleAtFixedRate(logged(this::refresh), 0, half, TimeUnit.NANOSECONDS);
        }
        settings.verifyEvery()
                .ifPresent(pause -> sources.archive().ifPresent(archive -> every(pause, pause, () -> verify(archive))));
        sources.snapshots()
                .ifPresent(directory -> every(
                        Duration.ZERO,
                        shorter(settings.snapshotEvery(), Duration.ofMinutes(1)),
                        () -> snapshot(directory)));
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private void every(Duration delay, Duration pause, Runnable task) {
        var unused = thread.scheduleWithFixedDelay(
                logged(task), delay.toNanos(), Math.max(1, pause.toNanos()), TimeUnit.NANOSECONDS);
    }

    private Runnable logged(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.error("{}: upkeep failed", file.main(), e);
            }
        };
    }

    // ---- Who uses it

    /** Somebody uses it; false where it has ended already. */
    synchronized boolean use() {
        if (ended) {
            return false;
        }
        users++;
        return true;
    }

    /** Somebody no longer uses it. */
    public synchronized void leave() {
        users--;
        if (users == 0) {
            var unused = thread.schedule(this::endIfUnused, LINGER.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void endIfUnused() {
        synchronized (this) {
            if (users > 0 || ended) {
                return;
            }
            ended = true;
        }
        if (settings.keep() == UpkeepSettings.Keep.INTERVAL) {
            refresh();
        }
        thread.shutdown();
        replica.close();
        writing.lock();
        try {
            closed = true;
            ArchiveKeeper open = keeper;
            keeper = null;
            if (open != null) {
                close(open);
            }
        } finally {
            writing.unlock();
        }
    }

    /** Waits until it has ended: the archive has one writer. */
    void awaitEnd() {
        try {
            if (!thread.awaitTermination(LINGER.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.debug("{}: the upkeep before has not ended yet", file.main());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void close(ArchiveKeeper open) {
        try {
            open.close();
        } catch (SQLException | IOException e) {
            LOG.debug("{}: closing the archive: {}", file.main(), Disclosure.text(e));
        }
    }

    /** The shipping of the database; nobody ships where nobody asked for that. */
    public ReplicaUpkeep replica() {
        return replica;
    }

    // ---- The archive

    /** Who keeps the archive commit by commit; null where nobody does, or cannot at the moment. */
    public @Nullable ArchiveKeeper commitKeeper() {
        return settings.keep() == UpkeepSettings.Keep.COMMIT ? keeper : null;
    }

    /** Whether commits are to be kept one by one. */
    public boolean keepsCommits() {
        return settings.keep() == UpkeepSettings.Keep.COMMIT;
    }

    /** Whether anybody writes the archive. */
    boolean writesArchive() {
        return settings.keep() != UpkeepSettings.Keep.OFF;
    }

    /** Whether the archive has every commit that was acknowledged in this process. */
    boolean isCurrent() {
        ArchiveKeeper open = commitKeeper();
        return open != null && open.isCurrent();
    }

    /** What keeps the archive from being fresh; null where nothing does. */
    @Nullable
    String trouble() {
        return trouble;
    }

    private void lookAtKeeper() {
        ArchiveKeeper open = keeper;
        if (open == null) {
            if (System.nanoTime() - nextAttemptNanos >= 0) {
                attempt();
            }
            return;
        }
        open.trouble().ifPresent(this::troubleBegins);
        boolean catchUp = System.nanoTime() - nextCatchUpNanos >= 0;
        if (!open.isCurrent() && System.nanoTime() - nextAttemptNanos >= 0
                || catchUp
                || open.logBytes() > LONGEST_LOG_BYTES) {
            refresh();
        }
    }

    /** Opens the keeper where there is none. */
    private void attempt() {
        Path archive = sources.archive().orElseThrow();
        nextAttemptNanos = System.nanoTime() + AFTER_TROUBLE.toNanos();
        nextCatchUpNanos = System.nanoTime() + CATCH_UP.toNanos();
        try {
            keeper = ArchiveKeeper.open(
                    file.main(),
                    archive,
                    new ArchiveHistory.Retention(settings.archiveHistory(), this::missingRowsSince));
            troubleEnds();
        } catch (SQLException | IOException | RuntimeException e) {
            troubleBegins(e);
        }
    }

    /** Since when rows may be missing that nobody has looked at. */
    private Optional<Instant> missingRowsSince() {
        try {
            return new IncidentLog(file).unresolvedLossSince();
        } catch (SQLException e) {
            // Not known: what the archive is now stays.
            LOG.debug("{}: incidents cannot be read: {}", file.main(), Disclosure.message(e));
            return Optional.of(Instant.now());
        }
    }

    private void refresh() {
        writing.lock();
        try {
            if (!closed) {
                long start = System.nanoTime();
                if (refreshed()) {
                    covered(start);
                }
            }
        } finally {
            writing.unlock();
        }
    }

    /** Writes what has changed; whether the archive has everything now that was committed before the call. */
    private boolean refreshed() {
        ArchiveKeeper open = keeper;
        if (open == null) {
            attempt();
            return keeper != null;
        }
        long start = System.nanoTime();
        boolean well = false;
        try {
            open.refreshIfChanged();
            well = true;
            troubleEnds();
        } catch (SQLException | IOException | RuntimeException e) {
            troubleBegins(e);
        }
        long took = System.nanoTime() - start;
        nextAttemptNanos = System.nanoTime() + AFTER_TROUBLE.toNanos();
        nextCatchUpNanos = System.nanoTime() + Math.max(CATCH_UP.toNanos(), SHARE * took);
        return well;
    }

    /** Until now the archive was as of the moment before: that much could have been lost. */
    private void covered(long moment) {
        long now = System.nanoTime();
        long lossNanos = now - coveredNanos;
        coveredNanos = moment;
        if (settings.keep() == UpkeepSettings.Keep.INTERVAL
                && lossNanos > settings.keepInterval().toNanos()) {
            LOG.warn(
                    "{}: writing the archive took {} ms; what was committed in {} ms could have been lost, more than archiveKeep says",
                    file.main(),
                    TimeUnit.NANOSECONDS.toMillis(now - moment),
                    TimeUnit.NANOSECONDS.toMillis(lossNanos));
        }
    }

    private void troubleBegins(Exception e) {
        if (trouble == null && e instanceof NotOurArchiveException) {
            // Nothing that passes: somebody has to say where the archive goes.
            LOG.error("{}: the archive is not kept: {}", file.main(), Disclosure.message(e));
            trouble = Disclosure.message(e);
        }
        troubleBegins(Disclosure.message(e));
    }

    private void troubleBegins(String what) {
        if (trouble == null) {
            LOG.warn("{}: the archive is not kept: {}", file.main(), what);
        }
        trouble = what;
    }

    private void troubleEnds() {
        if (trouble != null) {
            LOG.warn("{}: the archive is kept again", file.main());
        }
        trouble = null;
    }

    // ---- Whether it can be read

    /** What the last scheduled verification found; null where there was none yet. */
    @Nullable
    List<Problem> verified() {
        return verified;
    }

    private void verify(Path directory) {
        List<Problem> problems = problems(directory);
        if (!problems.isEmpty()) {
            // It may have been written anew meanwhile.
            problems = problems(directory);
        }
        verified = problems;
        if (problems.isEmpty()) {
            return;
        }
        LOG.error(
                "{}: the archive {} cannot be read as it should: {} problems, the first: {}",
                file.main(),
                directory,
                problems.size(),
                problems.get(0));
        ArchiveKeeper open = keeper;
        if (open != null) {
            open.missed();
            refresh();
        }
    }

    private static List<Problem> problems(Path directory) {
        try {
            return Archive.open(directory).verify();
        } catch (IOException | RuntimeException e) {
            return List.of(new Problem(String.valueOf(directory), 0, Disclosure.message(e)));
        }
    }

    // ---- Snapshots

    private void snapshot(Path directory) {
        Instant now = Instant.now();
        try {
            Snapshots snapshots = Snapshots.in(directory, settings.snapshotsKept());
            List<Path> all = snapshots.list();
            if (!all.isEmpty()
                    && Snapshots.momentOf(all.get(0))
                            .plus(settings.snapshotEvery())
                            .isAfter(now)) {
                return;
            }
            if (!Files.exists(file.main())) {
                return;
            }
            try (Connection own = Sqlite.open(file.main(), Access.EXISTING.waiting(OWN_WAIT))) {
                // One look at everything: else the copy would begin anew whenever somebody commits.
                Sqlite.execute(own, "BEGIN");
                Sqlite.pragma(own, "schema_version");
                Path taken = snapshots.take(own, now, new IncidentLog(file).lossySince());
                LOG.debug("{}: took the snapshot {}", file.main(), taken);
            }
        } catch (SQLException | IOException | RuntimeException e) {
            LOG.warn("{}: no snapshot: {}", file.main(), Disclosure.message(e));
        }
    }
}
