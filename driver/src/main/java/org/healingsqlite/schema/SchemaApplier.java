package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.api.Internal;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.schema.MigrationHistory.Applied;
import org.healingsqlite.schema.SchemaTransaction.ForeignKeys;

/**
 * Gives a database the schema it should have: whole or not at all, adding only, and in one transaction that looks again after it holds the write
 * lock. So any number of processes may do this at once; one does it, the others find it done. Stateless.
 */
@Internal
public final class SchemaApplier {
    private static final Log LOG = Log.of(SchemaApplier.class);

    private SchemaApplier() {}

    /**
     * Brings a registered schema to a database: everything in an empty one, in any other the pending migrations and whatever else is missing.
     *
     * @param expected what is registered, and what else is known of the database
     * @param database for messages: where the database is
     * @param nested whether the connection is in a transaction of the application
     * @throws SchemaException where a script fails; nothing of it stays
     */
    public static SchemaChange apply(
            Connection connection,
            RegisteredSchema registered,
            ExpectedSchema expected,
            String database,
            boolean nested)
            throws SQLException {
        List<String> steps = new ArrayList<>();
        boolean fresh;
        try {
            fresh = initialise(connection, registered, expected, database, nested, steps);
            if (!fresh && !registered.migrations().isEmpty()) {
                Map<String, Applied> seen =
                        SchemaTakeover.run(connection, registered, expected, database, nested, steps);
                migrate(connection, registered, expected, seen, database, nested, steps);
            }
        } catch (SQLException e) {
            LOG.error("Database migration failed: {}: {}", database, Disclosure.message(e));
            throw e;
        }
        SchemaChange repaired = repair(connection, expected, database, nested);
        steps.addAll(repaired.steps());
        return new SchemaChange(steps, repaired.recovered(), repaired.leftOut());
    }

    /** Whether there is nothing to add and no migration to run. */
    public static boolean isComplete(Connection connection, RegisteredSchema registered, ExpectedSchema expected)
            throws SQLException {
        return SchemaDifference.between(expected.snapshot(), SchemaSnapshot.read(connection))
                        .isEmpty()
                && (registered.migrations().isEmpty()
                        || registered
                                .pending(MigrationHistory.applied(connection))
                                .isEmpty());
    }

    /**
     * Gives tables that have lost all their rows the ones that come with the schema.
     *
     * @return what was done, for a reader
     */
    public static List<String> seedAgain(Connection connection, ExpectedSchema expected) throws SQLException {
        List<String> steps = new ArrayList<>();
        SchemaSnapshot actual = SchemaSnapshot.read(connection);
        for (SchemaObject object : actual.objects()) {
            TableRows rows = expected.rows().get(SchemaObject.key(object.name()));
            if (object.type() == SchemaObject.Type.TABLE
                    && rows != null
                    && !rows.rows().isEmpty()
                    && isEmpty(connection, object)) {
                rows.insertInto(connection);
                steps.add("put the " + rows.rows().size() + " rows that come with it into table " + object.name());
            }
        }
        return steps;
    }

    private static boolean isEmpty(Connection connection, SchemaObject table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT 1 FROM main.\"" + table.name().replace("\"", "\"\"") + "\" LIMIT 1")) {
            return !row.next();
        }
    }

    /** What is missing. */
    public static SchemaDifference missing(Connection connection, ExpectedSchema expected) throws SQLException {
        return SchemaDifference.between(expected.snapshot(), SchemaSnapshot.read(connection));
    }

    /** What is missing and cannot be added, and why. */
    public static List<String> blocked(Connection connection, ExpectedSchema expected) throws SQLException {
        return SchemaDifference.between(expected.snapshot(), SchemaSnapshot.read(connection))
                .blocked();
    }

    /** Says what adding does not mend: a breaking change is left to the people who made it. */
    public static void warnOfIncompatible(Connection connection, ExpectedSchema expected, String database)
            throws SQLException {
        SchemaDifference.between(expected.snapshot(), SchemaSnapshot.read(connection))
                .leftAlone()
                .forEach(what -> SchemaWarnings.ofIncompatible(what, database));
    }

    // ---- An empty database

    /** Runs everything, where there is nothing yet. */
    private static boolean initialise(
            Connection connection,
            RegisteredSchema registered,
            ExpectedSchema expected,
            String database,
            boolean nested,
            List<String> steps)
            throws SQLException {
        if (!SchemaSnapshot.read(connection).isEmpty()) {
            return false;
        }
        List<SqlScript> scripts = new ArrayList<>(registered.scripts());
        registered.migrations().forEach(migration -> scripts.add(migration.script()));
        if (!nested) {
            RegisteredSchema.prepareFile(scripts, connection, true);
        }
        List<Ran> ran = new ArrayList<>();
        ForeignKeys foreignKeys = RegisteredSchema.foreignKeys(scripts, ForeignKeys.OFF);
        try (SchemaTransaction transaction = SchemaTransaction.begin(connection, nested, foreignKeys);
                Statement statement = connection.createStatement()) {
            if (!SchemaSnapshot.read(connection).isEmpty()) {
                return false;
            }
            for (SqlScript script : registered.scripts()) {
                RegisteredSchema.run(script, statement);
                steps.add("ran " + script.name());
            }
            for (Migration migration : registered.migrations()) {
                ran.add(run(connection, migration, database));
                steps.add("ran migration " + migration.version());
            }
            setNumbers(statement, expected.snapshot().settings());
            demandForeignKeys(transaction, database);
            RegisteredSchema.commit(transaction, scripts);
        }
        if (foreignKeys == ForeignKeys.ON && !nested) {
            // What a script asks for at its top stays in force, as it does where an application runs the script itself.
            try (Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA foreign_keys = ON");
            }
        }
        ran.forEach(one -> one.log(database));
        LOG.debug("{}: schema initialized successfully", database);
        return true;
    }

    /** Numbers that the application set itself in the database that was here before; those that a script sets stay. */
    private static void setNumbers(Statement statement, SchemaSnapshot.Settings wanted) throws SQLException {
        SchemaSnapshot.Settings now =
                SchemaSnapshot.read(statement.getConnection()).settings();
        if (now.userVersion() == 0 && wanted.userVersion() != 0) {
            statement.execute("PRAGMA main.user_version = " + wanted.userVersion());
        }
        if (now.applicationId() == 0 && wanted.applicationId() != 0) {
            statement.execute("PRAGMA main.application_id = " + wanted.applicationId());
        }
    }

    /** A connection that enforces foreign keys gets no rows that break them, in whatever order a script inserts its rows. */
    private static void demandForeignKeys(SchemaTransaction transaction, String database) throws SQLException {
        if (!transaction.enforcedForeignKeysBefore() || transaction.enforcesForeignKeys()) {
            return;
        }
        List<String> violations = transaction.foreignKeyViolations();
        if (!violations.isEmpty()) {
            throw new SchemaException(
                    database + ": the registered scripts insert rows that point to nothing: "
                            + String.join("; ", violations),
                    null);
        }
    }

    // ---- Migrations

    /**
     * Runs the migrations that are not in the history. Inside the write lock, so that each runs exactly once.
     *
     * @param seen the history as it is, or will be once the database is taken over
     */
    private static void migrate(
            Connection connection,
            RegisteredSchema registered,
            ExpectedSchema expected,
            Map<String, Applied> seen,
            String database,
            boolean nested,
            List<String> steps)
            throws SQLException {
        warnOfChanges(registered, seen, database);
        List<SqlScript> scripts =
                registered.pending(seen).stream().map(Migration::script).toList();
        if (scripts.isEmpty()) {
            return;
        }
        ForeignKeys foreignKeys = RegisteredSchema.foreignKeys(scripts, ForeignKeys.AS_THEY_ARE);
        if (!nested) {
            RegisteredSchema.prepareFile(scripts, connection, false);
        }
        List<Ran> ran = new ArrayList<>();
        List<String> done = new ArrayList<>();
        SchemaTakeover.Recorded recorded;
        try (SchemaTransaction transaction = SchemaTransaction.begin(connection, nested, foreignKeys)) {
            recorded = SchemaTakeover.record(connection, registered, expected);
            if (foreignKeys == ForeignKeys.OFF && transaction.enforcesForeignKeys()) {
                throw new SchemaException(
                        "a pending migration wants foreign_keys = OFF, and SQLite does not allow that inside the transaction of the application; open a new connection to run it",
                        null);
            }
            for (Migration migration : registered.pending(MigrationHistory.applied(connection))) {
                ran.add(run(connection, migration, database));
                done.add("ran migration " + migration.version());
            }
            RegisteredSchema.commit(transaction, scripts);
        }
        recorded.tell(database, steps);
        steps.addAll(done);
        ran.forEach(one -> one.log(database));
    }

    private static Ran run(Connection connection, Migration migration, String database) throws SQLException {
        LOG.info(
                "Running migration {} ({}) on {}: schema of {} characters",
                migration.version(),
                migration.description(),
                database,
                migration.script().text().length());
        long start = System.nanoTime();
        try (Statement statement = connection.createStatement()) {
            RegisteredSchema.run(migration.script(), statement);
        }
        MigrationHistory.record(connection, migration);
        return new Ran(migration, System.nanoTime() - start);
    }

    /** A migration that has run; success is told after the commit. */
    private record Ran(Migration migration, long nanos) {
        void log(String database) {
            LOG.info("Recorded migration {} in schema_migrations table", migration.version());
            LOG.info(
                    "Migration {} completed successfully in {} s, database {}",
                    migration.version(),
                    String.format(Locale.ROOT, "%.3f", (double) nanos / TimeUnit.SECONDS.toNanos(1)),
                    database);
        }
    }

    private static void warnOfChanges(RegisteredSchema registered, Map<String, Applied> applied, String database) {
        for (Migration migration : registered.migrations()) {
            Applied then = applied.get(migration.key());
            if (then != null && !then.checksum().isEmpty() && !then.checksum().equals(migration.checksum())) {
                LOG.warn(
                        "{}: migration {} has changed since it ran (checksum {} then, {} now); it is not run again",
                        database,
                        migration.script().name(),
                        then.checksum(),
                        migration.checksum());
            }
        }
    }

    /**
     * Undoes the registered migrations later than a version, the latest first, by their {@code U1__description.sql} scripts, in one transaction.
     * Never called by healing: what these scripts drop is lost. A connection that is opened later with the same scripts runs the migrations again.
     *
     * @param version the version to go back to; {@code 0} undoes all
     * @throws SchemaException where a script is missing or fails; nothing was changed then
     */
    public static SchemaChange down(Connection connection, RegisteredSchema registered, String version, String database)
            throws SQLException {
        List<String> steps = new ArrayList<>();
        if (!Migration.isVersion(version)) {
            throw new SchemaException("'" + version + "' is not a version: expected numbers like 3 or 1.2", null);
        }
        Migration target = new Migration(version, "", new SqlScript("", "", Scripts.Limits.NONE));
        List<Migration> undone = registered.migrations().stream()
                .filter(migration -> Migration.BY_VERSION.compare(migration, target) > 0)
                .sorted(Migration.BY_VERSION.reversed())
                .toList();
        List<SqlScript> scripts = new ArrayList<>();
        for (Migration migration : undone) {
            Migration undo = registered.undo(migration.key());
            if (undo != null) {
                scripts.add(undo.script());
            }
        }
        try (SchemaTransaction transaction = SchemaTransaction.begin(
                        connection, false, RegisteredSchema.foreignKeys(scripts, ForeignKeys.AS_THEY_ARE));
                Statement statement = connection.createStatement()) {
            Map<String, Applied> applied = MigrationHistory.applied(connection);
            for (Migration migration : undone) {
                Applied row = applied.get(migration.key());
                if (row == null) {
                    continue;
                }
                Migration undo = registered.undo(migration.key());
                if (undo == null) {
                    throw new SchemaException(
                            "Migration " + migration.version() + " cannot be undone: expected a script U"
                                    + migration.version() + "__description.sql",
                            null);
                }
                LOG.warn("Undoing migration {} on {}", migration.version(), database);
                RegisteredSchema.run(undo.script(), statement);
                MigrationHistory.forget(connection, row.version());
                steps.add("undid migration " + migration.version());
            }
            RegisteredSchema.commit(transaction, scripts);
        } catch (SQLException e) {
            LOG.error("Database migration failed: {}: {}", database, Disclosure.message(e));
            throw e;
        }
        return new SchemaChange(steps, false);
    }

    // ---- Repair

    /**
     * Adds what is missing.
     *
     * @param nested whether the connection is in a transaction of the application
     * @throws SchemaException where something cannot be added without losing or inventing data; nothing was changed then
     */
    public static SchemaChange repair(Connection connection, ExpectedSchema expected, String database, boolean nested)
            throws SQLException {
        if (SchemaDifference.between(expected.snapshot(), SchemaSnapshot.read(connection))
                .isEmpty()) {
            return new SchemaChange(List.of(), false);
        }
        try (SchemaTransaction transaction = SchemaTransaction.begin(connection, nested, ForeignKeys.OFF)) {
            SchemaSnapshot actual = SchemaSnapshot.read(connection);
            SchemaDifference difference = SchemaDifference.between(expected.snapshot(), actual);
            if (difference.isEmpty()) {
                return new SchemaChange(List.of(), false);
            }
            SchemaWarnings.warn(difference, database, actual.isEmpty());
            SchemaRepair repair = new SchemaRepair(connection, transaction, expected, actual);
            repair.run(difference);
            transaction.commit();
            LOG.debug("{}: schema initialized successfully", database);
            return new SchemaChange(repair.steps(), !actual.isEmpty(), repair.leftOut());
        } catch (SQLException e) {
            LOG.error("Schema repair of {} failed: {}", database, Disclosure.message(e));
            throw e;
        }
    }
}
