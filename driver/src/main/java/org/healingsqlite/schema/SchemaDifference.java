package org.healingsqlite.schema;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.healingsqlite.api.Internal;
import org.jspecify.annotations.Nullable;

/**
 * What a database lacks of what it should have. Tables are compared by the names of their columns, everything else by being there: SQLite keeps
 * the text of a statement as it was written, so equal objects may well have different texts.
 *
 * @param objects tables, views, indexes and triggers that are missing, in the order of creation
 * @param columns columns that are missing in tables that are there
 * @param blocked what is missing and cannot be added, and why: its name is taken, or the table is another one; for a reader
 * @param incompatible what is there and is something else, so that adding does not mend it; for a reader
 * @param changed views, indexes and triggers that are there with another text; for a reader
 */
public record SchemaDifference(
        List<SchemaObject> objects,
        List<MissingColumns> columns,
        List<String> blocked,
        List<String> incompatible,
        List<String> changed) {

    /** Nothing is missing. */
    public static final SchemaDifference NONE = new SchemaDifference(List.of(), List.of());

    /**
     * The columns one table lacks.
     *
     * @param table the table as it should be
     */
    public record MissingColumns(SchemaObject table, List<String> names) {
        public MissingColumns {
            names = List.copyOf(names);
        }
    }

    public SchemaDifference {
        objects = List.copyOf(objects);
        columns = List.copyOf(columns);
        blocked = List.copyOf(blocked);
        incompatible = List.copyOf(incompatible);
        changed = List.copyOf(changed);
    }

    public SchemaDifference(List<SchemaObject> objects, List<MissingColumns> columns) {
        this(objects, columns, List.of(), List.of(), List.of());
    }

    @Internal
    public static SchemaDifference between(SchemaSnapshot expected, SchemaSnapshot actual) {
        List<SchemaObject> objects = new ArrayList<>();
        List<MissingColumns> columns = new ArrayList<>();
        List<String> blocked = new ArrayList<>();
        List<String> incompatible = new ArrayList<>();
        List<String> changed = new ArrayList<>();
        for (SchemaObject object : expected.objects()) {
            SchemaObject there = actual.object(object.type(), object.name()).orElse(null);
            if (there == null) {
                String obstacle = obstacle(object, expected, actual);
                if (obstacle == null) {
                    objects.add(object);
                } else {
                    blocked.add(object.type() + " " + object.name() + " is missing, and " + obstacle);
                }
            } else if (object.type() == SchemaObject.Type.TABLE) {
                List<String> missing = missingColumns(object, expected, actual);
                if (!missing.isEmpty()) {
                    columns.add(new MissingColumns(object, missing));
                }
                lostKeys(object, expected, actual)
                        .forEach(column -> blocked.add("column " + object.name() + "." + column
                                + " is missing, and a column of the primary key cannot be added"));
                if (!object.sql().equals(there.sql())) {
                    incompatible.addAll(conflicts(object, expected, actual));
                    incompatible.addAll(lostConstraints(object, there, actual));
                }
            } else if (!SchemaObject.same(object.table(), there.table())) {
                incompatible.add(object.type() + " " + object.name() + " is on table " + there.table()
                        + ", expected on " + object.table());
            } else if (!SqlLexer.tokens(object.sql()).equals(SqlLexer.tokens(there.sql()))) {
                changed.add(
                        object.type() + " " + object.name() + " is: " + there.sql() + "; expected: " + object.sql());
            }
        }
        return new SchemaDifference(objects, columns, blocked, incompatible, changed);
    }

    /** What keeps a missing object from being added; null where nothing does. */
    private static @Nullable String obstacle(SchemaObject object, SchemaSnapshot expected, SchemaSnapshot actual) {
        SchemaObject holder = object.type() == SchemaObject.Type.TRIGGER ? null : ofName(object.name(), actual);
        if (holder != null) {
            return "its name belongs to a " + holder.type();
        }
        SchemaObject base =
                SchemaObject.same(object.name(), object.table()) && object.type() != SchemaObject.Type.TRIGGER
                        ? null
                        : ofName(object.table(), actual);
        if (base == null) {
            return null;
        }
        if (expected.object(base.type(), base.name()).isEmpty()) {
            return base.name() + " is a " + base.type();
        }
        if (object.type() != SchemaObject.Type.INDEX) {
            return null;
        }
        Set<String> lost = lostKeys(base, expected, actual);
        lost.retainAll(SqlLexer.tokens(object.sql()));
        return lost.isEmpty() ? null : base.name() + " has no column " + String.join(", ", lost);
    }

    /** Tables, views and indexes share their names; triggers have their own. */
    private static @Nullable SchemaObject ofName(String name, SchemaSnapshot snapshot) {
        return Stream.of(SchemaObject.Type.TABLE, SchemaObject.Type.VIEW, SchemaObject.Type.INDEX)
                .flatMap(type -> snapshot.object(type, name).stream())
                .findFirst()
                .orElse(null);
    }

    /** A column of the primary key is not missing but makes it another table: what its values were cannot be told from the rows. */
    private static List<String> missingColumns(SchemaObject table, SchemaSnapshot expected, SchemaSnapshot actual) {
        Set<String> there = names(actual.columns(table.name()));
        return there.isEmpty()
                ? List.of()
                : expected.columns(table.name()).stream()
                        .filter(column -> column.primaryKey() == 0)
                        .map(SchemaSnapshot.Column::name)
                        .filter(name -> !there.contains(SchemaObject.key(name)))
                        .toList();
    }

    private static Set<String> lostKeys(SchemaObject table, SchemaSnapshot expected, SchemaSnapshot actual) {
        Set<String> there = names(actual.columns(table.name()));
        Set<String> keys = names(expected.columns(table.name()).stream()
                .filter(column -> column.primaryKey() > 0)
                .toList());
        keys.removeAll(there);
        return there.isEmpty() ? Set.of() : keys;
    }

    private static Set<String> names(List<SchemaSnapshot.Column> columns) {
        return columns.stream()
                .map(column -> SchemaObject.key(column.name()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** In what a table differs so that its rows cannot be taken over into the expected form as they are. */
    static List<String> conflicts(SchemaObject table, SchemaSnapshot expected, SchemaSnapshot actual) {
        String name = table.name();
        List<String> conflicts = new ArrayList<>();
        SchemaSnapshot.Table wanted = expected.table(name);
        SchemaSnapshot.Table found = actual.table(name);
        if (wanted.columns().isEmpty() != found.columns().isEmpty()) {
            return List.of("table " + name + " is " + (found.columns().isEmpty() ? "virtual" : "not virtual")
                    + ", expected the contrary");
        }
        if (wanted.withoutRowid() != found.withoutRowid()) {
            conflicts.add("table " + name + " is " + (found.withoutRowid() ? "" : "not ")
                    + "WITHOUT ROWID, expected the contrary");
        }
        if (wanted.strict() != found.strict()) {
            conflicts.add("table " + name + " is " + (found.strict() ? "" : "not ") + "STRICT, expected the contrary");
        }
        if (!primaryKey(wanted).equals(primaryKey(found))) {
            conflicts.add(
                    "table " + name + " has the primary key " + primaryKey(found) + ", expected " + primaryKey(wanted));
        }
        for (SchemaSnapshot.Column column : wanted.columns()) {
            found.columns().stream()
                    .filter(candidate -> SchemaObject.same(candidate.name(), column.name()))
                    .filter(candidate -> !affinity(candidate.type()).equals(affinity(column.type()))
                            || candidate.generated() != column.generated())
                    .forEach(candidate -> conflicts.add("column " + name + "." + candidate.name() + " is "
                            + describe(candidate) + ", expected " + describe(column)));
        }
        return conflicts;
    }

    private static List<String> primaryKey(SchemaSnapshot.Table table) {
        return table.columns().stream()
                .filter(column -> column.primaryKey() > 0)
                .sorted(Comparator.comparingInt(SchemaSnapshot.Column::primaryKey))
                .map(column -> SchemaObject.key(column.name()))
                .toList();
    }

    private static String describe(SchemaSnapshot.Column column) {
        return (column.type().isEmpty() ? "without a type" : column.type()) + (column.generated() ? ", generated" : "");
    }

    /** Source: SQLite documentation, "Datatypes In SQLite" §3.1. */
    private static String affinity(String declared) {
        String type = declared.toUpperCase(Locale.ROOT);
        if (type.contains("INT")) {
            return "INTEGER";
        }
        if (type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT")) {
            return "TEXT";
        }
        if (type.contains("BLOB") || type.isEmpty()) {
            return "BLOB";
        }
        return type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB") ? "REAL" : "NUMERIC";
    }

    /** The constraints that a table does not have, but for those of columns that are missing and come with them. */
    private static List<String> lostConstraints(SchemaObject table, SchemaObject there, SchemaSnapshot actual) {
        if (actual.columns(table.name()).isEmpty()) {
            return List.of();
        }
        Set<String> lost = new LinkedHashSet<>(TableDefinition.of(table.sql()).constraints());
        lost.removeAll(TableDefinition.of(there.sql()).constraints());
        Set<String> columns = names(actual.columns(table.name()));
        TableDefinition wanted = TableDefinition.of(table.sql());
        lost.removeIf(constraint -> wanted.columnNames().stream()
                .map(SchemaObject::key)
                .anyMatch(column ->
                        !columns.contains(column) && SqlLexer.tokens(constraint).contains(column)));
        return lost.stream()
                .map(constraint -> "table " + table.name() + " lacks the constraint: " + constraint)
                .toList();
    }

    /** What adding does not mend, for a reader: what is blocked, and what is incompatible. */
    public List<String> leftAlone() {
        return Stream.concat(blocked.stream(), incompatible.stream()).toList();
    }

    /** Whether nothing is to be added: what is blocked does not count. */
    public boolean isEmpty() {
        return objects.isEmpty() && columns.isEmpty();
    }

    /** The missing objects of one type. */
    public List<SchemaObject> objects(SchemaObject.Type type) {
        return objects.stream().filter(object -> object.type() == type).toList();
    }

    /** For a reader: {@code table runs, column runs.digest}. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        objects.forEach(object -> parts.add(object.type() + " " + object.name()));
        columns.forEach(missing -> parts.add(missing.names().stream()
                .map(name -> "column " + missing.table().name() + "." + name)
                .collect(Collectors.joining(", "))));
        return String.join(", ", parts);
    }
}
