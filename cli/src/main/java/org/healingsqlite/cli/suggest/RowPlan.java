package org.healingsqlite.cli.suggest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.cli.suggest.SchemaTable.Column;
import org.jspecify.annotations.Nullable;

/** Records of one kind, and the table whose rows they become, once that is chosen. For one thread. */
final class RowPlan {
    private final FileGroup group;
    private final String tableKey;
    private final List<Place> places;
    private final List<Field> fields;
    private final List<String> words;
    private final String day;
    private final Map<String, String> constants = new LinkedHashMap<>();
    private @Nullable Columns columns;
    private String row = "";

    /**
     * Where the manifest names fields.
     *
     * @param key below the source
     * @param shape the pattern of a line; null where the value is {@code text} and the field's name
     * @param first the place of its first field
     */
    record Place(String key, @Nullable LineShape shape, String text, int first) {}

    /**
     * Some records.
     *
     * @param tableKey below the source, for the table
     * @param words those that all of them have, in the lines themselves
     * @param day the form of the headings that give the day; empty where there are none
     */
    RowPlan(FileGroup group, String tableKey, List<Place> places, List<Field> fields, List<String> words, String day) {
        this.group = group;
        this.tableKey = tableKey;
        this.places = List.copyOf(places);
        this.fields = List.copyOf(fields);
        this.words = List.copyOf(words);
        this.day = day;
    }

    FileGroup group() {
        return group;
    }

    String tableKey() {
        return tableKey;
    }

    List<Place> places() {
        return places;
    }

    List<Field> fields() {
        return fields;
    }

    List<String> words() {
        return words;
    }

    /** How well a table fits. */
    Columns in(SchemaTable table, Map<String, Set<String>> domains) {
        List<String> names = tableKey.startsWith("section.") ? List.of() : group.about();
        return Columns.of(table, fields, names, words, domains);
    }

    String day() {
        return day;
    }

    /** Values that the records do not say, by column. */
    Map<String, String> constants() {
        return constants;
    }

    /** The table and the columns; empty where none fits. */
    Optional<Columns> columns() {
        return Optional.ofNullable(columns);
    }

    void choose(@Nullable Columns chosen) {
        columns = chosen;
        constants.clear();
    }

    String row() {
        return row;
    }

    void call(String name) {
        row = name;
    }

    /** The column of a field. */
    Optional<Column> column(int field) {
        return columns().map(chosen -> chosen.of().get(field));
    }

    /** Whether a field has the time of the day only, and a heading the day. */
    boolean needsDay(int field) {
        return !day.isEmpty()
                && fields.get(field).timeForms().stream().allMatch(form -> form.startsWith("HH"))
                && fields.get(field).times();
    }

    /** The name that the manifest has for a field. */
    String name(int field) {
        String name = fields.get(field).name();
        return !name.isEmpty()
                ? name
                : needsDay(field) ? "time" : column(field).map(Column::name).orElse("other" + (field + 1));
    }

    /** The names of the fields of a shape. */
    List<String> names(Place place) {
        List<String> names = new ArrayList<>();
        int all = place.shape() == null ? 1 : place.shape().fields();
        for (int i = 0; i < all; i++) {
            names.add(name(place.first() + i));
        }
        return names;
    }

    /** How many records there are. */
    int size() {
        return fields.isEmpty() ? 0 : fields.get(0).values().size();
    }
}
