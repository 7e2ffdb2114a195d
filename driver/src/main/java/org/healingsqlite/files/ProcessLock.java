package org.healingsqlite.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One healer at a time between processes: an exclusive lock on the {@code lock} file of the side directory. Held by one thread of this JVM at
 * a time (callers are single flight already); the operating system lets go of it when the process dies. The file itself stays: removing it
 * would let two processes hold two different locks of the same name.
 */
public final class ProcessLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessLock.class);
    private static final int MOST_ATTEMPTS = 5;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(2);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(100);

    private final FileChannel channel;
    private final Thread holder = Thread.currentThread();

    private ProcessLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Waits for the lock.
     *
     * @param wait the longest wait
     * @return the lock, or null where another process kept it for longer than that
     * @throws IOException where the side directory or the lock file cannot be had
     * @throws InterruptedException where the thread was interrupted while it waited
     */
    public static @Nullable ProcessLock acquire(SideDirectory side, Duration wait)
            throws IOException, InterruptedException {
        long deadlineNanos = System.nanoTime() + wait.toNanos();
        FileChannel channel = open(side);
        try {
            for (Duration pause = FIRST_PAUSE; ; pause = longer(pause)) {
                if (tryLock(channel) != null) {
                    ProcessLock lock = new ProcessLock(channel);
                    channel = null;
                    return lock;
                }
                if (System.nanoTime() - deadlineNanos >= 0) {
                    return null;
                }
                Thread.sleep(pause.toMillis());
            }
        } finally {
            if (channel != null) {
                channel.close();
            }
        }
    }

    /** The side directory may be deleted between its creation and that of the file in it. */
    private static FileChannel open(SideDirectory side) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                side.create();
                return FileChannel.open(
                        side.lock(),
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        SideDirectory.ownerOnly(side.lock(), "rw-------"));
            } catch (NoSuchFileException deletedAgain) {
                if (attempt == MOST_ATTEMPTS) {
                    throw deletedAgain;
                }
            }
        }
    }

    /** Whether the current thread took it, and has not let go of it: taking it again would wait for ever. */
    public boolean isHeldByCurrentThread() {
        return holder == Thread.currentThread() && channel.isOpen();
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldInThisJvm) {
            return null;
        }
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
    }

    /** Lets go of the lock. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // The descriptor, and the lock with it, is gone all the same; nothing was written that could be lost.
            LOG.debug("Closing a lock file: {}", e.toString());
        }
    }
}
