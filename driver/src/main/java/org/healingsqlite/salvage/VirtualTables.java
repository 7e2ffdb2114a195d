package org.healingsqlite.salvage;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;

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
    private static final long FARTHEST_TELLING = Long.MAX_VALUE / 8;

    private final Connection connection;

    VirtualTables(Connection connection) {
        this.connection = connection;
    }

    /** Makes a table consistent; the reason if that cannot be done. */
    Optional<String> repair(SchemaObject table) {
        String sql = String.valueOf(table.sql()).toLowerCase(Locale.ROOT);
        try {
            if (sql.contains("rtree")) {
                return repairRtree(table.name(), sql.contains("rtree_i32"));
            }
            if (sql.contains("fts")) {
                return repairFullText(table.name());
            }
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private Optional<String> repairFullText(String table) throws SQLException {
        restoreVersion(table);
        if (unsound(table).isEmpty()) {
            return Optional.empty();
        }
        Optional<String> failed = command(table, "rebuild");
        return failed.isPresent() ? failed : unsound(table);
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
            return found.equals("ok") ? Optional.empty() : Optional.of(found);
        }
    }

    /** FTS5 opens no table whose format version is lost, not even to rebuild it. */
    private void restoreVersion(String table) throws SQLException {
        String config = RowInserter.quoted(table + "_config");
        try (Statement statement = connection.createStatement()) {
            boolean isFts5;
            try (ResultSet row = statement.executeQuery("SELECT 1 FROM sqlite_schema WHERE name='"
                    + (table + "_config").replace("'", "''") + "' AND type='table'")) {
                isFts5 = row.next();
            }
            if (isFts5) {
                statement.executeUpdate("INSERT INTO " + config + " SELECT 'version', " + FTS5_VERSION
                        + " WHERE NOT EXISTS (SELECT 1 FROM " + config + " WHERE k='version')");
            }
        }
    }

    private Optional<String> command(String table, String command) {
        String name = RowInserter.quoted(table);
        try (Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO " + name + "(" + name + ") VALUES('" + command + "')");
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private Optional<String> repairRtree(String table, boolean integers) throws SQLException {
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
        List<Object[]> entries = entries(table, coordinates, integers, auxiliary);
        clear(table);
        StringJoiner places = new StringJoiner(",", "(", ")");
        columns.forEach(column -> places.add("?"));
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT OR IGNORE INTO " + RowInserter.quoted(table) + " VALUES" + places)) {
            for (Object[] entry : entries) {
                for (int i = 0; i < entry.length; i++) {
                    insert.setObject(i + 1, entry[i]);
                }
                insert.executeUpdate();
            }
        }
        return isSound(table) ? Optional.empty() : Optional.of("the R-tree cannot be rebuilt");
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
        try (PreparedStatement query = connection.prepareStatement("SELECT name FROM pragma_table_info(?)")) {
            query.setString(1, table);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    columns.add(rows.getString(1));
                }
            }
        }
        return columns;
    }

    private List<String> auxiliaryColumns(String table) throws SQLException {
        List<String> columns = columns(table + "_rowid");
        return columns.subList(Math.min(2, columns.size()), columns.size());
    }

    /** The entries of the leaves, with what the rowid table keeps beside them. */
    private List<Object[]> entries(String table, int coordinates, boolean integers, List<String> auxiliary)
            throws SQLException {
        List<Object[]> entries = new ArrayList<>();
        String rowids = RowInserter.quoted(table + "_rowid");
        StringBuilder extra = new StringBuilder("SELECT nodeno");
        auxiliary.forEach(column -> extra.append(',').append(RowInserter.quoted(column)));
        extra.append(" FROM ").append(rowids).append(" WHERE rowid=?");
        long reach = reach(rowids);
        try (Statement leaves = connection.createStatement();
                PreparedStatement beside = connection.prepareStatement(extra.toString());
                ResultSet nodes = leaves.executeQuery("SELECT data, nodeno FROM " + RowInserter.quoted(table + "_node")
                        + " WHERE nodeno IN (SELECT nodeno FROM " + rowids + ")")) {
            int entrySize = 8 + 4 * coordinates;
            while (nodes.next()) {
                ByteBuffer node = ByteBuffer.wrap(nodes.getBytes(1));
                int count = node.limit() < NODE_HEADER ? 0 : node.getShort(2) & 0xffff;
                for (int i = 0; i < count && NODE_HEADER + (i + 1) * entrySize <= node.limit(); i++) {
                    int at = NODE_HEADER + i * entrySize;
                    Object[] entry = new Object[1 + coordinates + auxiliary.size()];
                    boolean known = node.getLong(at) >= -reach && node.getLong(at) <= reach;
                    entry[0] = node.getLong(at);
                    for (int c = 0; c < coordinates; c++) {
                        int place = at + 8 + 4 * c;
                        entry[1 + c] = integers ? (Object) node.getInt(place) : (Object) (double) node.getFloat(place);
                    }
                    beside.setLong(1, node.getLong(at));
                    try (ResultSet row = beside.executeQuery()) {
                        if (row.next()) {
                            known = row.getLong(1) == nodes.getLong(2);
                            for (int a = 0; a < auxiliary.size(); a++) {
                                entry[1 + coordinates + a] = row.getObject(2 + a);
                            }
                        }
                    }
                    // Noise in a damaged node is an entry as well: with a number that no other is near.
                    if (known && isBox(node, at + 8, coordinates, integers)) {
                        entries.add(entry);
                    }
                }
            }
        }
        return entries;
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
