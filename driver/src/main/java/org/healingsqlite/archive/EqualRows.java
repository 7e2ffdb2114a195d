package org.healingsqlite.archive;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a table that had some before, where no key tells which is which: a row of the archive is one of them as often as there are equal ones, and a new one after that. Rows are
 * equal where all columns are of which the archive says something; what is generated, or left to a default, is not compared. Keeps nothing in memory per row. Owns its statements, an index of the
 * table for each set of columns, and a TEMP table that counts.
 */
final class EqualRows implements AutoCloseable {
    /** Each index is about as large as the table; rows with other sets of columns are looked up through the one that fits best, or without. */
    private static final int MOST_INDEXES = 8;

    private final Connection connection;
    private final TableForm form;
    private final String prefix;
    private final Map<Said, Counter> counters = new LinkedHashMap<>();

    /**
     * Of which columns the archive says something.
     *
     * @param raw those of them whose values are bytes that become text
     */
    private record Said(List<String> columns, BitSet raw) {}

    /** Equal rows that no row of the archive has accounted for yet, by their values in some columns. */
    private record Counter(
            String table,
            boolean indexed,
            PreparedStatement left,
            PreparedStatement there,
            PreparedStatement first,
            PreparedStatement next) {
        void close() throws SQLException {
            for (PreparedStatement statement : List.of(left, there, first, next)) {
                statement.close();
            }
        }
    }

    EqualRows(Connection connection, TableForm form, String suffix) {
        this.connection = connection;
        this.form = form;
        this.prefix = suffix + "_equal";
    }

    /** Whether a key tells the row from all others: one that the manifest names, or one of the schema's of which it has a value each. */
    boolean isIdentified(ArchiveRow row) {
        List<String> key = row.identity().key();
        if (!key.isEmpty() && row.columns().containsAll(key)) {
            return true;
        }
        for (List<String> unique : form.uniqueKeys()) {
            boolean whole = true;
            for (String column : unique) {
                int i = row.columns().indexOf(column);
                whole &= i >= 0 && row.said().get(i) != null;
            }
            if (whole) {
                return true;
            }
        }
        return false;
    }

    /** Whether the row is there already, as one that no other row of the archive has been; that one is accounted for now. */
    boolean takes(ArchiveRow row) throws SQLException {
        List<String> columns = new ArrayList<>();
        List<@Nullable Object> values = new ArrayList<>();
        BitSet raw = new BitSet();
        for (int i = 0; i < row.columns().size(); i++) {
            Object said = row.said().get(i);
            boolean generated = said == null
                    && (row.open().get(i)
                            || form.identity().contains(row.columns().get(i)));
            if (!generated) {
                raw.set(columns.size(), said instanceof RawText);
                columns.add(row.columns().get(i));
                values.add(said);
            }
        }
        if (columns.isEmpty()) {
            return false;
        }
        Said what = new Said(columns, raw);
        Counter counter = counters.get(what);
        if (counter == null) {
            counter = counter(columns, values);
            counters.put(what, counter);
        }
        long left = number(counter.left(), values);
        if (left < 0) {
            left = number(counter.there(), values);
            run(counter.first(), values, Math.max(0, left - 1));
        } else if (left > 0) {
            run(counter.next(), values, left - 1);
        }
        return left > 0;
    }

    private Counter counter(List<String> columns, List<@Nullable Object> like) throws SQLException {
        String name = prefix + counters.size();
        StringJoiner selected = new StringJoiner(", ");
        StringJoiner keys = new StringJoiner(", ");
        StringJoiner mainKeys = new StringJoiner(", ");
        StringJoiner ofTable = new StringJoiner(" AND ");
        StringJoiner ofCounter = new StringJoiner(" AND ");
        StringJoiner places = new StringJoiner(", ");
        for (int i = 0; i < columns.size(); i++) {
            String column = form.quoted(columns.get(i));
            selected.add(column + " AS k" + i);
            keys.add("k" + i);
            mainKeys.add(column + " COLLATE BINARY");
            String place = Sql.place(i + 1, like.get(i));
            ofTable.add(column + " COLLATE BINARY IS " + place);
            ofCounter.add("k" + i + " IS " + place);
            places.add(place);
        }
        String main = "main." + Sql.name(form.name());
        String counting = "temp." + name;
        int last = columns.size() + 1;
        // Made of the table, so that values become there what they become in it.
        Sql.execute(
                connection,
                "CREATE TABLE " + counting + " AS SELECT " + selected + ", 0 AS here FROM " + main + " WHERE 0");
        Sql.execute(connection, "CREATE INDEX temp." + name + "_keys ON " + name + " (" + keys + ")");
        boolean indexed = counters.size() < MOST_INDEXES;
        if (indexed) {
            Sql.execute(
                    connection,
                    "CREATE INDEX main." + name + "_main ON " + Sql.name(form.name()) + " (" + mainKeys + ")");
        }
        return new Counter(
                name,
                indexed,
                connection.prepareStatement("SELECT here FROM " + counting + " WHERE " + ofCounter),
                connection.prepareStatement("SELECT count(*) FROM " + main + " WHERE " + ofTable),
                connection.prepareStatement("INSERT INTO " + counting + " VALUES (" + places + ", ?" + last + ")"),
                connection.prepareStatement("UPDATE " + counting + " SET here = ?" + last + " WHERE " + ofCounter));
    }

    /** The number that a statement gives; negative where it gives none. */
    private static long number(PreparedStatement statement, List<@Nullable Object> values) throws SQLException {
        Sql.bindAll(statement, values);
        try (ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getLong(1) : -1;
        }
    }

    private static void run(PreparedStatement statement, List<@Nullable Object> values, long number)
            throws SQLException {
        Sql.bindAll(statement, values);
        statement.setLong(values.size() + 1, number);
        statement.executeUpdate();
    }

    @Override
    public void close() throws SQLException {
        for (Counter counter : counters.values()) {
            counter.close();
            Sql.execute(connection, "DROP TABLE temp." + counter.table());
            if (counter.indexed()) {
                Sql.execute(connection, "DROP INDEX main." + counter.table() + "_main");
            }
        }
        counters.clear();
    }
}
