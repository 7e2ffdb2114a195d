package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.LogIdentity;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.salvage.ProgressListener;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Keeps an archive of a database fresh while applications work on it. A commit made through {@link #commit} is in the archive, durable, when the call
 * returns; commits of others are with the next {@link #refreshIfChanged}. The archive is the rows as of one moment, and a log of what was committed
 * since; a refresh writes the rows anew and begins another log.
 *
 * <p>Trouble with the archive never reaches the application: it is told by {@link #trouble}, and the next refresh makes up for it. One keeper per
 * database and archive; shared by threads. Owns a connection of its own.
 */
@Internal
public final class ArchiveKeeper implements AutoCloseable {
    static final Pattern COPY = Pattern.compile("copy-[0-9a-f]{8}\\.db.*");

    private static final Log LOG = Log.of(ArchiveKeeper.class);

    /** The longest wait for another thread to write down what it committed before. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** The longest wait for somebody else's lock. */
    private static final Duration OWN_WAIT = Duration.ofSeconds(3);

    private static final long PAUSE_NANOS = 500_000;

    /** SQLite's code for a lock that somebody else has. */
    private static final int BUSY = 5;

    private static final Queue<Connection> ABANDONED = new ConcurrentLinkedQueue<>();

    private final Path database;
    private final DatabaseFile file;
    private final Path archive;
    private final CommitOrder commitOrder = new CommitOrder();

    /** Held while the log is written or exchanged. */
    private final ReentrantLock order = new ReentrantLock();

    private final ReentrantLock refreshing = new ReentrantLock();
    private final ArchiveLock lock;
    private final ArchiveHistory.Retention retention;
    private Connection own;
    private @Nullable FileIdentity identity;
    private LogIdentity ownLog;
    private Charset encoding;
    private @Nullable ChangeLog log;
    private @Nullable ChangeLog next;
    private long refreshedVersion;
    private boolean counting;
    private Map<String, Long> sequences = Map.of();
    /** The schema is not the one of the rows in the archive: its log cannot go on. */
    private volatile boolean stale;

    private final AtomicLong misses = new AtomicLong();
    private long copiedMisses;
    private volatile @Nullable String trouble;

    /** A commit, by whatever means: {@code Connection.commit}, or a statement in autocommit mode. */
    @FunctionalInterface
    public interface Commit {
        void run() throws SQLException;
    }

    /** A call on a connection that may commit. */
    @FunctionalInterface
    public interface Call<T> {
        T run() throws SQLException;
    }

    /** A connection whose commits are kept. Calls on it take turns. */
    public static final class Watch {
        private final ChangeCapture capture;
        private final ReentrantLock calls = new ReentrantLock();
        private final List<Long> commits = new ArrayList<>();
        private final CommitOrder order;
        private final Runnable passedBy;
        private volatile boolean quiet;

        private Watch(Connection connection, CommitOrder order, Runnable passedBy) throws SQLException {
            this.order = order;
            this.passedBy = passedBy;
            this.capture = ChangeCapture.on(connection);
            Sqlite.onCommit(connection, this::committing);
        }

        /** On the thread that commits. */
        private void committing() {
            if (quiet) {
                return;
            }
            if (calls.isHeldByCurrentThread()) {
                commits.add(order.take());
            } else {
                passedBy.run();
            }
        }

        private List<Long> takeCommits() {
            List<Long> taken = List.copyOf(commits);
            commits.clear();
            return taken;
        }

        @FunctionalInterface
        private interface Own {
            void run() throws SQLException;
        }

        /** Something of ours, whose commits are nobody's. */
        private void quietly(Own own) throws SQLException {
            calls.lock();
            boolean before = quiet;
            quiet = true;
            try {
                own.run();
            } finally {
                quiet = before;
                calls.unlock();
            }
        }

        /** A number that each change noted on the connection raises by one: SQLite counts the notes as changes. */
        public long notes() throws SQLException {
            return capture.notes();
        }

        /** Whether somebody else has changed the schema, so that what watches may name columns that are no more. */
        public boolean isOutdated() throws SQLException {
            return capture.isOutdated();
        }

        /** Ends the watch before the schema is changed, or for good. The next commit begins it again. */
        public void suspend() throws SQLException {
            if (!capture.isRemoved()) {
                quietly(capture::remove);
            }
        }
    }

    private ArchiveKeeper(Path database, Path archive, ArchiveLock lock, ArchiveHistory.Retention retention)
            throws SQLException, IOException {
        this.database = database;
        this.file = DatabaseFile.at(database);
        this.archive = archive;
        this.lock = lock;
        this.retention = retention;
        this.own = connect(database);
        this.identity = identity();
        this.ownLog = LogIdentity.of(file);
        this.encoding = inAGap(() -> ArchiveExport.encoding(own));
    }

    /**
     * Begins to keep an archive: writes the database's rows as they are.
     *
     * @param archive made where it is missing; an archive that is there is replaced by a good one
     * @throws NotOurArchiveException where people have written its manifest, which is not replaced
     * @throws ArchiveException where the directory keeps another database's, or another writes to it
     */
    public static ArchiveKeeper open(Path database, Path archive) throws SQLException, IOException {
        return open(database, archive, ArchiveHistory.Retention.NONE);
    }

    /** As {@link #open(Path, Path)}; and of what the archive was before, some stays. */
    public static ArchiveKeeper open(Path database, Path archive, ArchiveHistory.Retention retention)
            throws SQLException, IOException {
        ArchiveExport.requireApart(archive, database);
        FormatLine.require(archive);
        ArchiveLock lock = ArchiveLock.take(archive);
        ArchiveKeeper keeper;
        try {
            OneDatabase.claim(archive, database);
            deleteCopies(archive);
            keeper = new ArchiveKeeper(database, archive, lock, retention);
        } catch (SQLException | IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
        try {
            keeper.refresh();
            return keeper;
        } catch (SQLException | IOException | RuntimeException e) {
            keeper.close();
            throw e;
        }
    }

    /** What a process left behind that died over a refresh. */
    private static void deleteCopies(Path archive) throws IOException {
        List<Path> copies;
        try (Stream<Path> list = Files.list(archive)) {
            copies = list.filter(path ->
                            COPY.matcher(String.valueOf(path.getFileName())).matches())
                    .toList();
        }
        for (Path copy : copies) {
            Files.deleteIfExists(copy);
        }
    }

    private static Connection connect(Path database) throws SQLException {
        return Sqlite.open(database, Access.EXISTING.waiting(Duration.ZERO));
    }

    /**
     * Reads on the keeper's own connection in the first gap that writers leave. SQLite's own waiting looks less and less often: connections that commit
     * one after the other in a rollback-journal mode would keep it out for seconds.
     */
    private static <T> T inAGap(Call<T> read) throws SQLException {
        long deadlineNanos = System.nanoTime() + OWN_WAIT.toNanos();
        while (true) {
            try {
                return read.run();
            } catch (SQLException e) {
                boolean busy = (e.getErrorCode() & 0xff) == BUSY;
                if (!busy
                        || System.nanoTime() - deadlineNanos >= 0
                        || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private long dataVersion() throws SQLException {
        return inAGap(() -> Sql.number(own, "PRAGMA data_version"));
    }

    private @Nullable FileIdentity identity() {
        return file.identity();
    }

    /** Whether the keeper's connection has the files open that are at their paths. */
    private boolean holdsTheRightFiles() {
        return Objects.equals(identity, identity()) && !ownLog.isLostTo(LogIdentity.of(file));
    }

    private void reopen() throws SQLException {
        closeOwn();
        own = connect(database);
        identity = identity();
        encoding = inAGap(() -> ArchiveExport.encoding(own));
        ownLog = LogIdentity.of(file);
    }

    /** A connection whose log has lost its name must never write that into the database, as closing it would: it stays open. */
    private void closeOwn() throws SQLException {
        if (ownLog.isLostTo(LogIdentity.of(file))) {
            ABANDONED.add(own);
        } else {
            own.close();
        }
    }

    /**
     * Begins to keep the commits of a connection.
     *
     * @param connection a connection of sqlite-jdbc's own to the database, with no transaction open
     */
    public Watch watch(Connection connection) throws SQLException {
        return new Watch(connection, commitOrder, this::missed);
    }

    /** Commits, and on return the archive has what was committed, unless there is {@link #trouble}. Throws what the commit throws, only. */
    public void commit(Watch watch, Commit commit) throws SQLException {
        call(watch, () -> {
            commit.run();
            return Boolean.TRUE;
        });
    }

    /** As {@link #commit}, for a call that gives something, and that commits or not. */
    public <T> T call(Watch watch, Call<T> call) throws SQLException {
        watch.calls.lock();
        try {
            if (watch.calls.getHoldCount() == 1) {
                prune(watch);
            }
            try {
                return call.run();
            } finally {
                if (watch.calls.getHoldCount() == 1) {
                    keep(watch);
                }
            }
        } finally {
            watch.calls.unlock();
        }
    }

    private void prune(Watch watch) {
        try {
            watch.quietly(watch.capture::prune);
        } catch (SQLException e) {
            miss("notes of changes cannot be deleted: " + Disclosure.message(e));
        }
    }

    /** Some change may have gone by: the rows have to be written anew. */
    public void missed() {
        misses.incrementAndGet();
        stale = true;
    }

    /** Writes the rows anew where some change may have gone by. */
    public void settle() {
        // Not under the lock: whoever refreshes needs it.
        if (stale && trouble == null) {
            refreshStale();
        }
    }

    private void miss(String why) {
        LOG.debug("{}: {}", archive, why);
        missed();
    }

    /** After a call: what it committed goes to the log in the order in which SQLite committed it. */
    private void keep(Watch watch) {
        List<Long> commits = watch.takeCommits();
        boolean well = trouble == null;
        if (!commits.isEmpty()) {
            long first = commits.get(0);
            boolean alone = commits.get(commits.size() - 1) - first == commits.size() - 1;
            if (!commitOrder.await(first, PATIENCE) || !alone) {
                miss("commits of several connections were mixed");
            }
            order.lock();
            try {
                watch.quietly(() -> keep(watch.capture));
            } catch (SQLException e) {
                trouble = "changes are not kept since: " + Disclosure.text(e);
            } finally {
                order.unlock();
                commitOrder.done(commits);
            }
        }
        if (well && trouble != null) {
            // It may be the database's log that is gone, or the archive's, and not the disk: tried once.
            missed();
            refreshStale();
        }
        settle();
    }

    private void refreshStale() {
        refreshing.lock();
        try {
            if (stale) {
                refresh();
            }
        } catch (SQLException | IOException | RuntimeException e) {
            trouble = "the rows cannot be written anew: " + Disclosure.text(e);
        } finally {
            refreshing.unlock();
        }
    }

    private void keep(ChangeCapture capture) {
        try {
            if (capture.outdated(inAGap(() -> Sql.number(own, "PRAGMA main.schema_version")))) {
                missed();
                capture.renew();
                return;
            }
            ChangeLog.Group group = new ChangeLog.Group(encoding);
            capture.drainTo(group);
            noteSequences(group);
            if (group.isEmpty()) {
                return;
            }
            ChangeLog later = next;
            if (later != null) {
                later.append(group);
            }
            ChangeLog now = log;
            if (trouble == null && !stale && now != null) {
                now.append(group);
            }
        } catch (SQLException | IOException | RuntimeException e) {
            // Whatever is wrong with the archive, the application's commit is done.
            trouble = "changes are not kept since: " + Disclosure.text(e);
        }
    }

    /** They move without any row: an INSERT that is ignored takes a number too. */
    private void noteSequences(ChangeLog.Group group) throws SQLException {
        Map<String, Long> current = inAGap(this::sequences);
        if (current.equals(sequences)) {
            return;
        }
        current.forEach((table, value) -> {
            if (!value.equals(sequences.get(table))) {
                group.sequence(table, value);
            }
        });
        sequences.keySet().stream()
                .filter(table -> !current.containsKey(table))
                .forEach(table -> group.sequence(table, null));
        sequences = current;
    }

    private Map<String, Long> sequences() throws SQLException {
        Map<String, Long> all = new HashMap<>();
        if (counting) {
            try (Statement statement = own.createStatement();
                    ResultSet row =
                            statement.executeQuery("SELECT name, seq FROM sqlite_sequence WHERE name IS NOT NULL")) {
                while (row.next()) {
                    all.put(row.getString(1), row.getLong(2));
                }
            }
        }
        return all;
    }

    /** Whether the archive has every commit that was made through {@link #commit}, and that may have gone by. */
    public boolean isCurrent() {
        return trouble == null && !stale;
    }

    /** What keeps the archive from being fresh; empty where it is. */
    public Optional<String> trouble() {
        return Optional.ofNullable(trouble);
    }

    /** Writes the rows anew where anybody has committed since the last time; whether that was so. */
    public boolean refreshIfChanged() throws SQLException, IOException {
        if (trouble == null && !stale && holdsTheRightFiles() && dataVersion() == refreshedVersion) {
            return false;
        }
        refresh();
        return true;
    }

    /** Bytes in the log of changes: a refresh makes them rows. */
    public long logBytes() {
        ChangeLog now = log;
        return now == null ? 0 : now.sizeBytes();
    }

    /**
     * Writes the rows anew and begins another log. Commits wait while the database is copied, not while the copy is written as text.
     *
     * @throws ArchiveException where that is not possible; the archive and its log go on as they were
     */
    public void refresh() throws SQLException, IOException {
        refreshing.lock();
        String id = UUID.randomUUID().toString().substring(0, 8);
        Files.createDirectories(archive);
        Path copy = archive.resolve("copy-" + id + ".db");
        ChangeLog begun = ChangeLog.create(archive.resolve("changes-" + id + ".jsonl"));
        boolean done = false;
        try {
            boolean sameFile = log != null && Objects.equals(identity, identity());
            long version = copyAndBegin(copy, begun);
            try (Connection connection =
                    Sqlite.open(copy, Access.EXISTING.confined().looking())) {
                ArchiveExport export = ArchiveExport.of(connection);
                if (sameFile && SoundDatabase.objects(copy) > 0) {
                    // The rows were deleted, not lost: the log says so, or somebody else's statement.
                    export.evenEmpty();
                }
                export.continuedBy(String.valueOf(begun.file().getFileName()))
                        .retaining(retention)
                        .locked(lock, archive, ProgressListener.NONE);
            }
            done = true;
            goOnWith(begun, version);
        } finally {
            try {
                if (!done) {
                    abandon(begun);
                }
                for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
                    Files.deleteIfExists(copy.resolveSibling(copy.getFileName() + suffix));
                }
            } finally {
                refreshing.unlock();
            }
        }
    }

    private long copyAndBegin(Path copy, ChangeLog begun) throws SQLException, IOException {
        order.lock();
        try {
            if (!holdsTheRightFiles()) {
                reopen();
            }
            // Before the copy: what is committed meanwhile counts as not seen.
            long version = dataVersion();
            copiedMisses = misses.get();
            // One look at everything: else the copy would begin anew whenever somebody commits.
            Sqlite.execute(own, "BEGIN");
            try {
                return copyAndBegin(copy, begun, version);
            } finally {
                Sqlite.execute(own, "ROLLBACK");
            }
        } finally {
            order.unlock();
        }
    }

    private long copyAndBegin(Path copy, ChangeLog begun, long version) throws SQLException {
        counting = inAGap(() ->
                        Sql.number(own, "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence')"))
                == 1;
        sequences = sequences();
        Sqlite.backup(own, copy);
        if (ownLog.log() == null) {
            // There was none when the connection was opened; now it has read.
            ownLog = LogIdentity.of(file);
        }
        next = begun;
        return version;
    }

    private void goOnWith(ChangeLog begun, long version) throws IOException {
        order.lock();
        try {
            ChangeLog old = log;
            log = begun;
            next = null;
            refreshedVersion = version;
            trouble = null;
            stale = false;
            if (misses.get() != copiedMisses) {
                stale = true;
            }
            if (old != null) {
                old.close();
            }
        } finally {
            order.unlock();
        }
    }

    private void abandon(ChangeLog begun) throws IOException {
        order.lock();
        try {
            next = null;
            begun.close();
            Files.deleteIfExists(begun.file());
        } finally {
            order.unlock();
        }
    }

    @Override
    public void close() throws SQLException, IOException {
        order.lock();
        try {
            ChangeLog now = log;
            log = null;
            if (now != null) {
                now.close();
            }
            closeOwn();
            lock.close();
        } finally {
            order.unlock();
        }
    }
}
