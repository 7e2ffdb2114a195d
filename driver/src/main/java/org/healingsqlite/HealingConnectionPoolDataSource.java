package org.healingsqlite;

import java.sql.SQLException;
import javax.sql.ConnectionPoolDataSource;
import javax.sql.PooledConnection;
import org.jspecify.annotations.Nullable;

/** A source of healing connections for pools that want {@link ConnectionPoolDataSource}. */
public final class HealingConnectionPoolDataSource extends HealingDataSource implements ConnectionPoolDataSource {

    /** A data source without a URL yet. */
    public HealingConnectionPoolDataSource() {}

    /** See {@link HealingDataSource#HealingDataSource(String)}. */
    public HealingConnectionPoolDataSource(String url) {
        super(url);
    }

    @Override
    public PooledConnection getPooledConnection() throws SQLException {
        return getPooledConnection(null, null);
    }

    @Override
    public PooledConnection getPooledConnection(@Nullable String user, @Nullable String password) throws SQLException {
        return new HealingPooledConnection(getConnection(user, password));
    }
}
