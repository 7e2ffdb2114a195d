package org.healingsqlite.heal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileWatch;
import org.healingsqlite.files.Glance;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * The managed databases of this JVM, by real path. One outlives its connections, because what was learned of a database is needed most when it
 * has just been deleted; the longest unused ones are forgotten above a bound. Thread-safe.
 */
@Internal
public final class ManagedDatabases {
    private static final Log LOG = Log.of(ManagedDatabases.class);
    private static final int MOST_UNUSED = 1_000;
    private static final ManagedDatabases INSTANCE = new ManagedDatabases();

    private final Map<Path, ManagedDatabase> databases = new LinkedHashMap<>(16, 0.75f, true);

    private ManagedDatabases() {
        FileWatch.instance().onPoll(this::lookForServer);
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(this::atEnd, "healing-sqlite-shutdown"));
        } catch (IllegalStateException jvmEndsAlready) {
            LOG.debug("Loaded while the JVM ends: who has loaded it calls atEnd");
        }
    }

    private void lookForServer() {
        if (ManagementBeans.serverHasCome()) {
            List<ManagedDatabase> all;
            synchronized (this) {
                all = List.copyOf(databases.values());
            }
            all.forEach(ManagedDatabase::serverIsThere);
        }
    }

    /** The JVM ends: what lost files hold is saved. Each on a thread of its own, so that what keeps one from being saved does not keep the others. */
    public void atEnd() {
        List<ManagedDatabase> all;
        synchronized (this) {
            all = List.copyOf(databases.values());
        }
        List<Thread> rescues = new ArrayList<>();
        for (ManagedDatabase database : all) {
            if (database.endsWithLostFile()) {
                Thread rescue = new Thread(database::rescueNow, "healing-sqlite-last-rescue");
                rescue.setDaemon(true);
                rescue.start();
                rescues.add(rescue);
            }
        }
        try {
            for (Thread rescue : rescues) {
                rescue.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        FileWatch.instance().jvmEnds();
    }

    public static ManagedDatabases instance() {
        return INSTANCE;
    }

    /**
     * A database that is about to be opened, until it is closed.
     *
     * @param unchanged what is to be seen at its path now, where nobody has changed that since it was looked at with these settings; else null
     */
    public record Found(ManagedDatabase database, @Nullable Glance unchanged) implements AutoCloseable {
        @Override
        public void close() {
            database.opened();
        }
    }

    /**
     * The one managed database at a path, as of {@link #of}.
     *
     * @param path absolute and normalized; leads through symbolic links, or not
     */
    public Found at(Path path, HealingSettings settings) {
        ManagedDatabase known = beingOpened(path);
        // A path that once led through no link leads to the same directory, and to no link in it, as long as that has
        // not changed.
        Glance unchanged = known == null ? null : known.unchanged(settings);
        if (known != null && unchanged != null) {
            return new Found(known, unchanged);
        }
        Found found = new Found(beingOpened(DatabaseFile.at(path), settings), null);
        if (known != null) {
            known.opened();
        }
        return found;
    }

    private synchronized @Nullable ManagedDatabase beingOpened(Path path) {
        ManagedDatabase known = databases.get(path);
        if (known != null) {
            known.opening();
        }
        return known;
    }

    private synchronized ManagedDatabase beingOpened(DatabaseFile file, HealingSettings settings) {
        ManagedDatabase database = of(file, settings);
        database.opening();
        return database;
    }

    /** The one managed database of a file, made now if it is the first time. */
    public synchronized ManagedDatabase of(DatabaseFile file, HealingSettings settings) {
        ManagedDatabase database = databases.get(file.main());
        if (database == null) {
            forgetUnused();
            database = new ManagedDatabase(file, settings);
            databases.put(file.main(), database);
        }
        return database;
    }

    private void forgetUnused() {
        Iterator<ManagedDatabase> oldestFirst = databases.values().iterator();
        while (databases.size() >= MOST_UNUSED && oldestFirst.hasNext()) {
            ManagedDatabase oldest = oldestFirst.next();
            if (oldest.isUnused()) {
                oldestFirst.remove();
                oldest.presence().drop();
                KnowledgeBudget.instance().forget(oldest);
            }
        }
    }
}
