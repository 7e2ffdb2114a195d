package org.healingsqlite.salvage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.format.TextEncoding;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.sqlite.Access;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * The database for rows that no table can claim: one table, {@code lost_and_found}, with the columns of SQLite's own recovery and two more,
 * which table a row may have belonged to and why it is here. Created at the first row. Owns its connection. Rows may come from several threads.
 */
final class LostAndFound implements Closeable {

    private static final int MOST_COLUMNS = 1900;

    private final Optional<Path> target;
    private final TextEncoding encoding;
    private @Nullable TextCast textCast;
    private @Nullable Connection connection;
    private @Nullable Path temporary;
    private int columns;
    private long rows;

    LostAndFound(Optional<Path> target, TextEncoding encoding) {
        this.target = target;
        this.encoding = encoding;
    }

    /** How many rows came here, kept or only counted. */
    synchronized long rows() {
        return rows;
    }

    /**
     * Keeps a row.
     *
     * @param table the table it may belong to, or several, or nothing
     * @param rootPage root of the tree it was found in; 0 if unknown
     * @param rowid null where it has none
     */
    void keep(String table, String reason, int rootPage, int page, @Nullable Long rowid, RecordCursor record)
            throws IOException {
        Object[] values = new Object[record.count()];
        boolean[] text = new boolean[values.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = RowInserter.value(record, i);
            text[i] = record.isText(i);
        }
        keep(table, reason, rootPage, page, rowid, values, text);
    }

    /** Keeps a row of the schema table as the data that it is: its text does not run. */
    void keepText(String reason, String type, String name, String table, int rootPage, @Nullable String sql)
            throws IOException {
        @Nullable Object[] values = {type, name, table, (long) rootPage, sql};
        keep("sqlite_schema", reason, 1, 0, 0L, values, new boolean[values.length]);
    }

    /**
     * Keeps a row that is no record.
     *
     * @param values texts as their bytes
     * @param text which values are texts
     */
    synchronized void keep(
            String table,
            String reason,
            int rootPage,
            int page,
            @Nullable Long rowid,
            @Nullable Object[] values,
            boolean[] text)
            throws IOException {
        rows++;
        if (target.isEmpty()) {
            return;
        }
        int count = Math.min(values.length, MOST_COLUMNS);
        try {
            Connection open = open(count);
            StringBuilder places = new StringBuilder("INSERT INTO lost_and_found VALUES(?,?,?,?,?,?");
            for (int i = 0; i < columns; i++) {
                places.append(i >= count ? ",NULL" : text[i] ? ",CAST(? AS TEXT)" : ",?");
            }
            try (PreparedStatement insert =
                    open.prepareStatement(places.append(')').toString())) {
                insert.setInt(1, rootPage);
                insert.setInt(2, page);
                insert.setInt(3, values.length);
                insert.setObject(4, rowid);
                insert.setString(5, table);
                insert.setString(6, reason);
                for (int i = 0; i < count; i++) {
                    insert.setObject(
                            7 + i,
                            text[i] && values[i] instanceof byte[] bytes
                                    ? textCast(open).parameter(bytes)
                                    : values[i]);
                }
                insert.executeUpdate();
            }
        } catch (SQLException e) {
            throw new SalvageException(
                    "Cannot write lost and found rows to " + target.get() + ": " + Disclosure.message(e), e);
        }
    }

    private TextCast textCast(Connection open) throws SQLException {
        TextCast known = textCast;
        if (known == null) {
            known = TextCast.of(open, encoding);
            textCast = known;
        }
        return known;
    }

    private Connection open(int fields) throws SQLException, IOException {
        Connection open = connection;
        if (open == null) {
            Path beside = NewDatabase.temporaryBeside(target.orElseThrow());
            temporary = beside;
            open = Sqlite.open(beside, Access.CREATE.distrusting());
            connection = open;
            try (Statement statement = open.createStatement()) {
                statement.execute("PRAGMA encoding='" + encoding.pragma() + "'");
                statement.execute("PRAGMA journal_mode=OFF");
                statement.execute("PRAGMA synchronous=OFF");
                statement.execute("CREATE TABLE lost_and_found("
                        + "rootpgno INTEGER, pgno INTEGER, nfield INTEGER, id INTEGER, tbl TEXT, reason TEXT)");
            }
            open.setAutoCommit(false);
        }
        try (Statement statement = open.createStatement()) {
            for (; columns < fields; columns++) {
                statement.execute("ALTER TABLE lost_and_found ADD COLUMN c" + columns);
            }
        }
        return open;
    }

    /** Makes the database durable and gives it its name; empty if there was no row. */
    synchronized Optional<Path> publish() throws IOException {
        Connection open = connection;
        Path written = temporary;
        if (open == null || written == null) {
            return Optional.empty();
        }
        try {
            open.commit();
            open.close();
        } catch (SQLException e) {
            throw new SalvageException("Cannot finish " + target.orElseThrow() + ": " + Disclosure.message(e), e);
        }
        connection = null;
        NewDatabase.publish(written, target.orElseThrow());
        temporary = null;
        return target;
    }

    @Override
    public synchronized void close() throws IOException {
        Connection open = connection;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                throw new SalvageException("Cannot close " + temporary, e);
            }
        }
        Path left = temporary;
        if (left != null) {
            Files.deleteIfExists(left);
        }
    }
}
