package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.healingsqlite.schema.SqlStatement.Removal;

/**
 * The schema as this JVM has seen it, and the rows of the tables in which migration tools keep their books: without those an application would
 * run its migrations a second time.
 */
public final class LearnedSchema {
    private static final int MOST_ROWS = 10_000;

    /** Tables in which frameworks and tools remember which migrations they ran. */
    private static final Set<String> BOOKKEEPING = Set.of(
            "flyway_schema_history",
            "schema_version",
            "databasechangelog",
            "databasechangeloglock",
            "schema_migrations",
            "changelog",
            "alembic_version",
            "django_migrations",
            "android_metadata",
            "room_master_table",
            "ar_internal_metadata",
            "knex_migrations",
            "knex_migrations_lock",
            "goose_db_version",
            "__efmigrationshistory",
            "_prisma_migrations",
            "mybatis_changelog");

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

        /** Whether there is an object of that name, of any type. */
        public boolean has(String name) {
            return snapshot.objects().stream().anyMatch(object -> object.name().equalsIgnoreCase(name));
        }
    }

    /** Looks at a database. What is in its schema and is no CREATE of its object is not learned: it would have to run to come back. */
    public static Look look(Connection connection) throws SQLException {
        SchemaSnapshot actual = SchemaSnapshot.read(connection).onlyStatements();
        Map<String, TableRows> rows = new HashMap<>();
        for (SchemaObject object : actual.objects()) {
            if (object.type() == SchemaObject.Type.TABLE && holdsLastingRows(object)) {
                TableRows ofTable = TableRows.read(connection, object, actual.table(object.name()), MOST_ROWS);
                rows.put(SchemaObject.key(object.name()), ofTable);
            }
        }
        return new Look(actual, rows);
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

    /** Whether a schema has a table in which a migration tool keeps its books. */
    public static boolean hasBookkeeping(ExpectedSchema schema) {
        return schema.snapshot().objects().stream().anyMatch(object -> isBookkeeping(object.name()));
    }

    /** A lock that was held while it was learned would never be released again; the tools fill an empty lock table themselves. */
    private static boolean holdsLastingRows(SchemaObject table) {
        return isBookkeeping(table.name()) && !SchemaObject.key(table.name()).endsWith("lock");
    }

    /** Whether a migration tool keeps its books in a table of this name. */
    public static boolean isBookkeeping(String table) {
        return BOOKKEEPING.contains(SchemaObject.key(table));
    }
}
