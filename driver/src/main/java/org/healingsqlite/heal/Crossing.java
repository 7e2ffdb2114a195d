package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.files.OpenFiles;
import org.healingsqlite.files.ProcessLock;
import org.healingsqlite.files.RescueLog;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.repair.Fence;
import org.healingsqlite.repair.LostContent;
import org.healingsqlite.repair.Publication;
import org.healingsqlite.repair.Published;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/** The way of one connection from its lost file to the one at the path; its content is made safe first. Called in the healer's turn only. */
final class Crossing implements HealableConnection.Crossing {
    private static final int MOST_ATTEMPTS = 20;

    private static final Duration LONGEST_WAIT_FOR_OTHERS = Duration.ofSeconds(5);
    private static final Log LOG = Log.of(Crossing.class);

    private final LostFileParts parts;
    private final DatabaseFile file;
    private final RescueLog log;
    private final HealableConnection connection;
    private final @Nullable FileIdentity lost;
    /** Whether it has the lost file's log open, and will open no other one. */
    private final boolean hasOwnLog;

    private final boolean returns;
    private final Publication.Stranger stranger;
    private final List<String> steps;
    private final AttachedFiles attached;
    /** What this crossing has saved; null where it has not, or somebody else has. */
    private LostContent.@Nullable Saved saved;

    /** Where that is at the path. */
    private @Nullable Published published;

    private Loss loss = Loss.NONE;

    /**
     * Begins.
     *
     * @param returns whether the content goes back to the path
     * @param stranger what happens to a database that is at the path
     * @param steps what is done is added
     */
    Crossing(
            LostFileParts parts,
            HealableConnection connection,
            boolean returns,
            Publication.Stranger stranger,
            List<String> steps) {
        this.parts = parts;
        this.file = parts.file();
        this.log = parts.safe().log();
        this.connection = connection;
        this.lost = connection.identity();
        FileIdentity ownLog = parts.logs().openedBy(connection);
        this.hasOwnLog = ownLog != null && !OpenFiles.areClosedHere(Set.of(ownLog));
        this.returns = returns;
        this.stranger = stranger;
        this.steps = steps;
        this.attached = new AttachedFiles(connection.settings(), steps);
    }

    @Override
    public void read(HealableConnection.SqlAction action) throws SQLException, IOException {
        parts.desk().progressed("read");
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
        if (!Files.isRegularFile(file.main())) {
            // There is no database, and nobody writes to one.
            return null;
        }
        Duration wait = connection.settings().waitLimit();
        // It may have been put there this moment.
        parts.place().setLogOfLostFileAside(connection.settings());
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
                if (number == MOST_ATTEMPTS || !mayComeOfVanishingFiles(e) || isSomethingInTheWay()) {
                    throw e;
                }
                LockSupport.parkNanos(LostFileReturn.SETTLING.toNanos());
                file.createDirectory();
            }
        }
    }

    private void saveAndArrive(Connection lost, HealableConnection.Arrival arrival) throws SQLException, IOException {
        try {
            if (!saveAndArrive(lost, arrival, true)) {
                parts.others().bringBack(connection, LONGEST_WAIT_FOR_OTHERS);
                parts.back().bringBack(connection.settings(), steps);
                saveAndArrive(lost, arrival, false);
            }
        } catch (SQLException | IOException | RuntimeException | Error e) {
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
        try (ProcessLock lock = parts.turns().lock(connection.settings(), context)) {
            try {
                parts.place().setLogOfLostFileAside(connection.settings());
                attached.copy(lost);
                if (saved == null && !parts.safe().isSafe(connection)) {
                    save(lost);
                }
                parts.desk().progressed("move");
                if (mayWait && isElsewhere()) {
                    return false;
                }
                attached.putBack();
                arrive(arrival);
                return true;
            } catch (SQLException | IOException | RuntimeException | Error e) {
                // Before another process can look: it would let go of what it holds.
                takeBack(lost, e);
                throw e;
            }
        }
    }

    private void save(Connection lost) throws SQLException, IOException {
        parts.desk().progressed("rescue");
        saved = new LostContent(file, log, connection.settings().waitLimit())
                .save(
                        lost,
                        connection.identity(),
                        isToReturn(),
                        () -> parts.safe().isSafe(connection),
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
                || connection.settings().restoresDeleted() && parts.place().isNothingAtPath(connection.settings());
    }

    /** Whether what was at the path is gone from there again, and in the hands of others, who may have written to it. */
    private boolean isElsewhere() {
        return parts.place().isVacant()
                && connection.settings().restoresDeleted()
                && !parts.safe().isForgotten(connection)
                && (published == null ? saved == null : isHeld(published.identity()));
    }

    /** The lost file holds all there is until somebody has the one open that its content went to. */
    private void arrive(HealableConnection.Arrival arrival) throws SQLException, IOException {
        Published content = published;
        FileIdentity there = file.identity();
        refuseIfGone(content, there);
        parts.desk().progressed("arrive");
        // What is there may go this moment, and be in the hands of others: an empty file would keep it from coming
        // back.
        refuseIfGone(content, arrival.open(there));
    }

    private void refuseIfGone(@Nullable Published content, @Nullable FileIdentity there) throws NoSuchFileException {
        if (content != null && !content.identity().equals(there) && (there == null || !isHeld(content.identity()))) {
            throw new NoSuchFileException(file.main() + ", with what had come back to it");
        }
    }

    private boolean isHeld(FileIdentity identity) {
        return parts.connections().keeps(identity)
                || !OpenFiles.holders(identity).isEmpty();
    }

    /** What is not in the file at the path. */
    Loss loss() {
        return loss;
    }

    /** The connection stays with the lost file, which is what holds the content again. */
    void takeBack(Connection lost, Throwable failure) throws SQLException {
        LostContent.Saved content = saved;
        saved = null;
        loss = Loss.NONE;
        attached.discard();
        letGoOfPublished();
        if (content == null) {
            return;
        }
        steps.add("took that back: " + Disclosure.message(failure));
        ProcessLock lock = null;
        try {
            lock = parts.turns().lock(connection.settings(), new SQLException(failure));
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
        try (ProcessLock held = lock) {
            log.withdraw(content.entry());
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        LostContent.release(lost);
        parts.safe().keepForNow(this.lost, content.copy());
    }

    /** A copy that was of no use is all there is, if this process dies, until there is a newer one. */
    private void deleteOlderCopy() {
        Optional<Path> older = parts.safe().takeKept(lost);
        if (older.isPresent()) {
            try {
                Files.deleteIfExists(older.get());
            } catch (IOException e) {
                LOG.debug("{} stays: {}", older.get(), Disclosure.text(e));
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
            parts.safe().add(lost);
        }
        if (saved == null) {
            return false;
        }
        parts.safe().completeLog();
        parts.desk().progressed("seal");
        return !(isOnlyOurs() && (hasOwnLog ? seal(left) : turnWritersAway()));
    }

    private void letGoOfPublished() {
        Published content = published;
        published = null;
        if (content != null) {
            content.close();
        }
    }

    /** What is no file does not vanish as those do: it is not waited for in the healer's turn. */
    private boolean isSomethingInTheWay() {
        return Files.exists(file.main()) && !Files.isRegularFile(file.main());
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

    /** What no name leads to is of no use to anybody else. What was renamed is somebody's. */
    private boolean isOnlyOurs() {
        return lost != null
                && !parts.connections().any(one -> one.sharesCache() && lost.equals(one.identity()))
                && OpenFiles.isNameless(lost);
    }

    /** Emptied, the lost file tells writers at once. */
    private boolean seal(Connection left) {
        try {
            if (Sqlite.pragma(left, "journal_mode").equalsIgnoreCase("wal")) {
                Sqlite.seal(left);
                return true;
            }
        } catch (SQLException e) {
            LOG.debug("{}: the lost file stays fenced: {}", file.main(), Disclosure.message(e));
        }
        return false;
    }

    /**
     * Without a log the fence has to stay, since it also keeps SQLite from taking the new file's journal for the lost one's. Those who wait for its lock do not wait
     * for nothing: they find a file that nobody can write to, and are moved as well.
     *
     * @return false: the fence stays
     */
    private boolean turnWritersAway() {
        try {
            Optional<HeldFile> held = HeldFile.ofNameless(Objects.requireNonNull(lost));
            if (held.isPresent()) {
                DatabaseHeader header = DatabaseHeader.of(held.get().head(DatabaseHeader.SIZE));
                Optional<byte[]> readableOnly = header.readableOnly();
                if (readableOnly.isPresent()) {
                    held.get().overwriteHeadForNow(readableOnly.get());
                }
            }
        } catch (IOException e) {
            LOG.debug("{}: writers wait for the lost file: {}", file.main(), Disclosure.text(e));
        }
        return false;
    }

    private Loss putBack(LostContent.Saved saved) throws SQLException, IOException {
        if (saved.copy() == null) {
            return Loss.NONE;
        }
        if (saved.entry().returns()) {
            parts.desk().progressed("publish");
            published = parts.back()
                    .publication(connection.settings(), saved.entry())
                    .publish(saved.copy(), stranger, steps)
                    .orElse(null);
            if (published != null) {
                if (lost != null) {
                    parts.schema().learning().cameBack(lost, published.identity());
                }
                steps.add("put the content of the lost file back to the path, with "
                        + (saved.rows() < 0 ? "all its" : saved.rows()) + " rows");
                return Loss.NONE;
            }
            parts.back().stays(saved.entry());
        }
        steps.add("kept the lost file's content in " + saved.copy());
        return saved.rows() == 0
                ? Loss.NONE
                : new Loss(saved.rows(), "rows of the lost file; all of them are kept in " + saved.copy());
    }

    @FunctionalInterface
    private interface Attempt {
        void run() throws SQLException, IOException;
    }
}
