package org.healingsqlite.schema;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a database lacks of what it should have. Tables are compared by the names of their columns, everything else by being there: SQLite keeps
 * the text of a statement as it was written, so equal objects may well have different texts.
 *
 * @param objects tables, views, indexes and triggers that are missing, in the order of creation
 * @param columns columns that are missing in tables that are there
 */
public record SchemaDifference(List<SchemaObject> objects, List<MissingColumns> columns) {

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
    }

    public static SchemaDifference between(SchemaSnapshot expected, SchemaSnapshot actual) {
        List<SchemaObject> objects = new ArrayList<>();
        List<MissingColumns> columns = new ArrayList<>();
        for (SchemaObject object : expected.objects()) {
            if (actual.object(object.type(), object.name()).isEmpty()) {
                objects.add(object);
            } else if (object.type() == SchemaObject.Type.TABLE) {
                Set<String> there = new HashSet<>();
                actual.columns(object.name()).forEach(column -> there.add(SchemaObject.key(column.name())));
                List<String> missing = expected.columns(object.name()).stream()
                        .map(SchemaSnapshot.Column::name)
                        .filter(name -> !there.contains(SchemaObject.key(name)))
                        .toList();
                if (!missing.isEmpty() && !there.isEmpty()) {
                    columns.add(new MissingColumns(object, missing));
                }
            }
        }
        return new SchemaDifference(objects, columns);
    }

    public boolean isEmpty() {
        return objects.isEmpty() && columns.isEmpty();
    }

    /** The missing objects of one type. */
    List<SchemaObject> objects(SchemaObject.Type type) {
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
