package org.healingsqlite.demo.conversations;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Connections on which SQLite has been asked whether it enforces foreign keys. */
final class VerifiedConnection {
    private VerifiedConnection() {}

    /** Opens one; one without foreign keys is closed and refused. */
    static Connection open(String url) throws SQLException {
        Connection connection = DriverManager.getConnection(url);
        try {
            if (!enforcesForeignKeys(connection)) {
                throw new SQLException("Failed to enable foreign keys - data integrity cannot be guaranteed");
            }
            return connection;
        } catch (SQLException | RuntimeException e) {
            try (connection) {
                throw e;
            }
        }
    }

    static boolean enforcesForeignKeys(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA foreign_keys")) {
            return row.next() && row.getInt(1) == 1;
        }
    }
}
