package org.healingsqlite.diagnosis;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.schema.NamesUsed;
import org.healingsqlite.schema.PragmaStatement;
import org.healingsqlite.sqlite.Sqlite;
import org.healingsqlite.sqlite.StandIns;

/**
 * The indexes whose order or values only the application knows, and the tables without rowids whose key is one: what SQLite's check says of their order, or of rows
 * that it cannot find in them, was said by a stand-in and means nothing. What it says of their pages, and of how many entries they have, holds. Immutable.
 *
 * <p>Source of the messages: SQLite's PRAGMA integrity_check.
 */
final class UnknownOrder {

    /** Everything is known. */
    static final UnknownOrder NOTHING = new UnknownOrder(Set.of(), Set.of(), Set.of());

    private static final Pattern OF_ORDER = Pattern.compile(
            "row \\d+ missing from index (.+)|row \\d+ values differ from index (.+)|rowid not at end-of-record for row \\d+ of index (.+)|non-unique entry in index (.+)");

    private static final Pattern OF_COUNT = Pattern.compile("wrong # of entries in index (.+)");

    private static final Pattern OF_KEY = Pattern.compile("row not in PRIMARY KEY order for (.+)");

    private final Set<String> indexes;
    private final Set<String> partial;
    private final Set<String> tables;

    private UnknownOrder(Set<String> indexes, Set<String> partial, Set<String> tables) {
        this.indexes = indexes;
        this.partial = partial;
        this.tables = tables;
    }

    /** One row of the schema. */
    private record Row(String type, String name, String table, String sql) {}

    /** Of a connection of ours; everything is known where nothing stands in for anything. */
    static UnknownOrder of(Connection connection) throws SQLException {
        Set<String> unknown = Sqlite.standIns(connection).map(StandIns::names).orElse(Set.of());
        if (unknown.isEmpty()) {
            return NOTHING;
        }
        List<Row> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT type, name, tbl_name, ifnull(sql, '') FROM main.sqlite_schema WHERE type IN ('table', 'index')")) {
            while (row.next()) {
                rows.add(new Row(row.getString(1), row.getString(2), row.getString(3), row.getString(4)));
            }
        }
        Set<String> tables = new HashSet<>();
        rows.stream()
                .filter(row -> row.type().equals("table") && names(row.sql(), unknown))
                .forEach(row -> tables.add(key(row.name())));
        Set<String> indexes = new HashSet<>();
        Set<String> partial = new HashSet<>();
        for (Row row : rows) {
            boolean own = names(row.sql(), unknown);
            if (row.type().equals("index")
                    && (own || tables.contains(key(row.table())) && dependsOnTable(connection, row, unknown))) {
                indexes.add(key(row.name()));
                if (row.sql().toUpperCase(Locale.ROOT).contains("WHERE")) {
                    partial.add(key(row.name()));
                }
            }
        }
        return new UnknownOrder(indexes, partial, tables);
    }

    private static boolean names(String sql, Set<String> unknown) {
        NamesUsed used = NamesUsed.in(sql);
        return unknown.stream()
                .anyMatch(name ->
                        used.collations().contains(name) || used.functions().containsKey(name));
    }

    /** By a column's collation, a generated column or a condition. */
    private static boolean dependsOnTable(Connection connection, Row index, Set<String> unknown) throws SQLException {
        Set<Integer> generated = new HashSet<>();
        try (Statement query = connection.createStatement();
                ResultSet column = query.executeQuery(PragmaStatement.of("table_xinfo", index.table()))) {
            while (column.next()) {
                // 2 and 3 are the two kinds of generated columns.
                if (column.getInt("hidden") > 1) {
                    generated.add(column.getInt("cid"));
                }
            }
        }
        try (Statement query = connection.createStatement();
                ResultSet column = query.executeQuery(PragmaStatement.of("index_xinfo", index.name()))) {
            while (column.next()) {
                int place = column.getInt("cid");
                if (place == -2
                        || generated.contains(place)
                        || unknown.contains(String.valueOf(column.getString("coll")))) {
                    return true;
                }
            }
        }
        return index.sql().toUpperCase(Locale.ROOT).contains("WHERE");
    }

    /** Whether what the check says is a stand-in's word. */
    boolean concerns(String message) {
        Optional<String> ofOrder = named(OF_ORDER, message);
        if (ofOrder.isPresent()) {
            return indexes.contains(key(ofOrder.get()));
        }
        Optional<String> ofCount = named(OF_COUNT, message);
        if (ofCount.isPresent()) {
            return partial.contains(key(ofCount.get()));
        }
        return named(OF_KEY, message)
                .filter(table -> tables.contains(key(table)))
                .isPresent();
    }

    private static Optional<String> named(Pattern pattern, String message) {
        Matcher matcher = pattern.matcher(message);
        if (matcher.matches()) {
            for (int group = 1; group <= matcher.groupCount(); group++) {
                if (matcher.group(group) != null) {
                    return Optional.of(matcher.group(group));
                }
            }
        }
        return Optional.empty();
    }

    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
