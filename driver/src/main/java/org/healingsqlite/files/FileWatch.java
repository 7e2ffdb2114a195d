package org.healingsqlite.files;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * Tells when a name in a directory was deleted or came to stand for another file. One daemon thread and one {@link WatchService} serve every
 * database of the JVM; where the system gives no watch service, they look once a second. Thread-safe.
 *
 * <p>A directory that is renamed, and changes on most network file systems, are told within a second.
 */
public final class FileWatch {
    private static final Log LOG = Log.of(FileWatch.class);
    private static final FileWatch INSTANCE = new FileWatch();

    private static final Duration POLL = Duration.ofSeconds(1);

    /** How long a directory stays watched in which no database is open: a program that opens a connection for each call comes back sooner. */
    private static final Duration LONGEST_IDLE = Duration.ofSeconds(10);

    private final Map<Path, Directory> directories = new ConcurrentHashMap<>();
    private @Nullable WatchService service;
    private boolean started;

    FileWatch() {}

    /** The watch of this JVM. */
    public static FileWatch instance() {
        return INSTANCE;
    }

    /**
     * Watches the main file of a database, its log and the log's index until {@link #forget}. Told anew, it makes sure that the directory is still being watched: one that was
     * removed and created again is another directory.
     *
     * @param changed called on the watch's own thread, never under a lock; must be quick and must not throw
     */
    public void watch(DatabaseFile file, Runnable changed) {
        try {
            synchronized (this) {
                WatchService watches = service();
                Directory directory = directories.computeIfAbsent(file.directory(), path -> new Directory());
                boolean wasIdle = directory.listeners.isEmpty();
                for (Path watched : watched(file)) {
                    directory.listeners.put(watched, changed);
                }
                if (watches != null) {
                    directory.register(file.directory(), watches, wasIdle);
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("Cannot watch {}: {}", file.directory(), Disclosure.text(e));
        }
    }

    /** Stops watching a database. Its directory stays watched for a while: to begin and to end that costs more than to open and close the database. */
    public synchronized void forget(DatabaseFile file) {
        Directory directory = directories.get(file.directory());
        if (directory != null) {
            watched(file).forEach(directory.listeners::remove);
            directory.idleSinceNanos = System.nanoTime();
        }
    }

    private synchronized void forgetIdleDirectories() {
        long nanos = System.nanoTime();
        directories.values().removeIf(directory -> {
            boolean ends = directory.listeners.isEmpty() && nanos - directory.idleSinceNanos > LONGEST_IDLE.toNanos();
            if (ends && directory.key != null) {
                directory.key.cancel();
            }
            return ends;
        });
    }

    private static List<Path> watched(DatabaseFile file) {
        return Stream.of(file.main(), file.wal(), file.shm())
                .map(path -> path.getFileName() == null ? path : path.getFileName())
                .toList();
    }

    private @Nullable WatchService service() {
        if (!started) {
            started = true;
            try {
                service = FileSystems.getDefault().newWatchService();
            } catch (IOException | UnsupportedOperationException e) {
                LOG.debug("No watch service, so every name is looked at once a second: {}", Disclosure.text(e));
            }
            Thread thread = new Thread(this::listen, "healing-sqlite-watch");
            thread.setDaemon(true);
            thread.start();
        }
        return service;
    }

    /**
     * The JVM is about to end, and names are looked at once a second from now on: it would wait 300 ms for a thread that is inside the system's
     * own call.
     */
    public void jvmEnds() {
        WatchService watches;
        synchronized (this) {
            watches = service;
            service = null;
        }
        if (watches != null) {
            try {
                watches.close();
            } catch (IOException e) {
                LOG.debug("The watch service stays open: {}", Disclosure.text(e));
            }
        }
    }

    private void listen() {
        try {
            while (true) {
                WatchKey key = next();
                forgetIdleDirectories();
                if (key == null) {
                    // Renamed directories and network file systems give no notice.
                    directories.values().forEach(Directory::tellAll);
                    continue;
                }
                Directory directory = directories.get((Path) key.watchable());
                for (WatchEvent<?> event : key.pollEvents()) {
                    if (directory != null) {
                        directory.tell(event);
                    }
                }
                if (!key.reset() && directory != null) {
                    directory.tellAll();
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("The watch ended: {}", Disclosure.text(e));
        }
    }

    private @Nullable WatchKey next() throws InterruptedException {
        WatchService watches;
        synchronized (this) {
            watches = service;
        }
        if (watches == null) {
            Thread.sleep(POLL.toMillis());
            return null;
        }
        try {
            return watches.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ClosedWatchServiceException e) {
            return null;
        }
    }

    private static final class Directory {
        final Map<Path, Runnable> listeners = new ConcurrentHashMap<>();

        @Nullable
        WatchKey key;

        /** Which directory has the key; null where nobody knows. Guarded by the watch. */
        private @Nullable FileIdentity registered;

        /** When a database in it was forgotten last. */
        volatile long idleSinceNanos = System.nanoTime();

        /** @param wasIdle whether nobody has looked at the path for a while: another directory may be there, and a renamed one keeps its key */
        void register(Path path, WatchService watches, boolean wasIdle) throws IOException {
            boolean isSame = key != null
                    && key.isValid()
                    && (!wasIdle || registered != null && registered.equals(FileIdentity.of(path)));
            if (!isSame) {
                registered = FileIdentity.of(path);
                key = path.register(
                        watches, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            }
        }

        void tell(WatchEvent<?> event) {
            if (event.context() instanceof Path name) {
                Runnable listener = listeners.get(name);
                if (listener != null) {
                    run(listener);
                }
            } else {
                tellAll();
            }
        }

        void tellAll() {
            // Three names, one listener.
            Set.copyOf(listeners.values()).forEach(Directory::run);
        }

        private static void run(Runnable listener) {
            try {
                listener.run();
            } catch (RuntimeException e) {
                LOG.debug("A listener failed: {}", Disclosure.text(e));
            }
        }
    }
}
