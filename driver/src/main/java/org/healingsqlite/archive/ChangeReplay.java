package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/**
 * Writes a log of changes over the rows that an archive had before them. The database has the archive's tables and unique indexes, and no triggers: each
 * change is written in the order it happened, so that REPLACE removes what it removed then.
 */
final class ChangeReplay {
    private final Connection connection;
    private final Map<String, TableForm> forms = new HashMap<>();
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    private ChangeReplay(Connection connection) throws SQLException {
        this.connection = connection;
        for (TableForm form : TableForm.readAll(connection)) {
            forms.put(form.name().toLowerCase(Locale.ROOT), form);
        }
    }

    /** Writes everything up to a moment in one transaction; what could not be written, or read, is told. */
    static List<Problem> of(Path log, Instant until, Connection connection) throws SQLException, IOException {
        ChangeReplay replay = new ChangeReplay(connection);
        List<Problem> problems = new ArrayList<>();
        String name = String.valueOf(log.getFileName());
        connection.setAutoCommit(false);
        ChangeLog.read(log, until, new ChangeLog.Reader() {
            @Override
            public void change(String op, String table, List<@Nullable Object> values, long line) {
                try {
                    replay.write(op, table, values);
                } catch (SQLException e) {
                    problem(line, "cannot be written: " + Disclosure.message(e));
                }
            }

            @Override
            public void problem(long line, String reason) {
                problems.add(new Problem(name, line, reason));
            }
        });
        for (PreparedStatement statement : replay.statements.values()) {
            statement.close();
        }
        connection.commit();
        connection.setAutoCommit(true);
        return problems;
    }

    private void write(String op, String table, List<@Nullable Object> values) throws SQLException {
        if (op.equals("S")) {
            sequence(table, values.get(0));
            return;
        }
        TableForm form = forms.get(table.toLowerCase(Locale.ROOT));
        if (form == null) {
            throw new SQLException("there is no table " + table);
        }
        String sql = op.equals("D") ? delete(form, values) : insert(form, values);
        PreparedStatement statement = statements.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            statements.put(sql, statement);
        }
        try {
            Sql.bindAll(statement, values);
            statement.executeUpdate();
        } catch (SQLException e) {
            statements.remove(sql);
            statement.close();
            throw e;
        }
    }

    private void sequence(String table, @Nullable Object value) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM sqlite_sequence WHERE name = ?");
                PreparedStatement insert = connection.prepareStatement("INSERT INTO sqlite_sequence VALUES (?, ?)")) {
            delete.setString(1, table);
            delete.executeUpdate();
            if (value != null) {
                insert.setString(1, table);
                Sql.bind(insert, 2, value);
                insert.executeUpdate();
            }
        }
    }

    private static String delete(TableForm form, List<@Nullable Object> values) {
        StringJoiner where = new StringJoiner(" AND ");
        for (int i = 0; i < form.identity().size(); i++) {
            where.add(form.quoted(form.identity().get(i)) + " IS " + Sql.place(i + 1, values.get(i)));
        }
        return "DELETE FROM main." + Sql.name(form.name()) + " WHERE " + where;
    }

    private static String insert(TableForm form, List<@Nullable Object> values) {
        List<String> columns = new ArrayList<>();
        form.rowid().ifPresent(columns::add);
        columns.addAll(form.columns());
        StringJoiner names = new StringJoiner(", ");
        StringJoiner places = new StringJoiner(", ");
        for (int i = 0; i < columns.size(); i++) {
            names.add(form.quoted(columns.get(i)));
            places.add(Sql.place(i + 1, values.get(i)));
        }
        return "INSERT OR REPLACE INTO main." + Sql.name(form.name()) + " (" + names + ") VALUES (" + places + ")";
    }
}
