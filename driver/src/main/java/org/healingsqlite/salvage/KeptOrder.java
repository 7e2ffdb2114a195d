package org.healingsqlite.salvage;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.salvage.SchemaCatalog.SortedBy;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Brings over what only the application can sort, or evaluate: the entries of a whole tree as bytes and in the order in which they lie there. They are put into a tree
 * of a table of ours that takes each new entry for the last one, and whose place in the schema is then given to the index or table it stands for.
 *
 * <p>An index is brought over only where it agrees with the rows in the new database: each row has its entry, of each entry the row is there, and what is a column
 * in one is the same in the other. Entries of lost rows are left out.
 */
final class KeptOrder {
    private static final Log LOG = Log.of(KeptOrder.class);

    private static final String TABLE = "kept_in_order_by_salvage";
    private static final String INDEX = TABLE + "_index";
    private static final String ASCENDING = "as_put_by_salvage";
    private static final String DESCENDING = "as_put_by_salvage_descending";

    private final PageStore store;
    private final Ownership ownership;
    private final SchemaCatalog catalog;
    private final NewDatabase database;
    private final List<TableTree> tables;

    KeptOrder(
            PageStore store, Ownership ownership, SchemaCatalog catalog, NewDatabase database, List<TableTree> tables) {
        this.store = store;
        this.ownership = ownership;
        this.catalog = catalog;
        this.database = database;
        this.tables = tables;
    }

    /** Brings over an index that the new database has not; false where that cannot be done, and nothing has changed. */
    boolean index(SchemaObject index) throws IOException {
        TableTree table = table(index.table()).orElse(null);
        return table != null
                && index.rootPage() > 0
                && fillIndex(table, index.name(), index.rootPage())
                && take("UPDATE sqlite_schema SET name=?, tbl_name=?, sql=? WHERE name='" + INDEX + "'", index);
    }

    /**
     * Gives the keys and constraints that only the application can sort the order that they had.
     *
     * @return those that stay sorted by bytes
     */
    List<String> unsortedConstraints() throws IOException {
        List<String> unsorted = new ArrayList<>();
        for (TableTree table : tables) {
            TableShape shape = table.shape();
            if (shape == null) {
                continue;
            }
            for (String index : catalog.unsortedConstraints(shape.name())) {
                if (!constraint(table, shape, index)) {
                    unsorted.add(shape.withoutRowid() ? shape.name() : index);
                }
            }
        }
        return unsorted.stream().distinct().toList();
    }

    private boolean constraint(TableTree table, TableShape shape, String index) throws IOException {
        boolean isKey = shape.withoutRowid() && catalog.isPrimaryKey(shape.name(), index);
        if (isKey) {
            return fillTable(table, shape, index) && exchange(shape.name(), TABLE);
        }
        int root = shape.allIndexes().stream()
                .filter(known -> known.name().equalsIgnoreCase(index))
                .mapToInt(TableShape.IndexShape::rootPage)
                .findFirst()
                .orElse(0);
        return root > 0 && fillIndex(table, index, root) && exchange(index, INDEX);
    }

    /** Whether all tables that a virtual table keeps were read whole. */
    boolean isWholeUnder(String virtualTable) {
        String beginning = virtualTable.toLowerCase(Locale.ROOT) + '_';
        return tables.stream()
                .filter(table -> table.object().name().toLowerCase(Locale.ROOT).startsWith(beginning))
                .allMatch(table -> !table.hasHoles()
                        && !table.tree().hasUnsoundPages()
                        && table.strays().isEmpty());
    }

    private Optional<TableTree> table(String name) {
        return tables.stream()
                .filter(table -> table.object().name().equalsIgnoreCase(name))
                .findFirst();
    }

    // ---- A tree of ours

    private boolean fillIndex(TableTree table, String index, int root) throws IOException {
        TableShape shape = table.shape();
        List<SortedBy> columns = catalog.sortedBy(index);
        String rowid = shape == null ? "" : rowid(shape);
        if (shape == null || shape.withoutRowid() || rowid.isEmpty() || columns.size() < 2) {
            return false;
        }
        int keys = columns.size() - 1;
        StringJoiner named = new StringJoiner(",", "CREATE TABLE " + TABLE + "(", ")");
        StringJoiner sorted = new StringJoiner(",", "CREATE INDEX " + INDEX + " ON " + TABLE + "(", ")");
        for (int i = 0; i < keys; i++) {
            named.add("c" + i);
            sorted.add(term(i, columns.get(i)));
        }
        return filled(() -> {
            run(named.toString());
            run(sorted.toString());
            Insertion insertion = new Insertion(keys, true);
            try (PreparedStatement there =
                    connection().prepareStatement("SELECT 1 FROM main." + name(shape) + " WHERE " + rowid + "=?")) {
                boolean whole = new OrderedTree(store, ownership).each(root, entry -> {
                    if (entry.count() != keys + 1 || entry.kind(keys) != RecordCursor.Kind.INTEGER) {
                        return false;
                    }
                    try {
                        there.setLong(1, entry.integer(keys));
                        try (ResultSet row = there.executeQuery()) {
                            if (row.next()) {
                                insertion.put(entry);
                            }
                        }
                        return true;
                    } catch (SQLException e) {
                        throw new SalvageException(
                                "Cannot bring over index " + index + ": " + Disclosure.message(e), e);
                    }
                });
                return whole && agrees(shape, index, columns.subList(0, keys), rowid);
            } finally {
                insertion.close();
            }
        });
    }

    /** Whether the entries are those of the rows: each row has one, unless the index leaves rows out, and each has the row's columns. */
    private boolean agrees(TableShape shape, String index, List<SortedBy> keys, String rowid)
            throws SQLException, SalvageException {
        if (!catalog.isPartial(shape.name(), index)
                && count("SELECT count(*) FROM main." + TABLE + " NOT INDEXED")
                        != count("SELECT count(*) FROM main." + name(shape) + " NOT INDEXED")) {
            return false;
        }
        Set<String> virtual = catalog.virtualColumns(shape.name());
        StringJoiner same = new StringJoiner(" AND ");
        for (int i = 0; i < keys.size(); i++) {
            SortedBy key = keys.get(i);
            if (key.place() >= 0 && !virtual.contains(key.name())) {
                same.add("k.c" + i + " COLLATE BINARY IS t." + RowInserter.quoted(key.name()));
            }
        }
        return same.length() == 0
                || count("SELECT count(*) FROM main." + TABLE + " AS k NOT INDEXED JOIN main." + name(shape)
                                + " AS t NOT INDEXED ON t." + rowid + " = k.rowid WHERE NOT (" + same + ")")
                        == 0;
    }

    private boolean fillTable(TableTree table, TableShape shape, String key) throws IOException {
        List<SortedBy> columns = catalog.sortedBy(key);
        int stored = shape.stored().size();
        if (columns.size() < shape.keyFields() || shape.keyFields() == 0) {
            return false;
        }
        StringJoiner named = new StringJoiner(",", "CREATE TABLE " + TABLE + "(", "");
        StringJoiner sorted = new StringJoiner(",", ", PRIMARY KEY(", ")) WITHOUT ROWID");
        for (int i = 0; i < stored; i++) {
            named.add("c" + i);
        }
        for (int i = 0; i < shape.keyFields(); i++) {
            sorted.add(term(i, columns.get(i)));
        }
        return filled(() -> {
            run(named.toString() + sorted);
            Insertion insertion = new Insertion(stored, false);
            try {
                boolean whole = new OrderedTree(store, ownership)
                        .each(table.tree().rootPage(), entry -> {
                            if (entry.count() != stored) {
                                // What stands for the columns that it has not, only the table's statement knows.
                                return false;
                            }
                            try {
                                insertion.put(entry);
                                return true;
                            } catch (SQLException e) {
                                throw new SalvageException(
                                        "Cannot bring over table " + shape.name() + ": " + Disclosure.message(e), e);
                            }
                        });
                return whole
                        && count("SELECT count(*) FROM main." + TABLE)
                                == count("SELECT count(*) FROM main." + name(shape) + " NOT INDEXED");
            } finally {
                insertion.close();
            }
        });
    }

    private String term(int place, SortedBy column) {
        String collation = catalog.isUnknown(column.collation())
                ? column.descending() ? DESCENDING : ASCENDING
                : RowInserter.quoted(column.collation());
        return "c" + place + " COLLATE " + collation + (column.descending() ? " DESC" : "");
    }

    @FunctionalInterface
    private interface Filling {
        boolean run() throws SQLException, IOException;
    }

    /** Whether it was filled; else there is nothing of it. */
    private boolean filled(Filling filling) throws IOException {
        try {
            database.commit();
            Sqlite.keepOrder(connection(), ASCENDING, DESCENDING);
            if (filling.run()) {
                database.commit();
                return true;
            }
        } catch (SQLException | SalvageException e) {
            LOG.debug("{}", Disclosure.text(e));
        }
        remove();
        return false;
    }

    /** Entries as bytes. */
    private final class Insertion {
        private final int fields;
        private final boolean numbered;
        private final TextCast cast;
        private final Map<BitSet, PreparedStatement> statements = new HashMap<>();

        /** @param numbered whether the field behind the last one is the rowid */
        Insertion(int fields, boolean numbered) throws SalvageException {
            this.fields = fields;
            this.numbered = numbered;
            this.cast = database.textCast();
        }

        void put(RecordCursor entry) throws SQLException {
            BitSet texts = new BitSet();
            for (int i = 0; i < fields; i++) {
                texts.set(i, entry.isText(i));
            }
            PreparedStatement statement = statements.get(texts);
            if (statement == null) {
                StringJoiner columns = new StringJoiner(",", "(", ")");
                StringJoiner values = new StringJoiner(",", "(", ")");
                for (int i = 0; i < fields; i++) {
                    columns.add("c" + i);
                    values.add(texts.get(i) ? "CAST(? AS TEXT)" : "?");
                }
                if (numbered) {
                    columns.add("rowid");
                    values.add("?");
                }
                statement = connection().prepareStatement("INSERT INTO main." + TABLE + columns + " VALUES" + values);
                statements.put(texts, statement);
            }
            for (int i = 0; i < fields; i++) {
                Object value = RowInserter.value(entry, i);
                statement.setObject(i + 1, value instanceof byte[] text && texts.get(i) ? cast.parameter(text) : value);
            }
            if (numbered) {
                statement.setLong(fields + 1, entry.integer(fields));
            }
            statement.executeUpdate();
        }

        void close() throws SQLException {
            for (PreparedStatement statement : statements.values()) {
                statement.close();
            }
        }
    }

    // ---- Its place in the schema

    private boolean take(String update, SchemaObject index) throws IOException {
        try {
            run("PRAGMA writable_schema=ON");
            try (PreparedStatement change = connection().prepareStatement(update)) {
                change.setString(1, index.name());
                change.setString(2, index.table());
                change.setString(3, index.statement().sql());
                change.executeUpdate();
            }
            run("PRAGMA writable_schema=OFF");
        } catch (SQLException e) {
            throw new SalvageException("Cannot bring over index " + index.name() + ": " + Disclosure.message(e), e);
        }
        database.reopen();
        remove();
        return true;
    }

    /** Two trees of the new database change places. */
    private boolean exchange(String name, String kept) throws IOException {
        try {
            long root = root(name);
            long keptRoot = root(kept);
            run("PRAGMA writable_schema=ON");
            try (PreparedStatement change = connection()
                    .prepareStatement("UPDATE sqlite_schema SET rootpage=?"
                            + " WHERE type IN ('table', 'index') AND name=? COLLATE NOCASE AND rootpage > 0")) {
                change.setLong(1, keptRoot);
                change.setString(2, name);
                change.executeUpdate();
                change.setLong(1, root);
                change.setString(2, kept);
                change.executeUpdate();
            }
            run("PRAGMA writable_schema=OFF");
        } catch (SQLException e) {
            throw new SalvageException("Cannot bring over " + name + ": " + Disclosure.message(e), e);
        }
        database.reopen();
        remove();
        return true;
    }

    /** Where the tree of a table or an index begins in the new database. */
    private long root(String name) throws SQLException {
        try (PreparedStatement query = connection()
                .prepareStatement(
                        "SELECT rootpage FROM sqlite_schema WHERE type IN ('table', 'index') AND name=? COLLATE NOCASE")) {
            query.setString(1, name);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    private void remove() throws IOException {
        try {
            run("DROP TABLE IF EXISTS main." + TABLE);
            database.commit();
        } catch (SQLException e) {
            throw new SalvageException("Cannot remove " + TABLE + ": " + Disclosure.message(e), e);
        }
    }

    // ---- Asking the new database

    private Connection connection() {
        return database.connection();
    }

    private void run(String sql) throws SQLException {
        try (Statement statement = connection().createStatement()) {
            statement.execute(sql);
        }
    }

    private long count(String query) throws SQLException {
        @Nullable Object count = database.single(query);
        return count instanceof Number number ? number.longValue() : -1;
    }

    private static String name(TableShape shape) {
        return RowInserter.quoted(shape.name());
    }

    private static String rowid(TableShape shape) {
        return shape.rowidName().isEmpty()
                ? shape.stored().stream()
                        .filter(TableShape.Column::rowidAlias)
                        .findFirst()
                        .map(column -> RowInserter.quoted(column.name()))
                        .orElse("")
                : shape.rowidName();
    }
}
