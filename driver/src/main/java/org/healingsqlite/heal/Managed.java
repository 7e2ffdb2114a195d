package org.healingsqlite.heal;

import java.sql.SQLException;
import org.healingsqlite.diagnosis.Diagnosis;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.incident.Outcome;

/** A database as somebody sees it who looks after it from outside. Thread-safe. */
interface Managed {
    DatabaseFile file();

    Health health();

    IncidentDesk desk();

    /** Looks for damage, thoroughly, and changes nothing. */
    Diagnosis look(HealingSettings settings) throws SQLException;

    /** Looks for damage, thoroughly, and heals what is found. */
    Outcome check(HealingSettings settings) throws SQLException;

    void observe(boolean on);

    boolean isObserving();

    void resetBreakers();

    /** Whether nobody has it open. */
    boolean isUnused();
}
