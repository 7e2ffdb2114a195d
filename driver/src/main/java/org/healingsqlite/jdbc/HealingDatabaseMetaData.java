package org.healingsqlite.jdbc;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.healingsqlite.replay.Frame;
import org.jspecify.annotations.Nullable;

/** The metadata of a connection; every call may be made again. */
final class HealingDatabaseMetaData extends ForwardingDatabaseMetaData {
    private final HealingConnection connection;

    HealingDatabaseMetaData(HealingConnection connection) {
        this.connection = connection;
    }

    @Override
    DatabaseMetaData delegate() {
        try {
            return connection.physical().getMetaData();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    SQLException failed(SQLException exception) {
        return connection.failed(exception);
    }

    @Override
    <T> T call(Call<T> call) throws SQLException {
        try {
            return call.on(connection.current().getMetaData());
        } catch (SQLException e) {
            return connection.recover(
                    e, null, Frame.NONE, () -> call.on(connection.current().getMetaData()));
        }
    }

    @Override
    ResultSet results(ResultSet raw) {
        Statement statement = rawStatement(raw);
        return statement == null
                ? raw
                : new HealingResultSet(new HealingStatement(connection, connection.physical(), statement), raw);
    }

    private static @Nullable Statement rawStatement(ResultSet raw) {
        try {
            return raw.getStatement();
        } catch (SQLException closed) {
            return null;
        }
    }

    @Override
    public Connection getConnection() {
        return connection;
    }
}
