package org.healingsqlite.jdbc;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** A result set that leads back to healing objects. It stays on the physical connection it was read from until it is closed. */
final class HealingResultSet extends ForwardingResultSet {
    private final HealingStatement statement;
    private final ResultSet raw;

    HealingResultSet(HealingStatement statement, ResultSet raw) {
        this.statement = statement;
        this.raw = raw;
    }

    @Override
    ResultSet delegate() {
        return raw;
    }

    @Override
    SQLException failed(SQLException exception) {
        return statement.failed(exception);
    }

    @Override
    public @Nullable Statement getStatement() throws SQLException {
        try {
            return raw.getStatement() == null ? null : statement;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public ResultSetMetaData getMetaData() throws SQLException {
        try {
            return new HealingResultSetMetaData(statement.connection, raw.getMetaData());
        } catch (SQLException e) {
            throw failed(e);
        }
    }
}
