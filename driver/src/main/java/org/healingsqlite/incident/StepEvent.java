package org.healingsqlite.incident;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A step of a heal, or a retry, in a recording of Java Flight Recorder, with the stack of who asked for it. */
// Not under the name of a package of this library: the agent has those under other names.
@Name("healingsqlite.Step")
@Label("Step")
@Category("Healing SQLite")
@Description("A heal has come to its next step, or a call is tried again")
@SuppressWarnings("unused") // The recorder reads the fields.
final class StepEvent extends Event {
    @Label("Database")
    private final String database;

    @Label("Step")
    private final String step;

    StepEvent(String database, String step) {
        this.database = database;
        this.step = step;
    }
}
