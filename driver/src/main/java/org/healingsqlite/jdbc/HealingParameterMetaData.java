package org.healingsqlite.jdbc;

import java.sql.ParameterMetaData;
import java.sql.SQLException;

/** The parameters of a prepared statement; sqlite-jdbc's statement is its own metadata, so this asks the statement of the moment. */
final class HealingParameterMetaData extends ForwardingParameterMetaData {
    private final HealingPreparedStatement statement;

    HealingParameterMetaData(HealingPreparedStatement statement) {
        this.statement = statement;
    }

    @Override
    ParameterMetaData delegate() {
        try {
            return statement.delegate().getParameterMetaData();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    SQLException failed(SQLException exception) {
        return statement.failed(exception);
    }
}
