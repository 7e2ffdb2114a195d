package org.healingsqlite.replica;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.RescueLog;
import org.healingsqlite.incident.IncidentLog;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.replication.ReplicaSettings;
import org.healingsqlite.replication.Shipping;
import org.jspecify.annotations.Nullable;

/**
 * The shipping of one database by this process, on a thread of its own: takes the lease, begins a generation, ships what was committed, and begins another generation where the history does not go on. Trouble is
 * told when it begins and when it ends. Thread-safe.
 */
final class Shipment implements Shipping {
    private static final Log LOG = Log.of(Shipment.class);
    private static final Duration LAST_WAIT = Duration.ofSeconds(5);
    private static final Duration LOCKED_FOR_LONG = Duration.ofSeconds(30);
    private static final int BUSY = 5;
    private static final Duration AFTER_TROUBLE = Duration.ofSeconds(2);

    private final DatabaseFile file;
    private final ReplicaSettings settings;
    private final ReplicaStore store;
    private final Clock clock;
    private final Duration leaseLength;
    private final String owner = Owner.ofThisProcess().line();
    private final Thread thread;

    private final ReentrantLock state = new ReentrantLock();
    private final Condition changed = state.newCondition();

    /** Guarded by state. */
    private long asked;

    /** Guarded by state. */
    private long answered;

    /** Guarded by state. */
    private boolean closing;

    /** Guarded by state. */
    private boolean ended;

    /** Guarded by state. */
    private int pauses;

    private volatile boolean forgetting;
    private volatile @Nullable String trouble;

    /** Another process ships, or nobody is to. */
    private volatile boolean isElsewhere;

    // What follows is the thread's own, but for the hold, which a pause closes.

    private @Nullable Lease lease;
    private volatile @Nullable LogHold hold;
    private @Nullable LogShipper log;
    private @Nullable FileIdentity identity;
    private String shippedVersion = "";
    private int snapshots;
    private Instant nextSnapshot = Instant.MIN;
    private boolean coarseTold;
    private Instant begunAt = Instant.MIN;
    private @Nullable FileIdentity forgotten;
    private Instant forgottenUntil = Instant.MIN;
    private @Nullable Instant lockedSince;
    private Instant nextVerification = Instant.MAX;
    private volatile @Nullable Thread verifying;
    private volatile boolean isDamaged;

    Shipment(DatabaseFile file, ReplicaSettings settings, ReplicaStore store, Clock clock, Duration leaseLength) {
        this.file = file;
        this.settings = settings;
        this.store = store;
        this.clock = clock;
        this.leaseLength = leaseLength;
        settings.verifyEvery()
                .ifPresent(pause -> nextVerification = clock.instant().plus(pause));
        this.thread = new Thread(this::run, "healing-sqlite replica of " + file.main());
        thread.setDaemon(true);
    }

    void begin() {
        thread.start();
    }

    // ---- What others ask for

    @Override
    public boolean await(Duration longest) {
        long deadline = System.nanoTime() + longest.toNanos();
        state.lock();
        try {
            long mine = ++asked;
            changed.signalAll();
            while (answered < mine && !ended) {
                long left = deadline - System.nanoTime();
                if (left <= 0 || trouble != null || isElsewhere) {
                    return false;
                }
                changed.awaitNanos(Math.min(left, TimeUnit.MILLISECONDS.toNanos(100)));
            }
            return answered >= mine;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            state.unlock();
        }
    }

    @Override
    public @Nullable String trouble() {
        return trouble;
    }

    @Override
    public Pause pause() {
        state.lock();
        try {
            pauses++;
        } finally {
            state.unlock();
        }
        LogHold held = hold;
        if (held != null) {
            held.close();
        }
        return new Pause() {
            private boolean over;

            @Override
            public void close() {
                state.lock();
                try {
                    if (!over) {
                        over = true;
                        pauses--;
                        changed.signalAll();
                    }
                } finally {
                    state.unlock();
                }
            }
        };
    }

    private boolean isPaused() {
        state.lock();
        try {
            return pauses > 0;
        } finally {
            state.unlock();
        }
    }

    @Override
    public void forget() {
        forgetting = true;
        await(LAST_WAIT);
    }

    @Override
    public void close() {
        state.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            state.unlock();
        }
        try {
            thread.join(LAST_WAIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- The thread

    private void run() {
        boolean last = false;
        while (!last) {
            long asking;
            state.lock();
            try {
                asking = asked;
                last = closing;
            } finally {
                state.unlock();
            }
            boolean well = attempt();
            state.lock();
            try {
                if (well) {
                    answered = Math.max(answered, asking);
                    changed.signalAll();
                }
                Duration pause =
                        well || settings.every().compareTo(AFTER_TROUBLE) > 0 ? settings.every() : AFTER_TROUBLE;
                long left = pause.toNanos();
                while (left > 0 && !closing && (asked == asking || !well)) {
                    left = changed.awaitNanos(left);
                }
            } catch (InterruptedException e) {
                // Nobody interrupts it but the JVM's end.
                last = true;
            } finally {
                state.unlock();
            }
        }
        end();
    }

    /** Whether the store has now what was committed before. */
    private boolean attempt() {
        try {
            if (isPaused()) {
                // A heal may write past the log.
                endGeneration();
                return false;
            }
            if (Files.exists(file.side().journal(), LinkOption.NOFOLLOW_LINKS)) {
                // A reader that stays would be in another process's way.
                troubleBegins("a heal of the database is in progress, or was left unfinished");
                endGeneration();
                return false;
            }
            if (!file.main().toFile().isFile()) {
                letGo();
                return false;
            }
            if (isDamaged) {
                isDamaged = false;
                throw new LogChangedException("what is stored was found damaged");
            }
            if (!round()) {
                return false;
            }
            troubleEnds();
            verifyIfDue();
            return true;
        } catch (PausedException e) {
            endGeneration();
            return false;
        } catch (LogChangedException e) {
            if (isPaused()) {
                endGeneration();
                return false;
            }
            LOG.warn("{}: the replica begins a new generation: {}", file.main(), e.getMessage());
            endGeneration();
            return againAtOnce();
        } catch (IOException | SQLException | RuntimeException e) {
            if (isPaused()) {
                endGeneration();
                return false;
            }
            if (!isPassing(e)) {
                troubleBegins(Disclosure.message(e));
            }
            LogShipper shipper = log;
            if (shipper != null && !shipper.isComplete()) {
                endGeneration();
            } else if (e instanceof SQLException) {
                letGo();
            }
            boundLog();
            return false;
        }
    }

    /** A lock that somebody else has for a moment is no trouble. */
    private boolean isPassing(Exception e) {
        if (!(e instanceof SQLException locked) || (locked.getErrorCode() & 0xff) != BUSY) {
            return false;
        }
        Instant now = clock.instant();
        if (lockedSince == null) {
            lockedSince = now;
        }
        return now.isBefore(lockedSince.plus(LOCKED_FOR_LONG));
    }

    private boolean againAtOnce() {
        try {
            boolean well = round();
            if (well) {
                troubleEnds();
            }
            return well;
        } catch (IOException | SQLException | RuntimeException e) {
            troubleBegins(Disclosure.message(e));
            endGeneration();
            return false;
        }
    }

    private boolean round() throws IOException, SQLException {
        if (forgetting) {
            forgetting = false;
            Lease held = lease;
            if (held != null) {
                held.end();
            }
            lease = null;
            endGeneration();
            forgotten = file.identity();
            forgottenUntil = clock.instant().plus(RescueLog.FORGETTING);
        }
        FileIdentity now = file.identity();
        if (now != null && now.equals(forgotten) && clock.instant().isBefore(forgottenUntil)) {
            // It is about to go, and is not to come back.
            isElsewhere = true;
            return false;
        }
        if (!requireLease()) {
            return false;
        }
        if ((log != null || snapshots > 0) && now != null && !now.equals(identity)) {
            throw new LogChangedException("another file is at the path");
        }
        LogHold held = hold;
        if (held == null) {
            identity = now;
            held = LogHold.open(file);
            hold = held;
            if (isPaused()) {
                throw new PausedException();
            }
            LogShipper shipper = log;
            if (shipper != null && held.journalMode().equals("wal")) {
                // As after an error: the log goes on, or does not.
                if (held.stamp()) {
                    held.begin();
                } else {
                    letGo();
                    return false;
                }
            }
        }
        return held.journalMode().equals("wal") ? shipLog(held) : shipSnapshot(held);
    }

    private boolean requireLease() throws IOException {
        Lease held = lease;
        if (held != null && held.holds()) {
            return true;
        }
        if (held != null) {
            LOG.warn("{}: another process has taken over the replica {}", file.main(), store);
            lease = null;
            endGeneration();
        }
        Optional<Lease> taken = Lease.take(store, clock, leaseLength, owner);
        isElsewhere = taken.isEmpty();
        if (taken.isEmpty()) {
            letGo();
            return false;
        }
        lease = taken.get();
        begunAt = clock.instant();
        LOG.debug(
                "{}: ships to {} as generation {}",
                file.main(),
                store,
                taken.get().generation());
        return true;
    }

    private String generation() {
        Lease held = lease;
        if (held == null) {
            throw new IllegalStateException("no lease");
        }
        return held.generation();
    }

    private boolean shipLog(LogHold held) throws IOException, SQLException {
        LogShipper shipper = log;
        if (shipper == null) {
            shipper = new LogShipper(file, held, new GenerationWriter(store, generation()), this::isPaused);
            log = shipper;
            if (!shipper.begin()) {
                log = null;
                return false;
            }
            snapshotTaken();
            return true;
        }
        shipper.use(held);
        shipper.ship();
        if (shipper.hasChanged() && !clock.instant().isBefore(nextSnapshot)) {
            shipper.snapshot();
            snapshotTaken();
        }
        return true;
    }

    /** Without a log: the whole database, where somebody has committed since the last time. */
    private boolean shipSnapshot(LogHold held) throws IOException, SQLException {
        if (log != null) {
            throw new LogChangedException("the database is not in WAL mode any more");
        }
        if (!coarseTold) {
            coarseTold = true;
            LOG.warn(
                    "{}: not in WAL mode, so there is no log to ship: the whole database is stored every {} s (replicaSnapshotEvery) where it has changed,"
                            + " and what was committed in between is lost with the machine",
                    file.main(),
                    settings.snapshotEvery().toSeconds());
        }
        String version = held.dataVersion();
        if (snapshots > 0 && (version.equals(shippedVersion) || clock.instant().isBefore(nextSnapshot))) {
            return version.equals(shippedVersion);
        }
        Path copy = Files.createTempDirectory("healing-sqlite-replica").resolve("copy.db");
        try {
            held.backup(copy);
            new GenerationWriter(store, generation()).snapshot(snapshots, out -> {
                try (InputStream in = Files.newInputStream(copy)) {
                    in.transferTo(out);
                }
            });
        } finally {
            for (String suffix : new String[] {"", "-journal", "-wal", "-shm"}) {
                Files.deleteIfExists(copy.resolveSibling("copy.db" + suffix));
            }
            Files.deleteIfExists(copy.getParent());
        }
        snapshots++;
        shippedVersion = version;
        snapshotTaken();
        return true;
    }

    private void snapshotTaken() throws IOException {
        nextSnapshot = clock.instant().plus(settings.snapshotEvery());
        Instant cutoff = clock.instant().minus(settings.retention());
        new Retention(store).keepFrom(missingRowsSince().filter(cutoff::isAfter).orElse(cutoff), generation());
    }

    /** Restores what is stored, beside the shipping, and has it checked. */
    private void verifyIfDue() {
        if (clock.instant().isBefore(nextVerification) || verifying != null) {
            return;
        }
        settings.verifyEvery()
                .ifPresent(pause -> nextVerification = clock.instant().plus(pause));
        Thread other = new Thread(this::verify, "healing-sqlite replica check of " + file.main());
        other.setDaemon(true);
        verifying = other;
        other.start();
    }

    private void verify() {
        try {
            List<String> problems = Replica.of(store).verify(Path.of(System.getProperty("java.io.tmpdir", ".")));
            if (!problems.isEmpty()) {
                LOG.error(
                        "{}: the replica {} was restored and is damaged; the whole database is stored again. {} problems, the first: {}",
                        file.main(),
                        store,
                        problems.size(),
                        problems.get(0));
                isDamaged = true;
            }
        } catch (IOException | RuntimeException e) {
            LOG.error("{}: the replica {} cannot be restored: {}", file.main(), store, Disclosure.message(e));
            isDamaged = true;
        } finally {
            verifying = null;
        }
    }

    /** Since when rows may be missing that nobody has looked at: what was before stays. */
    private Optional<Instant> missingRowsSince() {
        try {
            return new IncidentLog(file).unresolvedLossSince();
        } catch (SQLException e) {
            LOG.debug("{}: incidents cannot be read: {}", file.main(), Disclosure.message(e));
            return Optional.of(Instant.EPOCH);
        }
    }

    /** The application is worth more than the replica: a log that has grown so long is let go of, and the whole database stored when the store is there again. */
    private void boundLog() {
        long bytes = file.wal().toFile().length();
        if (hold != null && bytes > settings.limitBytes()) {
            LOG.error(
                    "{}: the replica {} is out of reach and the log has {} bytes, more than replicaLimit: nothing is kept for it any more; the whole database is stored"
                            + " when it can be reached",
                    file.main(),
                    store,
                    bytes);
            endGeneration();
        }
    }

    /** Keeps nothing of the database open. */
    private void letGo() {
        // A number of this connection's, and of no other.
        shippedVersion = "";
        LogHold held = hold;
        hold = null;
        if (held != null) {
            held.close();
        }
    }

    /** Whether somebody has said that what was there is not to come back, since the generation began. */
    private boolean isForgotten() {
        try {
            return new RescueLog(file).forgottenAt().filter(begunAt::isBefore).isPresent();
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** The history ends; the next lease begins another. */
    private void endGeneration() {
        letGo();
        log = null;
        snapshots = 0;
        Lease held = lease;
        lease = null;
        release(held);
    }

    private void release(@Nullable Lease held) {
        if (held != null) {
            try {
                if (isForgotten()) {
                    held.end();
                } else {
                    held.release();
                }
            } catch (IOException | RuntimeException e) {
                LOG.debug("{}: the lease runs out by itself: {}", file.main(), Disclosure.message(e));
            }
        }
    }

    private void end() {
        endGeneration();
        state.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            state.unlock();
        }
    }

    private void troubleBegins(String what) {
        if (trouble == null) {
            LOG.warn("{}: not shipped to {}: {}", file.main(), store, what);
        }
        trouble = what;
    }

    private void troubleEnds() {
        lockedSince = null;
        if (trouble != null) {
            LOG.warn("{}: shipped to {} again", file.main(), store);
        }
        trouble = null;
    }
}
