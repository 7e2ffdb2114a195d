package org.healingsqlite.incident;

import java.nio.file.Path;
import org.healingsqlite.api.Internal;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;

/** What happens, as events of Java Flight Recorder; nothing in a JVM that has none. Costs a few classes with the first incident, and next to nothing while nobody records. */
@Internal
public final class FlightRecords {
    private static final Log LOG = Log.of(FlightRecords.class);

    private FlightRecords() {}

    /** An incident has ended. */
    public static void ended(Incident incident) {
        commit(() -> new IncidentEvent(incident).commit());
    }

    /** A heal has come to its next step, or a call is tried again. */
    public static void progressed(Path database, String step) {
        commit(() -> new StepEvent(database.toString(), step).commit());
    }

    private static void commit(Runnable event) {
        try {
            event.run();
        } catch (RuntimeException | LinkageError noRecorder) {
            LOG.debug("No event for Java Flight Recorder: {}", Disclosure.text(noRecorder));
        }
    }
}
