package org.healingsqlite.agent.bridge;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the core's door until the core has been loaded: a while after the first connection, so that the application does not share its
 * processors with that when it starts, or at once where an answer is needed. What only tells of something is kept for later. Thread-safe.
 *
 * <p>A connection is opened without the core only where the core could not do anything about it: no option is set, so that there is no schema to
 * apply, and beside the database lies nothing of an earlier heal.
 */
final class EarlyDoor implements BiFunction<String, Object[], Object>, Runnable {
    private static final String SCHEME = "jdbc:sqlite:";
    private static final long DELAY_NANOS = 1_000_000_000;

    /** What may be kept before the core is loaded in any case. */
    private static final int MOST_KEPT = 1_000;

    private final Callable<BiFunction<String, Object[], Object>> loading;
    private final boolean configured;
    private final Queue<Told> told = new ArrayDeque<>();

    /** What was told of the connections that are open, until the core is there. Guarded by {@link #told}. */
    private final List<Object[]> open = new ArrayList<>();

    private volatile @Nullable Thread starter;
    private volatile @Nullable BiFunction<String, Object[], Object> door;
    private volatile @Nullable Throwable failure;

    /** Whether somebody waits for the core. Guarded by {@code told}. */
    private boolean isWanted;

    private static final class Told {
        private final String what;
        private final Object[] about;

        Told(String what, Object[] about) {
            this.what = what;
            this.about = about;
        }
    }

    EarlyDoor(Callable<BiFunction<String, Object[], Object>> loading, boolean configured) {
        this.loading = loading;
        this.configured = configured;
    }

    /** Whether an option is set anywhere. The core reads them; this only has to notice that there may be some. */
    static boolean isConfigured(Map<String, String> arguments) {
        if (!arguments.isEmpty() || new File("healing-sqlite.properties").exists()) {
            return true;
        }
        for (Object key : System.getProperties().keySet()) {
            if (String.valueOf(key).regionMatches(true, 0, "healing.", 0, 8)) {
                return true;
            }
        }
        for (String name : System.getenv().keySet()) {
            if (name.startsWith("HEALING_") || name.contains("_HEALING_") || name.startsWith("CORRUPTED_DB_")) {
                return true;
            }
        }
        ClassLoader application = Thread.currentThread().getContextClassLoader();
        return application != null && application.getResource("healing-sqlite.properties") != null;
    }

    @Override
    public @Nullable Object apply(String what, Object[] about) {
        BiFunction<String, Object[], Object> known = door;
        if (known != null) {
            return known.apply(what, about);
        }
        if (Thread.currentThread() == starter) {
            // The core's own doings.
            return null;
        }
        return switch (what) {
            case "open" -> !configured && canDoWithout(about[0], about[1]) ? null : awaited(what, about);
            case "opened" -> !configured && canDoWithout(about[1], about[2]) ? opened(withFile(about)) : null;
            case "ran" -> starter == null ? null : keep("ranBefore", about);
            case "registered" -> starter == null ? null : keep(what, about);
            // It may hold all that is left of a deleted file.
            case "closing" -> starter == null ? null : isLost(about[0]) ? awaited(what, about) : closing(about);
            case "enter", "idle", "frame", "inTransaction" -> null;
            default -> awaited(what, about);
        };
    }

    private @Nullable Object awaited(String what, Object[] about) {
        BiFunction<String, Object[], Object> known = await();
        return known == null ? null : known.apply(what, about);
    }

    private static boolean canDoWithout(@Nullable Object url, @Nullable Object properties) {
        if (!(url instanceof String text)
                || !(properties instanceof Properties given)
                || given.getProperty("healing.inner") != null) {
            return false;
        }
        String path = path(text);
        return !path.isEmpty()
                && !path.startsWith("file:")
                && !path.startsWith(":")
                && !new File(path.concat(".healing")).exists();
    }

    /** The path in a URL; empty where there is none. */
    private static String path(String url) {
        String name = url.trim();
        if (!name.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return "";
        }
        name = name.substring(SCHEME.length());
        int query = name.indexOf('?');
        return query < 0 ? name : name.substring(0, query);
    }

    /** Adds which file was opened, and whom it belongs to: the core has to know whether it is still at its path, and what comes back to it belongs to the same. */
    private static Object[] withFile(Object[] opened) {
        Object[] all = Arrays.copyOf(opened, opened.length + 1);
        try {
            Path file = Path.of(path((String) opened[1]));
            all[opened.length] =
                    file.getFileSystem().supportedFileAttributeViews().contains("posix")
                            ? Files.readAttributes(file, PosixFileAttributes.class)
                            : Files.readAttributes(file, BasicFileAttributes.class);
        } catch (IOException | RuntimeException e) {
            // It has vanished already.
        }
        return all;
    }

    private @Nullable Object opened(Object[] about) {
        synchronized (told) {
            open.add(about);
        }
        return keep("opened", about);
    }

    private @Nullable Object closing(Object[] about) {
        synchronized (told) {
            open.removeIf(each -> each[0] == about[0]);
        }
        return keep("closing", about);
    }

    /** Whether the file that a connection has opened is not at its path any more, or nobody knows which it was. */
    private boolean isLost(Object connection) {
        synchronized (told) {
            for (Object[] each : open) {
                if (each[0] == connection) {
                    return isLost(each);
                }
            }
        }
        // The core knows it by now.
        return true;
    }

    private static boolean isLost(Object[] opened) {
        Object[] now = withFile(Arrays.copyOf(opened, opened.length - 1));
        return !(opened[opened.length - 1] instanceof BasicFileAttributes then
                && now[now.length - 1] instanceof BasicFileAttributes there
                && Objects.equals(then.fileKey(), there.fileKey()));
    }

    /** Keeps something for the core, or tells it at once where it has come in the meantime. */
    private @Nullable Object keep(String what, Object[] about) {
        BiFunction<String, Object[], Object> known;
        synchronized (told) {
            known = door;
            if (known == null) {
                told.add(new Told(what, about));
                isWanted |= told.size() > MOST_KEPT;
                begin();
                return null;
            }
        }
        return known.apply(what, about);
    }

    private void begin() {
        synchronized (told) {
            if (starter == null) {
                Thread thread = new Thread(null, this, "healing-sqlite-start", 0, false);
                thread.setDaemon(true);
                starter = thread;
                thread.start();
                endWith(new Ending());
            }
            if (isWanted) {
                told.notifyAll();
            }
        }
    }

    private static void endWith(Thread ending) {
        try {
            Runtime.getRuntime().addShutdownHook(ending);
        } catch (IllegalStateException jvmEndsAlready) {
            // What is opened only now has no file to lose.
        }
    }

    /** The JVM ends, and the core, which saves what connections hold of lost files, may not be there yet. */
    private final class Ending extends Thread {
        Ending() {
            super(null, null, "healing-sqlite-early-end", 0, false);
        }

        @Override
        public void run() {
            if (isAnyLost()) {
                var unused = awaited("ends", new Object[0]);
            }
        }
    }

    private boolean isAnyLost() {
        synchronized (told) {
            if (door == null && failure == null) {
                for (Object[] each : open) {
                    if (isLost(each)) {
                        return true;
                    }
                }
            }
            return false;
        }
    }

    private @Nullable BiFunction<String, Object[], Object> await() {
        synchronized (told) {
            isWanted = true;
            begin();
            boolean interrupted = false;
            while (door == null && failure == null) {
                try {
                    told.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            return door;
        }
    }

    @Override
    public void run() {
        try {
            waitUntilWanted();
            BiFunction<String, Object[], Object> loaded = loading.call();
            while (true) {
                Told next;
                synchronized (told) {
                    next = told.poll();
                    if (next == null) {
                        door = loaded;
                        open.clear();
                        told.notifyAll();
                        return;
                    }
                }
                var unused = loaded.apply(next.what, next.about);
            }
        } catch (Throwable e) {
            synchronized (told) {
                failure = e;
                told.clear();
                open.clear();
                told.notifyAll();
            }
            say(e);
        }
    }

    private void waitUntilWanted() throws InterruptedException {
        long until = System.nanoTime() + DELAY_NANOS;
        synchronized (told) {
            for (long left = DELAY_NANOS; !isWanted && left > 0; left = until - System.nanoTime()) {
                told.wait(left / 1_000_000 + 1);
            }
        }
    }

    @SuppressWarnings("SystemOut")
    private static void say(Throwable e) {
        System.err.println("healing-sqlite-agent: the core cannot be loaded, sqlite-jdbc works without healing: " + e);
    }
}
