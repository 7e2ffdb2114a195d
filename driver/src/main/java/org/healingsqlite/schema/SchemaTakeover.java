package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.healingsqlite.log.Log;
import org.healingsqlite.schema.MigrationHistory.Applied;
import org.healingsqlite.schema.SchemaTransaction.ForeignKeys;

/** Takes a database over into the history of registered migrations, before the pending ones run. Stateless. */
final class SchemaTakeover {
    private static final Log LOG = Log.of(SchemaTakeover.class);

    private SchemaTakeover() {}

    /**
     * Makes a database ready for pending migrations: one without a history gets it back, or a new one by what is evidently there; and what is
     * missing of earlier versions is added, so that the pending ones find what they build upon. Where there are pending ones and nothing is to be added, nothing
     * stays: the history is recorded with them, so that a migration that fails leaves the database as it was.
     *
     * @return the history, as it is or as {@link #record} will leave it
     */
    static Map<String, Applied> run(
            Connection connection,
            RegisteredSchema registered,
            ExpectedSchema expected,
            String database,
            boolean nested,
            List<String> steps)
            throws SQLException {
        if (MigrationHistory.exists(connection)
                && registered.pending(MigrationHistory.applied(connection)).isEmpty()) {
            return MigrationHistory.applied(connection);
        }
        try (SchemaTransaction transaction = SchemaTransaction.begin(connection, nested, ForeignKeys.OFF)) {
            Recorded recorded = record(connection, registered, expected);
            Map<String, Applied> applied = MigrationHistory.applied(connection);
            int stage = 0;
            List<String> repaired = List.of();
            boolean isWhole = true;
            while (stage < registered.migrations().size()
                    && applied.containsKey(registered.migrations().get(stage).key())) {
                stage++;
            }
            if (stage < registered.migrations().size()) {
                ExpectedSchema earlier = withoutWhatWasRemoved(registered, stage, expected);
                SchemaSnapshot actual = SchemaSnapshot.read(connection);
                SchemaDifference difference = SchemaDifference.between(earlier.snapshot(), actual);
                isWhole = difference.isEmpty();
                if (!isWhole) {
                    SchemaWarnings.warn(difference, database, false);
                    SchemaRepair repair = new SchemaRepair(connection, transaction, earlier, actual);
                    repair.run(difference);
                    repaired = repair.steps();
                }
            }
            if (!isWhole || registered.pending(applied).isEmpty()) {
                transaction.commit();
                recorded.tell(database, steps);
                steps.addAll(repaired);
            }
            return applied;
        }
    }

    /**
     * What was put into the history without running anything.
     *
     * @param warnings for the log
     * @param steps for a reader of the incident
     */
    record Recorded(List<String> warnings, List<String> steps) {
        static final Recorded NOTHING = new Recorded(List.of(), List.of());

        /** Tells of it, once it is committed. */
        void tell(String database, List<String> allSteps) {
            warnings.forEach(warning -> LOG.warn("{}: {}", database, warning));
            allSteps.addAll(steps);
        }
    }

    /**
     * Records, where there is no history or one whose rows are lost, the history as this JVM knows it; else one row for each migration whose work is evidently there. In
     * the caller's transaction.
     */
    static Recorded record(Connection connection, RegisteredSchema registered, ExpectedSchema expected)
            throws SQLException {
        if (!MigrationHistory.applied(connection).isEmpty()) {
            return Recorded.NOTHING;
        }
        TableRows known = expected.rows().get(MigrationHistory.TABLE);
        if (known != null && !known.rows().isEmpty()) {
            if (!MigrationHistory.exists(connection)) {
                try (Statement statement = connection.createStatement()) {
                    SchemaObject history = expected.snapshot()
                            .object(SchemaObject.Type.TABLE, MigrationHistory.TABLE)
                            .orElseThrow();
                    statement.execute(CreateStatement.stored(history).sql());
                }
            }
            known.insertInto(connection);
            return new Recorded(
                    List.of("schema_migrations table missing, reinitializing"),
                    List.of("created table schema_migrations with the "
                            + known.rows().size() + " rows it had"));
        }
        List<String> warnings = new ArrayList<>();
        List<String> steps = new ArrayList<>();
        for (Migration migration : registered.migrations().subList(0, baseline(connection, registered))) {
            MigrationHistory.record(connection, migration);
            warnings.add("what migration " + migration.version()
                    + " makes is there already; recorded it as completed without running it");
            steps.add("recorded migration " + migration.version() + " as completed: what it makes is there");
        }
        return new Recorded(warnings, steps);
    }

    /**
     * How many migrations a database without a history has evidently had: up to the last one of which something is there that no earlier one
     * makes, and those behind it that make no table and no column. What is missing of their work is added; their changes to rows cannot be seen,
     * and running them a second time would be worse than not running them.
     */
    private static int baseline(Connection connection, RegisteredSchema registered) throws SQLException {
        SchemaSnapshot actual = SchemaSnapshot.read(connection);
        int migrations = registered.migrations().size();
        int baseline = migrations;
        while (baseline > 0 && Collections.disjoint(made(registered, baseline, true), names(actual, true))) {
            baseline--;
        }
        while (baseline > 0
                && baseline < migrations
                && made(registered, baseline + 1, false).isEmpty()) {
            baseline++;
        }
        return baseline;
    }

    /** What a migration makes that was not there before it. */
    private static Set<String> made(RegisteredSchema registered, int migration, boolean everything) {
        Set<String> made = names(registered.expectedAfter(migration).snapshot(), everything);
        made.removeAll(names(registered.expectedAfter(migration - 1).snapshot(), everything));
        return made;
    }

    /** Tables and columns, or everything, but for the history itself. */
    private static Set<String> names(SchemaSnapshot snapshot, boolean everything) {
        Set<String> names = new HashSet<>();
        for (SchemaObject object : snapshot.objects()) {
            String name = object.type() + " " + SchemaObject.key(object.name());
            if (SchemaObject.same(object.table(), MigrationHistory.TABLE)) {
                continue;
            }
            if (everything || object.type() == SchemaObject.Type.TABLE) {
                names.add(name);
            }
            snapshot.columns(object.name()).forEach(column -> names.add(name + '\0' + SchemaObject.key(column.name())));
        }
        return names;
    }

    /** A stage, without what the application has dropped of the whole registered schema. */
    private static ExpectedSchema withoutWhatWasRemoved(
            RegisteredSchema registered, int stage, ExpectedSchema expected) {
        SchemaSnapshot whole = registered.expected().snapshot();
        Set<SchemaObject> removed = new HashSet<>();
        for (SchemaObject object : whole.objects()) {
            if (expected.snapshot().object(object.type(), object.name()).isEmpty()) {
                removed.add(object);
            }
        }
        return registered
                .expectedAfter(stage)
                .without(removed.stream()
                        .map(object -> new SqlStatement.Removal(object.name(), ""))
                        .toList());
    }
}
