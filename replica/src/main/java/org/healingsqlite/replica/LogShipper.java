package org.healingsqlite.replica;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.format.WriteAheadLog;
import org.jspecify.annotations.Nullable;

/**
 * Ships one generation of a database in WAL mode: the main file as it is, and behind it the log, transaction by transaction. What a checkpoint writes into the main file while it is copied is in the log that is
 * shipped before, because the log does not begin anew meanwhile: so the copy need not be of one moment. For one thread.
 */
final class LogShipper {
    /** SQLite's own measure for a checkpoint. Source: SQLite documentation, SQLITE_DEFAULT_WAL_AUTOCHECKPOINT. */
    private static final int PAGES_TO_BEGIN_ANEW = 1000;

    /** What is read while others may not write. */
    private static final long MOST_UNDER_LOCK_BYTES = 1 << 20;

    private static final int COPY_BYTES = 1 << 20;

    private final DatabaseFile file;
    private LogHold hold;
    private final GenerationWriter writer;
    private final BooleanSupplier paused;

    /** Read, and not in the store yet: the log has begun anew meanwhile. */
    private final Deque<Unshipped> unshipped = new ArrayDeque<>();

    private int index;
    private @Nullable LogPosition position;
    private boolean complete;
    private boolean changed;

    private record Unshipped(int index, long offset, ByteArrayOutputStream bytes) {}

    /** @param paused whether somebody waits for the database */
    LogShipper(DatabaseFile file, LogHold hold, GenerationWriter writer, BooleanSupplier paused) {
        this.file = file;
        this.hold = hold;
        this.writer = writer;
        this.paused = paused;
    }

    /** Goes on with other connections. */
    void use(LogHold other) {
        hold = other;
    }

    /** Whether the generation can be restored. */
    boolean isComplete() {
        return complete;
    }

    /** Whether anything was shipped since the last snapshot. */
    boolean hasChanged() {
        return changed;
    }

    /** Begins: the log so far, and then the whole database. False where a writer was at work; nothing has begun then. */
    boolean begin() throws IOException, SQLException {
        if (!hold.stamp()) {
            return false;
        }
        hold.begin();
        try (FileChannel log = log()) {
            LogReader reader = new LogReader(log);
            LogPosition start = reader.begin().orElseThrow(() -> new LogChangedException("there is no log"));
            put(reader, start);
        }
        snapshot();
        return true;
    }

    /** Stores the whole database, so that what comes before need not be kept. */
    void snapshot() throws IOException, SQLException {
        if (complete) {
            // Checkpoints get no further than what is in the store.
            hold.advance();
            shipLog();
        }
        HeldFile main = HeldFile.of(file);
        writer.snapshot(index, out -> copy(main, out));
        complete = true;
        changed = false;
    }

    private void copy(HeldFile main, OutputStream out) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
        long at = 0;
        while (true) {
            requireUnpaused();
            buffer.clear();
            int read = main.read(buffer, at);
            if (read <= 0) {
                return;
            }
            out.write(buffer.array(), 0, read);
            at += read;
        }
    }

    private void requireUnpaused() throws PausedException {
        if (paused.getAsBoolean()) {
            throw new PausedException();
        }
    }

    /** Ships what was committed, and begins the log anew where it is long. */
    void ship() throws IOException, SQLException {
        shipLog();
        requireUnpaused();
        if (changed) {
            hold.advance();
        }
        LogPosition now = position;
        if (now != null && now.offset() > (long) PAGES_TO_BEGIN_ANEW * now.frameSizeBytes()) {
            beginLogAnew();
            shipUnshipped();
        }
    }

    private FileChannel log() throws IOException {
        try {
            return FileChannel.open(file.wal(), StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw new LogChangedException("there is no log any more");
        }
    }

    private void shipLog() throws IOException {
        shipUnshipped();
        try (FileChannel log = log()) {
            LogReader reader = new LogReader(log);
            put(reader, goOn(reader));
        }
    }

    /** Where to read on. */
    private LogPosition goOn(LogReader reader) throws IOException {
        LogPosition now = position;
        if (now == null) {
            throw new IllegalStateException("not begun");
        }
        if (reader.hasStill(now)) {
            return now;
        }
        Optional<LogPosition> anew = reader.begin();
        if (anew.isPresent() && anew.get().begun() == now.begun() + 1 && reader.wasTheEnd(now)) {
            index++;
            position = anew.get();
            return anew.get();
        }
        throw new LogChangedException("the log does not go on where it was read last, at byte " + now.offset());
    }

    private void put(LogReader reader, LogPosition from) throws IOException {
        LogPosition end = reader.end(from);
        if (end.equals(from)) {
            position = from;
            return;
        }
        long start = start(from);
        writer.segment(index, start, out -> reader.copy(start, from, end, out));
        position = end;
        changed = true;
    }

    /** The log's header goes along with what is behind it. */
    private static long start(LogPosition from) {
        return from.offset() == WriteAheadLog.HEADER_SIZE ? 0 : from.offset();
    }

    private void shipUnshipped() throws IOException {
        while (!unshipped.isEmpty()) {
            Unshipped next = unshipped.getFirst();
            writer.segment(next.index(), next.offset(), next.bytes()::writeTo);
            changed = true;
            unshipped.removeFirst();
        }
    }

    // ---- Beginning the log anew

    private void beginLogAnew() throws IOException, SQLException {
        // Most of the work, while others write.
        hold.checkpoint();
        requireUnpaused();
        if (!hold.lockWriters()) {
            return;
        }
        try (FileChannel log = log()) {
            LogReader reader = new LogReader(log);
            boolean all = takeRest(reader);
            if (!all) {
                hold.unlockWriters();
                return;
            }
            hold.release();
            if (hold.checkpoint()) {
                hold.unlockWriters();
                restart(reader);
            } else {
                // Somebody reads at an earlier mark.
                hold.unlockWriters();
            }
            hold.begin();
        } finally {
            hold.unlockWriters();
        }
    }

    /** Everything is in the main file and read: the next writer begins the log anew, and should be this one. */
    private void restart(LogReader reader) throws IOException, SQLException {
        if (!hold.lockWriters()) {
            return;
        }
        LogPosition before = position;
        if (before == null || !reader.hasStill(before)) {
            // Another writer was; what became of the log meanwhile is seen when it is read next.
            hold.unlockWriters();
            return;
        }
        takeRest(reader);
        LogPosition end = position;
        hold.writeStamp();
        Optional<LogPosition> anew = reader.begin();
        if (end != null && anew.isPresent() && anew.get().begun() == end.begun() + 1) {
            index++;
            position = anew.get();
        }
    }

    /** Reads what nobody has read yet, to ship it when others may write again; false where that is much. */
    private boolean takeRest(LogReader reader) throws IOException {
        LogPosition from = goOn(reader);
        LogPosition end = reader.end(from);
        if (end.offset() - from.offset() > MOST_UNDER_LOCK_BYTES) {
            return false;
        }
        if (!end.equals(from)) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            reader.copy(start(from), from, end, bytes);
            unshipped.addLast(new Unshipped(index, start(from), bytes));
            position = end;
        }
        return true;
    }
}
