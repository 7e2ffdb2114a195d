package org.healingsqlite.heal;

import java.sql.Connection;
import java.sql.SQLException;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.heal.ConsentSettings.Caution;
import org.healingsqlite.plan.Intent;
import org.healingsqlite.schema.Evolution;
import org.healingsqlite.schema.LearnedSchema;
import org.healingsqlite.schema.RegisteredSchema;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/** Whether what a schema lacks was lost, or is not there because the database is another release's. Thread-safe. */
final class SchemaIntent {
    private final DatabaseFile file;
    private final SchemaKnowledge schema;

    SchemaIntent(DatabaseFile file, SchemaKnowledge schema) {
        this.file = file;
        this.schema = schema;
    }

    /** What speaks against adding what is missing, as a connection of the application sees it. */
    Intent of(HealableConnection connection) throws SQLException {
        HealingSettings settings = connection.settings();
        if (settings.consent().caution() == Caution.OFF) {
            return Intent.NONE;
        }
        return of(settings, look(connection));
    }

    /** As {@link #of(HealableConnection)}, of a connection that is being opened. */
    Intent of(HealingSettings settings, Connection connection) throws SQLException {
        return settings.consent().caution() == Caution.OFF
                ? Intent.NONE
                : of(settings, schema.learning().look(connection));
    }

    /** What a transaction of the application has made and not committed is nobody else's: then what is committed is looked at. */
    private LearnedSchema.Look look(HealableConnection connection) throws SQLException {
        if (connection.transactionState() == TransactionState.USED) {
            try (Connection own = Sqlite.open(file.main(), Access.READ_ONLY)) {
                return schema.learning().look(own);
            } catch (SQLException e) {
                if (!(Fault.of(e) instanceof Fault.Unavailable)) {
                    throw e;
                }
            }
        }
        return schema.learning().look(connection.physical());
    }

    private Intent of(HealingSettings settings, LearnedSchema.Look now) throws SQLException {
        RegisteredSchema registered = schema.registered(settings);
        Evolution evolution = schema.learning().evolution(now);
        // What was seen here and is missing was lost; what was never seen may be of a release that is not this one's.
        if (evolution.direction() == Evolution.Direction.NONE
                && registered != null
                && !schema.learning().misses(now)) {
            evolution = Evolution.from(registered, now);
        }
        return switch (evolution.direction()) {
            case OLDER -> ofOlder(registered, now, evolution.evidence());
            case NEWER -> Intent.newer("the database is of another, newer release: " + evolution.evidence());
            case NONE ->
                settings.consent().caution() == Caution.STRICT && registered == null
                        ? Intent.unregistered(
                                "no schema is registered, and what was seen is no order (healing.intent=strict)")
                        : Intent.NONE;
        };
    }

    /** Where migrations are registered they lead on, as they do at open, with their rows. */
    private static Intent ofOlder(@Nullable RegisteredSchema registered, LearnedSchema.Look now, String evidence) {
        return registered != null && registered.leadsOn(now)
                ? Intent.NONE
                : Intent.older("the database is of an older release, a backup perhaps: " + evidence);
    }
}
