package org.healingsqlite.agent.bridge;

import java.io.File;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the core's door while the core is being loaded, so that an application does not wait for that when it starts. What only tells of
 * something is kept for later; what needs an answer waits. Thread-safe.
 *
 * <p>A connection is opened without the core only where the core could not do anything about it: no option is set, so that there is no schema to
 * apply, and beside the database lies nothing of an earlier heal.
 */
final class EarlyDoor implements BiFunction<String, Object[], Object>, Runnable {
    private static final String SCHEME = "jdbc:sqlite:";

    private final Callable<BiFunction<String, Object[], Object>> loading;
    private final boolean configured;
    private final Queue<Told> told = new ArrayDeque<>();
    private volatile @Nullable Thread starter;
    private volatile @Nullable BiFunction<String, Object[], Object> door;
    private volatile @Nullable Throwable failure;

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
            case "opened" -> !configured && canDoWithout(about[1], about[2]) ? keep(what, about) : null;
            case "ran", "registered", "closing" -> starter == null ? null : keep(what, about);
            case "enter", "idle" -> null;
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
        String name = text.trim();
        if (!name.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return false;
        }
        name = name.substring(SCHEME.length());
        int query = name.indexOf('?');
        String path = query < 0 ? name : name.substring(0, query);
        return !path.isEmpty()
                && !path.startsWith("file:")
                && !path.startsWith(":")
                && !new File(path + ".healing").exists();
    }

    /** Keeps something for the core, or tells it at once where it has come in the meantime. */
    private @Nullable Object keep(String what, Object[] about) {
        BiFunction<String, Object[], Object> known;
        synchronized (told) {
            known = door;
            if (known == null) {
                told.add(new Told(what, about));
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
            }
        }
    }

    private @Nullable BiFunction<String, Object[], Object> await() {
        synchronized (told) {
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
            BiFunction<String, Object[], Object> loaded = loading.call();
            while (true) {
                Told next;
                synchronized (told) {
                    next = told.poll();
                    if (next == null) {
                        door = loaded;
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
                told.notifyAll();
            }
            say(e);
        }
    }

    @SuppressWarnings("SystemOut")
    private static void say(Throwable e) {
        System.err.println("healing-sqlite-agent: the core cannot be loaded, sqlite-jdbc works without healing: " + e);
    }
}
