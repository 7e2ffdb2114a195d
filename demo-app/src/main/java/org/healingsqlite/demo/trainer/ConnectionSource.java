package org.healingsqlite.demo.trainer;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** How a part of the application comes to its connection: a new one for each call, or one that it holds. */
sealed interface ConnectionSource extends AutoCloseable {

    /** Something done on a connection. */
    @FunctionalInterface
    interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    <T> T run(Work<T> work) throws SQLException;

    @Override
    default void close() throws SQLException {}

    /** Opens and closes a connection for each call. */
    record PerCall(String url) implements ConnectionSource {
        @Override
        public <T> T run(Work<T> work) throws SQLException {
            try (Connection connection = DriverManager.getConnection(url)) {
                return work.on(connection);
            }
        }
    }

    /** Holds one connection until it is closed. For one thread. */
    record Held(Connection connection) implements ConnectionSource {
        static Held open(String url) throws SQLException {
            return new Held(DriverManager.getConnection(url));
        }

        @Override
        public <T> T run(Work<T> work) throws SQLException {
            return work.on(connection);
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }
}
