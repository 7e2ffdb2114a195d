package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a database the schema it should have: whole or not at all, adding only, and in one transaction that looks again after it holds the write
 * lock. So any number of processes may do this at once; one does it, the others find it done. Stateless.
 */
public final class SchemaApplier {
    private static final Logger LOG = LoggerFactory.getLogger(SchemaApplier.class);

    private SchemaApplier() {}

    /**
     * Brings a registered schema to a database: everything in an empty one, in any other the pending migrations and whatever else is missing.
     *
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
        if (!nested && SchemaSnapshot.read(connection).isEmpty()) {
            try (java.sql.Statement statement = connection.createStatement()) {
                for (String pragma : registered.leadingPragmas()) {
                    statement.execute(pragma);
                }
            }
        }
        List<String> steps = new ArrayList<>();
        try (SchemaTransaction transaction = SchemaTransaction.begin(connection, nested, false)) {
            boolean fresh = SchemaSnapshot.read(connection).isEmpty();
            if (fresh) {
                runScripts(connection, registered, steps);
            }
            migrate(connection, registered, fresh, database, steps);
            transaction.commit();
            if (fresh) {
                LOG.debug("{}: schema initialized successfully", database);
                return new SchemaChange(steps, false);
            }
        } catch (SQLException e) {
            LOG.error("Database migration failed: {}: {}", database, e.getMessage());
            throw e;
        }
        SchemaChange repaired = repair(connection, expected, database, nested);
        steps.addAll(repaired.steps());
        return new SchemaChange(steps, repaired.recovered());
    }

    /** Whether there is nothing to add and no migration to run. */
    public static boolean isComplete(Connection connection, RegisteredSchema registered, ExpectedSchema expected)
            throws SQLException {
        if (!SchemaDifference.between(expected.snapshot(), SchemaSnapshot.read(connection))
                .isEmpty()) {
            return false;
        }
        Map<String, String> applied = MigrationHistory.applied(connection);
        return registered.migrations().stream().allMatch(migration -> applied.containsKey(migration.version()));
    }

    private static void runScripts(Connection connection, RegisteredSchema registered, List<String> steps)
            throws SQLException {
        try (java.sql.Statement statement = connection.createStatement()) {
            for (SqlScript script : registered.scripts()) {
                RegisteredSchema.run(script, statement);
                steps.add("ran " + script.name());
            }
        }
    }

    /** Runs the migrations that are not in the history. Inside the write lock, so that each runs exactly once. */
    private static void migrate(
            Connection connection, RegisteredSchema registered, boolean fresh, String database, List<String> steps)
            throws SQLException {
        if (registered.migrations().isEmpty()) {
            return;
        }
        boolean history = MigrationHistory.exists(connection);
        Map<String, String> applied = MigrationHistory.applied(connection);
        int baseline = history || fresh ? 0 : baseline(connection, registered);
        for (int i = 0; i < registered.migrations().size(); i++) {
            Migration migration = registered.migrations().get(i);
            if (applied.containsKey(migration.version())) {
                warnWhereChanged(migration, applied.get(migration.version()), database);
            } else if (i < baseline) {
                MigrationHistory.record(connection, migration);
                LOG.warn(
                        "{}: what migration {} makes is there already; recorded it as completed without running it",
                        database,
                        migration.version());
                steps.add("recorded migration " + migration.version() + " as completed: what it makes is there");
            } else {
                run(connection, migration, database);
                steps.add("ran migration " + migration.version());
            }
        }
    }

    private static void run(Connection connection, Migration migration, String database) throws SQLException {
        LOG.info(
                "Running migration {} ({}) on {}: schema of {} characters",
                migration.version(),
                migration.description(),
                database,
                migration.script().text().length());
        long start = System.nanoTime();
        try (java.sql.Statement statement = connection.createStatement()) {
            RegisteredSchema.run(migration.script(), statement);
        }
        MigrationHistory.record(connection, migration);
        double seconds = (double) (System.nanoTime() - start) / TimeUnit.SECONDS.toNanos(1);
        LOG.info("Recorded migration {} in schema_migrations table", migration.version());
        LOG.info(
                "Migration {} completed successfully in {} s, database {}",
                migration.version(),
                String.format(Locale.ROOT, "%.3f", seconds),
                database);
    }

    private static void warnWhereChanged(Migration migration, String checksum, String database) {
        if (!checksum.isEmpty() && !checksum.equals(migration.checksum())) {
            LOG.warn(
                    "{}: migration {} has changed since it ran (checksum {} then, {} now); it is not run again",
                    database,
                    migration.script().name(),
                    checksum,
                    migration.checksum());
        }
    }

    /**
     * How many migrations a database without a history has evidently had: up to the last one after which every table and column is there. Their
     * changes to rows cannot be seen; running them a second time would be worse than not running them.
     */
    private static int baseline(Connection connection, RegisteredSchema registered) throws SQLException {
        SchemaSnapshot actual = SchemaSnapshot.read(connection);
        for (int count = registered.migrations().size(); count > 0; count--) {
            SchemaDifference missing =
                    SchemaDifference.between(registered.expectedAfter(count).snapshot(), actual);
            boolean tablesThere = missing.columns().isEmpty()
                    && missing.objects(SchemaObject.Type.TABLE).stream()
                            .allMatch(table -> table.name().equalsIgnoreCase(MigrationHistory.TABLE));
            if (tablesThere) {
                return count;
            }
        }
        // Some of the tables of the first migration are there: the rest is added, not the whole run again.
        SchemaSnapshot first = registered.expectedAfter(1).snapshot();
        boolean anyThere = first.objects().stream()
                .anyMatch(object -> object.type() == SchemaObject.Type.TABLE
                        && actual.object(SchemaObject.Type.TABLE, object.name()).isPresent());
        return anyThere ? 1 : 0;
    }

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
        try (SchemaTransaction transaction = SchemaTransaction.begin(connection, nested, true)) {
            SchemaSnapshot actual = SchemaSnapshot.read(connection);
            SchemaDifference difference = SchemaDifference.between(expected.snapshot(), actual);
            if (difference.isEmpty()) {
                return new SchemaChange(List.of(), false);
            }
            warn(difference, database, actual.isEmpty());
            SchemaRepair repair = new SchemaRepair(connection, transaction, expected, actual);
            repair.run(difference);
            transaction.commit();
            LOG.debug("{}: schema initialized successfully", database);
            return new SchemaChange(repair.steps(), !actual.isEmpty());
        } catch (SQLException e) {
            LOG.error("Schema repair of {} failed: {}", database, e.getMessage());
            throw e;
        }
    }

    private static void warn(SchemaDifference difference, String database, boolean fresh) {
        if (fresh) {
            LOG.warn("{}: the database is empty, reinitializing", database);
            return;
        }
        for (SchemaObject object : difference.objects()) {
            LOG.warn("{}: {} {} missing, reinitializing", database, object.name(), object.type());
        }
        for (SchemaDifference.MissingColumns columns : difference.columns()) {
            LOG.warn(
                    "{}: {} table lacks columns {}, reinitializing",
                    database,
                    columns.table().name(),
                    columns.names());
        }
    }
}
