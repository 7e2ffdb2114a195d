package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.api.Internal;
import org.healingsqlite.schema.NamedChanges.Named;
import org.healingsqlite.schema.NamedChanges.Verb;
import org.jspecify.annotations.Nullable;

/**
 * What some objects of a schema are at one moment. What it takes does not depend on how many others there are. Immutable.
 *
 * @param version the schema's counter
 * @param changes what was looked for
 * @param found those of them that are there
 */
@Internal
public record NamedLook(long version, NamedChanges changes, List<Found> found) {
    /** What was made last stands last; indexes that SQLite makes by itself come behind their table. */
    private static final int LAST_ROWS = 8;

    /**
     * An object that is there.
     *
     * @param table what is known of it beside its text; null where it is no table
     */
    record Found(SchemaObject object, SchemaSnapshot.@Nullable Table table) {}

    public NamedLook {
        found = List.copyOf(found);
    }

    /** Whether there is one of these. */
    boolean has(Named named) {
        return found.stream().anyMatch(one -> named(one.object()).equals(named));
    }

    /** Whether an object of a name, of any type, was found. */
    public boolean has(String name) {
        return found.stream().anyMatch(one -> SchemaObject.same(one.object().name(), name));
    }

    /** Whether a table with a column was found. */
    public boolean has(String table, String column) {
        return found.stream()
                .filter(one -> SchemaObject.same(one.object().name(), table))
                .anyMatch(one -> one.table() != null
                        && one.table().columns().stream().anyMatch(each -> SchemaObject.same(each.name(), column)));
    }

    private static Named named(SchemaObject object) {
        return new Named(object.type(), SchemaObject.key(object.name()));
    }

    /**
     * Looks for the objects that statements have made. That others were dropped, the counter tells. Each query gives a row: see
     * {@link org.healingsqlite.sqlite.Sqlite#readBetweenTransactions}.
     *
     * @param known the counter at which everything else was seen
     * @return the counter alone where that has not moved; empty where more than the statements tell may have changed
     * @throws SQLException sqlite-jdbc's own
     */
    public static Optional<NamedLook> look(Connection connection, NamedChanges changes, long known)
            throws SQLException {
        if (!changes.isNamed()) {
            return Optional.empty();
        }
        try (Statement statement = connection.createStatement()) {
            long version = SchemaSnapshot.number(statement, "schema_version");
            if (version == known) {
                return Optional.of(new NamedLook(version, changes, List.of()));
            }
            boolean isEachSeen = changes.isCertain() || changes.statements() == 1;
            if (!isEachSeen || version - known != changes.statements()) {
                return Optional.empty();
            }
            List<Found> found = found(statement, changes);
            NamedLook look = new NamedLook(version, changes, found);
            return look.hasAllThatWereMade() ? Optional.of(look) : Optional.empty();
        }
    }

    private boolean hasAllThatWereMade() {
        return changes.last().entrySet().stream()
                .allMatch(change -> change.getValue() != Verb.CREATED || has(change.getKey()));
    }

    private static List<Found> found(Statement statement, NamedChanges changes) throws SQLException {
        Map<Named, SchemaObject> objects = new LinkedHashMap<>();
        Map<Named, Long> roots = new LinkedHashMap<>();
        int wanted = 0;
        for (Verb verb : changes.last().values()) {
            wanted += verb == Verb.CREATED ? 1 : 0;
        }
        if (wanted == 0) {
            return List.of();
        }
        try (ResultSet row = statement.executeQuery(
                "SELECT * FROM (SELECT name, type, tbl_name, sql, rootpage FROM main.sqlite_schema ORDER BY rowid DESC LIMIT "
                        + wanted * LAST_ROWS + ") UNION ALL SELECT NULL, NULL, NULL, NULL, NULL")) {
            while (objects.size() < wanted && row.next()) {
                String name = row.getString(1);
                if (name != null && row.getString(4) != null && changes.names(SchemaObject.key(name))) {
                    SchemaObject object = new SchemaObject(
                            SchemaObject.Type.valueOf(row.getString(2).toUpperCase(Locale.ROOT)),
                            name,
                            row.getString(3),
                            row.getString(4));
                    objects.put(named(object), object);
                    roots.put(named(object), row.getLong(5));
                }
            }
        }
        List<Found> found = new ArrayList<>();
        for (Map.Entry<Named, SchemaObject> each : objects.entrySet()) {
            SchemaObject object = each.getValue();
            found.add(0, new Found(object, table(statement, object, roots.getOrDefault(each.getKey(), 0L))));
        }
        return found;
    }

    private static SchemaSnapshot.@Nullable Table table(Statement statement, SchemaObject object, long rootPage)
            throws SQLException {
        if (object.type() != SchemaObject.Type.TABLE) {
            return null;
        }
        List<SchemaSnapshot.Column> columns = SchemaSnapshot.columns(statement, object.name());
        boolean withoutRowid = false;
        boolean strict = false;
        // Most have no such words, not even as names.
        String text = object.sql().toUpperCase(Locale.ROOT);
        if (text.contains("WITHOUT") || text.contains("STRICT")) {
            try (ResultSet row = statement.executeQuery(SchemaSnapshot.tableList(statement))) {
                while (row.next()) {
                    if (SchemaObject.same(row.getString("name"), object.name())) {
                        withoutRowid = row.getBoolean("wr");
                        strict = row.getBoolean("strict");
                    }
                }
            }
        }
        return new SchemaSnapshot.Table(columns, withoutRowid, strict, rootPage);
    }

    /** What several looks at one database have come to, in their order. Not thread-safe. */
    static final class Sum {
        private final Map<Named, Found> found = new LinkedHashMap<>();

        /** Each that was made or dropped. */
        private final Set<Named> touched = new HashSet<>();

        /** Tables and views that were dropped: what was on them has gone with them. */
        private final Set<String> dropped = new HashSet<>();

        void add(NamedLook look) {
            for (Map.Entry<Named, Verb> change : look.changes().last().entrySet()) {
                Named named = change.getKey();
                touched.add(named);
                found.remove(named);
                boolean isBase = named.type() == SchemaObject.Type.TABLE || named.type() == SchemaObject.Type.VIEW;
                if (isBase
                        && (change.getValue() != Verb.CREATED || look.changes().statements() > 1)) {
                    dropped.add(named.key());
                    found.values()
                            .removeIf(one ->
                                    SchemaObject.key(one.object().table()).equals(named.key()));
                }
            }
            look.found().forEach(one -> found.put(named(one.object()), one));
        }

        boolean isNothing() {
            return touched.isEmpty();
        }

        int size() {
            return touched.size();
        }

        Collection<Found> found() {
            return found.values();
        }

        /** Whether an object was looked for, or has gone with its table. */
        boolean replaces(SchemaObject object) {
            return touched.contains(named(object)) || dropped.contains(SchemaObject.key(object.table()));
        }

        /** Whether an object is there; empty where it was not looked for. */
        Optional<Boolean> has(Named named) {
            return touched.contains(named) ? Optional.of(found.containsKey(named)) : Optional.empty();
        }
    }
}
