package org.healingsqlite.files;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * One healer at a time between processes: an exclusive lock on the {@code lock} file of the side directory. Held by one thread of this JVM at
 * a time; the operating system lets go of it when the process dies. The file itself stays: removing it
 * would let two processes hold two different locks of the same name.
 */
public final class ProcessLock implements AutoCloseable {
    private static final Log LOG = Log.of(ProcessLock.class);
    private static final int MOST_ATTEMPTS = 5;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(2);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(100);

    /**
     * Closing any descriptor of a file gives up this process's locks on it: while one is held, nobody here opens another. Several copies of this library in one
     * JVM, of class loaders or of the agent and the driver, have each their own static fields; what they have in common are the system properties.
     */
    private static final String HELD_HERE = "org.healingsqlite.lock:";

    private final Path path;
    private final FileChannel channel;
    private final Thread holder = Thread.currentThread();

    private ProcessLock(Path path, FileChannel channel) {
        this.path = path;
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
        for (Duration pause = FIRST_PAUSE; ; pause = longer(pause)) {
            ProcessLock lock = tryUninterrupted(side);
            if (lock != null || System.nanoTime() - deadlineNanos >= 0) {
                return lock;
            }
            Thread.sleep(pause.toMillis());
        }
    }

    /** An interrupt closes the channel that its thread uses: it is for who waits, and nobody waits here. */
    private static @Nullable ProcessLock tryUninterrupted(SideDirectory side) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return tryToAcquire(side);
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static @Nullable ProcessLock tryToAcquire(SideDirectory side) throws IOException {
        Path path = side.lock();
        if (System.getProperties().putIfAbsent(HELD_HERE + path, "held") != null) {
            return null;
        }
        ProcessLock lock = null;
        FileChannel channel = null;
        try {
            if (Files.notExists(path)) {
                open(side).close();
            }
            FileIdentity before = FileIdentity.of(path);
            channel = open(side);
            // Who locks a file that was deleted with its directory keeps nobody out.
            if (before != null && channel.tryLock() != null && before.equals(FileIdentity.of(path))) {
                lock = new ProcessLock(path, channel);
            }
            return lock;
        } catch (OverlappingFileLockException anotherCopyOfThisLibrary) {
            return null;
        } finally {
            if (lock == null) {
                letGo(path, channel);
            }
        }
    }

    /** The side directory may be deleted between its creation and that of the file in it. */
    private static FileChannel open(SideDirectory side) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                side.create();
                return side.channel(side.lock(), Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE));
            } catch (NoSuchFileException deletedAgain) {
                if (attempt == MOST_ATTEMPTS) {
                    throw deletedAgain;
                }
            }
        }
    }

    /** Whether a thread took it, and has not let go of it: taking it again for that thread would wait for ever. */
    public boolean isHeldBy(Thread thread) {
        return holder == thread && channel.isOpen();
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
    }

    /** Lets go of the lock. */
    @Override
    public void close() {
        if (channel.isOpen()) {
            letGo(path, channel);
        }
    }

    private static void letGo(Path path, @Nullable FileChannel channel) {
        try (channel) {
            LOG.trace("{} is free", path);
        } catch (IOException e) {
            // The descriptor, and the lock with it, is gone all the same; nothing was written that could be lost.
            LOG.debug("Closing a lock file: {}", Disclosure.text(e));
        } finally {
            System.getProperties().remove(HELD_HERE + path);
        }
    }
}
