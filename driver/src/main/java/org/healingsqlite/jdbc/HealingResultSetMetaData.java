package org.healingsqlite.jdbc;

import java.sql.ResultSetMetaData;
import java.sql.SQLException;

/** The columns of a result set. */
final class HealingResultSetMetaData extends ForwardingResultSetMetaData {
    private final ResultSetMetaData raw;

    HealingResultSetMetaData(ResultSetMetaData raw) {
        this.raw = raw;
    }

    @Override
    ResultSetMetaData delegate() {
        return raw;
    }

    @Override
    SQLException failed(SQLException exception) {
        return exception;
    }
}
