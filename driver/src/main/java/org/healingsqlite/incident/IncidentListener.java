package org.healingsqlite.incident;

import java.nio.file.Path;

/** Is told of incidents. Called on the thread that heals; what it throws is logged and goes no further. */
@FunctionalInterface
public interface IncidentListener {

    /** An incident has ended. */
    void ended(Incident incident);

    /**
     * A heal has come to its next step, or a call that only its surroundings kept from taking effect is tried again.
     *
     * @param database the main file
     * @param step for a reader, for example {@code salvage} or {@code retry}
     */
    default void progressed(Path database, String step) {}
}
