package org.healingsqlite.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.sqlite.SQLiteDataSource;

/** What lies between an application and sqlite-jdbc. */
enum Between {
    NOTHING {
        @Override
        Connection open(String database) throws SQLException {
            return DriverManager.getConnection("jdbc:sqlite:" + database);
        }
    },
    HEALING {
        @Override
        Connection open(String database) throws SQLException {
            return DriverManager.getConnection("jdbc:healing:sqlite:" + database);
        }
    },
    /** Logs every statement, to a logger that is off. */
    P6SPY {
        @Override
        Connection open(String database) throws SQLException {
            System.setProperty("p6spy.config.appender", "com.p6spy.engine.spy.appender.Slf4JLogger");
            return DriverManager.getConnection("jdbc:p6spy:sqlite:" + database);
        }
    },
    /** Tells every statement, to nobody. */
    PROXY {
        @Override
        Connection open(String database) throws SQLException {
            SQLiteDataSource source = new SQLiteDataSource();
            source.setUrl("jdbc:sqlite:" + database);
            return ProxyDataSourceBuilder.create(source).build().getConnection();
        }
    },
    /** A pool of one. */
    HIKARI {
        @Override
        @SuppressWarnings("resource") // It ends with the process.
        Connection open(String database) throws SQLException {
            HikariConfig config = new HikariConfig();
            config.setJdbcUrl("jdbc:sqlite:" + database);
            config.setMaximumPoolSize(1);
            return new HikariDataSource(config).getConnection();
        }
    };

    abstract Connection open(String database) throws SQLException;
}
