package org.healingsqlite.schema;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tables in which applications and migration tools remember which release a database is of: known by name, registered, or told by their shape, which is a name that speaks
 * of versions or migrations, few columns, and among them one that identifies a version. Stateless.
 */
final class Ledgers {
    /** Liquibase's has 14. A table of documents and their versions has a foreign key, or more columns. */
    private static final int MOST_COLUMNS = 16;

    /** By what a row is told from another, in this order: the first of which a table has all columns. */
    private static final List<List<String>> KEYS = List.of(
            List.of("version"),
            List.of("version_num"),
            List.of("version_id"),
            List.of("migrationid"),
            List.of("migration"),
            List.of("migration_name"),
            List.of("migration_id"),
            List.of("schema_version"),
            List.of("idversion"),
            List.of("timestamp", "name"),
            List.of("name", "migrated_at"),
            List.of("z_version"),
            // Elsewhere these tell documents from each other.
            List.of("hash"),
            List.of("identifier"),
            List.of("id", "author", "filename"),
            List.of("app", "name"),
            List.of("identity_hash"),
            List.of("name"),
            List.of("filename"),
            List.of("script"),
            List.of("id"));

    /** So many of them are enough for a table whose name speaks of versions, and two more where it speaks of migrations. */
    private static final int TELLING = 12;

    private static final List<String> NAMES_OF_SETTINGS =
            List.of("key", "name", "k", "setting", "property", "option", "id");
    private static final List<String> VALUES_OF_SETTINGS = List.of("value", "val", "v");
    private static final int MOST_COLUMNS_OF_SETTINGS = 4;

    private Ledgers() {}

    /** The column of a table of settings by which its rows are told apart; empty where it is no such table. */
    static Optional<String> settingsKey(String table, List<String> columns) {
        return LedgerNames.isOfSettings(table) && columns.size() <= MOST_COLUMNS_OF_SETTINGS
                ? keyOfValues(columns)
                : Optional.empty();
    }

    private static Optional<String> keyOfValues(List<String> columns) {
        boolean hasValue = VALUES_OF_SETTINGS.stream().anyMatch(columns::contains);
        return NAMES_OF_SETTINGS.stream()
                .filter(column -> hasValue && columns.contains(column))
                .findFirst();
    }

    /**
     * Whether a table is one of them.
     *
     * @param registered names of those that the application has told of
     */
    static boolean isLedger(SchemaObject table, SchemaSnapshot snapshot, Collection<String> registered) {
        if (table.type() != SchemaObject.Type.TABLE || table.isVirtual()) {
            return false;
        }
        String name = SchemaObject.key(table.name());
        if (LedgerNames.isKnown(name) || registered.stream().anyMatch(each -> SchemaObject.same(each, name))) {
            return true;
        }
        List<String> columns = snapshot.columns(name).stream()
                .map(column -> SchemaObject.key(column.name()))
                .toList();
        return LedgerNames.isSpeaking(name)
                && columns.size() <= MOST_COLUMNS
                && !SqlLexer.tokens(table.sql()).contains("references")
                && KEYS.subList(0, name.contains("migration") ? TELLING + 2 : TELLING).stream()
                        .anyMatch(columns::containsAll);
    }

    /** The versions that a ledger holds; empty where it holds none, or nothing tells them apart. */
    static Set<String> versions(TableRows rows) {
        List<String> columns = rows.columns().stream().map(SchemaObject::key).toList();
        Optional<String> name = keyOfValues(columns);
        List<String> key = name.isPresent()
                ? Stream.concat(name.stream(), VALUES_OF_SETTINGS.stream().filter(columns::contains))
                        .toList()
                : KEYS.stream().filter(columns::containsAll).findFirst().orElse(List.of());
        List<Integer> places = key.stream().map(columns::indexOf).toList();
        return places.isEmpty()
                ? Set.of()
                : rows.rows().stream()
                        .map(row -> places.stream()
                                .map(place -> text(row.get(place)))
                                .collect(Collectors.joining("\0")))
                        .filter(version -> !version.isEmpty())
                        .collect(Collectors.toUnmodifiableSet());
    }

    private static String text(@Nullable Object value) {
        return value == null ? "" : Migration.normal(String.valueOf(value));
    }
}
