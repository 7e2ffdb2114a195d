package org.healingsqlite.incident;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** An incident in a recording of Java Flight Recorder. */
// Not under the name of a package of this library: the agent has those under other names.
@Name("healingsqlite.Incident")
@Label("Incident")
@Category("Healing SQLite")
@Description("A fault of an SQLite database, and how it ended")
@StackTrace(false)
@SuppressWarnings("unused") // The recorder reads the fields.
final class IncidentEvent extends Event {
    @Label("Id")
    private final String id;

    @Label("Database")
    private final String database;

    @Label("Component")
    private final String component;

    @Label("Severity")
    private final String severity;

    @Label("Fault")
    private final String fault;

    @Label("Outcome")
    private final String outcome;

    @Label("Rows lost at least")
    private final long rowsLost;

    @Label("From the fault to the outcome")
    @Timespan(Timespan.MILLISECONDS)
    private final long elapsed;

    IncidentEvent(Incident incident) {
        id = incident.id();
        database = incident.database().toString();
        component = incident.component();
        severity = incident.severity().name();
        fault = incident.fault();
        outcome = incident.outcome().word();
        rowsLost = incident.outcome().loss().completeness().atLeast();
        elapsed = incident.elapsed().toMillis();
    }
}
