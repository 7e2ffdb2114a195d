package org.healingsqlite.jdbc;

import java.sql.ParameterMetaData;
import java.sql.SQLException;
import org.healingsqlite.session.Call;

/** The parameters of a prepared statement; sqlite-jdbc's statement is its own metadata, so this asks the statement of the moment. */
final class HealingParameterMetaData extends ForwardingParameterMetaData {
    private final Call<ParameterMetaData> ofTheMoment;

    /** @param ofTheMoment asks the statement of the moment */
    HealingParameterMetaData(Call<ParameterMetaData> ofTheMoment) {
        this.ofTheMoment = ofTheMoment;
    }

    @Override
    ParameterMetaData delegate() {
        try {
            return ofTheMoment.run();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    SQLException failed(SQLException exception) {
        return exception;
    }
}
