package org.healingsqlite.replication;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The shipping of one database by this process. Thread-safe. */
public interface Shipping extends AutoCloseable {

    /**
     * Waits until the store has what was committed before the call.
     *
     * @return false where it has not within that time, or this process is not the one that ships
     */
    boolean await(Duration longest);

    /** What keeps changes from being shipped; null where nothing does. */
    @Nullable
    String trouble();

    /** Lets go of the database's locks, until the result is closed: somebody heals it. Waits for what is being done under a lock, not for the store. */
    Pause pause();

    /** The history ends here on purpose: what comes is another one, and nobody brings this one back as the newest. */
    void forget();

    /** Ships what is left, and ends. Waits no longer than some seconds. */
    @Override
    void close();

    /** Nothing of a database is held until it is closed. */
    interface Pause extends AutoCloseable {
        @Override
        void close();
    }
}
