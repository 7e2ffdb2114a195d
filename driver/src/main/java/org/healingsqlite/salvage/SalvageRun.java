package org.healingsqlite.salvage;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.CellSearch;
import org.healingsqlite.format.DatabaseHeader;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.salvage.SchemaObject.Origin;
import org.healingsqlite.salvage.TableShape.IndexShape;

/** One salvage from beginning to end: the outline of the work as one readable method. */
final class SalvageRun {

    private static final int VOTING_PAGES = 2000;

    private final Path damaged;
    private final Optional<String> givenSchema;
    private final Optional<Path> lostAndFoundPath;
    private final ProgressListener progress;

    private final SalvageReport.Builder report = new SalvageReport.Builder();
    private final List<TableTree> tables = new ArrayList<>();
    private final Map<String, List<IndexEvidence.IndexTree>> indexTrees = new HashMap<>();
    private int trees = SchemaSearch.SCHEMA_TREE;

    SalvageRun(Path damaged, Optional<String> givenSchema, Optional<Path> lostAndFound, ProgressListener progress) {
        this.damaged = damaged;
        this.givenSchema = givenSchema;
        this.lostAndFoundPath = lostAndFound;
        this.progress = progress;
    }

    SalvageReport into(Path output) throws IOException {
        NewDatabase.requireAbsent(output);
        if (lostAndFoundPath.isPresent()) {
            NewDatabase.requireAbsent(lostAndFoundPath.get());
        }
        try (DamagedFiles files = DamagedFiles.open(damaged)) {
            GeometrySearch.Found found = new GeometrySearch(files).search();
            PageStore store = new PageStore(files, found.geometry(), found.origin());
            Optional<DatabaseHeader> header = header(store);
            Optional<TextEncoding> saidEncoding = header.flatMap(DatabaseHeader::encoding);
            TextEncoding encoding = saidEncoding.isPresent() ? saidEncoding.get() : encodingByVote(store);
            store.encoding(encoding);
            Ownership ownership = new Ownership(store.pageCount());
            TreeWalk walk = new TreeWalk(store, ownership);
            List<SchemaObject> given = given(encoding);
            List<SchemaObject> objects = SchemaSearch.merged(
                    SchemaCatalog.mended(new SchemaSearch(store, ownership, encoding).search(walk), given, store),
                    given);
            try (SchemaCatalog catalog = SchemaCatalog.of(objects);
                    NewDatabase database = NewDatabase.create(output, found.geometry(), encoding, header);
                    LostAndFound lostAndFound = new LostAndFound(lostAndFoundPath, encoding)) {
                plantTrees(store, catalog, database, objects);
                survey(store, walk, objects);
                IndexEvidence evidence = new IndexEvidence(store, ownership, walk, indexTrees);
                List<Integer> unclaimed = orphans(store, ownership, header, evidence);
                writeRows(database, lostAndFound, store, ownership, walk, evidence);
                keepUnclaimed(unclaimed, store, ownership, lostAndFound);
                new SchemaWriter(database, report).finish(objects);
                report.lostAndFound(lostAndFound.rows());
                database.publish(header.isPresent() && header.get().walMode());
                lostAndFound.publish();
            }
        }
        return report.build();
    }

    /** The header of the newest version of page 1 that has one. */
    private static Optional<DatabaseHeader> header(PageStore store) throws IOException {
        for (PageVersion version : store.versions(1)) {
            DatabaseHeader header = DatabaseHeader.of(store.read(1, version));
            if (header.plausible()) {
                return Optional.of(header);
            }
        }
        return Optional.empty();
    }

    /** Strict UTF-8 without NUL against zero bytes at odd or even places. */
    private static TextEncoding encodingByVote(PageStore store) throws IOException {
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        RecordCursor record = new RecordCursor();
        long utf8 = 0;
        long little = 0;
        long big = 0;
        int step = Math.max(1, store.pageCount() / VOTING_PAGES);
        for (int page = 1; page <= store.pageCount(); page += step) {
            byte[] bytes = store.newest(page);
            if (bytes[BtreePage.headerOffset(page)] != PageKind.TABLE_LEAF.flag()) {
                continue;
            }
            BtreePage btree = BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
            for (int i = 0; i < btree.pointers(); i++) {
                if (btree.cell(i) < 0
                        || !cursor.moveTo(bytes, btree.cell(i), btree.kind())
                        || cursor.overflowPage() != 0
                        || !record.moveTo(bytes, cursor.payloadOffset(), cursor.localSize())) {
                    continue;
                }
                for (int field = 0; field < record.count(); field++) {
                    if (!record.isText(field) || record.size(field) < 2) {
                        continue;
                    }
                    int odd = 0;
                    int even = 0;
                    for (int at = 0; at < record.size(field); at++) {
                        if (bytes[record.offset(field) + at] == 0) {
                            if ((at & 1) == 1) {
                                odd++;
                            } else {
                                even++;
                            }
                        }
                    }
                    if (odd == 0 && even == 0) {
                        utf8 += isUtf8(record.copy(field)) ? 1 : 0;
                    } else if (odd > even) {
                        little++;
                    } else if (even > odd) {
                        big++;
                    }
                }
            }
        }
        if (utf8 >= little && utf8 >= big) {
            return TextEncoding.UTF_8;
        }
        return little >= big ? TextEncoding.UTF_16LE : TextEncoding.UTF_16BE;
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(java.nio.ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /** The objects of the schema that the caller gave, as SQLite understands it. */
    private List<SchemaObject> given(TextEncoding encoding) throws SalvageException {
        if (givenSchema.isEmpty()) {
            return List.of();
        }
        List<SchemaObject> objects = new ArrayList<>();
        try (Connection memory = DriverManager.getConnection("jdbc:sqlite::memory:");
                Statement statement = memory.createStatement()) {
            statement.execute("PRAGMA encoding='" + encoding.pragma() + "'");
            try {
                // Only executeUpdate runs a script to its end.
                statement.executeUpdate(givenSchema.get());
            } catch (SQLException e) {
                throw new SalvageException("The given schema does not run: " + e.getMessage(), e);
            }
            try (ResultSet rows = statement.executeQuery("SELECT type, name, tbl_name, sql FROM sqlite_schema")) {
                while (rows.next()) {
                    ObjectType type = ObjectType.of(rows.getString(1));
                    if (type != null) {
                        objects.add(new SchemaObject(
                                type, rows.getString(2), rows.getString(3), 0, rows.getString(4), Origin.GIVEN));
                    }
                }
            }
        } catch (SQLException e) {
            throw new SalvageException("Cannot read the given schema: " + e.getMessage(), e);
        }
        return objects;
    }

    /** Creates the tables and says for each tree what to expect of it. */
    private void plantTrees(PageStore store, SchemaCatalog catalog, NewDatabase database, List<SchemaObject> objects)
            throws SalvageException {
        Map<String, Integer> rootPages = new HashMap<>();
        for (SchemaObject object : objects) {
            if (object.type() == ObjectType.INDEX && object.rootPage() > 0) {
                rootPages.put(object.name().toLowerCase(Locale.ROOT), object.rootPage());
            }
        }
        for (SchemaObject object : objects) {
            if (object.type() != ObjectType.TABLE || object.isVirtualTable() || object.sql() == null) {
                continue;
            }
            Optional<String> refused = create(database, object);
            report.object(object, refused);
            TableShape known = refused.isPresent()
                    ? null
                    : catalog.shape(object.name(), object.rootPage(), rootPages).orElse(null);
            boolean ofTable = known == null ? !isIndexTree(object) : !known.withoutRowid();
            CellSearch.Check check = RowReader.check(store.pageCount(), record -> known == null || known.fits(record));
            CellSearch.Check expected = RowReader.check(
                    store.pageCount(), record -> known == null || (known.fits(record) && known.expects(record)));
            Tree tree = new Tree(++trees, object.name(), object.rootPage(), ofTable, check, expected);
            tables.add(new TableTree(object, tree, known));
            if (known != null) {
                List<IndexEvidence.IndexTree> mine = new ArrayList<>();
                for (IndexShape index : known.indexes()) {
                    CellSearch.Check entry = RowReader.check(
                            store.pageCount(),
                            record -> record.count() == index.fields().size());
                    mine.add(new IndexEvidence.IndexTree(
                            index, new Tree(++trees, index.name(), index.rootPage(), false, entry)));
                }
                indexTrees.put(object.name(), mine);
            }
        }
        database.commit();
    }

    private static boolean isIndexTree(SchemaObject object) {
        String sql = object.sql();
        return sql != null && sql.toUpperCase(Locale.ROOT).contains("WITHOUT");
    }

    private static Optional<String> create(NewDatabase database, SchemaObject table) {
        String sql = table.sql();
        if (table.name().equalsIgnoreCase("sqlite_sequence")) {
            return database.tryExecute(
                            "CREATE TABLE IF NOT EXISTS healing_sequence_seed(x INTEGER PRIMARY KEY AUTOINCREMENT)")
                    .or(() -> database.tryExecute("DROP TABLE healing_sequence_seed"));
        }
        if (table.name().toLowerCase(Locale.ROOT).startsWith("sqlite_stat")) {
            return database.tryExecute("ANALYZE sqlite_schema");
        }
        return sql == null ? Optional.of("no statement") : database.tryExecute(sql);
    }

    private void survey(PageStore store, TreeWalk walk, List<SchemaObject> objects) throws IOException {
        for (TableTree table : tables) {
            progress.progressed("survey", tables.indexOf(table), tables.size());
            walk.survey(table.tree());
        }
        Map<Integer, Boolean> known = new HashMap<>();
        for (List<IndexEvidence.IndexTree> mine : indexTrees.values()) {
            for (IndexEvidence.IndexTree index : mine) {
                walk.survey(index.tree());
                known.put(index.tree().rootPage(), true);
            }
        }
        for (SchemaObject object : objects) {
            // Indexes on expressions or with a condition prove nothing, but their pages are theirs.
            if (object.type() == ObjectType.INDEX && object.rootPage() > 0 && !known.containsKey(object.rootPage())) {
                walk.survey(new Tree(
                        ++trees,
                        object.name(),
                        object.rootPage(),
                        false,
                        RowReader.check(store.pageCount(), record -> true)));
            }
        }
    }

    private List<Integer> orphans(
            PageStore store, Ownership ownership, Optional<DatabaseHeader> header, IndexEvidence evidence)
            throws IOException {
        MisplacedPages misplaced = new MisplacedPages(store, ownership, tables);
        misplaced.release();
        boolean holes = tables.stream().anyMatch(TableTree::hasHoles) || report.schemaDamaged();
        if (!holes && !tables.isEmpty() && !store.stateUncertain()) {
            return List.of();
        }
        FreePages.mark(store, ownership, header);
        if (header.isEmpty()) {
            FreePages.markScattered(store, ownership);
        }
        boolean autoVacuum = header.isPresent() && header.get().largestRoot() != 0;
        OrphanPages orphans = new OrphanPages(store, ownership, tables, autoVacuum, evidence);
        orphans.attribute();
        List<Integer> unclaimed = new ArrayList<>(orphans.unclaimed());
        unclaimed.addAll(misplaced.ambiguous());
        return unclaimed;
    }

    private void writeRows(
            NewDatabase database,
            LostAndFound lostAndFound,
            PageStore store,
            Ownership ownership,
            TreeWalk walk,
            IndexEvidence evidence)
            throws IOException {
        List<TableTree> last = new ArrayList<>();
        for (TableTree table : tables) {
            if (table.object().name().equalsIgnoreCase("sqlite_sequence")) {
                last.add(table);
            } else {
                writeRows(table, database, lostAndFound, store, ownership, walk, evidence);
            }
        }
        for (TableTree table : last) {
            writeSequences(table, database, store, ownership, walk);
        }
    }

    private void writeRows(
            TableTree table,
            NewDatabase database,
            LostAndFound lostAndFound,
            PageStore store,
            Ownership ownership,
            TreeWalk walk,
            IndexEvidence evidence)
            throws IOException {
        Tree tree = table.tree();
        TableShape shape = table.shape();
        RowReader reader = new RowReader(store, ownership);
        if (shape == null) {
            walk.visit(
                    tree,
                    image -> reader.rows(
                            image,
                            tree,
                            record -> true,
                            (rowid, record, page) -> lostAndFound.keep(
                                    tree.name(),
                                    "the table's statement is damaged",
                                    tree.rootPage(),
                                    page,
                                    rowid,
                                    record)));
            return;
        }
        TableWriter writer = new TableWriter(database.connection(), shape, lostAndFound);
        RowSink sink = evidence.contradicting(table, writer::write, lostAndFound);
        table.strays().sort(Comparator.comparingLong(TableTree.Stray::first));
        if (store.stateUncertain()) {
            // Pages of the log are newer than those that may stand in for lost ones: their rows go first.
            walk.visit(tree, image -> {
                if (image.version().source() == PageVersion.Source.LOG) {
                    reader.rows(image, tree, shape::fits, sink);
                }
            });
            strays(table, shape, store, reader, sink, PageVersion.Source.LOG::equals);
        }
        walk.visit(tree, image -> {
            if (!store.stateUncertain() || image.version().source() != PageVersion.Source.LOG) {
                reader.rows(image, tree, shape::fits, sink);
            }
        });
        strays(
                table,
                shape,
                store,
                reader,
                sink,
                source -> !store.stateUncertain() || source != PageVersion.Source.LOG);
        writer.finish();
        report.table(table, writer.tally(), reader.lostCells());
    }

    private static void strays(
            TableTree table,
            TableShape shape,
            PageStore store,
            RowReader reader,
            RowSink sink,
            Predicate<PageVersion.Source> wanted)
            throws IOException {
        for (TableTree.Stray stray : table.strays()) {
            PageVersion version = store.versions(stray.page()).get(stray.versionIndex());
            if (!wanted.test(version.source())) {
                continue;
            }
            byte[] bytes = store.read(stray.page(), version);
            CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
            BtreePage btree = bestReading(bytes, stray.page(), shape, store, cursor);
            PageImage image = new PageImage(
                    stray.page(),
                    version,
                    stray.versionIndex(),
                    btree,
                    store.available(version),
                    stray.hole().above(),
                    stray.hole().upTo());
            reader.rows(image, table.tree(), shape::fits, sink);
        }
    }

    private static BtreePage bestReading(byte[] bytes, int page, TableShape shape, PageStore store, CellCursor cursor) {
        if (shape.withoutRowid()) {
            BtreePage interior = BtreePage.read(bytes, page, PageKind.INDEX_INTERIOR, store.geometry(), cursor);
            if (interior.exact() || bytes[0] == PageKind.INDEX_INTERIOR.flag()) {
                return interior;
            }
            return BtreePage.read(bytes, page, PageKind.INDEX_LEAF, store.geometry(), cursor);
        }
        return BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
    }

    /** SQLite keeps the highest rowid itself while rows are written; a higher stored one must come back. */
    private void writeSequences(
            TableTree table, NewDatabase database, PageStore store, Ownership ownership, TreeWalk walk)
            throws IOException {
        Map<String, Long> stored = new LinkedHashMap<>();
        RowReader reader = new RowReader(store, ownership);
        walk.visit(
                table.tree(),
                image -> reader.rows(
                        image,
                        table.tree(),
                        record ->
                                record.count() == 2 && record.isText(0) && record.kind(1) == RecordCursor.Kind.INTEGER,
                        (rowid, record, page) ->
                                stored.put(new String(record.copy(0), StandardCharsets.UTF_8), record.integer(1))));
        try (PreparedStatement update = database.connection()
                        .prepareStatement("UPDATE sqlite_sequence SET seq=max(seq,?2) WHERE name=?1");
                PreparedStatement insert =
                        database.connection().prepareStatement("INSERT INTO sqlite_sequence VALUES(?1,?2)")) {
            for (Map.Entry<String, Long> entry : stored.entrySet()) {
                update.setString(1, entry.getKey());
                update.setLong(2, entry.getValue());
                if (update.executeUpdate() == 0) {
                    insert.setString(1, entry.getKey());
                    insert.setLong(2, entry.getValue());
                    insert.executeUpdate();
                }
            }
        } catch (SQLException e) {
            throw new SalvageException("Cannot write sqlite_sequence: " + e.getMessage(), e);
        }
    }

    private void keepUnclaimed(List<Integer> unclaimed, PageStore store, Ownership ownership, LostAndFound lostAndFound)
            throws IOException {
        Tree nobody = new Tree(++trees, "", 0, true, RowReader.check(store.pageCount(), record -> true));
        RowReader reader = new RowReader(store, ownership);
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        for (int page : unclaimed) {
            List<PageVersion> versions = store.versions(page);
            byte[] bytes = store.read(page, versions.get(0));
            if (bytes[0] != PageKind.TABLE_LEAF.flag()) {
                continue;
            }
            BtreePage btree = BtreePage.read(bytes, page, PageKind.TABLE_LEAF, store.geometry(), cursor);
            PageImage image = new PageImage(
                    page, versions.get(0), 0, btree, store.available(versions.get(0)), Long.MIN_VALUE, Long.MAX_VALUE);
            reader.rows(
                    image,
                    nobody,
                    record -> true,
                    (rowid, record, at) ->
                            lostAndFound.keep("", "no table can claim this page alone", 0, at, rowid, record));
        }
    }
}
