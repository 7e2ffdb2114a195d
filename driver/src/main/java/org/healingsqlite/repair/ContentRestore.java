package org.healingsqlite.repair;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.archive.RowSupply;
import org.healingsqlite.completeness.Completeness;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.files.Quarantine;
import org.healingsqlite.files.Quarantine.Evidence;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.LogIndex;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.format.WriteAheadLog;
import org.healingsqlite.log.Disclosed;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Recovers a damaged database in place: takes its write lock, copies the damaged files into the quarantine, makes the best content there is, and
 * copies that over the damaged one, all in one transaction of SQLite's. Nobody commits between the copy and the end, and nobody, in this process
 * or another, ever sees half of it; killed at any moment, SQLite's own journal or log leaves the damaged content or the new one.
 */
public final class ContentRestore {
    private static final Log LOG = Log.of(ContentRestore.class);

    private static final int LEAST_PAGES_A_STEP = 8;
    private static final int BYTES_A_STEP = 256 * 1024;
    private static final int STEPS_OF_A_LARGE_FILE = 64;
    private static final int PLACEHOLDER_STEPS = 3;
    private static final int PAUSE_MILLIS = 10;
    private static final int PATIENT_ATTEMPTS = 20;

    private final DatabaseFile file;
    private final Surroundings surroundings;
    private final Quarantine quarantine;
    private final Content content;

    /** Evidence that was taken before anything was touched; null where taking the lock touches nothing. */
    private @Nullable Evidence evidence;

    private @Nullable HeaderPatch patch;
    private boolean inPlace;
    private boolean logReset;
    private long framesCountedOn;
    private int pageSizeBytes;
    private @Nullable LogPatch logPatch;
    private @Nullable Throwable failure;
    private Content.@Nullable Made made;

    /** What a restore needs of the world around it. */
    public interface Surroundings {
        /**
         * Copies what a connection sees that holds the file open, outside of any transaction and without an open result set, so that what it reads is the
         * newest there is; its cache may be whole.
         *
         * @return whether there is such a connection
         */
        boolean copyOfHolder(Path target) throws SQLException, IOException;

        /** What is known of the schema, as a script; empty where nothing is. */
        String schema() throws SQLException;

        /** Rows from elsewhere; the same object each time. */
        RowSupply supply();

        /** Whether the archive has every commit that was acknowledged here. */
        boolean archiveIsCurrent();

        /** Gives new content the schema that is known, as far as it is missing. */
        void completeSchema(Connection newContent) throws SQLException;

        /**
         * Adds to the new content what a database should have and it has not.
         *
         * @param lossy whether rows were lost, so that a table without rows may be one that has lost them
         */
        void complete(Connection newContent, boolean lossy) throws SQLException;

        /** Whether rows may be lost. */
        boolean acceptsLoss();

        /** Ends what keeps the database locked in this JVM and can be ended. */
        void endReaders() throws SQLException, IOException;

        /** Notes a step where the next process will find it, and tells those who wait. */
        void step(String what) throws IOException;

        /**
         * Hears how far the salvage is, many times.
         *
         * @throws UncheckedIOException where it has taken too long
         */
        void salvaged(String phase, long done, long total);

        /** Notes how it will have ended once the content is in place. */
        void decided(Restored result) throws IOException;

        /** The longest wait for the lock. */
        Duration lockWait();

        /** The content is in place: what is left to do is to be begun when nobody waits any more, and the database not to be left alone before it has ended. */
        void settling(Settling rest);

        /** What was in place a moment ago is not: heard on a thread of its own, when everything else is over. */
        void unsound(String message);
    }

    /**
     * What a restore did.
     *
     * @param source where the content came from, for a reader
     * @param evidence the copy of the damaged database
     * @param completeness whether every row is there
     * @param values whether the values of the rows are proven
     * @param lost for a reader; empty where nothing was lost
     */
    public record Restored(
            String source,
            Path evidence,
            Completeness completeness,
            org.healingsqlite.completeness.Content values,
            String lost) {}

    /** The content that could be recovered is not all there was, and the application would rather have the error. */
    public static final class LossRefusedException extends SQLException implements Disclosed {
        private static final long serialVersionUID = 1L;

        LossRefusedException(String lost) {
            super("recovering it would lose rows, and onLoss is refuse: " + lost);
        }
    }

    public ContentRestore(DatabaseFile file, Surroundings surroundings) {
        this.file = file;
        this.surroundings = surroundings;
        this.quarantine = new Quarantine(file);
        this.content = new Content(file, surroundings);
    }

    /**
     * Does it.
     *
     * @throws SQLException where the lock cannot be had, or the new content does not hold; the database is as it was then
     * @throws IOException where the disk fails; likewise
     */
    public Restored run() throws SQLException, IOException {
        file.side().create();
        HeldFile main = HeldFile.of(file);
        boolean wal = isInWalMode(main);
        framesCountedOn = framesCountedOn();
        try {
            Stamp untouched = Stamp.of(main);
            if (!wal) {
                // Under the write lock nobody can read any more, this process's own connections included.
                content.copyOfHolder();
            }
            prepare(main, untouched, wal);
            restore(main, Stamp.of(main), wal);
            return result();
        } catch (SQLException | IOException | RuntimeException | Error e) {
            undoPatch(e);
            throw e;
        } finally {
            content.discard();
        }
    }

    /** A database in WAL mode has its log and the log's index beside it as long as anybody is connected. */
    private boolean isInWalMode(HeldFile main) throws IOException {
        byte[] head = main.head(DatabaseHeader.SIZE);
        return HeaderPatch.isSound(head, main.size())
                ? DatabaseHeader.of(head).walMode()
                : Files.exists(file.wal()) || Files.exists(file.shm());
    }

    private Restored result() {
        Content.Made done = made;
        Evidence kept = evidence;
        if (done == null || kept == null) {
            throw new IllegalStateException("restored without content");
        }
        return done.restored(kept);
    }

    /** Sees to it that SQLite can begin a transaction at all. */
    private void prepare(HeldFile main, Stamp untouched, boolean wal) throws IOException {
        byte[] head = main.head(DatabaseHeader.SIZE);
        boolean sound = HeaderPatch.isSound(head, main.size());
        if (sound && !hasContent(file.journal())) {
            return;
        }
        surroundings.step("quarantine");
        Evidence kept = quarantine.keep(main, Instant.now());
        evidence = kept;
        if (!sound) {
            surroundings.step("header");
            Geometry geometry = Salvage.of(kept.main()).geometry();
            int encoding =
                    DatabaseHeader.of(head).encoding().map(TextEncoding::code).orElse(TextEncoding.UTF_8.code());
            if (!untouched.equals(Stamp.of(main))) {
                content.discardCopyOfHolder();
            }
            patch = HeaderPatch.apply(main, geometry, encoding, wal);
        }
    }

    private static boolean hasContent(Path path) {
        try {
            return Files.size(path) > 0;
        } catch (IOException absent) {
            return false;
        }
    }

    private void restore(HeldFile main, Stamp before, boolean wal) throws SQLException, IOException {
        pageSizeBytes = DatabaseHeader.of(main.head(DatabaseHeader.SIZE))
                .geometry()
                .map(Geometry::pageSizeBytes)
                .orElseThrow(() -> new IOException(file.main() + " has lost its header again"));
        int pagesAStep = pagesAStep(main.size());
        FileChannel bytes = null;
        boolean settling = false;
        Connection keeper = wal ? keeper() : null;
        Connection target = openOrClose(keeper);
        try (Connection source = content.placeholder(pageSizeBytes, PLACEHOLDER_STEPS * pagesAStep);
                EarlyFlush flush = new EarlyFlush(file.wal())) {
            // Now: once the content is in place nothing may fail for want of a descriptor.
            bytes = FileChannel.open(content.file(), StandardOpenOption.READ, StandardOpenOption.WRITE);
            Gate gate = new Gate(source, bytes);
            Sqlite.execute(target, "PRAGMA busy_timeout = 0");
            // A file that is shorter than its header says is accepted with this.
            Sqlite.execute(target, "PRAGMA writable_schema = on");
            // Else the next statement would do what can be done when nobody waits.
            Sqlite.execute(target, "PRAGMA wal_autocheckpoint = 0");
            surroundings.step("lock");
            Optional<String> reason = Optional.of("");
            long deadlineNanos = System.nanoTime() + surroundings.lockWait().toNanos();
            Sqlite.Course course = new Sqlite.Course() {
                @Override
                public void locked() {
                    gate.pass(() -> make(main, before, wal));
                    failure = gate.failure();
                }

                @Override
                public void copied() {
                    if (wal && failure == null) {
                        gate.pass(() -> flush.written((long) pagesAStep * pageSizeBytes));
                        failure = gate.failure();
                    }
                }
            };
            while (!isDecided()) {
                reason = Sqlite.restore(target, content.file(), pagesAStep, PATIENT_ATTEMPTS, PAUSE_MILLIS, course);
                if (!isDecided() && !isLocked(reason)) {
                    if (!wal || logReset && !hideUnusablePages()) {
                        throw new SQLException("the damaged database could not be locked: " + reason.orElse(""));
                    }
                    resetLog(main);
                }
                if (!isDecided() && System.nanoTime() - deadlineNanos >= 0) {
                    throw new SQLException(
                            "the damaged database stayed locked for "
                                    + surroundings.lockWait().toMillis()
                                    + " ms: somebody's transaction or result set is open on it",
                            "HYT00");
                }
                surroundings.endReaders();
            }
            throwFailure();
            if (reason.isPresent()) {
                throw new SQLException("the new content could not be written: " + reason.get());
            }
            inPlace = true;
            tellRestored();
            settling = settle(main, target, bytes, wal);
        } finally {
            if (!settling) {
                if (bytes != null) {
                    bytes.close();
                }
                target.close();
            }
            if (keeper != null) {
                keeper.close();
            }
        }
    }

    private Connection openOrClose(@Nullable Connection keeper) throws SQLException {
        try {
            return Sqlite.open(file.main(), Access.EXISTING);
        } catch (SQLException e) {
            if (keeper != null) {
                keeper.close();
            }
            throw e;
        }
    }

    /** Many where there are many: each step costs locks. The placeholder has to be larger, and should not outgrow what it stands for. */
    private int pagesAStep(long bytes) {
        long most = Math.min(BYTES_A_STEP, bytes / STEPS_OF_A_LARGE_FILE);
        return (int) Math.max(LEAST_PAGES_A_STEP, most / pageSizeBytes);
    }

    private boolean isDecided() {
        return made != null || failure != null;
    }

    /**
     * The log is damaged where even the first page is looked for: its index is made invalid, so that every connection, of any process, reads the
     * log anew, as after a crash, and takes what is whole of it. What is behind that is in the evidence.
     */
    private void resetLog(HeldFile main) throws IOException {
        logReset = true;
        surroundings.step("log");
        Evidence kept = evidence;
        if (kept == null) {
            kept = quarantine.keep(main, Instant.now());
            evidence = kept;
        }
        // Afterwards its cache would be as old as the log then is.
        content.copyOfHolder();
        if (!isLogAsIn(kept)) {
            content.discardCopyOfHolder();
        }
        HeldFile index = HeldFile.ofIndex(file);
        if (index.size() >= LogIndex.SIZE) {
            index.overwriteHead(new byte[LogIndex.COPIES_SIZE]);
        }
    }

    /** Whether the log committed something as page 1 that is none, and does not show it any more. */
    private boolean hideUnusablePages() throws IOException {
        if (logPatch != null || Files.notExists(file.wal())) {
            return false;
        }
        logPatch = LogPatch.apply(file.wal()).orElse(null);
        return logPatch != null;
    }

    /**
     * A connection that cannot write. As long as it is there no other one is the last: SQLite would write the log into the database when that closes, whatever is in it.
     */
    private Connection keeper() throws SQLException {
        Connection keeper = Sqlite.open(file.main(), Access.READ_ONLY);
        try {
            Sqlite.pragma(keeper, "schema_version");
        } catch (SQLException damaged) {
            LOG.debug("{}: {}", file.main(), Disclosure.message(damaged));
        }
        return keeper;
    }

    /** Whether nobody has written to the log since the evidence was taken. */
    private boolean isLogAsIn(Evidence kept) throws IOException {
        return Files.exists(file.wal()) == Files.exists(kept.log())
                && (Files.notExists(kept.log()) || Files.mismatch(file.wal(), kept.log()) < 0);
    }

    /** How many frames connections take for committed; 0 where nobody knows of any that is needed. */
    private long framesCountedOn() {
        try {
            return Files.notExists(file.shm())
                    ? 0
                    : LogIndex.of(HeldFile.ofIndex(file).head(LogIndex.SIZE))
                            .filter(LogIndex::isNeeded)
                            .map(LogIndex::frames)
                            .orElse(0L);
        } catch (IOException unreadable) {
            return 0;
        }
    }

    /** How many of those the log no longer has. */
    private static long framesGone(Evidence kept, long countedOn, int pageSizeBytes) throws IOException {
        if (countedOn == 0 || Files.notExists(kept.log())) {
            return countedOn;
        }
        try (FileChannel channel = FileChannel.open(kept.log(), StandardOpenOption.READ)) {
            WriteAheadLog log = WriteAheadLog.read(channel, pageSizeBytes);
            long there = 0;
            for (int frame = 0; frame < log.frames(); frame++) {
                WriteAheadLog.Standing standing = log.standing(frame);
                if (standing == WriteAheadLog.Standing.COMMITTED || standing == WriteAheadLog.Standing.CORRECTED) {
                    there++;
                }
            }
            return Math.max(0, countedOn - there);
        }
    }

    private static boolean isLocked(Optional<String> reason) {
        return reason.isPresent()
                && (reason.get().contains("locked") || reason.get().contains("BUSY"));
    }

    private void throwFailure() throws SQLException, IOException {
        Throwable cause = failure;
        if (cause instanceof SQLException sql) {
            throw sql;
        }
        if (cause instanceof IOException io) {
            throw io;
        }
        if (cause != null) {
            throw new SQLException(
                    "the restore was stopped before anything was written: " + Disclosure.text(cause), cause);
        }
    }

    /** Removes what a restore that did not come to its end was making. */
    public static void discardWorkshop(DatabaseFile file) throws IOException {
        Content.discardAll(file);
    }

    /** The content is in place: whatever cannot be noted now does not change that. */
    private void tellRestored() {
        try {
            surroundings.step("restored");
        } catch (IOException e) {
            LOG.debug("{}: {}", file.main(), Disclosure.text(e));
        }
    }

    /** Called under the write lock, with the source kept from being copied: makes the content and judges it. */
    private void make(HeldFile main, Stamp before, boolean wal) throws SQLException, IOException {
        surroundings.step("quarantine");
        if (logReset && evidence != null && !isLogAsIn(evidence)) {
            content.discardCopyOfHolder();
        }
        Evidence kept = quarantine.keepLocked(main, evidence, Instant.now());
        evidence = kept;
        HeaderPatch patched = patch;
        if (patched != null) {
            patched.undoIn(kept.main());
        }
        LogPatch hidden = logPatch;
        if (hidden != null && Files.exists(kept.log())) {
            hidden.undoIn(kept.log());
        }
        if (wal && !logReset) {
            content.copyOfHolder();
        } else if (!wal && !before.equals(Stamp.of(main))) {
            content.discardCopyOfHolder();
        }
        Content.Made filled = content.make(kept, framesGone(kept, framesCountedOn, pageSizeBytes));
        if (!filled.loss().isNone() && !surroundings.acceptsLoss()) {
            throw new LossRefusedException(filled.loss().toString());
        }
        surroundings.decided(filled.restored(kept));
        made = filled;
    }

    /**
     * Looks whether what was written is there; where it is in the log so far, only that it can be read: the rest takes as long as the copying did.
     *
     * @param source what the content was copied from
     * @return whether both are still in use, and closed by whom they are left to
     */
    private boolean settle(HeldFile main, Connection target, FileChannel source, boolean wal) throws SQLException {
        Sqlite.execute(target, "PRAGMA writable_schema = reset");
        if (wal) {
            requireNone(DamageCheck.messages(target, DamageCheck.Depth.HEADER));
            surroundings.settling(new Settling(main, target, source, surroundings::unsound));
            return true;
        }
        Sqlite.execute(
                target, "PRAGMA busy_timeout = " + surroundings.lockWait().toMillis());
        requireNone(Settling.look(main, target, source));
        return false;
    }

    private static void requireNone(List<String> messages) throws SQLException {
        if (!messages.isEmpty()) {
            throw new SQLException("the database does not hold what was written into it: " + messages.get(0));
        }
    }

    private void undoPatch(Throwable cause) {
        LogPatch hidden = logPatch;
        if (hidden != null && !inPlace) {
            try {
                hidden.undo();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
        HeaderPatch patched = patch;
        if (patched != null && !inPlace) {
            try {
                patched.undo();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
    }

    /** What tells whether somebody has written to the database in between: every commit without a log changes the counter in the header. */
    private record Stamp(long size, ByteBuffer head) {
        static Stamp of(HeldFile main) throws IOException {
            return new Stamp(main.size(), ByteBuffer.wrap(main.head(DatabaseHeader.SIZE)));
        }
    }
}
