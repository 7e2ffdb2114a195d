package org.healingsqlite.repair;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Makes a log durable bit by bit while SQLite is writing it, on a thread of its own, so that the commit, which waits for all of it, has little left to wait
 * for. Closing a descriptor of the log drops no lock: SQLite's are on the database and on the index. For one thread.
 */
final class EarlyFlush implements AutoCloseable {
    private static final long BYTES_AT_ONCE = 4 << 20;

    private final Path log;
    private @Nullable FileChannel channel;
    private @Nullable Aside<Boolean> running;
    private long bytes;

    EarlyFlush(Path log) {
        this.log = log;
    }

    /** SQLite has written more: where that is much by now, and nothing is under way, what is there is made durable. */
    void written(long moreBytes) throws SQLException, IOException {
        bytes += moreBytes;
        Aside<Boolean> before = running;
        if (bytes < BYTES_AT_ONCE || before != null && !before.isDone()) {
            return;
        }
        await();
        bytes = 0;
        FileChannel open = channel == null ? FileChannel.open(log, StandardOpenOption.WRITE) : channel;
        channel = open;
        running = force(open);
    }

    /** Makes durable what there is, where anything was; otherwise the commit does it as fast. */
    void flush() throws SQLException, IOException {
        await();
        FileChannel open = channel;
        if (open != null) {
            running = force(open);
            await();
        }
    }

    private static Aside<Boolean> force(FileChannel log) {
        return Aside.begin("flush", () -> {
            log.force(false);
            return true;
        });
    }

    /**
     * Waits for what is under way.
     *
     * @throws IOException where the disk refused: the system tells that once, and may have told it to nobody else
     */
    private void await() throws SQLException, IOException {
        Aside<Boolean> last = running;
        running = null;
        if (last != null) {
            last.await();
        }
    }

    @Override
    public void close() throws IOException {
        Aside<Boolean> last = running;
        if (last != null) {
            last.awaitEnd();
        }
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            open.close();
        }
    }
}
