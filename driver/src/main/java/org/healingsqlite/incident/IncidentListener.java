package org.healingsqlite.incident;

import java.nio.file.Path;

/**
 * Is told of incidents. Called on the thread that heals; what it throws is logged and goes no further. Added to one database with {@code Healing.addListener}; or told of all of a JVM, where a
 * {@code META-INF/services} file names its class, which has a public constructor without parameters. That is done through the driver and under the agent alike.
 */
@FunctionalInterface
public interface IncidentListener {

    /** An incident has ended. */
    void ended(Incident incident);

    /**
     * A heal has come to its next step, or a call that only its surroundings kept from taking effect is tried again. What is asked of this database here, on this thread, gets SQLite's own answer or
     * exception, as with {@code healing.mode=observe}: the file may be half mended, and no heal begins within another. The heal waits until this returns.
     *
     * @param database the main file
     * @param step for a reader, for example {@code salvage} or {@code retry}
     */
    default void progressed(Path database, String step) {}
}
