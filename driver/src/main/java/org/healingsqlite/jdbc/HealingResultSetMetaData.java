package org.healingsqlite.jdbc;

import java.sql.ResultSetMetaData;
import java.sql.SQLException;

/** The columns of a result set. */
final class HealingResultSetMetaData extends ForwardingResultSetMetaData {
    private final HealingConnection connection;
    private final ResultSetMetaData raw;

    HealingResultSetMetaData(HealingConnection connection, ResultSetMetaData raw) {
        this.connection = connection;
        this.raw = raw;
    }

    @Override
    ResultSetMetaData delegate() {
        return raw;
    }

    @Override
    SQLException failed(SQLException exception) {
        return connection.failed(exception);
    }
}
