package org.healingsqlite.repair;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.schema.PragmaStatement;
import org.healingsqlite.schema.SqlLexer;
import org.healingsqlite.schema.VirtualModule;

/**
 * Asks an index before it is built anew: what it knows of rows that its table has not, or has otherwise, would be gone with it. Of a damaged index as much is asked
 * as can be read from either end. Stateless.
 */
final class IndexWitness {
    private IndexWitness() {}

    /**
     * Whether an index has entries that no row of its table has given it.
     *
     * @throws SQLException where the question cannot be asked for another reason than damage
     */
    static boolean knowsMore(Connection connection, String index) throws SQLException {
        Entries entries = Entries.of(connection, index);
        for (String order : List.of("", " DESC")) {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(entries.withoutRow(order))) {
                if (row.next()) {
                    return true;
                }
            } catch (SQLException e) {
                if (!(Fault.of(e) instanceof Fault.Corruption)) {
                    throw e;
                }
                if (entries.needsRows()) {
                    // Whether a page or a row is missing cannot be told apart.
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether a full-text index has texts that its own table of contents has lost. */
    static boolean knowsMoreTexts(Connection connection, String table) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("SELECT name, sql FROM main.sqlite_schema"
                + " WHERE type = 'table' AND name IN (?1, ?1 || '_content', ?1 || '_docsize')")) {
            query.setString(1, table);
            VirtualModule module = VirtualModule.OTHER;
            int parts = 0;
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    VirtualModule found = VirtualModule.of(String.valueOf(rows.getString(2)));
                    module = found == VirtualModule.OTHER ? module : found;
                    parts++;
                }
            }
            if (parts < 3 || !module.isFullText()) {
                return false;
            }
            String content = quoted(table + "_content");
            String sizes = quoted(table + "_docsize");
            String key = module == VirtualModule.FULL_TEXT_5 ? "id" : "docid";
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT 1 FROM main." + sizes + " WHERE " + key
                            + " NOT IN (SELECT " + key + " FROM main." + content + ") LIMIT 1")) {
                return row.next();
            }
        }
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /**
     * How to ask for the entries of an index.
     *
     * @param condition of a partial index; empty where there is none
     * @param key what a row is known by: its rowid, or its key
     * @param values the columns that are in the index as they are
     */
    private record Entries(
            String table, String index, String condition, List<String> key, List<String> values, boolean computed) {

        /** Whether reading the entries takes the rows too. */
        boolean needsRows() {
            return computed || !condition.isEmpty();
        }

        String withoutRow(String order) {
            List<String> named = new ArrayList<>();
            List<String> same = new ArrayList<>();
            for (String column : key) {
                named.add(column + " AS k" + named.size());
                same.add("x." + column + " IS e.k" + same.size());
            }
            for (String column : values) {
                named.add(column + " AS k" + named.size());
                same.add("x." + column + " IS e.k" + same.size());
            }
            String ordered = values.isEmpty() ? "" : " ORDER BY " + values.get(0) + order;
            return "SELECT 1 FROM (SELECT " + String.join(", ", named) + " FROM main." + table + " INDEXED BY " + index
                    + (condition.isEmpty() ? "" : " WHERE " + condition) + (needsRows() ? "" : ordered) + " LIMIT -1"
                    + ") AS e WHERE NOT EXISTS (SELECT 1 FROM main." + table + " AS x NOT INDEXED WHERE "
                    + String.join(" AND ", same) + ") LIMIT 1";
        }

        static Entries of(Connection connection, String index) throws SQLException {
            String table;
            String sql;
            try (PreparedStatement query = connection.prepareStatement(
                    "SELECT tbl_name, sql FROM main.sqlite_schema WHERE type = 'index' AND name = ?")) {
                query.setString(1, index);
                try (ResultSet row = query.executeQuery()) {
                    if (!row.next()) {
                        throw new SQLException("there is no index " + index);
                    }
                    table = row.getString(1);
                    sql = row.getString(2);
                }
            }
            List<String> values = new ArrayList<>();
            boolean computed = false;
            try (Statement query = connection.createStatement();
                    ResultSet rows = query.executeQuery(PragmaStatement.of("index_info", index))) {
                while (rows.next()) {
                    if (rows.getInt("cid") >= 0) {
                        values.add(quoted(rows.getString("name")));
                    } else {
                        computed |= rows.getInt("cid") == -2;
                    }
                }
            }
            return new Entries(
                    quoted(table),
                    quoted(index),
                    sql == null ? "" : condition(sql).orElse(""),
                    key(connection, table),
                    values,
                    computed);
        }

        private static List<String> key(Connection connection, String table) throws SQLException {
            List<String> names = new ArrayList<>();
            SortedMap<Integer, String> primaryKey = new TreeMap<>();
            boolean withoutRowid;
            try (Statement query = connection.createStatement()) {
                try (ResultSet rows = query.executeQuery(PragmaStatement.of("table_list", table))) {
                    withoutRowid = rows.next() && rows.getBoolean("wr");
                }
                try (ResultSet rows = query.executeQuery(PragmaStatement.of("table_xinfo", table))) {
                    while (rows.next()) {
                        names.add(rows.getString("name"));
                        if (rows.getInt("pk") > 0) {
                            primaryKey.put(rows.getInt("pk"), quoted(rows.getString("name")));
                        }
                    }
                }
            }
            List<String> key = new ArrayList<>(withoutRowid ? primaryKey.values() : List.of());
            for (String rowid : List.of("rowid", "_rowid_", "oid")) {
                if (key.isEmpty() && names.stream().noneMatch(rowid::equalsIgnoreCase)) {
                    key.add(rowid);
                }
            }
            return key;
        }

        /** What follows WHERE in the statement of a partial index. */
        private static Optional<String> condition(String sql) {
            SqlLexer lexer = new SqlLexer(sql, 0);
            int depth = 0;
            while (lexer.next() != SqlLexer.Kind.END) {
                depth += lexer.is('(') ? 1 : lexer.is(')') ? -1 : 0;
                if (depth == 0 && lexer.is("WHERE")) {
                    return Optional.of(sql.substring(lexer.end()));
                }
            }
            return Optional.empty();
        }
    }
}
