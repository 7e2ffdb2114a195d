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
     * Learns from a database.
     *
     * @param before what was known of it
     * @param removals what the application removed itself since then
     */
    public static ExpectedSchema learn(Connection connection, ExpectedSchema before, List<Removal> removals)
            throws SQLException {
        SchemaSnapshot actual = SchemaSnapshot.read(connection);
        Map<String, TableRows> rows = new HashMap<>();
        for (SchemaObject object : actual.objects()) {
            if (object.type() == SchemaObject.Type.TABLE && holdsLastingRows(object)) {
                TableRows ofTable = TableRows.read(connection, object, actual.table(object.name()), MOST_ROWS);
                rows.put(SchemaObject.key(object.name()), ofTable);
            }
        }
        return before.seen(actual, rows, removals);
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
