package org.healingsqlite.salvage;

import java.io.Closeable;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.salvage.TableShape.Column;
import org.healingsqlite.salvage.TableShape.IndexShape;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.NamesUsed;
import org.healingsqlite.schema.PragmaStatement;
import org.healingsqlite.schema.SchemaException;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.sqlite.StandIns;
import org.jspecify.annotations.Nullable;

/**
 * The schema as SQLite understands it: tables and indexes are created, empty, in a database in memory, and what became of them is asked back through
 * PRAGMAs. So no column is ever parsed here. What is no CREATE of its object is not run. Owns its connection.
 */
final class SchemaCatalog implements Closeable {

    private static final int DIRECT_ONLY = 0x80000;

    /** In SQLite's messages, before names of collations, functions and modules. */
    private static final List<String> FOREIGN_NAMES =
            List.of("no such collation", "no such function", "no such module", "unsafe use of");

    private final Connection connection;

    /** What SQLite said of the last statement that it refused. */
    private String refusal = "";

    private SchemaCatalog(Connection connection) {
        this.connection = connection;
    }

    /** One in which some objects can be made, and nothing is made yet. */
    private static SchemaCatalog empty(List<SchemaObject> objects) throws SalvageException {
        try {
            return new SchemaCatalog(Sqlite.openScratch(namesIn(objects)));
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    static SchemaCatalog of(List<SchemaObject> objects) throws SalvageException {
        try {
            SchemaCatalog catalog = new SchemaCatalog(Sqlite.openScratch(namesIn(objects)));
            for (ObjectType type : new ObjectType[] {ObjectType.TABLE, ObjectType.INDEX}) {
                for (SchemaObject object : objects) {
                    if (object.type() == type && !object.isVirtualTable() && !object.isInternal()) {
                        catalog.create(object);
                    }
                }
            }
            if (objects.stream().anyMatch(o -> o.name().toLowerCase(Locale.ROOT).startsWith("sqlite_stat"))) {
                catalog.run("ANALYZE sqlite_schema");
            }
            return catalog;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** What the statements of some objects name. */
    static NamesUsed namesIn(List<SchemaObject> objects) {
        return NamesUsed.in(objects.stream()
                .map(object -> object.sql() == null ? "" : object.sql())
                .toList());
    }

    /** Whether SQLite takes a statement. A damaged one leaves its object out; the new database says why when it refuses the same. */
    private boolean create(SchemaObject object) {
        try {
            CreateStatement statement = object.statement();
            return statement.isHarmless() && run(statement.sql());
        } catch (SchemaException e) {
            return false;
        }
    }

    private boolean run(String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            return true;
        } catch (SQLException e) {
            refusal = Disclosure.message(e);
            return false;
        }
    }

    /** Whether the last statement was refused because of a name that only the application knows: nothing of it is damaged. */
    private boolean isRefusedForAName() {
        return FOREIGN_NAMES.stream().anyMatch(refusal::contains);
    }

    /** Whether SQLite takes a statement, and can read the table. */
    private boolean createTable(SchemaObject table) {
        refusal = "";
        if (!create(table)) {
            return false;
        }
        Optional<String> unusable = NewDatabase.unusable(connection, table.name());
        if (unusable.isPresent()) {
            drop(table);
            refusal = unusable.get();
        }
        return unusable.isEmpty();
    }

    /** Puts a better statement where one is damaged: the given schema's, or what can be mended of it. */
    static List<SchemaObject> mended(List<SchemaObject> found, List<SchemaObject> given, PageStore store)
            throws IOException {
        List<SchemaObject> mended = new ArrayList<>();
        List<SchemaObject> all = new ArrayList<>(found);
        all.addAll(given);
        try (SchemaCatalog scratch = empty(all)) {
            for (SchemaObject object : found) {
                mended.add(scratch.mend(object, given, store, found));
            }
        }
        return mended;
    }

    /** The shadow tables that the modules of virtual tables keep, as SQLite would make them. */
    static List<SchemaObject> shadows(List<SchemaObject> found) throws SalvageException {
        List<SchemaObject> shadows = new ArrayList<>();
        for (SchemaObject object : found) {
            String sql = object.sql();
            if (!object.isVirtualTable() || sql == null || !StatementRepair.isClean(sql)) {
                continue;
            }
            try (SchemaCatalog scratch = empty(List.of())) {
                if (scratch.create(object)) {
                    shadows.addAll(scratch.objectsBut(object.name()));
                }
            }
        }
        return shadows;
    }

    private List<SchemaObject> objectsBut(String name) throws SalvageException {
        List<SchemaObject> objects = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name<>? AND sql IS NOT NULL")) {
            query.setString(1, name);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    ObjectType type = ObjectType.of(rows.getString(1));
                    if (type != null) {
                        objects.add(new SchemaObject(
                                type,
                                rows.getString(2),
                                rows.getString(3),
                                0,
                                rows.getString(4),
                                SchemaObject.Origin.MODULE));
                    }
                }
            }
        } catch (SQLException e) {
            throw failed(e);
        }
        return objects;
    }

    private SchemaObject mend(SchemaObject object, List<SchemaObject> given, PageStore store, List<SchemaObject> found)
            throws IOException {
        String sql = object.sql();
        if (sql == null || object.isInternal() || object.isVirtualTable()) {
            return object;
        }
        boolean isTable = object.type() == ObjectType.TABLE;
        boolean contradicted = false;
        boolean aliased = false;
        boolean ofForeignName = false;
        if (StatementRepair.isClean(sql)) {
            if (isTable ? createTable(object) : object.refusal().isEmpty()) {
                contradicted = isTable && object.rootPage() > 0 && isContradicted(object, sql, store, found);
                if (!contradicted) {
                    return sameWithoutUnknownNames(object, sql, given).orElse(object);
                }
                aliased = shape(object.name(), object.rootPage(), Map.of())
                        .filter(TableShape::hasRowidAlias)
                        .isPresent();
                drop(object);
            }
            ofForeignName = !contradicted && isRefusedForAName();
            Optional<SchemaObject> plain = isTable && !contradicted ? withoutForbidden(object) : Optional.empty();
            if (plain.isPresent()) {
                return plain.get();
            }
        }
        for (SchemaObject other : given) {
            String better = other.sql();
            if (better != null && SchemaSearch.key(other).equals(SchemaSearch.key(object))) {
                return object.withSql(better, other.origin());
            }
        }
        if (isTable && object.rootPage() > 0) {
            LeafSample sample = LeafSample.under(object.rootPage(), store);
            List<String> indexes = new ArrayList<>();
            for (SchemaObject other : found) {
                String text = other.sql();
                if (other.type() == ObjectType.INDEX
                        && text != null
                        && other.table().equalsIgnoreCase(object.name())) {
                    indexes.add(text);
                }
            }
            Optional<SchemaObject> nearly = StatementRepair.isClean(sql) && !ofForeignName
                    ? withOneBitMended(object, sql, sample, impliedBy(found, object), aliased)
                    : Optional.empty();
            if (nearly.isPresent() || contradicted) {
                return nearly.orElse(object);
            }
            for (String better :
                    StatementRepair.mend(sql, object.name(), sample.ofIndex(), sample.alwaysNull(), indexes)) {
                if (createTable(object.withSql(better, SchemaObject.Origin.MENDED))) {
                    Optional<TableShape> shape = shape(object.name(), object.rootPage(), Map.of());
                    if (shape.isPresent() && sample.fits(shape.get())) {
                        return object.withSql(better, SchemaObject.Origin.MENDED);
                    }
                    drop(object);
                }
            }
            return createTable(object) && hasTooFewColumns(object, sample) ? object.withoutSql() : object;
        }
        return object;
    }

    /** The given statement of an object, where the one that was found names something that nobody knows here, and the given one does not: a bit makes such a name. */
    private Optional<SchemaObject> sameWithoutUnknownNames(SchemaObject object, String sql, List<SchemaObject> given) {
        if (!namesUnknown(sql)) {
            return Optional.empty();
        }
        for (SchemaObject other : given) {
            String better = other.sql();
            if (better != null && SchemaSearch.key(other).equals(SchemaSearch.key(object)) && !namesUnknown(better)) {
                return Optional.of(object.withSql(better, other.origin()));
            }
        }
        return Optional.empty();
    }

    /** Whether a statement names a collation or function that something stands in for here. */
    private boolean namesUnknown(String sql) {
        return RelaxedStatement.namesUnknown(sql, unknown());
    }

    /** Collations and functions that something stands in for here. */
    private Set<String> unknown() {
        return Sqlite.standIns(connection).map(StandIns::names).orElse(Set.of());
    }

    /**
     * Whether the rows at hand cannot be of a table that SQLite takes: some have a value that its columns would have stored otherwise, or its key is NULL in every
     * row, as that of the rowid's alias is, and is none. A key that is none would have an index, which nothing in the schema tells of, or words that are nearly those
     * that make the alias.
     */
    private boolean isContradicted(SchemaObject table, String sql, PageStore store, List<SchemaObject> found)
            throws IOException {
        LeafSample sample = LeafSample.under(table.rootPage(), store);
        if (sample.mostFields() == 0) {
            return false;
        }
        Optional<TableShape> shape = shape(table.name(), table.rootPage(), Map.of());
        return shape.isPresent() && sample.contradicts(shape.get())
                || !StatementRepair.withKeyWords(sql, sample.alwaysNull()).isEmpty()
                || impliedIndexes(table.name()) < impliedBy(found, table)
                || impliedIndexes(table.name()) > impliedBy(found, table)
                        && !StatementRepair.withRowidAlias(sql, sample.alwaysNull())
                                .isEmpty();
    }

    /** How many indexes of a table that SQLite made by itself the schema tells of. */
    private static long impliedBy(List<SchemaObject> found, SchemaObject table) {
        return found.stream()
                .filter(other -> other.type() == ObjectType.INDEX
                        && other.sql() == null
                        && other.table().equalsIgnoreCase(table.name()))
                .count();
    }

    /**
     * A table whose statement is one bit, or a few letters of its key, from one that SQLite takes and that all rows at hand fit.
     *
     * @param aliased whether the rowid has an alias as it is: no bit takes that away
     */
    private Optional<SchemaObject> withOneBitMended(
            SchemaObject table, String sql, LeafSample sample, long implied, boolean aliased) throws SalvageException {
        List<String> words = new ArrayList<>();
        words.add(StatementRepair.withKeyWords(sql, sample.alwaysNull()));
        words.add(StatementRepair.withRowidAlias(sql, sample.alwaysNull()));
        for (String better : words) {
            if (!better.isEmpty() && isOf(table, better, sample, implied, false)) {
                return Optional.of(table.withSql(better, SchemaObject.Origin.MENDED));
            }
        }
        if (sample.mostFields() > 0) {
            for (String better : StatementRepair.withOneBitMended(sql)) {
                if (isOf(table, better, sample, implied, true)
                        && (!aliased
                                || shape(table.name(), 0, Map.of())
                                        .filter(TableShape::hasRowidAlias)
                                        .isPresent())) {
                    return Optional.of(table.withSql(better, SchemaObject.Origin.MENDED));
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Whether SQLite takes a statement, and the rows at hand can be of its table.
     *
     * @param implied how many indexes of SQLite's own are known, and the table has at most
     * @param exactly whether it has just as many
     */
    private boolean isOf(SchemaObject table, String sql, LeafSample sample, long implied, boolean exactly)
            throws SalvageException {
        SchemaObject changed = table.withSql(sql, SchemaObject.Origin.MENDED);
        if (!createTable(changed)) {
            return false;
        }
        Optional<TableShape> shape = shape(table.name(), table.rootPage(), Map.of());
        if (shape.isPresent()
                && sample.isOf(shape.get(), false)
                && sample.mostFields() == shape.get().stored().size()
                && StatementRepair.withKeyWords(sql, sample.alwaysNull()).isEmpty()
                && (exactly ? impliedIndexes(table.name()) == implied : impliedIndexes(table.name()) <= implied)) {
            return true;
        }
        drop(changed);
        return false;
    }

    /** The table without what calls functions that no schema may call; empty if that is not what is in its way. SQLite opens no database that has it. */
    private Optional<SchemaObject> withoutForbidden(SchemaObject table) throws SalvageException {
        Set<String> forbidden = forbiddenFunctions();
        String plain;
        try {
            plain = table.statement().withoutFunctions(name -> !forbidden.contains(name));
        } catch (SchemaException e) {
            return Optional.empty();
        }
        SchemaObject without = table.withSql(plain, SchemaObject.Origin.WITHOUT_FUNCTIONS);
        return plain.equals(table.sql()) || !createTable(without) ? Optional.empty() : Optional.of(without);
    }

    /** Source: SQLite documentation, "PRAGMA function_list"; the flag is SQLITE_DIRECTONLY. */
    private Set<String> forbiddenFunctions() throws SalvageException {
        Set<String> names = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(PragmaStatement.of("function_list"))) {
            while (rows.next()) {
                if ((rows.getInt("flags") & DIRECT_ONLY) != 0) {
                    names.add(rows.getString("name").toLowerCase(Locale.ROOT));
                }
            }
            return names;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** How many indexes SQLite made for a table by itself. */
    private long impliedIndexes(String table) throws SalvageException {
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT count(*) FROM sqlite_schema WHERE type='index' AND sql IS NULL AND tbl_name=? COLLATE NOCASE")) {
            query.setString(1, table);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Whether the rows under the root of a table that is there have more fields than it has columns: damage has hidden some of them. */
    private boolean hasTooFewColumns(SchemaObject table, LeafSample sample) throws SalvageException {
        Optional<TableShape> shape = shape(table.name(), table.rootPage(), Map.of());
        drop(table);
        return shape.isPresent()
                && sample.ofIndex() == shape.get().withoutRowid()
                && sample.mostFields() > shape.get().stored().size();
    }

    private void drop(SchemaObject table) {
        run("DROP TABLE " + RowInserter.quoted(table.name()));
    }

    private static SalvageException failed(SQLException e) {
        return new SalvageException("Cannot read the schema back: " + Disclosure.message(e), e);
    }

    @Override
    public void close() throws SalvageException {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /**
     * How the rows of a table lie; empty if SQLite did not take its statement.
     *
     * @param rootPages root pages of indexes by name in lower case
     */
    Optional<TableShape> shape(String table, int rootPage, Map<String, Integer> rootPages) throws SalvageException {
        try {
            boolean withoutRowid = isWithoutRowid(table);
            List<ColumnInfo> columns = columns(table);
            if (columns.isEmpty()) {
                return Optional.empty();
            }
            List<IndexInfo> indexes = indexes(table);
            Optional<IndexInfo> key =
                    indexes.stream().filter(i -> i.origin.equals("pk")).findFirst();
            List<Integer> order = new ArrayList<>();
            int keyFields = 0;
            KeyOrder keyOrder = null;
            if (withoutRowid && key.isPresent()) {
                order.addAll(key.get().columns);
                keyFields = key.get().keyCount;
                keyOrder = order(key.get(), keyFields);
            } else {
                for (ColumnInfo column : columns) {
                    if (column.hidden != ColumnInfo.VIRTUAL) {
                        order.add(column.id);
                    }
                }
            }
            long keyColumns = columns.stream().filter(c -> c.key > 0).count();
            List<Column> stored = new ArrayList<>();
            for (int id : order) {
                ColumnInfo column = columns.get(id);
                boolean alias = !withoutRowid
                        && key.isEmpty()
                        && keyColumns == 1
                        && column.key > 0
                        && column.type.equalsIgnoreCase("INTEGER");
                stored.add(new Column(
                        column.name,
                        Affinity.of(column.type),
                        column.notNull,
                        alias,
                        column.hidden == ColumnInfo.STORED,
                        column.hasDefault));
            }
            List<IndexShape> shapes = new ArrayList<>();
            List<IndexShape> allShapes = new ArrayList<>();
            for (IndexInfo index : indexes) {
                if (withoutRowid && index.origin.equals("pk")) {
                    continue;
                }
                List<Integer> fields = new ArrayList<>();
                for (int id : index.columns) {
                    int place = order.indexOf(id);
                    fields.add(id == -1 ? IndexShape.ROWID : place < 0 ? IndexShape.COMPUTED : place);
                }
                int root = rootPages.getOrDefault(index.name.toLowerCase(Locale.ROOT), 0);
                IndexShape found = new IndexShape(
                        index.name, root, index.unique, fields, index.keyCount, order(index, index.columns.size()));
                allShapes.add(found);
                if (!index.partial && !fields.contains(IndexShape.COMPUTED) && root != 0) {
                    shapes.add(found);
                }
            }
            return Optional.of(new TableShape(
                    table,
                    rootPage,
                    withoutRowid,
                    stored,
                    rowidName(columns, withoutRowid),
                    keyFields,
                    keyOrder,
                    shapes,
                    allShapes));
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private record ColumnInfo(
            int id, String name, String type, boolean notNull, boolean hasDefault, int key, int hidden) {
        static final int VIRTUAL = 2;
        static final int STORED = 3;
    }

    private record IndexInfo(
            String name,
            boolean unique,
            String origin,
            boolean partial,
            List<Integer> columns,
            int keyCount,
            List<KeyOrder.@Nullable Term> terms) {}

    /** The order by the first fields of an index; null if one of them has a collation that is not known here. */
    private static @Nullable KeyOrder order(IndexInfo index, int fields) {
        List<KeyOrder.Term> terms = new ArrayList<>();
        for (KeyOrder.@Nullable Term term : index.terms.subList(0, fields)) {
            if (term == null) {
                return null;
            }
            terms.add(term);
        }
        return new KeyOrder(terms);
    }

    private static String rowidName(List<ColumnInfo> columns, boolean withoutRowid) {
        if (!withoutRowid) {
            for (String name : List.of("rowid", "_rowid_", "oid")) {
                if (columns.stream().noneMatch(c -> c.name.equalsIgnoreCase(name))) {
                    return name;
                }
            }
        }
        return "";
    }

    private boolean isWithoutRowid(String table) throws SQLException {
        try (Statement query = connection.createStatement();
                ResultSet rows = query.executeQuery(PragmaStatement.of("table_list", table))) {
            return rows.next() && rows.getBoolean("wr");
        }
    }

    private List<ColumnInfo> columns(String table) throws SQLException {
        List<ColumnInfo> columns = new ArrayList<>();
        try (Statement query = connection.createStatement();
                ResultSet rows = query.executeQuery(PragmaStatement.of("table_xinfo", table))) {
            while (rows.next()) {
                String type = rows.getString("type");
                columns.add(new ColumnInfo(
                        rows.getInt("cid"),
                        rows.getString("name"),
                        type == null ? "" : type,
                        rows.getBoolean("notnull"),
                        rows.getString("dflt_value") != null,
                        rows.getInt("pk"),
                        rows.getInt("hidden")));
            }
        }
        return columns;
    }

    private List<IndexInfo> indexes(String table) throws SQLException {
        List<IndexInfo> indexes = new ArrayList<>();
        try (Statement query = connection.createStatement();
                ResultSet rows = query.executeQuery(PragmaStatement.of("index_list", table))) {
            while (rows.next()) {
                indexes.add(index(
                        rows.getString("name"),
                        rows.getBoolean("unique"),
                        rows.getString("origin"),
                        rows.getBoolean("partial")));
            }
        }
        // The newest is listed first.
        Collections.reverse(indexes);
        return indexes;
    }

    private IndexInfo index(String name, boolean unique, String origin, boolean partial) throws SQLException {
        List<Integer> columns = new ArrayList<>();
        List<KeyOrder.@Nullable Term> terms = new ArrayList<>();
        int keys = 0;
        try (Statement query = connection.createStatement();
                ResultSet rows = query.executeQuery(PragmaStatement.of("index_xinfo", name))) {
            while (rows.next()) {
                columns.add(rows.getInt("cid"));
                keys += rows.getInt("key");
                terms.add(term(rows.getBoolean("desc"), rows.getString("coll")));
            }
        }
        return new IndexInfo(name, unique, origin, partial, columns, keys, terms);
    }

    /**
     * What an index sorts by, as its entries have it: the columns of its key, then those that a row is known by.
     *
     * @param place the column's place in the table; -1 for the rowid, -2 for an expression
     * @param name of the column; empty for an expression, and the rowid
     * @param collation as SQLite tells it
     */
    record SortedBy(int place, String name, boolean descending, String collation) {}

    /** What an index sorts by; empty if there is none of the name. */
    List<SortedBy> sortedBy(String index) throws SalvageException {
        List<SortedBy> columns = new ArrayList<>();
        try (Statement query = connection.createStatement();
                ResultSet rows = query.executeQuery(PragmaStatement.of("index_xinfo", index))) {
            while (rows.next()) {
                String name = rows.getString("name");
                String collation = rows.getString("coll");
                columns.add(new SortedBy(
                        rows.getInt("cid"),
                        name == null ? "" : name,
                        rows.getBoolean("desc"),
                        collation == null ? "BINARY" : collation));
            }
        } catch (SQLException e) {
            throw failed(e);
        }
        return columns;
    }

    /** The indexes that constraints of a table have made, the key of a table without rowids among them, and that only the application can sort. */
    List<String> unsortedConstraints(String table) throws SalvageException {
        List<String> unsorted = new ArrayList<>();
        if (unknown().isEmpty()) {
            return unsorted;
        }
        try {
            for (IndexInfo index : indexes(table)) {
                if (!index.origin.equals("c")
                        && sortedBy(index.name).stream().anyMatch(column -> isUnknown(column.collation()))) {
                    unsorted.add(index.name);
                }
            }
        } catch (SQLException e) {
            throw failed(e);
        }
        return unsorted;
    }

    /** Whether an index is the primary key of its table. */
    boolean isPrimaryKey(String table, String index) throws SalvageException {
        try {
            return indexes(table).stream()
                    .anyMatch(known -> known.name.equalsIgnoreCase(index) && known.origin.equals("pk"));
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Whether only the application knows a collation. */
    boolean isUnknown(String collation) {
        return unknown().contains(collation);
    }

    /** Whether an index leaves rows out. */
    boolean isPartial(String table, String index) throws SalvageException {
        try {
            return indexes(table).stream().anyMatch(known -> known.name.equalsIgnoreCase(index) && known.partial);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** The names of a table's columns that are in no record. */
    Set<String> virtualColumns(String table) throws SalvageException {
        Set<String> names = new HashSet<>();
        try {
            for (ColumnInfo column : columns(table)) {
                if (column.hidden == ColumnInfo.VIRTUAL) {
                    names.add(column.name);
                }
            }
        } catch (SQLException e) {
            throw failed(e);
        }
        return names;
    }

    private static KeyOrder.@Nullable Term term(boolean descending, @Nullable String collation) {
        if (collation == null || collation.equalsIgnoreCase("BINARY")) {
            return new KeyOrder.Term(descending, false);
        }
        return collation.equalsIgnoreCase("NOCASE") ? new KeyOrder.Term(descending, true) : null;
    }
}
