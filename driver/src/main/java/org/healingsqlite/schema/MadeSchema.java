package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.healingsqlite.api.Internal;
import org.healingsqlite.schema.SchemaTransaction.ForeignKeys;

/**
 * What was made of a schema without the application's doing. Where the application makes the same itself, as a part of its own initialisation, and nobody has touched it
 * since, it gives way. Thread-safe.
 */
@Internal
public final class MadeSchema {
    /** Of a table that came with more rows nobody tells whether it is untouched. */
    private static final int MOST_ROWS = 10_000;

    private final Map<String, Made> made = new HashMap<>();

    /** An object as it was made, and the rows that came with it. */
    private record Made(SchemaObject object, TableRows rows) {}

    private static String key(SchemaObject.Type type, String name) {
        return type + " " + SchemaObject.key(name);
    }

    /** Notes what there is now, and was not there before. */
    public synchronized void note(Connection connection, SchemaSnapshot before) throws SQLException {
        SchemaSnapshot now = SchemaSnapshot.read(connection);
        for (SchemaObject object : now.objects()) {
            if (before.object(object.type(), object.name()).isEmpty() && !object.isVirtual()) {
                made.put(key(object.type(), object.name()), new Made(object, rows(connection, object, now)));
            }
        }
    }

    private static TableRows rows(Connection connection, SchemaObject object, SchemaSnapshot snapshot)
            throws SQLException {
        return object.type() == SchemaObject.Type.TABLE
                ? TableRows.read(connection, object, snapshot.table(object.name()), MOST_ROWS)
                : new TableRows(object.name(), List.of(), List.of());
    }

    /** Whether an object was made so. */
    public synchronized boolean has(SchemaObject.Type type, String name) {
        return made.containsKey(key(type, name));
    }

    /**
     * Takes an object away that the application is about to make itself.
     *
     * @param nested whether the connection is in a transaction of the application
     * @return what was taken away; empty where it is not what was made, or somebody has touched it, and nothing was changed
     */
    public synchronized Optional<String> makeRoom(
            Connection connection, SchemaObject.Type type, String name, boolean nested) throws SQLException {
        Made known = made.get(key(type, name));
        if (known == null) {
            return Optional.empty();
        }
        try (SchemaTransaction transaction = SchemaTransaction.begin(connection, nested, ForeignKeys.OFF)) {
            if (!isUntouched(known, connection)) {
                return Optional.empty();
            }
            transaction.execute("DROP " + type + " main." + SqlText.name(name));
            transaction.commit();
        }
        made.values()
                .removeIf(each ->
                        each.equals(known) || SchemaObject.same(each.object().table(), name));
        return Optional.of(type + " " + name);
    }

    private static boolean isUntouched(Made known, Connection connection) throws SQLException {
        SchemaSnapshot now = SchemaSnapshot.read(connection);
        Optional<SchemaObject> there =
                now.object(known.object().type(), known.object().name());
        if (!there.filter(known.object()::equals).isPresent()) {
            return false;
        }
        return known.object().type() != SchemaObject.Type.TABLE
                || rows(connection, there.get(), now).equals(known.rows());
    }
}
