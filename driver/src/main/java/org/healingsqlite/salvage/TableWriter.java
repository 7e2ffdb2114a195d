package org.healingsqlite.salvage;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.healingsqlite.format.RecordCursor;
import org.jspecify.annotations.Nullable;

/**
 * Writes the rows of one table, with bound values, in batches. A row whose key is there already is left out: rows come best first. A row that
 * the table's constraints refuse goes to lost and found.
 */
final class TableWriter {

    /** What became of the rows. */
    static final class Tally {
        private long written;
        private long superseded;
        private long refused;

        long written() {
            return written;
        }

        long superseded() {
            return superseded;
        }

        long refused() {
            return refused;
        }
    }

    private static final int BATCH_ROWS = 500;
    private static final int BATCH_BYTES = 1 << 20;

    private final Connection connection;
    private final TextCast cast;
    private final TableShape shape;
    private final LostAndFound lostAndFound;
    private final Tally tally = new Tally();

    private int fields = -1;
    private boolean[] text = {};
    private int[] bound = {};
    private @Nullable PreparedStatement insert;
    private final List<Pending> pending = new ArrayList<>();
    private long pendingBytes;

    private static final class Pending {
        private final int page;
        private final long rowid;
        private final @Nullable Object[] values;

        Pending(int page, long rowid, @Nullable Object[] values) {
            this.page = page;
            this.rowid = rowid;
            this.values = values;
        }
    }

    TableWriter(Connection connection, TextCast cast, TableShape shape, LostAndFound lostAndFound) {
        this.connection = connection;
        this.cast = cast;
        this.shape = shape;
        this.lostAndFound = lostAndFound;
    }

    Tally tally() {
        return tally;
    }

    /** Text stays bytes, so that NULs and invalid sequences survive; the statement casts it. */
    static @Nullable Object value(RecordCursor record, int field) {
        return switch (record.kind(field)) {
            case NULL -> null;
            case INTEGER -> record.integer(field);
            case REAL -> record.real(field);
            case TEXT, BLOB -> record.copy(field);
        };
    }

    void write(long rowid, RecordCursor record, int page) throws IOException {
        try {
            if (insert == null || !statementTakes(record)) {
                flush();
                prepare(record);
            }
            @Nullable Object[] values = new @Nullable Object[bound.length];
            for (int i = 0; i < bound.length; i++) {
                int field = bound[i];
                if (shape.stored().get(field).rowidAlias()) {
                    values[i] = rowid;
                } else {
                    Object value = value(record, field);
                    values[i] = value instanceof byte[] bytes && record.kind(field) == RecordCursor.Kind.TEXT
                            ? cast.parameter(bytes)
                            : value;
                    pendingBytes += 16L + record.size(field);
                }
            }
            pending.add(new Pending(page, rowid, values));
            if (pending.size() >= BATCH_ROWS || pendingBytes >= BATCH_BYTES) {
                flush();
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private SalvageException failed(SQLException e) {
        return new SalvageException("Cannot write table " + shape.name() + ": " + e.getMessage(), e);
    }

    /** A column's cast must fit the value: NULL goes through either form. */
    private boolean statementTakes(RecordCursor record) {
        if (record.count() != fields) {
            return false;
        }
        for (int i = 0; i < fields; i++) {
            if (text[i] != record.isText(i) && !record.isNull(i)) {
                return false;
            }
        }
        return true;
    }

    private void prepare(RecordCursor record) throws SQLException {
        close();
        fields = record.count();
        boolean[] previous = text;
        text = new boolean[fields];
        List<Integer> inserted = new ArrayList<>();
        StringJoiner columns = new StringJoiner(",", "(", ")");
        StringJoiner places = new StringJoiner(",", "(", ")");
        boolean withRowid = !shape.withoutRowid()
                && shape.stored().stream().noneMatch(TableShape.Column::rowidAlias)
                && !shape.rowidName().isEmpty();
        if (withRowid) {
            columns.add(shape.rowidName());
            places.add("?");
        }
        for (int i = 0; i < fields; i++) {
            TableShape.Column column = shape.stored().get(i);
            text[i] = record.isText(i) || (record.isNull(i) && i < previous.length && previous[i]);
            if (!column.generated()) {
                inserted.add(i);
                columns.add(quoted(column.name()));
                places.add(text[i] ? "CAST(? AS TEXT)" : "?");
            }
        }
        bound = inserted.stream().mapToInt(Integer::intValue).toArray();
        rowidBound = withRowid;
        insert = connection.prepareStatement(
                "INSERT OR IGNORE INTO " + quoted(shape.name()) + columns + " VALUES" + places);
    }

    private boolean rowidBound;

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    void flush() throws IOException {
        PreparedStatement statement = insert;
        if (pending.isEmpty() || statement == null) {
            return;
        }
        try {
            for (Pending row : pending) {
                bind(statement, row);
                statement.addBatch();
            }
            int[] changed;
            try {
                changed = statement.executeBatch();
            } catch (SQLException e) {
                if (!isConstraint(e)) {
                    throw e;
                }
                changed = oneByOne(statement);
            }
            for (int i = 0; i < changed.length; i++) {
                if (changed[i] > 0) {
                    tally.written++;
                } else {
                    refused(pending.get(i));
                }
            }
        } catch (SQLException e) {
            throw failed(e);
        }
        pending.clear();
        pendingBytes = 0;
    }

    /** Some constraints end a batch although the statement may skip rows. What it wrote before is there, and counts as written. */
    private int[] oneByOne(PreparedStatement statement) throws SQLException {
        statement.clearBatch();
        int[] changed = new int[pending.size()];
        for (int i = 0; i < changed.length; i++) {
            Pending row = pending.get(i);
            bind(statement, row);
            try {
                changed[i] = statement.executeUpdate();
            } catch (SQLException e) {
                if (!isConstraint(e)) {
                    throw e;
                }
            }
            if (changed[i] == 0 && isThere(row)) {
                changed[i] = 1;
            }
        }
        return changed;
    }

    private static boolean isConstraint(SQLException e) {
        return (e.getErrorCode() & 0xff) == 19;
    }

    private void bind(PreparedStatement statement, Pending row) throws SQLException {
        int place = 1;
        if (rowidBound) {
            statement.setLong(place++, row.rowid);
        }
        for (Object value : row.values) {
            if (value instanceof byte[] bytes) {
                statement.setBytes(place++, bytes);
            } else if (value instanceof String text) {
                statement.setString(place++, text);
            } else if (value instanceof Long integer) {
                statement.setLong(place++, integer);
            } else if (value instanceof Double real) {
                statement.setDouble(place++, real);
            } else {
                statement.setObject(place++, null);
            }
        }
    }

    /** The row was left out: asks why by inserting it again without leave to skip. */
    private void refused(Pending row) throws SQLException, IOException {
        StringJoiner columns = new StringJoiner(",", "(", ")");
        StringJoiner places = new StringJoiner(",", "(", ")");
        if (rowidBound) {
            columns.add(shape.rowidName());
            places.add("?");
        }
        for (int field : bound) {
            columns.add(quoted(shape.stored().get(field).name()));
            places.add(text[field] ? "CAST(? AS TEXT)" : "?");
        }
        String reason = "";
        try (PreparedStatement again =
                connection.prepareStatement("INSERT INTO " + quoted(shape.name()) + columns + " VALUES" + places)) {
            bind(again, row);
            again.executeUpdate();
            tally.written++;
            return;
        } catch (SQLException e) {
            if (!isConstraint(e)) {
                throw e;
            }
            reason = String.valueOf(e.getMessage());
        }
        if (isThere(row)) {
            tally.superseded++;
            return;
        }
        tally.refused++;
        boolean[] castValues = new boolean[bound.length];
        for (int i = 0; i < bound.length; i++) {
            castValues[i] = text[bound[i]];
        }
        lostAndFound.keep(
                shape.name(),
                reason.toLowerCase(Locale.ROOT).contains("constraint") ? reason : "constraint failed: " + reason,
                shape.rootPage(),
                row.page,
                row.rowid,
                row.values,
                castValues);
    }

    /** Whether a row with the same rowid or key is in the table. */
    private boolean isThere(Pending row) throws SQLException {
        StringBuilder sql =
                new StringBuilder("SELECT 1 FROM ").append(quoted(shape.name())).append(" WHERE ");
        List<@Nullable Object> keys = new ArrayList<>();
        if (shape.withoutRowid()) {
            // The record begins with the key; how many fields that is the table's own index tells.
            int keyFields = shape.keyFields();
            for (int i = 0; i < bound.length && bound[i] < keyFields; i++) {
                sql.append(i == 0 ? "" : " AND ")
                        .append(quoted(shape.stored().get(bound[i]).name()))
                        .append(text[bound[i]] ? " IS CAST(? AS TEXT)" : " IS ?");
                keys.add(row.values[i]);
            }
        } else if (rowidBound) {
            sql.append(shape.rowidName()).append("=?");
            keys.add(row.rowid);
        } else {
            String alias = shape.stored().stream()
                    .filter(TableShape.Column::rowidAlias)
                    .map(TableShape.Column::name)
                    .findFirst()
                    .orElse("");
            if (alias.isEmpty()) {
                return false;
            }
            sql.append(quoted(alias)).append("=?");
            keys.add(row.rowid);
        }
        try (PreparedStatement query = connection.prepareStatement(sql.toString())) {
            for (int i = 0; i < keys.size(); i++) {
                query.setObject(i + 1, keys.get(i));
            }
            try (var rows = query.executeQuery()) {
                return rows.next();
            }
        }
    }

    /** Writes what is pending and lets the statement go. */
    void finish() throws IOException {
        flush();
        try {
            close();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private void close() throws SQLException {
        PreparedStatement statement = insert;
        insert = null;
        if (statement != null) {
            statement.close();
        }
    }
}
