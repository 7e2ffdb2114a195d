package org.healingsqlite.schema;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.healingsqlite.api.Internal;
import org.healingsqlite.schema.SqlStatement.Removal;

/**
 * What a database should have: objects, and the rows that come with them. Immutable.
 *
 * @param snapshot the objects
 * @param rows by {@link SchemaObject#key} of the table's name
 */
@Internal
public record ExpectedSchema(SchemaSnapshot snapshot, Map<String, TableRows> rows) {

    /** Nothing is expected. */
    public static final ExpectedSchema NONE = new ExpectedSchema(SchemaSnapshot.EMPTY, Map.of());

    public ExpectedSchema {
        rows = Map.copyOf(rows);
    }

    public boolean isEmpty() {
        return snapshot.isEmpty();
    }

    /** About how much memory it takes. */
    public long sizeBytes() {
        return snapshot.sizeBytes()
                + rows.values().stream().mapToLong(TableRows::sizeBytes).sum();
    }

    /**
     * What is expected once the database was seen like this: what it has now, and what it had before and did not lose by the application's own
     * doing. A removal that did not last (its object is there) counts for nothing.
     */
    ExpectedSchema seen(SchemaSnapshot actual, Map<String, TableRows> actualRows, List<Removal> removals) {
        Map<String, SchemaObject> objects = new LinkedHashMap<>();
        Map<String, SchemaSnapshot.Table> tables = new HashMap<>();
        for (SchemaObject object : snapshot.objects()) {
            boolean there = actual.object(object.type(), object.name()).isPresent();
            if (there
                    || removals.stream()
                            .noneMatch(removal -> removal.column().isEmpty() && concerns(removal, object))) {
                put(objects, tables, object, snapshot);
            }
        }
        for (SchemaObject object : actual.objects()) {
            if (object.type() != SchemaObject.Type.TABLE || !lostColumns(object, actual, removals)) {
                put(objects, tables, object, actual);
            }
        }
        Map<String, TableRows> allRows = new HashMap<>(rows);
        allRows.putAll(actualRows);
        allRows.keySet().retainAll(tables.keySet());
        return new ExpectedSchema(
                new SchemaSnapshot(
                        objects.values(), tables, actual.isEmpty() ? snapshot.settings() : actual.settings()),
                allRows);
    }

    /** What is expected once some objects of it were looked at: those that were dropped, with what belonged to them, and those that were made. */
    ExpectedSchema with(NamedLook.Sum looks) {
        Map<String, SchemaObject> objects = new LinkedHashMap<>();
        Map<String, SchemaSnapshot.Table> tables = new HashMap<>();
        for (SchemaObject object : snapshot.objects()) {
            if (!looks.replaces(object)) {
                put(objects, tables, object, snapshot);
            }
        }
        for (NamedLook.Found found : looks.found()) {
            if (SchemaSnapshot.isStatement(found.object())) {
                objects.put(
                        found.object().type() + " "
                                + SchemaObject.key(found.object().name()),
                        found.object());
                if (found.table() != null) {
                    tables.put(SchemaObject.key(found.object().name()), found.table());
                }
            }
        }
        Map<String, TableRows> itsRows = new HashMap<>(rows);
        itsRows.keySet().retainAll(tables.keySet());
        return new ExpectedSchema(new SchemaSnapshot(objects.values(), tables, snapshot.settings()), itsRows);
    }

    private static boolean concerns(Removal removal, SchemaObject object) {
        return SchemaObject.same(removal.object(), object.name())
                || SchemaObject.same(removal.object(), object.table());
    }

    /** Whether a table has fewer columns than before, and nobody took them away on purpose. */
    private boolean lostColumns(SchemaObject table, SchemaSnapshot actual, List<Removal> removals) {
        if (removals.stream().anyMatch(removal -> SchemaObject.same(removal.object(), table.name()))) {
            return false;
        }
        Set<String> there = names(actual.columns(table.name()));
        return !there.containsAll(names(snapshot.columns(table.name())));
    }

    private static Set<String> names(Collection<SchemaSnapshot.Column> columns) {
        return columns.stream().map(column -> SchemaObject.key(column.name())).collect(Collectors.toUnmodifiableSet());
    }

    private static void put(
            Map<String, SchemaObject> objects,
            Map<String, SchemaSnapshot.Table> tables,
            SchemaObject object,
            SchemaSnapshot from) {
        objects.put(object.type() + " " + SchemaObject.key(object.name()), object);
        if (object.type() == SchemaObject.Type.TABLE) {
            tables.put(SchemaObject.key(object.name()), from.table(object.name()));
        }
    }

    /** This, and what {@code other} has beyond it: objects, columns that were added to a table, and rows that are not here. */
    public ExpectedSchema and(ExpectedSchema other) {
        if (other.isEmpty()) {
            return this;
        }
        Map<String, SchemaObject> objects = new LinkedHashMap<>();
        Map<String, SchemaSnapshot.Table> tables = new HashMap<>();
        snapshot.objects().forEach(object -> put(objects, tables, object, snapshot));
        for (SchemaObject object : other.snapshot.objects()) {
            boolean isNew = snapshot.object(object.type(), object.name()).isEmpty();
            boolean isWider = object.type() == SchemaObject.Type.TABLE
                    && names(other.snapshot.columns(object.name())).containsAll(names(snapshot.columns(object.name())));
            if (isNew || isWider) {
                put(objects, tables, object, other.snapshot);
            }
        }
        Map<String, TableRows> allRows = new HashMap<>(other.rows);
        allRows.putAll(rows);
        return new ExpectedSchema(
                new SchemaSnapshot(
                        objects.values(), tables, snapshot.settings().orNumbersOf(other.snapshot.settings())),
                allRows);
    }

    /** Without what the application has removed itself. */
    public ExpectedSchema without(Collection<Removal> removals) {
        if (removals.isEmpty()) {
            return this;
        }
        Set<String> gone = removals.stream()
                .filter(removal -> removal.column().isEmpty())
                .map(removal -> SchemaObject.key(removal.object()))
                .collect(Collectors.toUnmodifiableSet());
        List<SchemaObject> kept = new ArrayList<>();
        Map<String, SchemaSnapshot.Table> tables = new HashMap<>(snapshot.tables());
        for (SchemaObject object : snapshot.objects()) {
            if (!gone.contains(SchemaObject.key(object.name())) && !gone.contains(SchemaObject.key(object.table()))) {
                kept.add(object);
            }
        }
        for (Removal removal : removals) {
            tables.computeIfPresent(
                    SchemaObject.key(removal.object()), (name, table) -> table.without(removal.column()));
        }
        return new ExpectedSchema(new SchemaSnapshot(kept, tables, snapshot.settings()), rows);
    }
}
