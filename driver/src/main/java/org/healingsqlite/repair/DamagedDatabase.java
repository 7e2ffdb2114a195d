package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.files.Quarantine;
import org.healingsqlite.files.Quarantine.Evidence;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.Geometry;
import org.healingsqlite.format.LogIndex;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.salvage.Salvage;
import org.jspecify.annotations.Nullable;

/**
 * The files of a damaged database on the way to SQLite's write lock: changed as little as it takes for SQLite to lock them, kept as evidence as they were
 * before that, and put back where the restore fails. For one restore; not shared by threads.
 */
final class DamagedDatabase {
    private final DatabaseFile file;
    private final HeldFile main;
    private final boolean wal;
    private final Quarantine quarantine;
    private final HolderCopy holder;
    private final RestoreProgress progress;

    /** How the file began when nothing had been done to it yet but what the lock needs. */
    private Stamp unlocked;

    /** Taken before anything was touched; null where taking the lock touches nothing. */
    private @Nullable Evidence evidence;

    private @Nullable HeaderPatch header;
    private @Nullable LogPatch log;
    private boolean logReset;

    /** What tells whether somebody has written to the database in between: every commit without a log changes the counter in the header. */
    private record Stamp(long size, ByteBuffer head) {
        static Stamp of(HeldFile main) throws IOException {
            return new Stamp(main.size(), ByteBuffer.wrap(main.head(DatabaseHeader.SIZE)));
        }
    }

    /**
     * A damaged database.
     *
     * @param holder what it is taken from is as new as the evidence, or it is distrusted
     */
    DamagedDatabase(DatabaseFile file, HeldFile main, HolderCopy holder, RestoreProgress progress) throws IOException {
        this.file = file;
        this.main = main;
        this.holder = holder;
        this.progress = progress;
        this.quarantine = new Quarantine(file);
        this.wal = isInWalMode(file, main);
        this.unlocked = Stamp.of(main);
    }

    /** A database in WAL mode has its log and the log's index beside it as long as anybody is connected. */
    private static boolean isInWalMode(DatabaseFile file, HeldFile main) throws IOException {
        byte[] head = main.head(DatabaseHeader.SIZE);
        return HeaderPatch.isSound(head, main.size())
                ? DatabaseHeader.of(head).walMode()
                : Files.exists(file.wal()) || Files.exists(file.shm());
    }

    HeldFile main() {
        return main;
    }

    /** Whether it has a log. */
    boolean isWal() {
        return wal;
    }

    /** As the header says it. */
    int pageSizeBytes() throws IOException {
        return DatabaseHeader.of(main.head(DatabaseHeader.SIZE))
                .geometry()
                .map(Geometry::pageSizeBytes)
                .orElseThrow(() -> new IOException(file.main() + " has lost its header again"));
    }

    /** Sees to it that SQLite can begin a transaction at all. */
    void makeLockable() throws IOException {
        if (!wal) {
            // Under the write lock nobody can read any more, this process's own connections included.
            holder.take();
        }
        byte[] head = main.head(DatabaseHeader.SIZE);
        boolean sound = HeaderPatch.isSound(head, main.size());
        if (!sound || hasContent(file.journal())) {
            progress.step("quarantine");
            Evidence kept = quarantine.keep(main, Instant.now());
            evidence = kept;
            if (!sound) {
                patchHeader(kept, head);
            }
        }
        unlocked = Stamp.of(main);
    }

    private void patchHeader(Evidence kept, byte[] head) throws IOException {
        progress.step("header");
        Geometry geometry = Salvage.of(kept.main()).geometry();
        int encoding =
                DatabaseHeader.of(head).encoding().map(TextEncoding::code).orElse(TextEncoding.UTF_8.code());
        if (!unlocked.equals(Stamp.of(main))) {
            holder.distrust();
        }
        header = HeaderPatch.apply(main, geometry, encoding, wal);
    }

    private static boolean hasContent(Path path) {
        try {
            return Files.size(path) > 0;
        } catch (IOException absent) {
            return false;
        }
    }

    /**
     * SQLite cannot lock it, and nobody else has locked it: the log is damaged where even the first page is looked for. Where its index is invalid every
     * connection, of any process, reads the log anew, as after a crash, and takes what is whole of it. What is behind that is in the evidence.
     *
     * @return whether anything was done that had not been done before
     */
    boolean resetLog() throws IOException {
        if (!wal || logReset && !hideUnusablePages()) {
            return false;
        }
        logReset = true;
        progress.step("log");
        Evidence kept = evidence;
        if (kept == null) {
            kept = quarantine.keep(main, Instant.now());
            evidence = kept;
        }
        // Afterwards its cache would be as old as the log then is.
        holder.take();
        if (!isLogAsIn(kept)) {
            holder.distrust();
        }
        HeldFile index = HeldFile.ofIndex(file);
        if (index.size() >= LogIndex.SIZE) {
            index.overwriteHead(new byte[LogIndex.COPIES_SIZE]);
        }
        return true;
    }

    /** Whether the log committed something as page 1 that is none, and does not show it any more. */
    private boolean hideUnusablePages() throws IOException {
        if (log != null || Files.notExists(file.wal())) {
            return false;
        }
        log = LogPatch.apply(file.wal()).orElse(null);
        return log != null;
    }

    /** Whether nobody has written to the log since the evidence was taken. */
    private boolean isLogAsIn(Evidence kept) throws IOException {
        return Files.exists(file.wal()) == Files.exists(kept.log())
                && (Files.notExists(kept.log()) || Files.mismatch(file.wal(), kept.log()) < 0);
    }

    /** Keeps the files as they are under the write lock, but for what was changed here, and as new a copy of the holder as may be had. */
    Evidence keepLocked() throws IOException {
        if (logReset && evidence != null && !isLogAsIn(evidence)) {
            holder.distrust();
        }
        Evidence kept = quarantine.keepLocked(main, evidence, Instant.now());
        evidence = kept;
        HeaderPatch patched = header;
        if (patched != null) {
            patched.undoIn(kept.main());
        }
        LogPatch hidden = log;
        if (hidden != null && Files.exists(kept.log())) {
            hidden.undoIn(kept.log());
        }
        if (wal && !logReset) {
            holder.take();
        } else if (!wal && !unlocked.equals(Stamp.of(main))) {
            holder.distrust();
        }
        return kept;
    }

    /** Other content is in place: there is nothing to put back any more. */
    void replaced() {
        header = null;
        log = null;
    }

    /** Puts the files back as they were. */
    void putBack(Throwable cause) {
        LogPatch hidden = log;
        if (hidden != null) {
            try {
                hidden.undo();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
        HeaderPatch patched = header;
        if (patched != null) {
            try {
                patched.undo();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
    }
}
