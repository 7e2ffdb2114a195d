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
 * <p>A directory that is renamed, and changes on most network file systems, are told within a second: each directory is looked at once a second, whatever the number of databases in it.
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
    private volatile Runnable polled = () -> {};

    FileWatch() {}

    /** The watch of this JVM. */
    public static FileWatch instance() {
        return INSTANCE;
    }

    /** Who has a database open, and is told. */
    @FunctionalInterface
    public interface Watcher {
        /** Something may have happened to a name. Called on the watch's own thread, never under a lock; must be quick and must not throw. */
        void changed();

        /** Whether nothing is left to do of what has happened before: who is not at rest is told once a second. */
        default boolean isAtRest() {
            return true;
        }
    }

    /** Does something about once a second, on the watch's own thread; quick, and never throws. */
    public void onPoll(Runnable action) {
        polled = action;
    }

    /**
     * Watches the main file of a database, its log and the log's index until {@link #forget}. Told anew, it makes sure that the directory is still being watched: one that was
     * removed and created again is another directory. What has happened just before is told within a second.
     */
    public void watch(DatabaseFile file, Watcher watcher) {
        try {
            synchronized (this) {
                WatchService watches = service();
                Path path = file.directory();
                Directory directory = directories.computeIfAbsent(path, each -> new Directory());
                directory.add(file, watcher);
                if (watches != null) {
                    directory.register(path, watches);
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("Cannot watch {}: {}", file.directory(), Disclosure.text(e));
        }
    }

    /** Stops watching a database. Its names and its directory stay known for a while: to begin and to end that costs more than to open and close the database. */
    public synchronized void forget(DatabaseFile file) {
        Directory directory = directories.get(file.directory());
        if (directory != null) {
            directory.forget(file);
        }
    }

    /** The same, and nothing of it stays known. */
    public synchronized void drop(DatabaseFile file) {
        Directory directory = directories.get(file.directory());
        if (directory != null) {
            directory.drop(file);
        }
    }

    /** Renamed directories and network file systems give no notice: looks at each directory, and tells those in one that has changed, and who is not at rest. */
    private void poll() {
        for (Map.Entry<Path, Directory> each : directories.entrySet()) {
            each.getValue().poll(each.getKey());
        }
        synchronized (this) {
            directories.values().removeIf(Directory::isLeft);
        }
        polled.run();
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
        long polledNanos = System.nanoTime();
        try {
            while (true) {
                WatchKey key = next();
                Directory directory = key == null ? null : directories.get((Path) key.watchable());
                if (key != null) {
                    for (WatchEvent<?> event : key.pollEvents()) {
                        if (directory != null) {
                            directory.tell(event);
                        }
                    }
                    if (!key.reset() && directory != null) {
                        directory.tellAll();
                    }
                }
                if (key == null || System.nanoTime() - polledNanos >= POLL.toNanos()) {
                    poll();
                    polledNanos = System.nanoTime();
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

    /** A database, and who is told of it. */
    private static final class Watched {
        final List<Path> names;
        final Watcher watcher;

        /** Whether nobody has it open. */
        volatile boolean left;

        volatile long leftNanos;

        Watched(DatabaseFile file, Watcher watcher) {
            this.names = Stream.of(file.main(), file.wal(), file.shm())
                    .map(path -> path.getFileName() == null ? path : path.getFileName())
                    .toList();
            this.watcher = watcher;
        }

        void tell() {
            if (left) {
                return;
            }
            try {
                watcher.changed();
            } catch (RuntimeException e) {
                LOG.debug("A listener failed: {}", Disclosure.text(e));
            }
        }
    }

    private static final class Directory {
        private final Map<Path, Watched> databases = new ConcurrentHashMap<>();
        private final Map<Path, Watched> names = new ConcurrentHashMap<>();

        @Nullable
        WatchKey key;

        /** What the directory was like when it was looked at last; null where nobody knows. */
        private volatile @Nullable DirectoryGlance seen;

        /** Whether somebody has begun to watch since. */
        private volatile boolean isNew = true;

        /** Under the lock of the watch. */
        void add(DatabaseFile file, Watcher watcher) {
            isNew = true;
            Watched known = databases.get(file.main());
            if (known != null && known.watcher == watcher) {
                known.left = false;
                return;
            }
            Watched watched = new Watched(file, watcher);
            databases.put(file.main(), watched);
            watched.names.forEach(name -> names.put(name, watched));
        }

        /** Under the lock of the watch. */
        void forget(DatabaseFile file) {
            Watched watched = databases.get(file.main());
            if (watched != null) {
                watched.leftNanos = System.nanoTime();
                watched.left = true;
            }
        }

        /** Under the lock of the watch. */
        void drop(DatabaseFile file) {
            Watched watched = databases.remove(file.main());
            if (watched != null) {
                watched.names.forEach(name -> names.remove(name, watched));
            }
        }

        /** Forgets those that nobody has had open for a while, and the directory where that were all. Under the lock of the watch. */
        boolean isLeft() {
            long nanos = System.nanoTime();
            databases.values().removeIf(watched -> {
                boolean isIdle = watched.left && nanos - watched.leftNanos > LONGEST_IDLE.toNanos();
                if (isIdle) {
                    watched.names.forEach(name -> names.remove(name, watched));
                }
                return isIdle;
            });
            boolean isLeft = databases.isEmpty();
            if (isLeft && key != null) {
                key.cancel();
            }
            return isLeft;
        }

        void register(Path path, WatchService watches) throws IOException {
            if (key == null || !key.isValid()) {
                key = path.register(
                        watches, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            }
        }

        void poll(Path path) {
            boolean wasNew = isNew;
            isNew = false;
            DirectoryGlance before = seen;
            DirectoryGlance now = DirectoryGlance.of(path);
            seen = now;
            if (before != null && (now == null || !now.isOfSame(before)) && key != null) {
                // A renamed directory keeps its key: whoever watches next gets one of the directory at the path.
                key.cancel();
            }
            if (wasNew || before == null || now == null || !before.isSettled() || !before.isSameAs(now)) {
                tellAll();
            } else {
                databases.values().stream()
                        .filter(watched -> !watched.left && !watched.watcher.isAtRest())
                        .forEach(Watched::tell);
            }
        }

        void tell(WatchEvent<?> event) {
            if (event.context() instanceof Path name) {
                Watched watched = names.get(name);
                if (watched != null) {
                    watched.tell();
                }
            } else {
                tellAll();
            }
        }

        void tellAll() {
            databases.values().forEach(Watched::tell);
        }
    }
}
