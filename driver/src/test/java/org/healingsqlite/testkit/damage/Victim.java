package org.healingsqlite.testkit.damage;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.healingsqlite.testkit.damage.BtreeLocator.Extent;
import org.healingsqlite.testkit.damage.BtreeLocator.PageUse;
import org.healingsqlite.testkit.damage.DatabaseFiles.Part;
import org.healingsqlite.testkit.damage.PageCopies.Place;

/** A healthy database before its damage: its files, what SQLite says is in them, and where every row lies. */
public final class Victim {

    /** An object of the schema and where its row lies. */
    record SchemaEntry(String type, String name, String sql, List<Extent> extents) {}

    private final String shape;
    private final DatabaseFiles files;
    private final byte[] current;
    private final BtreeLocator locator;
    private final PageCopies copies;
    private final Map<String, TableRows> truth;
    private final Map<String, Set<String>> history;
    private final Map<String, List<List<Extent>>> extents = new HashMap<>();
    private final List<SchemaEntry> schema = new ArrayList<>();

    private Victim(
            String shape,
            DatabaseFiles files,
            byte[] current,
            Map<String, TableRows> truth,
            Map<String, Set<String>> history) {
        this.shape = shape;
        this.files = files;
        this.current = current;
        this.truth = truth;
        this.history = history;
        this.locator = new BtreeLocator(current);
        this.copies = new PageCopies(files, locator.pageSize());
    }

    /**
     * @param files as the crash or the copy left them
     * @param older rows the tables had at earlier times
     * @param directory for a copy that SQLite may recover
     */
    static Victim of(String shape, DatabaseFiles files, List<Map<String, TableRows>> older, Path directory)
            throws IOException, SQLException {
        Path copy = directory.resolve("recovered-" + shape + ".db");
        files.write(copy);
        Map<String, TableRows> truth = TableRows.ofAll(copy);
        byte[] current = DatabaseFiles.read(copy).get(Part.MAIN);
        Map<String, Set<String>> history = new HashMap<>();
        for (Map<String, TableRows> then : older) {
            then.forEach((table, rows) -> rows.rows()
                    .forEach((key, row) ->
                            history.computeIfAbsent(table, t -> new HashSet<>()).add(key + "=" + row)));
        }
        Victim victim = new Victim(shape, files, current, truth, history);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + copy)) {
            victim.locate(connection);
        }
        DatabaseFiles.delete(copy);
        return victim;
    }

    private void locate(Connection connection) throws SQLException {
        List<List<Extent>> schemaRows = locator.rows(1, "sqlite_schema", true);
        try (Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT type, name, rootpage, sql FROM sqlite_schema NOT INDEXED")) {
            for (List<Extent> at : schemaRows) {
                rows.next();
                String type = rows.getString(1);
                String name = rows.getString(2);
                int root = rows.getInt(3);
                String sql = rows.getString(4);
                schema.add(new SchemaEntry(type, name, sql == null ? "" : sql, at));
                if (root > 0) {
                    List<List<Extent>> found = locator.rows(root, name, type.equals("table"));
                    if (truth.containsKey(name) && type.equals("table")) {
                        if (found.size() != truth.get(name).rows().size()) {
                            throw new IllegalStateException(shape + ": " + name + " has "
                                    + truth.get(name).rows().size() + " rows, not " + found.size());
                        }
                        extents.put(name, found);
                    }
                }
            }
        }
    }

    String shape() {
        return shape;
    }

    DatabaseFiles files() {
        return files;
    }

    int pageSize() {
        return locator.pageSize();
    }

    int usable() {
        return locator.usable();
    }

    int pageCount() {
        return locator.pageCount();
    }

    PageCopies copies() {
        return copies;
    }

    List<PageUse> uses() {
        return new ArrayList<>(locator.uses().values());
    }

    List<SchemaEntry> schema() {
        return schema;
    }

    public Map<String, TableRows> truth() {
        return truth;
    }

    /** Whether a table once had this row and has it no more. */
    boolean wasOnce(String table, String key, String row) {
        return history.getOrDefault(table, Set.of()).contains(key + "=" + row);
    }

    /** The parts of the database that tell that a row is not there: the leaves around its place, the pages above them, and the freelist. */
    List<Extent> tellsOfAbsence(String table, String key) {
        List<Extent> telling = new ArrayList<>();
        telling.add(new Extent(1, 0, 100));
        Set<Integer> leaves = new HashSet<>();
        int before = 0;
        for (Map.Entry<String, List<Extent>> row : extents(table).entrySet()) {
            int page = row.getValue().get(0).page();
            // Keys of tables without rowid are taken in the order of the table, too; all leaves count there.
            if (!isNumber(key) || !isNumber(row.getKey())) {
                leaves.add(page);
            } else if (Long.parseLong(row.getKey()) < Long.parseLong(key)) {
                before = page;
            } else {
                leaves.add(page);
                break;
            }
        }
        if (before != 0) {
            leaves.add(before);
        }
        for (PageUse use : uses()) {
            boolean above = use.owner().equals(table)
                    && (use.isRoot()
                            || use.use() == BtreeLocator.Use.TABLE_INTERIOR
                            || use.use() == BtreeLocator.Use.INDEX_INTERIOR);
            if (above || leaves.contains(use.page())) {
                telling.add(locator.headOf(use.page()));
                if (above && use.use() == BtreeLocator.Use.TABLE_INTERIOR) {
                    telling.add(new Extent(use.page(), 0, pageSize()));
                }
            } else if (use.use() == BtreeLocator.Use.FREE_TRUNK) {
                telling.add(new Extent(use.page(), 0, 8));
            }
        }
        return telling;
    }

    private static boolean isNumber(String key) {
        return key.matches("-?\\d+");
    }

    /** Whether a table once had a row with this key of which this one has most values. */
    boolean wasOnceNearly(String table, String key, String row) {
        return history.getOrDefault(table, Set.of()).stream()
                .filter(old -> old.startsWith(key + "="))
                .anyMatch(old -> shareMost(old.substring(key.length() + 1), row));
    }

    /** Whether two rows have at least half of their values in common. */
    static boolean shareMost(String one, String other) {
        String[] left = one.split("\\|", -1);
        String[] right = other.split("\\|", -1);
        int differences = 0;
        for (int i = 0; i < left.length && left.length == right.length; i++) {
            differences += left[i].equals(right[i]) ? 0 : 1;
        }
        return left.length == right.length && differences <= Math.max(1, left.length / 2);
    }

    /** Where the rows of a table lie, by key; empty for virtual tables, which have none of their own. */
    Map<String, List<Extent>> extents(String table) {
        Map<String, List<Extent>> byKey = new LinkedHashMap<>();
        List<List<Extent>> places = extents.get(table);
        TableRows rows = truth.get(table);
        if (places != null && rows != null) {
            int i = 0;
            for (String key : rows.rows().keySet()) {
                byKey.put(key, places.get(i++));
            }
        }
        return byKey;
    }

    /** Whether bytes that lie at a place are those of the current state. */
    boolean matches(byte[] file, int pageStart, Extent extent) {
        int from = (extent.page() - 1) * pageSize() + extent.offset();
        int at = pageStart + extent.offset();
        return at >= 0
                && at + extent.length() <= file.length
                && Arrays.equals(current, from, from + extent.length(), file, at, at + extent.length());
    }

    /** Where the newest copy of a page is that has its current content. */
    Place place(int page) {
        List<Place> places = copies.of(page);
        int from = page == 1 ? 100 : 0;
        Extent whole = new Extent(page, from, usable() - from);
        for (int i = places.size() - 1; i >= 0; i--) {
            Place place = places.get(i);
            if (matches(files.get(place.part()), place.offset(), whole)) {
                return place;
            }
        }
        return new Place(Part.MAIN, (page - 1) * pageSize());
    }
}
