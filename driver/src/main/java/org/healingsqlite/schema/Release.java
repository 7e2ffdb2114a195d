package org.healingsqlite.schema;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.healingsqlite.api.Internal;

/**
 * The release of SQLite that runs a connection's statements.
 *
 * @param major 3
 * @param minor such as 50 of 3.50.3
 */
@Internal
public record Release(int major, int minor) {

    /**
     * Asks.
     *
     * <p>Source: SQLite documentation, sqlite_version().
     */
    public static Release of(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet version = statement.executeQuery("SELECT sqlite_version()")) {
            version.next();
            String[] parts = version.getString(1).split("\\.", -1);
            return new Release(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
        }
    }

    /** Whether it is this release of SQLite 3, or a later one. */
    public boolean isAtLeast(int minorOfThree) {
        return major > 3 || minor >= minorOfThree;
    }
}
