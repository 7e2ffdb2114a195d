package org.healingsqlite.salvage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.schema.FullTextGaps;
import org.healingsqlite.schema.NamesUsed;
import org.healingsqlite.schema.PragmaStatement;
import org.healingsqlite.schema.VirtualModule;
import org.jspecify.annotations.Nullable;

/**
 * Checks virtual tables over the shadow tables that were brought back, and builds their structure anew where it is damaged: full-text indexes from
 * the content, R-trees from the entries on their leaves.
 *
 * <p>Source: SQLite FTS5 §6.2, §6.5 (integrity-check, rebuild); SQLite R-tree §6 (rtreecheck) and its shadow tables §5.1.
 */
final class VirtualTables {

    private static final int NODE_HEADER = 4;
    private static final int SMALLEST_NODE = 512 - 64;
    private static final int FTS5_VERSION = 4;
    private static final int FTS5_VERSION_OF_SECURE_DELETE = 5;

    /** A cookie of four bytes, and no level, no segment and nothing written: one byte each. */
    private static final int EMPTY_STRUCTURE = 7;

    private static final int ROOT = 1;

    /** SQLite takes no deeper tree. */
    private static final int DEEPEST = 40;

    private static final long FARTHEST_TELLING = Long.MAX_VALUE / 8;

    private final Connection connection;
    private final LostAndFound lostAndFound;
    private final SalvageReport.Builder report;
    private final Predicate<String> isWhole;

    /**
     * For one new database.
     *
     * @param lostAndFound takes what belongs to no entry any more
     * @param isWhole whether the tables that a virtual table keeps were read whole
     */
    VirtualTables(
            Connection connection, LostAndFound lostAndFound, SalvageReport.Builder report, Predicate<String> isWhole) {
        this.isWhole = isWhole;
        this.connection = connection;
        this.lostAndFound = lostAndFound;
        this.report = report;
    }

    /** Makes a table consistent; the reason if that cannot be done. */
    Optional<String> repair(SchemaObject table) throws IOException {
        try {
            VirtualModule module = VirtualModule.of(String.valueOf(table.sql()));
            if (module.isFullText() && lacksItsContent(table)) {
                report.fact(
                        "full-text table " + table.name()
                                + " is as its own tables have it, and was not checked: what it indexes is no table that is there");
                return Optional.empty();
            }
            return switch (module) {
                case RTREE -> repairRtree(table, false);
                case RTREE_OF_INTEGERS -> repairRtree(table, true);
                case FULL_TEXT_4 -> repairFullText(table.name());
                case FULL_TEXT_5 -> {
                    restoreVersion(table.name());
                    Optional<String> unsound = repairFullText(table.name());
                    yield unsound.isPresent() ? buildFromNothing(table.name(), unsound.get()) : unsound;
                }
                // A module that is not known here keeps what it likes in its tables.
                case OTHER -> Optional.empty();
            };
        } catch (SQLException e) {
            return Optional.of(Disclosure.message(e));
        }
    }

    /** A table with a tokenizer of the application's stays as its own tables have it. */
    private void leaveToApplication(String table, String reason) {
        report.fact("full-text table " + table + " is as its own tables have it, and was not checked: " + reason);
        if (!isWhole.test(table)) {
            report.forApplication("INSERT INTO " + RowInserter.quoted(table) + '(' + RowInserter.quoted(table)
                    + ") VALUES ('rebuild')");
        }
    }

    private Optional<String> repairFullText(String table) throws SQLException {
        Optional<String> problem = unsound(table);
        if (problem.isEmpty()) {
            return Optional.empty();
        }
        if (NamesUsed.isUnknownModule(problem.get())) {
            leaveToApplication(table, problem.get());
            return Optional.empty();
        }
        tellOfLostTexts(table);
        return build(table);
    }

    /** Whether the table is not there from which a full-text table has its texts, as after a DROP TABLE, or is a view, which comes later: what it says of itself then means nothing. */
    private boolean lacksItsContent(SchemaObject table) throws SQLException {
        String content = VirtualModule.option(String.valueOf(table.sql()), "content");
        return content != null && !content.isEmpty() && !isThere(content);
    }

    private Optional<String> build(String table) throws SQLException {
        Optional<String> failed = command(table, "rebuild");
        return failed.isPresent() ? failed : unsound(table);
    }

    /** Before SQLite 3.44 the module opens no table whose index has no structure, not even to build it anew. What does not help is undone. */
    private Optional<String> buildFromNothing(String table, String problem) throws SQLException {
        execute("SAVEPOINT emptied");
        boolean helped = emptyIndex(table) && build(table).isEmpty();
        if (!helped) {
            execute("ROLLBACK TO emptied");
        }
        execute("RELEASE emptied");
        return helped ? Optional.empty() : Optional.of(problem);
    }

    /** What is built anew forgets the texts of which only the old index knew. */
    private void tellOfLostTexts(String table) throws SQLException {
        String content = RowInserter.quoted(table + "_content");
        String sizes = RowInserter.quoted(table + "_docsize");
        String key = columns(table + "_docsize").contains("docid") ? "docid" : "id";
        long both = number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('"
                + (table + "_content").replace("'", "''") + "', '" + (table + "_docsize").replace("'", "''") + "')");
        long lost = both < 2
                ? 0
                : number("SELECT count(*) FROM main." + sizes + " WHERE " + key + " NOT IN (SELECT " + key
                        + " FROM main." + content + ")");
        if (lost > 0) {
            report.damage(lost + " texts of the full-text table " + table + " are lost: only its index knew of them");
        }
    }

    /** What the module says of the table, or else what SQLite finds when it checks it with the rest. */
    private Optional<String> unsound(String table) throws SQLException {
        Optional<String> said = command(table, "integrity-check");
        if (said.isPresent()) {
            return said;
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA integrity_check(" + RowInserter.quoted(table) + ")")) {
            String found = row.next() ? row.getString(1) : "ok";
            if (!found.equals("ok")) {
                return Optional.of(found);
            }
        }
        return FullTextGaps.in(connection, table)
                ? Optional.of("its index does not lead to all that is in it")
                : Optional.empty();
    }

    /** FTS5 opens no table whose format version is lost, or is none that it knows, not even to rebuild it. */
    private void restoreVersion(String table) throws SQLException {
        String config = "main." + RowInserter.quoted(table + "_config");
        if (isThere(table + "_config")
                && number("SELECT count(*) FROM " + config + " WHERE k = 'version' AND v IN (" + FTS5_VERSION + ","
                                + FTS5_VERSION_OF_SECURE_DELETE + ")")
                        == 0) {
            execute("REPLACE INTO " + config + "(k, v) VALUES('version', " + FTS5_VERSION + ")");
        }
    }

    /**
     * Makes the index of a full-text table an empty one, as it is when the table is created, where it can be built from the table's own content.
     *
     * <p>Source: SQLite FTS5 §8.2 (%_data: the averages have the id 1, the structure has 10).
     */
    private boolean emptyIndex(String table) throws SQLException {
        if (!isThere(table + "_content") || !isThere(table + "_data") || !isThere(table + "_idx")) {
            return false;
        }
        String data = "main." + RowInserter.quoted(table + "_data");
        execute("DELETE FROM main." + RowInserter.quoted(table + "_idx"));
        execute("DELETE FROM " + data);
        execute("INSERT INTO " + data + " VALUES (1, x''), (10, zeroblob(" + EMPTY_STRUCTURE + "))");
        return true;
    }

    private boolean isThere(String table) throws SQLException {
        return number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '" + table.replace("'", "''")
                        + "' COLLATE NOCASE")
                > 0;
    }

    private Optional<String> command(String table, String command) {
        String name = RowInserter.quoted(table);
        try (Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO " + name + "(" + name + ") VALUES('" + command + "')");
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(Disclosure.message(e));
        }
    }

    private Optional<String> repairRtree(SchemaObject object, boolean integers) throws SQLException, IOException {
        String table = object.name();
        if (hasRoot(table) && isSound(table)) {
            return Optional.empty();
        }
        if (!hasRoot(table)) {
            // Without a root of the right size the module does not even tell its columns.
            plantRoot(table, nodeSize(table));
        }
        List<String> columns = columns(table);
        List<String> auxiliary = auxiliaryColumns(table);
        int coordinates = columns.size() - 1 - auxiliary.size();
        // What the rowid table keeps beside the boxes goes from table to table within SQLite, so that every byte of it
        // stays.
        StringBuilder beside = new StringBuilder("rowid INTEGER PRIMARY KEY, nodeno");
        auxiliary.forEach(column -> beside.append(',').append(RowInserter.quoted(column)));
        execute("CREATE TEMP TABLE kept(" + beside + ")");
        try {
            execute("INSERT INTO temp.kept SELECT * FROM main." + RowInserter.quoted(table + "_rowid"));
            execute("CREATE TEMP TABLE entry(id INTEGER PRIMARY KEY" + names(",c", coordinates) + ")");
            readEntries(table, coordinates, integers);
            clear(table);
            StringJoiner targets = new StringJoiner(",", "(", ")");
            columns.forEach(column -> targets.add(RowInserter.quoted(column)));
            StringBuilder values = new StringBuilder("e.id").append(names(",e.c", coordinates));
            auxiliary.forEach(column -> values.append(",k.").append(RowInserter.quoted(column)));
            execute("INSERT OR IGNORE INTO main." + RowInserter.quoted(table) + targets + " SELECT " + values
                    + " FROM temp.entry AS e LEFT JOIN temp.kept AS k ON k.rowid = e.id ORDER BY e.id");
            tellOfBeside(object, auxiliary);
        } finally {
            execute("DROP TABLE IF EXISTS temp.entry");
            execute("DROP TABLE temp.kept");
        }
        return isSound(table) ? Optional.empty() : Optional.of("the R-tree cannot be rebuilt");
    }

    /** Numbered names, each behind the same text. */
    private static String names(String beginning, int count) {
        return IntStream.range(0, count).mapToObj(i -> beginning + i).collect(Collectors.joining());
    }

    /** Tells of rows of which only one half is left: those without a box are kept apart, those with a box came back without the rest. */
    private void tellOfBeside(SchemaObject table, List<String> auxiliary) throws SQLException, IOException {
        String there = "SELECT rowid FROM main." + RowInserter.quoted(table.name() + "_rowid");
        StringBuilder beside = new StringBuilder("SELECT rowid");
        for (String column : auxiliary) {
            String name = RowInserter.quoted(column);
            beside.append(",typeof(")
                    .append(name)
                    .append("),iif(typeof(")
                    .append(name)
                    .append(") = 'text', CAST(");
            beside.append(name).append(" AS BLOB),").append(name).append(')');
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        beside + " FROM temp.kept WHERE rowid NOT IN (" + there + ") ORDER BY rowid")) {
            while (rows.next()) {
                @Nullable Object[] values = new @Nullable Object[auxiliary.size()];
                boolean[] text = new boolean[values.length];
                for (int i = 0; i < values.length; i++) {
                    text[i] = "text".equals(rows.getString(2 + 2 * i));
                    values[i] = text[i] ? rows.getBytes(3 + 2 * i) : rows.getObject(3 + 2 * i);
                }
                lostAndFound.keep(table.name(), "its box is lost", 0, 0, rows.getLong(1), values, text);
            }
        }
        long bare = auxiliary.isEmpty()
                ? 0
                : number("SELECT count(*) FROM (" + there + " EXCEPT SELECT rowid FROM temp.kept)");
        if (bare > 0) {
            report.unknown(bare + " entries of the R-tree " + table.name()
                    + " came back without the values of their auxiliary columns");
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private boolean isSound(String table) {
        try (PreparedStatement check = connection.prepareStatement("SELECT rtreecheck(?)")) {
            check.setString(1, table);
            try (ResultSet row = check.executeQuery()) {
                return row.next() && "ok".equals(row.getString(1));
            }
        } catch (SQLException e) {
            // A tree that cannot even be checked is not sound.
            return false;
        }
    }

    private List<String> columns(String table) throws SQLException {
        List<String> columns = new ArrayList<>();
        try (Statement query = connection.createStatement();
                ResultSet rows = query.executeQuery(PragmaStatement.of("table_info", table))) {
            while (rows.next()) {
                columns.add(rows.getString("name"));
            }
        }
        return columns;
    }

    private List<String> auxiliaryColumns(String table) throws SQLException {
        List<String> columns = columns(table + "_rowid");
        return columns.subList(Math.min(2, columns.size()), columns.size());
    }

    /** Reads the entries of the leaves: of those nodes that the rowid table names, and of those that the root leads to. */
    private void readEntries(String table, int coordinates, boolean integers) throws SQLException {
        String rowids = "main." + RowInserter.quoted(table + "_rowid");
        int entrySize = 8 + 4 * coordinates;
        long reach = reach(rowids);
        try (PreparedStatement one = connection.prepareStatement(
                        "SELECT data FROM main." + RowInserter.quoted(table + "_node") + " WHERE nodeno = ?");
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT OR IGNORE INTO temp.entry VALUES(?" + ",?".repeat(coordinates) + ")");
                PreparedStatement beside =
                        connection.prepareStatement("SELECT nodeno FROM temp.kept WHERE rowid = ?")) {
            for (long number : leaves(rowids, one, entrySize)) {
                ByteBuffer node = node(one, number);
                int count = count(node, entrySize);
                for (int i = 0; i < count; i++) {
                    int at = NODE_HEADER + i * entrySize;
                    long id = node.getLong(at);
                    beside.setLong(1, id);
                    boolean known;
                    try (ResultSet row = beside.executeQuery()) {
                        // Noise in a damaged node is an entry as well: with a number that no other is near.
                        known = row.next() ? row.getLong(1) == number : id >= -reach && id <= reach;
                    }
                    if (known && isBox(node, at + 8, coordinates, integers)) {
                        insert.setLong(1, id);
                        for (int c = 0; c < coordinates; c++) {
                            int place = at + 8 + 4 * c;
                            if (integers) {
                                insert.setInt(2 + c, node.getInt(place));
                            } else {
                                insert.setDouble(2 + c, node.getFloat(place));
                            }
                        }
                        insert.executeUpdate();
                    }
                }
            }
        }
    }

    /** The numbers of the nodes that are leaves. */
    private Set<Long> leaves(String rowids, PreparedStatement nodes, int entrySize) throws SQLException {
        Set<Long> leaves = new LinkedHashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT DISTINCT nodeno FROM " + rowids + " ORDER BY nodeno")) {
            while (rows.next()) {
                leaves.add(rows.getLong(1));
            }
        }
        ByteBuffer root = node(nodes, ROOT);
        int depth = root.limit() < NODE_HEADER ? DEEPEST + 1 : root.getShort(0) & 0xffff;
        if (depth > DEEPEST) {
            return leaves;
        }
        Set<Long> level = Set.of((long) ROOT);
        for (int above = depth; above > 0; above--) {
            Set<Long> below = new LinkedHashSet<>();
            for (long number : level) {
                ByteBuffer node = node(nodes, number);
                for (int i = 0; i < count(node, entrySize); i++) {
                    below.add(node.getLong(NODE_HEADER + i * entrySize));
                }
            }
            level = below;
        }
        leaves.addAll(level);
        return leaves;
    }

    /** A node; empty if there is none of that number. */
    private static ByteBuffer node(PreparedStatement nodes, long number) throws SQLException {
        nodes.setLong(1, number);
        try (ResultSet row = nodes.executeQuery()) {
            byte[] data = row.next() ? row.getBytes(1) : null;
            return ByteBuffer.wrap(data == null ? new byte[0] : data);
        }
    }

    /** How many entries a node says that it has, as far as there is room for them. */
    private static int count(ByteBuffer node, int entrySize) {
        return node.limit() < NODE_HEADER
                ? 0
                : Math.min(node.getShort(2) & 0xffff, (node.limit() - NODE_HEADER) / entrySize);
    }

    /** How far from zero the number of an entry can be: those that the rowid table has lost are not much farther than those that it has. */
    private long reach(String rowids) throws SQLException {
        long farthest = number("SELECT max(abs(max(rowid, -" + Long.MAX_VALUE + "))) FROM " + rowids);
        return farthest > FARTHEST_TELLING ? Long.MAX_VALUE : farthest * 4 + 1000;
    }

    /** Whether each lower bound of an entry lies below its upper one. */
    private static boolean isBox(ByteBuffer node, int at, int coordinates, boolean integers) {
        for (int i = 0; i + 1 < coordinates; i += 2) {
            int low = at + 4 * i;
            int high = low + 4;
            boolean ascends =
                    integers ? node.getInt(low) <= node.getInt(high) : node.getFloat(low) <= node.getFloat(high);
            if (!ascends) {
                return false;
            }
        }
        return true;
    }

    /** Leaves an empty root of the size that nodes have. */
    private void clear(String table) throws SQLException {
        long size = nodeSize(table);
        try (Statement statement = connection.createStatement()) {
            for (String part : List.of("_node", "_rowid", "_parent")) {
                statement.executeUpdate("DELETE FROM " + RowInserter.quoted(table + part));
            }
        }
        plantRoot(table, size);
    }

    private boolean hasRoot(String table) throws SQLException {
        return number("SELECT count(*) FROM " + RowInserter.quoted(table + "_node") + " WHERE nodeno=1") > 0;
    }

    private long nodeSize(String table) throws SQLException {
        return Math.max(SMALLEST_NODE, number("SELECT max(length(data)) FROM " + RowInserter.quoted(table + "_node")));
    }

    private void plantRoot(String table, long size) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("INSERT INTO " + RowInserter.quoted(table + "_node")
                    + "(nodeno, data) VALUES(1, zeroblob(" + size + "))");
        }
    }

    private long number(String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.next() ? row.getLong(1) : 0;
        }
    }
}
