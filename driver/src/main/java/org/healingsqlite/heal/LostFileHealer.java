package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.FileOwnership;
import org.healingsqlite.files.LastOwnership;
import org.healingsqlite.files.OpenFiles;
import org.healingsqlite.files.PrivateDirectory;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.files.RescueLog;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.repair.Fence;
import org.healingsqlite.repair.LostContent;
import org.healingsqlite.repair.Publication;
import org.healingsqlite.repair.Published;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Heals a database whose file was deleted, renamed or replaced while connections hold it: its content is saved, goes back to the path or into the
 * quarantine, and the connections move. Called in the healer's turn only.
 */
final class LostFileHealer {
    /** {@code rm app.db*} deletes file by file: what is put back too early loses its log to the rest of that. */
    private static final Duration SETTLING = Duration.ofMillis(20);

    private static final Duration LONGEST_WAIT_FOR_OTHERS = Duration.ofSeconds(5);
    private static final Duration LONGEST_WAIT_TO_COMPLETE = Duration.ofSeconds(1);
    private static final Duration BETWEEN_LOOKS_AT_PROCESSES = Duration.ofMillis(100);
    private static final long PAUSE_NANOS = 1_000_000;
    private static final int MOST_ATTEMPTS = 20;
    private static final Logger LOG = LoggerFactory.getLogger(LostFileHealer.class);

    private final ManagedDatabase database;
    private final DatabaseFile file;
    private final RescueLog log;

    /** Lost files whose content is safe, as far as this JVM has seen to it. */
    private final Set<FileIdentity> safe = ConcurrentHashMap.newKeySet();

    /** Where the content of lost files was saved whose side directory is not to be used: by identity, or by connection where that is not known. */
    private final Map<Object, Path> elsewhere = new ConcurrentHashMap<>();

    /** Processes that held a deleted file when the wait for it to come back ended. */
    private volatile Set<Long> awaitedInVain = Set.of();

    LostFileHealer(ManagedDatabase database) {
        this.database = database;
        this.file = database.file();
        this.log = new RescueLog(file);
    }

    /** A connection has opened a file: one of a lost file's identity is another file, which the system gave its inode to. */
    void opened(@Nullable FileIdentity identity) {
        if (identity != null && !safe.isEmpty()) {
            safe.remove(identity);
        }
    }

    /** Sees to it that other processes can know what this one has saved: who deletes a directory takes the log as well. */
    void completeLog() {
        try {
            if (log.isComplete()) {
                return;
            }
            try (ProcessLock lock = ProcessLock.acquire(file.side(), LONGEST_WAIT_TO_COMPLETE)) {
                if (lock != null) {
                    log.complete();
                }
            }
        } catch (IOException e) {
            LOG.debug("{}: {}", file.main(), e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the content of the file that a connection holds is where it belongs: another connection, or process, met the same loss. */
    boolean isSafe(HealableConnection connection) {
        FileIdentity lost = connection.identity();
        if (lost == null) {
            // It had vanished before anybody could look which one it was.
            return false;
        }
        if (safe.contains(lost)) {
            return true;
        }
        try {
            Optional<RescueLog.Entry> entry = log.of(lost, connection.opened());
            return entry.isPresent() && !log.isPending(entry.get());
        } catch (IOException unreadable) {
            return false;
        }
    }

    /**
     * Takes a connection over to the file at the path, and sees to it that the content of the lost one is safe first.
     *
     * @param returns whether that goes back to the path
     * @param stranger what happens to a database that is at the path
     * @return what is not in the file at the path now
     */
    Loss move(HealableConnection connection, boolean returns, Publication.Stranger stranger, List<String> steps)
            throws SQLException, IOException {
        FileIdentity lost = connection.identity();
        LastOwnership.noteLost(file, lost);
        if (file.createDirectory()) {
            steps.add("created directory " + file.directory());
        }
        Crossing crossing = new Crossing(connection, returns, stranger, steps);
        Connection left;
        try {
            left = connection.move(crossing);
        } catch (SQLException | IOException | RuntimeException e) {
            crossing.takeBack(connection.physical(), e);
            throw e;
        }
        database.lost().add(connection, left, lost, crossing.giveUp(left));
        database.raiseEpoch();
        database.watch();
        database.reviewFences();
        steps.add("moved to the file at " + file.main());
        boolean filled = steps.stream().anyMatch(step -> step.startsWith(OtherSources.FILLED));
        return filled && !crossing.loss.isNone()
                ? Loss.unknown("what the other sources do not have of the " + crossing.loss.explanation())
                : crossing.loss;
    }

    // ---- Where the side directory is not to be used

    /**
     * Saves what a lost file holds in a private directory, through a connection that stays with it: nothing of this goes to the path, or to the side directory.
     *
     * @param why the side directory is not to be used, for a reader
     * @param anew whether it is saved once more where it was saved before: the application may have written since
     * @return whether it is saved
     */
    boolean saveElsewhere(HealableConnection connection, String why, boolean anew) throws SQLException, IOException {
        FileIdentity lost = connection.identity();
        Object key = lost == null ? connection : lost;
        Path before = elsewhere.get(key);
        if (before != null && !anew) {
            return true;
        }
        String name = "copy-" + Instant.now().toEpochMilli() + '-' + file.main().getFileName();
        Path copy = before == null ? PrivateDirectory.make(file).resolve(name) : before.resolveSibling(name);
        Crossing crossing = new Crossing(connection, false, Publication.Stranger.STAYS, new ArrayList<>());
        boolean done = false;
        try {
            PrivateDirectory.createFile(copy);
            crossing.read(() -> Sqlite.backup(connection.physical(), copy));
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(copy);
                if (before == null) {
                    PrivateDirectory.removeAround(copy);
                }
            }
        }
        elsewhere.put(key, copy);
        if (before != null) {
            Files.deleteIfExists(before);
        }
        LOG.error(
                "{}: its file is no longer at the path, and {}. What this process still has of it was copied to {}, which is readable for its owner only, by"
                        + " SQLite's backup; commits after this moment are copied once more when the last connection closes. To put it back: stop the"
                        + " application, then copy that file to {}",
                file.main(),
                why,
                copy,
                file.main());
        return true;
    }

    @FunctionalInterface
    private interface Attempt {
        void run() throws SQLException, IOException;
    }

    /** Between the lost file and the one at the path. */
    private final class Crossing implements HealableConnection.Crossing {
        private final HealableConnection connection;
        private final @Nullable FileIdentity lost;
        /** Whether it has the lost file's log open, and will open no other one. */
        private final boolean hasOwnLog;

        private final boolean returns;
        private final Publication.Stranger stranger;
        private final List<String> steps;
        /** What this crossing has saved; null where it has not, or somebody else has. */
        private LostContent.@Nullable Saved saved;

        /** Where that is at the path. */
        private @Nullable Published published;

        /** What it had saved before that, in vain. */
        private @Nullable Path takenBack;

        private Loss loss = Loss.NONE;

        private Crossing(
                HealableConnection connection, boolean returns, Publication.Stranger stranger, List<String> steps) {
            this.connection = connection;
            this.lost = connection.identity();
            FileIdentity ownLog = connection.log().log();
            this.hasOwnLog = ownLog != null && !OpenFiles.areClosedHere(Set.of(ownLog));
            this.returns = returns;
            this.stranger = stranger;
            this.steps = steps;
        }

        @Override
        public void read(HealableConnection.SqlAction action) throws SQLException, IOException {
            database.progressed("read");
            whileFilesVanish(() -> {
                try (Fence fence = fence()) {
                    action.run();
                }
            });
        }

        /**
         * SQLite finds a journal, and a log, by the name of its database: those of the file at the path must not be taken for the lost one's.
         */
        private @Nullable Fence fence() throws SQLException {
            if (Files.notExists(file.main())) {
                return null;
            }
            Duration wait = connection.settings().waitLimit();
            // It may have been put there this moment.
            database.setLogOfLostFileAside(connection.settings());
            try {
                return hasOwnLog ? Fence.hold(file, wait) : Fence.holdWithEmptyLog(file, wait);
            } catch (SQLException e) {
                if (Fault.of(e) instanceof Fault.Corruption && (hasOwnLog || file.isLogEmpty())
                        || Files.notExists(file.main())) {
                    // Nobody writes to that, so there is no journal of it.
                    return null;
                }
                throw e;
            }
        }

        @Override
        public void leave(Connection lost, HealableConnection.Arrival arrival) throws SQLException, IOException {
            // A transaction that JDBC has begun and nobody has used is in the way of the fence.
            boolean begun = connection.transactionState() == TransactionState.UNUSED;
            if (begun) {
                Sqlite.execute(lost, "ROLLBACK");
            }
            try {
                whileFilesVanish(() -> saveAndArrive(lost, arrival));
            } catch (SQLException | IOException | RuntimeException e) {
                if (begun) {
                    Sqlite.beginAsJdbcDoes(lost);
                }
                throw e;
            }
        }

        /** {@code rm} may still be at it, and takes what is being looked for or made as well. */
        private void whileFilesVanish(Attempt attempt) throws SQLException, IOException {
            for (int number = 1; ; number++) {
                try {
                    attempt.run();
                    return;
                } catch (SQLException | IOException e) {
                    if (number == MOST_ATTEMPTS || !mayComeOfVanishingFiles(e)) {
                        throw e;
                    }
                    LockSupport.parkNanos(SETTLING.toNanos());
                    file.createDirectory();
                }
            }
        }

        private void saveAndArrive(Connection lost, HealableConnection.Arrival arrival)
                throws SQLException, IOException {
            try {
                if (!saveAndArrive(lost, arrival, true)) {
                    database.rescueFromOthers(connection, LONGEST_WAIT_FOR_OTHERS);
                    bringBack(connection.settings(), steps);
                    saveAndArrive(lost, arrival, false);
                }
            } catch (SQLException | IOException | RuntimeException e) {
                takeBack(lost, e);
                throw e;
            }
        }

        /**
         * In one piece, as far as other processes that heal are concerned.
         *
         * @param mayWait whether it can be left to others to bring newer content back first
         * @return whether it has; otherwise others have such content
         */
        private boolean saveAndArrive(Connection lost, HealableConnection.Arrival arrival, boolean mayWait)
                throws SQLException, IOException {
            SQLException context = new SQLException("the file of " + file.main() + " is no longer at its path");
            try (ProcessLock lock = database.lock(connection.settings(), context)) {
                database.setLogOfLostFileAside(connection.settings());
                if (saved == null && !isSafe(connection)) {
                    save(lost);
                }
                database.progressed("move");
                if (mayWait && isElsewhere()) {
                    return false;
                }
                arrive(arrival);
                return true;
            }
        }

        private void save(Connection lost) throws SQLException, IOException {
            database.progressed("rescue");
            saved = new LostContent(file, log, connection.settings().waitLimit())
                    .save(
                            lost,
                            connection.identity(),
                            isToReturn(),
                            () -> isSafe(connection),
                            connection::endResults,
                            this::fence);
            if (saved != null) {
                deleteOlderCopy();
                loss = putBack(saved);
                log.complete();
            }
        }

        /** Also where what had taken its place is gone by now. */
        private boolean isToReturn() throws SQLException {
            return returns
                    || connection.settings().restoresDeleted() && database.isNothingAtPath(connection.settings());
        }

        /** Whether what was at the path is gone from there again, and in the hands of others, who may have written to it. */
        private boolean isElsewhere() {
            return database.isVacant()
                    && connection.settings().restoresDeleted()
                    && (published == null ? saved == null : isHeld(published.identity()));
        }

        /** The lost file holds all there is until somebody has the one open that its content went to. */
        private void arrive(HealableConnection.Arrival arrival) throws SQLException, IOException {
            Published content = published;
            refuseIfGone(content, file.identity());
            database.progressed("arrive");
            refuseIfGone(content, arrival.open());
        }

        private void refuseIfGone(@Nullable Published content, @Nullable FileIdentity there)
                throws NoSuchFileException {
            if (content != null
                    && !content.identity().equals(there)
                    && (there == null || !isHeld(content.identity()))) {
                throw new NoSuchFileException(file.main() + ", with what had come back to it");
            }
        }

        private boolean isHeld(FileIdentity identity) {
            return database.holds(identity) || !OpenFiles.holders(identity).isEmpty();
        }

        /** The connection stays with the lost file, which is what holds the content again. */
        void takeBack(Connection lost, Exception failure) throws SQLException {
            LostContent.Saved content = saved;
            saved = null;
            loss = Loss.NONE;
            letGoOfPublished();
            if (content == null) {
                return;
            }
            steps.add("took that back: " + failure.getMessage());
            ProcessLock lock = null;
            try {
                lock = database.lock(connection.settings(), new SQLException(failure));
            } catch (SQLException e) {
                failure.addSuppressed(e);
            }
            try (ProcessLock held = lock) {
                log.withdraw(content.entry());
            } catch (IOException e) {
                failure.addSuppressed(e);
            }
            LostContent.release(lost);
            takenBack = content.copy();
        }

        /** A copy that was of no use is all there is, if this process dies, until there is a newer one. */
        private void deleteOlderCopy() {
            Path older = takenBack;
            takenBack = null;
            if (older != null) {
                try {
                    Files.deleteIfExists(older);
                } catch (IOException e) {
                    LOG.debug("{} stays: {}", older, e.toString());
                }
            }
        }

        /**
         * The connection is where it belongs: nobody needs the lost file any more.
         *
         * @return whether it stays fenced
         */
        boolean giveUp(Connection left) {
            letGoOfPublished();
            if (lost != null) {
                safe.add(lost);
            }
            if (saved == null) {
                return false;
            }
            completeLog();
            database.progressed("seal");
            return !(hasOwnLog && seal(left));
        }

        private void letGoOfPublished() {
            Published content = published;
            published = null;
            if (content != null) {
                content.close();
            }
        }

        private boolean mayComeOfVanishingFiles(Exception failure) {
            return failure instanceof IOException
                    || failure instanceof TakenAwayException
                    || failure instanceof SQLException sql
                            && Fault.of(sql) instanceof Fault.Unavailable unavailable
                            && switch (unavailable.kind()) {
                                case IO, CANNOT_OPEN, READ_ONLY -> true;
                                case BUSY, SNAPSHOT, LOCKED, PROTOCOL, FULL -> false;
                            };
        }

        /** What no name leads to is of no use to anybody: emptied, it tells writers at once. What was renamed is somebody's. */
        private boolean seal(Connection left) {
            try {
                if (lost != null
                        && OpenFiles.isNameless(lost)
                        && Sqlite.pragma(left, "journal_mode").equalsIgnoreCase("wal")) {
                    Sqlite.seal(left);
                    return true;
                }
            } catch (SQLException e) {
                LOG.debug("{}: the lost file stays fenced: {}", file.main(), e.getMessage());
            }
            return false;
        }

        private Loss putBack(LostContent.Saved saved) throws SQLException, IOException {
            if (saved.copy() == null) {
                return Loss.NONE;
            }
            if (saved.entry().returns()) {
                database.progressed("publish");
                published = publication(connection.settings(), saved.entry())
                        .publish(saved.copy(), stranger, steps)
                        .orElse(null);
                if (published != null) {
                    steps.add("put the content of the lost file back to the path, with "
                            + (saved.rows() < 0 ? "all its" : saved.rows()) + " rows");
                    return Loss.NONE;
                }
                stays(saved.entry());
            }
            steps.add("kept the lost file's content in " + saved.copy());
            return saved.rows() == 0
                    ? Loss.NONE
                    : new Loss(saved.rows(), "rows of the lost file; all of them are kept in " + saved.copy());
        }
    }

    /** A copy is not to go back to the path after all. */
    private void stays(RescueLog.Entry entry) throws IOException {
        log.add(new RescueLog.Entry(entry.lost(), Instant.now(), entry.copy(), false));
    }

    private Publication publication(HealingSettings settings, RescueLog.Entry entry) throws IOException {
        Optional<FileOwnership> ownership = log.ownership(entry).or(() -> LastOwnership.of(file));
        return new Publication(file, ownership.orElse(null), SETTLING, settings.waitLimit());
    }

    /**
     * Before a file is created at the path: sees to it that the content of a lost one comes back first, where somebody has it.
     *
     * @param steps what is done is added
     * @return whether this process put something back
     */
    boolean bringBack(HealingSettings settings, List<String> steps) throws SQLException, IOException {
        awaitOthers(settings, steps);
        return finishPublication(settings, steps);
    }

    /** Whether other processes hold a file that was deleted at the path, and have not been waited for in vain. */
    boolean mayOthersBringBack() {
        return !awaitedInVain.containsAll(OpenFiles.holdersOfDeleted(file.main()));
    }

    /** Another process that heals puts the content back within milliseconds, and one that does not never will. */
    private void awaitOthers(HealingSettings settings, List<String> steps) throws SQLException {
        long deadlineNanos =
                System.nanoTime() + Math.min(settings.waitLimit().toNanos(), LONGEST_WAIT_FOR_OTHERS.toNanos());
        List<Long> holders = OpenFiles.holdersOfDeleted(file.main());
        while (!holders.isEmpty() && System.nanoTime() - deadlineNanos < 0) {
            long nextLookNanos = System.nanoTime() + BETWEEN_LOOKS_AT_PROCESSES.toNanos();
            while (System.nanoTime() - nextLookNanos < 0) {
                if (!database.isNothingAtPath(settings)) {
                    return;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            holders = OpenFiles.holdersOfDeleted(file.main());
        }
        awaitedInVain = Set.copyOf(holders);
        if (!holders.isEmpty()) {
            steps.add("these processes still hold a file that was deleted here: " + holders);
        }
    }

    /** A process died between saving a lost file's content and putting it back. */
    private boolean finishPublication(HealingSettings settings, List<String> steps) throws SQLException, IOException {
        if (log.pending().isEmpty()) {
            return false;
        }
        SQLException context = new SQLException("there is no file at " + file.main());
        try (ProcessLock lock = database.lock(settings, context)) {
            Optional<RescueLog.Entry> pending = log.pending();
            if (pending.isEmpty() || !database.isNothingAtPath(settings)) {
                return false;
            }
            Optional<String> problem = file.side().problemOf(log.copy(pending.get()));
            if (problem.isPresent()) {
                LOG.warn("{}: what a process is said to have saved is not put back: {}", file.main(), problem.get());
                return false;
            }
            Optional<Published> content = publication(settings, pending.get())
                    .publish(log.copy(pending.get()), Publication.Stranger.STAYS, steps);
            content.ifPresent(Published::close);
            if (content.isEmpty()) {
                return false;
            }
            steps.add("put back what another process had saved of a lost file");
            return true;
        }
    }
}
