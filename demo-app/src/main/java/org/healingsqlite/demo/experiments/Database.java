package org.healingsqlite.demo.experiments;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.healingsqlite.demo.report.Calls;

/** Statements on a pooled connection, each committed by itself; rows come back as maps. Each method is one call that its client makes. Thread-safe. */
final class Database {
    private final DataSource pool;
    private final Calls calls;

    Database(DataSource pool, Calls calls) {
        this.pool = pool;
        this.calls = calls;
    }

    /** The rows of a query, or of a statement with RETURNING. */
    List<Row> rows(String sql, Object... parameters) throws SQLException {
        return onConnection(connection -> query(connection, sql, parameters));
    }

    /** The one row of a query, or of a statement with RETURNING. */
    Row row(String sql, Object... parameters) throws SQLException {
        return onConnection(connection -> {
            List<Row> rows = query(connection, sql, parameters);
            if (rows.size() != 1) {
                throw new SQLException("expected one row, found " + rows.size() + ": " + sql);
            }
            return rows.get(0);
        });
    }

    /** Runs a statement; gives the number of rows it changed. */
    int update(String sql, Object... parameters) throws SQLException {
        return onConnection(connection -> {
            try (PreparedStatement statement = prepare(connection, sql, Statement.NO_GENERATED_KEYS, parameters)) {
                return statement.executeUpdate();
            }
        });
    }

    /** Inserts a row; gives its id by {@link Statement#getGeneratedKeys}. */
    long insert(String sql, Object... parameters) throws SQLException {
        return onConnection(connection -> {
            try (PreparedStatement statement = prepare(connection, sql, Statement.RETURN_GENERATED_KEYS, parameters)) {
                statement.executeUpdate();
                try (ResultSet keys = statement.getGeneratedKeys()) {
                    return keys.getLong(1);
                }
            }
        });
    }

    /** Inserts a row; gives its id by {@code last_insert_rowid()}, asked for on the same connection. */
    long insertAndAskForRowid(String sql, Object... parameters) throws SQLException {
        return onConnection(connection -> {
            try (PreparedStatement insert = prepare(connection, sql, Statement.NO_GENERATED_KEYS, parameters);
                    Statement ask = connection.createStatement()) {
                insert.executeUpdate();
                try (ResultSet rowid = ask.executeQuery("SELECT last_insert_rowid()")) {
                    return rowid.getLong(1);
                }
            }
        });
    }

    @FunctionalInterface
    private interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    private <T> T onConnection(Work<T> work) throws SQLException {
        return calls.count(() -> {
            try (Connection connection = pool.getConnection()) {
                return work.on(connection);
            }
        });
    }

    private static List<Row> query(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, Statement.NO_GENERATED_KEYS, parameters);
                ResultSet results = statement.executeQuery()) {
            List<Row> rows = new ArrayList<>();
            while (results.next()) {
                rows.add(Row.read(results));
            }
            return rows;
        }
    }

    private static PreparedStatement prepare(Connection connection, String sql, int keys, Object... parameters)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql, keys);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }
}
