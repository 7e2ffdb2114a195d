package org.healingsqlite.schema;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Names of tables in which applications and migration tools remember which release a database is of: known, registered, or speaking of versions or migrations. What such a
 * table is, {@link Ledgers} tells. Thread-safe.
 */
final class LedgerNames {
    /** Tables of frameworks and tools. */
    private static final Set<String> KNOWN = Set.of(
            "flyway_schema_history",
            "schema_version",
            "databasechangelog",
            "databasechangeloglock",
            "schema_migrations",
            "schema_info",
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
            "__diesel_schema_migrations",
            "_sqlx_migrations",
            "_prisma_migrations",
            "sequelizemeta",
            "phinxlog",
            "doctrine_migration_versions",
            "mybatis_changelog",
            "versioninfo",
            "schema_changes",
            "migratehistory",
            "play_evolutions",
            "z_metadata");

    /** Tables of settings, in one row of which an application may keep its version. */
    private static final Set<String> SETTINGS = Set.of(
            "meta",
            "metadata",
            "setting",
            "settings",
            "config",
            "configuration",
            "properties",
            "property",
            "options",
            "info",
            "system",
            "app_info",
            "db_info",
            "app_settings",
            "app_metadata");

    /** What people call such a setting. */
    static final List<String> VERSION_SETTINGS = List.of(
            "version",
            "db_version",
            "dbversion",
            "database_version",
            "databaseversion",
            "schema_version",
            "schemaversion",
            "schema",
            "data_version",
            "user_version",
            "app_version",
            "last_compatible_version");

    /** Names that tools and people give, beside those that speak of migrations: {@code db_version}, {@code app_schema_history}. */
    private static final Pattern SPEAKING_NAME = Pattern.compile("schema_?(?:version|info|history|meta)|db_?version");

    /** Keys of tables that connections of this JVM have registered: which statements may write to one is asked before anybody knows for which database. */
    private static final Set<String> REGISTERED = ConcurrentHashMap.newKeySet();

    private LedgerNames() {}

    /** Tables in which an application keeps its version are told of. */
    static void register(Collection<String> tables) {
        tables.forEach(table -> REGISTERED.add(SqlText.key(table)));
    }

    /**
     * The key of the table to which a statement writes, where that may be one of them, as far as its name tells.
     *
     * @param statement at its first word; left behind the name
     */
    static Optional<String> written(SqlLexer statement) {
        boolean writes =
                statement.is("INSERT") || statement.is("UPDATE") || statement.is("DELETE") || statement.is("REPLACE");
        if (!writes) {
            return Optional.empty();
        }
        statement.next();
        if (statement.is("OR")) {
            statement.next();
            statement.next();
        }
        if (statement.is("INTO") || statement.is("FROM")) {
            statement.next();
        }
        return statement.nameInMain().map(SqlText::key).filter(LedgerNames::mayBe);
    }

    /** Whether a name speaks of versions or migrations. */
    static boolean isSpeaking(String key) {
        // Asked of every table that is written to: most names are told without the pattern.
        return key.contains("migration")
                || key.contains("changelog")
                || key.equals("version")
                || key.equals("versions")
                || (key.contains("schema") || key.contains("db"))
                        && SPEAKING_NAME.matcher(key).find();
    }

    private static boolean mayBe(String key) {
        return KNOWN.contains(key) || REGISTERED.contains(key) || SETTINGS.contains(key) || isSpeaking(key);
    }

    /** Whether a tool keeps its books in a table of this name. */
    static boolean isKnown(String table) {
        return KNOWN.contains(SqlText.key(table));
    }

    /** Whether an application keeps settings in a table of this name, its version perhaps among them. */
    static boolean isOfSettings(String table) {
        return SETTINGS.contains(SqlText.key(table));
    }

    /** A lock that was held while it was learned would never be released again; the tools fill an empty lock table themselves. */
    static boolean isLock(String table) {
        return SqlText.key(table).endsWith("lock");
    }
}
