package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.api.Internal;
import org.healingsqlite.schema.SqlStatement.Removal;

/**
 * The schema as this JVM has seen it, and the rows of the tables in which migration tools keep their books: without those an application would
 * run its migrations a second time.
 */
@Internal
public final class LearnedSchema {
    private static final int MOST_ROWS = 10_000;

    private LearnedSchema() {}

    /**
     * What a database has at one moment.
     *
     * @param rows of the tables whose rows belong to the schema, by {@link SchemaObject#key} of the table's name
     */
    public record Look(SchemaSnapshot snapshot, Map<String, TableRows> rows) {
        public Look {
            rows = Map.copyOf(rows);
        }

        /** Whether there is a table with that column. */
        public boolean has(String table, String column) {
            return snapshot.columns(table).stream().anyMatch(each -> SchemaObject.same(each.name(), column));
        }

        /** Whether there is an object of that name, of any type. */
        public boolean has(String name) {
            return snapshot.objects().stream().anyMatch(object -> object.name().equalsIgnoreCase(name));
        }
    }

    /** Looks at a database. What is in its schema and is no CREATE of its object is not learned: it would have to run to come back. */
    public static Look look(Connection connection) throws SQLException {
        return look(connection, Set.of());
    }

    /**
     * As {@link #look(Connection)}.
     *
     * @param versionTables tables, beside the known ones, in which the application keeps its version
     */
    public static Look look(Connection connection, Collection<String> versionTables) throws SQLException {
        SchemaSnapshot actual = SchemaSnapshot.read(connection).onlyStatements();
        Map<String, TableRows> rows = new HashMap<>();
        for (SchemaObject object : actual.objects()) {
            if (Ledgers.isLedger(object, actual, versionTables) && !LedgerNames.isLock(object.name())) {
                TableRows ofTable = TableRows.read(connection, object, actual.table(object.name()), MOST_ROWS);
                rows.put(SchemaObject.key(object.name()), ofTable);
            } else if (object.type() == SchemaObject.Type.TABLE && LedgerNames.isOfSettings(object.name())) {
                TableRows ofVersion = versionSettings(connection, object, actual);
                if (!ofVersion.rows().isEmpty()) {
                    rows.put(SchemaObject.key(object.name()), ofVersion);
                }
            }
        }
        return new Look(actual, rows);
    }

    /** The rows of a table of settings that hold a version. */
    private static TableRows versionSettings(Connection connection, SchemaObject table, SchemaSnapshot snapshot)
            throws SQLException {
        List<String> columns = snapshot.columns(table.name()).stream()
                .map(column -> SchemaObject.key(column.name()))
                .toList();
        Optional<String> key = Ledgers.settingsKey(table.name(), columns);
        return key.isEmpty() || table.isVirtual()
                ? new TableRows(table.name(), List.of(), List.of())
                : TableRows.read(
                        connection,
                        table,
                        snapshot.table(table.name()),
                        MOST_ROWS,
                        SqlText.name(key.get()) + " IN ('" + String.join("', '", LedgerNames.VERSION_SETTINGS) + "')");
    }

    /**
     * Learns from a look.
     *
     * @param before what was known of the database
     * @param removals what the application removed itself since then
     */
    public static ExpectedSchema learn(Look look, ExpectedSchema before, List<Removal> removals) {
        return before.seen(look.snapshot(), look.rows(), removals);
    }

    /** Tables in which an application keeps its version are told of, so that it is seen when statements write to them. */
    public static void register(Collection<String> versionTables) {
        LedgerNames.register(versionTables);
    }

    /** Whether a schema has a table in which a migration tool keeps its books. */
    public static boolean hasBookkeeping(ExpectedSchema schema) {
        return !schema.rows().isEmpty()
                || schema.snapshot().objects().stream().anyMatch(object -> isBookkeeping(object.name()));
    }

    /** Whether a migration tool keeps its books in a table of this name. */
    public static boolean isBookkeeping(String table) {
        return LedgerNames.isKnown(table);
    }
}
