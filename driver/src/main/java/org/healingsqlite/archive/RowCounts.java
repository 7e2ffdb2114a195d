package org.healingsqlite.archive;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.healingsqlite.archive.ImportReport.Fate;

/** Counts what the parsers give, and what became of it; then counts the database. For one import; not shared by threads. */
final class RowCounts {
    private final Connection database;
    private final Map<String, Table> tables = new LinkedHashMap<>();

    private static final class Table {
        private final String name;
        private final long before;
        private final Map<Fate, Long> fates = new EnumMap<>(Fate.class);
        private long archived;
        private long unusable;
        private long mentioned;

        Table(String name, long before) {
            this.name = name;
            this.before = before;
        }

        private long fate(Fate fate) {
            return fates.getOrDefault(fate, 0L);
        }

        RowCount with(long after) {
            return new RowCount(
                    archived,
                    before,
                    fate(Fate.DUPLICATE),
                    fate(Fate.KEPT) + fate(Fate.REPLACED),
                    fate(Fate.COMPLETED),
                    fate(Fate.REFUSED),
                    unusable,
                    mentioned,
                    after);
        }
    }

    RowCounts(Connection database) {
        this.database = database;
    }

    /** Counts a table before its first row comes. */
    void begin(String table) throws SQLException {
        tables.put(table.toLowerCase(Locale.ROOT), new Table(table, count(table)));
    }

    private Table table(String name) {
        Table table = tables.get(name.toLowerCase(Locale.ROOT));
        if (table == null) {
            throw new IllegalStateException("not counted before its first row: " + name);
        }
        return table;
    }

    /** A parser has given a row. */
    void archived(String table) {
        table(table).archived++;
    }

    /** The row that the parser gave last cannot be used. */
    void unusable(String table) {
        table(table).unusable++;
    }

    /** What became of the row that the parser gave last. */
    void became(String table, Fate fate) {
        table(table).fates.merge(fate, 1L, Long::sum);
    }

    /** A row that no file has, and others refer to. */
    void mentioned(String table) {
        table(table).mentioned++;
    }

    private long count(String table) throws SQLException {
        return Sql.number(database, "SELECT count(*) FROM main." + Sql.name(table));
    }

    /** Counts the database; by the schema's name of the table. */
    Map<String, RowCount> compared() throws SQLException {
        Map<String, RowCount> counts = new LinkedHashMap<>();
        for (Table table : tables.values()) {
            counts.put(table.name, table.with(count(table.name)));
        }
        return counts;
    }
}
