package org.healingsqlite.it;

import com.alibaba.druid.pool.DruidDataSource;
import com.jolbox.bonecp.BoneCPDataSource;
import com.mchange.v2.c3p0.ComboPooledDataSource;
import com.zaxxer.hikari.HikariDataSource;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import java.time.Duration;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.apache.tomcat.jdbc.pool.PoolProperties;
import org.vibur.dbcp.ViburDBCPDataSource;

/** The connection pools that applications use, each as its own documentation sets it up: a URL, a size, nothing else. */
enum Pool {
    HIKARI {
        @Override
        Open open(String url) {
            HikariDataSource pool = new HikariDataSource();
            pool.setJdbcUrl(url);
            pool.setMaximumPoolSize(SIZE);
            pool.setConnectionTimeout(PATIENCE.toMillis());
            return new Open(pool, pool);
        }
    },
    DBCP2 {
        @Override
        Open open(String url) {
            BasicDataSource pool = new BasicDataSource();
            pool.setUrl(url);
            pool.setMaxTotal(SIZE);
            pool.setMaxIdle(SIZE);
            return new Open(pool, pool);
        }
    },
    C3P0 {
        @Override
        Open open(String url) {
            ComboPooledDataSource pool = new ComboPooledDataSource();
            pool.setJdbcUrl(url);
            pool.setMaxPoolSize(SIZE);
            return new Open(pool, pool);
        }
    },
    AGROAL {
        @Override
        Open open(String url) throws Exception {
            AgroalDataSource pool = AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
                    .connectionPoolConfiguration(configuration -> configuration
                            .maxSize(SIZE)
                            .acquisitionTimeout(PATIENCE)
                            .connectionFactoryConfiguration(factory -> factory.jdbcUrl(url))));
            return new Open(pool, pool);
        }
    },
    TOMCAT {
        @Override
        Open open(String url) {
            PoolProperties properties = new PoolProperties();
            properties.setUrl(url);
            properties.setMaxActive(SIZE);
            properties.setInitialSize(1);
            properties.setMaxWait((int) PATIENCE.toMillis());
            org.apache.tomcat.jdbc.pool.DataSource pool = new org.apache.tomcat.jdbc.pool.DataSource(properties);
            return new Open(pool, pool::close);
        }
    },
    VIBUR {
        @Override
        Open open(String url) {
            ViburDBCPDataSource pool = new ViburDBCPDataSource();
            pool.setJdbcUrl(url);
            pool.setUsername("");
            pool.setPassword("");
            pool.setPoolInitialSize(1);
            pool.setPoolMaxSize(SIZE);
            pool.setConnectionTimeoutInMs(PATIENCE.toMillis());
            pool.start();
            return new Open(pool, pool::terminate);
        }
    },
    DRUID {
        @Override
        Open open(String url) {
            DruidDataSource pool = new DruidDataSource();
            pool.setUrl(url);
            pool.setDriverClassName(
                    url.startsWith("jdbc:healing:") ? "org.healingsqlite.HealingDriver" : "org.sqlite.JDBC");
            pool.setMaxActive(SIZE);
            return new Open(pool, pool);
        }
    },
    BONECP {
        @Override
        Open open(String url) {
            BoneCPDataSource pool = new BoneCPDataSource();
            pool.setJdbcUrl(url);
            pool.setPartitionCount(1);
            pool.setMaxConnectionsPerPartition(SIZE);
            return new Open(pool, pool);
        }
    };

    /** As many connections as the threads that want one. */
    static final int SIZE = 8;

    /** How long a thread waits for a connection: no load of the machine makes it longer. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    abstract Open open(String url) throws Exception;

    /** A pool that is open. */
    record Open(DataSource source, AutoCloseable end) implements AutoCloseable {
        @Override
        public void close() throws Exception {
            end.close();
        }
    }
}
