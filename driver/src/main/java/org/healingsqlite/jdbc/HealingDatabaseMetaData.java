package org.healingsqlite.jdbc;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.healingsqlite.session.Work;
import org.jspecify.annotations.Nullable;

/** The metadata of a connection; every call may be made again. */
final class HealingDatabaseMetaData extends ForwardingDatabaseMetaData {
    private final DriverDoor door;

    HealingDatabaseMetaData(DriverDoor door) {
        this.door = door;
    }

    @Override
    DatabaseMetaData delegate() {
        try {
            return door.physical().getMetaData();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    SQLException failed(SQLException exception) {
        return exception;
    }

    @Override
    <T> T call(Call<T> call) throws SQLException {
        return door.run(Work.ASKING, () -> call.on(door.current().getMetaData()));
    }

    @Override
    ResultSet results(ResultSet raw) {
        Statement statement = rawStatement(raw);
        return statement == null
                ? raw
                : new HealingResultSet(door, new HealingStatement(door, door.physical(), statement), raw);
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
        return door.wrapper();
    }
}
