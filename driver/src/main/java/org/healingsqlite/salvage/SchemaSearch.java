package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.salvage.SchemaObject.Origin;
import org.healingsqlite.schema.CreateStatement;
import org.healingsqlite.schema.SchemaException;
import org.jspecify.annotations.Nullable;

/**
 * Finds the rows of the schema table: through page 1, then, if that tree has holes, on any page that holds records like them, then in older
 * copies. What is found nearer to the tree goes first.
 */
final class SchemaSearch {

    static final int SCHEMA_TREE = 1;

    private final PageStore store;
    private final Ownership ownership;
    private final TextEncoding encoding;
    private boolean isWhole;
    private boolean hasUnknownTypes;
    private final List<Unknown> unknown = new ArrayList<>();
    private final Map<String, SchemaObject> objects = new LinkedHashMap<>();

    /** A row of the schema table whose type is none. */
    record Unknown(
            String type,
            String name,
            String table,
            @Nullable String sql) {}

    SchemaSearch(PageStore store, Ownership ownership, TextEncoding encoding) {
        this.store = store;
        this.ownership = ownership;
        this.encoding = encoding;
    }

    /** The schema objects, in the order of the schema table as far as that is known. */
    List<SchemaObject> search(TreeWalk walk) throws IOException {
        Tree tree = new Tree(
                SCHEMA_TREE,
                "sqlite_schema",
                1,
                true,
                RowReader.check(store.pageCount(), SchemaSearch::isSchemaRecord));
        walk.survey(tree);
        RowReader reader = new RowReader(store, ownership);
        walk.visit(
                tree,
                image -> reader.rows(
                        image,
                        tree,
                        SchemaSearch::isSchemaRecord,
                        (rowid, record, page) -> add(record, Origin.SCHEMA_TABLE)));
        boolean clean = objects.values().stream().allMatch(o -> o.sql() == null || StatementRepair.isClean(o.sql()));
        boolean whole = clean
                && !hasUnknownTypes
                && tree.holes().isEmpty()
                && reader.lostCells() == 0
                && tree.damagedPages().isEmpty();
        isWhole = whole;
        if (!whole) {
            scan();
            takeRootsFromDamaged();
        }
        takeContestedRoots();
        return new ArrayList<>(objects.values());
    }

    /** No two trees have one root: where damage has hit one of the rows that name it, the other one is right. */
    private void takeRootsFromDamaged() {
        Set<Integer> sound = new HashSet<>();
        objects.values().stream().filter(SchemaSearch::isSound).forEach(object -> sound.add(object.rootPage()));
        objects.replaceAll(
                (key, object) -> isSound(object) || !sound.contains(object.rootPage()) ? object : object.withoutRoot());
    }

    /** Where sound rows name one root, damage has hit a root's number: of several that it could be the root of nothing tells whose it is. */
    private void takeContestedRoots() throws IOException {
        Map<Integer, List<SchemaObject>> byRoot = new HashMap<>();
        for (SchemaObject object : objects.values()) {
            if (object.rootPage() > 0) {
                byRoot.computeIfAbsent(object.rootPage(), root -> new ArrayList<>(1))
                        .add(object);
            }
        }
        for (Map.Entry<Integer, List<SchemaObject>> root : byRoot.entrySet()) {
            if (root.getValue().size() > 1) {
                isWhole = false;
                boolean ofTable = PageKind.of(store.firstByte(root.getKey()))
                        .filter(PageKind::isTable)
                        .isPresent();
                List<SchemaObject> likely = root.getValue().stream()
                        .filter(object -> ofTable == (object.type() == ObjectType.TABLE && !object.saysWithoutRowid()))
                        .toList();
                for (SchemaObject object : root.getValue()) {
                    if (likely.size() != 1 || !likely.get(0).equals(object)) {
                        objects.put(key(object), object.withoutRoot());
                    }
                }
            }
        }
    }

    private static boolean isSound(SchemaObject object) {
        String sql = object.sql();
        return sql == null || sql.regionMatches(true, 0, "CREATE ", 0, 7) && StatementRepair.isClean(sql);
    }

    /** Whether the schema table could be read to its last row. */
    boolean whole() {
        return isWhole;
    }

    private void scan() throws IOException {
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        Tree stray = new Tree(
                SCHEMA_TREE,
                "sqlite_schema",
                0,
                true,
                RowReader.check(store.pageCount(), SchemaSearch::isSchemaRecord));
        RowReader reader = new RowReader(store, ownership);
        for (int pass = 0; pass < 2; pass++) {
            for (int page = 1; page <= store.pageCount(); page++) {
                List<PageVersion> versions = store.versions(page);
                int from = pass == 0 ? 0 : 1;
                int to = pass == 0 ? Math.min(1, versions.size()) : versions.size();
                for (int i = from; i < to; i++) {
                    if (page != 1 && ownership.owner(page) == SCHEMA_TREE && i == 0) {
                        continue;
                    }
                    byte[] bytes = store.read(page, versions.get(i));
                    if (Bytes.u8(bytes, BtreePage.headerOffset(page)) != PageKind.TABLE_LEAF.flag()) {
                        continue;
                    }
                    BtreePage btree = BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
                    if (!looksLikeSchema(btree, stray, cursor)) {
                        continue;
                    }
                    Origin origin = i == 0 ? Origin.STRAY_PAGE : Origin.OLDER_COPY;
                    PageImage image = new PageImage(
                            page,
                            versions.get(i),
                            i,
                            btree,
                            store.available(versions.get(i)),
                            Long.MIN_VALUE,
                            Long.MAX_VALUE);
                    reader.rows(image, stray, SchemaSearch::isSchemaRecord, (rowid, record, at) -> add(record, origin));
                    if (i == 0) {
                        ownership.own(page, SCHEMA_TREE);
                    }
                }
            }
        }
    }

    private static boolean looksLikeSchema(BtreePage btree, Tree stray, CellCursor cursor) {
        for (int i = 0; i < btree.pointers(); i++) {
            if (btree.cell(i) >= 0
                    && cursor.moveTo(btree.bytes(), btree.cell(i), btree.kind())
                    && stray.check().accepts(btree.bytes(), cursor)) {
                return true;
            }
        }
        return false;
    }

    /** Five fields: a type word, two names, a root page, and a statement that begins with CREATE, or none. */
    static boolean isSchemaRecord(RecordCursor record) {
        if (record.count() != 5 || !record.isText(0) || !record.isText(1) || !record.isText(2)) {
            return false;
        }
        int size = record.size(0);
        if (size < 4 || size > 14) {
            return false;
        }
        RecordCursor.Kind root = record.kind(3);
        return (root == RecordCursor.Kind.INTEGER || root == RecordCursor.Kind.NULL)
                && (record.isText(4) || record.isNull(4));
    }

    private void add(RecordCursor record, Origin origin) {
        @Nullable String sql = record.isNull(4) ? null : text(record, 4);
        String name = text(record, 1);
        String table = text(record, 2);
        Optional<CreateStatement> created = created(sql);
        ObjectType type = ObjectType.of(text(record, 0));
        if (type == null) {
            // What the statement creates tells what the damaged word was.
            type = created.filter(statement -> SchemaObject.isSameName(statement.name(), name))
                    .map(statement -> ObjectType.of(statement.type()))
                    .orElse(null);
        }
        if (type == null) {
            hasUnknownTypes = true;
            if (origin == Origin.SCHEMA_TABLE) {
                unknown.add(new Unknown(text(record, 0), name, table, sql));
            }
            return;
        }
        // Tables and views have their name three times: two outvote the third.
        boolean named = type == ObjectType.TABLE || type == ObjectType.VIEW;
        boolean outvoted = named
                && created.filter(statement -> SchemaObject.isSameName(statement.name(), table))
                        .isPresent();
        long root = record.isNull(3) ? 0 : record.integer(3);
        SchemaObject found = new SchemaObject(
                type,
                outvoted ? table : name,
                table,
                root > 0 && root <= store.pageCount() ? (int) root : 0,
                sql,
                origin);
        String key = key(found);
        SchemaObject before = objects.get(key);
        if (before == null || isOf(found) && !isOf(before) && StatementRepair.isClean(String.valueOf(before.sql()))) {
            objects.put(key, found);
        } else if (sql != null
                && before.sql() != null
                && !StatementRepair.isClean(before.sql())
                && StatementRepair.isClean(sql)) {
            objects.put(key, before.withSql(sql, origin));
        }
    }

    /** What a text creates; empty where it is no one CREATE statement. */
    private static Optional<CreateStatement> created(@Nullable String sql) {
        try {
            return sql == null ? Optional.empty() : Optional.of(CreateStatement.of(sql));
        } catch (SchemaException e) {
            return Optional.empty();
        }
    }

    /** Whether a row's text is the statement of its object. */
    private static boolean isOf(SchemaObject object) {
        return object.sql() != null && object.refusal().isEmpty();
    }

    /** Rows of the schema table that are of no object. */
    List<Unknown> unknown() {
        return unknown;
    }

    static String key(SchemaObject object) {
        return object.type() + " " + object.name().toLowerCase(Locale.ROOT);
    }

    private String text(RecordCursor record, int field) {
        return new String(record.bytes(), record.offset(field), record.size(field), encoding.charset());
    }

    /** Adds what a known schema has beyond the objects found. */
    static List<SchemaObject> merged(List<SchemaObject> found, List<SchemaObject> given) {
        Map<String, SchemaObject> merged = new LinkedHashMap<>();
        for (SchemaObject object : found) {
            merged.put(key(object), object);
        }
        for (SchemaObject object : given) {
            merged.putIfAbsent(key(object), object);
        }
        return new ArrayList<>(merged.values());
    }
}
