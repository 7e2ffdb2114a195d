package org.healingsqlite.cli.suggest;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.healingsqlite.schema.PragmaStatement;

/**
 * A table that rows may go to.
 *
 * @param unique columns of which each alone tells one row from another
 * @param keyed whether any columns beside a number of SQLite's own do
 */
record SchemaTable(String name, List<Column> columns, Set<String> unique, boolean keyed) {
    /**
     * A column of it.
     *
     * @param needed whether a row must have a value for it, and neither the schema nor SQLite gives one
     * @param numbered whether SQLite numbers it
     * @param table the table that its values lead to; empty where they lead to none
     * @param referenced the column there
     * @param domain {@code table.column} whose values it has: by a foreign key, or by its name; empty where neither says
     */
    record Column(
            String name,
            String type,
            boolean notNull,
            boolean needed,
            boolean numbered,
            String table,
            String referenced,
            String domain) {

        /** Whether it has times, as far as its type and name tell. */
        boolean time() {
            String upper = type.toUpperCase(Locale.ROOT);
            return upper.contains("DATE") || upper.contains("TIME") || name.matches("(?i).*_(at|on|time|date)");
        }

        /** Whether it says yes or no. */
        boolean truth() {
            return type.toUpperCase(Locale.ROOT).contains("BOOL");
        }

        /** Whether an import takes nothing but numbers for it, and reads a time as such. */
        boolean number() {
            String upper = type.toUpperCase(Locale.ROOT);
            return upper.contains("INT")
                    || upper.contains("REAL")
                    || upper.contains("FLOA")
                    || upper.contains("DOUB")
                    || truth();
        }
    }

    /** All tables of a database that are neither SQLite's own nor virtual. */
    static Map<String, SchemaTable> readAll(Connection database) throws SQLException {
        Map<String, SchemaTable> tables = new LinkedHashMap<>();
        List<String> names = new ArrayList<>();
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT name FROM main.sqlite_schema WHERE type = 'table'"
                                + " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY rowid")) {
            while (row.next()) {
                names.add(row.getString(1));
            }
        }
        for (String name : names) {
            tables.put(name, read(database, name));
        }
        tables.replaceAll((name, table) -> table.withDomains(tables));
        return tables;
    }

    /** A column that is called after another table has its keys, though no foreign key says so. */
    private SchemaTable withDomains(Map<String, SchemaTable> tables) {
        List<Column> with = new ArrayList<>();
        for (Column column : columns) {
            String domain = column.domain();
            for (SchemaTable other : tables.values()) {
                boolean after = !other.name().equals(name)
                        && Words.of(column.name()).containsAll(Words.of(other.name()))
                        && other.unique().size() == 1;
                if (domain.isEmpty() && after) {
                    domain = other.name() + "." + other.unique().iterator().next();
                }
            }
            with.add(new Column(
                    column.name(),
                    column.type(),
                    column.notNull(),
                    column.needed(),
                    column.numbered(),
                    column.table(),
                    column.referenced(),
                    domain));
        }
        return new SchemaTable(name, List.copyOf(with), unique, keyed);
    }

    private static SchemaTable read(Connection database, String table) throws SQLException {
        Map<String, List<String>> references = new LinkedHashMap<>();
        List<Column> columns = new ArrayList<>();
        Set<String> unique = new LinkedHashSet<>();
        boolean keyed = false;
        try (Statement statement = database.createStatement()) {
            try (ResultSet row = statement.executeQuery(PragmaStatement.of("foreign_key_list", table))) {
                while (row.next()) {
                    String to = row.getString("to");
                    references.put(row.getString("from"), List.of(row.getString("table"), to == null ? "" : to));
                }
            }
            List<String> indexes = new ArrayList<>();
            try (ResultSet row = statement.executeQuery(PragmaStatement.of("index_list", table))) {
                while (row.next()) {
                    if (row.getBoolean("unique") && !row.getBoolean("partial")) {
                        indexes.add(row.getString("name"));
                    }
                }
            }
            keyed = !indexes.isEmpty();
            for (String index : indexes) {
                List<String> of = new ArrayList<>();
                try (ResultSet row = statement.executeQuery(PragmaStatement.of("index_info", index))) {
                    while (row.next()) {
                        of.add(String.valueOf(row.getString("name")));
                    }
                }
                if (of.size() == 1) {
                    unique.add(of.get(0));
                }
            }
            try (ResultSet row = statement.executeQuery(PragmaStatement.of("table_info", table))) {
                while (row.next()) {
                    String name = row.getString("name");
                    String type = Optional.ofNullable(row.getString("type")).orElse("");
                    boolean numbered =
                            row.getInt("pk") == 1 && type.equalsIgnoreCase("INTEGER") && !unique.contains(name);
                    List<String> leadsTo = references.getOrDefault(name, List.of("", ""));
                    boolean notNull = row.getBoolean("notnull") || row.getInt("pk") > 0;
                    if (numbered) {
                        unique.add(name);
                    }
                    columns.add(new Column(
                            name,
                            type,
                            notNull,
                            notNull && row.getString("dflt_value") == null && !numbered,
                            numbered,
                            leadsTo.get(0),
                            leadsTo.get(1),
                            leadsTo.get(0).isEmpty() ? "" : leadsTo.get(0) + "." + leadsTo.get(1)));
                }
            }
        }
        return new SchemaTable(table, List.copyOf(columns), unique, keyed);
    }

    /** The column of a name. */
    Optional<Column> column(String wanted) {
        return columns.stream().filter(column -> column.name().equals(wanted)).findFirst();
    }

    /** The column by which people call its rows: the only unique one that is no number. */
    Optional<String> calledBy() {
        List<String> texts = columns.stream()
                .filter(column -> !column.number() && unique.contains(column.name()))
                .map(Column::name)
                .toList();
        return texts.size() == 1 ? Optional.of(texts.get(0)) : Optional.empty();
    }
}
