package org.healingsqlite.salvage;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.stream.IntStream;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/**
 * Inserts the rows of one table: many with one statement, a few, and those that need it, one by one with bound values. A row whose key is there already is
 * left out: rows come best first. A row that the table's constraints refuse goes to lost and found. One thread at a time.
 */
final class RowInserter {

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

    private static final int SQLITE_ERROR = 1;
    private static final int SQLITE_TOOBIG = 18;
    private static final int SQLITE_CONSTRAINT = 19;
    private static final int SQLITE_MISMATCH = 20;

    /** For fewer, one statement for all costs more than it saves. */
    private static final int FEWEST_AT_ONCE = 24;

    private static final String STAGED = StagingFile.SCHEMA + "." + StagedRows.TABLE;

    private final Connection connection;
    private final TextCast cast;
    private final TableShape shape;
    private final boolean relaxed;
    private final LostAndFound lostAndFound;
    private final StagingFile staging;
    private final Tally tally = new Tally();
    /** What rows are known by: the rowid or its alias, else the columns of the key; empty if nothing is. */
    private final List<String> keyColumns;

    private final boolean rowidBound;

    private int fields = -1;
    private boolean[] text = {};
    private int[] bound = {};
    private @Nullable PreparedStatement insert;

    /** @param relaxed whether the table takes the values of its generated columns as they were */
    RowInserter(
            Connection connection,
            TextCast cast,
            TableShape shape,
            boolean relaxed,
            LostAndFound lostAndFound,
            StagingFile staging) {
        this.relaxed = relaxed;
        this.connection = connection;
        this.cast = cast;
        this.shape = shape;
        this.lostAndFound = lostAndFound;
        this.staging = staging;
        this.rowidBound = !shape.withoutRowid()
                && shape.stored().stream().noneMatch(TableShape.Column::rowidAlias)
                && !shape.rowidName().isEmpty();
        this.keyColumns = keyColumns(shape, rowidBound);
    }

    private static List<String> keyColumns(TableShape shape, boolean rowidBound) {
        List<String> columns = new ArrayList<>();
        if (shape.withoutRowid()) {
            // The record begins with the key; how many fields that is the table's own index tells.
            shape.stored()
                    .subList(0, Math.min(shape.keyFields(), shape.stored().size()))
                    .forEach(column -> columns.add(quoted(column.name())));
        } else if (rowidBound) {
            columns.add(shape.rowidName());
        } else {
            shape.stored().stream()
                    .filter(TableShape.Column::rowidAlias)
                    .findFirst()
                    .ifPresent(column -> columns.add(quoted(column.name())));
        }
        return columns;
    }

    Tally tally() {
        return tally;
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
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

    private SalvageException failed(SQLException e) {
        return new SalvageException("Cannot write table " + shape.name() + ": " + Disclosure.message(e), e);
    }

    /** Whether a row itself was the reason, be it that an expression of the table cannot be computed from it. */
    private static boolean isRefusal(SQLException e) {
        int code = e.getErrorCode() & 0xff;
        return code == SQLITE_CONSTRAINT || code == SQLITE_ERROR || code == SQLITE_MISMATCH || code == SQLITE_TOOBIG;
    }

    /** Inserts rows. */
    void insert(StagedRows rows) throws IOException {
        try {
            if (rows.count() < FEWEST_AT_ONCE
                    || keyColumns.isEmpty()
                    || shape.stored().size() > StagedRows.MOST_COLUMNS) {
                rows.each(this::insert);
            } else {
                insertAtOnce(rows);
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Inserts one row. */
    void insert(long rowid, RecordCursor record, int page) throws IOException {
        try {
            if (insertOne(rowid, record)) {
                tally.written++;
            } else {
                refused(rowid, record, page);
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /**
     * Inserts rows of which some are in the table already, put there by a statement that another row ended. The table was given no rows but those that count as
     * written: it tells how many these are.
     */
    private void insertAgain(StagedRows rows) throws SQLException, IOException {
        long putThere = Math.max(0, rowsInTable() - tally.written);
        tally.written += putThere;
        rows.each((rowid, record, page) -> {
            try {
                if (insertOne(rowid, record)) {
                    tally.written++;
                } else if (isThere(rowid, record)) {
                    tally.superseded++;
                } else {
                    refused(rowid, record, page);
                }
            } catch (SQLException e) {
                throw failed(e);
            }
        });
        tally.superseded -= putThere;
    }

    private long rowsInTable() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM main." + quoted(shape.name()))) {
            return count.getLong(1);
        }
    }

    private boolean insertOne(long rowid, RecordCursor record) throws SQLException {
        PreparedStatement statement = insert;
        if (statement == null || !statementTakes(record)) {
            close();
            plan(record);
            statement = connection.prepareStatement(insertion("INSERT OR IGNORE INTO ", " VALUES" + places()));
            insert = statement;
        }
        bind(statement, rowid, record);
        try {
            return statement.executeUpdate() > 0;
        } catch (SQLException e) {
            // Some constraints are not to be ignored. sqlite-jdbc does not run a statement again that failed otherwise.
            if (!isRefusal(e)) {
                throw e;
            }
            close();
            plan(record);
            return false;
        }
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

    private void plan(RecordCursor record) {
        boolean[] previous = text;
        bindFields(record.count());
        text = new boolean[fields];
        for (int i = 0; i < fields; i++) {
            text[i] = record.isText(i) || (record.isNull(i) && i < previous.length && previous[i]);
        }
    }

    private void bindFields(int count) {
        fields = count;
        bound = IntStream.range(0, count)
                .filter(field -> relaxed || !shape.stored().get(field).generated())
                .toArray();
    }

    private String insertion(String beginning, String rows) {
        StringJoiner columns = new StringJoiner(",", "(", ")");
        if (rowidBound) {
            columns.add(shape.rowidName());
        }
        for (int field : bound) {
            columns.add(quoted(shape.stored().get(field).name()));
        }
        return beginning + quoted(shape.name()) + columns + rows;
    }

    private String places() {
        StringJoiner places = new StringJoiner(",", "(", ")");
        if (rowidBound) {
            places.add("?");
        }
        for (int field : bound) {
            places.add(text[field] ? "CAST(? AS TEXT)" : "?");
        }
        return places.toString();
    }

    private void bind(PreparedStatement statement, long rowid, RecordCursor record) throws SQLException {
        int place = 1;
        if (rowidBound) {
            statement.setLong(place++, rowid);
        }
        for (int field : bound) {
            bind(statement, place++, rowid, record, field);
        }
    }

    private void bind(PreparedStatement statement, int place, long rowid, RecordCursor record, int field)
            throws SQLException {
        if (shape.stored().get(field).rowidAlias()) {
            statement.setLong(place, rowid);
            return;
        }
        switch (record.kind(field)) {
            case NULL -> statement.setObject(place, null);
            case INTEGER -> statement.setLong(place, record.integer(field));
            case REAL -> statement.setDouble(place, record.real(field));
            case BLOB -> statement.setBytes(place, record.copy(field));
            case TEXT -> statement.setObject(place, cast.parameter(record.copy(field)));
        }
    }

    /** Inserts rows with one statement. If some row ends it, each is inserted by itself. */
    private void insertAtOnce(StagedRows rows) throws SQLException, IOException {
        connection.commit();
        staging.put(rows, shape.stored().size());
        close();
        bindFields(rows.fields());
        StringJoiner columns = new StringJoiner(",");
        if (rowidBound) {
            columns.add("rowid");
        }
        for (int field : bound) {
            columns.add(shape.stored().get(field).rowidAlias() ? "rowid" : "c" + field);
        }
        long changed;
        List<Long> leftOut;
        try (Statement statement = connection.createStatement()) {
            changed = statement.executeUpdate(
                    insertion("INSERT OR IGNORE INTO main.", " SELECT " + columns + " FROM " + STAGED));
            leftOut = changed == rows.count() ? List.of() : leftOut(statement);
        } catch (SQLException e) {
            if (!isRefusal(e)) {
                throw e;
            }
            connection.commit();
            insertAgain(rows);
            return;
        }
        // Only then can other rows take the place of these.
        connection.commit();
        tally.written += changed;
        tally.superseded += rows.count() - changed - leftOut.size();
        refuse(rows, leftOut);
    }

    /** The numbers of staged rows of which the table has none with the same key. */
    private List<Long> leftOut(Statement statement) throws SQLException {
        StringJoiner same = new StringJoiner(" AND ");
        for (int i = 0; i < keyColumns.size(); i++) {
            same.add("t." + keyColumns.get(i) + " IS s." + (shape.withoutRowid() ? "c" + i : "rowid"));
        }
        List<Long> numbers = new ArrayList<>();
        try (ResultSet rows =
                statement.executeQuery("SELECT rowid FROM " + STAGED + " AS s WHERE NOT EXISTS (SELECT 1 FROM main."
                        + quoted(shape.name()) + " AS t WHERE " + same + ") ORDER BY rowid")) {
            while (rows.next()) {
                numbers.add(rows.getLong(1));
            }
        }
        return numbers;
    }

    private void refuse(StagedRows rows, List<Long> numbers) throws IOException {
        if (numbers.isEmpty()) {
            return;
        }
        int[] passed = {0, 0};
        rows.each((rowid, record, page) -> {
            long number = shape.withoutRowid() ? passed[0] + 1L : rowid;
            passed[0]++;
            if (passed[1] < numbers.size() && numbers.get(passed[1]) == number) {
                passed[1]++;
                try {
                    plan(record);
                    refused(rowid, record, page);
                } catch (SQLException e) {
                    throw failed(e);
                }
            }
        });
    }

    /** A row was left out: asks why by inserting it again without leave to skip, nor to take the place of another, whatever the table says. */
    private void refused(long rowid, RecordCursor record, int page) throws SQLException, IOException {
        String reason = "";
        try (PreparedStatement again =
                connection.prepareStatement(insertion("INSERT OR ABORT INTO ", " VALUES" + places()))) {
            bind(again, rowid, record);
            again.executeUpdate();
            tally.written++;
            return;
        } catch (SQLException e) {
            if (!isRefusal(e)) {
                throw e;
            }
            reason = Disclosure.message(e);
        }
        if (isThere(rowid, record)) {
            tally.superseded++;
            return;
        }
        tally.refused++;
        lostAndFound.keep(
                shape.name(),
                reason.toLowerCase(Locale.ROOT).contains("constraint") ? reason : "constraint failed: " + reason,
                shape.rootPage(),
                page,
                rowid,
                record);
    }

    /** Whether a row with the same rowid or key is in the table. */
    private boolean isThere(long rowid, RecordCursor record) throws SQLException {
        if (keyColumns.isEmpty()) {
            return false;
        }
        StringJoiner same = new StringJoiner(" AND ");
        for (int i = 0; i < keyColumns.size(); i++) {
            same.add(keyColumns.get(i) + " IS " + (shape.withoutRowid() && text[i] ? "CAST(? AS TEXT)" : "?"));
        }
        try (PreparedStatement query =
                connection.prepareStatement("SELECT 1 FROM " + quoted(shape.name()) + " WHERE " + same)) {
            for (int i = 0; i < keyColumns.size(); i++) {
                if (shape.withoutRowid()) {
                    bind(query, i + 1, rowid, record, i);
                } else {
                    query.setLong(1, rowid);
                }
            }
            try (ResultSet rows = query.executeQuery()) {
                return rows.next();
            }
        }
    }

    /** Lets the statement go. */
    void close() throws SQLException {
        PreparedStatement statement = insert;
        insert = null;
        fields = -1;
        if (statement != null) {
            statement.close();
        }
    }

    /** Lets go of what the table needed. */
    void finish() throws IOException {
        try {
            close();
        } catch (SQLException e) {
            throw failed(e);
        }
    }
}
