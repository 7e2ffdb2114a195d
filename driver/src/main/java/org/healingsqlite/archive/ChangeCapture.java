package org.healingsqlite.archive;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.healingsqlite.sqlite.Sqlite;
import org.jspecify.annotations.Nullable;

/**
 * Notes, on one connection, what its transactions change: TEMP triggers write each new row and each deleted key into a TEMP table. What is rolled back
 * is rolled back there too. TEMP triggers run before the schema's own, so that the notes are in the order of what happened; they see cascades, what
 * triggers do, and a DELETE of everything. What REPLACE removes is not noted: writing the same row in the same way removes it again.
 *
 * <p>Virtual tables cannot be watched. Not shared by threads: it belongs to its connection's.
 */
final class ChangeCapture {
    private static final String NOTES = "temp.healing_changes";

    /** Notes that were read are deleted in bulk, and never between a statement of the application and what it may ask of it next. */
    private static final int MOST_READ_NOTES = 200;

    private static final long MOST_READ_CHARS = 1 << 18;

    private final Connection connection;
    private List<TableForm> forms = List.of();
    private long schemaVersion = -1;
    private long lastSeen;
    private long readNotes;
    private long readChars;
    private @Nullable PreparedStatement unread;

    private ChangeCapture(Connection connection) {
        this.connection = connection;
    }

    /** Begins to watch; the connection has no transaction open. */
    static ChangeCapture on(Connection connection) throws SQLException {
        ChangeCapture capture = new ChangeCapture(connection);
        capture.install();
        return capture;
    }

    private void install() throws SQLException {
        schemaVersion = Sql.number(connection, "PRAGMA main.schema_version");
        forms = TableForm.readAll(connection).stream()
                .filter(form ->
                        !form.virtual() && !form.shadow() && !form.name().startsWith("sqlite_"))
                .filter(form -> !form.identity().isEmpty())
                .toList();
        int width = forms.stream().mapToInt(form -> columns(form).size()).max().orElse(0);
        StringJoiner columns = new StringJoiner(", ");
        for (int i = 0; i < width; i++) {
            columns.add("c" + i);
        }
        Sql.execute(
                connection,
                "CREATE TABLE " + NOTES + " (seq INTEGER PRIMARY KEY, t INTEGER, op TEXT"
                        + (width == 0 ? "" : ", " + columns) + ")");
        for (int i = 0; i < forms.size(); i++) {
            watch(forms.get(i), i);
        }
    }

    private void watch(TableForm form, int number) throws SQLException {
        StringJoiner change = new StringJoiner(" OR ");
        for (String column : form.identity()) {
            change.add("OLD." + form.quoted(column) + " IS NOT NEW." + form.quoted(column));
        }
        String written = note(form, number, "W", "NEW.", columns(form));
        String deleted = note(form, number, "D", "OLD.", form.identity());
        String on = " ON main." + Sql.name(form.name());
        trigger(number, "i", "AFTER INSERT" + on, written);
        trigger(number, "k", "AFTER UPDATE" + on + " WHEN " + change, deleted + written);
        trigger(number, "u", "AFTER UPDATE" + on + " WHEN NOT (" + change + ")", written);
        trigger(number, "d", "AFTER DELETE" + on, deleted);
    }

    private static String note(TableForm form, int number, String op, String row, List<String> columns) {
        StringJoiner names = new StringJoiner(", ", "(t, op, ", ")");
        StringJoiner values = new StringJoiner(", ", number + ", '" + op + "', ", "");
        for (int i = 0; i < columns.size(); i++) {
            names.add("c" + i);
            values.add(row + form.quoted(columns.get(i)));
        }
        return "INSERT INTO healing_changes " + names + " SELECT " + values + "; ";
    }

    private void trigger(int number, String kind, String when, String body) throws SQLException {
        Sql.execute(
                connection,
                "CREATE TRIGGER temp.healing_capture_" + number + kind + " " + when + " BEGIN " + body + "END");
    }

    /** The columns that a change of the table carries, as an export of it does. */
    private static List<String> columns(TableForm form) {
        List<String> columns = new ArrayList<>();
        form.rowid().ifPresent(columns::add);
        columns.addAll(form.columns());
        return columns;
    }

    /** Whether the schema is another one than when the watch began: then changes may have gone unnoticed. */
    boolean outdated(long currentSchemaVersion) {
        return currentSchemaVersion != schemaVersion;
    }

    /**
     * Gives what was committed since the last time to a log. Reads TEMP tables only: a look at {@code main} would begin the application's next
     * transaction for it, on a snapshot that grows old.
     *
     * @return how many changes
     */
    int drainTo(ChangeLog.Group group) throws SQLException {
        if (forms.isEmpty()) {
            return 0;
        }
        int count = 0;
        long last = lastSeen;
        int before = group.length();
        PreparedStatement statement = unread();
        statement.setLong(1, lastSeen);
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                last = row.getLong(1);
                TableForm form = forms.get(row.getInt(2));
                String op = row.getString(3);
                group.change(
                        op,
                        form.name(),
                        row,
                        4,
                        op.equals("W") ? columns(form).size() : form.identity().size());
                count++;
            }
        }
        lastSeen = last;
        readNotes += count;
        readChars += group.length() - before;
        return count;
    }

    private PreparedStatement unread() throws SQLException {
        PreparedStatement known = unread;
        if (known == null) {
            int width =
                    forms.stream().mapToInt(form -> columns(form).size()).max().orElse(0);
            StringJoiner cells = new StringJoiner(", ");
            for (int i = 0; i < width; i++) {
                cells.add("typeof(c" + i + "), c" + i);
            }
            known = connection.prepareStatement(
                    "SELECT seq, t, op, " + cells + " FROM " + NOTES + " WHERE seq > ? ORDER BY seq");
            unread = known;
        }
        return known;
    }

    /** Deletes what was read but for the last, from which SQLite goes on counting, where that is worth it; before a statement, because it changes what {@code changes()} says. */
    void prune() throws SQLException {
        if (readNotes >= MOST_READ_NOTES || readChars >= MOST_READ_CHARS) {
            readNotes = 0;
            readChars = 0;
            Sqlite.execute(connection, "DELETE FROM " + NOTES + " WHERE seq < " + lastSeen);
        }
    }

    /** Ends the watch, for example before the schema is changed: SQLite would find the triggers in the way. */
    void remove() throws SQLException {
        PreparedStatement known = unread;
        unread = null;
        if (known != null) {
            known.close();
        }
        // Not by what is remembered: a rollback may have brought them back.
        List<String> triggers = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT name FROM sqlite_temp_master WHERE type = 'trigger'"
                        + " AND name LIKE 'healing\\_capture\\_%' ESCAPE '\\'")) {
            while (row.next()) {
                triggers.add(row.getString(1));
            }
        }
        for (String trigger : triggers) {
            Sqlite.execute(connection, "DROP TRIGGER IF EXISTS temp." + trigger);
        }
        forgetOrphans();
        Sqlite.execute(connection, "DROP TABLE IF EXISTS " + NOTES);
        forms = List.of();
        schemaVersion = -1;
        readNotes = 0;
        readChars = 0;
    }

    /** Triggers of a table that somebody else has dropped: SQLite does not know them now, and would again where the table came back. */
    private void forgetOrphans() throws SQLException {
        String orphans =
                " FROM sqlite_temp_master WHERE type = 'trigger' AND name LIKE 'healing\\_capture\\_%' ESCAPE '\\'";
        if (Sql.number(connection, "SELECT count(*)" + orphans) == 0) {
            return;
        }
        String before = Sqlite.pragma(connection, "writable_schema");
        Sqlite.execute(connection, "PRAGMA writable_schema = on");
        try {
            Sqlite.execute(connection, "DELETE" + orphans);
        } finally {
            Sqlite.execute(connection, "PRAGMA writable_schema = " + before);
        }
    }

    /** Whether the schema is another one than when the watch began, as the connection itself sees it. */
    boolean isOutdated() throws SQLException {
        return !isRemoved() && outdated(Sql.number(connection, "PRAGMA main.schema_version"));
    }

    /** A number that each note raises by one. */
    long notes() throws SQLException {
        return isRemoved() ? 0 : Sql.number(connection, "SELECT coalesce(max(seq), 0) FROM " + NOTES);
    }

    boolean isRemoved() {
        return schemaVersion == -1;
    }

    /** Begins anew, with the schema as it is now. Outside of the transaction that JDBC has begun: its rollback would take the triggers along. */
    void renew() throws SQLException {
        boolean begun = !connection.getAutoCommit();
        if (begun) {
            Sqlite.execute(connection, "COMMIT");
        }
        try {
            remove();
            lastSeen = 0;
            install();
        } finally {
            if (begun) {
                Sqlite.beginAsJdbcDoes(connection);
            }
        }
    }
}
