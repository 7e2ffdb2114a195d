package org.healingsqlite.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.format.CellSearch;
import org.healingsqlite.salvage.TableShape.IndexShape;
import org.jspecify.annotations.Nullable;

/** All trees of the database: one for each table and each index, with what to expect of its cells. */
final class Forest {

    private final PageStore store;
    private final List<TableTree> tables = new ArrayList<>();
    private final Map<String, List<IndexEvidence.IndexTree>> indexes = new HashMap<>();
    private final Map<String, List<IndexEvidence.IndexTree>> partialIndexes = new HashMap<>();
    private final List<Tree> others = new ArrayList<>();
    private int trees = SchemaSearch.SCHEMA_TREE;

    Forest(PageStore store) {
        this.store = store;
    }

    /** Creates the tables in the new database and says for each tree what to expect of it. */
    void plant(SchemaCatalog catalog, NewDatabase database, List<SchemaObject> objects, SalvageReport.Builder report)
            throws SalvageException {
        Map<String, Integer> rootPages = new HashMap<>();
        for (SchemaObject object : objects) {
            if (object.type() == ObjectType.INDEX && object.rootPage() > 0) {
                rootPages.put(object.name().toLowerCase(Locale.ROOT), object.rootPage());
            }
        }
        for (SchemaObject object : objects) {
            if (object.type() == ObjectType.TABLE && !object.isVirtualTable()) {
                Optional<String> refused = database.createTable(object);
                report.object(object, refused);
                Optional<TableShape> shape = refused.isPresent()
                        ? Optional.empty()
                        : catalog.shape(object.name(), object.rootPage(), rootPages);
                plant(object, shape);
            }
        }
        Set<Integer> planted = new HashSet<>();
        for (Map<String, List<IndexEvidence.IndexTree>> known : List.of(indexes, partialIndexes)) {
            known.values()
                    .forEach(mine ->
                            mine.forEach(index -> planted.add(index.tree().rootPage())));
        }
        for (SchemaObject object : objects) {
            // An index whose statement is lost proves nothing, but its pages are its.
            if (object.type() == ObjectType.INDEX && object.rootPage() > 0 && !planted.contains(object.rootPage())) {
                CellSearch.Check any = RowReader.check(store.pageCount(), record -> true);
                others.add(new Tree(++trees, object.name(), object.rootPage(), false, any));
            }
        }
        database.commit();
    }

    private void plant(SchemaObject table, Optional<TableShape> shape) {
        TableShape known = shape.orElse(null);
        boolean ofTable = known == null ? !table.saysWithoutRowid() : !known.withoutRowid();
        int fields = known == null ? 0 : known.stored().size();
        CellSearch.Check check =
                RowReader.check(store.pageCount(), fields, record -> known == null || known.fits(record));
        CellSearch.Check expected = RowReader.check(
                store.pageCount(), fields, record -> known == null || (known.fits(record) && known.expects(record)));
        Tree tree = new Tree(
                ++trees,
                table.name(),
                table.rootPage(),
                ofTable,
                check,
                expected,
                known == null ? null : usable(known.keyOrder()));
        tables.add(new TableTree(table, tree, known));
        if (known == null) {
            return;
        }
        indexes.put(table.name(), known.indexes().stream().map(this::plant).toList());
        partialIndexes.put(
                table.name(),
                known.allIndexes().stream()
                        .filter(index ->
                                index.rootPage() != 0 && !known.indexes().contains(index))
                        .map(this::plant)
                        .toList());
    }

    private IndexEvidence.IndexTree plant(IndexShape index) {
        CellSearch.Check entry = RowReader.check(
                store.pageCount(), record -> record.count() == index.fields().size());
        return new IndexEvidence.IndexTree(
                index,
                new Tree(++trees, index.name(), index.rootPage(), false, entry, entry, usable(index.keyOrder())));
    }

    private @Nullable KeyOrder usable(@Nullable KeyOrder order) {
        return order != null && order.holdsIn(store.encoding()) ? order : null;
    }

    /** Gives every page to the tree that reaches it. */
    void survey(TreeWalk walk, Progress progress) throws IOException {
        progress.phase("survey", tables.size());
        for (TableTree table : tables) {
            walk.survey(table.tree());
            progress.advance();
        }
        for (Map<String, List<IndexEvidence.IndexTree>> known : List.of(indexes, partialIndexes)) {
            for (List<IndexEvidence.IndexTree> mine : known.values()) {
                for (IndexEvidence.IndexTree index : mine) {
                    walk.survey(index.tree());
                }
            }
        }
        for (Tree other : others) {
            walk.survey(other);
        }
    }

    List<TableTree> tables() {
        return tables;
    }

    /** The index trees of each table that say something about its rows, by the table's name. */
    Map<String, List<IndexEvidence.IndexTree>> indexes() {
        return indexes;
    }

    /** The trees of indexes on expressions or with a condition: each entry has a row, but not each row an entry that can be told. */
    Map<String, List<IndexEvidence.IndexTree>> partialIndexes() {
        return partialIndexes;
    }

    /** All trees but the schema's. */
    List<Tree> trees() {
        List<Tree> all = new ArrayList<>(others);
        tables.forEach(table -> all.add(table.tree()));
        indexes.values().forEach(mine -> mine.forEach(index -> all.add(index.tree())));
        partialIndexes.values().forEach(mine -> mine.forEach(index -> all.add(index.tree())));
        return all;
    }

    /** A tree for rows that are in no table. */
    Tree nobodys() {
        return nobodys(true);
    }

    /** A tree for rows without rowid that are in no table. */
    Tree nobodysEntries() {
        return nobodys(false);
    }

    private Tree nobodys(boolean ofTable) {
        return new Tree(++trees, "", 0, ofTable, RowReader.check(store.pageCount(), record -> true));
    }
}
