package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.incident.Component;
import org.healingsqlite.incident.Outcome;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.schema.RegisteredSchema;
import org.healingsqlite.schema.SchemaException;
import org.healingsqlite.schema.SchemaSnapshot;
import org.jspecify.annotations.Nullable;

/**
 * What is registered, for one connection that is being opened, and what becomes of it where it cannot be applied: a database that has tables is opened as it is, one that has
 * none is not opened. Used by one thread.
 */
final class Registration {
    private static final Log LOG = Log.of(Registration.class);

    private final DatabaseFile file;
    private final SchemaKnowledge knowledge;
    private final IncidentDesk desk;
    private final HealingSettings settings;
    private final Instant start = Instant.now();

    /** Why it could not be applied when a connection was opened before; empty where it could. */
    private final String toldBefore;

    private @Nullable RegisteredSchema schema;

    /** Found before the database could be looked into; null where there is none, or it was seen to. */
    private @Nullable SQLException failure;

    /**
     * Loads what is registered.
     *
     * @throws SQLException where a source is missing or malformed, or fails and there is no database that could do without it
     */
    Registration(DatabaseFile file, SchemaKnowledge knowledge, IncidentDesk desk, HealingSettings settings)
            throws SQLException {
        this.file = file;
        this.knowledge = knowledge;
        this.desk = desk;
        this.settings = settings;
        this.toldBefore = knowledge.scripts().tryAgain(settings);
        try {
            this.schema = knowledge.registered(settings);
        } catch (SchemaException e) {
            if (!e.isOfRunning() || !mayDoWithout() || file.sizeBytes() <= 0) {
                throw e;
            }
            knowledge.scripts().doWithout(settings, Disclosure.message(e));
            this.failure = e;
        }
    }

    private boolean mayDoWithout() {
        return !settings.consent().schemaRequired() && settings.mode() != Mode.OFF;
    }

    /** What is registered; null where nothing is, or it cannot be applied. */
    @Nullable
    RegisteredSchema schema() {
        return schema;
    }

    /** Whether what the settings name is registered; also where they name nothing. */
    boolean isInForce() {
        return schema != null || settings.schema().isEmpty();
    }

    /**
     * Sees to what has failed before the database could be looked into.
     *
     * @param mayWrite whether an incident may be kept beside the database
     * @throws SQLException the failure, where the database has no table
     */
    void settle(Connection connection, boolean mayWrite) throws SQLException {
        SQLException failed = failure;
        if (failed == null) {
            return;
        }
        failure = null;
        if (!hasTables(connection)) {
            knowledge.scripts().tryAgain(settings);
            throw failed;
        }
        tell(failed, mayWrite);
    }

    /** Goes on without what is registered, where it is that which does not fit, and neither the surroundings nor the file; else nothing changes, and the answer is no. */
    boolean doesWithout(SQLException failed, Connection connection, boolean mayWrite) {
        if (schema == null || !mayDoWithout() || !isOfScripts(failed) || !hasTables(connection)) {
            return false;
        }
        schema = null;
        knowledge.scripts().doWithout(settings, Disclosure.message(failed));
        tell(failed, mayWrite);
        return true;
    }

    private static boolean isOfScripts(SQLException failure) {
        Fault fault = Fault.of(failure);
        return fault instanceof Fault.Application
                || fault instanceof Fault.MissingObject
                || fault instanceof Fault.MissingColumn
                || fault instanceof Fault.AlreadyThere;
    }

    /** Whether there is a table; also where nobody can tell, because the file is damaged or locked: then it is not for a script to say what it is. */
    private static boolean hasTables(Connection connection) {
        try {
            return !SchemaSnapshot.read(connection).isEmpty();
        } catch (SQLException unreadable) {
            return true;
        }
    }

    private void tell(SQLException failed, boolean mayWrite) {
        String why = Disclosure.message(failed);
        if (why.equals(toldBefore)) {
            LOG.debug("{}: the registered schema cannot be applied, as before: {}", file.main(), why);
            return;
        }
        desk.tell(
                Component.REGISTRATION,
                start,
                "the registered schema cannot be applied",
                "severity HIGH, the database has tables and is opened as it is",
                List.of(),
                new Outcome.GaveUp(
                        why
                                + ". No script of it has taken effect. To have such connections refused: healing.schemaRequired=true",
                        failed),
                mayWrite ? IncidentDesk.Kept.BESIDE : IncidentDesk.Kept.HERE);
    }
}
