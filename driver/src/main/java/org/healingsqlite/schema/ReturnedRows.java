package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.healingsqlite.api.Internal;
import org.healingsqlite.schema.SchemaTransaction.ForeignKeys;

/**
 * Rows that come back to a table of the same form, from another database: byte for byte, without a trigger being told, and never in the place of a row that is
 * there. Stateless.
 */
@Internal
public final class ReturnedRows {
    private static final int SQLITE_CONSTRAINT = 19;

    private ReturnedRows() {}

    /**
     * What became of the rows of a table.
     *
     * @param inserted rows that are there again
     * @param there rows whose key is there already, as they were
     * @param refused rows that the table does not take: another row has their key, or a constraint is against them
     */
    public record Returned(long inserted, long there, long refused) {}

    /**
     * Inserts the rows of one table.
     *
     * @param target has the table; in a transaction of the application where {@code nested}
     * @param source has a table of the same name and form, and a database of the same encoding
     * @throws SQLException where a row cannot be inserted for another reason than its own; nothing was changed then
     */
    public static Returned insert(Connection target, boolean nested, Connection source, String table)
            throws SQLException {
        try (SchemaTransaction transaction = SchemaTransaction.begin(target, nested, ForeignKeys.OFF)) {
            SchemaSnapshot now = SchemaSnapshot.read(target);
            SchemaSnapshot.Table form = now.table(table);
            SchemaSnapshot.Table before = SchemaSnapshot.read(source).table(table);
            List<String> columns = form.columns().stream()
                    .filter(column -> !column.generated())
                    .map(SchemaSnapshot.Column::name)
                    .filter(name -> before.columns().stream()
                            .anyMatch(column -> !column.generated() && SchemaObject.same(column.name(), name)))
                    .toList();
            if (columns.isEmpty()) {
                throw new SchemaException("table " + table + " has no column that it had before", null);
            }
            List<SchemaObject> triggers = now.objects().stream()
                    .filter(object ->
                            object.type() == SchemaObject.Type.TRIGGER && SchemaObject.same(object.table(), table))
                    .toList();
            for (SchemaObject trigger : triggers) {
                transaction.execute("DROP TRIGGER main." + SqlText.name(trigger.name()));
            }
            // Rows that break a constraint were there before.
            String checks = ignoresChecks(target);
            transaction.execute("PRAGMA ignore_check_constraints = on");
            Returned returned;
            try {
                returned = new Copy(target, source, table, columns, form, now.settings()).run();
            } finally {
                transaction.execute("PRAGMA ignore_check_constraints = " + checks);
            }
            copySequence(target, source, table);
            for (SchemaObject trigger : triggers) {
                transaction.execute(CreateStatement.stored(trigger).sql());
            }
            transaction.commit();
            return returned;
        }
    }

    private static String ignoresChecks(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA ignore_check_constraints")) {
            return row.next() ? row.getString(1) : "0";
        }
    }

    /** No id is given out a second time: the table goes on where it had come to. Where the source does not tell, SQLite goes on behind the largest rowid. */
    private static void copySequence(Connection target, Connection source, String table) throws SQLException {
        if (!hasSequence(source) || !hasSequence(target)) {
            return;
        }
        try (PreparedStatement query =
                        source.prepareStatement("SELECT seq FROM main.sqlite_sequence WHERE name = ? COLLATE NOCASE");
                PreparedStatement update = target.prepareStatement(
                        "UPDATE main.sqlite_sequence SET seq = max(seq, ?) WHERE name = ? COLLATE NOCASE")) {
            query.setString(1, table);
            try (ResultSet row = query.executeQuery()) {
                if (row.next()) {
                    update.setLong(1, row.getLong(1));
                    update.setString(2, table);
                    update.executeUpdate();
                }
            }
        }
    }

    private static boolean hasSequence(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'")) {
            return row.next();
        }
    }

    /** One copy. */
    private record Copy(
            Connection target,
            Connection source,
            String table,
            List<String> columns,
            SchemaSnapshot.Table form,
            SchemaSnapshot.Settings settings) {

        /** Text goes as its bytes; in UTF-16 databases, where older releases of SQLite do not take these, as text. */
        private boolean asBytes() {
            return settings.encoding().equals("UTF-8");
        }

        /** How SQL reaches the rowid, where no column is another name of it. */
        private List<String> rowid() {
            boolean isColumn = form.columns().stream()
                                    .filter(column -> column.primaryKey() > 0)
                                    .count()
                            == 1
                    && form.columns().stream()
                            .anyMatch(column ->
                                    column.primaryKey() == 1 && column.type().equalsIgnoreCase("INTEGER"));
            return isColumn ? List.of() : form.rowid().map(List::of).orElse(List.of());
        }

        Returned run() throws SQLException {
            List<String> names = new ArrayList<>(rowid());
            columns.forEach(column -> names.add(SqlText.name(column)));
            List<String> read = new ArrayList<>();
            List<String> written = new ArrayList<>();
            for (String name : names) {
                String text = "typeof(" + name + ") = 'text'";
                int mark = 2 * written.size() + 1;
                read.add(text);
                read.add(
                        asBytes()
                                ? "CASE WHEN " + text + " THEN CAST(" + name + " AS BLOB) ELSE " + name + " END"
                                : name);
                written.add(
                        "CASE WHEN ?" + mark + " THEN CAST(?" + (mark + 1) + " AS TEXT) ELSE ?" + (mark + 1) + " END");
            }
            List<String> same = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                same.add(names.get(i) + " IS " + written.get(i));
            }
            String main = "main." + SqlText.name(table);
            long inserted = 0;
            long there = 0;
            long refused = 0;
            try (Statement query = source.createStatement();
                    ResultSet row = query.executeQuery("SELECT " + String.join(", ", read) + " FROM " + main);
                    // OR ABORT overrides the conflict clauses of the table, which might replace rows that are there.
                    PreparedStatement insert = target.prepareStatement("INSERT OR ABORT INTO " + main + " ("
                            + String.join(", ", names) + ") VALUES (" + String.join(", ", written) + ")");
                    PreparedStatement look = target.prepareStatement(
                            "SELECT 1 FROM " + main + " WHERE " + String.join(" AND ", same) + " LIMIT 1")) {
                while (row.next()) {
                    bind(insert, row, names.size());
                    try {
                        insert.executeUpdate();
                        inserted++;
                    } catch (SQLException e) {
                        if ((e.getErrorCode() & 0xff) != SQLITE_CONSTRAINT) {
                            throw e;
                        }
                        if (isThere(look, row, names.size())) {
                            there++;
                        } else {
                            refused++;
                        }
                    }
                }
            }
            return new Returned(inserted, there, refused);
        }

        private static void bind(PreparedStatement statement, ResultSet row, int columns) throws SQLException {
            for (int i = 0; i < columns; i++) {
                statement.setInt(2 * i + 1, row.getInt(2 * i + 1));
                statement.setObject(2 * i + 2, row.getObject(2 * i + 2));
            }
        }

        private static boolean isThere(PreparedStatement look, ResultSet row, int columns) throws SQLException {
            bind(look, row, columns);
            try (ResultSet found = look.executeQuery()) {
                return found.next();
            }
        }
    }
}
