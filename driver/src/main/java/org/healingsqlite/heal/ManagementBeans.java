package org.healingsqlite.heal;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.MBeanServerFactory;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * A database as a bean of the JMX server: from its first connection until a while after its last one, so that the server keeps nothing of an application that has been
 * undeployed. A JVM without a JMX server gets none because of this: starting one takes a tenth of a second. Who attaches with a client starts it, and finds the bean within a second or two. Everything but
 * the look whether there is a server runs on one daemon thread, which ends when it has nothing to do; trouble is logged and goes no further. Thread-safe.
 */
final class ManagementBeans {
    private static final Log LOG = Log.of(ManagementBeans.class);

    /** Applications without a pool open the next connection soon. */
    private static final Duration LINGER = Duration.ofMinutes(1);

    private static final ScheduledThreadPoolExecutor THREAD = thread();

    /** Whether this JVM has a JMX server; it does not go away again. */
    private static volatile boolean serverIsThere;

    private final Managed database;

    /** Whether it has a bean, or is about to get one. */
    private final AtomicBoolean used = new AtomicBoolean();

    /** Whether it is looked at again after a while. */
    private final AtomicBoolean leaving = new AtomicBoolean();

    /** Those of a connection; null where there was none. */
    private volatile @Nullable HealingSettings settings;

    ManagementBeans(Managed database) {
        this.database = database;
    }

    private static ScheduledThreadPoolExecutor thread() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "healing-sqlite-jmx");
            thread.setDaemon(true);
            return thread;
        });
        executor.setKeepAliveTime(5, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
        executor.setRemoveOnCancelPolicy(true);
        return executor;
    }

    /** Does something on the thread of the beans; never waits and never throws. */
    private static void later(Runnable task) {
        schedule(task, 0);
    }

    private static void schedule(Runnable task, long millis) {
        try {
            var unused = THREAD.schedule(
                    () -> {
                        try {
                            task.run();
                        } catch (RuntimeException | LinkageError e) {
                            LOG.debug("JMX: {}", Disclosure.text(e));
                        }
                    },
                    millis,
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("JMX: {}", Disclosure.text(e));
        }
    }

    /** The database has a connection. */
    void used(HealingSettings ofConnection) {
        settings = ofConnection;
        if (serverIsThere) {
            register();
        }
    }

    /** Whether somebody has started the server since this was asked last; about once a second. */
    static boolean serverHasCome() {
        if (!serverIsThere) {
            serverIsThere = isServerThere();
            return serverIsThere;
        }
        return false;
    }

    /** There is a server now. */
    void serverIsThere() {
        if (!database.isUnused()) {
            register();
        }
    }

    private static boolean isServerThere() {
        try {
            return !MBeanServerFactory.findMBeanServer(null).isEmpty();
        } catch (LinkageError noManagement) {
            return false;
        }
    }

    private void register() {
        HealingSettings ofConnection = settings;
        if (ofConnection != null && used.compareAndSet(false, true)) {
            later(() -> RegisteredBeans.register(database, ofConnection, ManagementBeans::later));
        }
    }

    /** The database has none any more. */
    void unused() {
        if (used.get() && leaving.compareAndSet(false, true)) {
            schedule(this::leave, LINGER.toMillis());
        }
    }

    private void leave() {
        leaving.set(false);
        if (database.isUnused()) {
            // Before the bean goes: whoever connects from now on asks for another one.
            used.set(false);
            RegisteredBeans.unregister(database);
        }
    }
}
