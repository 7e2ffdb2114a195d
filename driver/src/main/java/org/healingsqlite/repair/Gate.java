package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Stands between new content and the database that it is to replace. The restore copies from a source; before any work on the source begins, the
 * source is locked, and the lock is let go as the last thing that the work does. So what stops a restore is the state of its source and not
 * anybody's handler: whatever the work throws, an Error too, no page is copied any more. For one restore.
 */
final class Gate {
    private final Connection source;
    private final FileChannel sourceBytes;

    /** Made beforehand, so that the last resort needs no memory. */
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(DatabaseHeader.SIZE);

    private @Nullable Throwable failure;

    /** What may fail. */
    @FunctionalInterface
    interface Work {
        void run() throws SQLException, IOException;
    }

    /**
     * A gate that is open.
     *
     * @param source a connection to the source; whoever writes to it meanwhile does so without locks
     * @param sourceBytes the source's file, open for writing
     */
    Gate(Connection source, FileChannel sourceBytes) {
        this.source = source;
        this.sourceBytes = sourceBytes;
    }

    /** Closes the gate, does the work, and opens the gate where nothing was thrown. Never throws; once shut, it stays so. */
    void pass(Work work) {
        if (failure != null) {
            return;
        }
        if (!shut()) {
            return;
        }
        try {
            work.run();
            Sqlite.execute(source, "ROLLBACK");
        } catch (Throwable stopped) {
            failure = stopped;
        }
    }

    private boolean shut() {
        try {
            Sqlite.execute(source, "BEGIN EXCLUSIVE");
            return true;
        } catch (Throwable notLocked) {
            failure = notLocked;
            spoil(notLocked);
            return false;
        }
    }

    /** A source without a header is no database: SQLite copies nothing from it. */
    private void spoil(Throwable why) {
        try {
            sourceBytes.write(zeros, 0);
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    /** What shut the gate for good; null where it is open. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    /**
     * Throws what shut the gate for good, where it is shut.
     *
     * @throws SQLException also for what is neither of these, as its cause
     */
    void rethrow() throws SQLException, IOException {
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
}
