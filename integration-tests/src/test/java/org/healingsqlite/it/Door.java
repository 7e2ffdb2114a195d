package org.healingsqlite.it;

import java.nio.file.Path;
import javax.sql.ConnectionPoolDataSource;
import javax.sql.DataSource;
import org.healingsqlite.HealingConnectionPoolDataSource;
import org.healingsqlite.HealingDataSource;
import org.sqlite.SQLiteDataSource;
import org.sqlite.javax.SQLiteConnectionPoolDataSource;

/** Which way in is tested: the driver's URL, or the plain one in a JVM that runs with the agent ({@code -Ddoor=agent}). */
final class Door {
    private static final boolean AGENT = "agent".equals(System.getProperty("door"));

    private Door() {}

    static String url(Path database) {
        return (AGENT ? "jdbc:sqlite:" : "jdbc:healing:sqlite:") + database;
    }

    static DataSource dataSource(Path database) {
        if (!AGENT) {
            return new HealingDataSource(url(database));
        }
        SQLiteDataSource source = new SQLiteDataSource();
        source.setUrl(url(database));
        return source;
    }

    static ConnectionPoolDataSource pooledDataSource(Path database) {
        if (!AGENT) {
            return new HealingConnectionPoolDataSource(url(database));
        }
        SQLiteConnectionPoolDataSource source = new SQLiteConnectionPoolDataSource();
        source.setUrl(url(database));
        return source;
    }
}
